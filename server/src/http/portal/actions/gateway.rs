//! The forms of the gateway's settings, each of which changes some.

use app::settings;
use axum::http::{Method, header};
use serde_json::{Map, Value, json};

use super::{Action, Fields, text_or_null};

/// Returns what a form of this page does.
pub(super) fn action(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    if page != ["gateway"] {
        return None;
    }
    let patch = Action::new(Method::PATCH, "/api/v1/gateway", "/gateway");
    let patch = match action {
        "gateway.put" => patch.with([("tls", tls(fields))]),
        "gateway.protection" => patch.with(protection(fields)),
        "gateway.patch" => {
            let group = settings::group(fields.text("group"))?;
            patch.with([(group.key, settings::json(group, |name| fields.text(name)))])
        }
        _ => return None,
    };
    let revision = format!("\"{}\"", fields.text("revision"));
    Some(patch.under(header::IF_MATCH, Some(revision)))
}

fn protection(fields: &Fields) -> [(&'static str, Value); 2] {
    let service = fields.filled("rate_limit_service/service").map(|service| {
        json!({
            "service": service,
            "domain": text_or_null(fields.filled("rate_limit_service/domain")),
            "timeout_ms": number_or_null(fields.filled("rate_limit_service/timeout_ms")),
            "fail": fields.text("rate_limit_service/fail"),
        })
    });
    [
        ("fault_injection", json!(fields.is_ticked("fault_injection"))),
        ("rate_limit_service", service.unwrap_or_default()),
    ]
}

fn tls(fields: &Fields) -> Value {
    let ciphers: Vec<_> = fields.text("tls/ciphers").split_whitespace().collect();
    json!({
        "default_certificate": text_or_null(fields.filled("tls/default_certificate")),
        "minimum_version": fields.text("tls/minimum_version"),
        "ciphers": ciphers,
        "http3": fields.is_ticked("tls/http3"),
        "redirect_http": fields.text("tls/redirect_http"),
        "public_port": number_or_null(fields.filled("tls/public_port")),
        "hsts": hsts(fields),
        "client_certificates": fields.text("tls/client_certificates"),
        "client_trust_bundle": text_or_null(fields.filled("tls/client_trust_bundle")),
    })
}

fn hsts(fields: &Fields) -> Value {
    let max_age = number_or_null(fields.filled("tls/hsts/max_age_s"));
    let ticked = ["include_subdomains", "preload"]
        .map(|name| (name, fields.is_ticked(&format!("tls/hsts/{name}"))));
    if max_age.is_null() && ticked.iter().all(|(_, is_ticked)| !is_ticked) {
        return Value::Null;
    }
    let mut hsts: Map<_, _> =
        ticked.into_iter().map(|(name, is)| (name.to_owned(), json!(is))).collect();
    // what is missing is for the API to say
    if !max_age.is_null() {
        hsts.insert("max_age_s".to_owned(), max_age);
    }
    Value::Object(hsts)
}

/// Returns a number as one; anything else as it is, so that the API says what is wrong with it.
fn number_or_null(text: Option<&str>) -> Value {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Value::Null;
    };
    text.parse::<u64>().map_or_else(|_no_number| json!(text), |number| json!(number))
}
