//! The face of the form that shows what a save would do, and asks whether it shall.

use leptos::either::Either;
use leptos::prelude::*;

use super::refusal::AUTOFOCUS;
use super::{Sheet, fields, plan};
use crate::api::plan::{Action, Plan};
use crate::api::service::{Resolution, ServiceCheck};
use crate::components::chip::Tone;
use crate::draft::{Purpose, Stage};

/// Shows the plan and the buttons that apply it or go back.
pub(super) fn face(sheet: Sheet) -> impl IntoView {
    let form = sheet.form.get_untracked();
    let Stage::Review(plan) = &form.stage else { return None };
    let is_edit = matches!(form.purpose, Purpose::Edit(_));
    let is_same = plan.action == Action::Unchanged;
    let title = match plan.action {
        Action::Unchanged => "Nothing would change".to_owned(),
        Action::Create => format!("Review: create {}", plan.name),
        Action::Replace | Action::Delete => format!("Review: change {}", plan.name),
    };
    let (apply, applying) =
        if is_edit { ("Save changes", "Saving…") } else { ("Create mapping", "Creating…") };
    let back_class = if is_same { "btn btn-primary" } else { "btn" };

    Some(view! {
        <div data-testid="review">
            <h2 class="review-title" id="review-title" tabindex="-1" autofocus=AUTOFOCUS>
                {title}
            </h2>
            {if is_same { Either::Left(unchanged()) } else { Either::Right(changes(sheet, plan)) }}
            {fields::carried(&form)} {fields::carried_text(&form.typed)}
            <div class="form-actions">
                <button
                    class=back_class
                    type="submit"
                    name="step"
                    value="edit"
                    disabled=move || sheet.is_sending.get()
                >
                    "Back to edit"
                </button>
                {(!is_same)
                    .then(|| {
                        view! {
                            <button
                                class="btn btn-primary"
                                type="submit"
                                name="step"
                                value="apply"
                                data-testid="apply"
                                aria-keyshortcuts="Control+Enter"
                                disabled=move || sheet.is_sending.get()
                            >
                                {move || if sheet.is_sending.get() { applying } else { apply }}
                            </button>
                        }
                    })}
            </div>
        </div>
    })
}

fn unchanged() -> impl IntoView {
    view! { <p class="review-text">"The mapping has this content already. Nothing was written."</p> }
}

fn changes(sheet: Sheet, plan: &Plan) -> impl IntoView + use<> {
    let known: Vec<_> = plan.warnings.iter().map(|warning| warning.code.clone()).collect();
    // the answer about the service may come after the plan
    let concern = move || {
        let (code, text) = concern(&sheet.check.get()?)?;
        let is_new = !known.iter().any(|known| known == code);
        is_new.then(|| plan::concern(code.to_owned(), &text))
    };
    view! {
        {plan::diff(plan.diff.clone())}
        <h3>"Impact"</h3>
        {plan::impact(plan, concern)}
        {move || sheet.check.get().map(|check| fine(&check))}
        <h3>"What it will do"</h3>
        {plan::examples(plan)}
    }
}

/// Warns of a service to which not every request would come: a code, and why.
fn concern(check: &ServiceCheck) -> Option<(&'static str, String)> {
    let (tone, text) = fields::judge(check);
    let code = match check.state {
        Resolution::Unresolved => "service-unresolved",
        _ => "service-unreachable",
    };
    (tone == Tone::Warn).then(|| (code, format!("`{}`: {text}", check.service)))
}

/// Says that a service answers, if it does.
fn fine(check: &ServiceCheck) -> impl IntoView + use<> {
    let (tone, text) = fields::judge(check);
    let service = check.service.clone();
    (tone == Tone::Ok).then(|| {
        view! {
            <p class="sub" data-testid="service-fine">
                <code>{service}</code>
                {format!(": {text}.")}
            </p>
        }
    })
}
