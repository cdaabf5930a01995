//! What clients see where the gateway itself refuses or fails.

use std::collections::BTreeMap;

use serde_json::Value;

use super::logged::{all, is_no_fixed_answer, is_no_grpc, status};
use crate::{
    envoy::{
        proto::{
            config::core::v3::{
                DataSource, SubstitutionFormatString, data_source::Specifier,
                substitution_format_string::Format,
            },
            extensions::filters::network::http_connection_manager::v3::{
                LocalReplyConfig, ResponseMapper,
            },
        },
        protobuf::{self, value::Kind},
    },
    gateway::edge::settings::{
        ErrorPage, PageFormat,
        error_pages::{OCCASIONS, Part, Variable, parts},
    },
};

/// Returns what Envoy's own answers become, if any have a page.
pub(super) fn local_replies(pages: &BTreeMap<String, ErrorPage>) -> Option<LocalReplyConfig> {
    // Envoy takes the first that fits
    let mappers: Vec<_> = OCCASIONS
        .into_iter()
        .filter_map(|occasion| mapper(occasion, pages.get(occasion)?))
        .collect();
    (!mappers.is_empty()).then(|| LocalReplyConfig { mappers, ..LocalReplyConfig::default() })
}

fn mapper(occasion: &str, page: &ErrorPage) -> Option<ResponseMapper> {
    let (least, most) = match occasion {
        "4xx" => (400, 499),
        "5xx" => (500, 599),
        code => {
            let code = code.parse().ok()?;
            (code, code)
        }
    };
    Some(ResponseMapper {
        filter: Some(all([status(least, most), is_no_grpc(), is_no_fixed_answer()])),
        body_format_override: Some(format(page)),
        ..ResponseMapper::default()
    })
}

fn format(page: &ErrorPage) -> SubstitutionFormatString {
    let (content_type, format) = match page.format {
        PageFormat::Json => ("application/json", json(&page.body)),
        PageFormat::Text => ("text/plain; charset=utf-8", text(&page.body)),
        PageFormat::Html => ("text/html; charset=utf-8", text(&page.body)),
    };
    SubstitutionFormatString {
        content_type: content_type.to_owned(),
        format: Some(format),
        ..SubstitutionFormatString::default()
    }
}

fn text(body: &str) -> Format {
    Format::TextFormatSource(DataSource {
        specifier: Some(Specifier::InlineString(filled_in(body))),
        ..DataSource::default()
    })
}

/// Envoy escapes what it fills into the texts of a JSON body.
fn json(body: &str) -> Format {
    let fields = match serde_json::from_str(body) {
        Ok(Value::Object(fields)) => fields,
        // it was read when it was written
        _ => serde_json::Map::new(),
    };
    Format::JsonFormat(object(fields))
}

fn object(fields: serde_json::Map<String, Value>) -> protobuf::Struct {
    let fields = fields.into_iter().map(|(name, field)| (name, value(field))).collect();
    protobuf::Struct { fields }
}

fn value(json: Value) -> protobuf::Value {
    let kind = match json {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(flag),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(filled_in(&text)),
        Value::Array(values) => {
            Kind::ListValue(protobuf::ListValue { values: values.into_iter().map(value).collect() })
        }
        Value::Object(fields) => Kind::StructValue(object(fields)),
    };
    protobuf::Value { kind: Some(kind) }
}

/// Writes a text in Envoy's format: nothing of it but the variables means anything there.
fn filled_in(body: &str) -> String {
    let write = |part: Part<'_>| match part {
        Part::Text(text) => text.replace('%', "%%"),
        Part::Variable(Variable::Status) => "%RESPONSE_CODE%".to_owned(),
        Part::Variable(Variable::Message) => "%LOCAL_REPLY_BODY%".to_owned(),
        Part::Variable(Variable::RequestId) => "%REQ(X-REQUEST-ID):128%".to_owned(),
    };
    parts(body).into_iter().map(write).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_nothing_to_envoy_but_its_variables() {
        assert_eq!(
            filled_in("100 % {status} %REQ(COOKIE)%"),
            "100 %% %RESPONSE_CODE% %%REQ(COOKIE)%%"
        );
    }

    #[test]
    fn a_status_goes_before_its_class() {
        let page = || ErrorPage { format: PageFormat::Text, body: "x".to_owned() };
        let pages = ["4xx", "404", "503"].map(|occasion| (occasion.to_owned(), page())).into();

        let replies = local_replies(&pages).unwrap();

        let first = |code| Some(all([status(code, code), is_no_grpc(), is_no_fixed_answer()]));
        assert_eq!(replies.mappers[0].filter, first(404));
        assert_eq!(replies.mappers[1].filter, first(503));
        assert_eq!(replies.mappers.len(), 3);
        assert_eq!(local_replies(&BTreeMap::new()), None);
    }
}
