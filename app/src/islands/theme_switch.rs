//! Switches between the system's theme, light and dark.
//!
//! A form with three buttons: without JavaScript it is posted to `/theme`, which sets the cookie
//! and comes back to the same page. The server alone draws it; the browser listens to it.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::components::icon::{self, Icon};
#[cfg(feature = "ssr")]
use crate::theme::{COOKIE, Theme};

/// Shows the switch: `chosen` is what the page was made with, `return_to` its own path and query.
#[cfg(feature = "ssr")]
pub(crate) fn theme_form(chosen: Theme, return_to: String) -> impl IntoView {
    let button = move |offered: Theme| {
        let (label, path) = match offered {
            Theme::System => ("System theme", icon::SYSTEM),
            Theme::Light => ("Light theme", icon::LIGHT),
            Theme::Dark => ("Dark theme", icon::DARK),
        };
        view! {
            <button
                type="submit"
                name=COOKIE
                value=offered.value()
                title=label
                aria-label=label
                aria-pressed=if chosen == offered { "true" } else { "false" }
            >
                <Icon path />
            </button>
        }
    };

    view! {
        <form method="post" action="/theme">
            <div class="theme-switch" role="group" aria-label="Theme">
                <input type="hidden" name="return_to" value=return_to />
                {Theme::ALL.map(button).into_iter().collect_view()}
            </div>
        </form>
    }
}

/// Listens to the switch, so that the page need not be loaded again.
#[island]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    drop(window_event_listener(leptos::ev::submit, |event| {
        use crate::theme::Theme;
        use wasm_bindgen::JsCast;

        let Some(button) = event.submitter() else { return };
        if !button.closest(".theme-switch").is_ok_and(|form| form.is_some()) {
            return;
        }
        let value = button.get_attribute("value").unwrap_or_default();
        let Some(theme) = Theme::ALL.into_iter().find(|theme| theme.value() == value) else {
            return;
        };
        event.prevent_default();
        theme.choose();
        let Ok(buttons) = document().query_selector_all(".theme-switch button") else { return };
        for index in 0..buttons.length() {
            let Some(other) = buttons.get(index) else { continue };
            let Some(other) = other.dyn_ref::<web_sys::Element>() else { continue };
            let is_pressed = other.get_attribute("value").is_some_and(|other| other == value);
            // The attribute's name is a valid constant.
            drop(other.set_attribute("aria-pressed", if is_pressed { "true" } else { "false" }));
        }
    }));
}
