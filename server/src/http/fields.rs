//! Reads the fields of a JSON body, naming every one that is wrong.
//!
//! ```text
//! {"name": "shop"} ─▶ Fields ─ required("name", …), flag("is_admin"), … ─▶ finish(): Ok, or 422
//! ```
//! A field that nobody asked for is wrong, too: a mistyped one would silently do nothing. Names and
//! numbers have rules of their own; here a text is bounded, and without control characters.

use std::cell::RefCell;

use app::api::problem::FieldError;
use axum::{body::Body, http::Request};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    body::{JSON, json_object, json_object_within},
    error::ApiError,
};

/// The fields of one body, and what was found wrong with them.
#[derive(Debug)]
pub(super) struct Fields {
    /// Those that nobody has asked for yet.
    rest: RefCell<Map<String, Value>>,
    errors: RefCell<Vec<FieldError>>,
}

/// What a field says that may be absent, `null`, or there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given<T> {
    Absent,
    Null,
    Value(T),
}

impl Fields {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// As [`json_object`].
    pub(super) async fn read(request: Request<Body>) -> Result<Self, ApiError> {
        Self::read_as(request, &JSON).await
    }

    /// Reads a body that is sent as one of `kinds`.
    ///
    /// # Errors
    /// As [`json_object`].
    pub(super) async fn read_as(request: Request<Body>, kinds: &[&str]) -> Result<Self, ApiError> {
        Ok(Self::of(json_object(request, kinds).await?))
    }

    /// Reads the body of a request that may be of `max_bytes`.
    ///
    /// # Errors
    /// As [`json_object_within`].
    pub(super) async fn read_within(
        request: Request<Body>,
        max_bytes: usize,
    ) -> Result<Self, ApiError> {
        Ok(Self::of(json_object_within(request, &JSON, max_bytes).await?))
    }

    pub(super) fn of(object: Map<String, Value>) -> Self {
        Self { rest: RefCell::new(object), errors: RefCell::default() }
    }

    /// Takes a text of at most `max_bytes`; `null` is absent.
    pub(super) fn text(&self, name: &str, max_bytes: usize) -> Option<String> {
        let text = match self.take(name) {
            None | Some(Value::Null) => return None,
            Some(Value::String(text)) => text,
            Some(_) => return self.wrong(name, "must be a text"),
        };
        if text.len() > max_bytes {
            let message = format!("is {} bytes long; at most {max_bytes} are allowed", text.len());
            return self.wrong(name, message);
        }
        if text.chars().any(char::is_control) {
            return self.wrong(name, "must not have a control character");
        }
        Some(text)
    }

    /// Takes a text that must be there, whatever it is, for who has rules of its own for it; the
    /// empty text after an error.
    pub(super) fn required(&self, name: &str, max_bytes: usize) -> String {
        let is_there = self.rest.borrow().get(name).is_some_and(|value| !value.is_null());
        if !is_there {
            self.take(name);
            self.wrong::<()>(name, "is missing");
            return String::new();
        }
        self.text(name, max_bytes).unwrap_or_default()
    }

    /// Takes a text that `parse` reads, and that must be there.
    pub(super) fn parsed<T, E: ToString>(
        &self,
        name: &str,
        max_bytes: usize,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let errors = self.errors.borrow().len();
        let text = self.required(name, max_bytes);
        if self.errors.borrow().len() > errors {
            return None;
        }
        parse(&text).map_err(|error| self.wrong::<T>(name, error)).ok()
    }

    /// Takes a secret: any text of at most `max_bytes` that must be there.
    pub(super) fn secret(&self, name: &str, max_bytes: usize) -> String {
        match self.take(name) {
            Some(Value::String(text)) if text.len() <= max_bytes => return text,
            Some(Value::String(_)) => {
                self.wrong::<()>(name, format!("is longer than {max_bytes} bytes"));
            }
            None | Some(Value::Null) => drop(self.wrong::<()>(name, "is missing")),
            Some(_) => drop(self.wrong::<()>(name, "must be a text")),
        }
        String::new()
    }

    /// Takes a text that must be there; `null` is the empty one.
    pub(super) fn text_or_null(&self, name: &str, max_bytes: usize) -> String {
        if !self.rest.borrow().contains_key(name) {
            self.wrong::<()>(name, "is missing");
        }
        self.text(name, max_bytes).unwrap_or_default()
    }

    /// Takes a secret that may be absent.
    pub(super) fn optional_secret(&self, name: &str, max_bytes: usize) -> Option<String> {
        let is_there = self.rest.borrow().get(name).is_some_and(|value| !value.is_null());
        if is_there {
            return Some(self.secret(name, max_bytes));
        }
        self.take(name);
        None
    }

