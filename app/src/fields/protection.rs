//! How often clients may come, from where, and from which pages.

use super::{Field, Group, Kind, Section};

/// A million.
const MOST_REQUESTS: i32 = 1_000_000;

/// A day.
const LONGEST_S: i32 = 86_400;

const RATE_LIMIT: Group = Group {
    key: "rate_limit",
    title: "Rate limit of each node",
    fields: &[
        Field {
            key: "rate_limit.requests",
            label: "Requests",
            kind: Kind::Number { least: 1, most: MOST_REQUESTS, unit: "" },
            default: "no limit",
            help: "What comes beyond gets 429 and retry-after. Each Envoy counts for itself: two let twice as \
                   much through.",
            envoy: "local_ratelimit.token_bucket.tokens_per_fill",
        },
        Field {
            key: "rate_limit.per",
            label: "in a",
            kind: Kind::Choice(&[
                ("second", "second"),
                ("minute", "minute"),
                ("hour", "hour"),
                ("day", "day"),
            ]),
            default: "second",
            help: "Spread evenly: 60 in a minute is one more each second.",
            envoy: "local_ratelimit.token_bucket.fill_interval",
        },
        Field {
            key: "rate_limit.burst",
            label: "At once",
            kind: Kind::Number { least: 1, most: MOST_REQUESTS, unit: "" },
            default: "as many as the requests",
            help: "How many may come in a moment after a pause.",
            envoy: "local_ratelimit.token_bucket.max_tokens",
        },
        Field {
            key: "rate_limit.key",
            label: "Counted apart by",
            kind: Kind::Text { most: 135, example: "client_address" },
            default: "none: all requests together",
            help: "client_address, or header: and a header’s name. A node remembers 1,000 clients or values; the \
                   one that came least recently makes room and begins anew.",
            envoy: "local_ratelimit.rate_limits, descriptors, max_dynamic_descriptors",
        },
        Field {
            key: "rate_limit.headers",
            label: "Tell clients what is left",
            kind: Kind::Switch,
            default: "they are not told",
            help: "By x-ratelimit-limit, x-ratelimit-remaining and x-ratelimit-reset in every answer.",
            envoy: "local_ratelimit.enable_x_ratelimit_headers",
        },
    ],
};

const CORS: Group = Group {
    key: "cors",
    title: "Pages of other origins (CORS)",
    fields: &[
        Field {
            key: "cors.origins",
            label: "Origins",
            kind: Kind::Lines { most: 50, example: "https://www.example.com" },
            default: "none: browsers let no other page read answers",
            help: "One a line: https://www.example.com, https://*.example.com for all hosts below, or * for every \
                   page. The gateway answers the questions of browsers (preflights) by itself.",
            envoy: "cors.allow_origin_string_match",
        },
        Field {
            key: "cors.methods",
            label: "Methods",
            kind: Kind::Lines { most: 50, example: "PUT" },
            default: "GET, HEAD and POST",
            help: "Beside those, one a line, or * for all.",
            envoy: "cors.allow_methods",
        },
        Field {
            key: "cors.headers",
            label: "Headers that pages may send",
            kind: Kind::Lines { most: 50, example: "content-type" },
            default: "those that every form can send",
            help: "One a line, or * for all.",
            envoy: "cors.allow_headers",
        },
        Field {
            key: "cors.expose",
            label: "Headers that pages may read",
            kind: Kind::Lines { most: 50, example: "x-request-id" },
            default: "cache-control, content-type and the like",
            help: "One a line, or * for all.",
            envoy: "cors.expose_headers",
        },
        Field {
            key: "cors.credentials",
            label: "With cookies",
            kind: Kind::Switch,
            default: "without",
            help: "Pages may act as whoever visits them. Not with * as an origin.",
            envoy: "cors.allow_credentials",
        },
        Field {
            key: "cors.max_age_s",
            label: "Browsers remember it for",
            kind: Kind::Number { least: 0, most: LONGEST_S, unit: "s" },
            default: "5",
            help: "",
            envoy: "cors.max_age",
        },
    ],
};

const ADDRESSES: Group = Group {
    key: "ip",
    title: "Addresses of clients",
    fields: &[
        Field {
            key: "ip.allow",
            label: "Only from",
            kind: Kind::Lines { most: 200, example: "192.0.2.0/24" },
            default: "anywhere",
            help: "An address or a range a line, IPv4 or IPv6; at most 200 together. Others get 403.",
            envoy: "rbac.rules.policies.principals.remote_ip",
        },
        Field {
            key: "ip.deny",
            label: "Not from",
            kind: Kind::Lines { most: 200, example: "192.0.2.66" },
            default: "none",
            help: "Wins over what is allowed.",
            envoy: "rbac.rules.policies.principals.not_id",
        },
    ],
};

const GLOBAL_RATE_LIMIT: Group = Group {
    key: "global_rate_limit",
    title: "Rate limit of all nodes together",
    fields: &[
        Field {
            key: "global_rate_limit.descriptors",
            label: "Descriptors",
            kind: Kind::Lines { most: 10, example: "generic_key:accounts client_address" },
            default: "none: the service that counts is not asked",
            help: "One a line, of entries separated by spaces: client_address, method, path, header: and a name, \
                   generic_key: and a text. The limits are in the rules of the service that the gateway’s settings \
                   name.",
            envoy: "ratelimit.rate_limits.actions",
        },
        Field {
            key: "global_rate_limit.headers",
            label: "Tell clients what is left of it",
            kind: Kind::Switch,
            default: "they are not told",
            help: "By x-ratelimit-limit, x-ratelimit-remaining and x-ratelimit-reset.",
            envoy: "ratelimit.enable_x_ratelimit_headers",
        },
    ],
};

const FAULT: Group = Group {
    key: "fault",
    title: "Faults on purpose",
    fields: &[
        Field {
            key: "fault.delay_ms",
            label: "Requests wait",
            kind: Kind::Number { least: 1, most: 60_000, unit: "ms" },
            default: "they do not",
            help: "Only where an admin has allowed faults in the gateway’s settings.",
            envoy: "fault.delay.fixed_delay",
        },
        Field {
            key: "fault.delay_percent",
            label: "So many of them wait",
            kind: Kind::Number { least: 1, most: 100, unit: "%" },
            default: "100",
            help: "",
            envoy: "fault.delay.percentage",
        },
        Field {
            key: "fault.abort_status",
            label: "Requests get the status",
            kind: Kind::Number { least: 400, most: 599, unit: "" },
            default: "the service answers",
            help: "Instead of an answer of the service.",
            envoy: "fault.abort.http_status",
        },
        Field {
            key: "fault.abort_percent",
            label: "So many of them get it",
            kind: Kind::Number { least: 1, most: 100, unit: "%" },
            default: "100",
            help: "",
            envoy: "fault.abort.percentage",
        },
    ],
};

pub(super) const SECTION: Section = Section {
    id: "protection",
    title: "Protection",
    about: "How often clients may come, from where, and from which pages",
    groups: &[RATE_LIMIT, GLOBAL_RATE_LIMIT, CORS, ADDRESSES, FAULT],
};
