//! Users, for admins: the list, and the form for a new one.

mod user;

use leptos::prelude::*;

pub(super) use self::user::user;
use super::query::Query;
use super::{Loaded, Visit, encode_segment, failure, teams};
use crate::api::client::Client;
use crate::api::user::{User, UserPage};
use crate::components::action::{ActionForm, TextField, Tick, Tried};
use crate::components::chip::Tone;
use crate::components::empty::Empty;
use crate::components::find::Find;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::pager::Onward;
use crate::components::time::Ago;
use crate::numerals::{count, counted};

/// Users of a page.
const ROWS: u32 = 50;

/// `/users`
pub(super) async fn page(client: &Client, query: &Query) -> Loaded {
    let mut q = query.text("q");
    let mut cursor = query.get("cursor");
    let mut loaded = client.users(&q, ROWS, cursor).await;
    // an address that was cut, or typed
    if loaded.as_ref().is_err_and(|error| error.status() == Some(400)) {
        q.clear();
        cursor = None;
        loaded = client.users("", ROWS, None).await;
    }
    let is_first = cursor.is_none();
    match loaded {
        Ok(page) => Loaded::new("Users", Place::Users, move || list(page, q, is_first)),
        Err(error) => failure::failed(Place::Users, "The users", error),
    }
}

fn list(page: UserPage, q: String, is_first: bool) -> impl IntoView {
    let UserPage { items, total, matched, next_cursor } = page;
    let shown = match q.is_empty() {
        true => counted(total.into(), "user"),
        false => format!("{} of {}", count(matched.into()), counted(total.into(), "user")),
    };
    let address =
        |cursor: &str| format!("/users?q={}&cursor={}", encode_segment(&q), encode_segment(cursor));
    let first = (!is_first).then(|| format!("/users?q={}", encode_segment(&q)));
    let next = next_cursor.as_deref().map(address);
    let is_searched = !q.is_empty();
    view! {
        <PageHead title="Users">
            <a class="btn" href="/tokens">
                "Tokens of the installation"
            </a>
            <a class="btn btn-primary" href="/users/new">
                "New user"
            </a>
        </PageHead>
        <Find
            action="/users"
            list="Users"
            placeholder="Find a user"
            label="Find a user by name or address"
            q=q.clone()
            shown
        />
        {match (items.is_empty(), is_searched) {
            (false, _) => table(items).into_any(),
            (true, true) => none_match(q.clone()).into_any(),
            (true, false) => none_yet().into_any(),
        }}
        <Onward first next />
    }
}

fn none_yet() -> impl IntoView {
    view! {
        <Empty title="No users yet" testid="none-yet">
            <p>
                "Nobody can sign in yet. Make the first user an admin, then require the sign-in with "
                <code>"chancery serve --sign-in required"</code> "."
            </p>
            <p>
                <a class="btn btn-primary" href="/users/new">
                    "New user"
                </a>
            </p>
        </Empty>
    }
}

fn none_match(q: String) -> impl IntoView {
    view! {
        <Empty title="No user matches" testid="none-match">
            <p>"None has " <code>{q}</code> " in their name or address."</p>
            <p>
                <a class="btn" href="/users">
                    "All users"
                </a>
            </p>
        </Empty>
    }
}

fn table(items: Vec<User>) -> impl IntoView {
    view! {
        <div class="card records-card">
            <table class="table records" data-testid="users">
                <thead>
                    <tr>
                        <th scope="col">"User"</th>
                        <th scope="col">"Is"</th>
                        <th scope="col">"Teams"</th>
                        <th scope="col">"Signs in by"</th>
                        <th scope="col">"Last signed in"</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(user: User) -> impl IntoView {
    let sub = match (user.display_name.as_str(), user.email.as_str()) {
        (name, "") => name.to_owned(),
        ("", email) => email.to_owned(),
        (name, email) => format!("{name}, {email}"),
    };
    let by = signs_in_by(&user);
    let standing = standing(&user);
    let team = |own: crate::api::session::TeamRole| {
        view! {
            <li>
                <a href=teams::address(&own.team)>{own.team.clone()}</a>
                " "
                <span class="sub">{own.role.word()}</span>
            </li>
        }
    };
    let teams = (!user.teams.is_empty()).then(|| {
        let teams = user.teams.iter().cloned().map(team).collect_view();
        view! { <ul class="cell-list">{teams}</ul> }
    });
    view! {
        <tr data-user=user.name.clone()>
            <th scope="row">
                <a class="name" href=address(&user.name)>
                    {user.name.clone()}
                </a>
                <span class="sub">{sub}</span>
            </th>
            <td data-label="Is">{standing}</td>
            <td data-label="Teams">{teams}</td>
            <td data-label="Signs in by">{by}</td>
            <td data-label="Last signed in">
                {match user.signed_in_at {
                    Some(at) => view! { <Ago at /> }.into_any(),
                    None => view! { <span class="sub">"never"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}

fn address(name: &str) -> String {
    format!("/users/{}", encode_segment(name))
}

fn standing(user: &User) -> impl IntoView + use<> {
    let (tone, word) = match (user.is_disabled, user.is_admin || user.is_admin_by_group) {
        (true, _) => (Tone::Bad, "Disabled"),
        (false, true) => (Tone::Accent, "Admin"),
        (false, false) => (Tone::Idle, "User"),
    };
    super::services::chip(tone, word.to_owned())
}

fn signs_in_by(user: &User) -> String {
    match (user.has_password, &user.issuer) {
        (true, Some(issuer)) => format!("password, or {issuer}"),
        (true, None) => "password".to_owned(),
        (false, Some(issuer)) => issuer.clone(),
        (false, None) => "nothing yet".to_owned(),
    }
}

/// `/users/new`
pub(super) fn create(visit: &Visit) -> Loaded {
    if !visit.me.is_admin {
        return failure::forbidden(Place::Users, "Only an admin can make a user.");
    }
    let tried = Tried::of(visit.acted(), "user.create");
    Loaded::new("New user", Place::Users, move || {
        view! {
            <Crumbs above=vec![("/users".to_owned(), "Users".to_owned())] here="new" />
            <PageHead title="New user" />
            <ActionForm
                to="user.create"
                class="card form confirm"
                tried=tried.clone()
                fields=&["name", "display_name", "email", "password"]
            >
                <TextField
                    name="name"
                    label="Name to sign in by"
                    tried=tried.clone()
                    hint="1 to 40 lower-case letters, digits, `-`, `_`, `.` and `@`; it stays"
                    maxlength=40
                    required=true
                    autofocus=true
                />
                {about(&tried, "", "")}
                <TextField
                    name="password"
                    label="First password"
                    kind="password"
                    tried=tried.clone()
                    autocomplete="new-password"
                    hint="At least 12 characters; without one they can only sign in by an identity provider"
                    maxlength=512
                />
                <Tick
                    name="is_admin"
                    label="Admin of the installation"
                    tried=tried.clone()
                    hint="Sees and decides on everything"
                />
                <div class="form-actions">
                    <a class="btn" href="/users">
                        "Cancel"
                    </a>
                    <button class="btn btn-primary">"Make the user"</button>
                </div>
            </ActionForm>
        }
    })
}

/// The fields that say who a user is.
fn about(tried: &Tried, display_name: &str, email: &str) -> impl IntoView + use<> {
    view! {
        <TextField
            name="display_name"
            label="Full name"
            value=display_name.to_owned()
            tried=tried.clone()
            maxlength=100
        />
        <TextField
            name="email"
            label="Mail address"
            kind="email"
            value=email.to_owned()
            tried=tried.clone()
            maxlength=254
        />
    }
}
