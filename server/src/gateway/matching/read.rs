//! Reads a [`Match`] from JSON, naming every field that is wrong, and what could never match.

use std::{collections::BTreeSet, sync::Arc};

use app::api::problem::FieldError;
use serde_json::{Map, Value};

use super::{
    Match, PRECEDENCE_MAX, PathKind,
    condition::{Condition, Test},
    pattern::Pattern,
};
use crate::gateway::{edge::consumer, path::Prefix};

/// Conditions at the most, of headers and query parameters together.
pub const CONDITIONS_MAX: usize = 20;

/// Methods at the most.
pub const METHODS_MAX: usize = 10;

/// Longest method in letters.
const METHOD_MAX_BYTES: usize = 20;

/// Longest name of a header or a query parameter in bytes.
const NAME_MAX_BYTES: usize = 128;

/// Longest value that one is compared with, in bytes.
const VALUE_MAX_BYTES: usize = 256;

/// The fields of a match, in the order of the form.
const FIELDS: [&str; 7] =
    ["path", "regex", "ignore_case", "methods", "headers", "query", "precedence"];

/// Headers that belong to a connection, not to a request (RFC 9110, section 7.6.1), or that a
/// mapping has a field for.
const OTHER_HEADERS: [&str; 9] = [
    "connection",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authenticate",
];

/// Reads the field `match` of a mapping.
///
/// # Errors
/// Returns an entry for each field that is unknown, malformed or could never match.
pub fn read(value: Option<&Value>, prefix: Option<&Prefix>) -> Result<Match, Vec<FieldError>> {
    let mut reader = Reader::default();
    let read = match value {
        None | Some(Value::Null) => Match::default(),
        Some(Value::Object(fields)) => reader.read(fields, prefix),
        Some(_) => {
            reader.wrong("", "must be an object");
            Match::default()
        }
    };
    if reader.errors.is_empty() { Ok(read) } else { Err(reader.errors) }
}

#[derive(Default)]
struct Reader {
    errors: Vec<FieldError>,
}

impl Reader {
    fn wrong(&mut self, at: &str, message: impl ToString) {
        self.errors.push(FieldError::new(&format!("match{at}"), message.to_string()));
    }

