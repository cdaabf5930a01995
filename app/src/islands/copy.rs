//! Copies a text of the page to the clipboard.
//!
//! Without JavaScript the button is not shown (see `style/components.css`): the text can be
//! selected.

use leptos::prelude::*;

/// How long the button says that it has copied, in milliseconds.
const SAID_MS: u64 = 2_000;

/// Shows the button.
#[island]
pub(crate) fn Copy(
    /// Id of the element whose text is copied.
    target: String,
    /// What is copied, for screen readers: `the configuration`.
    what: String,
) -> impl IntoView {
    let said = RwSignal::new("Copy");
    let copy = move |_| {
        let Some(element) = document().get_element_by_id(&target) else { return };
        let text = element.text_content().unwrap_or_default();
        // The clipboard is only there on localhost and over TLS.
        let clipboard = window().navigator().clipboard();
        drop(clipboard.write_text(text.trim_end()));
        said.set("Copied");
        set_timeout(
            move || {
                said.try_set("Copy");
            },
            std::time::Duration::from_millis(SAID_MS),
        );
    };

    view! {
        <button type="button" class="btn btn-small needs-script" aria-label=format!("Copy {what}") on:click=copy>
            <span aria-live="polite">{move || said.get()}</span>
        </button>
    }
}
