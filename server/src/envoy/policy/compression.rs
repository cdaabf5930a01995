//! Compression of answers: one filter an algorithm, among which Envoy takes what the client likes
//! best.

use app::api::policy::{Compression, Policy};
use envoy_types::util::pack_any;

use super::{
    super::{
        config::number,
        filters::{Piece, Step},
        proto::{
            config::core::v3::TypedExtensionConfig,
            extensions::{
                compression::{brotli::compressor::v3::Brotli, gzip::compressor::v3::Gzip},
                filters::http::compressor::v3::{
                    Compressor,
                    compressor::{CommonDirectionConfig, ResponseDirectionConfig},
                },
            },
            r#type::matcher::v3::{StringMatcher, string_matcher::MatchPattern},
        },
    },
    piece,
};

/// A part of a file: who asked for it wants those very bytes (RFC 9110, section 14).
const PARTIAL_CONTENT: u32 = 206;

pub(super) fn pieces(policy: &Policy) -> Vec<Piece> {
    let compression = &policy.compression;
    let algorithms = compression.algorithms.iter().enumerate();
    let pieces = algorithms.map(|(index, algorithm)| {
        let compressor = Compressor {
            compressor_library: Some(library(algorithm)),
            response_direction_config: Some(answers(compression)),
            choose_first: index == 0,
            ..Compressor::default()
        };
        // filters of one chain need names of their own
        let name = format!("envoy.filters.http.compressor.{algorithm}");
        piece(Step::Compression, &name, compressor)
    });
    pieces.collect()
}

fn library(algorithm: &str) -> TypedExtensionConfig {
    let (name, config) = match algorithm {
        "brotli" => ("brotli", pack_any(Brotli::default())),
        _ => ("gzip", pack_any(Gzip::default())),
    };
    TypedExtensionConfig { name: name.to_owned(), typed_config: Some(config) }
}

fn answers(compression: &Compression) -> ResponseDirectionConfig {
    let content_type = |text: &String| StringMatcher {
        match_pattern: Some(MatchPattern::Exact(text.clone())),
        ignore_case: true,
    };
    ResponseDirectionConfig {
        common_config: Some(CommonDirectionConfig {
            min_content_length: compression.min_bytes.and_then(number),
            content_type_matcher: compression.content_types.iter().map(content_type).collect(),
            ..CommonDirectionConfig::default()
        }),
        // the other way, Envoy would take the tag away
        weaken_etag_on_compress: true,
        uncompressible_response_codes: vec![PARTIAL_CONTENT],
        ..ResponseDirectionConfig::default()
    }
}
