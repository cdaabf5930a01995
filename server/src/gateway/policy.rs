//! What a mapping asks of the gateway besides its place and its service.
//!
//! ```text
//! JSON ─▶ Reader ─▶ <group>::read, one file each ─▶ check: what does not go together ─▶ Policy
//! ```
//! The values are the wire's own: `Policy` says that they have been checked. What Envoy would
//! refuse is refused here, with the same reason. How a group is rendered is `envoy::policy`'s
//! business; `docs/adding-a-policy.md` says how one is added.

mod addresses;
mod answer;
mod auth;
pub mod balancing;
mod body;
pub mod breakers;
mod caller;
mod clusters;
mod compression;
mod cors;
mod fault;
mod global_rate_limit;
mod headers;
pub mod health_check;
pub mod outliers;
mod protocol;
mod rate_limit;
mod rewrite;
mod sticky;
mod streams;
mod traffic;
mod upstream_tls;

use std::{
    collections::BTreeSet,
    ops::Deref,
    sync::{Arc, LazyLock},
};

use app::{
    api::{gateway::Settings, policy as wire, problem::FieldError},
    fields,
};
use serde_json::{Map, Value};

use super::{
    cluster_policy::{ClusterPolicy, ClusterSpec},
    edge::{Edge, EdgeName, settings::authentication},
    matching::Match,
    path::Prefix,
    read::{Errors, Reader},
    references::{CLIENTS, ReferenceKind},
    service::Service,
    upstream::Variant,
};
use crate::auth::names::TeamName;

pub use self::{
    addresses::{AddressRange, RANGES_MAX},
    auth::{API_KEY_HEADER, EXTERNAL_TIMEOUT_MS, JWKS_CACHE_S, claim_path},
    body::BUFFER_DEFAULT_BYTES,
    clusters::OtherClusters,
    fault::words as fault_words,
    global_rate_limit::{Entry, entries},
    headers::{VARIABLES, Variable, formatted},
    rate_limit::{KEYS_MAX, Key, REQUESTS_MAX},
    rewrite::{HOST_OF_SERVICE, host_of_service, rewritten},
    traffic::{ATTEMPTS_MAX, BUDGET_MIN_MAX, CONDITIONS, TIMEOUT_MAX_MS},
};

/// The groups that mean something only where requests go to a service.
const OF_SERVICE: [&str; 18] = [
    "regex_rewrite",
    "host_rewrite",
    "request_headers",
    "mirror",
    "timeouts",
    "retries",
    "circuit_breakers",
    "outlier_detection",
    "health_check",
    "load_balancing",
    "protocol",
    "upstream_tls",
    "cors",
    "grpc_web",
    "upgrades",
    "compression",
    "body",
    "sticky_session",
];

/// Groups that have been checked; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy(Arc<Checked>);

/// The groups, and what follows from them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Checked {
    groups: Arc<wire::Policy>,
    cluster: Arc<ClusterPolicy>,
    variant: Variant,
    others: OtherClusters,
}

static DEFAULT: LazyLock<Arc<Checked>> = LazyLock::new(Arc::default);

impl Default for Policy {
    /// Returns the one that most mappings share.
    fn default() -> Self {
        Self(Arc::clone(&DEFAULT))
    }
}

impl Deref for Policy {
    type Target = wire::Policy;

    fn deref(&self) -> &wire::Policy {
        &self.0.groups
    }
}

impl Policy {
    /// Reads the groups out of a mapping's body; what is wrong is among the reader's errors.
    pub fn read(reader: &Reader<'_>) -> Self {
        let retries = traffic::retries(reader);
        let protocol = protocol::read(reader);
        let policy = wire::Policy {
            regex_rewrite: rewrite::regex_rewrite(reader),
            host_rewrite: rewrite::host_rewrite(reader),
            redirect: answer::redirect(reader),
            respond: answer::respond(reader),
            request_headers: headers::read(reader, "request_headers"),
            response_headers: headers::read(reader, "response_headers"),
            mirror: traffic::mirror(reader),
            timeouts: traffic::timeouts(reader),
            circuit_breakers: breakers::read(reader, &retries),
            outlier_detection: outliers::read(reader),
            health_check: health_check::read(reader, protocol),
            load_balancing: balancing::read(reader),
            protocol,
            retries,
            grpc_web: streams::grpc_web(reader),
            upgrades: streams::upgrades(reader),
            compression: compression::read(reader),
            body: body::read(reader),
            sticky_session: sticky::read(reader),
            rate_limit: rate_limit::read(reader),
            global_rate_limit: global_rate_limit::read(reader),
            cors: cors::read(reader),
            ip: addresses::read(reader),
            fault: fault::read(reader),
            upstream_tls: upstream_tls::read(reader),
            auth: auth::read(reader),
        };
        check(&policy, reader);
        Self::of(policy)
    }

    /// Reads what was stored, which was checked once.
    ///
    /// # Errors
    /// Returns an entry for each group that today's rules refuse.
    pub fn parse(stored: &Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        if stored.is_empty() {
            return Ok(Self::default());
        }
        let errors = Errors::default();
        let reader = Reader::new(stored, &errors);
        let policy = Self::read(&reader);
        reader.finish();
        errors.into_result(policy)
    }

    /// Checks what depends on the mapping's place.
    pub fn check_place(&self, prefix: &Prefix, matching: &Match, reader: &Reader<'_>) {
        answer::check_place(self.redirect.as_ref(), prefix, matching, reader);
        sticky::check_place(self.sticky_session.as_ref(), prefix, reader);
    }

