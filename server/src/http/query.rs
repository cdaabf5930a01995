//! Reads the parameters of an address, naming every one that is wrong.
//!
//! ```text
//! ?limit=9&sort=rate ─▶ Params ─ number("limit", …), word("sort", …) ─▶ finish(): Ok, or 400
//! ```
//! A parameter that nobody asked for is wrong, too: a mistyped one would silently do nothing.

use std::{cell::RefCell, collections::BTreeMap, ops::RangeInclusive};

use app::api::problem::FieldError;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::de::{DeserializeOwned, IntoDeserializer, value::Error as Unknown};

use super::error::ApiError;
use crate::gateway::read::list_of;

/// The parameters of one request, and what was found wrong with them.
#[derive(Debug)]
pub(super) struct Params {
    /// Those that nobody has asked for yet.
    rest: RefCell<BTreeMap<String, String>>,
    errors: RefCell<Vec<FieldError>>,
}

impl Params {
    /// Splits a query, without its `?`; of a parameter that is there twice the first counts.
    pub(super) fn read(query: Option<&str>) -> Self {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
        Self { rest: RefCell::new(pairs.into_iter().rev().collect()), errors: RefCell::default() }
    }

    /// Takes a text of at most `max_bytes`; one that is empty is absent.
    pub(super) fn text(&self, name: &str, max_bytes: usize) -> Option<String> {
        let text = self.take(name).filter(|text| !text.is_empty())?;
        if text.len() <= max_bytes {
            return Some(text);
        }
        self.wrong(name, format!("is {} bytes long; at most {max_bytes} are allowed", text.len()))
    }

    /// Takes a whole number.
    pub(super) fn number(&self, name: &str, allowed: RangeInclusive<u32>) -> Option<u32> {
        let text = self.take(name)?;
        match text.parse() {
            Ok(number) if allowed.contains(&number) => Some(number),
            _ => {
                let (least, most) = allowed.into_inner();
                self.wrong(name, format!("must be a number from {least} to {most}"))
            }
        }
    }

    /// Takes where a list goes on that counts its rows: the number of the last one shown.
    pub(super) fn number_cursor(&self) -> Option<u64> {
        let text = self.text("cursor", u64::MAX.ilog10() as usize + 1)?;
        text.parse().ok().or_else(|| self.foreign_cursor())
    }

    /// Says that a cursor is not one that a list has given.
    pub(super) fn foreign_cursor<T>(&self) -> Option<T> {
        self.wrong("cursor", "is none of ours; take it from `next_cursor`".to_owned())
    }

    /// Takes `true` or `false`; absent means false.
    pub(super) fn flag(&self, name: &str) -> bool {
        match self.take(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => self.wrong::<()>(name, "must be `true` or `false`".to_owned()).is_some(),
        }
    }

    /// Takes a moment, as RFC 3339 writes it; an empty one is absent.
    pub(super) fn moment(&self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.take(name).filter(|text| !text.is_empty())?;
        match DateTime::parse_from_rfc3339(&text) {
            Ok(moment) => Some(moment.to_utc()),
            Err(_other) => {
                self.wrong(name, "must be a time such as `2027-01-31T12:00:00Z`".to_owned())
            }
        }
    }

    /// Takes one of the words that `T` is written as.
    pub(super) fn word<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let text = self.take(name)?;
        let read: Result<T, Unknown> = T::deserialize(text.into_deserializer());
        // serde names the words that there are
        read.map_err(|unknown| self.wrong::<T>(name, format!("has an {unknown}"))).ok()
    }

    /// Takes one of `words`.
    pub(super) fn one_of(&self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.take(name)?;
        let known = words.iter().copied().find(|word| *word == text);
        known.or_else(|| {
            self.wrong(name, format!("must be one of {}", list_of(words.iter().copied())))
        })
    }

    /// Notes what is wrong with a parameter.
    pub(super) fn wrong<T>(&self, name: &str, message: String) -> Option<T> {
        self.errors.borrow_mut().push(FieldError::new(name, message));
        None
    }

    /// Checks that all was well, and that nothing is left that nobody has asked for.
    ///
    /// # Errors
    /// 400 with an entry for each parameter that is wrong.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        let mut errors = self.errors.into_inner();
        let unknown = self.rest.into_inner().into_keys();
        errors
            .extend(unknown.map(|name| FieldError::new(&name, "is no parameter of this address")));
        if errors.is_empty() { Ok(()) } else { Err(invalid(errors)) }
    }

    fn take(&self, name: &str) -> Option<String> {
        self.rest.borrow_mut().remove(name)
    }
}

/// Says which parameters are wrong: 400.
pub(super) fn invalid(errors: Vec<FieldError>) -> ApiError {
    let said: Vec<_> =
        errors.iter().map(|error| format!("`{}` {}", error.field(), error.message)).collect();
    ApiError { errors, ..ApiError::new(StatusCode::BAD_REQUEST, "invalid-query", said.join("; ")) }
}

#[cfg(test)]
mod tests {
    use app::api::list::Sort;

    use super::*;

    #[test]
    fn what_is_well_written_is_read_and_an_empty_text_is_absent() {
        let params = Params::read(Some("q=a+b&limit=9&sort=ok_percent&dry_run=true&cursor=&q=c"));

        assert_eq!(params.text("q", 200).as_deref(), Some("a b"));
        assert_eq!(params.number("limit", 1..=200), Some(9));
        assert_eq!(params.word("sort"), Some(Sort::OkPercent));
        assert!(params.flag("dry_run"));
        assert_eq!(params.text("cursor", 9), None);
        assert!(params.finish().is_ok());
    }

    #[test]
    fn every_wrong_parameter_is_named_with_what_is_allowed() {
        let params = Params::read(Some("limit=0&sort=&dry_run=yes&q=aaaa&srot=name"));

        assert_eq!(params.number("limit", 1..=200), None);
        assert_eq!(params.word::<Sort>("sort"), None);
        assert!(!params.flag("dry_run"));
        assert_eq!(params.text("q", 3), None);
        let error = params.finish().unwrap_err();

        let fields: Vec<_> = error.errors.iter().map(FieldError::field).collect();
        assert_eq!(fields, ["limit", "sort", "dry_run", "q", "srot"]);
        assert!(error.errors[1].message.contains("`ok_percent`"), "{}", error.errors[1].message);
    }
}
