//! Tokens of an issuer.
//!
//! ```text
//! token ─▶ jwt_authn: signature, iss, aud, exp ─▶ metadata ─▶ rbac: what its claims must be
//! ```

use std::{collections::HashMap, time::Duration};

use app::api::policy::{Jwks, Jwt, RequiredClaim};

use super::{
    super::super::{
        config::duration,
        proto::{
            config::{
                core::v3::{
                    DataSource, HttpUri, TypedExtensionConfig, data_source::Specifier,
                    http_uri::HttpUpstreamType,
                },
                rbac::v3::{
                    MetadataSource, Permission, Policy, Principal, Rbac as Rules, SourcedMetadata,
                    permission::Rule,
                    principal::{Identifier, Set},
                    rbac::Action,
                },
                route::v3::{RouteMatch, route_match::PathSpecifier},
            },
            extensions::filters::http::{
                jwt_authn::v3::{
                    JwksAsyncFetch, JwtAuthentication, JwtClaimToHeader, JwtHeader, JwtProvider,
                    JwtRequirement, RemoteJwks, RequirementRule,
                    jwt_claim_to_header::PathSegment,
                    jwt_provider::{JwksSourceSpecifier, NormalizePayload},
                    jwt_requirement::RequiresType,
                    requirement_rule::RequirementType,
                },
                rbac::v3::Rbac,
            },
            r#type::matcher::v3::{
                DoubleMatcher, ListMatcher, MetadataMatcher, OrMatcher, StringMatcher,
                ValueMatcher, double_matcher, list_matcher, metadata_matcher,
                string_matcher::MatchPattern, value_matcher,
            },
        },
    },
    FILTER, extension,
};
use crate::gateway::policy::{JWKS_CACHE_S, OtherClusters, claim_path};

/// Names the only issuer of a mapping.
const PROVIDER: &str = "issuer";

/// Where the filter leaves what it knows, whatever its own name is (Envoy's documentation of
/// `payload_in_metadata`).
const METADATA: &str = "envoy.filters.http.jwt_authn";

/// Names the claims there.
const CLAIMS: &str = "claims";

/// Claims that are lists of words in one text (RFC 8693, section 4.2, and what is usual).
const LISTS_IN_TEXTS: [&str; 2] = ["scope", "scp"];

/// How long fetching the keys may take: until then requests wait, where there are none yet.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Time until the keys are asked for again that could not be fetched. A request asks at once if
/// there are none at all.
const FETCH_AGAIN: Duration = Duration::from_secs(5);

pub(super) fn filters(
    jwt: &Jwt,
    clusters: &OtherClusters,
) -> impl Iterator<Item = TypedExtensionConfig> + use<> {
    let cluster = clusters.jwks.as_ref().map(|cluster| cluster.upstream().to_string());
    let checked = JwtAuthentication {
        providers: HashMap::from([(PROVIDER.to_owned(), provider(jwt, cluster))]),
        rules: vec![RequirementRule {
            // all that comes here: a path begins with it
            r#match: Some(RouteMatch {
                path_specifier: Some(PathSpecifier::Prefix("/".to_owned())),
                ..RouteMatch::default()
            }),
            requirement_type: Some(RequirementType::Requires(JwtRequirement {
                requires_type: Some(RequiresType::ProviderName(PROVIDER.to_owned())),
            })),
        }],
        ..JwtAuthentication::default()
    };
    let required = (!jwt.required_claims.is_empty()).then(|| required(&jwt.required_claims));
    [extension(FILTER.to_owned(), checked)].into_iter().chain(required)
}

fn provider(jwt: &Jwt, cluster: Option<String>) -> JwtProvider {
    let from = &jwt.from;
    let header =
        from.header.as_ref().map(|name| JwtHeader { name: name.clone(), ..JwtHeader::default() });
    // said at last, or Envoy looks into the query, too
    let bearer =
        || JwtHeader { name: "authorization".to_owned(), value_prefix: "Bearer ".to_owned() };
    let is_elsewhere = from.query.is_some() || from.cookie.is_some();
    let needs_claims = !jwt.required_claims.is_empty();
    JwtProvider {
        issuer: jwt.issuer.clone(),
        audiences: jwt.audiences.clone(),
        // a token that never expires could never be taken back
        require_expiration: true,
        forward: jwt.forward,
        from_headers: header
            .into_iter()
            .chain((!is_elsewhere && from.header.is_none()).then(bearer))
            .collect(),
        from_params: from.query.iter().cloned().collect(),
        from_cookies: from.cookie.iter().cloned().collect(),
        payload_in_metadata: if needs_claims { CLAIMS.to_owned() } else { String::new() },
        normalize_payload_in_metadata: needs_claims.then(|| NormalizePayload {
            space_delimited_claims: LISTS_IN_TEXTS.map(str::to_owned).into(),
        }),
        claim_to_headers: jwt
            .claims_to_headers
            .iter()
            .map(|it| JwtClaimToHeader {
                header_name: it.header.clone(),
                claim_path: claim_path(&it.claim)
                    .map(|key| PathSegment { key: key.to_owned() })
                    .collect(),
                ..JwtClaimToHeader::default()
            })
            .collect(),
        jwks_source_specifier: match (&jwt.jwks, &jwt.jwks_url, cluster) {
            (Some(jwks), ..) => Some(local(jwks)),
            (None, Some(url), Some(cluster)) => Some(remote(url, cluster, jwt.cache_s)),
            _ => None,
        },
        ..JwtProvider::default()
    }
}

