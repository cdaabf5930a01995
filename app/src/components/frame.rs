//! Draws what stands around every page: navigation, top bar, banners, and the keyboard's way to
//! the most common action.

use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};
use wasm_bindgen::JsCast;

use super::heading::Arrived;
use super::icon::{self, Icon, Seal};
use super::loaded::Loaded;
use super::status::{Banners, LiveStatus};
use super::theme_switch::ThemeSwitch;
use crate::live::store::Live;
use crate::numerals::count;

/// Opens the form for a new mapping from anywhere but a field.
const NEW_MAPPING_KEY: &str = "n";

/// Draws the frame around the page that the router chose.
#[component]
pub(crate) fn Frame(children: Children) -> impl IntoView {
    provide_context(Arrived::new());
    let live = expect_context::<Live>();
    let pathname = use_location().pathname;
    let is_at_mappings = Memo::new(move |_| {
        pathname.with(|path| path == "/" || path == "/mappings" || path.starts_with("/mappings/"))
    });
    listen_for_keys();

    view! {
        <a class="skip" href="#main" rel="external">
            "Skip to content"
        </a>
        <div class="frame">
            <nav class="nav" aria-label="Main">
                <a class="brand" href="/mappings">
                    <Seal />
                    "Chancery"
                </a>
                <ul class="nav-items">
                    <li>
                        <a
                            class="nav-item"
                            href="/mappings"
                            aria-current=move || is_at_mappings.get().then_some("page")
                        >
                            <Icon path=icon::MAPPINGS />
                            "Mappings"
                            <Loaded>
                                <span class="nav-count num" data-testid="nav-count">
                                    {move || live.rows.with(|rows| count(rows.len() as u64))}
                                </span>
                            </Loaded>
                        </a>
                    </li>
                </ul>
                <ThemeSwitch />
            </nav>
            <div class="page">
                <header class="top">
                    <a class="brand brand-small" href="/mappings" aria-label="Chancery">
                        <Seal />
                    </a>
                    <Loaded>
                        <LiveStatus />
                    </Loaded>
                </header>
                <main id="main" class="main" tabindex="-1">
                    <Loaded>
                        <Banners />
                    </Loaded>
                    {children()}
                </main>
            </div>
        </div>
    }
}

/// Listens while the frame is there, in the browser only: effects do not run on the server.
fn listen_for_keys() {
    let navigate = use_navigate();
    Effect::new(move || {
        let navigate = navigate.clone();
        let handle = window_event_listener(ev::keydown, move |event| {
            let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
            if event.key() == NEW_MAPPING_KEY && !has_modifier && !is_typing(&event) {
                event.prevent_default();
                navigate("/mappings/new", leptos_router::NavigateOptions::default());
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// Tells whether a key goes into a field.
fn is_typing(event: &ev::KeyboardEvent) -> bool {
    let Some(target) = event.target() else { return false };
    let Some(element) = target.dyn_ref::<web_sys::HtmlElement>() else { return false };
    element.is_content_editable()
        || ["INPUT", "TEXTAREA", "SELECT"].contains(&element.tag_name().as_str())
}
