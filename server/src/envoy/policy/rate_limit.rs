//! How often requests may come, as a filter that each node counts with.

use std::time::Duration;

use app::api::policy::{Per, Policy, RateLimit};

use super::{
    super::{
        config::{duration, no, number},
        filters::{Piece, Step},
        proto::{
            config::{
                core::v3::RuntimeFractionalPercent,
                route::v3::{
                    RateLimit as Descriptor,
                    rate_limit::{
                        Action,
                        action::{ActionSpecifier, RemoteAddress, RequestHeaders},
                    },
                },
            },
            extensions::{
                common::ratelimit::v3::{
                    LocalRateLimitDescriptor, XRateLimitHeadersRfcVersion,
                    rate_limit_descriptor::Entry,
                },
                filters::http::local_ratelimit::v3::LocalRateLimit,
            },
            r#type::v3::{FractionalPercent, TokenBucket, fractional_percent::DenominatorType},
        },
    },
    piece,
};
use crate::gateway::policy::{KEYS_MAX, Key};

/// Begins the names of the node's own counters for all mappings.
const STAT_PREFIX: &str = "rate_limit";

/// Envoy's name for the address of a client.
const REMOTE_ADDRESS: &str = "remote_address";

pub(super) fn pieces(policy: &Policy) -> Option<Piece> {
    let limit = policy.rate_limit.as_ref()?;
    let bucket = bucket(limit);
    let key = limit.key.as_deref().and_then(|key| Key::parse(key).ok());
    let filter = LocalRateLimit {
        stat_prefix: STAT_PREFIX.to_owned(),
        // of all requests together, or else of those that lack the header
        token_bucket: Some(bucket),
        always_consume_default_token_bucket: no(),
        filter_enabled: Some(always()),
        filter_enforced: Some(always()),
        // an entry without a value stands for each value that comes
        descriptors: key.iter().map(|key| descriptor(key, bucket)).collect(),
        rate_limits: key.iter().map(counted_apart).collect(),
        max_dynamic_descriptors: number(KEYS_MAX),
        enable_x_ratelimit_headers: match limit.headers {
            true => XRateLimitHeadersRfcVersion::DraftVersion03,
            false => XRateLimitHeadersRfcVersion::Off,
        }
        .into(),
        enable_retry_after_header: true,
        rate_limited_as_resource_exhausted: true,
        ..LocalRateLimit::default()
    };
    Some(piece(Step::RateLimit, "envoy.filters.http.local_ratelimit", filter))
}

/// Returns the count of requests that are left: it grows evenly, up to what may come at once.
fn bucket(limit: &RateLimit) -> TokenBucket {
    TokenBucket {
        max_tokens: limit.burst.unwrap_or(limit.requests),
        tokens_per_fill: number(limit.requests),
        fill_interval: Some(duration(time(limit.per))),
    }
}

fn time(per: Per) -> Duration {
    Duration::from_secs(match per {
        Per::Second => 1,
        Per::Minute => 60,
        Per::Hour => 60 * 60,
        Per::Day => 24 * 60 * 60,
    })
}

fn always() -> RuntimeFractionalPercent {
    let whole = FractionalPercent { numerator: 100, denominator: DenominatorType::Hundred.into() };
    RuntimeFractionalPercent { default_value: Some(whole), runtime_key: String::new() }
}

fn descriptor(key: &Key, bucket: TokenBucket) -> LocalRateLimitDescriptor {
    let key = match key {
        Key::ClientAddress => REMOTE_ADDRESS,
        Key::Header(name) => name,
    };
    let entry = Entry { key: key.to_owned(), value: String::new() };
    LocalRateLimitDescriptor {
        entries: vec![entry],
        token_bucket: Some(bucket),
        ..LocalRateLimitDescriptor::default()
    }
}

fn counted_apart(key: &Key) -> Descriptor {
    let specifier = match key {
        Key::ClientAddress => ActionSpecifier::RemoteAddress(RemoteAddress {}),
        Key::Header(name) => ActionSpecifier::RequestHeaders(RequestHeaders {
            header_name: name.clone(),
            descriptor_key: name.clone(),
            ..RequestHeaders::default()
        }),
    };
    Descriptor {
        actions: vec![Action { action_specifier: Some(specifier) }],
        ..Descriptor::default()
    }
}
