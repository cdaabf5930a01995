//! Tells something that its reader should know, with what to do about it.

use leptos::prelude::*;

use super::chip::Tone;
use super::icon::{self, Icon};

/// Shows a note in the colour of its tone.
#[component]
pub(crate) fn Note(
    tone: Tone,
    /// What tests find the note by.
    #[prop(optional)]
    testid: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class=format!("note {}", tone.class()) data-testid=testid>
            <Icon path=icon::WARNING />
            <div>{children()}</div>
        </div>
    }
}
