//! What readers see of a mapping: the wire type with its warnings, and how its delivery goes.

use std::sync::Arc;

use app::api::{live::ConfigState, mapping as wire, policy::Verification};

use super::Published;
use crate::{
    gateway::{
        cluster_policy::ClusterSpec,
        edge::settings::authentication,
        endpoints::Endpoints,
        mapping::Mapping,
        policy::{Policy, fault_words},
        service::{Scheme, Service},
    },
    xds::{
        node::NodeCount,
        resource::{Kind, ResourceKey},
    },
};

impl Published {
    /// Returns the mapping as the API shows it.
    pub fn view(&self, mapping: &Mapping) -> wire::Mapping {
        let spec = &mapping.spec;
        wire::Mapping {
            name: spec.name.to_string(),
            host: spec.host.to_string(),
            prefix: spec.prefix.to_string(),
            r#match: spec.matching.wire(),
            service: spec.service_text().to_owned(),
            rewrite: spec.rewrite.as_str().to_owned(),
            labels: spec.labels.to_vec(),
            team: spec.team.to_string(),
            revision: mapping.revision.0,
            created_at: mapping.created_at,
            updated_at: mapping.updated_at,
            warnings: self.warnings(mapping),
            backends: spec.backends.to_wire(),
            policy: spec.policy.shared(),
        }
    }

    /// Returns what the owner should know of a mapping that was accepted all the same.
    pub fn warnings(&self, mapping: &Mapping) -> Vec<wire::Warning> {
        let of_cluster = |cluster: ClusterSpec| {
            let service = &cluster.service;
            let is_pending = !self.endpoints.contains_key(&service.name);
            let pending = is_pending.then(|| {
                let message = format!(
                    "`{}` is being looked up; until then requests go where they went before",
                    service.text
                );
                warning("service-pending", message)
            });
            pending.into_iter().chain(self.foreseen(&cluster)).collect::<Vec<_>>()
        };
        let missing = self.missing_secrets(mapping).map(|name| {
            let message = format!(
                "the secret `{name}` can't be given to Envoy, since its private key can't be \
                 opened; put the certificate again. Until then requests go where they went before"
            );
            warning("secret-missing", message)
        });
        let of_clusters = mapping.spec.clusters().flat_map(of_cluster);
        of_clusters.chain(missing).chain(self.of_settings(&mapping.spec.policy)).collect()
    }

    /// Returns what the settings of the gateway make of a policy.
    pub fn of_settings(&self, policy: &Policy) -> Vec<wire::Warning> {
        let settings = &self.settings.values;
        let mut warnings = Vec::new();
        let words = fault_words(&policy.fault);
        if !words.is_empty() && settings.fault_injection {
            warnings.push(warning("fault-injected", format!("faults on purpose: {words}")));
        } else if !words.is_empty() {
            let message = "its faults on purpose have no effect: the gateway's setting \
                           `fault_injection` is off";
            warnings.push(warning("fault-without-effect", message.to_owned()));
        }
        if policy.global_rate_limit.is_some() && settings.rate_limit_service.is_none() {
            let message = "its global rate limit has no effect: the gateway's setting \
                           `rate_limit_service` is not set";
            warnings.push(warning("limit-without-effect", message.to_owned()));
        }
        if policy.global_rate_limit.is_some() {
            warnings.extend(self.refused_settings());
        }
        warnings.extend(authentication::warning(policy, settings));
        warnings
    }

    /// Returns what Envoy has refused of the settings of the gateway.
    pub fn refused_settings(&self) -> Vec<wire::Warning> {
        let counter = self.refused_counter.iter().map(|reason| {
            let message = format!(
                "the service of the gateway's setting `rate_limit_service` counts no requests, \
                 since Envoy has refused it: {reason}"
            );
            warning("limit-refused", message)
        });
        counter.collect()
    }

    /// Returns what can be said of a cluster before a mapping uses it.
    pub fn foreseen(&self, cluster: &ClusterSpec) -> Vec<wire::Warning> {
        let service = &cluster.service;
        let mut warnings = Vec::new();
        warnings.extend(self.endpoints.get(&service.name).and_then(|it| of_endpoints(service, it)));
        let is_unverified = cluster.policy.tls.verify == Verification::Off;
        if service.name.scheme == Scheme::Https && is_unverified {
            let message = format!(
                "traffic to `{}` is encrypted, but its certificate is not verified: whoever is \
                 between can pass for it",
                service.text
            );
            warnings.push(warning("certificate-unverified", message));
        }
        warnings
    }

    /// Returns how far the mapping's newest revision has come, with `nodes` connected. Those of
    /// other replicas have it when they have everything up to it.
    pub fn config_state(&self, mapping: &Arc<Mapping>, nodes: &NodeCount) -> ConfigState {
        let name = mapping.name();
        if let Some(quarantine) = self.quarantined.get(name)
            && quarantine.revision == mapping.revision
        {
            return ConfigState::Rejected { reason: quarantine.reason.as_ref().to_owned() };
        }
        let elsewhere = nodes.elsewhere_at(mapping.revision);
        let nodes = nodes.nodes;
        if nodes == 0 {
            return ConfigState::NoNodes;
        }
        let acked = elsewhere
            + match self.shown.get(name) {
                Some(shown) if Arc::ptr_eq(shown, mapping) => self.acked_by(mapping),
                _ => 0,
            };
        if acked >= nodes {
            ConfigState::Live { nodes }
        } else {
            ConfigState::Pending { acked, nodes }
        }
    }

    /// Returns how many nodes run every shard in which the mapping stands.
    fn acked_by(&self, mapping: &Mapping) -> u32 {
        let shards = self.layout.shards_of(&mapping.spec);
        let acked = shards.iter().map(|shard| {
            let key = ResourceKey { kind: Kind::Routes, name: shard.to_string().into() };
            self.resources.get(&key).map_or(0, |resource| resource.acked_by())
        });
        acked.min().unwrap_or(0)
    }
}

/// Returns what can be said of a service's endpoints.
fn of_endpoints(service: &Service, endpoints: &Endpoints) -> Option<wire::Warning> {
    let text = &service.text;
    if let Some(reason) = endpoints.trouble() {
        let message = format!("`{text}` has no endpoints, requests get 503: {reason}");
        return Some(warning("service-unresolved", message));
    }
    let Endpoints::Known { found, left_out } = endpoints else { return None };
    let ready = found.iter().filter(|endpoint| endpoint.is_ready).count();
    match (ready, found.len(), left_out) {
        (0, 0, _) => {
            let message = format!("`{text}` has no endpoints, requests get 503");
            Some(warning("service-not-ready", message))
        }
        (0, all, _) => {
            let message =
                format!("none of the {all} endpoints of `{text}` is ready, requests get 503");
            Some(warning("service-not-ready", message))
        }
        (_, _, 0) => None,
        (_, used, left_out) => {
            let message =
                format!("`{text}` has {left_out} endpoints more than the {used} that are used");
            Some(warning("endpoints-left-out", message))
        }
    }
}

fn warning(code: &str, message: String) -> wire::Warning {
    wire::Warning { code: code.to_owned(), message }
}
