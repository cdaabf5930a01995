//! Makes the values that several tests begin with.

use chrono::DateTime;

use crate::api::live::{ConfigState, Counters, Health, LiveMapping, Members};
use crate::api::mapping::Mapping;

/// Makes a healthy mapping without traffic.
pub(crate) fn live_mapping(name: &str, revision: u64) -> LiveMapping {
    LiveMapping {
        mapping: Mapping {
            name: name.to_owned(),
            host: "*".to_owned(),
            prefix: format!("/{name}/"),
            #[cfg(feature = "ssr")]
            r#match: crate::api::matching::Match::default(),
            service: format!("{name}svc"),
            rewrite: "/".to_owned(),
            labels: Vec::new(),
            team: "accounts".to_owned(),
            revision,
            created_at: DateTime::default(),
            updated_at: DateTime::default(),
            warnings: Vec::new(),
            #[cfg(feature = "ssr")]
            policy: std::sync::Arc::default(),
            #[cfg(feature = "ssr")]
            backends: Vec::new(),
        },
        counters: Counters::default(),
        rate: Some(0.0),
        bad_rate: Some(0.0),
        ok_percent: None,
        latency: None,
        members: Some(Members { healthy_members: 3, total_members: 3 }),
        health: Health::Idle,
        config: ConfigState::Live { nodes: 1 },
        trend: Vec::new(),
        sides: Vec::new(),
    }
}
