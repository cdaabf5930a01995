//! Who may call, and how they prove who they are: one file for each way.

mod api_key;
mod basic;

use app::api::policy::Auth;

pub use self::api_key::HEADER as API_KEY_HEADER;
use crate::gateway::{edge::consumer, read::Reader};

/// Most consumers that one mapping lets in: each of their keys is a line in every route.
const CONSUMERS_MAX: usize = 200;

/// The ways, of which a mapping has one at the most.
const WAYS: [&str; 2] = ["api_key", "basic"];

pub(super) fn read(reader: &Reader<'_>) -> Auth {
    let auth = reader.object("auth", |reader| {
        let auth = Auth { api_key: api_key::read(reader), basic: basic::read(reader) };
        let mut ways = WAYS.into_iter().filter(|way| reader.has(way));
        if let Some(first) = ways.next() {
            let message = format!("must be absent where there is `{first}`");
            for other in ways {
                reader.wrong::<()>(other, message.as_str());
            }
        }
        auth
    });
    auth.unwrap_or_default()
}

/// Returns the consumers who may call, as the mapping names them.
pub(super) fn consumers(auth: &Auth) -> impl Iterator<Item = &str> {
    let by_key = auth.api_key.iter().flat_map(|api_key| &api_key.consumers);
    let by_password = auth.basic.iter().flat_map(|basic| &basic.consumers);
    by_key.chain(by_password).map(String::as_str)
}

/// Returns where the mapping names them.
pub(super) fn place_of_consumers(auth: &Auth) -> &'static str {
    if auth.api_key.is_some() { "/auth/api_key/consumers" } else { "/auth/basic/consumers" }
}

/// Reads the names of those who may call, sorted; there must be one.
fn named(reader: &Reader<'_>) -> Vec<String> {
    let read = |text: &str| consumer::parse_name(text).map(|name| name.to_string());
    let mut names = reader.texts("consumers", CONSUMERS_MAX, read);
    let is_empty =
        reader.value("consumers").is_none_or(|it| it.as_array().is_some_and(Vec::is_empty));
    if is_empty {
        reader.wrong::<()>("consumers", "is empty; it must name at least one consumer");
    }
    names.sort_unstable();
    names.dedup();
    names
}
