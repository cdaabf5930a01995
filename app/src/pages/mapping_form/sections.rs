//! The fields of the table, section by section, each behind one line that opens it.

use leptos::either::Either;
use leptos::prelude::*;

use super::rows;
use super::sheet::Sheet;
use crate::components::message::message;
use crate::fields::faults::said;
use crate::fields::{Field, Group, Kind, SECTIONS, Section};

/// Characters that the browser lets one type: more than the server takes, so that its message is
/// seen.
fn typable(most: u32) -> String {
    (most.saturating_mul(2)).to_string()
}

/// Shows all sections; those with something set, or wrong, are open.
pub(super) fn all(sheet: &Sheet) -> impl IntoView + use<> {
    SECTIONS.into_iter().map(|each| section(sheet, each)).collect_view()
}

fn section(sheet: &Sheet, section: &'static Section) -> impl IntoView + use<> {
    let set = sheet.form.typed.more.set_in(section);
    let is_open = section.groups.iter().any(|group| needs_sight(sheet, group));
    let folds = section.groups.len() >= FOLDED_FROM;
    let groups = section.groups.iter().map(|each| group(sheet, each, folds)).collect_view();
    let known = (section.id == "auth").then(|| known_consumers(&sheet.consumers));

    view! {
        <details
            class="section"
            id=section.id
            open=is_open
            data-testid=format!("section-{}", section.id)
        >
            <summary>
                <span class="section-title">{section.title}</span>
                <span class="section-set" id=format!("{}-set", section.id)>
                    {(set > 0).then(|| format!("{set} set"))}
                </span>
                <span class="sub section-about">{section.about}</span>
            </summary>
            {known}
            {groups}
        </details>
    }
}

/// Consumers that the form names; the page of all has the rest.
const CONSUMERS_SHOWN: usize = 50;

