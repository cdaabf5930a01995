//! How long a service may take, and when it is asked again.

use super::{Column, Field, Group, Kind, Section, Shape};

/// An hour.
const LONGEST_MS: i32 = 3_600_000;

pub(super) const SECTION: Section = Section {
    id: "time",
    title: "Timeouts and retries",
    about: "How long an answer may take, and when a request is tried again",
    groups: &[
        Group {
            key: "timeouts",
            title: "Timeouts",
            fields: &[
                Field {
                    key: "timeouts.request_ms",
                    label: "Whole answer",
                    kind: Kind::Number { least: 1, most: LONGEST_MS, unit: "ms" },
                    default: "no limit",
                    help: "From the end of the request to the end of the answer, all tries together.",
                    envoy: "timeout",
                },
                Field {
                    key: "timeouts.idle_ms",
                    label: "Silence",
                    kind: Kind::Number { least: 1, most: LONGEST_MS, unit: "ms" },
                    default: "290000",
                    help: "While the service sends nothing at all.",
                    envoy: "retry_policy.per_try_idle_timeout, idle_timeout",
                },
                Field {
                    key: "timeouts.connect_ms",
                    label: "Connecting",
                    kind: Kind::Number { least: 1, most: 60_000, unit: "ms" },
                    default: "5000",
                    help: "To an endpoint of the service.",
                    envoy: "cluster.connect_timeout",
                },
            ],
        },
        Group {
            key: "mirror",
            title: "Copies",
            fields: &[Field {
                key: "mirror",
                label: "Copied to",
                kind: Kind::Rows {
                    most: 4,
                    shape: Shape::Objects,
                    columns: &[
                        Column {
                            key: "service",
                            label: "Service",
                            kind: Kind::Text { most: 255, example: "usersvc-next" },
                        },
                        Column {
                            key: "percent",
                            label: "Percent",
                            kind: Kind::Number { least: 1, most: 100, unit: "%" },
                        },
                    ],
                },
                default: "nowhere",
                help: "Gets a copy of the requests, of all unless a percentage is given; what it \
                       answers is thrown away, and nobody waits for it.",
                envoy: "request_mirror_policies",
            }],
        },
        Group {
            key: "retries",
            title: "Retries",
            fields: &[
                Field {
                    key: "retries.on",
                    label: "Tried again on",
                    kind: Kind::Lines { most: 20, example: "connect-failure" },
                    default: "never",
                    help: "One condition a line: connect-failure, refused-stream, reset, reset-before-request, \
                           gateway-error, 5xx, retriable-4xx, a status code from 400 to 599, or gRPC’s cancelled, \
                           deadline-exceeded, internal, resource-exhausted and unavailable.",
                    envoy: "retry_policy.retry_on, retriable_status_codes",
                },
                Field {
                    key: "retries.attempts",
                    label: "Retries",
                    kind: Kind::Number { least: 1, most: 10, unit: "" },
                    default: "1",
                    help: "How often it is tried again at the most.",
                    envoy: "retry_policy.num_retries",
                },
                Field {
                    key: "retries.per_try_timeout_ms",
                    label: "Each try",
                    kind: Kind::Number { least: 1, most: LONGEST_MS, unit: "ms" },
                    default: "no limit of its own",
                    help: "At most what the whole answer may take.",
                    envoy: "retry_policy.per_try_timeout",
                },
                Field {
                    key: "retries.backoff_ms",
                    label: "Wait before a retry",
                    kind: Kind::Number { least: 1, most: 60_000, unit: "ms" },
                    default: "25",
                    help: "Doubles from one to the next, up to ten times as much, with some chance in it.",
                    envoy: "retry_policy.retry_back_off",
                },
                Field {
                    key: "retries.budget_percent",
                    label: "Budget",
                    kind: Kind::Number { least: 1, most: 100, unit: "%" },
                    default: "none: at most 3 retries under way",
                    help: "How many of the service’s requests under way at a node may be retries.",
                    envoy: "circuit_breakers.thresholds.retry_budget.budget_percent",
                },
                Field {
                    key: "retries.budget_min",
                    label: "Budget at the least",
                    kind: Kind::Number { least: 0, most: 1_000, unit: "retries" },
                    default: "3 where there is a budget",
                    help: "However few requests there are.",
                    envoy: "circuit_breakers.thresholds.retry_budget.min_retry_concurrency",
                },
            ],
        },
    ],
};
