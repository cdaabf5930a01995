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
    let shown = view! {
        <span class="sub num" data-testid="shown">
            {shown}
        </span>
    };
    links(shown, [(previous, "Previous", Some("prev")), (next, "Next", Some("next"))])
}

/// Leads onward through a list whose parts are only known one after the other.
#[component]
pub(crate) fn Onward(
    /// Address of the first part; `None` when this is it.
    first: Option<String>,
    /// Address of the part after; `None` on the last.
    next: Option<String>,
) -> impl IntoView {
    links((), [(first, "First page", None), (next, "Next page", Some("next"))])
}

/// Leads back in time, and to now.
#[component]
pub(crate) fn ByAge(
    /// Address of the newest part; `None` when this is it.
    newest: Option<String>,
    /// Address of the part before this in time; `None` on the oldest.
    older: Option<String>,
) -> impl IntoView {
    links(view! { <span></span> }, [(newest, "Newest", None), (older, "Older", None)])
}

fn links(
    shown: impl IntoView,
    links: [(Option<String>, &'static str, Option<&'static str>); 2],
) -> impl IntoView {
    let link = |(href, label, rel): (Option<String>, _, _)| {
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
            {shown}
            {links.map(link).into_iter().collect_view()}
        </nav>
    }
}
