//! Guides through the form of a mapping in the browser: previews while one types, reviews and
//! applies in place, and asks before something typed is lost.
//!
//! ```text
//! input, submit ─▶ POST to the form's own address, as without JavaScript ─▶ the page, rendered
//!                                                                             │
//!        a redirect: go there ◀── or ── the form and what stands beside it ◀──┘ take their place
//! ```
//! The server renders the form in each of its stages, for who has no JavaScript as for this: one
//! form, drawn in one place. Nothing about mappings is known here.

#[cfg(feature = "hydrate")]
mod guide;
#[cfg(feature = "hydrate")]
mod sheet;

use leptos::prelude::*;

/// Listens to the form of the page; shows nothing itself.
#[island]
pub(crate) fn FormGuide() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    guide::begin();
}
