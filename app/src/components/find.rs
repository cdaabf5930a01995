//! The form that looks for something in a list: plain, its words are in the address.

use leptos::prelude::*;

/// Shows the form, what it has found, and the way back to the whole list.
#[component]
pub(crate) fn Find(
    /// Address of the list.
    action: &'static str,
    /// What the list is of, for those who hear the page.
    list: &'static str,
    /// What is looked for: `Find a service`.
    placeholder: &'static str,
    /// By what it is found, where that is more than the placeholder says.
    #[prop(optional)]
    label: Option<&'static str>,
    /// What is looked for now.
    q: String,
    /// How many there are.
    shown: String,
    /// A choice of the list that the search keeps: its parameter, and what is chosen.
    #[prop(optional)]
    kept: Option<(&'static str, String)>,
) -> impl IntoView {
    let kept = kept.filter(|(_, value)| !value.is_empty());
    let is_filtered = !q.is_empty() || kept.is_some();
    view! {
        <form class="filter" action=action role="search" aria-label=list>
            <input
                class="input"
                type="search"
                name="q"
                value=q
                placeholder=placeholder
                aria-label=label.unwrap_or(placeholder)
                autocomplete="off"
                spellcheck="false"
                maxlength="200"
            />
            {kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> })}
            <button class="btn">"Find"</button>
            {is_filtered.then(|| view! { <a class="btn" href=action>"Clear"</a> })}
            <span class="sub num filter-count" data-testid="count">
                {shown}
            </span>
        </form>
    }
}
