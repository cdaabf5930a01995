//! Plain forms, each of which is one call of the API: posted to the page's own address, which shows
//! itself again with what was wrong.
//!
//! ```text
//! <ActionForm to="team.create"> ─ POST, do=team.create ─▶ http::portal::actions ─▶ the API
//!       ▲                                                        │
//!       └── Tried: what was typed, what was refused ◀── refused ─┴─ done ─▶ 303
//! ```

use leptos::prelude::*;
use serde_json::Value;

use super::message::message;
use super::refused;
use crate::api::client::ClientError;

/// A form that was posted, and what came of it; never with a password.
#[derive(Debug, Clone)]
pub struct Acted {
    /// Which form: its hidden field `do`.
    pub action: String,
    /// What the API has answered.
    pub outcome: Result<Value, ClientError>,
    /// What was typed.
    pub fields: Vec<(String, String)>,
}

impl Acted {
    /// Returns the status of the page that shows it.
    pub(crate) fn status(&self) -> u16 {
        match &self.outcome {
            Ok(_) => 200,
            Err(error) => error.status().unwrap_or(503),
        }
    }

    /// Returns what was typed into a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What one form of a page goes by: what was tried with it, if anything was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tried(Option<Acted>);

impl Tried {
    /// Takes what was posted, if it was the form `action`.
    pub(crate) fn of(acted: Option<&Acted>, action: &str) -> Self {
        Self(acted.filter(|acted| acted.action == action).cloned())
    }

    /// Returns what was typed into a field, or what it begins with.
    pub(crate) fn value(&self, name: &str, otherwise: &str) -> String {
        let typed = self.0.as_ref().and_then(|acted| acted.field(name));
        typed.unwrap_or(otherwise).to_owned()
    }

    /// Tells whether a box is ticked.
    pub(crate) fn is_checked(&self, name: &str, otherwise: bool) -> bool {
        // a box that is not ticked is not sent
        self.0.as_ref().map_or(otherwise, |acted| acted.field(name).is_some())
    }

    /// Returns all that was typed.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        self.0.as_ref().map_or(&[], |acted| &acted.fields)
    }

    /// Returns what was wrong with a field.
    pub(crate) fn error(&self, name: &str) -> Option<String> {
        self.0.as_ref()?.outcome.as_ref().err()?.field(name)
    }

    /// Returns why it was refused.
    pub(crate) fn refusal(&self) -> Option<&ClientError> {
        self.0.as_ref()?.outcome.as_ref().err()
    }

    /// Returns what the API has answered when it was done.
    pub(crate) fn answer(&self) -> Option<&Value> {
        self.0.as_ref()?.outcome.as_ref().ok()
    }
}

/// Shows a form; the children are its fields and buttons.
#[component]
pub(crate) fn ActionForm(
    /// The action's name in the table of the server.
    to: &'static str,
    #[prop(optional)] tried: Tried,
    /// Names of the form's own fields, whose errors stand beside them.
    #[prop(optional)]
    fields: &'static [&'static str],
    #[prop(optional)] class: &'static str,
    /// The page that it is posted to, where that can be another one than shows it.
    #[prop(optional)]
    at: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let trouble = tried.refusal().filter(|error| {
        let of_fields = |problem: &crate::api::problem::Problem| {
            !problem.errors.is_empty()
                && problem.errors.iter().all(|error| fields.contains(&error.field()))
        };
        !matches!(error, ClientError::Problem(problem) if of_fields(problem))
    });
    let trouble = trouble.map(refused::note);
    view! {
        <form method="post" action=at class=class data-testid=to>
            <input type="hidden" name="do" value=to />
            {trouble}
            {children()}
        </form>
    }
}

