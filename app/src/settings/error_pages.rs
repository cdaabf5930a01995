//! What clients see where the gateway itself refuses or fails.

use crate::fields::{Field, Group, Kind};

const FORMATS: Kind =
    Kind::Choice(&[("text", "text"), ("json", "a JSON object"), ("html", "HTML")]);

const BODY: Kind = Kind::Area { most: 4096, example: "" };

/// What is said of every body.
const HELP: &str = "`{status}`, `{message}` and `{request_id}` are filled in.";

const fn format(key: &'static str, label: &'static str) -> Field {
    Field { key, label, kind: FORMATS, default: "Envoy’s own", help: "", envoy: "content_type" }
}

const fn body(key: &'static str, label: &'static str) -> Field {
    Field {
        key,
        label,
        kind: BODY,
        default: "Envoy’s own",
        help: HELP,
        envoy: "local_reply_config.mappers",
    }
}

pub(super) const GROUP: Group = Group {
    key: "error_pages",
    title: "Error pages",
    fields: &[
        format("error_pages/404/format", "404: format"),
        body("error_pages/404/body", "404: nothing is mapped there"),
        format("error_pages/503/format", "503: format"),
        body("error_pages/503/body", "503: no service answers"),
        format("error_pages/4xx/format", "Other 4xx: format"),
        body("error_pages/4xx/body", "Other 4xx"),
        format("error_pages/5xx/format", "Other 5xx: format"),
        body("error_pages/5xx/body", "Other 5xx"),
    ],
};

/// Pages that only the API sets, each shown where it is set.
pub(super) const OTHERS: [Field; 5] = [
    body("error_pages/401/body", "401"),
    body("error_pages/403/body", "403"),
    body("error_pages/429/body", "429"),
    body("error_pages/502/body", "502"),
    body("error_pages/504/body", "504"),
];