    fn read(&mut self, fields: &Map<String, Value>, prefix: Option<&Prefix>) -> Match {
        for key in fields.keys().filter(|key| !FIELDS.contains(&key.as_str())) {
            let allowed = FIELDS.map(|field| format!("`{field}`")).join(", ");
            self.wrong(&format!("/{key}"), format!("is not a known field; known are {allowed}"));
        }
        let ignore_case = match fields.get("ignore_case") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(ignore_case)) => *ignore_case,
            Some(_) => {
                self.wrong("/ignore_case", "must be `true` or `false`");
                false
            }
        };
        let path = self.path(fields, ignore_case, prefix);
        let methods = self.methods(fields);
        let headers = self.conditions(fields, Kind::Header);
        let query = self.conditions(fields, Kind::Query);
        if headers.len() + query.len() > CONDITIONS_MAX {
            let has = headers.len() + query.len();
            let message = format!(
                "has {has} conditions on headers and query parameters; at most {CONDITIONS_MAX} are allowed"
            );
            self.wrong("", message);
        }
        let precedence = self.precedence(fields);
        Match::new(path, ignore_case, methods, headers, query, precedence)
    }

    fn path(
        &mut self,
        fields: &Map<String, Value>,
        ignore_case: bool,
        prefix: Option<&Prefix>,
    ) -> PathKind {
        let regex = match fields.get("regex") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.as_str()),
            Some(_) => {
                self.wrong("/regex", "must be a text");
                return PathKind::Prefix;
            }
        };
        let kind = match fields.get("path") {
            None | Some(Value::Null) => "prefix",
            Some(Value::String(kind)) => kind.as_str(),
            Some(_) => "",
        };
        match (kind, regex) {
            ("prefix", None) => PathKind::Prefix,
            ("exact", None) => PathKind::Exact,
            ("prefix" | "exact", Some(_)) => {
                self.wrong("/regex", "is for `path` `regex` only");
                PathKind::Prefix
            }
            ("regex", None) => {
                self.wrong("/regex", "is missing; it must match what follows the prefix");
                PathKind::Prefix
            }
            ("regex", Some(text)) => {
                if prefix.is_some_and(|prefix| !prefix.has_trailing_slash()) {
                    let message = "needs a prefix that ends in `/`, after which it begins";
                    self.wrong("/regex", message);
                }
                match Pattern::parse(text, ignore_case) {
                    Ok(pattern) => PathKind::Regex(pattern),
                    Err(error) => {
                        self.wrong("/regex", error);
                        PathKind::Prefix
                    }
                }
            }
            _ => {
                self.wrong("/path", "must be `prefix`, `exact` or `regex`");
                PathKind::Prefix
            }
        }
    }

    fn methods(&mut self, fields: &Map<String, Value>) -> Vec<Arc<str>> {
        let Some(values) = self.list(fields, "methods", "methods such as `GET`") else {
            return Vec::new();
        };
        let mut methods = BTreeSet::new();
        for (index, value) in values.iter().enumerate() {
            match value.as_str() {
                Some("CONNECT") => self.wrong(
                    &format!("/methods/{index}"),
                    "is `CONNECT`, whose requests have no path and reach no mapping",
                ),
                Some(method)
                    if (1..=METHOD_MAX_BYTES).contains(&method.len())
                        && method.bytes().all(|byte| byte.is_ascii_uppercase()) =>
                {
                    methods.insert(Arc::from(method));
                }
                _ => self.wrong(
                    &format!("/methods/{index}"),
                    format!("must be 1 to {METHOD_MAX_BYTES} capital letters, such as `GET`"),
                ),
            }
        }
        if methods.len() > METHODS_MAX {
            let message =
                format!("has {} methods; at most {METHODS_MAX} are allowed", methods.len());
            self.wrong("/methods", message);
        }
        methods.into_iter().collect()
    }

    fn conditions(&mut self, fields: &Map<String, Value>, kind: Kind) -> Vec<Condition> {
        let field = kind.field();
        let wanted = "objects with `name`, `is` and `value`";
        let Some(values) = self.list(fields, field, wanted) else { return Vec::new() };
        if values.len() > CONDITIONS_MAX {
            let message =
                format!("has {} conditions; at most {CONDITIONS_MAX} are allowed", values.len());
            self.wrong(&format!("/{field}"), message);
            return Vec::new();
        }
        let mut conditions: Vec<Condition> = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let at = format!("/{field}/{index}");
            let Some(condition) = self.condition(value, kind, &at) else { continue };
            let excluded = conditions
                .iter()
                .find(|known| known.name == condition.name && known.excludes(&condition));
            if excluded.is_some() {
                let message = format!(
                    "contradicts another condition on `{}`: no request could meet both",
                    condition.name
                );
                self.wrong(&at, message);
            } else if !conditions.contains(&condition) {
                conditions.push(condition);
            }
        }
        conditions.sort_by_cached_key(|condition| {
            let wire = condition.wire();
            (wire.name, wire.is, wire.value)
        });
        conditions
    }

    fn condition(&mut self, value: &Value, kind: Kind, at: &str) -> Option<Condition> {
        let Value::Object(fields) = value else {
            self.wrong(at, "must be an object with `name`, `is` and `value`");
            return None;
        };
        let known = ["name", "is", "value"];
        for key in fields.keys().filter(|key| !known.contains(&key.as_str())) {
            let message = "is not a known field; known are `name`, `is`, `value`";
            self.wrong(&format!("{at}/{key}"), message);
        }
        let name = match fields.get("name").and_then(Value::as_str) {
            Some(name) => kind.name(name),
            None => Err("is missing; it must be a text".to_owned()),
        };
        let name = name.map_err(|message| self.wrong(&format!("{at}/name"), message)).ok();
        let value = match fields.get("value") {
            None | Some(Value::Null) => None,
            Some(Value::String(value)) => Some(value.as_str()),
            Some(_) => {
                self.wrong(&format!("{at}/value"), "must be a text");
                return None;
            }
        };
        let is = fields.get("is").and_then(Value::as_str).unwrap_or_default();
        let test = match test(is, value, kind) {
            Ok(test) => test,
            Err((field, message)) => {
                self.wrong(&format!("{at}/{field}"), message);
                return None;
            }
        };
        Some(Condition { name: name?, test })
    }

    fn precedence(&mut self, fields: &Map<String, Value>) -> i16 {
        let range = -PRECEDENCE_MAX..=PRECEDENCE_MAX;
        let read = match fields.get("precedence") {
            None | Some(Value::Null) => return 0,
            Some(value) => value.as_i64().and_then(|value| i16::try_from(value).ok()),
        };
        read.filter(|precedence| range.contains(precedence)).unwrap_or_else(|| {
            let message =
                format!("must be a whole number from -{PRECEDENCE_MAX} to {PRECEDENCE_MAX}");
            self.wrong("/precedence", message);
            0
        })
    }

    fn list<'a>(
        &mut self,
        fields: &'a Map<String, Value>,
        field: &str,
        wanted: &str,
    ) -> Option<&'a Vec<Value>> {
        match fields.get(field) {
            None | Some(Value::Null) => None,
            Some(Value::Array(values)) => Some(values),
            Some(_) => {
                self.wrong(&format!("/{field}"), format!("must be a list of {wanted}"));
                None
            }
        }
    }
}

