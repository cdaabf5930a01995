//! Draws what stands around every page: the document, navigation, top bar and banners.

use leptos::prelude::*;

use super::icon::{self, Icon, Seal};
use crate::api::session::{Me, Who};
use crate::islands::clock::Clock;
use crate::islands::shortcuts::{self, Shortcuts};
use crate::islands::status::{Banners, LiveStatus};
use crate::islands::theme_switch::{ThemeSwitch, theme_form};
use crate::numerals::count;
use crate::pages::{Assets, Surroundings};
use crate::theme::Theme;

/// The seal of the brand as the tab's icon: inline, so that no request is made for it.
const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
    viewBox='0 0 24 24'%3E%3Ccircle cx='12' cy='12' r='10.500' fill='%232451c4'/%3E%3Cpath \
    d='M6.500 12h6l3.500-4M12.500 12l3.500 4' stroke='white' stroke-width='2' fill='none'/%3E%3C/svg%3E";

/// What the portal is, for search engines and link previews.
const DESCRIPTION: &str = "Chancery maps URL prefixes to services on Envoy, and shows their \
    traffic live.";

/// The places of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Mappings,
    Services,
    Nodes,
    Activity,
    Teams,
    Claims,
    Requests,
    Certificates,
    Consumers,
    Gateway,
    Users,
    Config,
    About,
}

/// Draws the whole document around a page's content.
pub(crate) fn document(
    surroundings: Surroundings,
    title: &str,
    place: Option<Place>,
    content: AnyView,
) -> impl IntoView + use<> {
    let Surroundings { theme, assets, address, seed, q, kept, me, waiting } = surroundings;
    let kept = kept
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let stale_since = seed.gateway.stale_since;
    let counts = [
        (Place::Mappings, seed.gateway.mappings),
        (Place::Services, seed.gateway.services),
        (Place::Nodes, seed.gateway.nodes),
        (Place::Requests, waiting),
    ];

    let content = view! {
        <div class="frame">
            {navigation(place, &counts, &me)}
            <div class="page">
                <header class="top">
                    <form class="search" role="search" action="/mappings">
                        <Icon path=icon::SEARCH />
                        <input
                            type="search"
                            name="q"
                            value=q
                            placeholder="Find a mapping, a service, or paste a URL"
                            aria-label="Find a mapping by name, prefix, service or label, or by a URL that it serves"
                            autocomplete="off"
                            spellcheck="false"
                            maxlength="200"
                        />
                        <kbd aria-hidden="true">"/"</kbd>
                        {kept.collect_view()}
                    </form>
                    <LiveStatus seed />
                    {account_menu(&me)}
                </header>
                <main id="main" class="main" tabindex="-1">
                    <Banners stale_since />
                    {content}
                </main>
                <div class="foot">
                    {theme_form(theme, address)}
                    <ThemeSwitch />
                    {shortcuts::explained()}
                    <Shortcuts />
                </div>
            </div>
        </div>
        <Clock />
    };
    html(theme, &assets, title, content)
}

/// Draws a page that stands alone: no navigation, and nothing that asks the API.
pub(crate) fn alone(
    surroundings: Surroundings,
    title: &str,
    content: AnyView,
) -> impl IntoView + use<> {
    let Surroundings { theme, assets, address, .. } = surroundings;
    let content = view! {
        <main id="main" class="alone" tabindex="-1">
            <p class="brand">
                <Seal />
                "Chancery"
            </p>
            {content}
        </main>
        <div class="alone-foot">{theme_form(theme, address)} <ThemeSwitch /></div>
    };
    html(theme, &assets, title, content)
}

fn html<C: IntoView>(
    theme: Theme,
    assets: &Assets,
    title: &str,
    content: C,
) -> impl IntoView + use<C> {
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content=DESCRIPTION />
                <title>{format!("{title} · Chancery")}</title>
                <link rel="icon" href=FAVICON />
                {links(assets)}
            </head>
            <body>
                <a class="skip" href="#main">
                    "Skip to content"
                </a>
                {content}
            </body>
        </html>
    }
}

