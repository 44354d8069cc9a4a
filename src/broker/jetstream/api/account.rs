//! `$JS.API.INFO`.

use super::Request;
use crate::proto::api::ApiError;
use crate::proto::api::account::AccountInfo;

/// Usage and limits.
pub fn info(request: &mut Request<'_, '_>) -> Result<AccountInfo, ApiError> {
    Ok(request.js.account_info())
}
