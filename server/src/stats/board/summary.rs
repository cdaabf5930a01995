//! What a tick says of all mappings and of the services.

use std::{collections::HashMap, sync::Arc};

use app::api::live::{Members, Overview, Totals};
use imbl::OrdMap;

use super::{Board, HEALTH_SECONDS};
use crate::{
    gateway::{order::OrderKey, service::ServiceName},
    stats::{
        counters::Target,
        tick::{Entry, ServiceStats},
    },
};

impl Board {
    pub(super) fn totals(&self, services: &HashMap<ServiceName, ServiceStats>) -> Totals {
        let (now, whole) = (self.traffic.now(), self.traffic.whole());
        let (rate, bad_rate) = self.rates(whole);
        let covered = self.traffic.coverage().last(now, 1);
        let members = services.values().filter_map(|stats| stats.members).reduce(|sum, one| {
            let healthy_members = sum.healthy_members.saturating_add(one.healthy_members);
            let total_members = sum.total_members.saturating_add(one.total_members);
            Members { healthy_members, total_members }
        });
        Totals {
            rate,
            bad_rate,
            ok_percent: whole.last(now, HEALTH_SECONDS).ok_percent(),
            second: (covered > 0.0).then(|| whole.last(now, 1).in_one_second(covered).into()),
            latency: whole.minute(now).latency(),
            members,
            ..self.standing.counts()
        }
    }

    pub(super) fn overview(&self, entries: &OrdMap<OrderKey, Arc<Entry>>) -> Overview {
        let live = |key: &OrderKey| entries.get(key).map(|entry| entry.live.clone());
        Overview {
            worst: self.standing.worst().filter_map(live).collect(),
            busiest: self.standing.busiest().filter_map(live).collect(),
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
