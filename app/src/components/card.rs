//! Frames a part of a page under a heading.

use leptos::prelude::*;

/// Shows a card; the children stand below its head, without padding of their own.
#[component]
pub(crate) fn Card(
    #[prop(into)] title: String,
    /// What stands at the end of the head: a link, a legend, a number.
    #[prop(optional)]
    aside: Option<AnyView>,
    /// What tests find the card by.
    #[prop(optional)]
    testid: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card" data-testid=testid>
            <div class="card-head">
                <h2>{title}</h2>
                {aside.map(|aside| view! { <div class="card-aside sub num">{aside}</div> })}
            </div>
            {children()}
        </section>
    }
}
