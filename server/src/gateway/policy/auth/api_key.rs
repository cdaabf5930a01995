//! Keys in a header.

use app::api::policy::ApiKey;

use super::named;
use crate::gateway::{policy::headers, read::Reader};

/// Where the key stands unless the mapping says so.
pub const HEADER: &str = "x-api-key";

/// What has a form of its own, which a key has not.
const OF_OTHERS: [&str; 3] = ["authorization", "cookie", "set-cookie"];

pub(super) fn read(reader: &Reader<'_>) -> Option<ApiKey> {
    reader.object("api_key", |reader| ApiKey {
        header: reader
            .parsed("header", "the name of a header", header)
            .filter(|header| header != HEADER),
        consumers: named(reader),
    })
}

fn header(text: &str) -> Result<String, String> {
    let name = headers::name(text)?;
    // it stands in formats and expressions of Envoy's
    if name.chars().any(|c| !c.is_ascii_alphanumeric() && c != '-') {
        return Err(format!("is `{name}`; letters, digits and `-` are allowed"));
    }
    if OF_OTHERS.contains(&name.as_str()) {
        return Err(format!("is `{name}`, which holds more than a key; `{HEADER}` is usual"));
    }
    Ok(name)
}
