//! Settings of the gateway as a whole, each group in a file of its own. What is absent has its safe
//! default.

pub mod access_log;
mod clients;
pub mod error_pages;
mod limits;
pub mod rate_limits;
mod request_id;
mod tls;
pub mod tracing;

use std::collections::BTreeMap;

pub use app::api::gateway::{
    AccessLogFormat, AccessLogSettings, AccessLogTo, ClientCertificates, ClientSettings, ErrorPage,
    Hsts, LimitSettings, OnFailure, PageFormat, ProxyProtocol, RateLimitService, RedirectHttp,
    RequestIdSettings, Settings, TlsSettings, TlsVersion, TracingSettings,
};
use app::api::{plan::FieldChange, problem::FieldError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::tls::CIPHERS;
use crate::gateway::{
    cluster_policy::ClusterSpec,
    read::{Errors, Reader},
};

/// The settings as they were written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewaySettings {
    #[serde(default)]
    pub values: Settings,
    /// One more at each write; 0: nobody has written them yet.
    pub revision: u64,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

impl GatewaySettings {
    /// Returns the clusters of the services that they name.
    pub fn clusters(&self) -> Vec<ClusterSpec> {
        let counter = self.values.rate_limit_service.as_ref().and_then(rate_limits::cluster);
        counter.into_iter().chain(tracing::cluster(&self.values.tracing)).collect()
    }
}

/// Reads settings from a JSON object.
///
/// # Errors
/// Returns an entry for each field that is malformed, unknown, or does not go with another.
pub fn read(body: &Map<String, Value>) -> Result<Settings, Vec<FieldError>> {
    let errors = Errors::default();
    let reader = Reader::new(body, &errors);
    let settings = Settings {
        tls: reader.object("tls", tls::read).unwrap_or_default(),
        clients: reader.object("clients", clients::read).unwrap_or_default(),
        limits: reader.object("limits", limits::read).unwrap_or_default(),
        access_log: reader.object("access_log", access_log::read).unwrap_or_default(),
        request_id: reader.object("request_id", request_id::read).unwrap_or_default(),
        error_pages: reader.object("error_pages", error_pages::read).unwrap_or_default(),
        fault_injection: reader.flag("fault_injection"),
        rate_limit_service: reader.object("rate_limit_service", rate_limits::read).flatten(),
        tracing: reader.object("tracing", tracing::read).unwrap_or_default(),
    };
    clients::check(&reader, &settings);
    reader.finish();
    errors.into_result(settings)
}

/// Returns the fields in which two settings differ, by their paths: `tls.http3`.
pub fn diff(before: &Settings, after: &Settings) -> Vec<FieldChange> {
    let (before, after) = (leaves(before), leaves(after));
    let fields: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    fields
        .into_iter()
        .filter(|field| before.get(*field) != after.get(*field))
        .map(|field| FieldChange {
            field: field.clone(),
            before: before.get(field).cloned(),
            after: after.get(field).cloned(),
        })
        .collect()
}

/// Returns every value with its path.
fn leaves(settings: &Settings) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    if let Ok(value) = serde_json::to_value(settings) {
        collect(&value, String::new(), &mut leaves);
    }
    leaves
}

fn collect(value: &Value, path: String, leaves: &mut BTreeMap<String, String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| collect(value, below(key), leaves));
        }
        Value::Null => {}
        Value::Array(list) if list.is_empty() => {}
        Value::Array(list) => {
            let texts: Vec<_> = list.iter().map(text).collect();
            leaves.insert(path, texts.join(" "));
        }
        other => drop(leaves.insert(path, text(other))),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns what is wrong with a body: each pointer with its message.
    pub(super) fn wrong(body: &Value) -> Vec<(String, String)> {
        let errors = read(body.as_object().unwrap()).unwrap_err();
        errors.into_iter().map(|error| (error.pointer, error.message)).collect()
    }

    /// Checks that settings are read as they were written; `body` names every field of its groups.
    pub(super) fn is_read_back(body: &Value) {
        let settings = read(body.as_object().unwrap()).unwrap();

        let written = serde_json::to_value(&settings).unwrap();
        for (group, value) in body.as_object().unwrap() {
            assert_eq!(&written[group], value, "{group}");
        }
    }

    #[test]
    fn what_is_absent_has_its_default() {
        assert_eq!(read(&Map::new()).unwrap(), Settings::default());
        assert_eq!(read(json!({ "tls": {} }).as_object().unwrap()).unwrap(), Settings::default());
    }

    #[test]
    fn a_group_that_nobody_knows_is_refused() {
        assert_eq!(wrong(&json!({ "tsl": {} }))[0].0, "/tsl");
    }

    #[test]
    fn a_difference_is_told_field_by_field() {
        let mut after = Settings::default();
        after.tls.http3 = true;
        after.tls.default_certificate = Some("a".to_owned());

        let diff = diff(&Settings::default(), &after);

        let told: Vec<_> = diff
            .iter()
            .map(|change| {
                (change.field.as_str(), change.before.as_deref(), change.after.as_deref())
            })
            .collect();
        assert_eq!(
            told,
            [
                ("tls.default_certificate", None, Some("a")),
                ("tls.http3", Some("false"), Some("true"))
            ]
        );
    }
}
