//! Faults on purpose: only where the gateway's settings allow them.

use app::api::{gateway::Settings, policy::Fault, problem::FieldError};

use crate::gateway::read::Reader;

/// Longest delay in milliseconds: what no client waits for.
const DELAY_MAX_MS: u32 = 60_000;

pub(super) fn read(reader: &Reader<'_>) -> Fault {
    let fault = reader.object("fault", |reader| {
        for (percent, what) in [("delay_percent", "delay_ms"), ("abort_percent", "abort_status")] {
            if reader.has(percent) && !reader.has(what) {
                reader.wrong::<()>(percent, format!("has no effect without `{what}`"));
            }
        }
        Fault {
            delay_ms: reader.number("delay_ms", 1..=DELAY_MAX_MS, "milliseconds"),
            delay_percent: percent(reader, "delay_percent"),
            abort_status: reader.number("abort_status", 400..=599, ""),
            abort_percent: percent(reader, "abort_percent"),
        }
    });
    fault.unwrap_or_default()
}

/// Reads a share; all of them is what is so anyway.
fn percent(reader: &Reader<'_>, key: &'static str) -> Option<u32> {
    reader.number(key, 1..=100, "").filter(|percent| *percent < 100)
}

/// Says why a mapping may not have a fault.
pub(super) fn refusal(fault: &Fault, settings: &Settings) -> Option<FieldError> {
    let is_allowed = *fault == Fault::default() || settings.fault_injection;
    let message = "needs the gateway's setting `fault_injection`, which is off; an admin can turn \
                   it on";
    (!is_allowed).then(|| FieldError::new("fault", message))
}

/// Says what becomes of requests.
pub fn words(fault: &Fault) -> String {
    let share = |percent: Option<u32>| match percent {
        Some(percent) => format!("{percent} % of the requests"),
        None => "all requests".to_owned(),
    };
    let delay = fault.delay_ms.map(|ms| format!("{} wait for {ms} ms", share(fault.delay_percent)));
    let abort =
        fault.abort_status.map(|status| format!("{} get {status}", share(fault.abort_percent)));
    delay.into_iter().chain(abort).collect::<Vec<_>>().join(", ")
}
