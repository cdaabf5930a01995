//! Holds what Chancery's browser and server share: the wire types and the portal.
//!
//! ```text
//! server (`ssr`)                             browser (`hydrate`)
//!   shell ─ App ─ pages ──▶ HTML ──────────────▶ hydrate ─ App ─ pages
//!     │ api::client, in process                    │ api::client, by fetch
//!     ▼                                            ▼ live, by websocket
//!   the REST router                              signals ─▶ cells of the page
//! ```
//! Not here: any rule about mappings (the server's `gateway`), any route of the server, and
//! anything that knows axum.

// The view types of a page nest deeper than the default limit of 128.
#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("build `app` for the server (`ssr`) or for the browser (`hydrate`), not for both");

pub mod api;
mod components;
mod curl;
mod live;
mod numerals;
pub mod pages;
mod theme;

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

use crate::components::frame::Frame;
use crate::live::store::{Live, Snapshot};
use crate::pages::delete_mapping::DeleteMapping;
use crate::pages::mappings::Mappings;
use crate::pages::new_mapping::NewMapping;
use crate::pages::not_found::NotFound;
use crate::theme::Theme;

/// The seal of the brand as the tab's icon: inline, so that no request is made for it.
const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
    viewBox='0 0 24 24'%3E%3Ccircle cx='12' cy='12' r='10.500' fill='%232451c4'/%3E%3Cpath \
    d='M6.500 12h6l3.500-4M12.500 12l3.500 4' stroke='white' stroke-width='2' fill='none'/%3E%3C/svg%3E";

/// Renders the document around the portal, on the server only.
///
/// Theme: the cookie's choice becomes `data-theme` here, so that no page flashes in the other one.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = Theme::of_request();

    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href=FAVICON />
                <link rel="stylesheet" href=format!("/{}/{}.css", options.site_pkg_dir, options.output_name) />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Renders the portal: its frame and the page that the address names.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let live = Live::new();
    provide_context(live);
    provide_context(Snapshot::fetch(live));
    provide_context(RwSignal::new(Theme::current()));

    // After the page has taken over the server's HTML; effects do not run on the server.
    #[cfg(feature = "hydrate")]
    Effect::new(move || live::socket::follow(live));

    // `Async`: a page is whole before it is sent, so it also works without JavaScript, and its
    // status code can follow from what it found.
    view! {
        <Title formatter=|page: String| format!("{page} · Chancery") />
        <Router>
            <Frame>
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=Mappings ssr=SsrMode::Async />
                    <Route path=path!("/mappings") view=Mappings ssr=SsrMode::Async />
                    <Route path=path!("/mappings/new") view=NewMapping ssr=SsrMode::Async />
                    <Route path=path!("/mappings/:name/delete") view=DeleteMapping ssr=SsrMode::Async />
                    <Route path=path!("/*any") view=NotFound ssr=SsrMode::Async />
                </FlatRoutes>
            </Frame>
        </Router>
    }
}
