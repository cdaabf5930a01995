//! Whether mappings must say who may call them.

use app::api::{gateway::Settings, mapping::Warning, problem::FieldError};

use crate::gateway::{mapping::Mapping, policy::Policy};

/// Name of the setting.
pub(super) const REQUIRED: &str = "require_authentication";

/// Mappings that a warning names; the rest is counted.
const NAMED: usize = 10;

/// Refuses a mapping that does not say who may call it, where that is required.
pub fn refusal(policy: &Policy, settings: &Settings) -> Option<FieldError> {
    let message = "is missing; the gateway requires it: `{ \"none\": true }` lets everyone call";
    let is_refused = settings.require_authentication && policy.is_open();
    is_refused.then(|| FieldError::new("auth", message.to_owned()))
}

/// Warns of a mapping that was there before it was required.
pub fn warning(policy: &Policy, settings: &Settings) -> Option<Warning> {
    let message = "everyone may call it; the gateway's setting `require_authentication` wants \
                   that to be said by `auth` before it can be written again";
    let is_meant = settings.require_authentication && policy.is_open();
    is_meant.then(|| Warning { code: "no-authentication".to_owned(), message: message.to_owned() })
}

/// Says which mappings are not as settings will require it.
pub fn foreseen<'m>(
    before: &Settings,
    after: &Settings,
    mappings: impl Iterator<Item = &'m Mapping>,
) -> Option<Warning> {
    if before.require_authentication || !after.require_authentication {
        return None;
    }
    let mut open: Vec<_> = mappings
        .filter(|mapping| mapping.spec.policy.is_open())
        .map(|mapping| format!("`{}`", mapping.name()))
        .collect();
    open.sort_unstable();
    let message = match open.len() {
        0 => return None,
        1 => format!("1 mapping has no `auth` and stays as it is: {}", open.concat()),
        count => {
            let more = if count > NAMED { " and more" } else { "" };
            open.truncate(NAMED);
            let named = open.join(", ");
            format!("{count} mappings have no `auth` and stay as they are: {named}{more}")
        }
    };
    Some(Warning { code: "no-authentication".to_owned(), message })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::tests::{is_read_back, wrong},
        *,
    };

    fn policy(body: &serde_json::Value) -> Policy {
        Policy::parse(body.as_object().unwrap()).unwrap()
    }

    #[test]
    fn what_was_written_is_read_back_and_nothing_else_is_taken() {
        is_read_back(&json!({ "require_authentication": true }));
        assert_eq!(wrong(&json!({ "require_authentication": 1 }))[0].0, "/require_authentication");
    }

    #[test]
    fn only_what_leads_to_a_service_and_says_nothing_is_refused() {
        let required = Settings { require_authentication: true, ..Settings::default() };
        let said = |body| refusal(&policy(&body), &required).map(|error| error.pointer);

        assert_eq!(said(json!({})).as_deref(), Some("/auth"));
        assert_eq!(said(json!({ "auth": { "none": false } })).as_deref(), Some("/auth"));
        assert_eq!(said(json!({ "auth": { "none": true } })), None);
        assert_eq!(said(json!({ "auth": { "external": { "service": "a" } } })), None);
        assert_eq!(said(json!({ "respond": { "status": 204 } })), None);
        assert_eq!(said(json!({ "redirect": { "scheme": "https" } })), None);
        assert_eq!(refusal(&Policy::default(), &Settings::default()), None);
    }
}
