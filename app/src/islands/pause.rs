//! Stops the page's numbers, and lets them go on.
//!
//! WCAG 2.2, 2.2.2 asks for it of everything that changes by itself. Frames still come while the
//! page is paused; when it goes on it is shown the newest.

use leptos::prelude::*;

use crate::live::store::Live;

/// Shows the button.
#[island]
pub(crate) fn Pause() -> impl IntoView {
    let is_paused = Live::of_page().is_paused;
    let (shown, pressed) = (is_paused.clone(), is_paused.clone());

    view! {
        <button
            type="button"
            class="btn needs-script"
            data-testid="pause"
            title="Stop the numbers of this page"
            aria-pressed=move || if pressed.get() { "true" } else { "false" }
            on:click=move |_| is_paused.update(|is_paused| *is_paused = !*is_paused)
        >
            {move || if shown.get() { "Paused" } else { "Pause" }}
        </button>
    }
}