/// What a condition is about.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Header,
    Query,
}

impl Kind {
    fn field(self) -> &'static str {
        match self {
            Self::Header => "headers",
            Self::Query => "query",
        }
    }

    fn name(self, name: &str) -> Result<Arc<str>, String> {
        if !(1..=NAME_MAX_BYTES).contains(&name.len()) {
            return Err(format!("must be 1 to {NAME_MAX_BYTES} bytes long"));
        }
        match self {
            Self::Header => header_name(&name.to_ascii_lowercase()),
            Self::Query if name.bytes().all(|byte| is_query_byte(byte) && byte != b'=') => {
                Ok(name.into())
            }
            Self::Query => Err(NO_QUERY_TEXT.to_owned()),
        }
    }

    fn value(self, value: &str) -> Result<(), String> {
        if !(1..=VALUE_MAX_BYTES).contains(&value.len()) {
            return Err(format!("must be 1 to {VALUE_MAX_BYTES} bytes long"));
        }
        match self {
            Self::Header if !value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) => {
                Err("must have printable ASCII characters only".to_owned())
            }
            Self::Header if value.trim() != value => {
                Err("must not begin or end with a space, which no header's value does".to_owned())
            }
            Self::Query if !value.bytes().all(is_query_byte) => Err(NO_QUERY_TEXT.to_owned()),
            _ => Ok(()),
        }
    }
}

const NO_QUERY_TEXT: &str =
    "has a character that no query has as it is sent; write it percent-encoded, as it is sent";

/// Tells whether a byte can stand in a parameter of a query as it is sent.
fn is_query_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$'()*+,;=:@/?%[]|".contains(&byte)
}

/// Checks a header's name, in lower case.
pub(in crate::gateway) fn header_name(name: &str) -> Result<Arc<str>, String> {
    if name.starts_with(':') {
        return Err("must not be a pseudo header; hosts, paths and methods have fields".to_owned());
    }
    // `tchar` of RFC 9110, section 5.6.2, without the underscore
    let is_token = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^`|~".contains(&byte)
    };
    if name.contains('_') {
        return Err("has a `_`; the gateway refuses requests with such headers".to_owned());
    }
    if !name.bytes().all(is_token) {
        return Err("must be a header's name: letters, digits and -.!#$%&'*+^`|~".to_owned());
    }
    if OTHER_HEADERS.contains(&name) {
        let message = "is a header of the connection, or one that the field `host` is for";
        return Err(message.to_owned());
    }
    if name == consumer::HEADER {
        return Err("names who has called, whom the gateway knows only later".to_owned());
    }
    if name.starts_with("x-envoy-") || name.starts_with("x-chancery-") {
        return Err("is a header that the gateway sets or removes itself".to_owned());
    }
    Ok(name.into())
}

fn test(is: &str, value: Option<&str>, kind: Kind) -> Result<Test, (&'static str, String)> {
    let given = || {
        let value = value.ok_or(("value", format!("is missing; `{is}` compares with it")))?;
        Ok::<_, (&str, String)>(value)
    };
    let text = || {
        let value = given()?;
        kind.value(value).map_err(|message| ("value", message))?;
        Ok::<_, (&str, String)>(Arc::from(value))
    };
    match is {
        "exact" => text().map(Test::Exact),
        "prefix" => text().map(Test::Prefix),
        "suffix" => text().map(Test::Suffix),
        "contains" => text().map(Test::Contains),
        "regex" => {
            let pattern = Pattern::parse(given()?, false);
            pattern.map(Test::Regex).map_err(|error| ("value", error.to_string()))
        }
        "present" | "absent" if value.is_some() => {
            Err(("value", format!("must be left out; `{is}` compares with nothing")))
        }
        "present" => Ok(Test::Present),
        "absent" => Ok(Test::Absent),
        _ => {
            let allowed = "`exact`, `prefix`, `suffix`, `contains`, `regex`, `present` or `absent`";
            Err(("is", format!("must be {allowed}")))
        }
    }
}
