//! Who may call.

use super::{Field, Group, Kind, Section};

/// Consumers that one mapping may name.
const CONSUMERS_MAX: u32 = 200;

pub(super) const SECTION: Section = Section {
    id: "auth",
    title: "Who may call",
    about: "Callers who must say who they are; one way at the most",
    groups: &[
        Group {
            key: "auth.api_key",
            title: "API keys",
            fields: &[
                Field {
                    key: "auth.api_key.consumers",
                    label: "Consumers with a key",
                    kind: Kind::Lines { most: CONSUMERS_MAX, example: "acme" },
                    default: "everyone may call, without a key",
                    help: "One name a line, of any team. A caller sends one of the consumer’s keys; \
                           the service sees the name in x-chancery-consumer, and not the key.",
                    envoy: "envoy.filters.http.basic_auth: users, authentication_header",
                },
                Field {
                    key: "auth.api_key.header",
                    label: "Header with the key",
                    kind: Kind::Text { most: 64, example: "x-api-key" },
                    default: "x-api-key",
                    help: "",
                    envoy: "envoy.filters.http.header_mutation",
                },
            ],
        },
        Group {
            key: "auth.basic",
            title: "Passwords",
            fields: &[
                Field {
                    key: "auth.basic.consumers",
                    label: "Consumers with a password",
                    kind: Kind::Lines { most: CONSUMERS_MAX, example: "acme" },
                    default: "everyone may call, without a password",
                    help: "One name a line, of any team. A caller sends the consumer’s name and password \
                           (RFC 7617); the service sees the name in x-chancery-consumer, and not the password.",
                    envoy: "envoy.filters.http.basic_auth: users",
                },
                Field {
                    key: "auth.basic.realm",
                    label: "Shown when asked",
                    kind: Kind::Text { most: 64, example: "Reports" },
                    default: "the address",
                    help: "What a browser shows when it asks for the password.",
                    envoy: "envoy.filters.http.header_mutation",
                },
            ],
        },
    ],
};
