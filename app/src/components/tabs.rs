//! Links between views of the same thing, of which one is shown: tabs and switches.

use leptos::prelude::*;

/// One view that can be shown.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    pub(crate) href: String,
    pub(crate) label: String,
    pub(crate) is_current: bool,
}

/// How the links look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// A line of tabs over what they show.
    Tabs,
    /// Buttons that stick together.
    Switch,
}

/// Shows the links; they load the page with the other view.
#[component]
pub(crate) fn Tabs(
    /// What is chosen, for screen readers.
    #[prop(into)]
    label: String,
    look: Look,
    tabs: Vec<Tab>,
) -> impl IntoView {
    let class = match look {
        Look::Tabs => "tabs",
        Look::Switch => "switch",
    };
    let item = |tab: Tab| {
        view! {
            <li>
                <a href=tab.href aria-current=tab.is_current.then_some("page")>
                    {tab.label}
                </a>
            </li>
        }
    };
    view! {
        <nav class=class aria-label=label>
            <ul>{tabs.into_iter().map(item).collect_view()}</ul>
        </nav>
    }
}
