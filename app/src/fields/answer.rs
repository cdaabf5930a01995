//! Answers that need no service.

use super::{Field, Group, Kind, Section};

pub(super) const SECTION: Section = Section {
    id: "answer",
    title: "Answer without a service",
    about: "A redirect, or a fixed answer; the service is left empty then",
    groups: &[
        Group {
            key: "redirect",
            title: "Redirect",
            fields: &[
                Field {
                    key: "redirect.scheme",
                    label: "New scheme",
                    kind: Kind::Choice(&[("https", "https"), ("http", "http")]),
                    default: "as in the request",
                    help: "",
                    envoy: "redirect.scheme_redirect",
                },
                Field {
                    key: "redirect.host",
                    label: "New host",
                    kind: Kind::Text { most: 253, example: "www.example.com" },
                    default: "as in the request",
                    help: "",
                    envoy: "redirect.host_redirect",
                },
                Field {
                    key: "redirect.port",
                    label: "New port",
                    kind: Kind::Number { least: 1, most: 65535, unit: "" },
                    default: "as in the request",
                    help: "",
                    envoy: "redirect.port_redirect",
                },
                Field {
                    key: "redirect.path",
                    label: "New path",
                    kind: Kind::Text { most: 2048, example: "/moved" },
                    default: "as in the request",
                    help: "Takes the place of the whole path.",
                    envoy: "redirect.path_redirect",
                },
                Field {
                    key: "redirect.prefix",
                    label: "New prefix",
                    kind: Kind::Text { most: 2048, example: "/new/" },
                    default: "as in the request",
                    help: "Takes the place of the mapping’s prefix; what follows it stays. Instead of the path.",
                    envoy: "redirect.prefix_rewrite",
                },
                Field {
                    key: "redirect.code",
                    label: "Status code",
                    kind: Kind::Code(&[
                        ("301", "301 for good"),
                        ("302", "302 for now"),
                        ("303", "303 see other, by GET"),
                        ("307", "307 for now, same method"),
                        ("308", "308 for good, same method"),
                    ]),
                    default: "301",
                    help: "",
                    envoy: "redirect.response_code",
                },
                Field {
                    key: "redirect.strip_query",
                    label: "Leave the query out",
                    kind: Kind::Switch,
                    default: "the query stays",
                    help: "",
                    envoy: "redirect.strip_query",
                },
            ],
        },
        Group {
            key: "respond",
            title: "Fixed answer",
            fields: &[
                Field {
                    key: "respond.status",
                    label: "Status code",
                    kind: Kind::Number { least: 200, most: 599, unit: "" },
                    default: "none",
                    help: "With a status, the gateway answers every request by itself.",
                    envoy: "direct_response.status",
                },
                Field {
                    key: "respond.body",
                    label: "Body",
                    kind: Kind::Area { most: 4096, example: "We are moving; back at noon." },
                    default: "empty",
                    help: "Up to 4,096 bytes.",
                    envoy: "direct_response.body",
                },
                Field {
                    key: "respond.content_type",
                    label: "Type of the body",
                    kind: Kind::Text { most: 128, example: "text/html" },
                    default: "text/plain",
                    help: "",
                    envoy: "response_headers_to_add",
                },
            ],
        },
    ],
};
