//! Shows a page's heading, and takes the focus there when the reader comes from another page.
//!
//! Without it a screen reader stays silent after a navigation in the browser, and the keyboard
//! starts again at the top.

use leptos::html;
use leptos::prelude::*;

/// Whether a page is already open: the first one keeps the focus that the browser gave it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrived(StoredValue<bool>);

impl Arrived {
    pub(crate) fn new() -> Self {
        Self(StoredValue::new(false))
    }

    /// Notes the arrival at a page; returns whether it was by navigation in the browser.
    pub(crate) fn note(self) -> bool {
        self.0.try_update_value(|arrived| std::mem::replace(arrived, true)).unwrap_or(false)
    }
}

/// Shows the `h1` of a page.
#[component]
pub(crate) fn Heading(children: Children) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    let arrived = expect_context::<Arrived>();
    Effect::new(move || {
        if let Some(heading) = heading.get()
            && arrived.note()
        {
            // Focus is a convenience: where it is refused the page still works.
            drop(heading.focus());
        }
    });

    view! {
        <h1 tabindex="-1" node_ref=heading>
            {children()}
        </h1>
    }
}
