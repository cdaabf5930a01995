//! The face of the form in which one types.

use leptos::either::Either;
use leptos::prelude::*;
use serde_json::{Map, Value};

use super::sheet::{Choice, Sheet};
use super::{refusal, sections};
use crate::api::service::{Resolution, ServiceCheck};
use crate::components::chip::Tone;
use crate::components::message::message;
use crate::draft::{Field, Form, Purpose, Typed};
use crate::numerals::counted;

/// How a field looks.
struct Look {
    hint: &'static str,
    placeholder: &'static str,
    /// Whether the text is a path or an address, which are set in the monospaced face.
    is_code: bool,
    is_required: bool,
    /// Characters that the browser lets one type: far more than the server takes, so that its
    /// message is seen, and so few that all fields fit into a body of 64 KiB.
    max: &'static str,
}

fn look(field: Field) -> Look {
    let look = |hint, placeholder, max| Look {
        hint,
        placeholder,
        is_code: !matches!(field, Field::Name | Field::Team),
        is_required: matches!(field, Field::Name | Field::Prefix | Field::Service),
        max,
    };
    match field {
        Field::Name => look(
            "Letters, digits, “-”, “_” and “.”, up to 64. It can’t be changed later.",
            "usermapping",
            "200",
        ),
        Field::Prefix => look(
            "Begins with “/” and ends at a path segment: “/user/” serves /user/42, not /users.",
            "/user/",
            "2500",
        ),
        Field::Service => look(
            "[scheme://]name[.namespace][:port], for example usersvc or https://images.shop:8443. Empty where the gateway answers by itself.",
            "usersvc",
            "500",
        ),
        Field::Team => look(
            "Whose it is. Empty: the team that owns the prefix, or yours if you are in one only.",
            "",
            "100",
        ),
        Field::Rewrite => look("Replaces the prefix. Empty leaves the path as it is.", "", "2500"),
        Field::Labels => look(
            "What the mapping is found by, separated by spaces or commas: up to 16, each of letters, \
             digits and “-_.:=/”, up to 63.",
            "team=accounts",
            "1500",
        ),
    }
}

/// Shows the fields and their buttons.
pub(super) fn face(sheet: &Sheet) -> impl IntoView + use<> {
    let form = &sheet.form;
    let is_edit = matches!(form.purpose, Purpose::Edit(_));
    let set = form.typed.advanced_set();
    let is_wrong =
        [Field::Rewrite, Field::Labels].iter().any(|field| sheet.error(*field).is_some());
    let is_open = set > 0 || is_wrong;

    view! {
        {carried(form)}
        {text(sheet, Field::Name, is_edit)}
        {text(sheet, Field::Prefix, false)}
        {text(sheet, Field::Service, false)}
        {team(sheet)}
        <details class="advanced" open=is_open>
            <summary>
                "Advanced "
                <span class="sub" id="advanced-set" data-testid="advanced-set">
                    {(set > 0).then(|| format!("{set} set"))}
                </span>
            </summary>
            {text(sheet, Field::Rewrite, false)}
            {text(sheet, Field::Labels, false)}
        </details>
        {sections::all(sheet)}
        <div class="form-actions">
            <a class="btn" href=form.purpose.back() aria-keyshortcuts="Escape" data-leave="ask">
                "Cancel"
            </a>
            <button
                class="btn btn-primary"
                type="submit"
                name="step"
                value="review"
                aria-keyshortcuts="Control+Enter"
                data-default=""
                data-busy="Reviewing…"
            >
                "Review"
            </button>
        </div>
    }
}

/// Carries what is not typed: without JavaScript the server remembers nothing of the form.
pub(super) fn carried(form: &Form) -> impl IntoView + use<> {
    let mut hidden = vec![("key".to_owned(), form.key.clone())];
    if let Some(revision) = form.replaces {
        hidden.push(("replaces".to_owned(), revision.to_string()));
    }
    if let Some(base) = &form.base {
        let fields = Field::ALL.into_iter().filter(|field| *field != Field::Name);
        let name = |field: Field| format!("base_{}", field.key());
        hidden.extend(fields.map(|field| (name(field), base.get(field).to_owned())));
        hidden.extend(more(base).map(|(name, text)| (format!("base_{name}"), text)));
    }
    if !form.typed.rest.is_empty() {
        hidden.push((REST.to_owned(), json(&form.typed.rest)));
    }
    inputs(hidden)
}

/// Carries what is typed, where the fields are not shown.
pub(super) fn carried_text(typed: &Typed) -> impl IntoView + use<> {
    let fields = Field::ALL.into_iter();
    let first = fields.map(|field| (field.key().to_owned(), typed.get(field).to_owned()));
    let texts = typed.more.pairs().map(|(name, text)| (name.to_owned(), text.to_owned()));
    inputs(first.chain(texts).collect())
}

/// Name of the input that carries what no field has.
const REST: &str = "rest";

/// Returns what is typed besides the first fields, by the name of its input.
fn more(typed: &Typed) -> impl Iterator<Item = (String, String)> {
    let rest = (!typed.rest.is_empty()).then(|| (REST.to_owned(), json(&typed.rest)));
    let texts = typed.more.pairs().map(|(name, text)| (name.to_owned(), text.to_owned()));
    texts.chain(rest)
}

fn json(object: &Map<String, Value>) -> String {
    Value::from(object.clone()).to_string()
}

fn inputs(hidden: Vec<(String, String)>) -> impl IntoView {
    let input = |(name, value)| view! { <input type="hidden" name=name value=value /> };
    hidden.into_iter().map(input).collect_view()
}