    /// Checks what depends on the mapping's services, which are `named` by it besides the groups.
    pub fn check_services<'s>(
        &'s self,
        named: impl Iterator<Item = &'s Service>,
        reader: &Reader<'_>,
    ) {
        // who is asked about requests is spoken to in a way of its own
        let copied_to = self.0.others.mirrors.iter().map(|cluster| &cluster.service);
        upstream_tls::check_services(&self.upstream_tls, named.chain(copied_to), reader);
    }

    /// Returns what the gateway's settings do not allow; what was there `before` may stay.
    pub fn beyond(&self, settings: &Settings, before: Option<&Self>) -> Vec<FieldError> {
        let new = |is_same: fn(&wire::Policy, &wire::Policy) -> bool| {
            !before.is_some_and(|before| is_same(before, self))
        };
        let fault = new(|before, now| before.fault == now.fault)
            .then(|| fault::refusal(&self.fault, settings));
        let limit = new(|before, now| before.global_rate_limit == now.global_rate_limit)
            .then(|| global_rate_limit::refusal(self.global_rate_limit.as_ref(), settings));
        let open = Some(authentication::refusal(self, settings));
        [fault, limit, open].into_iter().flatten().flatten().collect()
    }

    /// Tells whether nothing is asked for.
    pub fn is_default(&self) -> bool {
        self.0.groups == DEFAULT.groups
    }

    /// Tells whether everyone may call a service, and nobody has said so.
    pub fn is_open(&self) -> bool {
        !self.answers_itself() && self.auth == wire::Auth::default()
    }

    /// Tells whether the gateway answers by itself: there is no service then.
    pub fn answers_itself(&self) -> bool {
        self.redirect.is_some() || self.respond.is_some()
    }

    /// Returns what a pattern makes of the path that the service would see.
    pub fn rewritten(&self, path: String) -> String {
        match &self.regex_rewrite {
            Some(rewrite) => rewritten(rewrite, &path),
            None => path,
        }
    }

    /// Returns the parts that are not at their default, as they are stored.
    pub fn json(&self) -> Map<String, Value> {
        match serde_json::to_value(&*self.0.groups) {
            Ok(Value::Object(parts)) => parts,
            _ => Map::new(),
        }
    }

    /// Returns what is named here and must be there: each once, in order.
    pub fn references(&self) -> impl Iterator<Item = (ReferenceKind, EdgeName)> {
        let consumers = auth::consumers(&self.auth).map(|name| (ReferenceKind::Consumer, name));
        let clients = self.auth.client_certificate.as_ref();
        let clients = clients.map(|_| (ReferenceKind::ClientCertificates, CLIENTS));
        let named = consumers.chain(clients).chain(upstream_tls::references(&self.upstream_tls));
        let named = named.filter_map(|(kind, name)| Some((kind, EdgeName::parse(name).ok()?)));
        named.collect::<BTreeSet<_>>().into_iter()
    }

    /// Says what is named here and is not in `edge`, or not for a mapping of `team`.
    pub fn unknown(&self, edge: &Edge, team: &TeamName) -> Vec<FieldError> {
        let error = |(kind, name): (ReferenceKind, EdgeName)| {
            let message = kind.refusal(edge, &name, team)?;
            let pointer = match kind {
                ReferenceKind::Consumer => auth::place_of_consumers(&self.auth),
                ReferenceKind::TrustBundle => "/upstream_tls/trust_bundle",
                ReferenceKind::Certificate => "/upstream_tls/client_certificate",
                ReferenceKind::ClientCertificates => "/auth/client_certificate",
            };
            Some(FieldError { pointer: pointer.to_owned(), message })
        };
        self.references().filter_map(error).collect()
    }

    /// Returns the groups as the wire has them.
    pub fn shared(&self) -> Arc<wire::Policy> {
        Arc::clone(&self.0.groups)
    }

    /// Returns how the clusters of the mapping's services are named besides the service.
    pub fn variant(&self) -> Variant {
        self.0.variant
    }

    /// Returns the cluster by which a service of the mapping is reached.
    pub fn cluster(&self, service: Service) -> ClusterSpec {
        ClusterSpec { service, policy: Arc::clone(&self.0.cluster), variant: self.0.variant }
    }

    /// Returns the clusters that the mapping needs besides those that answer its requests.
    pub fn other_clusters(&self) -> &OtherClusters {
        &self.0.others
    }

    /// Returns every part that is set: its key, such as `retries.attempts`, and its text, in the
    /// order of the form.
    pub fn facts(&self) -> Vec<(String, String)> {
        fields::facts(&self.0.groups)
    }

    fn of(policy: wire::Policy) -> Self {
        if policy == *DEFAULT.groups {
            return Self::default();
        }
        let cluster = ClusterPolicy::of(&policy);
        Self(Arc::new(Checked {
            variant: cluster.variant(),
            others: OtherClusters::of(&policy, &cluster),
            cluster: Arc::new(cluster),
            groups: Arc::new(policy),
        }))
    }
}

/// Tells from a body, before it is read, whether it asks for no service.
pub fn asks_for_answer(reader: &Reader<'_>) -> bool {
    ["redirect", "respond"].into_iter().any(|group| reader.has(group))
}

/// Checks what does not go together, whatever the groups.
fn check(policy: &wire::Policy, reader: &Reader<'_>) {
    caller::check(policy, reader);
    if policy.redirect.is_some() && policy.respond.is_some() {
        reader.wrong::<()>("respond", "must be absent where there is `redirect`");
    }
    if asks_for_answer(reader) {
        for group in OF_SERVICE.into_iter().filter(|group| reader.has(group)) {
            reader.wrong::<()>(group, "has no effect where the gateway answers by itself");
        }
    }
}

#[cfg(test)]
mod tests;