/// Shows who one is, with what belongs to that; it opens without a script.
fn account_menu(me: &Me) -> impl IntoView + use<> {
    if me.who == Who::Open {
        return view! {
            <a class="chip warn open-mode" href="/sign-in" data-testid="open-mode">
                <i aria-hidden="true"></i>
                "Open mode"
            </a>
        }
        .into_any();
    }
    let Some(user) = me.user.clone() else { return ().into_any() };
    let name = if me.display_name.is_empty() { user.clone() } else { me.display_name.clone() };
    let role = if me.is_admin { "Admin" } else { "User" };
    view! {
        <details class="menu" data-testid="account-menu">
            <summary aria-label=format!("Account of {user}")>
                <Icon path=icon::USER />
                <span class="menu-name">{user.clone()}</span>
            </summary>
            <div class="menu-body card">
                <p class="menu-who">
                    <span class="strong">{name}</span>
                    <span class="sub">{role}</span>
                </p>
                <a href="/account">"Your account"</a>
                <form method="post" action="/account">
                    <input type="hidden" name="do" value="session.end" />
                    <button>"Sign out"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// Links the style, and the script that brings the islands to life.
fn links(assets: &Assets) -> impl IntoView + use<> {
    let style = assets.style.clone().map(|href| view! { <link rel="stylesheet" href=href /> });
    let script = assets.script.clone().map(|src| view! { <script type="module" src=src></script> });
    let module = assets.module.clone().map(|href| view! { <link rel="modulepreload" href=href /> });
    let wasm = assets.wasm.clone().map(|href| {
        view! { <link rel="preload" href=href r#as="fetch" type="application/wasm" crossorigin="" /> }
    });
    (style, module, wasm, script)
}

fn navigation(place: Option<Place>, counts: &[(Place, u32)], me: &Me) -> impl IntoView + use<> {
    let items = [
        (Place::Overview, "/", "Overview", icon::OVERVIEW),
        (Place::Mappings, "/mappings", "Mappings", icon::MAPPINGS),
        (Place::Services, "/services", "Services", icon::SERVICES),
        (Place::Nodes, "/nodes", "Nodes", icon::NODES),
        (Place::Activity, "/activity", "Activity", icon::ACTIVITY),
        (Place::Teams, "/teams", "Teams", icon::TEAMS),
        (Place::Claims, "/claims", "Claims", icon::CLAIMS),
        (Place::Requests, "/requests", "Requests", icon::REQUESTS),
        (Place::Certificates, "/certificates", "Certificates", icon::CERTIFICATES),
        (Place::Consumers, "/consumers", "Consumers", icon::CONSUMERS),
        (Place::Gateway, "/gateway", "Gateway", icon::GATEWAY),
        (Place::Users, "/users", "Users", icon::USER),
        (Place::Config, "/config", "Envoy config", icon::CONFIG),
        (Place::About, "/about", "About", icon::ABOUT),
    ];
    let (is_admin, sees_all) = (me.is_admin, me.installation.is_some());
    let is_shown = |(this, ..): &(Place, _, _, _)| match this {
        Place::Users => is_admin,
        Place::Config => sees_all,
        _ => true,
    };
    let item = |(this, href, label, path)| {
        // that nothing waits goes without saying
        let is_told = |number| this != Place::Requests || number > 0;
        let known = counts.iter().find(|(place, number)| *place == this && is_told(*number));
        let count = known.map(|(_, number)| {
            view! { <span class="nav-count num">{count(u64::from(*number))}</span> }
        });
        let current = (place == Some(this)).then_some("page");
        let begins_group = match this {
            Place::Teams | Place::Config => true,
            Place::About => !sees_all,
            _ => false,
        };
        let class = if begins_group { "nav-group" } else { "" };
        view! {
            <li class=class>
                <a class="nav-item" href=href aria-current=current>
                    <Icon path />
                    <span class="nav-label">{label}</span>
                    {count}
                </a>
            </li>
        }
    };

    view! {
        <nav class="nav" aria-label="Main">
            <a class="brand" href="/">
                <Seal />
                "Chancery"
            </a>
            <ul class="nav-items">{items.into_iter().filter(is_shown).map(item).collect_view()}</ul>
        </nav>
    }
}
