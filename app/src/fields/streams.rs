//! Websockets, gRPC-Web, compression, the size of requests, and sticky sessions.

use super::{Field, Group, Kind, Section};

pub(super) const SECTION: Section = Section {
    id: "streams",
    title: "Streams and bodies",
    about: "Websockets, gRPC-Web, compression, the size of requests, sticky sessions",
    groups: &[
        Group {
            key: "upgrades",
            title: "Upgrades",
            fields: &[Field {
                key: "upgrades",
                label: "Upgrades",
                kind: Kind::Lines { most: 8, example: "websocket" },
                default: "none: 403",
                help: "Protocols that a connection may change to, one a line. No timeout ends such a \
                       connection, but silence both ways does.",
                envoy: "upgrade_configs",
            }],
        },
        Group {
            key: "grpc_web",
            title: "gRPC-Web",
            fields: &[Field {
                key: "grpc_web",
                label: "gRPC-Web",
                kind: Kind::Switch,
                default: "off",
                help: "Calls from browsers reach the service as gRPC. The protocol must be HTTP/2.",
                envoy: "envoy.filters.http.grpc_web",
            }],
        },
        Group {
            key: "compression",
            title: "Compression of answers",
            fields: &[
                Field {
                    key: "compression.algorithms",
                    label: "Algorithms",
                    kind: Kind::Lines { most: 2, example: "gzip" },
                    default: "none: nothing is compressed",
                    help: "gzip and brotli, one a line; the first is taken where the client likes both.",
                    envoy: "envoy.filters.http.compressor, compressor_library",
                },
                Field {
                    key: "compression.min_bytes",
                    label: "From",
                    kind: Kind::Number { least: 1, most: 1_048_576, unit: "bytes" },
                    default: "30",
                    help: "Smaller answers stay as they are, where their length is known beforehand.",
                    envoy: "min_content_length",
                },
                Field {
                    key: "compression.content_types",
                    label: "Media types",
                    kind: Kind::Lines { most: 30, example: "application/json" },
                    default: "HTML, CSS, plain text, XML, JavaScript, JSON, XHTML, SVG",
                    help: "One a line, without parameters.",
                    envoy: "content_type_matcher",
                },
            ],
        },
        Group {
            key: "body",
            title: "Bodies of requests",
            fields: &[
                Field {
                    key: "body.max_bytes",
                    label: "Largest body",
                    kind: Kind::Number { least: 1, most: 1_073_741_824, unit: "bytes" },
                    default: "no limit; 1048576 where it is taken in whole",
                    help: "A larger one gets 413. At most 16777216 where it is taken in whole.",
                    envoy: "envoy.filters.http.body_size_limit, max_request_bytes",
                },
                Field {
                    key: "body.buffer",
                    label: "Take it in whole",
                    kind: Kind::Switch,
                    default: "goes on as it comes",
                    help: "The service sees a request when all of it has come, with its length.",
                    envoy: "envoy.filters.http.buffer",
                },
            ],
        },
        Group {
            key: "sticky_session",
            title: "Sticky sessions",
            fields: &[
                Field {
                    key: "sticky_session.cookie",
                    label: "Cookie",
                    kind: Kind::Text { most: 64, example: "session-endpoint" },
                    default: "none: any endpoint",
                    help: "The gateway sets it, and a client that sends it comes to the same endpoint \
                           while that is healthy.",
                    envoy: "envoy.filters.http.stateful_session, cookie.name",
                },
                Field {
                    key: "sticky_session.path",
                    label: "Path of the cookie",
                    kind: Kind::Text { most: 256, example: "/shop/" },
                    default: "/",
                    help: "Two mappings to different services need different cookies or paths.",
                    envoy: "cookie.path",
                },
                Field {
                    key: "sticky_session.ttl_s",
                    label: "Lasts",
                    kind: Kind::Number { least: 0, most: 31_536_000, unit: "s" },
                    default: "until the browser is closed",
                    help: "From the first answer on; then the client gets an endpoint anew.",
                    envoy: "cookie.ttl",
                },
            ],
        },
    ],
};
