//! Reads a JSON object field by field, gathering all that is wrong with it.
//!
//! ```text
//! Errors ◀── Reader {…} ─ text, number, choice, list, … ─▶ values
//!              └ object ─▶ Reader of what is inside, whose errors point there
//! ```
//! Not derived with serde because serde stops at the first fault and can't say what is allowed. A
//! field that nobody asked for is wrong, too: a mistyped one would silently do nothing.

use std::{cell::RefCell, collections::BTreeMap, fmt::Display, ops::RangeInclusive};

use app::api::problem::FieldError;
use serde_json::{Map, Value};

/// All that was found wrong with one body.
#[derive(Debug, Default)]
pub struct Errors(RefCell<Vec<FieldError>>);

impl Errors {
    fn push(&self, pointer: String, message: impl Into<String>) {
        self.0.borrow_mut().push(FieldError { pointer, message: message.into() });
    }

    /// Returns `value` unless something was wrong.
    ///
    /// # Errors
    /// Returns all that was found.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<FieldError>> {
        let errors = self.0.into_inner();
        if errors.is_empty() { Ok(value) } else { Err(errors) }
    }
}

/// Reads one object of a body; an absent field and `null` are the same.
#[derive(Debug)]
pub struct Reader<'a> {
    object: &'a Map<String, Value>,
    /// JSON pointer (RFC 6901) of the object.
    pointer: String,
    /// The fields that were asked for.
    known: RefCell<Vec<&'static str>>,
    errors: &'a Errors,
}

impl<'a> Reader<'a> {
    /// Reads the body itself.
    pub fn new(object: &'a Map<String, Value>, errors: &'a Errors) -> Self {
        Self::at(object, String::new(), errors)
    }

    fn at(object: &'a Map<String, Value>, pointer: String, errors: &'a Errors) -> Self {
        Self { object, pointer, known: RefCell::default(), errors }
    }

