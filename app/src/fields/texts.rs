//! What is typed into the fields of the table, and the JSON that it means.
//!
//! ```text
//! mapping (JSON) ─ of ─▶ Texts ─▶ inputs ─ posted ─▶ Texts ─ json ─▶ the API
//! retries.attempts=2, request_headers.set.0.name=x-team, request_headers.set.0.value=accounts
//! ```
//! A text that is not what its field wants goes on as it is, so that the API says what is wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Column, Field, Kind, SECTIONS, Section, Shape, all, below};

/// Rows of one field that are read out of a posted form: more than any field may have, so that the
/// API can say so.
const ROWS_MAX: usize = 100;

/// Texts by the name of their input; an empty one is not there, and neither is an empty row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts(BTreeMap<String, String>);

impl Texts {
    /// Takes what belongs to the table out of a posted form.
    pub fn posted<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        // a browser ends the lines of a text in its own way
        let given: BTreeMap<&str, String> = pairs
            .into_iter()
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(name, text)| (name, text.replace("\r\n", "\n")))
            .collect();
        let mut texts = Self::default();
        for field in all() {
            let Kind::Rows { columns, .. } = field.kind else {
                if let Some(text) = given.get(field.key) {
                    texts.0.insert(field.key.to_owned(), text.clone());
                }
                continue;
            };
            let mut rows: BTreeMap<usize, Vec<String>> = BTreeMap::new();
            for (name, text) in &given {
                let Some((index, column)) =
                    below(field.key, name).and_then(|rest| rest.split_once('.'))
                else {
                    continue;
                };
                let place = columns.iter().position(|known| known.key == column);
                if let (Ok(index), Some(place)) = (index.parse::<usize>(), place)
                    && let Some(cell) = rows
                        .entry(index)
                        .or_insert_with(|| vec![String::new(); columns.len()])
                        .get_mut(place)
                {
                    text.trim().clone_into(cell);
                }
            }
            texts.set_rows(field, columns, rows.into_values().take(ROWS_MAX));
        }
        texts
    }

    /// Writes a mapping's JSON as one would type it.
    pub fn of(mapping: &Map<String, Value>) -> Self {
        let mut texts = Self::default();
        for field in all() {
            let Some(value) = at(mapping, field.key) else { continue };
            match field.kind {
                Kind::Rows { columns, shape, .. } => {
                    let rows = rows_of(value, columns, shape);
                    texts.set_rows(field, columns, rows.into_iter());
                }
                Kind::Lines { .. } => {
                    let lines = value.as_array().map(Vec::as_slice).unwrap_or_default();
                    let lines: Vec<_> = lines.iter().map(plain).collect();
                    texts.set(field.key, lines.join("\n"));
                }
                Kind::Switch => {
                    texts.set(field.key, if value == true { "on" } else { "" }.to_owned());
                }
                _ => texts.set(field.key, plain(value)),
            }
        }
        texts
    }

    /// Returns the JSON that is meant.
    pub fn json(&self) -> Map<String, Value> {
        let mut json = Map::new();
        for field in all() {
            if let Some(value) = self.value(field) {
                put(&mut json, field.key, value);
            }
        }
        json
    }

    fn value(&self, field: &Field) -> Option<Value> {
        if let Kind::Rows { columns, shape, .. } = field.kind {
            let rows = self.rows(field);
            return (!rows.is_empty()).then(|| match shape {
                Shape::ByName => by_name(rows),
                Shape::Objects => {
                    Value::Array(rows.iter().map(|row| object(row, columns)).collect())
                }
            });
        }
        let text = self.get(field.key);
        (!text.is_empty()).then(|| value(text, field.kind))
    }

    /// Returns the text of an input; empty where nothing is typed.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Returns the rows of a field, each with a text for each column.
    pub fn rows(&self, field: &Field) -> Vec<Vec<String>> {
        let Kind::Rows { columns, .. } = field.kind else { return Vec::new() };
        let row = |index: usize| -> Vec<String> {
            let cell = |column: &Column| self.get(&cell_name(field, index, column)).to_owned();
            columns.iter().map(cell).collect()
        };
        (0..ROWS_MAX).map(row).take_while(|row| !is_blank(row, columns)).collect()
    }

    /// Returns all texts by the name of their input.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Returns how many fields of a section are set.
    pub fn set_in(&self, section: &Section) -> usize {
        let fields = section.groups.iter().flat_map(|group| group.fields);
        fields.filter(|field| self.has(field.key)).count()
    }

    /// Tells whether anything is typed into a field, or into one of a group.
    pub fn has(&self, key: &str) -> bool {
        self.0.keys().any(|name| below(key, name).is_some())
    }

    /// Writes all of a field as one text, to be compared and read.
    pub fn whole(&self, field: &Field) -> String {
        match field.kind {
            Kind::Rows { .. } => {
                let rows = self.rows(field);
                let rows: Vec<_> = rows.iter().map(|row| row.join(": ")).collect();
                rows.join(", ")
            }
            Kind::Lines { .. } => lines(self.get(field.key)).collect::<Vec<_>>().join(", "),
            _ => self.get(field.key).to_owned(),
        }
    }

    /// Takes all of a field from `other`.
    pub fn take(&mut self, field: &Field, other: &Self) {
        self.0.retain(|name, _| below(field.key, name).is_none());
        let theirs = other.0.iter().filter(|(name, _)| below(field.key, name).is_some());
        self.0.extend(theirs.map(|(name, text)| (name.clone(), text.clone())));
    }

    fn set(&mut self, name: &str, text: String) {
        if !text.is_empty() {
            self.0.insert(name.to_owned(), text);
        }
    }

    fn set_rows(
        &mut self,
        field: &Field,
        columns: &[Column],
        rows: impl Iterator<Item = Vec<String>>,
    ) {
        for (index, row) in rows.filter(|row| !is_blank(row, columns)).enumerate() {
            for (column, text) in columns.iter().zip(row) {
                self.set(&cell_name(field, index, column), text);
            }
        }
    }
}

