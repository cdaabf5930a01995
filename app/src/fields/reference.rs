//! Writes the table as a page of the documentation.

use std::fmt::Write;

use super::{Field, Kind, SECTIONS, Section, Shape};

/// Writes `docs/mapping-reference.md`.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Fields of a mapping\n\n\
         Beside `name`, `prefix`, `service`, `rewrite`, `labels` and `team`, a mapping may have the \
         fields below: in the body of `PUT /api/v1/mappings/{name}`, in the portal's form, and in \
         what `GET` answers. What is left out has its default. The page is made of the table of \
         which the form is made: `make bless` writes it anew.\n",
    );
    for section in SECTIONS {
        let Section { title, about, .. } = section;
        append(&mut page, format_args!("\n## {title}\n\n{about}.\n"));
        for group in section.groups {
            let title = group.title.to_lowercase();
            append(&mut page, format_args!("\n### `{}`: {title}\n\n", group.key));
            page.push_str("| field | may be | default | Envoy |\n| --- | --- | --- | --- |\n");
            group.fields.iter().for_each(|field| row(&mut page, field));
            let helps = group.fields.iter().filter(|field| !field.help.is_empty());
            let helps: Vec<_> =
                helps.map(|field| format!("* `{}`: {}", field.key, field.help)).collect();
            if !helps.is_empty() {
                append(&mut page, format_args!("\n{}\n", helps.join("\n")));
            }
        }
    }
    page
}

fn row(page: &mut String, field: &Field) {
    let Field { key, default, envoy, .. } = field;
    append(page, format_args!("| `{key}` | {} | {default} | `{envoy}` |\n", may_be(field.kind)));
}

/// Writes at the end of a page, which can't fail.
fn append(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _written = page.write_fmt(text);
}

/// Says in a few words what a field may hold.
pub fn may_be(kind: Kind) -> String {
    match kind {
        Kind::Text { most, .. } | Kind::Area { most, .. } => {
            format!("a text of up to {most} bytes")
        }
        Kind::Number { least, most, unit } => {
            let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
            format!("a whole number from {least} to {most}{unit}")
        }
        Kind::Choice(options) | Kind::Code(options) => {
            let words: Vec<_> = options.iter().map(|(word, _)| format!("`{word}`")).collect();
            words.join(", ")
        }
        Kind::Switch => "`true` or `false`".to_owned(),
        Kind::Lines { most, .. } | Kind::Words { most, .. } => {
            format!("a list of up to {most} texts")
        }
        Kind::Rows { most, shape: Shape::ByName, .. } => {
            format!("an object of up to {most} texts by name")
        }
        Kind::Rows { most, columns, .. } => {
            let keys: Vec<_> = columns.iter().map(|column| format!("`{}`", column.key)).collect();
            format!("a list of up to {most} objects of {}", keys.join(", "))
        }
    }
}
