//! What becomes of `x-request-id`.

use crate::fields::{Field, Group, Kind};

pub(super) const GROUP: Group = Group {
    key: "request_id",
    title: "Request ids",
    fields: &[
        Field {
            key: "request_id/keep_from_clients",
            label: "Keep what clients send",
            kind: Kind::Switch,
            default: "off",
            help: "Otherwise `x-request-id` is replaced by one of the gateway’s own.",
            envoy: "preserve_external_request_id",
        },
        Field {
            key: "request_id/in_responses",
            label: "Also in responses",
            kind: Kind::Switch,
            default: "off",
            help: "",
            envoy: "always_set_request_id_in_response",
        },
    ],
};
