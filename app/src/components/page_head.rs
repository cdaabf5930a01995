//! Opens a page: its title, what it shows, and what one can do there.

use leptos::prelude::*;

/// Shows the head; the children are links and buttons at its end.
#[component]
pub(crate) fn PageHead(
    #[prop(into)] title: String,
    /// A line below the title.
    #[prop(optional)]
    sub: Option<AnyView>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let actions = children.map(|children| view! { <div class="page-actions">{children()}</div> });
    view! {
        <div class="page-head">
            <div>
                <h1>{title}</h1>
                {sub.map(|sub| view! { <p class="sub num">{sub}</p> })}
            </div>
            {actions}
        </div>
    }
}

/// Shows the way from a list to the page: `Mappings › checkout`.
#[component]
pub(crate) fn Crumbs(
    /// Address and name of each page above, the outermost first.
    above: Vec<(String, String)>,
    /// Name of the page itself.
    #[prop(into)]
    here: String,
) -> impl IntoView {
    let link = |(href, name): (String, String)| {
        view! {
            <li>
                <a href=href>{name}</a>
            </li>
        }
    };
    view! {
        <nav class="crumbs sub" aria-label="Breadcrumb">
            <ol>
                {above.into_iter().map(link).collect_view()} <li aria-current="page">{here}</li>
            </ol>
        </nav>
    }
}
