//! The forms of claims, requests and protections.

use app::pages::encode_segment;
use axum::http::Method;
use serde_json::{Value, json};

use super::{Action, Fields, text_or_null};

/// Returns what a form of these pages does.
pub(super) fn action(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    match page {
        ["claims"] => new_claim(action, fields),
        ["claims", id] => claim(id, action, fields),
        ["requests", id] => request(id, action, fields),
        ["protections"] => protection(action, fields),
        _ => None,
    }
}

fn new_claim(action: &str, fields: &Fields) -> Option<Action> {
    if action != "claim.create" {
        return None;
    }
    let create = Action::new(Method::POST, "/api/v1/claims", "/claims").with([
        ("team", json!(fields.text("team"))),
        ("prefix", json!(fields.text("prefix"))),
        ("host", text_or_null(fields.filled("host"))),
        ("note", text_or_null(fields.filled("note"))),
    ]);
    Some(create.then_go(|claim| page_of("claims", claim)))
}

fn claim(id: &str, action: &str, fields: &Fields) -> Option<Action> {
    let path = format!("/api/v1/claims/{}", encode_segment(id));
    let next = format!("/claims/{}", encode_segment(id));
    let text = |name: &str| json!(fields.text(name));
    Some(match action {
        "claim.patch" => Action::new(Method::PATCH, path, next).with([("note", text("note"))]),
        "claim.delete" => Action::new(Method::DELETE, path, "/claims"),
        "grant.create" => Action::new(Method::POST, format!("{path}/grants"), next).with([
            ("team", text("team")),
            ("prefix", text_or_null(fields.filled("prefix"))),
            ("until", end_of_day(fields.filled("until"))),
        ]),
        "grant.delete" => {
            let path = format!("{path}/grants/{}", encode_segment(fields.text("grant")));
            Action::new(Method::DELETE, path, next)
        }
        "mapping.take-over" => Action::new(Method::POST, format!("{path}/take-over"), next)
            .with([("mapping", text("mapping"))]),
        "claim.ask-for" => Action::new(Method::POST, "/api/v1/requests", "/requests")
            .with([
                ("kind", json!("transfer")),
                ("claim", id.parse::<u64>().map_or_else(|_no_id| json!(id), |id| json!(id))),
                ("team", text("team")),
                ("note", text_or_null(fields.filled("note"))),
            ])
            .then_go(|request| page_of("requests", request)),
        _ => return None,
    })
}

/// Reads a day as a browser sends it: the grant holds to its end.
fn end_of_day(day: Option<&str>) -> Value {
    match day {
        None => Value::Null,
        Some(day) if day.contains('T') => json!(day),
        Some(day) => json!(format!("{day}T23:59:59Z")),
    }
}

fn request(id: &str, action: &str, fields: &Fields) -> Option<Action> {
    let (path, next) = (
        format!("/api/v1/requests/{}", encode_segment(id)),
        format!("/requests/{}", encode_segment(id)),
    );
    Some(match action {
        "request.approve" => Action::new(Method::POST, format!("{path}/approve"), next),
        "request.refuse" => Action::new(Method::POST, format!("{path}/refuse"), next)
            .with([("reason", text_or_null(fields.filled("reason")))]),
        "request.withdraw" => Action::new(Method::POST, format!("{path}/withdraw"), next),
        _ => return None,
    })
}

fn protection(action: &str, fields: &Fields) -> Option<Action> {
    let next = "/protections";
    Some(match action {
        "protection.create" => {
            let needed = fields.text("needed");
            let needed = needed.parse::<u32>().map_or_else(|_no_number| json!(needed), Value::from);
            Action::new(Method::POST, "/api/v1/protections", next).with([
                ("prefix", json!(fields.text("prefix"))),
                ("approvers", json!(fields.text("approvers"))),
                ("needed", needed),
            ])
        }
        "protection.delete" => {
            let path = format!("/api/v1/protections/{}", encode_segment(fields.text("id")));
            Action::new(Method::DELETE, path, next)
        }
        _ => return None,
    })
}

/// Returns the page of what was made.
fn page_of(kind: &str, made: &Value) -> String {
    match made.get("id").and_then(Value::as_u64) {
        Some(id) => format!("/{kind}/{id}"),
        None => format!("/{kind}"),
    }
}
