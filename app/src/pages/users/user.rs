//! The page of a user, for admins.

use leptos::prelude::*;

use super::{about, standing};
use crate::api::client::Client;
use crate::api::session::TeamRole;
use crate::api::user::User;
use crate::components::action::{ActionForm, Tick, Tried};
use crate::components::card::Card;
use crate::components::chip::Tone;
use crate::components::frame::Place;
use crate::components::note::Note;
use crate::components::page_head::{Crumbs, PageHead};
use crate::pages::query::Query;
use crate::pages::sign_in::password_field;
use crate::pages::teams::{self, role_chip};
use crate::pages::{Loaded, Visit, failure};

/// `/users/{name}`
pub(in crate::pages) async fn user(
    client: &Client,
    visit: &Visit,
    name: &str,
    query: &Query,
) -> Loaded {
    let user = match client.user(name).await {
        Ok(user) => user,
        Err(error) => return failure::failed(Place::Users, "The user", error),
    };
    let [changed, password, deleted] =
        ["user.patch", "user.password", "user.delete"].map(|it| Tried::of(visit.acted(), it));
    let has_new_password = query.get("changed").is_some() && visit.posted.is_none();
    Loaded::new(user.name.clone(), Place::Users, move || {
        let said = has_new_password.then(|| {
            view! {
                <Note tone=Tone::Ok testid="changed">
                    <p>"The password is set, and their sessions have ended."</p>
                </Note>
            }
        });
        let standing = standing(&user);
        view! {
            <Crumbs
                above=vec![("/users".to_owned(), "Users".to_owned())]
                here=user.name.clone()
            />
            <PageHead title=user.name.clone() sub=user.display_name.clone().into_any()>
                {standing}
            </PageHead>
            {said}
            <div class="columns">
                <div class="stack">{settings(&user, &changed)}</div>
                <div class="stack">
                    {own_teams(&user)} {set_password(&password)} {removal(&user, &deleted)}
                </div>
            </div>
        }
    })
}

fn settings(user: &User, tried: &Tried) -> impl IntoView + use<> {
    let by_group = user.is_admin_by_group.then(|| {
        view! { <p class="hint">"Admin by a group of the identity provider, too."</p> }
    });
    let (tried, fields) = (tried.clone(), about(tried, &user.display_name, &user.email));
    let (is_admin, is_disabled) = (user.is_admin, user.is_disabled);
    view! {
        <Card title="About the user" testid="user-settings">
            <ActionForm
                to="user.patch"
                class="form"
                tried=tried.clone()
                fields=&["display_name", "email"]
            >
                {fields}
                <Tick
                    name="is_admin"
                    label="Admin of the installation"
                    tried=tried.clone()
                    checked=is_admin
                    hint="Sees and decides on everything"
                />
                {by_group}
                <Tick
                    name="is_disabled"
                    label="Disabled"
                    tried=tried.clone()
                    checked=is_disabled
                    hint="May not sign in; the sessions end at once"
                />
                <div class="form-actions">
                    <button class="btn btn-primary">"Save"</button>
                </div>
            </ActionForm>
        </Card>
    }
}

fn own_teams(user: &User) -> impl IntoView + use<> {
    let row = |own: TeamRole| {
        view! {
            <li>
                <div class="item-text">
                    <a class="name" href=teams::address(&own.team)>
                        {own.team.clone()}
                    </a>
                </div>
                {role_chip(own.role)}
            </li>
        }
    };
    let is_empty = user.teams.is_empty();
    let rows = user.teams.iter().cloned().map(row).collect_view();
    view! {
        <Card title="Teams" testid="user-teams">
            <ul class="items">{rows}</ul>
            {is_empty
                .then(|| {
                    view! {
                        <p class="card-empty">
                            "In no team yet. Members are added on the page of a team."
                        </p>
                    }
                })}
        </Card>
    }
}

fn set_password(tried: &Tried) -> impl IntoView + use<> {
    let (tried, field) = (tried.clone(), password_field("password", "New password", tried));
    view! {
        <Card title="Password" testid="user-password">
            <ActionForm to="user.password" class="form" tried fields=&["password"]>
                {field}
                <p class="hint">"Their sessions end when it is set."</p>
                <div class="form-actions">
                    <button class="btn">"Set password"</button>
                </div>
            </ActionForm>
        </Card>
    }
}

fn removal(user: &User, tried: &Tried) -> impl IntoView + use<> {
    let (tried, is_open) = (tried.clone(), tried.refusal().is_some());
    let name = user.name.clone();
    view! {
        <Card title="Delete the user" testid="user-removal">
            <details class="ask" open=is_open>
                <summary>"Delete " {name} " …"</summary>
                <ActionForm to="user.delete" class="form" tried>
                    <p>
                        "Their sessions end, and they leave their teams. What they have made stays, under their name."
                    </p>
                    <div class="form-actions">
                        <button class="btn btn-danger">"Delete user"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}
