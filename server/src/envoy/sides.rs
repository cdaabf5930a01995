//! The sides of a mapping as Envoy routes: one a side, which differ in what they are chosen by.
//!
//! ```text
//! /user/ if random < 900,000  ─▶ usersvc,    counted as `user`
//! /user/                      ─▶ usersvc-v2, counted as `user@2`
//! ```
//! Envoy draws one random number for a request and compares it with each of these routes in turn:
//! the sides get disjoint parts, and together all requests. Unlike with its own weighted clusters,
//! each side has statistics.

use super::{
    policy::Target,
    proto::{
        config::core::v3::RuntimeFractionalPercent,
        r#type::v3::{FractionalPercent, fractional_percent::DenominatorType},
    },
    stat_names::route_stat_prefix,
};
use crate::gateway::{
    backends::{STEPS, Side},
    mapping::Spec,
    upstream::Upstream,
};

/// What a route needs to know of the side that it is for.
#[derive(Debug, Clone)]
pub struct SideRoute {
    pub stat_prefix: String,
    pub(super) target: Target,
    /// `None` where it takes all requests that no route before has taken.
    pub fraction: Option<RuntimeFractionalPercent>,
}

/// Returns the sides of a mapping that get requests, in the order of their routes.
pub fn sides(spec: &Spec) -> Vec<SideRoute> {
    let name = &spec.name;
    if spec.backends.is_empty() {
        let target = spec.upstreams().next().map(target).unwrap_or_default();
        let stat_prefix = route_stat_prefix(name, Side::FIRST);
        return vec![SideRoute { stat_prefix, target, fraction: None }];
    }
    let variant = spec.variant();
    let cuts = spec.backends.cuts().into_iter();
    cuts.map(|(side, backend, until)| SideRoute {
        stat_prefix: route_stat_prefix(name, side),
        target: target(Upstream { service: backend.service.name.clone(), variant }),
        fraction: (until < STEPS).then(|| below(until)),
    })
    .collect()
}

fn target(upstream: Upstream) -> Target {
    Target { cluster: upstream.to_string(), service: Some(upstream.service) }
}

fn below(numerator: u32) -> RuntimeFractionalPercent {
    let default_value =
        FractionalPercent { numerator, denominator: DenominatorType::Million.into() };
    // no key: nothing at run time changes what is written here
    RuntimeFractionalPercent { default_value: Some(default_value), runtime_key: String::new() }
}
