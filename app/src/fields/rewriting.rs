//! Rewrites of the path by a pattern, and of the host.

use super::{Field, Group, Kind, Section};

pub(super) const SECTION: Section = Section {
    id: "rewriting",
    title: "Rewriting",
    about: "Another path or host than the client has asked for",
    groups: &[
        Group {
            key: "regex_rewrite",
            title: "Path by a pattern",
            fields: &[
                Field {
                    key: "regex_rewrite.pattern",
                    label: "Pattern",
                    kind: Kind::Text { most: 256, example: "^/user/([0-9]+)/photo$" },
                    default: "none: the rewrite of the prefix",
                    help: "A regular expression (RE2). Each match in the path, without its query, is replaced.",
                    envoy: "regex_rewrite.pattern",
                },
                Field {
                    key: "regex_rewrite.substitution",
                    label: "Substitution",
                    kind: Kind::Text { most: 256, example: r"/photos/\1" },
                    default: "none",
                    help: r"Takes the place of a match; \1 to \9 are what the groups in parentheses found.",
                    envoy: "regex_rewrite.substitution",
                },
            ],
        },
        Group {
            key: "host_rewrite",
            title: "Host",
            fields: &[Field {
                key: "host_rewrite",
                label: "Host for the service",
                kind: Kind::Text { most: 259, example: "service" },
                default: "the host of the request",
                help: "A name, or the word service for the service’s own. The client’s goes on as X-Forwarded-Host.",
                envoy: "host_rewrite_literal",
            }],
        },
    ],
};
