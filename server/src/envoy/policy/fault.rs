//! Faults on purpose, as a filter.

use std::time::Duration;

use app::api::policy::{Fault, Policy};

use super::{
    super::{
        around::Around,
        config::duration,
        filters::{Piece, Step},
        proto::{
            extensions::filters::{
                common::fault::v3::{FaultDelay, fault_delay::FaultDelaySecifier},
                http::fault::v3::{FaultAbort, HttpFault, fault_abort::ErrorType},
            },
            r#type::v3::{FractionalPercent, fractional_percent::DenominatorType},
        },
    },
    piece,
};

pub(super) fn pieces(policy: &Policy, around: &Around) -> Option<Piece> {
    let fault = &policy.fault;
    if *fault == Fault::default() || !around.has_faults {
        return None;
    }
    let delay = fault.delay_ms.map(|ms| FaultDelay {
        percentage: Some(percent(fault.delay_percent)),
        fault_delay_secifier: Some(FaultDelaySecifier::FixedDelay(duration(
            Duration::from_millis(ms.into()),
        ))),
    });
    let abort = fault.abort_status.map(|status| FaultAbort {
        percentage: Some(percent(fault.abort_percent)),
        error_type: Some(ErrorType::HttpStatus(status.into())),
        ..FaultAbort::default()
    });
    let filter = HttpFault { delay, abort, ..HttpFault::default() };
    Some(piece(Step::Fault, "envoy.filters.http.fault", filter))
}

fn percent(percent: Option<u32>) -> FractionalPercent {
    let numerator = percent.unwrap_or(100);
    FractionalPercent { numerator, denominator: DenominatorType::Hundred.into() }
}
