//! What a connection or a request may take.

use crate::fields::{Field, Group, Kind};

/// A day, in seconds.
const DAY_S: i32 = 86_400;

pub(super) const GROUP: Group = Group {
    key: "limits",
    title: "Limits",
    fields: &[
        Field {
            key: "limits/max_request_headers_kb",
            label: "Headers of a request",
            kind: Kind::Number { least: 4, most: 1024, unit: "KiB" },
            default: "60 KiB",
            help: "All together; beyond it the answer is 431.",
            envoy: "max_request_headers_kb",
        },
        Field {
            key: "limits/max_request_headers",
            label: "Headers of a request, by number",
            kind: Kind::Number { least: 20, most: 1000, unit: "" },
            default: "100",
            help: "Beyond it the answer is 431.",
            envoy: "max_headers_count",
        },
        Field {
            key: "limits/request_headers_timeout_s",
            label: "Time for the headers",
            kind: Kind::Number { least: 1, most: 300, unit: "s" },
            default: "10 s",
            help: "Within which they must have come.",
            envoy: "request_headers_timeout",
        },
        Field {
            key: "limits/request_timeout_s",
            label: "Time for the whole request",
            kind: Kind::Number { least: 1, most: DAY_S, unit: "s" },
            default: "no limit",
            help: "Within which it must have come, its body, too. Bounds uploads.",
            envoy: "request_timeout",
        },
        Field {
            key: "limits/idle_timeout_s",
            label: "Idle connections",
            kind: Kind::Number { least: 1, most: DAY_S, unit: "s" },
            default: "3600 s",
            help: "Closed when they have had no request for so long.",
            envoy: "idle_timeout",
        },
        Field {
            key: "limits/max_connection_duration_s",
            label: "Age of a connection",
            kind: Kind::Number { least: 1, most: 7 * DAY_S, unit: "s" },
            default: "no limit",
            help: "Requests under way are finished.",
            envoy: "max_connection_duration",
        },
        Field {
            key: "limits/max_requests_per_connection",
            label: "Requests of a connection",
            kind: Kind::Number { least: 1, most: 1_000_000, unit: "" },
            default: "no limit",
            help: "After which it is closed.",
            envoy: "max_requests_per_connection",
        },
        Field {
            key: "limits/max_concurrent_streams",
            label: "Requests at once",
            kind: Kind::Number { least: 1, most: 1000, unit: "" },
            default: "100",
            help: "On a connection of HTTP/2.",
            envoy: "max_concurrent_streams",
        },
    ],
};