    /// Takes `true` or `false`; `null` is absent.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.take(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(flag)) => Some(flag),
            Some(_) => self.wrong(name, "must be `true` or `false`"),
        }
    }

    /// Takes a whole number.
    pub(super) fn number(&self, name: &str, allowed: std::ops::RangeInclusive<u64>) -> Given<u64> {
        let value = match self.take(name) {
            None => return Given::Absent,
            Some(Value::Null) => return Given::Null,
            Some(value) => value,
        };
        match value.as_u64().filter(|number| allowed.contains(number)) {
            Some(number) => Given::Value(number),
            None => {
                let (least, most) = allowed.into_inner();
                self.wrong::<()>(name, format!("must be a number from {least} to {most}"));
                Given::Absent
            }
        }
    }

    /// Takes a moment, as RFC 3339 writes it.
    pub(super) fn moment(&self, name: &str) -> Given<DateTime<Utc>> {
        match self.take(name) {
            None => return Given::Absent,
            Some(Value::Null) => return Given::Null,
            Some(Value::String(text)) => {
                if let Ok(moment) = DateTime::parse_from_rfc3339(&text) {
                    return Given::Value(moment.to_utc());
                }
            }
            Some(_) => {}
        }
        self.wrong::<()>(name, "must be a time such as `2027-01-31T12:00:00Z`");
        Given::Absent
    }

    /// Takes one of the words that `T` is written as, which must be there.
    pub(super) fn word<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let value = match self.take(name) {
            None | Some(Value::Null) => return self.wrong(name, "is missing"),
            Some(value) => value,
        };
        if !value.is_string() {
            return self.wrong(name, "must be a text");
        }
        // serde names the words that there are
        let read = serde_json::from_value(value);
        read.map_err(|unknown| self.wrong::<T>(name, format!("has an {unknown}"))).ok()
    }

    /// Notes what is wrong with a field.
    pub(super) fn wrong<T>(&self, name: &str, message: impl ToString) -> Option<T> {
        self.errors.borrow_mut().push(FieldError::new(name, message.to_string()));
        None
    }

    /// Checks that all was well, and that nothing is left that nobody has asked for.
    ///
    /// # Errors
    /// 422 with an entry for each field that is wrong.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        let mut errors = self.errors.into_inner();
        let unknown = self.rest.into_inner().into_iter();
        errors.extend(unknown.map(|(name, _)| FieldError::new(&name, "is not a known field")));
        if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(errors)) }
    }

    fn take(&self, name: &str) -> Option<Value> {
        self.rest.borrow_mut().remove(name)
    }
}

#[cfg(test)]
mod tests {
    use app::api::team::Role;
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        let Value::Object(object) = value else { panic!("{value} is no object") };
        Fields::of(object)
    }

    #[test]
    fn what_is_well_written_is_read() {
        let body = fields(json!({
            "name": "shop", "note": null, "is_admin": true, "role": "owner", "needed": 2,
            "until": "2027-01-31T12:00:00+01:00", "password": "a\tb",
        }));

        assert_eq!(body.required("name", 40), "shop");
        assert_eq!(body.text("note", 40), None);
        assert_eq!(body.flag("is_admin"), Some(true));
        assert_eq!(body.word("role"), Some(Role::Owner));
        assert_eq!(body.number("needed", 1..=5), Given::Value(2));
        assert_eq!(body.moment("until"), Given::Value("2027-01-31T11:00:00Z".parse().unwrap()));
        assert_eq!(body.secret("password", 100), "a\tb");
        assert_eq!(body.moment("from"), Given::Absent);
        assert!(body.finish().is_ok());
    }

    #[test]
    fn every_wrong_field_is_named_with_what_is_allowed() {
        let body = fields(json!({
            "title": "a\u{7}b", "contact": "aaaa", "is_admin": "yes", "role": "boss", "until": "x",
            "needed": 9, "nmae": 1,
        }));

        body.required("name", 40);
        body.text("title", 40);
        body.text("contact", 3);
        body.flag("is_admin");
        body.word::<Role>("role");
        body.moment("until");
        body.number("needed", 1..=5);
        body.secret("password", 100);
        let error = body.finish().unwrap_err();

        let wrong: Vec<_> = error.errors.iter().map(FieldError::field).collect();
        assert_eq!(
            wrong,
            ["name", "title", "contact", "is_admin", "role", "until", "needed", "password", "nmae"]
        );
        assert!(error.errors[4].message.contains("`viewer`"), "{}", error.errors[4].message);
    }
}
