//! A service that is asked about each request.

use super::super::{Field, Group, Kind};

pub(super) const GROUP: Group = Group {
    key: "auth.external",
    title: "Another service decides",
    fields: &[
        Field {
            key: "auth.external.service",
            label: "Service that is asked",
            kind: Kind::Text { most: 255, example: "authsvc" },
            default: "none",
            help: "About each request, after the ways above. Its refusal goes to the client as it is.",
            envoy: "envoy.filters.http.ext_authz",
        },
        Field {
            key: "auth.external.protocol",
            label: "Asked by",
            kind: Kind::Choice(&[("http", "HTTP"), ("grpc", "gRPC")]),
            default: "HTTP",
            help: "By HTTP it sees the method and path of the request, and 200 lets it pass; by gRPC it is an \
                   envoy.service.auth.v3.Authorization.",
            envoy: "http_service, grpc_service",
        },
        Field {
            key: "auth.external.path_prefix",
            label: "Before the path",
            kind: Kind::Text { most: 1024, example: "/check" },
            default: "nothing",
            help: "By HTTP only.",
            envoy: "http_service.path_prefix",
        },
        Field {
            key: "auth.external.timeout_ms",
            label: "Answer within",
            kind: Kind::Number { least: 1, most: 10_000, unit: "ms" },
            default: "1000",
            help: "",
            envoy: "timeout",
        },
        Field {
            key: "auth.external.fail",
            label: "While it does not answer",
            kind: Kind::Choice(&[("closed", "refuse with 503"), ("open", "let all pass")]),
            default: "refuse with 503",
            help: "",
            envoy: "failure_mode_allow",
        },
        Field {
            key: "auth.external.request_headers",
            label: "Headers that it sees",
            kind: Kind::Lines { most: 20, example: "cookie" },
            default: "authorization",
            help: "One a line, besides authorization.",
            envoy: "allowed_headers",
        },
        Field {
            key: "auth.external.response_headers",
            label: "Headers for the service",
            kind: Kind::Lines { most: 20, example: "x-user" },
            default: "none",
            help: "One a line: what of its answer the mapping’s service sees. A client’s own headers of these \
                   names are removed, unless they are among those that are asked about.",
            envoy: "allowed_upstream_headers, decoder_header_mutation_rules",
        },
        Field {
            key: "auth.external.body.max_bytes",
            label: "Bytes of the body",
            kind: Kind::Number { least: 1, most: 1_048_576, unit: "bytes" },
            default: "it sees no body",
            help: "A longer body is refused with 413.",
            envoy: "with_request_body.max_request_bytes",
        },
    ],
};
