//! The live numbers of one mapping.

use std::sync::Arc;

use app::api::{
    live::{LiveMapping, LiveSide},
    mapping as wire,
};

use super::{Board, HEALTH_SECONDS, RATE_SECONDS, Surroundings};
use crate::{
    gateway::{
        backends::{Backend, Side},
        mapping::Mapping,
        policy::Policy,
        upstream::Upstream,
    },
    stats::{counters::Target, coverage::per_second, health::judge, seen::sum, window::Window},
};

impl Board {
    pub(super) fn live(&self, mapping: &Arc<Mapping>) -> LiveMapping {
        let Surroundings { published, members, nodes, is_stale, .. } = &self.last;
        let name = mapping.name();
        let own = mapping.spec.busy_upstreams();
        let members = sum(own.filter_map(|upstream| members.get(&upstream).copied()));
        let none = Window::default();
        let window = self.traffic.window(name).unwrap_or(&none);
        let (rate, bad_rate) = self.rates(window);
        let minute = window.last(self.traffic.now(), HEALTH_SECONDS);
        LiveMapping {
            // who follows the numbers has no use for the policy
            mapping: wire::Mapping {
                policy: Policy::default().shared(),
                ..published.view(mapping)
            },
            counters: self.ledger.total(&Target::Mapping(name.clone())).into(),
            rate,
            bad_rate,
            ok_percent: minute.ok_percent(),
            latency: window.minute(self.traffic.now()).latency(),
            trend: Vec::new(),
            members,
            health: judge(*is_stale, minute, members),
            config: published.config_state(mapping, nodes),
            sides: self.sides(mapping),
        }
    }

    /// Returns the numbers of each service among which the mapping's requests are shared.
    fn sides(&self, mapping: &Mapping) -> Vec<LiveSide> {
        let Mapping { spec, .. } = mapping;
        let none = Window::default();
        let of_side = |(side, backend): (Side, &Backend)| {
            let window = self.traffic.side(&spec.name, side).unwrap_or(&none);
            let (rate, bad_rate) = self.rates(window);
            let upstream =
                Upstream { service: backend.service.name.clone(), variant: spec.variant() };
            LiveSide {
                service: backend.service.text.as_ref().to_owned(),
                weight: backend.weight,
                percent: spec.backends.percent(backend),
                counters: self.ledger.total(&Target::Side(spec.name.clone(), side)).into(),
                rate,
                bad_rate,
                ok_percent: window.last(self.traffic.now(), HEALTH_SECONDS).ok_percent(),
                latency: window.minute(self.traffic.now()).latency(),
                members: self.last.members.get(&upstream).copied(),
            }
        };
        spec.backends.sides().map(of_side).collect()
    }

    /// Returns requests a second, and those that were bad.
    pub(super) fn rates(&self, window: &Window) -> (Option<f64>, Option<f64>) {
        let now = self.traffic.now();
        let known = if self.last.has_rates { RATE_SECONDS } else { 0 };
        let covered = self.traffic.coverage().last(now, known);
        let requests = window.last(now, RATE_SECONDS);
        (per_second(requests.total(), covered), per_second(requests.bad, covered))
    }
}
