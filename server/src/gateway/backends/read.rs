//! Reads backends from a mapping's JSON, naming every part that is wrong, and writes them.

use app::api::mapping as wire;

use super::{BACKENDS_MAX, Backend, Backends, WEIGHT_MAX};
use crate::gateway::{
    read::{Reader, out_of},
    service::{Service, ServiceError},
};

const FIELD: &str = "backends";

/// Reads the field `backends`; absent, `null` and the empty list mean none. What is wrong is among
/// the reader's errors.
pub fn read(reader: &Reader<'_>, answers_itself: bool) -> Backends {
    let read = reader.objects(FIELD, BACKENDS_MAX, backend);
    let asked = reader.value(FIELD).and_then(|value| value.as_array()).map_or(0, Vec::len);
    if asked > 0 && answers_itself {
        reader.wrong::<()>(FIELD, "has no effect where the gateway answers by itself");
    }
    // of what is wrong with one of them, an error tells already
    if read.len() < asked {
        return Backends::default();
    }
    let backends = Backends::new(read);
    backends.map_err(|error| reader.wrong::<()>(FIELD, error.to_string())).unwrap_or_default()
}

fn backend(reader: &Reader<'_>) -> Option<Backend> {
    let wanted = "a text such as `usersvc` or `https://host`";
    let service = reader.required("service", wanted, Service::parse);
    let weight = reader.number("weight", 0..=WEIGHT_MAX, "");
    if !reader.has("weight") {
        let allowed = out_of(&(0..=WEIGHT_MAX), "");
        reader.wrong::<()>("weight", format!("is missing; it {allowed}"));
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
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::read::Errors;

    fn read_from(backends: &Value) -> (Backends, Vec<(String, String)>) {
        let body = json!({ "backends": backends });
        let errors = Errors::default();
        let backends = read(&Reader::new(body.as_object().unwrap(), &errors), false);
        let errors = errors.into_result(()).err().unwrap_or_default();
        (backends, errors.into_iter().map(|error| (error.pointer, error.message)).collect())
    }

    #[test]
    fn what_was_written_is_read_back() {
        let written = json!([
            { "service": "usersvc", "weight": 90 },
            { "service": "https://v2.users", "weight": 10 },
        ]);

        let (backends, errors) = read_from(&written);

        assert_eq!(errors, []);
        assert_eq!(serde_json::to_value(backends.to_wire()).unwrap(), written);
        assert_eq!(Backends::parse(&backends.to_wire()), Ok(backends.clone()));
        assert_eq!(backends.text(), "usersvc 90, https://v2.users 10");
        for none in [json!(null), json!([])] {
            assert_eq!(read_from(&none), (Backends::default(), Vec::new()));
        }
    }

    #[test]
    fn every_wrong_part_is_named() {
        let (_, found) = read_from(&json!([
            { "service": "a b", "weight": 1_001 },
            { "weight": "1", "share": 3 },
            { "service": "a" },
            7,
        ]));

        let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/backends/0/service",
                "/backends/0/weight",
                "/backends/1/service",
                "/backends/1/weight",
                "/backends/1/share",
                "/backends/2/weight",
                "/backends/3",
            ]
        );
        assert_eq!(found[1].1, "must be a whole number from 0 to 1000");
    }

    #[test]
    fn what_is_wrong_with_all_of_them_is_said_of_the_field() {
        let one = json!({ "service": "a", "weight": 1 });

        let found = [json!([one]), json!(vec![&one; 11]), json!("a")].map(|all| read_from(&all).1);

        assert!(found.iter().all(|errors| errors.len() == 1 && errors[0].0 == "/backends"));
        assert_eq!(found[0][0].1, "has 1 entries; 2 to 10 are allowed, or none");
    }
}
