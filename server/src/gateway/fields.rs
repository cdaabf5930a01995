//! Reads a [`Spec`] from the JSON body of a request, naming every field that is wrong.

use app::api::{mapping::MappingDraft, problem::FieldError};
use serde_json::{Map, Value};

use super::{
    backends::{self, Backends, Side},
    labels::Labels,
    mapping::{MappingName, Spec},
    matching::{self, host::HostPattern},
    path::{Prefix, Rewrite},
    policy::{Policy, asks_for_answer},
    read::{Errors, Reader},
    service::Service,
};
use crate::auth::names::TeamName;

/// What a field that must be a host is to hold.
const HOST: &str = "`*`, a host name, or `*.` before one";

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
    let errors = Errors::default();
    let reader = Reader::new(body, &errors);
    let name = read_name(name, &reader);
    let prefix = reader.required("prefix", "a text that begins with `/`", Prefix::parse);
    let host = match reader.has("host") {
        true => reader.parsed("host", HOST, HostPattern::parse),
        false => Some(HostPattern::Any),
    };
    let matching = matching::read::read(reader.value("match"), prefix.as_ref());
    let matching = matching.map_err(|wrong| reader.take_in(wrong)).ok();
    let answers_itself = asks_for_answer(&reader);
    let backends = backends::read::read(&reader, answers_itself);
    let service = read_service(&reader, &backends, answers_itself);
    let rewrite = read_rewrite(&reader, answers_itself);
    let labels = read_labels(&reader);
    let team = read_team(&reader, || default_team(host.as_ref().zip(prefix.as_ref())));
    let policy = Policy::read(&reader);
    if let (Some(prefix), Some(matching)) = (&prefix, &matching) {
        policy.check_place(prefix, matching, &reader);
    }
    let sides = backends.sides().map(|(_, backend)| &backend.service);
    policy.check_services(service.iter().chain(sides), &reader);
    reader.finish();
    let place = host.zip(prefix).zip(matching);
    let fields = name.zip(place).zip(rewrite).zip(labels).zip(team);
    let fields = errors.into_result(fields)?;
    // each that is missing has left an error
    let Some(((((name, ((host, prefix), matching)), rewrite), labels), team)) = fields else {
        return Err(Vec::new());
    };
    Ok(Spec { name, host, prefix, matching, service, backends, rewrite, labels, team, policy })
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

/// Reads the service, which must be there unless the gateway answers by itself; then it is empty
/// or absent.
fn read_service(reader: &Reader<'_>, backends: &Backends, answers_itself: bool) -> Option<Service> {
    if let Some(first) = backends.get(Side::FIRST).map(|backend| &backend.service) {
        let is_first = |service: Service| service.name == first.name;
        if reader.parsed("service", "a text", Service::parse).is_some_and(|it| !is_first(it)) {
            let message = format!("must be `{}`, the first of `backends`, or absent", first.text);
            reader.wrong::<()>("service", message);
        }
        return Some(first.clone());
    }
    if !answers_itself {
        let wanted = "a text such as `usersvc`, `usersvc:8080` or `https://host`";
        return reader.required("service", wanted, Service::parse);
    }
    if reader.value("service").is_some_and(|service| service != "") {
        let message = "must be empty or absent: the gateway answers by itself, with `redirect` or \
                       `respond`";
        reader.wrong::<()>("service", message);
    }
    None
}

fn read_rewrite(reader: &Reader<'_>, answers_itself: bool) -> Option<Rewrite> {
    if !reader.has("rewrite") {
        return Some(Rewrite::default());
    }
    let wanted = "a text: empty, or beginning with `/`";
    let rewrite = reader.parsed("rewrite", wanted, Rewrite::parse)?;
    if answers_itself && rewrite != Rewrite::default() {
        return reader.wrong("rewrite", "has no effect where the gateway answers by itself");
    }
    if reader.has("regex_rewrite") && !matches!(rewrite.as_str(), "" | "/") {
        return reader.wrong("rewrite", "must be absent where there is `regex_rewrite`");
    }
    Some(rewrite)
}

fn read_team(
    reader: &Reader<'_>,
    default_team: impl FnOnce() -> Option<TeamName>,
) -> Option<TeamName> {
    if reader.has("team") {
        return reader.parsed("team", "the name of a team", TeamName::parse);
    }
    let missing = || reader.wrong("team", "is missing; name the team whose mapping this is");
    default_team().or_else(missing)
}

fn read_labels(reader: &Reader<'_>) -> Option<Labels> {
    let texts = match reader.value("labels") {
        None => Some(Vec::new()),
        Some(Value::Array(values)) => values.iter().map(Value::as_str).collect(),
        Some(_) => None,
    };
    let parsed = match texts {
        Some(texts) => Labels::parse(texts).map_err(|error| error.to_string()),
        None => Err("must be a list of texts".to_owned()),
    };
    parsed.map_err(|message| reader.wrong::<()>("labels", message)).ok()
}

fn read_name(from: NameFrom<'_>, reader: &Reader<'_>) -> Option<MappingName> {
    let in_url = match from {
        NameFrom::Body => {
            return reader.required("name", "a text of 1 to 64 bytes", MappingName::parse);
        }
        NameFrom::Url(name) => name,
    };
    if reader.value("name").is_some_and(|in_body| in_body != in_url) {
        reader.wrong::<()>("name", format!("differs from `{in_url}` in the URL"));
    }
    let parsed = MappingName::parse(in_url);
    parsed.map_err(|error| reader.wrong::<()>("name", error.to_string())).ok()
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
        assert_eq!(spec.service_text(), "usersvc");
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let errors = read(
            NameFrom::Url("a b"),
            json!({"prefix": 7, "servise": "usersvc", "rewrite": "x", "name": "other"}),
        )
        .unwrap_err();

        let fields: Vec<_> = errors.iter().map(FieldError::field).collect();
        assert_eq!(fields, ["name", "name", "prefix", "service", "rewrite", "servise"]);
    }
}