/// Returns what of a mapping's JSON no field of the table has, so that a form can carry it along.
pub fn beside(mapping: &Map<String, Value>) -> Map<String, Value> {
    let mut rest = mapping.clone();
    for field in all() {
        remove(&mut rest, field.key);
    }
    rest
}

/// Lays `json` over `base`, object by object.
pub fn over(mut base: Map<String, Value>, json: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in json {
        let merged = match (base.remove(&key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => Value::Object(over(below, above)),
            (_, value) => value,
        };
        base.insert(key, merged);
    }
    base
}

/// Tells whether nothing is typed into a row: something is always chosen.
fn is_blank(row: &[String], columns: &[Column]) -> bool {
    let typed =
        row.iter().zip(columns).filter(|(_, column)| !matches!(column.kind, Kind::Choice(_)));
    typed.map(|(cell, _)| cell).all(String::is_empty)
}

/// Names the input of a cell.
pub fn cell_name(field: &Field, row: usize, column: &Column) -> String {
    format!("{}.{row}.{}", field.key, column.key)
}

/// Splits a text into lines that say something.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Tells whether what is typed needs no service.
pub fn answers_itself(texts: &Texts) -> bool {
    let section = SECTIONS.into_iter().find(|section| section.id == "answer");
    section.is_some_and(|section| texts.set_in(section) > 0)
}

/// Returns the JSON that a text means in a field of a kind.
pub(crate) fn value(text: &str, kind: Kind) -> Value {
    match kind {
        Kind::Number { .. } | Kind::Code(_) => {
            let text = text.trim();
            text.parse::<i64>().map_or_else(|_not_a_number| text.into(), Value::from)
        }
        Kind::Switch => true.into(),
        Kind::Lines { .. } => lines(text).map(Value::from).collect::<Vec<_>>().into(),
        Kind::Area { .. } => text.into(),
        Kind::Text { .. } | Kind::Choice(_) | Kind::Rows { .. } => text.trim().into(),
    }
}

/// A name that is typed twice has both texts, which the API refuses by that name.
fn by_name(rows: Vec<Vec<String>>) -> Value {
    let mut object = Map::new();
    for row in rows {
        let mut cells = row.into_iter();
        let (name, text) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let text = match object.remove(&name) {
            None => Value::from(text),
            Some(Value::Array(mut texts)) => {
                texts.push(text.into());
                texts.into()
            }
            Some(one) => vec![one, text.into()].into(),
        };
        object.insert(name, text);
    }
    object.into()
}

fn object(row: &[String], columns: &[Column]) -> Value {
    let cells = columns.iter().zip(row).filter(|(_, text)| !text.is_empty());
    let cells = cells.map(|(column, text)| (column.key.to_owned(), value(text, column.kind)));
    Value::Object(cells.collect())
}

fn rows_of(value: &Value, columns: &[Column], shape: Shape) -> Vec<Vec<String>> {
    match (shape, value) {
        (Shape::ByName, Value::Object(inside)) => {
            inside.iter().map(|(name, text)| vec![name.clone(), plain(text)]).collect()
        }
        (Shape::Objects, Value::Array(objects)) => {
            let cell = |object: &Value, column: &Column| {
                object.get(column.key).map(plain).unwrap_or_default()
            };
            let row = |object| columns.iter().map(|column| cell(object, column)).collect();
            objects.iter().map(row).collect()
        }
        _ => Vec::new(),
    }
}

/// Writes a value as one would type it.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn at<'v>(json: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    match key.split_once('.') {
        None => json.get(key),
        Some((first, rest)) => at(json.get(first)?.as_object()?, rest),
    }
}

fn put(json: &mut Map<String, Value>, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(json.insert(key.to_owned(), value)),
        Some((first, rest)) => {
            let inside = json.entry(first).or_insert_with(|| Map::new().into());
            if let Value::Object(inside) = inside {
                put(inside, rest, value);
            }
        }
    }
}

/// Takes a value out, and the objects around it that are empty then.
fn remove(json: &mut Map<String, Value>, key: &str) {
    let Some((first, rest)) = key.split_once('.') else {
        json.remove(key);
        return;
    };
    if let Some(Value::Object(inside)) = json.get_mut(first) {
        remove(inside, rest);
        if inside.is_empty() {
            json.remove(first);
        }
    }
}
