//! What Envoy writes of each request.

use app::api::gateway::{AccessLogFormat, AccessLogSettings, AccessLogTo};

use crate::gateway::read::{Reader, list_of};

/// What can be written, by the names of the lines' fields. Nothing else reaches Envoy's formatter.
pub const FIELDS: [&str; 27] = [
    "time",
    "mapping",
    "service",
    "endpoint",
    "method",
    "host",
    "path",
    "path_and_query",
    "protocol",
    "status",
    "details",
    "flags",
    "duration_ms",
    "service_ms",
    "bytes_received",
    "bytes_sent",
    "client_address",
    "peer_address",
    "forwarded_for",
    "user_agent",
    "referer",
    "request_id",
    "traceparent",
    "tls_version",
    "server_name",
    "client_certificate",
    "upstream_failure",
];

/// What is written unless fields are named: no query, in which secrets may stand.
pub const USUAL: [&str; 17] = [
    "time",
    "mapping",
    "service",
    "endpoint",
    "method",
    "host",
    "path",
    "protocol",
    "status",
    "details",
    "flags",
    "duration_ms",
    "bytes_received",
    "bytes_sent",
    "client_address",
    "user_agent",
    "request_id",
];

/// Reads the group `access_log`.
pub(super) fn read(reader: &Reader<'_>) -> AccessLogSettings {
    let to = [("off", AccessLogTo::Off), ("stdout", AccessLogTo::Stdout)];
    let formats = [("json", AccessLogFormat::Json), ("text", AccessLogFormat::Text)];
    let default = AccessLogSettings::default();
    let settings = AccessLogSettings {
        to: reader.choice("to", &to).unwrap_or_default(),
        format: reader.choice("format", &formats).unwrap_or_default(),
        fields: reader.texts("fields", FIELDS.len(), field),
        only_errors: reader.flag("only_errors"),
        sampled_percent: reader
            .number("sampled_percent", 1..=100, "")
            .unwrap_or(default.sampled_percent),
    };
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = settings.fields.iter().find(|field| !seen.insert(field.as_str())) {
        reader.wrong::<()>("fields", format!("has `{twice}` twice"));
    }
    settings
}

fn field(name: &str) -> Result<String, String> {
    match FIELDS.contains(&name) {
        true => Ok(name.to_owned()),
        false => Err(format!("is `{name}`; {} are allowed", list_of(FIELDS))),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::tests::{is_read_back, wrong};

    #[test]
    fn what_was_written_is_read_back() {
        is_read_back(&json!({ "access_log": { "to": "stdout", "format": "text",
            "fields": super::FIELDS, "only_errors": true, "sampled_percent": 1 } }));
    }

    #[rstest]
    #[case(json!({ "to": "stderr" }), "/access_log/to")]
    #[case(json!({ "format": "%REQ(COOKIE)%" }), "/access_log/format")]
    #[case(json!({ "fields": ["time", "%REQ(COOKIE)%"] }), "/access_log/fields/1")]
    #[case(json!({ "fields": ["time", "time"] }), "/access_log/fields")]
    #[case(json!({ "sampled_percent": 0 }), "/access_log/sampled_percent")]
    fn what_can_not_be_set_is_named(#[case] group: Value, #[case] pointer: &str) {
        let wrong = wrong(&json!({ "access_log": group }));

        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].0, pointer);
    }
}
