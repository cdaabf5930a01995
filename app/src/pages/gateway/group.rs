//! A group of settings of the table: what is in effect, and the form by which it is changed.

use leptos::either::Either;
use leptos::prelude::*;
use serde_json::Value;

use super::Shown;
use crate::components::action::{ActionForm, Choice, TextField, Tick, Tried};
use crate::components::message::message;
use crate::fields::{Field, Group, Kind};
use crate::settings;

/// Returns every setting of a group with its value.
pub(super) fn shown(group: &'static Group, values: &Value) -> Vec<Shown> {
    let row = |field: &'static Field| Shown {
        label: field.label,
        value: settings::words(values, field),
        default: field.default,
        envoy: field.envoy,
    };
    settings::shown(group, values).map(row).collect()
}

/// Shows a group's form behind a line that opens it; it is open when it was tried.
pub(super) fn form(
    group: &'static Group,
    values: &Value,
    revision: u64,
    tried: &Tried,
) -> impl IntoView + use<> {
    let is_tried = tried.refusal().is_some() && tried.value("group", "") == group.key;
    let tried = if is_tried { tried.clone() } else { Tried::default() };
    let inputs =
        group.fields.iter().map(|field| input(field, settings::text(values, field), &tried));
    let inputs = inputs.collect_view();
    view! {
        <details class="section" open=is_tried data-testid=format!("change-{}", group.key)>
            <summary>
                <span class="section-title">{group.title}</span>
            </summary>
            <ActionForm to="gateway.patch" class="form" tried=tried>
                <input type="hidden" name="revision" value=revision.to_string() />
                <input type="hidden" name="group" value=group.key />
                {inputs}
                <div class="form-actions">
                    <button class="btn btn-primary">
                        "Save" <span class="visually-hidden">{format!(": {}", group.title)}</span>
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}

fn input(field: &'static Field, value: String, tried: &Tried) -> AnyView {
    let tried = tried.clone();
    let (name, label) = (field.key, field.label);
    match field.kind {
        Kind::Switch => {
            let checked = !value.is_empty();
            view! { <Tick name=name label=label tried=tried checked=checked hint=field.help /> }
                .into_any()
        }
        Kind::Choice(options) => {
            let none = value.is_empty().then(|| (String::new(), field.default.to_owned()));
            let known =
                options.iter().map(|(word, words)| ((*word).to_owned(), (*words).to_owned()));
            let options = none.into_iter().chain(known).collect();
            view! {
                <Choice
                    name=name
                    label=label
                    options=options
                    tried=tried
                    value=value
                    hint=field.help
                />
            }
            .into_any()
        }
        Kind::Number { unit, .. } => {
            let label =
                if unit.is_empty() { label.to_owned() } else { format!("{label}, in {unit}") };
            view! { <TextField name=name label=label tried=tried value=value hint=field.help maxlength=20 /> }
                .into_any()
        }
        Kind::Area { most, .. } => area(field, value, most, &tried).into_any(),
        Kind::Lines { most, .. } => area(field, value, most * 100, &tried).into_any(),
        _ => view! { <TextField name=name label=label tried=tried value=value hint=field.help /> }
            .into_any(),
    }
}

fn area(field: &'static Field, value: String, most: u32, tried: &Tried) -> impl IntoView + use<> {
    let name = field.key;
    // a browser takes the first end of line away
    let value = format!("\n{}", tried.value(name, &value));
    let rows = value.lines().count().clamp(2, 12).to_string();
    let error = tried.error(name);
    let invalid = error.is_some().then_some("true");
    let error = match error {
        Some(error) => Either::Left(view! {
            <p class="field-error" id=format!("{name}-error")>
                {message(&error)}
            </p>
        }),
        None => Either::Right(()),
    };
    view! {
        <div class="field">
            <label for=name>{field.label}</label>
            <textarea
                id=name
                name=name
                class="input mono"
                rows=rows
                // more than the server takes, so that its message is seen
                maxlength=most.saturating_mul(2).to_string()
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-invalid=invalid
                aria-describedby=format!("{name}-error {name}-hint")
            >
                {value}
            </textarea>
            {error}
            <p class="hint" id=format!("{name}-hint")>
                {message(field.help)}
            </p>
        </div>
    }
}
