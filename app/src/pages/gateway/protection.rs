//! The settings that mappings need for faults on purpose and for limits of all nodes together.

use leptos::prelude::*;

use super::Shown;
use crate::api::gateway::{Gateway, OnFailure, RateLimitService};
use crate::components::action::{ActionForm, Choice, TextField, Tick, Tried};
use crate::components::card::Card;

/// Name of the form in the server's table.
pub(super) const CHANGE: &str = "gateway.protection";

/// Fields of the form, whose errors stand beside them.
const FIELDS: &[&str] = &[
    "rate_limit_service/service",
    "rate_limit_service/domain",
    "rate_limit_service/timeout_ms",
    "rate_limit_service/fail",
];

/// Returns every setting with its value.
pub(super) fn shown(gateway: &Gateway) -> Vec<Shown> {
    let row = |label, value: String, default, envoy| Shown { label, value, default, envoy };
    let service = gateway.rate_limit_service.as_ref();
    let of_service =
        |text: fn(&RateLimitService) -> String| service.map_or_else(|| "–".to_owned(), text);
    vec![
        row(
            "Faults on purpose",
            if gateway.fault_injection { "allowed" } else { "not allowed" }.to_owned(),
            "not allowed",
            "envoy.filters.http.fault",
        ),
        row(
            "Service that counts requests",
            service.map_or_else(|| "none".to_owned(), |service| service.service.clone()),
            "none",
            "rate_limit_service.grpc_service",
        ),
        row("Its domain", of_service(|service| service.domain.clone()), "chancery", "domain"),
        row(
            "Time for its answer",
            of_service(|service| format!("{} ms", service.timeout_ms)),
            "100 ms",
            "timeout",
        ),
        row(
            "Without its answer",
            of_service(|service| on_failure(service.fail).to_owned()),
            "requests pass",
            "failure_mode_deny",
        ),
    ]
}

fn on_failure(fail: OnFailure) -> &'static str {
    match fail {
        OnFailure::Open => "requests pass",
        OnFailure::Closed => "requests get 503",
    }
}

/// Shows the form.
pub(super) fn form(gateway: &Gateway, tried: &Tried) -> impl IntoView + use<> {
    let revision = gateway.revision.to_string();
    let service = gateway.rate_limit_service.clone();
    let is_set = service.is_some();
    let RateLimitService { service, domain, timeout_ms, fail } = service.unwrap_or_default();
    let (domain, timeout) = match is_set {
        true => (domain, timeout_ms.to_string()),
        false => (String::new(), String::new()),
    };
    let words = [("open", OnFailure::Open), ("closed", OnFailure::Closed)];
    let fail = words.iter().find(|(_, known)| *known == fail).map_or("", |(word, _)| *word);
    let fails = words.map(|(word, fail)| (word.to_owned(), on_failure(fail).to_owned())).into();
    let (tried, allowed) = (tried.clone(), gateway.fault_injection);
    view! {
        <Card title="Change protection" testid="change-protection">
            <ActionForm to=CHANGE class="form" tried=tried.clone() fields=FIELDS>
                <input type="hidden" name="revision" value=revision />
                <Tick
                    name="fault_injection"
                    label="Mappings may have faults on purpose"
                    tried=tried.clone()
                    checked=allowed
                    hint="Without it, those that they have do nothing"
                />
                <TextField
                    name="rate_limit_service/service"
                    label="Service that counts requests"
                    tried=tried.clone()
                    value=service
                    hint="For the global rate limits of mappings; it speaks gRPC, `ratelimit:8081`. Empty: none"
                    maxlength=300
                />
                <TextField
                    name="rate_limit_service/domain"
                    label="Its domain"
                    tried=tried.clone()
                    value=domain
                    hint="Which of its sets of rules is meant; empty: `chancery`"
                    maxlength=128
                />
                <TextField
                    name="rate_limit_service/timeout_ms"
                    label="Time for its answer, in ms"
                    tried=tried.clone()
                    value=timeout
                    hint="Empty: 100"
                    maxlength=5
                />
                <Choice
                    name="rate_limit_service/fail"
                    label="Without its answer"
                    options=fails
                    tried=tried.clone()
                    value=fail
                />
                <div class="form-actions">
                    <button class="btn btn-primary">"Save protection"</button>
                </div>
            </ActionForm>
        </Card>
    }
}
