//! What Envoy writes of each request.

use std::fmt::Write;

use envoy_types::util::pack_any;

use super::logged::{all, is_error, sampled};
use crate::{
    envoy::{
        proto::{
            config::{
                accesslog::v3::{AccessLog, AccessLogFilter, access_log::ConfigType},
                core::v3::{
                    DataSource, SubstitutionFormatString, data_source::Specifier,
                    substitution_format_string::Format,
                },
            },
            extensions::access_loggers::stream::v3::{
                StdoutAccessLog, stdout_access_log::AccessLogFormat as LogFormat,
            },
        },
        protobuf,
    },
    gateway::edge::settings::{AccessLogFormat, AccessLogSettings, AccessLogTo, access_log::USUAL},
};

/// Returns the log, if there is one.
pub(super) fn access_log(settings: &AccessLogSettings) -> Option<AccessLog> {
    match settings.to {
        AccessLogTo::Off => return None,
        AccessLogTo::Stdout => {}
    }
    let log = StdoutAccessLog { access_log_format: Some(LogFormat::LogFormat(line(settings))) };
    Some(AccessLog {
        name: "envoy.access_loggers.stdout".to_owned(),
        filter: filter(settings),
        config_type: Some(ConfigType::TypedConfig(pack_any(log))),
    })
}

fn filter(settings: &AccessLogSettings) -> Option<AccessLogFilter> {
    let mut filters = Vec::new();
    if settings.only_errors {
        filters.push(is_error());
    }
    if settings.sampled_percent < 100 {
        filters.push(sampled(settings.sampled_percent));
    }
    // Envoy wants two at least where all must hold
    if filters.len() > 1 { Some(all(filters)) } else { filters.pop() }
}

fn line(settings: &AccessLogSettings) -> SubstitutionFormatString {
    let chosen: Vec<&str> = match settings.fields.as_slice() {
        [] => USUAL.to_vec(),
        chosen => chosen.iter().map(String::as_str).collect(),
    };
    let fields = chosen.into_iter().filter_map(|name| Some((name, operator(name)?)));
    SubstitutionFormatString {
        format: Some(match settings.format {
            AccessLogFormat::Json => json(fields),
            AccessLogFormat::Text => text(fields),
        }),
        ..SubstitutionFormatString::default()
    }
}

fn json<'n>(fields: impl Iterator<Item = (&'n str, &'static str)>) -> Format {
    let value = |text: &str| protobuf::Value {
        kind: Some(protobuf::value::Kind::StringValue(text.to_owned())),
    };
    let fields = fields.map(|(name, operator)| (name.to_owned(), value(operator))).collect();
    Format::JsonFormat(protobuf::Struct { fields })
}

fn text<'n>(fields: impl Iterator<Item = (&'n str, &'static str)>) -> Format {
    let mut line = String::new();
    for (name, operator) in fields {
        let space = if line.is_empty() { "" } else { " " };
        // writing to a text does not fail
        let _written = write!(line, "{space}{name}=\"{operator}\"");
    }
    line.push('\n');
    Format::TextFormatSource(DataSource {
        specifier: Some(Specifier::InlineString(line)),
        ..DataSource::default()
    })
}

/// Returns Envoy's command operator for a field; what clients write freely is cut off somewhere.
fn operator(field: &str) -> Option<&'static str> {
    Some(match field {
        "time" => "%START_TIME%",
        "mapping" => "%ROUTE_NAME%",
        // not the name for statistics, which is spelled in another way
        "service" => "%UPSTREAM_CLUSTER_RAW%",
        "endpoint" => "%UPSTREAM_HOST%",
        "method" => "%REQ(:METHOD)%",
        "host" => "%REQ(:AUTHORITY):256%",
        // as the client has sent it, before a rewrite
        "path" => "%PATH(NQ:ORIG_OR_PATH):1024%",
        "path_and_query" => "%PATH(WQ:ORIG_OR_PATH):2048%",
        "protocol" => "%PROTOCOL%",
        "status" => "%RESPONSE_CODE%",
        "details" => "%RESPONSE_CODE_DETAILS%",
        "flags" => "%RESPONSE_FLAGS%",
        "duration_ms" => "%DURATION%",
        "service_ms" => "%RESPONSE_DURATION%",
        "bytes_received" => "%BYTES_RECEIVED%",
        "bytes_sent" => "%BYTES_SENT%",
        "client_address" => "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "peer_address" => "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
        "forwarded_for" => "%REQ(X-FORWARDED-FOR):256%",
        "user_agent" => "%REQ(USER-AGENT):256%",
        "referer" => "%REQ(REFERER):256%",
        "request_id" => "%REQ(X-REQUEST-ID):128%",
        "traceparent" => "%REQ(TRACEPARENT):64%",
        "tls_version" => "%DOWNSTREAM_TLS_VERSION%",
        "server_name" => "%REQUESTED_SERVER_NAME%",
        "client_certificate" => "%DOWNSTREAM_PEER_SUBJECT%",
        "upstream_failure" => "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::edge::settings::access_log::FIELDS;

    #[test]
    fn every_field_has_an_operator_of_envoys() {
        for field in FIELDS {
            assert!(operator(field).is_some(), "{field}");
        }
        assert!(USUAL.iter().all(|field| FIELDS.contains(field)));
    }

    #[test]
    fn a_line_of_text_has_each_field_by_its_name() {
        let settings = AccessLogSettings {
            format: AccessLogFormat::Text,
            fields: vec!["status".to_owned(), "mapping".to_owned()],
            ..AccessLogSettings::default()
        };

        let Some(Format::TextFormatSource(source)) = line(&settings).format else { panic!() };

        let expected = "status=\"%RESPONSE_CODE%\" mapping=\"%ROUTE_NAME%\"\n".to_owned();
        assert_eq!(source.specifier, Some(Specifier::InlineString(expected)));
    }
}
