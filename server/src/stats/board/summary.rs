//! What a tick says of all mappings and of the services.

use std::collections::HashMap;

use app::api::live::Totals;

use super::{Board, HEALTH_SECONDS};
use crate::{
    auth::sight::Sight,
    gateway::service::ServiceName,
    stats::{counters::Target, seen::sum, tick::ServiceStats},
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
        let stats = |service: &ServiceName| ServiceStats {
            counters: self.ledger.total(&Target::Service(service.clone())).into(),
            members: self.last.members.get(service).copied(),
        };
        let table = &self.last.published.table;
        table.services().map(|service| (service.clone(), stats(service))).collect()
    }
}
