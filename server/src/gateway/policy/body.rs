//! Limits of what clients send.

use app::api::policy::RequestBody;

use super::streams::refuse_beside_upgrades;
use crate::gateway::read::Reader;

/// Largest limit in bytes: 1 GiB. What is larger is better sent in parts.
const MAX_BYTES: u32 = 1 << 30;

/// Largest limit in bytes where the node keeps the whole body in memory: 16 MiB.
const BUFFER_MAX_BYTES: u32 = 16 << 20;

/// The limit in bytes where the node keeps the whole body and no other is said: 1 MiB.
pub const BUFFER_DEFAULT_BYTES: u32 = 1 << 20;

pub(super) fn read(reader: &Reader<'_>) -> RequestBody {
    let body = reader.object("body", |reader| {
        let body = RequestBody {
            max_bytes: reader.number("max_bytes", 1..=MAX_BYTES, "bytes"),
            buffer: reader.flag("buffer"),
        };
        if body.buffer && body.max_bytes.is_some_and(|bytes| bytes > BUFFER_MAX_BYTES) {
            let message = format!(
                "must be at most {BUFFER_MAX_BYTES} with `buffer`: the gateway keeps the whole body \
                 in memory"
            );
            reader.wrong::<()>("max_bytes", message);
        }
        body
    });
    let body = body.unwrap_or_default();
    if body != RequestBody::default() {
        let why = "all that the client sends over such a connection is one body";
        refuse_beside_upgrades(reader, "body", why);
    }
    body
}