/// Shows a field of one line with its label, its hint and what was wrong with it.
#[component]
pub(crate) fn TextField(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional)] tried: Tried,
    /// What it holds before anything was typed.
    #[prop(optional, into)]
    value: String,
    /// `text`, `password`, `date`, …
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional)] hint: Option<&'static str>,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(default = 200)] maxlength: u32,
    /// Set where a page has the field more than once.
    #[prop(optional, into)]
    id: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let error = tried.error(name);
    let is_wrong = error.is_some();
    let (described_by, notes) = notes(&id, error, hint);
    // what is secret is typed anew
    let value = if kind == "password" { String::new() } else { tried.value(name, &value) };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                name=name
                type=kind
                value=value
                maxlength=maxlength.to_string()
                autocomplete=autocomplete
                autocapitalize="off"
                spellcheck="false"
                required=required
                autofocus=autofocus || is_wrong
                aria-invalid=is_wrong.then_some("true")
                aria-describedby=described_by
            />
            {notes}
        </div>
    }
}

/// Shows a field of many lines with its label, its hint and what was wrong with it.
#[component]
pub(crate) fn TextArea(
    name: &'static str,
    label: &'static str,
    #[prop(optional)] tried: Tried,
    #[prop(optional)] hint: Option<&'static str>,
    maxlength: u32,
    /// What is secret is typed anew.
    #[prop(optional)]
    is_secret: bool,
) -> impl IntoView {
    let error = tried.error(name);
    let is_wrong = error.is_some();
    let (described_by, notes) = notes(name, error, hint);
    let value = if is_secret { String::new() } else { tried.value(name, "") };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <textarea
                id=name
                name=name
                class="input mono"
                rows="7"
                maxlength=maxlength.to_string()
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                required=true
                autofocus=is_wrong
                aria-invalid=is_wrong.then_some("true")
                aria-describedby=described_by
            >
                {value}
            </textarea>
            {notes}
        </div>
    }
}

/// Shows what was wrong with a field, and its hint; returns what the field is described by, too.
fn notes(
    id: &str,
    error: Option<String>,
    hint: Option<&'static str>,
) -> (Option<String>, impl IntoView + use<>) {
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let described_by: Vec<_> =
        [error.as_ref().map(|_| error_id.clone()), hint.map(|_| hint_id.clone())]
            .into_iter()
            .flatten()
            .collect();
    let described_by = (!described_by.is_empty()).then(|| described_by.join(" "));
    let notes = view! {
        {error
            .map(|error| {
                view! {
                    <p class="field-error" id=error_id>
                        {message(&error)}
                    </p>
                }
            })}
        {hint
            .map(|hint| {
                view! {
                    <p class="hint" id=hint_id>
                        {message(hint)}
                    </p>
                }
            })}
    };
    (described_by, notes)
}

/// Shows a choice with its label; each option is the value and the words for it.
#[component]
pub(crate) fn Choice(
    name: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
    #[prop(optional)] tried: Tried,
    #[prop(optional, into)] value: String,
    #[prop(optional)] hint: Option<&'static str>,
    #[prop(optional, into)] id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let chosen = tried.value(name, &value);
    let (described_by, notes) = notes(&id, tried.error(name), hint);
    let option = |(value, words): (String, String)| {
        let is_chosen = value == chosen;
        view! {
            <option value=value selected=is_chosen>
                {words}
            </option>
        }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id name=name class="input" aria-describedby=described_by>
                {options.into_iter().map(option).collect_view()}
            </select>
            {notes}
        </div>
    }
}

/// Shows a box to tick.
#[component]
pub(crate) fn Tick(
    name: &'static str,
    label: &'static str,
    #[prop(optional)] tried: Tried,
    #[prop(optional)] checked: bool,
    #[prop(optional)] hint: Option<&'static str>,
) -> impl IntoView {
    let is_checked = tried.is_checked(name, checked);
    let hint_id = format!("{name}-hint");
    let described_by = hint.map(|_| hint_id.clone());
    view! {
        <div class="field tick">
            <label>
                <input
                    type="checkbox"
                    name=name
                    value="true"
                    checked=is_checked
                    aria-describedby=described_by
                />
                {label}
            </label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{message(hint)}</p> })}
        </div>
    }
}
