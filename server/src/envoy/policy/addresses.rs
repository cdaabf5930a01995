//! From which addresses clients may come, as a filter.

use std::net::IpAddr;

use app::api::policy::{AddressRules, Policy};

use super::{
    super::{
        config::number,
        filters::{Piece, Step},
        proto::{
            config::{
                core::v3::CidrRange,
                rbac::v3::{
                    Permission, Policy as Clients, Principal, Rbac as Rules,
                    permission::Rule,
                    principal::{Identifier, Set},
                    rbac::Action,
                },
            },
            extensions::filters::http::rbac::v3::Rbac,
        },
    },
    piece,
};
use crate::gateway::policy::AddressRange;

/// Names the one rule in Envoy's words for a refusal.
const CLIENTS: &str = "clients";

/// Bits before an IPv4 address that is written as IPv6 (RFC 4291, section 2.5.5.2).
const MAPPED_BITS: u8 = 96;

pub(super) fn pieces(policy: &Policy) -> Option<Piece> {
    let rules = &policy.ip;
    if *rules == AddressRules::default() {
        return None;
    }
    let clients = Clients {
        permissions: vec![Permission { rule: Some(Rule::Any(true)) }],
        principals: vec![admitted(rules)],
        ..Clients::default()
    };
    let rules = Rules {
        action: Action::Allow.into(),
        policies: [(CLIENTS.to_owned(), clients)].into(),
        ..Rules::default()
    };
    let filter = Rbac { rules: Some(rules), ..Rbac::default() };
    Some(piece(Step::Addresses, "envoy.filters.http.rbac", filter))
}

/// Returns who may come: allowed, and not denied.
fn admitted(rules: &AddressRules) -> Principal {
    let mut conditions = Vec::new();
    if !rules.allow.is_empty() {
        conditions.push(any_of(&rules.allow));
    }
    if !rules.deny.is_empty() {
        conditions.push(principal(Identifier::NotId(Box::new(any_of(&rules.deny)))));
    }
    principal(Identifier::AndIds(Set { ids: conditions }))
}

fn any_of(ranges: &[String]) -> Principal {
    let ranges = ranges.iter().filter_map(|range| AddressRange::parse(range).ok());
    // the client as the connection manager knows it, not the other end of the connection
    let ids = ranges.flat_map(cidrs).map(Identifier::RemoteIp).map(principal).collect();
    principal(Identifier::OrIds(Set { ids }))
}

/// Returns a range in each form in which a proxy may write its addresses: Envoy compares IPv4 with
/// IPv4 only, and takes `::ffff:192.0.2.7` out of `x-forwarded-for` as IPv6.
fn cidrs(range: AddressRange) -> impl Iterator<Item = CidrRange> {
    let mapped = match range.address {
        IpAddr::V4(address) => Some((address.to_ipv6_mapped().into(), MAPPED_BITS + range.length)),
        IpAddr::V6(_) => None,
    };
    [(range.address, range.length)].into_iter().chain(mapped).map(cidr)
}

fn cidr((address, length): (IpAddr, u8)) -> CidrRange {
    CidrRange { address_prefix: address.to_string(), prefix_len: number(length.into()) }
}

fn principal(identifier: Identifier) -> Principal {
    Principal { identifier: Some(identifier) }
}
