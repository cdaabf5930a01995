//! Fields of several rows: those that are set, and an empty one more.

use leptos::either::Either;
use leptos::prelude::*;

use super::sheet::Sheet;
use crate::components::message::message;
use crate::fields::faults::said;
use crate::fields::texts::cell_name;
use crate::fields::{Column, Field, Kind};

/// What the button's value begins with that asks for another row.
pub const MORE: &str = "more:";

/// Shows the rows of a field. To empty a row is to remove it.
pub(super) fn table(sheet: &Sheet, field: &'static Field) -> impl IntoView + use<> {
    let Kind::Rows { columns, most, .. } = field.kind else { return None };
    let rows = sheet.form.typed.more.rows(field);
    let is_full = u32::try_from(rows.len()).is_ok_and(|rows| rows >= most);
    let blank = (!is_full).then(|| vec![String::new(); columns.len()]);
    let last = rows.len();
    let rows = rows.into_iter().chain(blank).enumerate();
    let rows = rows.map(|(index, row)| {
        let is_asked = index == last && sheet.form.more_of.as_deref() == Some(field.key);
        let cells = columns.iter().zip(row).enumerate().map(|(place, (column, text))| {
            cell(sheet, field, index, column, text, is_asked && place == 0)
        });
        view! { <div class="row">{cells.collect_view()}</div> }
    });
    let rows = rows.collect_view();
    let step = format!("{MORE}{}", field.key);

    Some(view! {
        <div
            class="rows"
            role="group"
            aria-labelledby=format!("{}-label", field.key)
            aria-describedby=format!("{}-hint", field.key)
        >
            {rows}
        </div>
        {(!is_full)
            .then(|| {
                view! {
                    <button
                        class="btn btn-small"
                        type="submit"
                        name="step"
                        value=step
                        data-testid=format!("more-{}", field.key)
                    >
                        "Add a row"
                        <span class="visually-hidden">{format!(" to {}", field.label)}</span>
                    </button>
                }
            })}
    })
}

fn cell(
    sheet: &Sheet,
    field: &'static Field,
    index: usize,
    column: &'static Column,
    text: String,
    has_focus: bool,
) -> impl IntoView + use<> {
    let name = cell_name(field, index, column);
    let error = said(&sheet.faults, &name);
    let invalid = error.is_some().then_some("true");
    let described_by = format!("{name}-error");
    let label = format!("{}, row {}: {}", field.label, index + 1, column.label.to_lowercase());
    let input = match column.kind {
        Kind::Choice(options) | Kind::Code(options) => {
            let option = |(word, words): &(&'static str, &'static str)| {
                view! {
                    <option value=*word selected=*word == text>
                        {*words}
                    </option>
                }
            };
            Either::Left(view! {
                <select
                    id=name.clone()
                    name=name.clone()
                    class="input"
                    autofocus=has_focus
                    aria-label=label
                    aria-invalid=invalid
                    aria-describedby=described_by
                >
                    {options.iter().map(option).collect_view()}
                </select>
            })
        }
        kind => {
            let (example, most) = match kind {
                Kind::Text { example, most } => (example, most.saturating_mul(2)),
                Kind::Words { example, most } => (example, most.saturating_mul(100)),
                _ => ("", 20),
            };
            Either::Right(view! {
                <input
                    id=name.clone()
                    name=name.clone()
                    type="text"
                    class="mono"
                    value=text
                    placeholder=if index == 0 { example } else { "" }
                    maxlength=most.to_string()
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    autofocus=has_focus
                    aria-label=label
                    aria-invalid=invalid
                    aria-describedby=described_by
                />
            })
        }
    };
    view! {
        <div class="cell">
            {(index == 0).then(|| view! { <span class="sub column" aria-hidden="true">{column.label}</span> })}
            {input}
            <p class="field-error" id=format!("{name}-error")>
                {error.map(message)}
            </p>
        </div>
    }
}
