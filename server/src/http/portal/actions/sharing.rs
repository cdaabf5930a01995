//! The forms by which a mapping's requests are shared among services.

use app::{draft::mapping_address, pages::encode_segment};
use axum::http::{Method, header};
use serde_json::{Value, json};

use super::{Action, Fields};
use crate::gateway::backends::BACKENDS_MAX;

/// Returns what a form of a mapping's page does: first it shows what would be, then it does it.
pub(super) fn action(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    let ["mappings", name] = page else { return None };
    let path = format!("/api/v1/mappings/{}", encode_segment(name));
    let next = mapping_address(name);
    let call = match action {
        "sharing.review" => {
            Action::new(Method::PATCH, format!("{path}?dry_run=true"), next).then_show()
        }
        "sharing.put" => Action::new(Method::PATCH, path, next.clone()).then_go(move |answer| {
            // where others must agree first, the answer is the request that was made
            let request = answer.get("id").and_then(Value::as_u64);
            request.map_or(next, app::pages::requests::address)
        }),
        _ => return None,
    };
    let revision = fields.filled("revision").map(|revision| format!("\"{revision}\""));
    let call = call.under(header::IF_MATCH, revision);
    Some(match fields.filled("keep") {
        Some(service) => call.with([("service", json!(service)), ("backends", Value::Null)]),
        None => {
            call.with([("service", json!(fields.text("service1"))), ("backends", backends(fields))])
        }
    })
}

/// Reads services and weights; a percentage, where one was chosen, is that of the second of two.
fn backends(fields: &Fields) -> Value {
    let percent = fields.filled("percent").map(number);
    let weight = |place: usize| match (&percent, place) {
        (Some(percent), 1) => {
            let rest = percent.as_u64().and_then(|percent| 100_u64.checked_sub(percent));
            rest.map_or_else(|| percent.clone(), Value::from)
        }
        (Some(percent), _) => percent.clone(),
        (None, place) => number(fields.text(&format!("weight{place}"))),
    };
    let services = (1..=BACKENDS_MAX).map_while(|place| {
        let service = fields.filled(&format!("service{place}"))?;
        Some(json!({ "service": service.trim(), "weight": weight(place) }))
    });
    services.collect()
}

/// Returns what was typed as a number; what is none goes to the API as it is, which says so.
fn number(typed: &str) -> Value {
    typed.trim().parse::<u64>().map_or_else(|_no_number| json!(typed), Value::from)
}
