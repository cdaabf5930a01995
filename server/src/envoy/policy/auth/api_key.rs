//! Keys in a header.
//!
//! ```text
//! x-api-key: KEY ─▶ x-chancery-key: Basic KEY ─▶ compared ─▶ x-chancery-consumer: acme.12 ─▶ acme
//! ```
//! A key is what a client would send as Basic credentials, so that the filter for passwords reads
//! it: the one for keys can't hold hashes.

use app::api::policy::ApiKey;

use super::{
    super::super::proto::{
        config::core::v3::TypedExtensionConfig,
        extensions::filters::http::basic_auth::v3::BasicAuth,
    },
    CONSUMER_HEADER, challenge, changing, comparing, removed, set, users,
};
use crate::gateway::{edge::Credentials, policy::API_KEY_HEADER};

/// Holds the key for the filter that compares. A client's own is overwritten.
const KEY_HEADER: &str = "x-chancery-key";

pub(super) fn filters(
    api_key: &ApiKey,
    credentials: &Credentials,
) -> impl Iterator<Item = TypedExtensionConfig> {
    let header = api_key.header.as_deref().unwrap_or(API_KEY_HEADER);
    let before = vec![set(KEY_HEADER, format!("Basic %REQ({header})%"))];
    let compared = BasicAuth {
        users: Some(users(&api_key.consumers, credentials, |_name, valid| {
            valid.keys.iter().map(|(user, hash)| (user.as_str(), hash)).collect()
        })),
        authentication_header: KEY_HEADER.to_owned(),
        ..BasicAuth::default()
    };
    // which key it was is for nobody but us
    let name =
        format!("%CEL(re.extract(request.headers['{CONSUMER_HEADER}'], '([^.]*).*', '\\\\1'))%");
    let after = vec![set(CONSUMER_HEADER, name), removed(KEY_HEADER), removed(header)];
    [
        changing("before", before, vec![challenge("ApiKey", header)]),
        comparing(compared),
        changing("after", after, Vec::new()),
    ]
    .into_iter()
}
