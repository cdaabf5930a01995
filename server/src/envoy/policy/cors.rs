//! Which pages of other origins may call a mapping.
//!
//! The filter stands before all others and answers the questions of browsers by itself: they come
//! without any credentials, and must not be counted or refused for that.
//!
//! What the service itself says of other origins is taken away, whoever asked: the filter only
//! replaces what it sets, and of a page that may not call it sets nothing (measured with Envoy 1.40).

use app::api::policy::{Cors, Policy};
use envoy_types::util::pack_any;

use super::super::{
    conditions::{regex, string},
    config::{no, yes},
    filters::CORS,
    proto::{
        config::{
            core::v3::{HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction},
            route::v3::Route,
        },
        extensions::filters::http::cors::v3::CorsPolicy,
        r#type::matcher::v3::{StringMatcher, string_matcher::MatchPattern},
    },
};

/// What an answer says to a browser of who may read it (Fetch standard, section 3.3.3).
const SAID: [&str; 6] = [
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
];

pub(super) fn apply(policy: &Policy, route: &mut Route) {
    let Some(cors) = &policy.cors else { return };
    route.typed_per_filter_config.insert(CORS.to_owned(), pack_any(rules(cors)));
    // carried out on what comes from the service, before the filter sets its own
    route.response_headers_to_remove.extend(SAID.map(str::to_owned));
    // the answer names the page that has asked: a cache must not give it to another
    route.response_headers_to_add.push(HeaderValueOption {
        header: Some(HeaderValue {
            key: "vary".to_owned(),
            value: "origin".to_owned(),
            ..HeaderValue::default()
        }),
        append_action: HeaderAppendAction::AppendIfExistsOrAdd.into(),
        ..HeaderValueOption::default()
    });
}

fn rules(cors: &Cors) -> CorsPolicy {
    CorsPolicy {
        allow_origin_string_match: cors
            .origins
            .iter()
            .map(|origin| origin_matcher(origin))
            .collect(),
        allow_methods: cors.methods.join(", "),
        allow_headers: cors.headers.join(", "),
        expose_headers: cors.expose.join(", "),
        max_age: cors.max_age_s.map(|seconds| seconds.to_string()).unwrap_or_default(),
        allow_credentials: cors.credentials.then(yes).flatten(),
        // a page that may not call is told so by us, and the service is not asked
        forward_not_matching_preflights: no(),
        ..CorsPolicy::default()
    }
}

fn origin_matcher(origin: &str) -> StringMatcher {
    let pattern = match origin.split_once("://*.") {
        _ if origin == "*" => MatchPattern::SafeRegex(regex(".*".to_owned())),
        Some((scheme, domain)) => {
            // browsers write hosts in small letters
            let labels = r"([0-9a-z_-]+\.)+";
            MatchPattern::SafeRegex(regex(format!(r"\Q{scheme}://\E{labels}\Q{domain}\E")))
        }
        None => MatchPattern::Exact(origin.to_owned()),
    };
    string(pattern)
}
