//! Names and passwords (RFC 7617).

use app::api::policy::Basic;

use super::{
    super::super::proto::{
        config::core::v3::TypedExtensionConfig,
        extensions::filters::http::basic_auth::v3::BasicAuth,
    },
    challenge, changing, comparing, removed, users,
};
use crate::gateway::edge::Credentials;

pub(super) fn filters(
    basic: &Basic,
    credentials: &Credentials,
) -> impl Iterator<Item = TypedExtensionConfig> {
    let asked = basic.realm.as_ref().map(|realm| challenge("Basic", realm));
    let compared = BasicAuth {
        users: Some(users(&basic.consumers, credentials, |name, valid| {
            valid.password.iter().map(|hash| (name, hash)).collect()
        })),
        ..BasicAuth::default()
    };
    // the service has no business with the password
    let after = vec![removed("authorization")];
    let before = asked.map(|asked| changing("before", Vec::new(), vec![asked]));
    before.into_iter().chain([comparing(compared), changing("after", after, Vec::new())])
}
