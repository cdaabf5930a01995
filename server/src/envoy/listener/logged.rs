//! Conditions on a request that has been answered: for which one a line is written, and whose answer
//! is a page of the gateway's own.

use envoy_types::util::pack_any;

use crate::envoy::proto::{
    config::{
        accesslog::v3::{
            AccessLogFilter, AndFilter, ComparisonFilter, ExtensionFilter, HeaderFilter, OrFilter,
            ResponseFlagFilter, RuntimeFilter, StatusCodeFilter,
            access_log_filter::FilterSpecifier, comparison_filter::Op,
            extension_filter::ConfigType,
        },
        core::v3::RuntimeUInt32,
        route::v3::{HeaderMatcher, header_matcher::HeaderMatchSpecifier},
    },
    extensions::access_loggers::filters::cel::v3::ExpressionFilter,
    r#type::{
        matcher::v3::{StringMatcher, string_matcher::MatchPattern},
        v3::FractionalPercent,
    },
};

/// A key that Envoy insists on, and that nothing sets.
const RUNTIME_KEY: &str = "chancery.fixed";

/// The answer has a status from `least` to `most`.
pub(super) fn status(least: u32, most: u32) -> AccessLogFilter {
    if least == most {
        return compare(Op::Eq, least);
    }
    all([compare(Op::Ge, least), compare(Op::Le, most)])
}

/// The request has failed, or was refused, or its client went away.
pub(super) fn is_error() -> AccessLogFilter {
    let flagged = filter(FilterSpecifier::ResponseFlagFilter(ResponseFlagFilter::default()));
    let filters = vec![compare(Op::Ge, 400), flagged];
    filter(FilterSpecifier::OrFilter(OrFilter { filters }))
}

/// So many of a hundred, by chance.
pub(super) fn sampled(percent: u8) -> AccessLogFilter {
    filter(FilterSpecifier::RuntimeFilter(RuntimeFilter {
        runtime_key: RUNTIME_KEY.to_owned(),
        percent_sampled: Some(FractionalPercent {
            numerator: percent.into(),
            ..FractionalPercent::default()
        }),
        use_independent_randomness: true,
    }))
}

/// The client does not speak gRPC, where the text of an answer is a message in its trailer.
pub(super) fn is_no_grpc() -> AccessLogFilter {
    let prefix = MatchPattern::Prefix("application/grpc".to_owned());
    let matcher = StringMatcher { match_pattern: Some(prefix), ..StringMatcher::default() };
    let header = HeaderMatcher {
        name: "content-type".to_owned(),
        header_match_specifier: Some(HeaderMatchSpecifier::StringMatch(matcher)),
        invert_match: true,
        treat_missing_header_as_empty: true,
    };
    filter(FilterSpecifier::HeaderFilter(HeaderFilter { header: Some(header) }))
}

/// The answer is none that a mapping gives itself (`respond`), which Envoy makes in the same way as
/// its own.
pub(super) fn is_no_fixed_answer() -> AccessLogFilter {
    let expression = ExpressionFilter {
        expression: "response.code_details != 'direct_response'".to_owned(),
        ..ExpressionFilter::default()
    };
    filter(FilterSpecifier::ExtensionFilter(ExtensionFilter {
        name: "envoy.access_loggers.extension_filters.cel".to_owned(),
        config_type: Some(ConfigType::TypedConfig(pack_any(expression))),
    }))
}

/// All of them hold.
pub(super) fn all(filters: impl Into<Vec<AccessLogFilter>>) -> AccessLogFilter {
    filter(FilterSpecifier::AndFilter(AndFilter { filters: filters.into() }))
}

fn compare(op: Op, status: u32) -> AccessLogFilter {
    let value = RuntimeUInt32 { default_value: status, runtime_key: RUNTIME_KEY.to_owned() };
    let comparison = ComparisonFilter { op: op.into(), value: Some(value) };
    filter(FilterSpecifier::StatusCodeFilter(StatusCodeFilter { comparison: Some(comparison) }))
}

fn filter(specifier: FilterSpecifier) -> AccessLogFilter {
    AccessLogFilter { filter_specifier: Some(specifier) }
}