    /// Takes a field as it is, for who has rules of their own.
    pub fn value(&self, key: &'static str) -> Option<&'a Value> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Tells whether a field is there and not `null`.
    pub fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// Takes a text whose length in bytes lies in `bytes`, without control characters.
    pub fn text(&self, key: &'static str, bytes: RangeInclusive<usize>) -> Option<&'a str> {
        let text = self.any_text(key, "a text")?;
        check_text(text, &bytes).map_err(|message| self.wrong::<()>(key, message)).ok()?;
        Some(text)
    }

    /// Takes a text that `parse` reads; `wanted` says what it must be.
    pub fn parsed<T, E: Display>(
        &self,
        key: &'static str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.any_text(key, wanted)?;
        parse(text).map_err(|error| self.wrong::<()>(key, error.to_string())).ok()
    }

    /// Takes a text that `parse` reads, and that must be there.
    pub fn required<T, E: Display>(
        &self,
        key: &'static str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.has(key) {
            return self.parsed(key, wanted, parse);
        }
        self.wrong(key, format!("is missing; it must be {wanted}"))
    }

    /// Takes a whole number; `unit` is what it counts, such as `milliseconds`, or empty.
    pub fn number<T>(&self, key: &'static str, allowed: RangeInclusive<T>, unit: &str) -> Option<T>
    where
        T: TryFrom<u64> + PartialOrd + Display,
    {
        let number = self.value(key)?.as_u64().and_then(|number| T::try_from(number).ok());
        match number.filter(|number| allowed.contains(number)) {
            Some(number) => Some(number),
            None => self.wrong(key, out_of(&allowed, unit)),
        }
    }

    /// Takes `true` or `false`; absent is `false`.
    pub fn flag(&self, key: &'static str) -> bool {
        match self.value(key) {
            Some(Value::Bool(flag)) => *flag,
            Some(_) => self.wrong::<bool>(key, "must be `true` or `false`").unwrap_or_default(),
            None => false,
        }
    }

    /// Takes one of the words that are `allowed`, and returns what it means.
    pub fn choice<T: Copy>(&self, key: &'static str, allowed: &[(&str, T)]) -> Option<T> {
        let words = || list_of(allowed.iter().map(|(word, _)| *word));
        let text = self.any_text(key, &format!("one of {}", words()))?;
        match allowed.iter().find(|(word, _)| *word == text) {
            Some((_, meant)) => Some(*meant),
            None => self.wrong(key, format!("is `{text}`; {} are allowed", words())),
        }
    }

    /// Takes an object; `read` takes what is inside.
    pub fn object<T>(&self, key: &'static str, read: impl FnOnce(&Reader<'_>) -> T) -> Option<T> {
        let Some(inside) = self.value(key)?.as_object() else {
            return self.wrong(key, "must be an object");
        };
        Some(self.object_of(key, inside, read))
    }

    /// Reads `object` in the place of a field: one that came as a text.
    pub fn object_of<T>(
        &self,
        key: &'static str,
        object: &Map<String, Value>,
        read: impl FnOnce(&Reader<'_>) -> T,
    ) -> T {
        let reader = Reader::at(object, self.pointer_to(key), self.errors);
        let read = read(&reader);
        reader.finish();
        read
    }

    /// Takes a list of at most `most` objects; `read` takes what is inside each, and those for
    /// which it returns nothing are left out.
    pub fn objects<T>(
        &self,
        key: &'static str,
        most: usize,
        read: impl Fn(&Reader<'_>) -> Option<T>,
    ) -> Vec<T> {
        let each = |pointer: String, value: &'a Value| {
            let Some(inside) = value.as_object() else {
                self.errors.push(pointer, "must be an object");
                return None;
            };
            let reader = Reader::at(inside, pointer, self.errors);
            let read = read(&reader);
            reader.finish();
            read
        };
        self.elements(key, most, "objects", each)
    }

    /// Takes a list of at most `most` texts that `parse` reads.
    pub fn texts<T, E: Display>(
        &self,
        key: &'static str,
        most: usize,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        self.values(key, most, "texts", |value| match value.as_str() {
            Some(text) => parse(text).map_err(|error| error.to_string()),
            None => Err("must be a text".to_owned()),
        })
    }

    /// Takes a list of at most `most` values that `parse` reads; `what` says what they are.
    pub fn values<T>(
        &self,
        key: &'static str,
        most: usize,
        what: &str,
        parse: impl Fn(&Value) -> Result<T, String>,
    ) -> Vec<T> {
        let each = |pointer: String, value: &'a Value| {
            parse(value).map_err(|message| self.errors.push(pointer, message)).ok()
        };
        self.elements(key, most, what, each)
    }

    /// Takes an object of at most `most` texts by name, both of which `parse` reads.
    pub fn texts_by_name<E: Display>(
        &self,
        key: &'static str,
        most: usize,
        parse: impl Fn(&str, &str) -> Result<(String, String), E>,
    ) -> BTreeMap<String, String> {
        let mut read = BTreeMap::new();
        let Some(value) = self.value(key) else { return read };
        let Some(inside) = value.as_object() else {
            self.wrong::<()>(key, "must be an object of texts by name");
            return read;
        };
        if inside.len() > most {
            self.wrong::<()>(
                key,
                format!("has {} entries; at most {most} are allowed", inside.len()),
            );
            return read;
        }
        for (name, value) in inside {
            let pointer = format!("{}/{}", self.pointer_to(key), escaped(name));
            let parsed = match value.as_str() {
                Some(text) => parse(name, text).map_err(|error| error.to_string()),
                None => Err("must be a text".to_owned()),
            };
            match parsed {
                Ok((name, _)) if read.contains_key(&name) => {
                    self.errors.push(pointer, format!("is there twice: `{name}`"));
                }
                Ok((name, text)) => drop(read.insert(name, text)),
                Err(message) => self.errors.push(pointer, message),
            }
        }
        read
    }

    /// Notes what is wrong with a field.
    pub fn wrong<T>(&self, key: &str, message: impl Into<String>) -> Option<T> {
        self.errors.push(self.pointer_to(key), message);
        None
    }

    /// Takes in what someone else has found wrong with the body.
    pub fn take_in(&self, errors: Vec<FieldError>) {
        self.errors.0.borrow_mut().extend(errors);
    }

    /// Notes what is wrong with the object as a whole.
    pub fn wrong_here(&self, message: impl Into<String>) {
        self.errors.push(self.pointer.clone(), message);
    }

    /// Names the fields that nobody has asked for.
    pub fn finish(self) {
        let known = self.known.borrow();
        for key in self.object.keys().filter(|key| !known.contains(&key.as_str())) {
            let message =
                format!("is not a known field; known are {}", list_of(known.iter().copied()));
            self.wrong::<()>(key, message);
        }
    }

    fn any_text(&self, key: &'static str, wanted: &str) -> Option<&'a str> {
        match self.value(key)? {
            Value::String(text) => Some(text),
            _ => self.wrong(key, format!("must be {wanted}")),
        }
    }

    fn elements<T>(
        &self,
        key: &'static str,
        most: usize,
        what: &str,
        each: impl Fn(String, &'a Value) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(list) = value.as_array() else {
            self.wrong::<()>(key, format!("must be a list of {what}"));
            return Vec::new();
        };
        if list.len() > most {
            self.wrong::<()>(
                key,
                format!("has {} entries; at most {most} are allowed", list.len()),
            );
            return Vec::new();
        }
        let pointer = self.pointer_to(key);
        let elements = list.iter().enumerate();
        elements.filter_map(|(index, value)| each(format!("{pointer}/{index}"), value)).collect()
    }

    fn pointer_to(&self, key: &str) -> String {
        format!("{}/{}", self.pointer, escaped(key))
    }
}

/// Checks a text's length in bytes, and that it has no control character.
///
/// # Errors
/// Says which of the two it breaks.
pub fn check_text(text: &str, bytes: &RangeInclusive<usize>) -> Result<(), String> {
    let (least, most) = (*bytes.start(), *bytes.end());
    match text.len() {
        0 if least > 0 => return Err(format!("is empty; {least} to {most} bytes are allowed")),
        length if length > most => {
            return Err(format!("is {length} bytes long; at most {most} are allowed"));
        }
        length if length < least => {
            return Err(format!("is {length} bytes long; at least {least} are needed"));
        }
        _ => {}
    }
    if text.chars().any(char::is_control) {
        return Err("must not have a control character".to_owned());
    }
    Ok(())
}

/// Says which numbers are allowed.
pub fn out_of<T: Display>(allowed: &RangeInclusive<T>, unit: &str) -> String {
    let of = if unit.is_empty() { String::new() } else { format!(" of {unit}") };
    format!("must be a whole number{of} from {} to {}", allowed.start(), allowed.end())
}

/// Writes words as `a`, `b` and `c`.
pub fn list_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

/// Writes a key as a part of a JSON pointer (RFC 6901, section 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(body: &Value, read: impl FnOnce(&Reader<'_>)) -> Vec<(String, String)> {
        let errors = Errors::default();
        let reader = Reader::new(body.as_object().unwrap(), &errors);
        read(&reader);
        reader.finish();
        let found = errors.into_result(()).err().unwrap_or_default();
        found.into_iter().map(|error| (error.pointer, error.message)).collect()
    }

