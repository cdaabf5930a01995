//! What a tick says of all mappings and of the services.

use std::collections::HashMap;

use app::api::live::Totals;

use super::{Board, HEALTH_SECONDS};
use crate::{
    auth::sight::Sight,
    gateway::{service::ServiceName, upstream::Upstream},
    stats::{counters::Target, pushes::fewest, seen::sum, tick::ServiceStats},
};

impl Board {
    pub(super) fn totals(&self, services: &HashMap<ServiceName, ServiceStats>) -> Totals {
        let (now, whole) = (self.traffic.now(), self.traffic.whole());
        let (rate, bad_rate) = self.rates(whole);
        let covered = self.traffic.coverage().last(now, 1);
        let members = sum(services.values().filter_map(|stats| stats.members));
        Totals {
            rate,
            bad_rate,
            ok_percent: whole.last(now, HEALTH_SECONDS).ok_percent(),
            second: (covered > 0.0).then(|| whole.last(now, 1).in_one_second(covered).into()),
            latency: whole.minute(now).latency(),
            members,
            ..self.standings.counts(&Sight::All)
        }
    }

    pub(super) fn services(&self) -> HashMap<ServiceName, ServiceStats> {
        let members = &self.last.members;
        let stats = |service: &ServiceName| ServiceStats {
            counters: self.ledger.total(&Target::Service(service.clone())).into(),
            members: members.get(&Upstream::from(service.clone())).copied(),
        };
        let table = &self.last.published.table;
        let mut services: HashMap<_, _> =
            table.services().map(|service| (service.clone(), stats(service))).collect();
        // each cluster checks the endpoints by itself
        for (upstream, members) in members.iter().filter(|(key, _)| !key.variant.is_default()) {
            if let Some(stats) = services.get_mut(&upstream.service) {
                let both = stats.members.map(|known| fewest(known, *members));
                stats.members = both.or(Some(*members));
            }
        }
        services
    }
}