fn local(jwks: &Jwks) -> JwksSourceSpecifier {
    // nothing of it can fail to be JSON
    let text = serde_json::to_string(jwks).unwrap_or_default();
    JwksSourceSpecifier::LocalJwks(DataSource {
        specifier: Some(Specifier::InlineString(text)),
        ..DataSource::default()
    })
}

/// Has a node fetch the keys by itself, ahead of requests: they stay good while the issuer is away.
fn remote(url: &str, cluster: String, cache_s: Option<u32>) -> JwksSourceSpecifier {
    let cached = Duration::from_secs(cache_s.unwrap_or(JWKS_CACHE_S).into());
    JwksSourceSpecifier::RemoteJwks(RemoteJwks {
        http_uri: Some(HttpUri {
            uri: url.to_owned(),
            timeout: Some(duration(FETCH_TIMEOUT)),
            http_upstream_type: Some(HttpUpstreamType::Cluster(cluster)),
        }),
        cache_duration: Some(duration(cached)),
        async_fetch: Some(JwksAsyncFetch {
            // routes come when a node has long begun: nothing may wait for the keys
            fast_listener: true,
            failed_refetch_duration: Some(duration(FETCH_AGAIN)),
        }),
        ..RemoteJwks::default()
    })
}

/// Refuses whoever's token has not all that is required.
fn required(claims: &[RequiredClaim]) -> TypedExtensionConfig {
    let ids = claims.iter().map(principal).collect();
    let policy = Policy {
        permissions: vec![Permission { rule: Some(Rule::Any(true)) }],
        principals: vec![Principal { identifier: Some(Identifier::AndIds(Set { ids })) }],
        ..Policy::default()
    };
    let rules = Rules {
        action: Action::Allow.into(),
        policies: HashMap::from([("claims".to_owned(), policy)]),
        ..Rules::default()
    };
    extension(format!("{FILTER}.claims"), Rbac { rules: Some(rules), ..Rbac::default() })
}

fn principal(required: &RequiredClaim) -> Principal {
    let path = [CLAIMS].into_iter().chain(claim_path(&required.claim));
    let segment = |key: &str| metadata_matcher::PathSegment {
        segment: Some(metadata_matcher::path_segment::Segment::Key(key.to_owned())),
    };
    let matcher = MetadataMatcher {
        filter: METADATA.to_owned(),
        path: path.map(segment).collect(),
        value: Some(any_of(required.values.iter().flat_map(|value| values(value)).collect())),
        ..MetadataMatcher::default()
    };
    Principal {
        identifier: Some(Identifier::SourcedMetadata(SourcedMetadata {
            metadata_matcher: Some(matcher),
            metadata_source: MetadataSource::Dynamic.into(),
        })),
    }
}

/// Returns what has a value: itself, a list with it, and the number or truth that it is written as.
fn values(value: &str) -> Vec<ValueMatcher> {
    let text = || {
        of(value_matcher::MatchPattern::StringMatch(StringMatcher {
            match_pattern: Some(MatchPattern::Exact(value.to_owned())),
            ..StringMatcher::default()
        }))
    };
    let listed = |value: ValueMatcher| {
        of(value_matcher::MatchPattern::ListMatch(Box::new(ListMatcher {
            match_pattern: Some(list_matcher::MatchPattern::OneOf(Box::new(value))),
        })))
    };
    let mut values = vec![text(), listed(text())];
    if let Ok(truth) = value.parse() {
        values.push(of(value_matcher::MatchPattern::BoolMatch(truth)));
    }
    if let Some(number) = value.parse().ok().filter(|number: &f64| number.is_finite()) {
        let number = || {
            of(value_matcher::MatchPattern::DoubleMatch(DoubleMatcher {
                match_pattern: Some(double_matcher::MatchPattern::Exact(number)),
            }))
        };
        values.extend([number(), listed(number())]);
    }
    values
}

fn any_of(value_matchers: Vec<ValueMatcher>) -> ValueMatcher {
    of(value_matcher::MatchPattern::OrMatch(OrMatcher { value_matchers }))
}

fn of(pattern: value_matcher::MatchPattern) -> ValueMatcher {
    ValueMatcher { match_pattern: Some(pattern) }
}
