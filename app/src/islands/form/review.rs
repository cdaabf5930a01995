//! The face of the form that shows what a save would do, and asks whether it shall.

use leptos::prelude::*;

use super::refusal::AUTOFOCUS;
use super::{Sheet, fields, plan};
use crate::api::plan::{Action, Plan};
use crate::draft::{Purpose, Stage};

/// Shows the plan and the buttons that apply it or go back.
pub(super) fn face(sheet: Sheet) -> impl IntoView {
    let form = sheet.form.get_untracked();
    let Stage::Review(plan) = &form.stage else { return ().into_any() };
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

    view! {
        <div data-testid="review">
            <h2 class="review-title" id="review-title" tabindex="-1" autofocus=AUTOFOCUS>
                {title}
            </h2>
            {if is_same { unchanged().into_any() } else { changes(plan).into_any() }}
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
    }
    .into_any()
}

fn unchanged() -> impl IntoView {
    view! { <p class="review-text">"The mapping has this content already. Nothing was written."</p> }
}

fn changes(plan: &Plan) -> impl IntoView + use<> {
    view! {
        {plan::diff(plan.diff.clone())}
        <h3>"Impact"</h3>
        {plan::impact(plan)}
        <h3>"What it will do"</h3>
        {plan::examples(plan)}
    }
}
