//! Says that there is nothing to show, why, and what to do.
//!
//! Nothing yet, nothing found and not loaded are three different things: each page says which.

use leptos::prelude::*;

/// Shows a card in place of a list.
#[component]
pub(crate) fn Empty(
    #[prop(into)] title: String,
    testid: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card empty" data-testid=testid>
            <h2>{title}</h2>
            {children()}
        </section>
    }
}
