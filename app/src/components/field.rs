//! Shows one field of a form: label, input, hint, and what is wrong with it.

use leptos::html;
use leptos::prelude::*;

use super::message::message;

/// Shows a text field whose name is also its id.
///
/// The input is the browser's own: what was typed before the page came to life is taken over, not
/// replaced.
#[component]
pub(crate) fn Field(
    /// The field's name in the form, in the REST API's body, and in its errors.
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: RwSignal<String>,
    /// What the server found wrong with it.
    #[prop(into)]
    error: Signal<Option<String>>,
    #[prop(optional)] placeholder: &'static str,
    /// Whether the value is a path or an address, which are set in the monospaced face.
    #[prop(optional)]
    is_code: bool,
    #[prop(optional)] is_required: bool,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    Effect::new(move || {
        if let Some(input) = input.get() {
            value.set(input.value());
        }
    });
    let hint_id = format!("{name}-hint");
    let error_id = format!("{name}-error");
    let described_by = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        move || match error.with(Option::is_some) {
            true => format!("{error_id} {hint_id}"),
            false => hint_id.clone(),
        }
    };

    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type="text"
                class=if is_code { "mono" } else { "" }
                value=value.get_untracked()
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-required=is_required.then_some("true")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described_by
                node_ref=input
                on:input=move |event| value.set(event_target_value(&event))
            />
            {move || {
                let error_id = error_id.clone();
                error
                    .get()
                    .map(|text| {
                        view! {
                            <p class="field-error" id=error_id>
                                {message(&text)}
                            </p>
                        }
                    })
            }}
            <p class="hint" id=hint_id>
                {hint}
            </p>
        </div>
    }
}
