//! Which endpoints of a Service are used, of all that its slices have.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use super::{
    facts::{Family, Member, Port as Known, Service, Slice, State},
    key::ServiceKey,
};
use crate::gateway::{
    endpoints::{Endpoint, Endpoints},
    service::Port,
};

/// Ports that a message names at the most.
const PORTS_NAMED: usize = 5;

/// How the asked port is found in a slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// By the name that it has in the Service.
    Named(Arc<str>),
    /// A headless Service without ports has any.
    Any(u16),
}

/// Finds a port of a Service.
///
/// # Errors
/// Returns that there is none, and which there are.
pub(super) fn target(
    key: &ServiceKey,
    service: &Service,
    asked: &Port,
) -> Result<Target, Arc<str>> {
    match (known_port(service, asked), asked) {
        (Some(port), _) => Ok(Target::Named(Arc::clone(&port.name))),
        (None, Port::Number(number)) if service.ports.is_empty() => Ok(Target::Any(*number)),
        (None, asked) => Err(no_port(key, service, asked)),
    }
}

/// Returns the port of a Service by its number or name.
pub(super) fn known_port<'a>(service: &'a Service, asked: &Port) -> Option<&'a Known> {
    service.ports.iter().find(|port| match asked {
        Port::Number(number) => port.number == *number,
        Port::Name(name) => port.name == *name,
    })
}

/// Says which ports there are instead.
pub(super) fn no_port(key: &ServiceKey, service: &Service, asked: &Port) -> Arc<str> {
    let asked = match asked {
        Port::Number(number) => number.to_string(),
        Port::Name(name) => format!("named `{name}`"),
    };
    let there_is = |port: &Known| match port.name.is_empty() {
        true => port.number.to_string(),
        false => format!("{} (`{}`)", port.number, port.name),
    };
    let some: Vec<_> = service.ports.iter().take(PORTS_NAMED).map(there_is).collect();
    let more = service.ports.len().saturating_sub(PORTS_NAMED);
    let there_are = match (some.is_empty(), more) {
        (true, _) => "no ports for TCP at all".to_owned(),
        (false, 0) => some.join(", "),
        (false, more) => format!("{} and {more} more", some.join(", ")),
    };
    format!("the {key} has no port {asked}; it has {there_are}").into()
}

/// Returns the endpoints of a Service at a port.
///
/// An endpoint that several slices have, as one that moves between them does for a moment, is in
/// the best of its states. Of two families of addresses one is used, since each endpoint has one of
/// either. What is about to end is used only while nothing else is ready
/// (`ProxyTerminatingEndpoints`). Hints hold if everything that is ready has one.
pub(super) fn endpoints<'a>(
    service: &Service,
    slices: impl Iterator<Item = &'a Slice>,
    target: &Target,
) -> Endpoints {
    let mut by_family: [BTreeMap<SocketAddr, &Member>; 2] = Default::default();
    let [v4, v6] = &mut by_family;
    for slice in slices {
        let port = match target {
            Target::Any(number) => Some(*number),
            Target::Named(name) => {
                slice.ports.iter().find(|port| port.name == *name).map(|port| port.number)
            }
        };
        let Some(port) = port else { continue };
        for member in &slice.members {
            let of_family = if member.ip.is_ipv4() { &mut *v4 } else { &mut *v6 };
            let known = of_family.entry(SocketAddr::new(member.ip, port)).or_insert(member);
            if member.state < known.state {
                *known = member;
            }
        }
    }
    let chosen = match service.family {
        Some(Family::V6) if !v6.is_empty() => v6,
        _ if v4.is_empty() => v6,
        _ => v4,
    };
    let any_ready = chosen.values().any(|member| member.state == State::Ready);
    let is_ready = |member: &Member| match member.state {
        State::Ready => true,
        State::Leaving => !any_ready,
        State::Unready => false,
    };
    let mut wanted = chosen.values().filter(|member| is_ready(member));
    let hints_hold = wanted.all(|member| member.hint.is_some());
    let used = chosen.iter().filter(|(_, member)| !(any_ready && member.state == State::Leaving));
    let endpoint = |(address, member): (&SocketAddr, &&Member)| Endpoint {
        address: *address,
        is_ready: is_ready(member),
        zone: member.hint.clone().filter(|_| hints_hold),
    };
    Endpoints::found(used.map(endpoint).collect())
}

#[cfg(test)]
mod tests;
