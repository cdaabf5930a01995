//! The way to the service: which of its endpoints get requests, how many, and how they are spoken
//! to.

use super::{Field, Group, Kind, Section};

/// An hour.
const LONGEST_MS: i32 = 3_600_000;

pub(super) const SECTION: Section = Section {
    id: "way",
    title: "Way to the service",
    about: "Protocol, load balancing, health checks and limits",
    groups: &[
        Group {
            key: "protocol",
            title: "Protocol",
            fields: &[Field {
                key: "protocol",
                label: "Spoken to the service",
                kind: Kind::Choice(&[("http1", "HTTP/1.1"), ("http2", "HTTP/2, for gRPC")]),
                default: "http1",
                help: "Whatever the clients speak. gRPC needs http2.",
                envoy: "typed_extension_protocol_options",
            }],
        },
        LOAD_BALANCING,
        HEALTH_CHECK,
        CIRCUIT_BREAKERS,
        OUTLIER_DETECTION,
    ],
};

const LOAD_BALANCING: Group = Group {
    key: "load_balancing",
    title: "Load balancing",
    fields: &[
        Field {
            key: "load_balancing.policy",
            label: "Endpoint",
            kind: Kind::Choice(&[
                ("round_robin", "One after the other"),
                ("least_request", "Of two, the one with fewer requests"),
                ("random", "Any"),
                ("ring_hash", "By a hash, on a ring"),
                ("maglev", "By a hash, in a table"),
            ]),
            default: "round_robin",
            help: "Which endpoint of the service gets a request. With a hash, requests that are alike \
                   go to the same; the ring moves the fewest when endpoints come and go, the table is quicker.",
            envoy: "cluster.lb_policy",
        },
        Field {
            key: "load_balancing.hash_on.header",
            label: "Hashed: header",
            kind: Kind::Text { most: 64, example: "x-user" },
            default: "none",
            help: "Requests without it go to any endpoint. A hash is of one thing: a header, a cookie or the address.",
            envoy: "hash_policy.header",
        },
        Field {
            key: "load_balancing.hash_on.cookie.name",
            label: "Hashed: cookie",
            kind: Kind::Text { most: 64, example: "chosen" },
            default: "none",
            help: "The gateway gives it to whoever has none.",
            envoy: "hash_policy.cookie.name",
        },
        Field {
            key: "load_balancing.hash_on.cookie.ttl_s",
            label: "Life of the cookie",
            kind: Kind::Number { least: 1, most: 31_536_000, unit: "s" },
            default: "until the browser is closed",
            help: "",
            envoy: "hash_policy.cookie.ttl",
        },
        Field {
            key: "load_balancing.hash_on.cookie.path",
            label: "Path of the cookie",
            kind: Kind::Text { most: 256, example: "/" },
            default: "/",
            help: "",
            envoy: "hash_policy.cookie.path",
        },
        Field {
            key: "load_balancing.hash_on.source_address",
            label: "Hashed: the client’s address",
            kind: Kind::Switch,
            default: "no",
            help: "",
            envoy: "hash_policy.connection_properties.source_ip",
        },
    ],
};

const HEALTH_CHECK: Group = Group {
    key: "health_check",
    title: "Health check",
    fields: &[
        Field {
            key: "health_check.kind",
            label: "Check",
            kind: Kind::Choice(&[
                ("tcp", "A connection"),
                ("http", "A request by HTTP"),
                ("grpc", "A call of gRPC’s health service"),
                ("off", "None: all count as healthy"),
            ]),
            default: "tcp",
            help: "Each node asks each endpoint. gRPC’s needs the protocol http2.",
            envoy: "cluster.health_checks",
        },
        Field {
            key: "health_check.path",
            label: "Path",
            kind: Kind::Text { most: 1024, example: "/health" },
            default: "none; http needs one",
            help: "Of the service itself, not of the gateway. For http.",
            envoy: "http_health_check.path",
        },
        Field {
            key: "health_check.expected_statuses",
            label: "Statuses of who lives",
            kind: Kind::Lines { most: 20, example: "200-299" },
            default: "200",
            help: "One status or range a line. For http.",
            envoy: "http_health_check.expected_statuses",
        },
        Field {
            key: "health_check.host",
            label: "Host",
            kind: Kind::Text { most: 255, example: "users.internal" },
            default: "the service’s own",
            help: "For http and grpc.",
            envoy: "http_health_check.host",
        },
        Field {
            key: "health_check.grpc_service",
            label: "gRPC service",
            kind: Kind::Text { most: 255, example: "shop.Users" },
            default: "the whole server",
            help: "For grpc.",
            envoy: "grpc_health_check.service_name",
        },
        Field {
            key: "health_check.interval_ms",
            label: "Time between checks",
            kind: Kind::Number { least: 100, most: 300_000, unit: "ms" },
            default: "2000; 5000 without requests",
            help: "",
            envoy: "health_check.interval, no_traffic_interval",
        },
        Field {
            key: "health_check.timeout_ms",
            label: "Answer within",
            kind: Kind::Number { least: 1, most: 10_000, unit: "ms" },
            default: "1000",
            help: "",
            envoy: "health_check.timeout",
        },
        Field {
            key: "health_check.unhealthy_threshold",
            label: "Out after",
            kind: Kind::Number { least: 1, most: 100, unit: "failures" },
            default: "2",
            help: "In a row. The first check of a new endpoint decides alone.",
            envoy: "health_check.unhealthy_threshold",
        },
        Field {
            key: "health_check.healthy_threshold",
            label: "Back after",
            kind: Kind::Number { least: 1, most: 100, unit: "successes" },
            default: "1",
            help: "In a row.",
            envoy: "health_check.healthy_threshold",
        },
    ],
};