    #[test]
    fn what_is_well_written_is_read() {
        let body = json!({
            "text": "a", "number": 7, "flag": true, "choice": "b", "list": ["x"], "null": null,
            "inside": { "n": 1 }, "names": { "X-A": "1" }, "objects": [{ "n": 1 }, { "n": 2 }],
        });

        let found = errors(&body, |reader| {
            assert_eq!(reader.text("text", 1..=2), Some("a"));
            assert_eq!(reader.number("number", 1..=7_u16, ""), Some(7));
            assert!(reader.flag("flag") && !reader.flag("null"));
            assert_eq!(reader.choice("choice", &[("a", 1), ("b", 2)]), Some(2));
            assert_eq!(reader.texts("list", 1, |text| Ok::<_, String>(text.len())), [1]);
            let inside = reader.object("inside", |inside| inside.number("n", 0..=1_u32, ""));
            assert_eq!(inside, Some(Some(1)));
            let objects = reader.objects("objects", 2, |each| each.number("n", 0..=9_u32, ""));
            assert_eq!(objects, [1, 2]);
            let lower = |name: &str, text: &str| {
                Ok::<_, String>((name.to_ascii_lowercase(), text.to_owned()))
            };
            assert_eq!(reader.texts_by_name("names", 1, lower)["x-a"], "1");
        });

        assert_eq!(found, []);
    }

    #[test]
    fn all_that_is_wrong_is_said_with_its_place_and_what_is_allowed() {
        let body = json!({
            "text": "abc", "number": 0, "choice": "c", "list": ["x", 7], "inside": { "m/n": 1 },
            "names": { "a": "1", "A": "2" }, "other": 1,
        });

        let found = errors(&body, |reader| {
            reader.text("text", 1..=2);
            reader.number("number", 1..=60_000_u32, "milliseconds");
            reader.choice("choice", &[("a", ()), ("b", ())]);
            reader.texts("list", 2, |text| Ok::<_, String>(text.to_owned()));
            reader.object("inside", |inside| inside.flag("n"));
            let lower = |name: &str, text: &str| {
                Ok::<_, String>((name.to_ascii_lowercase(), text.to_owned()))
            };
            reader.texts_by_name("names", 2, lower);
        });

        let found: Vec<_> =
            found.iter().map(|(pointer, message)| (pointer.as_str(), message.as_str())).collect();
        assert_eq!(
            found,
            [
                ("/text", "is 3 bytes long; at most 2 are allowed"),
                ("/number", "must be a whole number of milliseconds from 1 to 60000"),
                ("/choice", "is `c`; `a` and `b` are allowed"),
                ("/list/1", "must be a text"),
                ("/inside/m~1n", "is not a known field; known are `n`"),
                ("/names/a", "is there twice: `a`"),
                (
                    "/other",
                    "is not a known field; known are `text`, `number`, `choice`, `list`, `inside` \
                     and `names`",
                ),
            ]
        );
    }
}
