//! The forms of certificates and trust bundles. A private key goes to the API and nowhere else: it
//! is one of the fields that no page is given back.

use app::pages::encode_segment;
use axum::http::{Method, header};
use serde_json::{Value, json};

use super::{Action, Fields, text_or_null};

/// Longest form in bytes: a trust bundle, whose `+` and `/` a browser sends as three.
const FORM_MAX_BYTES: usize = 1024 * 1024;

/// Returns how long a form of these pages may be.
pub(super) fn form_max_bytes(path: &str) -> Option<usize> {
    let is_ours = ["/certificates/", "/trust-bundles/"].iter().any(|at| path.starts_with(at));
    is_ours.then_some(FORM_MAX_BYTES)
}

/// Returns what a form of these pages does.
pub(super) fn action(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    let &[kind @ ("certificates" | "trust-bundles"), last] = page else { return None };
    let is_new = last == "new";
    let name = if is_new { fields.text("name") } else { last };
    let path = format!("/api/v1/{kind}/{}", encode_segment(name));
    let next = format!("/{kind}/{}", encode_segment(name));
    Some(match (kind, action) {
        ("certificates", "certificate.create") if is_new => {
            certificate(path, next, fields).under(header::IF_NONE_MATCH, Some("*".to_owned()))
        }
        ("certificates", "certificate.replace") if !is_new => {
            let tag = fields.text("revision").to_owned();
            certificate(path, next, fields).under(header::IF_MATCH, Some(quoted(&tag)))
        }
        ("certificates", "certificate.delete") if !is_new => {
            Action::new(Method::DELETE, path, "/certificates")
        }
        ("trust-bundles", "trust-bundle.create") if is_new => {
            bundle(path, next, fields).under(header::IF_NONE_MATCH, Some("*".to_owned()))
        }
        ("trust-bundles", "trust-bundle.replace") if !is_new => {
            let tag = fields.text("revision").to_owned();
            bundle(path, next, fields).under(header::IF_MATCH, Some(quoted(&tag)))
        }
        ("trust-bundles", "trust-bundle.delete") if !is_new => {
            Action::new(Method::DELETE, path, "/trust-bundles")
        }
        _ => return None,
    })
}

fn certificate(path: String, next: String, fields: &Fields) -> Action {
    Action::new(Method::PUT, path, next).with([
        ("chain", pem(fields, "chain")),
        ("private_key", pem(fields, "private_key")),
        ("team", text_or_null(fields.filled("team"))),
    ])
}

fn bundle(path: String, next: String, fields: &Fields) -> Action {
    Action::new(Method::PUT, path, next)
        .with([("pem", pem(fields, "pem")), ("team", text_or_null(fields.filled("team")))])
}

/// Returns a text as it was before a browser has sent it: with the line ends of a file.
fn pem(fields: &Fields, name: &str) -> Value {
    json!(fields.text(name).replace("\r\n", "\n"))
}

/// Returns a revision as an entity tag.
fn quoted(revision: &str) -> String {
    format!("\"{revision}\"")
}
