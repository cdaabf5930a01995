//! Reads backends from a mapping's JSON, naming every part that is wrong, and writes them.

use std::fmt::Display;

use app::api::{mapping as wire, problem::FieldError};
use serde_json::{Map, Value};

use super::{BACKENDS_MAX, BACKENDS_MIN, Backend, Backends, BackendsError, WEIGHT_MAX};
use crate::gateway::service::{Service, ServiceError};

const FIELD: &str = "backends";

/// Reads the field `backends`; absent, `null` and the empty list mean none.
///
/// # Errors
/// Returns an entry for each part that is wrong.
pub fn read(body: &Map<String, Value>) -> Result<Backends, Vec<FieldError>> {
    let list = match body.get(FIELD) {
        None | Some(Value::Null) => return Ok(Backends::default()),
        Some(Value::Array(list)) if list.len() <= BACKENDS_MAX => list,
        Some(Value::Array(list)) => return Err(whole(BackendsError::Count(list.len()))),
        Some(_) => {
            let message =
                format!("must be a list of {BACKENDS_MIN} to {BACKENDS_MAX} services with weights");
            return Err(whole(message));
        }
    };
    let mut errors = Vec::new();
    let read = list.iter().enumerate().map(|(place, value)| element(place, value, &mut errors));
    let backends: Vec<_> = read.collect::<Vec<_>>().into_iter().flatten().collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    Backends::new(backends).map_err(whole)
}

fn whole(message: impl Display) -> Vec<FieldError> {
    vec![FieldError::new(FIELD, message.to_string())]
}

fn element(place: usize, value: &Value, errors: &mut Vec<FieldError>) -> Option<Backend> {
    let pointer = format!("/{FIELD}/{place}");
    let mut wrong = |key: &str, message: String| {
        errors.push(FieldError { pointer: format!("{pointer}{key}"), message });
    };
    let Value::Object(fields) = value else {
        wrong("", "must be an object with `service` and `weight`".to_owned());
        return None;
    };
    for key in fields.keys().filter(|key| !matches!(key.as_str(), "service" | "weight")) {
        // RFC 6901, section 3
        let escaped = key.replace('~', "~0").replace('/', "~1");
        let message = "is not a known field; known are `service` and `weight`".to_owned();
        wrong(&format!("/{escaped}"), message);
    }
    let service = match fields.get("service").and_then(Value::as_str) {
        Some(text) => {
            Service::parse(text).map_err(|error| wrong("/service", error.to_string())).ok()
        }
        None => {
            wrong("/service", "must be a text such as `usersvc` or `https://host`".to_owned());
            None
        }
    };
    let weight = fields.get("weight").and_then(Value::as_u64);
    let weight = weight.and_then(|weight| u32::try_from(weight).ok());
    let weight = weight.filter(|weight| *weight <= WEIGHT_MAX);
    if weight.is_none() {
        wrong("/weight", format!("must be a whole number from 0 to {WEIGHT_MAX}"));
    }
    Some(Backend { service: service?, weight: weight? })
}

impl Backends {
    /// Parses what was stored, which was checked once.
    ///
    /// # Errors
    /// Says what today's rules refuse.
    pub fn parse(stored: &[wire::Backend]) -> Result<Self, String> {
        let backend = |stored: &wire::Backend| {
            let service = Service::parse(&stored.service)?;
            Ok::<_, ServiceError>(Backend { service, weight: stored.weight })
        };
        let backends: Result<Vec<_>, _> = stored.iter().map(backend).collect();
        Self::new(backends.map_err(|error| error.to_string())?).map_err(|error| error.to_string())
    }

    /// Returns the backends as the API shows them.
    pub fn to_wire(&self) -> Vec<wire::Backend> {
        let backend = |(_, backend): (_, &Backend)| wire::Backend {
            service: backend.service.text.as_ref().to_owned(),
            weight: backend.weight,
        };
        self.sides().map(backend).collect()
    }

    /// Writes the backends in one line; empty where there are none.
    pub fn text(&self) -> String {
        let backend =
            |(_, backend): (_, &Backend)| format!("{} {}", backend.service.text, backend.weight);
        self.sides().map(backend).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(backends: Value) -> Vec<(String, String)> {
        let body = json!({ "backends": backends });
        let errors = read(body.as_object().unwrap()).unwrap_err();
        errors.into_iter().map(|error| (error.pointer, error.message)).collect()
    }

    #[test]
    fn what_was_written_is_read_back() {
        let written = json!([
            { "service": "usersvc", "weight": 90 },
            { "service": "https://v2.users", "weight": 10 },
        ]);
        let body = json!({ "backends": written });

        let backends = read(body.as_object().unwrap()).unwrap();

        assert_eq!(serde_json::to_value(backends.to_wire()).unwrap(), written);
        assert_eq!(Backends::parse(&backends.to_wire()), Ok(backends.clone()));
        assert_eq!(backends.text(), "usersvc 90, https://v2.users 10");
        for none in [json!({}), json!({ "backends": null }), json!({ "backends": [] })] {
            assert_eq!(read(none.as_object().unwrap()), Ok(Backends::default()));
        }
    }

    #[test]
    fn every_wrong_part_is_named() {
        let found = errors(json!([
            { "service": "a b", "weight": 1_001 },
            { "weight": "1", "share": 3 },
            7,
        ]));

        let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/backends/0/service",
                "/backends/0/weight",
                "/backends/1/share",
                "/backends/1/service",
                "/backends/1/weight",
                "/backends/2",
            ]
        );
        assert_eq!(found[1].1, "must be a whole number from 0 to 1000");
    }

    #[test]
    fn what_is_wrong_with_all_of_them_is_said_of_the_field() {
        let one = json!({ "service": "a", "weight": 1 });

        let [few, many, other] = [json!([one]), json!(vec![&one; 11]), json!("a")].map(errors);

        let message = "has 1 entries; 2 to 10 are allowed, or none";
        assert_eq!(few, [("/backends".to_owned(), message.to_owned())]);
        assert!(many[0].1.starts_with("has 11 entries"));
        assert_eq!(other[0].1, "must be a list of 2 to 10 services with weights");
    }
}