/// Names those whom one can let in.
fn known_consumers(names: &[String]) -> impl IntoView + use<> {
    let mut shown = names.iter().take(CONSUMERS_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > CONSUMERS_SHOWN {
        shown.push_str(", …");
    }
    let said = if shown.is_empty() { "none yet".to_owned() } else { shown };
    view! {
        <p class="hint" data-testid="known-consumers">
            "Known consumers: "
            <span class="mono">{said}</span>
            ". "
            <a href="/consumers">"All of them"</a>
        </p>
    }
}

/// Tells whether something of a group is set, or wrong, or just asked for.
fn needs_sight(sheet: &Sheet, group: &Group) -> bool {
    let prefix = format!("{}.", group.key);
    let is_wrong =
        sheet.faults.iter().any(|fault| fault.id == group.key || fault.id.starts_with(&prefix));
    let asked = sheet.form.more_of.as_deref();
    let is_asked = asked.is_some_and(|key| group.fields.iter().any(|field| field.key == key));
    is_wrong || is_asked || sheet.form.typed.more.has(group.key)
}

/// Groups of a section from which on each is behind a line of its own, too.
const FOLDED_FROM: usize = 4;

fn group(sheet: &Sheet, group: &'static Group, folds: bool) -> impl IntoView + use<> {
    let fields = group.fields.iter().map(|each| field(sheet, each)).collect_view();
    if group.fields.len() == 1 {
        return Either::Left(fields);
    }
    let error = said(&sheet.faults, group.key).map(message);
    let fields = view! {
        <p class="field-error" id=format!("{}-error", group.key)>
            {error}
        </p>
        <div class="group-fields">{fields}</div>
    };
    Either::Right(if folds {
        Either::Left(view! {
            <details class="group" id=group.key open=needs_sight(sheet, group)>
                <summary>{group.title}</summary>
                <fieldset aria-label=group.title>{fields}</fieldset>
            </details>
        })
    } else {
        Either::Right(view! {
            <fieldset class="group" id=group.key>
                <legend>{group.title}</legend>
                {fields}
            </fieldset>
        })
    })
}

fn field(sheet: &Sheet, field: &'static Field) -> impl IntoView + use<> {
    let key = field.key;
    let error = said(&sheet.faults, key).map(message);
    let is_wide = matches!(field.kind, Kind::Area { .. } | Kind::Lines { .. } | Kind::Rows { .. });
    let error = view! {
        <p class="field-error" id=format!("{key}-error")>
            {error}
        </p>
    };
    let hint = view! { <p class="hint" id=format!("{key}-hint")>{hint(field)}</p> };
    let content = match field.kind {
        Kind::Switch => Either::Left(view! {
            <label class="switch" for=key>
                {input(sheet, field)}
                {field.label}
            </label>
            {error}
            {hint}
        }),
        Kind::Rows { .. } => Either::Right(Either::Left(view! {
            <p class="label" id=format!("{key}-label")>
                {field.label}
            </p>
            {rows::table(sheet, field)}
            {error}
            {hint}
        })),
        _ => Either::Right(Either::Right(view! {
            <label for=key>{field.label}</label>
            {input(sheet, field)}
            {error}
            {hint}
        })),
    };
    view! { <div class=if is_wide { "field wide" } else { "field" }>{content}</div> }
}

/// Says what it is for, what it is while nothing is said, and what Envoy calls it.
fn hint(field: &'static Field) -> impl IntoView {
    view! {
        {(!field.help.is_empty()).then(|| format!("{} ", field.help))}
        "Default: "
        {field.default}
        ". "
        <span class="envoy-name" title="What Envoy calls it">
            {field.envoy}
        </span>
    }
}

fn input(sheet: &Sheet, field: &'static Field) -> AnyView {
    let key = field.key;
    let value = sheet.form.typed.more.get(key).to_owned();
    let is_wrong = said(&sheet.faults, key).is_some();
    let invalid = is_wrong.then_some("true");
    let described_by = format!("{key}-error {key}-hint");
    match field.kind {
        Kind::Choice(options) | Kind::Code(options) => {
            let unknown = !value.is_empty() && options.iter().all(|(word, _)| *word != value);
            let unknown = unknown.then(|| {
                let value = value.clone();
                view! {
                    <option value=value.clone() selected=true>
                        {value.clone()}
                    </option>
                }
            });
            let chosen = value.clone();
            let option = move |(word, words): &(&'static str, &'static str)| {
                view! {
                    <option value=*word selected=*word == chosen>
                        {*words}
                    </option>
                }
            };
            view! {
                <select
                    id=key
                    name=key
                    class="input"
                    aria-invalid=invalid
                    aria-describedby=described_by
                >
                    <option value="">{format!("Default: {}", field.default)}</option>
                    {options.iter().map(option).collect_view()}
                    {unknown}
                </select>
            }
            .into_any()
        }
        Kind::Switch => view! {
            <input
                id=key
                name=key
                type="checkbox"
                checked=!value.is_empty()
                aria-describedby=described_by
            />
        }
        .into_any(),
        Kind::Area { most, example } => area(key, value, (most, example), 3, invalid).into_any(),
        Kind::Lines { most, example } => {
            let shown = u32::try_from(value.lines().count()).unwrap_or(3).clamp(2, 8);
            let most = most.saturating_mul(100);
            area(key, value, (most, example), shown, invalid).into_any()
        }
        Kind::Number { unit, .. } => view! {
            <div class="with-unit">
                <input
                    id=key
                    name=key
                    type="text"
                    inputmode="numeric"
                    value=value
                    placeholder=field.default
                    maxlength="20"
                    autocomplete="off"
                    aria-invalid=invalid
                    aria-describedby=described_by
                />
                {(!unit.is_empty()).then(|| view! { <span class="unit">{unit}</span> })}
            </div>
        }
        .into_any(),
        Kind::Text { most, example } | Kind::Words { most, example } => view! {
            <input
                id=key
                name=key
                type="text"
                class="mono"
                value=value
                placeholder=example
                maxlength=typable(most)
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-invalid=invalid
                aria-describedby=described_by
            />
        }
        .into_any(),
        Kind::Rows { .. } => rows::table(sheet, field).into_any(),
    }
}

fn area(
    key: &'static str,
    value: String,
    (most, example): (u32, &'static str),
    lines: u32,
    invalid: Option<&'static str>,
) -> impl IntoView + use<> {
    // a browser takes the first end of line away
    let value = format!("\n{value}");
    view! {
        <textarea
            id=key
            name=key
            class="input mono"
            rows=lines
            placeholder=example
            maxlength=typable(most)
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-invalid=invalid
            aria-describedby=format!("{key}-error {key}-hint")
        >
            {value}
        </textarea>
    }
}
