//! Teams: the list that everyone may see, and the form for a new one.

mod members;
mod settings;
mod team;

use leptos::prelude::*;

pub(super) use self::team::team;
use super::{Loaded, Visit, failure};
use crate::api::client::{Client, encode_segment};
use crate::api::team::{Role, TeamList, TeamSummary};
use crate::components::action::{ActionForm, TextField, Tried};
use crate::components::chip::Tone;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::numerals::{UNKNOWN, count, counted};

/// `/teams`
pub(super) async fn page(client: &Client, visit: &Visit) -> Loaded {
    let is_admin = visit.me.is_admin;
    match client.teams().await {
        Ok(teams) => Loaded::new("Teams", Place::Teams, move || list(teams, is_admin)),
        Err(error) => failure::failed(Place::Teams, "The teams", error),
    }
}

fn list(teams: TeamList, is_admin: bool) -> impl IntoView {
    let TeamList { items } = teams;
    let all = counted(items.len() as u64, "team");
    let own = items.iter().filter(|team| team.role.is_some()).count() as u64;
    let summary = match own {
        0 => all,
        own => format!("{all}, {} of them yours", count(own)),
    };
    let mut items = items;
    // one's own first; the rest by name
    items.sort_by_key(|team| std::cmp::Reverse(team.role));
    let create = is_admin.then(|| {
        view! {
            <a class="btn btn-primary" href="/teams/new">
                "New team"
            </a>
        }
    });
    view! {
        <PageHead title="Teams" sub=summary.into_any()>
            {create}
        </PageHead>
        <div class="card records-card">
            <table class="table records" data-testid="teams">
                <thead>
                    <tr>
                        <th scope="col">"Team"</th>
                        <th scope="col">"You"</th>
                        <th scope="col">"Contact"</th>
                        <th scope="col" class="num">
                            "Members"
                        </th>
                        <th scope="col" class="num">
                            "Mappings"
                        </th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(team: TeamSummary) -> impl IntoView {
    let TeamSummary { name, title, contact, role, members, mappings } = team;
    let number = |number: Option<u32>| {
        number.map_or_else(|| UNKNOWN.to_owned(), |number| count(number.into()))
    };
    // who is no member sees no page of it
    let named = match members {
        Some(_) => view! {
            <a class="name" href=address(&name)>
                {name.clone()}
            </a>
        }
        .into_any(),
        None => view! { <span class="strong">{name.clone()}</span> }.into_any(),
    };
    view! {
        <tr data-team=name>
            <th scope="row">{named} <span class="sub">{title}</span></th>
            <td data-label="You">{role.map(role_chip)}</td>
            <td data-label="Contact">{contact}</td>
            <td data-label="Members" class="num">
                {number(members)}
            </td>
            <td data-label="Mappings" class="num">
                {number(mappings)}
            </td>
        </tr>
    }
}

/// Returns the address of a team's page.
pub(super) fn address(name: &str) -> String {
    format!("/teams/{}", encode_segment(name))
}

/// Shows a role as a chip.
pub(super) fn role_chip(role: Role) -> impl IntoView {
    let tone = match role {
        Role::Owner => Tone::Accent,
        Role::Editor => Tone::Ok,
        Role::Viewer => Tone::Idle,
    };
    view! {
        <span class=format!("chip {}", tone.class()) title=meaning(role)>
            <i aria-hidden="true"></i>
            {words(role)}
        </span>
    }
}

fn words(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Editor => "Editor",
        Role::Owner => "Owner",
    }
}

fn meaning(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Sees mappings and their numbers",
        Role::Editor => "Creates, changes and deletes mappings, too",
        Role::Owner => "Decides on members, tokens, claims and requests, too",
    }
}

/// Returns the roles as a form offers them.
fn roles() -> Vec<(String, String)> {
    let option = |role: Role| (role.word().to_owned(), words(role).to_owned());
    Role::ALL.map(option).into_iter().collect()
}

/// `/teams/new`
pub(super) fn create(visit: &Visit) -> Loaded {
    let tried = Tried::of(visit.acted(), "team.create");
    let me = visit.me.user.clone().unwrap_or_default();
    if !visit.me.is_admin {
        return failure::forbidden(Place::Teams, "Only an admin can make a team.");
    }
    Loaded::new("New team", Place::Teams, move || {
        view! {
            <Crumbs above=vec![("/teams".to_owned(), "Teams".to_owned())] here="new" />
            <PageHead title="New team" />
            <ActionForm
                to="team.create"
                class="card form confirm"
                tried=tried.clone()
                fields=&["name", "title", "contact", "owner"]
            >
                <TextField
                    name="name"
                    label="Name"
                    tried=tried.clone()
                    hint="1 to 40 lower-case letters, digits, `-`, `_`, `.` and `@`; it stays"
                    maxlength=40
                    required=true
                    autofocus=true
                />
                <TextField name="title" label="Title" tried=tried.clone() maxlength=100 />
                <TextField
                    name="contact"
                    label="Contact"
                    tried=tried.clone()
                    hint="How to reach the team; everyone sees it who asks whose a URL is"
                />
                <TextField
                    name="owner"
                    label="First owner"
                    value=me
                    tried=tried.clone()
                    hint="The name of a user, who then adds the other members"
                    maxlength=40
                />
                <div class="form-actions">
                    <a class="btn" href="/teams">
                        "Cancel"
                    </a>
                    <button class="btn btn-primary">"Make the team"</button>
                </div>
            </ActionForm>
        }
    })
}