const CIRCUIT_BREAKERS: Group = Group {
    key: "circuit_breakers",
    title: "Limits of a node",
    fields: &[
        Field {
            key: "circuit_breakers.max_connections",
            label: "Connections",
            kind: Kind::Number { least: 1, most: 1_000_000, unit: "" },
            default: "1024",
            help: "What is beyond a limit is answered with 503 at once.",
            envoy: "circuit_breakers.thresholds.max_connections",
        },
        Field {
            key: "circuit_breakers.max_pending",
            label: "Waiting requests",
            kind: Kind::Number { least: 1, most: 1_000_000, unit: "" },
            default: "1024",
            help: "For a connection.",
            envoy: "circuit_breakers.thresholds.max_pending_requests",
        },
        Field {
            key: "circuit_breakers.max_requests",
            label: "Requests under way",
            kind: Kind::Number { least: 1, most: 1_000_000, unit: "" },
            default: "1024",
            help: "",
            envoy: "circuit_breakers.thresholds.max_requests",
        },
        Field {
            key: "circuit_breakers.max_retries",
            label: "Retries under way",
            kind: Kind::Number { least: 1, most: 1_000_000, unit: "" },
            default: "3",
            help: "Not where the retries have a budget.",
            envoy: "circuit_breakers.thresholds.max_retries",
        },
    ],
};

const OUTLIER_DETECTION: Group = Group {
    key: "outlier_detection",
    title: "Outliers",
    fields: &[
        Field {
            key: "outlier_detection.consecutive_5xx",
            label: "Out after answers 5xx",
            kind: Kind::Number { least: 1, most: 1_000, unit: "in a row" },
            default: "off",
            help: "No answer counts as one.",
            envoy: "outlier_detection.consecutive_5xx",
        },
        Field {
            key: "outlier_detection.consecutive_gateway_failure",
            label: "Out after 502, 503, 504",
            kind: Kind::Number { least: 1, most: 1_000, unit: "in a row" },
            default: "off",
            help: "No answer counts as one.",
            envoy: "outlier_detection.consecutive_gateway_failure",
        },
        Field {
            key: "outlier_detection.base_ejection_ms",
            label: "Out for",
            kind: Kind::Number { least: 1, most: LONGEST_MS, unit: "ms" },
            default: "30000",
            help: "Times how often it has been out.",
            envoy: "outlier_detection.base_ejection_time",
        },
        Field {
            key: "outlier_detection.max_ejection_ms",
            label: "Out for at the most",
            kind: Kind::Number { least: 1, most: LONGEST_MS, unit: "ms" },
            default: "300000",
            help: "",
            envoy: "outlier_detection.max_ejection_time",
        },
        Field {
            key: "outlier_detection.max_ejection_percent",
            label: "Out at once",
            kind: Kind::Number { least: 1, most: 100, unit: "%" },
            default: "50",
            help: "Of the endpoints. The only endpoint of a service is out at 100 only.",
            envoy: "outlier_detection.max_ejection_percent",
        },
        Field {
            key: "outlier_detection.interval_ms",
            label: "Time between looks",
            kind: Kind::Number { least: 100, most: LONGEST_MS, unit: "ms" },
            default: "10000",
            help: "At who may come back.",
            envoy: "outlier_detection.interval",
        },
    ],
};
