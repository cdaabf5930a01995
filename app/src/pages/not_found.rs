//! The page for an address that names nothing.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::client::set_page_status;
use crate::components::heading::Heading;

/// Shows that there is nothing, with status 404.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    set_page_status(404);

    view! {
        <Title text="Not found" />
        <section class="card empty">
            <Heading>"There is no such page"</Heading>
            <p>"The address may be mistyped, or what it named is gone."</p>
            <p>
                <a class="btn btn-primary" href="/mappings">
                    "All mappings"
                </a>
            </p>
        </section>
    }
}
