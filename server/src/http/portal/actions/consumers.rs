//! The forms of consumers. What they make is shown once, by the page that they are posted to.

use app::pages::encode_segment;
use axum::http::{Method, header};
use serde_json::json;

use super::{Action, Fields, people::expiry, text_or_null};

/// Returns what a form of these pages does.
pub(super) fn action(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    let &["consumers", last] = page else { return None };
    let is_new = last == "new";
    let name = if is_new { fields.text("name") } else { last };
    let path = format!("/api/v1/consumers/{}", encode_segment(name));
    let next = format!("/consumers/{}", encode_segment(name));
    let id = || encode_segment(fields.text("id"));
    Some(match action {
        "consumer.create" if is_new => {
            consumer(path, next, fields).under(header::IF_NONE_MATCH, Some("*".to_owned()))
        }
        _ if is_new => return None,
        "consumer.change" => {
            let tag = format!("\"{}\"", fields.text("revision"));
            consumer(path, next, fields).under(header::IF_MATCH, Some(tag))
        }
        "consumer.delete" => Action::new(Method::DELETE, path, "/consumers"),
        "consumer.key.create" => Action::new(Method::POST, format!("{path}/keys"), next)
            .with([
                ("label", json!(fields.text("label"))),
                ("expires_in_days", expiry(fields.text("expires"))),
            ])
            .then_show(),
        "consumer.key.delete" => Action::new(Method::DELETE, format!("{path}/keys/{}", id()), next),
        "consumer.password.create" => {
            Action::new(Method::POST, format!("{path}/password"), next).then_show()
        }
        "consumer.password.delete" => Action::new(Method::DELETE, format!("{path}/password"), next),
        _ => return None,
    })
}

fn consumer(path: String, next: String, fields: &Fields) -> Action {
    Action::new(Method::PUT, path, next).with([
        ("description", json!(fields.text("description"))),
        ("team", text_or_null(fields.filled("team"))),
    ])
}
