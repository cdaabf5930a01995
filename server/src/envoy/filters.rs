//! The filters that a request goes through before it is routed, and their order.
//!
//! ```text
//! connection manager: cors (off) ─▶ chancery.policies (off) ─▶ router
//!                                         ▲ on, with just the filters that the mapping needs
//! Route ─ typed_per_filter_config ────────┘
//! ```
//! The connection manager has one filter of ours, a chain, which is empty and off. A route turns it
//! on and brings the chain, so that a policy never touches the listener, a bad one is blamed on its
//! mapping, and a mapping that asks for nothing pays nothing. CORS alone has a filter of its own: its
//! rules are those of a route, which no filter inside a chain is given.

use envoy_types::util::pack_any;
use prost::{Message, Name};

use super::proto::{
    config::{core::v3::TypedExtensionConfig, route::v3::Route},
    extensions::filters::{
        http::{
            cors::v3::Cors,
            filter_chain::v3::{FilterChain, FilterChainConfig, FilterChainConfigPerRoute},
        },
        network::http_connection_manager::v3::{HttpFilter, http_filter::ConfigType},
    },
};

/// Name of the filter that holds a mapping's filters.
pub const POLICIES: &str = "chancery.policies";

/// Name of the filter that lets pages of other origins call.
pub const CORS: &str = "envoy.filters.http.cors";

/// What a request goes through, in this order: what refuses comes before what costs, and what
/// knows the client before what counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Addresses that may come.
    Addresses,
    /// Who calls: a token, a key, a password, a certificate.
    Authentication,
    /// Whether they may, as another service says.
    Authorization,
    /// How often.
    RateLimit,
    /// How often, counted for all nodes together.
    GlobalRateLimit,
    /// Faults on purpose.
    Fault,
    /// How large.
    BodyLimit,
    /// Requests that are taken in whole before they go on.
    Buffer,
    GrpcWeb,
    Compression,
    /// Which endpoint had the client before.
    StickySession,
}

/// A filter at its step, whole: not the filter's own form for routes.
pub type Piece = (Step, TypedExtensionConfig);

/// Returns the connection manager's filters that routes may turn on, in their order.
pub(super) fn of_routes() -> [HttpFilter; 2] {
    [off(CORS, Cors {}), off(POLICIES, FilterChainConfig::default())]
}

fn off<M: Message + Name>(name: &str, filter: M) -> HttpFilter {
    HttpFilter {
        name: name.to_owned(),
        config_type: Some(ConfigType::TypedConfig(pack_any(filter))),
        disabled: true,
        ..HttpFilter::default()
    }
}

/// Lets the requests of a route go through `pieces`, in the order of their steps.
pub fn enable(route: &mut Route, mut pieces: Vec<Piece>) {
    if pieces.is_empty() {
        return;
    }
    pieces.sort_by_key(|(step, _)| *step);
    let filters = pieces.into_iter().map(|(_, filter)| filter).collect();
    let chain = FilterChainConfigPerRoute { filter_chain: Some(FilterChain { filters }) };
    route.typed_per_filter_config.insert(POLICIES.to_owned(), pack_any(chain));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(step: Step, name: &str) -> Piece {
        (step, TypedExtensionConfig { name: name.to_owned(), ..TypedExtensionConfig::default() })
    }

    #[test]
    fn a_routes_filters_stand_in_the_order_of_their_steps() {
        let mut route = Route::default();

        let pieces = vec![
            piece(Step::Compression, "c"),
            piece(Step::Addresses, "a"),
            piece(Step::RateLimit, "b"),
        ];
        enable(&mut route, pieces);

        let chain = route.typed_per_filter_config.get(POLICIES).unwrap();
        let chain = FilterChainConfigPerRoute::decode(chain.value.as_slice()).unwrap();
        let names: Vec<_> = chain.filter_chain.unwrap().filters;
        let names: Vec<_> = names.iter().map(|filter| filter.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn a_route_that_needs_none_has_no_chain() {
        let mut route = Route::default();

        enable(&mut route, Vec::new());

        assert!(route.typed_per_filter_config.is_empty());
    }
}