/// Shows one field: label, input, what is wrong with it, hint.
fn text(sheet: &Sheet, field: Field, is_fixed: bool) -> impl IntoView + use<> {
    let key = field.key();
    let Look { hint, placeholder, is_code, is_required, max } = look(field);
    let hint = if is_fixed { "A mapping keeps its name; clone it to have another." } else { hint };
    let is_service = field == Field::Service;
    let list = match field {
        Field::Service => Some("services"),
        Field::Team => Some("teams"),
        _ => None,
    };
    let error = sheet.error(field);
    let check = if is_service { " service-check" } else { "" };
    let described_by = format!("{key}-error {key}-hint{check}");

    view! {
        <div class="field">
            <label for=key>{field.label()}</label>
            <input
                id=key
                name=key
                type="text"
                class=if is_code { "mono" } else { "" }
                value=sheet.form.typed.get(field).to_owned()
                placeholder=placeholder
                list=list
                readonly=is_fixed
                maxlength=max
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-required=is_required.then_some("true")
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by
            />
            <p class="field-error" id=format!("{key}-error")>
                {error.map(|text| (message(&text), refusal::owner_link(sheet, field)))}
            </p>
            {is_service.then(|| service_choice(sheet))}
            <p class="hint" id=format!("{key}-hint")>
                {hint}
            </p>
        </div>
    }
}

/// Shows the field of the team where there is a choice; otherwise the mapping keeps its own.
fn team(sheet: &Sheet) -> impl IntoView + use<> {
    if sheet.teams.len() < 2 && sheet.error(Field::Team).is_none() {
        let carried = sheet.form.typed.team.clone();
        return Either::Left(inputs(vec![("team".to_owned(), carried)]));
    }
    let option = |team: String| view! { <option value=team></option> };
    Either::Right(view! {
        {text(sheet, Field::Team, false)}
        <datalist id="teams">{sheet.teams.iter().cloned().map(option).collect_view()}</datalist>
    })
}

/// Offers the known services, and says whether the chosen one answers. It never keeps one from
/// saving: a service may come later than its mapping.
fn service_choice(sheet: &Sheet) -> impl IntoView + use<> {
    let option = |choice: Choice| view! { <option value=choice.name label=choice.note></option> };

    view! {
        <datalist id="services">
            {sheet.choices.iter().cloned().map(option).collect_view()}
        </datalist>
        <p class="check-result" id="service-check" role="status" data-testid="service-check">
            {sheet
                .check
                .as_ref()
                .map(|check| {
                    let (tone, text) = judge(check);
                    view! { <span class=format!("toned {}", tone.class())>{message(&text)}</span> }
                })}
        </p>
    }
}

/// Says in a line what is known of a service.
pub(super) fn judge(check: &ServiceCheck) -> (Tone, String) {
    let all = check.endpoints.len() as u64;
    let reachable = check.endpoints.iter().filter(|endpoint| endpoint.is_reachable).count() as u64;
    let reason = |reason: Option<&String>| reason.map(|why| format!(": {why}")).unwrap_or_default();
    match (check.state, all) {
        (Resolution::Unresolved, _) => {
            let suggestion = check.did_you_mean.as_ref();
            let suggestion = suggestion.map(|name| format!("; did you mean `{name}`?"));
            let why = check.reason.clone().unwrap_or_else(|| "no such name".to_owned());
            (Tone::Warn, format!("{}{}", why, suggestion.unwrap_or_default()))
        }
        (Resolution::Pending, _) => (Tone::Idle, "It is being looked up".to_owned()),
        (_, 0) => (Tone::Warn, format!("It has no endpoints{}", reason(check.reason.as_ref()))),
        _ => {
            let why = check.endpoints.iter().find_map(|endpoint| endpoint.reason.as_ref());
            let verb = if all == 1 { "answers" } else { "answer" };
            let text = format!("{reachable} of {} {verb}", counted(all, "endpoint"));
            match reachable {
                0 => (Tone::Warn, format!("{text}{}", reason(why))),
                some if some < all => (Tone::Warn, format!("{text}{}", reason(why))),
                _ => (Tone::Ok, text),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::service::EndpointCheck;

    fn check(state: Resolution, reachable: &[bool]) -> ServiceCheck {
        let endpoint = |is_reachable: &bool| EndpointCheck {
            address: "10.0.0.1:80".to_owned(),
            is_reachable: *is_reachable,
            reason: (!is_reachable).then(|| "connection refused".to_owned()),
        };
        ServiceCheck {
            service: "usersvk".to_owned(),
            state,
            reason: (state == Resolution::Unresolved).then(|| "no such name".to_owned()),
            endpoints: reachable.iter().map(endpoint).collect(),
            did_you_mean: Some("usersvc".to_owned()),
        }
    }

    #[test]
    fn a_service_that_answers_is_told_with_its_numbers() {
        let all = judge(&check(Resolution::Known, &[true, true]));
        let none = judge(&check(Resolution::Known, &[false]));

        assert_eq!(all, (Tone::Ok, "2 of 2 endpoints answer".to_owned()));
        assert_eq!(none, (Tone::Warn, "0 of 1 endpoint answers: connection refused".to_owned()));
    }

    #[test]
    fn a_name_that_does_not_resolve_comes_with_one_that_does() {
        let (tone, text) = judge(&check(Resolution::Unresolved, &[]));

        assert_eq!(tone, Tone::Warn);
        assert_eq!(text, "no such name; did you mean `usersvc`?");
    }
}
