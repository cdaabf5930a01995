//! The page of a team: its members, its tokens, and what it says of itself.

use leptos::prelude::*;

use super::{members, settings};
use crate::api::client::Client;
use crate::api::team::{Role, Team};
use crate::api::token::TokenList;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::numerals::counted;
use crate::pages::{Loaded, Visit, claims, failure, tokens};

/// `/teams/{name}`
pub(in crate::pages) async fn team(client: &Client, visit: &Visit, name: &str) -> Loaded {
    let team = match client.team(name).await {
        Ok(team) => team,
        Err(error) if error.status() == Some(404) => return no_team(name),
        Err(error) => return failure::failed(Place::Teams, "The team", error),
    };
    let is_owner = visit.me.may(Role::Owner, name);
    let tokens = if is_owner { client.tokens(Some(name)).await.ok() } else { None };
    let claimed = claims::load_of_team(client, name).await;
    let acted = visit.acted().cloned();
    let me = visit.me.clone();
    Loaded::new(team.name.clone(), Place::Teams, move || {
        let Team { name, title, contact, role, mappings, .. } = team.clone();
        let list = format!("/mappings?team={}", crate::pages::encode_segment(&name));
        let sub = view! {
            {(!title.is_empty()).then(|| format!("{title} · "))}
            <a href=list>{counted(mappings.into(), "mapping")}</a>
            {(!contact.is_empty()).then(|| format!(" · {contact}"))}
        };
        view! {
            <Crumbs above=vec![("/teams".to_owned(), "Teams".to_owned())] here=name.clone() />
            <PageHead title=name.clone() sub=sub.into_any()>
                {role.map(super::role_chip)}
            </PageHead>
            <div class="columns">
                <div class="stack">
                    {members::card(&team, &me, acted.as_ref())}
                    {claimed.map(|page| claims::card_of_team(&name, page))}
                    {tokens.map(|tokens: TokenList| tokens::card(tokens, acted.as_ref()))}
                </div>
                <div class="stack">
                    {is_owner.then(|| settings::card(&team, acted.as_ref()))}
                    {me.is_admin.then(|| settings::removal(&team, acted.as_ref()))}
                </div>
            </div>
        }
    })
}

/// Whether there is no such team, or only none for the caller, is not told apart.
fn no_team(name: &str) -> Loaded {
    let name = name.to_owned();
    let text = view! {
        "Nothing is named "
        <code>{name}</code>
        ", or you are no member. An owner of the team can add you."
    };
    failure::none(Place::Teams, "team", text, ("/teams", "All teams"))
}
