//! Which input of the form is meant by what the API says of a field.

use super::texts::{Texts, cell_name, lines};
use super::{Field, Kind, Shape, all, below, groups, label_of};
use crate::api::client::ClientError;
use crate::draft;

/// What is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Id of the input, or of the group; where neither is known, the field's path.
    pub id: String,
    pub label: String,
    pub message: String,
}

/// Returns what is wrong with what is typed into the fields of the table.
pub fn faults(texts: &Texts, error: &ClientError) -> Vec<Fault> {
    let ClientError::Problem(problem) = error else { return Vec::new() };
    let others = problem.errors.iter().filter(|error| {
        let is_of = |field: draft::Field| {
            let rest = error.field().strip_prefix(field.key());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !draft::Field::ALL.into_iter().any(is_of)
    });
    others.map(|error| fault(texts, error.field(), &error.message)).collect()
}

/// Returns what is said against the input or the group `id`.
pub fn said<'f>(faults: &'f [Fault], id: &str) -> Option<&'f str> {
    faults.iter().find(|fault| fault.id == id).map(|fault| fault.message.as_str())
}

fn fault(texts: &Texts, pointer: &str, message: &str) -> Fault {
    let path: Vec<String> = pointer.split('/').map(unescaped).collect();
    let key = path.join(".");
    let found = all().find(|field| below(field.key, &key).is_some());
    let Some(field) = found else {
        let group = groups().find(|group| group.key == key);
        let id = group.map_or_else(|| key.clone(), |group| group.key.to_owned());
        return Fault { id, label: label_of(&key), message: message.to_owned() };
    };
    let depth = field.key.split('.').count();
    let inside = path.get(depth..).unwrap_or_default();
    let (id, message) = match (field.kind, inside) {
        (Kind::Rows { shape, .. }, [first, rest @ ..]) => {
            (cell(texts, field, shape, first, rest), message.to_owned())
        }
        (Kind::Lines { .. }, [index, ..]) => {
            let index: usize = index.parse().unwrap_or_default();
            let has_several = lines(texts.get(field.key)).nth(1).is_some();
            let line = format!("line {} {message}", index.saturating_add(1));
            (field.key.to_owned(), if has_several { line } else { message.to_owned() })
        }
        _ => (field.key.to_owned(), message.to_owned()),
    };
    Fault { id, label: label_of(field.key), message }
}

/// Names the cell that is meant; the whole field where that can't be told.
fn cell(texts: &Texts, field: &Field, shape: Shape, first: &str, rest: &[String]) -> String {
    let whole = || field.key.to_owned();
    let Kind::Rows { columns, .. } = field.kind else { return whole() };
    let row = match shape {
        Shape::ByName => {
            let rows = texts.rows(field);
            rows.iter().rposition(|row| row.first().is_some_and(|name| name == first))
        }
        Shape::Objects => first.parse().ok(),
    };
    let column = rest.first().and_then(|name| columns.iter().find(|column| column.key == name));
    match (row, column.or(columns.first())) {
        (Some(row), Some(column)) => cell_name(field, row, column),
        _ => whole(),
    }
}

/// Reads a part of a JSON pointer (RFC 6901, section 4).
fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
