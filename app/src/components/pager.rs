//! Leads from one page of a list to the next.

use leptos::prelude::*;

/// Shows which part of the list this is, and the links to the parts before and after.
#[component]
pub(crate) fn Pager(
    /// What is shown: `1–50 of 248`.
    #[prop(into)]
    shown: String,
    /// Address of the part before; `None` on the first.
    previous: Option<String>,
    /// Address of the part after; `None` on the last.
    next: Option<String>,
) -> impl IntoView {
    let link = |href: Option<String>, label, rel| {
        href.map(|href| {
            view! {
                <a class="btn" href=href rel=rel>
                    {label}
                </a>
            }
        })
    };
    view! {
        <nav class="pager" aria-label="Pages">
            <span class="sub num" data-testid="shown">
                {shown}
            </span>
            {link(previous, "Previous", "prev")}
            {link(next, "Next", "next")}
        </nav>
    }
}
