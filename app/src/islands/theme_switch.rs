//! Switches between the system's theme, light and dark.
//!
//! A form with three buttons: without JavaScript it is posted to `/theme`, which sets the cookie
//! and comes back to the same page.

use leptos::prelude::*;

use crate::components::icon::{self, Icon};
use crate::theme::{COOKIE, Theme};

/// Shows the switch.
#[island]
pub(crate) fn ThemeSwitch(
    /// The choice that the page was made with.
    chosen: Theme,
    /// Where the page comes back to: its own path and query.
    return_to: String,
) -> impl IntoView {
    let theme = RwSignal::new(chosen);
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
                aria-pressed=move || if theme.get() == offered { "true" } else { "false" }
                on:click=move |event| {
                    event.prevent_default();
                    offered.choose();
                    theme.set(offered);
                }
            >
                <Icon path />
            </button>
        }
    };

    view! {
        <form class="theme-switch" method="post" action="/theme" role="group" aria-label="Theme">
            <input type="hidden" name="return_to" value=return_to />
            {Theme::ALL.map(button).into_iter().collect_view()}
        </form>
    }
}
