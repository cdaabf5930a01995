//! Reads a [`Spec`] from the JSON body of a request, naming every field that is wrong.
//!
//! Not derived with serde because serde stops at the first fault and can't say what is allowed.

use app::api::{mapping::MappingDraft, problem::FieldError};
use serde_json::{Map, Value};

use super::{
    backends::{self, Backends, Side},
    labels::Labels,
    mapping::{MappingName, Spec},
    matching::{self, host::HostPattern},
    path::{Prefix, Rewrite},
    service::Service,
};
use crate::auth::names::TeamName;

/// The fields of a mapping, in the order of the form.
pub const FIELDS: [&str; 9] =
    ["name", "host", "prefix", "match", "service", "backends", "rewrite", "labels", "team"];

/// Where a mapping's name comes from.
#[derive(Debug, Clone, Copy)]
pub enum NameFrom<'a> {
    /// The URL names it: `name` in the body must be absent or the same.
    Url(&'a str),
    /// The body's field `name`.
    Body,
}

/// Reads a mapping's fields from `body`. Where it names no team, `default_team` says whose what is
/// mapped at a prefix is.
///
/// # Errors
/// Returns an entry for each missing, malformed or unknown field.
pub fn read_spec(
    name: NameFrom<'_>,
    body: &Map<String, Value>,
    default_team: impl FnOnce(Option<(&HostPattern, &Prefix)>) -> Option<TeamName>,
) -> Result<Spec, Vec<FieldError>> {
    let mut errors = Vec::new();
    for key in body.keys() {
        if !FIELDS.contains(&key.as_str()) {
            let allowed = FIELDS.map(|field| format!("`{field}`")).join(", ");
            errors.push(FieldError::new(key, format!("is not a known field; known are {allowed}")));
        }
    }
    let name = read_name(name, body, &mut errors);
    let prefix =
        required(body, "prefix", "a text that begins with `/`", Prefix::parse, &mut errors);
    let host = match body.get("host") {
        None | Some(Value::Null) => Some(HostPattern::Any),
        Some(_) => required(
            body,
            "host",
            "`*`, a host name, or `*.` before one",
            HostPattern::parse,
            &mut errors,
        ),
    };
    let matching = matching::read::read(body.get("match"), prefix.as_ref())
        .map_err(|wrong| errors.extend(wrong))
        .ok();
    let backends = backends::read::read(body);
    let backends = backends.map_err(|wrong| errors.extend(wrong)).unwrap_or_default();
    let service = read_service(body, &backends, &mut errors);
    let rewrite = match body.get("rewrite") {
        None | Some(Value::Null) => Some(Rewrite::default()),
        Some(_) => required(
            body,
            "rewrite",
            "a text: empty, or beginning with `/`",
            Rewrite::parse,
            &mut errors,
        ),
    };
    let labels = read_labels(body, &mut errors);
    let team = match body.get("team") {
        None | Some(Value::Null) => {
            let team = default_team(host.as_ref().zip(prefix.as_ref()));
            if team.is_none() {
                let message = "is missing; name the team whose mapping this is";
                errors.push(FieldError::new("team", message.to_owned()));
            }
            team
        }
        Some(_) => required(body, "team", "the name of a team", TeamName::parse, &mut errors),
    };
    match (name, host.zip(prefix), matching, service, rewrite, labels, team) {
        (
            Some(name),
            Some((host, prefix)),
            Some(matching),
            Some(service),
            Some(rewrite),
            Some(labels),
            Some(team),
        ) if errors.is_empty() => {
            Ok(Spec { name, host, prefix, matching, service, backends, rewrite, labels, team })
        }
        _ => Err(errors),
    }
}

/// Reads content that was kept as the API takes it.
///
/// # Errors
/// As [`read_spec`].
pub fn read_draft(draft: &MappingDraft) -> Result<Spec, Vec<FieldError>> {
    let body = match serde_json::to_value(draft) {
        Ok(Value::Object(body)) => body,
        _ => Map::new(),
    };
    read_spec(NameFrom::Body, &body, |_| None)
}

/// Reads the service: the first of the backends where there are any.
fn read_service(
    body: &Map<String, Value>,
    backends: &Backends,
    errors: &mut Vec<FieldError>,
) -> Option<Service> {
    let first = backends.get(Side::FIRST).map(|backend| &backend.service);
    if let (Some(first), None | Some(Value::Null)) = (first, body.get("service")) {
        return Some(first.clone());
    }
    let wanted = "a text such as `usersvc`, `usersvc:8080` or `https://host`";
    let service = required(body, "service", wanted, Service::parse, errors)?;
    if let Some(first) = first.filter(|first| first.name != service.name) {
        let message = format!("must be `{}`, the first of `backends`, or absent", first.text);
        errors.push(FieldError::new("service", message));
        return None;
    }
    Some(service)
}

fn read_labels(body: &Map<String, Value>, errors: &mut Vec<FieldError>) -> Option<Labels> {
    let texts = match body.get("labels") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(Value::as_str).collect(),
        Some(_) => None,
    };
    let parsed = match texts {
        Some(texts) => Labels::parse(texts).map_err(|error| error.to_string()),
        None => Err("must be a list of texts".to_owned()),
    };
    parsed.map_err(|message| errors.push(FieldError::new("labels", message))).ok()
}

fn read_name(
    from: NameFrom<'_>,
    body: &Map<String, Value>,
    errors: &mut Vec<FieldError>,
) -> Option<MappingName> {
    let in_url = match from {
        NameFrom::Body => {
            return required(body, "name", "a text of 1 to 64 bytes", MappingName::parse, errors);
        }
        NameFrom::Url(name) => name,
    };
    if body.get("name").is_some_and(|in_body| in_body != in_url) {
        errors.push(FieldError::new("name", format!("differs from `{in_url}` in the URL")));
    }
    MappingName::parse(in_url)
        .map_err(|error| errors.push(FieldError::new("name", error.to_string())))
        .ok()
}

fn required<T, E: std::fmt::Display>(
    body: &Map<String, Value>,
    field: &str,
    wanted: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    let parsed = match body.get(field) {
        None => Err(format!("is missing; it must be {wanted}")),
        Some(Value::String(text)) => parse(text).map_err(|error| error.to_string()),
        Some(_) => Err(format!("must be {wanted}")),
    };
    parsed.map_err(|message| errors.push(FieldError::new(field, message))).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(name: NameFrom<'_>, body: Value) -> Result<Spec, Vec<FieldError>> {
        read_spec(name, body.as_object().unwrap(), |_| Some(TeamName::default_team()))
    }

    #[test]
    fn the_articles_body_gives_a_mapping_with_the_default_rewrite() {
        let spec =
            read(NameFrom::Url("usermapping"), json!({"prefix": "/user/", "service": "usersvc"}))
                .unwrap();

        assert_eq!(spec.rewrite.as_str(), "/");
        assert_eq!(&*spec.service.text, "usersvc");
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let errors = read(
            NameFrom::Url("a b"),
            json!({"prefix": 7, "servise": "usersvc", "rewrite": "x", "name": "other"}),
        )
        .unwrap_err();

        let fields: Vec<_> = errors.iter().map(FieldError::field).collect();
        assert_eq!(fields, ["servise", "name", "name", "prefix", "service", "rewrite"]);
    }
}
