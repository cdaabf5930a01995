//! Changes of headers, on the way to the service and back.

use super::{Column, Field, Group, Kind, Section, Shape};

const HEADER: Kind = Kind::Rows {
    most: 20,
    shape: Shape::ByName,
    columns: &[
        Column { key: "name", label: "Name", kind: Kind::Text { most: 64, example: "x-team" } },
        Column {
            key: "value",
            label: "Value",
            kind: Kind::Text { most: 1024, example: "accounts" },
        },
    ],
};

const NAMES: Kind = Kind::Lines { most: 20, example: "x-debug" };

const VARIABLES: &str = "{client_address}, {request_id}, {host}, {path}, {method} and {scheme} in a \
     value stand for those of the request.";

pub(super) const SECTION: Section = Section {
    id: "headers",
    title: "Headers",
    about: "Set, added or taken away, on the way to the service and back",
    groups: &[
        Group {
            key: "request_headers",
            title: "Headers of requests",
            fields: &[
                Field {
                    key: "request_headers.set",
                    label: "Set on requests",
                    kind: HEADER,
                    default: "none",
                    help: VARIABLES,
                    envoy: "request_headers_to_add, OVERWRITE_IF_EXISTS_OR_ADD",
                },
                Field {
                    key: "request_headers.add",
                    label: "Added to requests",
                    kind: HEADER,
                    default: "none",
                    help: "Beside those that the request has already.",
                    envoy: "request_headers_to_add, APPEND_IF_EXISTS_OR_ADD",
                },
                Field {
                    key: "request_headers.remove",
                    label: "Removed from requests",
                    kind: NAMES,
                    default: "none",
                    help: "One name a line.",
                    envoy: "request_headers_to_remove",
                },
            ],
        },
        Group {
            key: "response_headers",
            title: "Headers of answers",
            fields: &[
                Field {
                    key: "response_headers.set",
                    label: "Set on answers",
                    kind: HEADER,
                    default: "none",
                    help: VARIABLES,
                    envoy: "response_headers_to_add, OVERWRITE_IF_EXISTS_OR_ADD",
                },
                Field {
                    key: "response_headers.add",
                    label: "Added to answers",
                    kind: HEADER,
                    default: "none",
                    help: "Beside those that the answer has already.",
                    envoy: "response_headers_to_add, APPEND_IF_EXISTS_OR_ADD",
                },
                Field {
                    key: "response_headers.remove",
                    label: "Removed from answers",
                    kind: NAMES,
                    default: "none",
                    help: "One name a line.",
                    envoy: "response_headers_to_remove",
                },
            ],
        },
    ],
};
