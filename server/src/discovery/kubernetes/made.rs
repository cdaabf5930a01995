//! Objects for tests, as the API server writes them.

use serde_json::{Value, json};

use super::{
    facts::{self, Fact},
    index::{Source, What},
    key::ServiceKey,
};

/// The namespace of all that is made here.
pub(super) const NAMESPACE: &str = "shop";

pub(super) fn key(name: &str) -> ServiceKey {
    ServiceKey::new(NAMESPACE, name)
}

/// Returns the lists of all namespaces.
pub(super) fn sources() -> [Source; 2] {
    [What::Services, What::Slices].map(|what| Source { what, namespace: None })
}

/// Returns a Service with a specification.
pub(super) fn service(name: &str, spec: Value) -> Fact {
    let object = json!({ "metadata": metadata(name, json!({})), "spec": spec });
    facts::service(serde_json::from_value(object).unwrap()).unwrap()
}

/// Returns a Service with the port 80, which its slices call `http`.
pub(super) fn web_service(name: &str) -> Fact {
    service(name, json!({ "ports": [{ "name": "http", "port": 80, "targetPort": "web" }] }))
}

/// Returns a slice of a Service with the port `http`, 8080, and these endpoints.
pub(super) fn slice(name: &str, service: &str, endpoints: Value) -> Fact {
    slice_with(name, service, json!({ "endpoints": endpoints }))
}

/// Returns a slice of a Service, with more or other fields.
pub(super) fn slice_with(name: &str, service: &str, fields: Value) -> Fact {
    let labels = json!({ "kubernetes.io/service-name": service });
    let mut object = json!({
        "metadata": metadata(name, labels),
        "addressType": "IPv4",
        "ports": [{ "name": "http", "port": 8080, "protocol": "TCP" }],
    });
    object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    facts::slice(serde_json::from_value(object).unwrap()).unwrap()
}

/// Returns an endpoint that is ready.
pub(super) fn ready(ip: &str) -> Value {
    endpoint(ip, json!({ "ready": true, "serving": true, "terminating": false }))
}

pub(super) fn endpoint(ip: &str, conditions: Value) -> Value {
    json!({ "addresses": [ip], "conditions": conditions })
}

fn metadata(name: &str, labels: Value) -> Value {
    json!({ "name": name, "namespace": NAMESPACE, "labels": labels })
}
