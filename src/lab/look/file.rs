//! Files in the learner's folder.

use std::path::Path;

use base64::Engine;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Eye;
use super::seen::{Seen, trouble};
use crate::lab::check::Kind;
use crate::lab::texts;

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

impl Eye {
    pub(super) async fn file(&self, kind: &Kind) -> Seen {
        let Kind::File {
            path,
            size,
            contains,
            sha256,
            same_as,
        } = kind
        else {
            return Seen::default();
        };
        let mut wishes = Vec::new();
        wishes.extend(size.as_ref().map(texts::size));
        wishes.extend(contains.as_ref().map(texts::text));
        wishes.extend(sha256.as_ref().map(|_| texts::sum().to_owned()));
        wishes.extend(same_as.as_ref().map(|(_, object)| texts::like_object(object)));
        let fields = match wishes.is_empty() {
            true => String::new(),
            false => texts::with(&wishes.join(", ")),
        };
        let expected = texts::file(&path.display().to_string(), &fields);
        let no = |seen: String| Seen::of(false, expected.clone(), seen);
        let bytes = match self.read(path).await {
            Ok(bytes) => bytes,
            Err(why) => return no(why),
        };
        if size
            .as_ref()
            .is_some_and(|size| !size.accepts(&bytes.len().into()))
        {
            return no(texts::size_is(bytes.len() as u64));
        }
        let text = || Value::from(String::from_utf8_lossy(&bytes).trim_end());
        if contains
            .as_ref()
            .is_some_and(|contains| !contains.accepts(&text()))
        {
            return no(texts::other_text().to_owned());
        }
        let digest = Sha256::digest(&bytes);
        if sha256.as_ref().is_some_and(|sum| *sum != format!("{digest:x}")) {
            return no(texts::other_sum().to_owned());
        }
        if let Some((bucket, object)) = same_as {
            let wanted = match self.object_meta(bucket, object).await {
                Ok(Some(meta)) => meta["digest"].as_str().unwrap_or_default().to_owned(),
                Ok(None) => return no(texts::no_object(object)),
                Err(error) => return no(trouble(&error)),
            };
            let own = base64::engine::general_purpose::URL_SAFE.encode(digest);
            if wanted != format!("SHA-256={own}") {
                return no(texts::other_sum().to_owned());
            }
        }
        Seen::of(true, expected, texts::as_wanted().to_owned())
    }

    async fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let shown = path.display().to_string();
        let missing = || texts::no_file(&shown, &self.folder.display().to_string());
        let whole = self.folder.join(path);
        let meta = tokio::fs::metadata(&whole).await.map_err(|_| missing())?;
        if !meta.is_file() {
            return Err(missing());
        }
        if meta.len() > FILE_BYTES_MAX {
            return Err(texts::file_too_long(&shown));
        }
        tokio::fs::read(&whole).await.map_err(|error| error.to_string())
    }
}
