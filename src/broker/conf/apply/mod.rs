//! From the parsed tree to [`Options`](super::Options): one file a block.
//!
//! A block's function goes through its keys in the order of the file. What is wrong with one key is
//! noted and the next one read, so that a user sees all mistakes at once. Messages are nats-server's.
//! Start with `top`.

mod accounts;
mod agreements;
mod authorization;
mod context;
mod doors;
mod exports;
mod imports;
mod jetstream;
mod leafnodes;
mod mappings;
mod mqtt;
mod permissions;
mod read;
mod tls;
mod top;
mod trace;
mod users;
mod websocket;

use context::Context;

use super::draft::Draft;
use super::error::{ConfError, Diagnostic};
use super::loader::Loader;
use super::{digest, parser};

/// Reads a file into the draft. What comes back is what was merely odd.
pub(super) fn load(file: &str, draft: &mut Draft, loader: &dyn Loader) -> Result<Vec<Diagnostic>, ConfError> {
    let map = parser::parse_file(file, loader).map_err(ConfError::Refused)?;
    draft.options.config_file = Some(file.into());
    draft.options.config_digest = Some(digest::digest(&map));
    let mut context = Context::default();
    if map.is_empty() {
        context.warnings.push(Diagnostic {
            place: None,
            message: format!("{file}: config has no values or is empty"),
        });
    }
    context.each(&map, |context, key, value| {
        top::setting(context, draft, key, value)
    });
    context.finish()
}
