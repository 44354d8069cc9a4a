//! `$JS.API.STREAM.MSG.GET` and `…DELETE`.

use super::Request;
use crate::proto::api::ApiError;
use crate::proto::api::error::{BAD_REQUEST, NO_MESSAGE_FOUND};
use crate::proto::api::stream_request::{
    MsgDeleteRequest, MsgDeleteResponse, MsgGetRequest, MsgGetResponse, StoredMessage,
};

/// Reads one message.
pub fn get(request: &mut Request<'_, '_>, name: &str) -> Result<MsgGetResponse, ApiError> {
    let wanted: MsgGetRequest = request.required_json()?;
    if wanted.batch > 0 || wanted.max_bytes > 0 || wanted.is_empty() || wanted.contradicts_itself() {
        return Err(BAD_REQUEST.err());
    }
    request.js.with_stream(name, |stream| {
        let found = stream
            .find(&wanted)
            .ok()
            .flatten()
            .ok_or_else(|| NO_MESSAGE_FOUND.err())?;
        let message = StoredMessage {
            subject: String::from_utf8_lossy(found.subject).into_owned(),
            seq: found.seq,
            hdrs: if wanted.no_hdr {
                Vec::new()
            } else {
                found.headers.to_vec()
            },
            data: found.payload.to_vec(),
            time: found.time,
        };
        Ok(MsgGetResponse { message })
    })
}

/// Deletes one message.
pub fn delete(request: &mut Request<'_, '_>, name: &str) -> Result<MsgDeleteResponse, ApiError> {
    let wanted: MsgDeleteRequest = request.required_json()?;
    let (js, now) = (request.js, request.now);
    request.waits_for = Some(name.to_owned());
    js.with_stream(name, |stream| {
        stream.delete_message(now, &wanted, request.outlet)?;
        stream.commit(now, &js.usage, request.outlet);
        Ok(MsgDeleteResponse { success: true })
    })
}
