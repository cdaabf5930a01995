//! What is kept of Kubernetes' objects: a hundredth of what the API server sends.
//!
//! Labels, annotations, `managedFields`, conditions and status are dropped as soon as an object is
//! read, so that a cluster of many Services costs little memory.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use k8s_openapi::api::{
    core::v1::Service as ServiceObject,
    discovery::v1::{Endpoint, EndpointSlice},
};

use super::key::ServiceKey;

/// The label by which an EndpointSlice names its Service.
const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// One kind of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    V4,
    V6,
}

/// What is known of an object; nothing once it is deleted, or of no use here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    Service(ServiceKey, Option<Service>),
    Slice(SliceKey, Option<Slice>),
}

impl Fact {
    /// Returns that the object is deleted.
    #[must_use]
    pub(super) fn ended(self) -> Self {
        match self {
            Self::Service(key, _) => Self::Service(key, None),
            Self::Slice(key, _) => Self::Slice(key, None),
        }
    }

    pub(super) fn service_key(&self) -> Option<&ServiceKey> {
        match self {
            Self::Service(key, _) => Some(key),
            Self::Slice(..) => None,
        }
    }

    pub(super) fn slice_key(&self) -> Option<&SliceKey> {
        match self {
            Self::Slice(key, _) => Some(key),
            Self::Service(..) => None,
        }
    }
}

/// Identifies an EndpointSlice; it is in its Service's namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SliceKey {
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
}

/// A Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) kind: Kind,
    /// Those for TCP; by its name alone a port is found in the slices.
    pub(super) ports: Box<[Port]>,
    /// The family of addresses that it prefers.
    pub(super) family: Option<Family>,
}

/// Where the endpoints of a Service come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// From slices.
    Endpoints,
    /// From DNS, under this name (`ExternalName`).
    External(Arc<str>),
}

/// A port of a Service or of a slice; the name is empty when there is but one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) name: Arc<str>,
    pub(super) number: u16,
}

/// One EndpointSlice: a part of a Service's endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slice {
    /// The Service that it belongs to.
    pub(super) service: ServiceKey,
    pub(super) ports: Box<[Port]>,
    pub(super) members: Box<[Member]>,
}

/// One endpoint of a slice; it listens on each of the slice's ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) ip: IpAddr,
    pub(super) state: State,
    /// The zone whose clients should use it.
    pub(super) hint: Option<Arc<str>>,
}

/// Whether an endpoint wants requests; the best is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Ready,
    /// It is about to end, and still answers.
    Leaving,
    Unready,
}

/// Returns what is kept of a Service; `None` for an object without a name.
pub(super) fn service(object: ServiceObject) -> Option<Fact> {
    let key =
        ServiceKey::new(object.metadata.namespace.as_deref()?, object.metadata.name.as_deref()?);
    let spec = object.spec.unwrap_or_default();
    let external = (spec.type_.as_deref() == Some("ExternalName"))
        .then(|| spec.external_name.unwrap_or_default().trim_end_matches('.').to_ascii_lowercase());
    let ports = spec.ports.into_iter().flatten();
    let ports = ports.filter_map(|port| tcp(port.protocol.as_deref(), port.name, Some(port.port)));
    let families = spec.ip_families.unwrap_or_default();
    let service = Service {
        kind: external.map_or(Kind::Endpoints, |name| Kind::External(name.into())),
        ports: ports.collect(),
        family: families.first().and_then(|family| match family.as_str() {
            "IPv4" => Some(Family::V4),
            "IPv6" => Some(Family::V6),
            _ => None,
        }),
    };
    Some(Fact::Service(key, Some(service)))
}

/// Returns what is kept of an EndpointSlice; `None` for an object without a name.
pub(super) fn slice(object: EndpointSlice) -> Option<Fact> {
    let key = SliceKey {
        namespace: object.metadata.namespace.as_deref()?.into(),
        name: object.metadata.name.as_deref()?.into(),
    };
    Some(Fact::Slice(key, part(object)))
}

/// Returns what a slice adds to its Service, if it belongs to one.
fn part(object: EndpointSlice) -> Option<Slice> {
    let family = match object.address_type.as_str() {
        "IPv4" => Family::V4,
        "IPv6" => Family::V6,
        // `FQDN` is deprecated, and nobody resolves it
        _ => return None,
    };
    let service = object.metadata.labels.as_ref()?.get(SERVICE_LABEL)?;
    let service = ServiceKey::new(object.metadata.namespace.as_deref()?, service);
    let ports = object.ports.into_iter().flatten();
    let ports = ports.filter_map(|port| tcp(port.protocol.as_deref(), port.name, port.port));
    let mut zones = BTreeSet::new();
    let members = object.endpoints.iter();
    let members = members.filter_map(|endpoint| member(endpoint, family, &mut zones));
    Some(Slice { service, ports: ports.collect(), members: members.collect() })
}

fn tcp(protocol: Option<&str>, name: Option<String>, number: Option<i32>) -> Option<Port> {
    let number = number.and_then(|number| u16::try_from(number).ok())?;
    let is_tcp = protocol.is_none_or(|protocol| protocol == "TCP");
    is_tcp.then(|| Port { name: name.unwrap_or_default().into(), number })
}

/// Returns what is kept of an endpoint; `None` if it is over. `zones` are the names that the slice
/// has already: a slice of a hundred endpoints has three of them.
fn member(endpoint: &Endpoint, family: Family, zones: &mut BTreeSet<Arc<str>>) -> Option<Member> {
    // all addresses of an endpoint are interchangeable, and the first is the one to use
    let ip: IpAddr = endpoint.addresses.first()?.parse().ok()?;
    if ip.is_ipv4() != (family == Family::V4) {
        return None;
    }
    let conditions = endpoint.conditions.clone().unwrap_or_default();
    // unknown counts as ready, and as serving when it is ready (EndpointConditions of the API)
    let is_ready = conditions.ready.unwrap_or(true);
    let is_serving = conditions.serving.unwrap_or(is_ready);
    let state = match (is_ready, is_serving, conditions.terminating.unwrap_or(false)) {
        (true, ..) => State::Ready,
        (false, true, true) => State::Leaving,
        (false, false, true) => return None,
        (false, _, false) => State::Unready,
    };
    let hints = endpoint.hints.as_ref().and_then(|hints| hints.for_zones.as_ref());
    let hint = hints.and_then(|hints| {
        let own = hints.iter().find(|hint| endpoint.zone.as_deref() == Some(hint.name.as_str()));
        own.or(hints.first())
    });
    let mut kept = |name: &str| match zones.get(name) {
        Some(zone) => Arc::clone(zone),
        None => {
            let zone: Arc<str> = name.into();
            zones.insert(Arc::clone(&zone));
            zone
        }
    };
    Some(Member { ip, state, hint: hint.map(|hint| kept(&hint.name)) })
}
