//! Which requests a mapping serves, besides its prefix.

use super::{Column, Field, Group, Kind, Section, Shape};

const TESTS: Kind = Kind::Choice(&[
    ("exact", "is exactly"),
    ("prefix", "begins with"),
    ("suffix", "ends with"),
    ("contains", "contains"),
    ("regex", "matches the pattern"),
    ("present", "is there"),
    ("absent", "is not there"),
]);

const CONDITIONS: Kind = Kind::Rows {
    most: 20,
    shape: Shape::Objects,
    columns: &[
        Column { key: "name", label: "Name", kind: Kind::Text { most: 128, example: "x-beta" } },
        Column { key: "is", label: "Test", kind: TESTS },
        Column { key: "value", label: "Value", kind: Kind::Text { most: 256, example: "1" } },
    ],
};

pub(super) const SECTION: Section = Section {
    id: "matches",
    title: "Match",
    about: "Only requests for a host, with a method, a header or a query parameter",
    groups: &[
        Group {
            key: "host",
            title: "Host",
            fields: &[Field {
                key: "host",
                label: "Host",
                kind: Kind::Text { most: 255, example: "api.example.com" },
                default: "any host",
                help: "A name, or *. and a domain for all names below it.",
                envoy: "virtual_hosts.domains",
            }],
        },
        Group {
            key: "match",
            title: "Requests",
            fields: &[
                Field {
                    key: "match.path",
                    label: "The prefix is meant",
                    kind: Kind::Choice(&[
                        ("prefix", "as the beginning of the path"),
                        ("exact", "as the whole path"),
                        ("regex", "as the beginning, and a pattern follows"),
                    ]),
                    default: "as the beginning of the path",
                    help: "",
                    envoy: "match.path_specifier",
                },
                Field {
                    key: "match.regex",
                    label: "Pattern after the prefix",
                    kind: Kind::Text { most: 256, example: "[0-9]+(/.*)?" },
                    default: "none",
                    help: "A regular expression (RE2) that all that follows the prefix must match.",
                    envoy: "match.safe_regex",
                },
                Field {
                    key: "match.ignore_case",
                    label: "Capital and small letters are the same",
                    kind: Kind::Switch,
                    default: "they differ",
                    help: "",
                    envoy: "match.case_sensitive",
                },
                Field {
                    key: "match.precedence",
                    label: "Precedence",
                    kind: Kind::Number { least: -100, most: 100, unit: "" },
                    default: "0",
                    help: "Higher is tried before mappings of the same host, whatever their prefixes.",
                    envoy: "the order of routes",
                },
                Field {
                    key: "match.methods",
                    label: "Methods",
                    kind: Kind::Lines { most: 10, example: "GET" },
                    default: "any",
                    help: "One a line.",
                    envoy: "match.headers, :method",
                },
                Field {
                    key: "match.headers",
                    label: "Headers",
                    kind: CONDITIONS,
                    default: "any",
                    help: "All of them must hold.",
                    envoy: "match.headers",
                },
                Field {
                    key: "match.query",
                    label: "Query parameters",
                    kind: CONDITIONS,
                    default: "any",
                    help: "All of them must hold. Values are compared as they are sent, not decoded.",
                    envoy: "match.query_parameters",
                },
            ],
        },
    ],
};
