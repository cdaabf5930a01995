//! What Envoy writes of each request.

use crate::fields::{Field, Group, Kind};

pub(super) const GROUP: Group = Group {
    key: "access_log",
    title: "Access log",
    fields: &[
        Field {
            key: "access_log/to",
            label: "Written to",
            kind: Kind::Choice(&[
                ("off", "nowhere"),
                ("stdout", "the standard output of each Envoy"),
            ]),
            default: "nowhere",
            help: "",
            envoy: "access_log",
        },
        Field {
            key: "access_log/format",
            label: "Format",
            kind: Kind::Choice(&[("json", "JSON"), ("text", "text: name=\"value\"")]),
            default: "JSON",
            help: "A line for each request.",
            envoy: "json_format, text_format_source",
        },
        Field {
            key: "access_log/fields",
            label: "Fields",
            kind: Kind::Lines { most: 27, example: "time" },
            default: "the usual 17",
            help: "One a line: time, mapping, service, endpoint, method, host, path, path_and_query, \
                   protocol, status, details, flags, duration_ms, service_ms, bytes_received, bytes_sent, \
                   client_address, peer_address, forwarded_for, user_agent, referer, request_id, \
                   traceparent, tls_version, server_name, client_certificate, upstream_failure.",
            envoy: "command operators",
        },
        Field {
            key: "access_log/only_errors",
            label: "Errors only",
            kind: Kind::Switch,
            default: "off",
            help: "Requests that were answered with 400 or more, or not at all.",
            envoy: "status_code_filter, response_flag_filter",
        },
        Field {
            key: "access_log/sampled_percent",
            label: "How many of them",
            kind: Kind::Number { least: 1, most: 100, unit: "%" },
            default: "100 %",
            help: "Chosen by chance.",
            envoy: "runtime_filter",
        },
    ],
};
