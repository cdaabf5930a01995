//! One's own account: teams, password, and the sessions that go on.

use leptos::prelude::*;

use super::query::Query;
use super::sign_in::password_field;
use super::teams::role_chip;
use super::{Loaded, Visit, failure};
use crate::api::client::Client;
use crate::api::session::{Me, Session, SessionList, TeamRole};
use crate::components::action::{ActionForm, TextField, Tried};
use crate::components::card::Card;
use crate::components::chip::Tone;
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::note::Note;
use crate::components::page_head::PageHead;
use crate::components::time::Ago;

pub(super) async fn page(client: &Client, visit: &Visit, query: &Query) -> Loaded {
    let me = visit.me.clone();
    if me.user.is_none() {
        return nobody();
    }
    let sessions = match client.sessions().await {
        Ok(sessions) => sessions,
        Err(error) => return failure::failed(None::<Place>, "Your sessions", error),
    };
    let password = Tried::of(visit.acted(), "password.change");
    let others = Tried::of(visit.acted(), "session.end-one");
    let has_changed = query.get("changed").is_some() && visit.posted.is_none();
    Loaded::new("Your account", None, move || {
        view! {
            {head(&me)}
            {has_changed
                .then(|| {
                    view! {
                        <Note tone=Tone::Ok testid="changed">
                            <p>"Your password is changed. Your other sessions have ended."</p>
                        </Note>
                    }
                })}
            <div class="columns">
                <div class="stack">{going_on(sessions, others)}</div>
                <div class="stack">{own_teams(&me)} {me.has_password.then(|| change_password(password))}</div>
            </div>
        }
    })
}

/// Who calls is nobody in particular.
fn nobody() -> Loaded {
    Loaded::new("Your account", None, || {
        view! {
            <PageHead title="Your account" />
            <Empty title="You have not signed in" testid="no-user">
                <p>
                    "In open mode nobody needs to, and everyone on this machine is its admin. Who signs in has an account."
                </p>
                <p>
                    <a class="btn btn-primary" href="/sign-in?return_to=/account">
                        "Sign in"
                    </a>
                </p>
            </Empty>
        }
    })
}

fn head(me: &Me) -> impl IntoView + use<> {
    let user = me.user.clone().unwrap_or_default();
    let role = if me.is_admin { "admin of the installation" } else { "user" };
    let sub = match me.display_name.as_str() {
        "" => format!("{user}, {role}"),
        name => format!("{name} ({user}), {role}"),
    };
    view! {
        <PageHead title="Your account" sub=sub.into_any()>
            <ActionForm to="session.end">
                <button class="btn">"Sign out"</button>
            </ActionForm>
        </PageHead>
    }
}

fn going_on(sessions: SessionList, tried: Tried) -> impl IntoView {
    let count = sessions.items.len();
    let rows = sessions.items.into_iter().map(session).collect_view();
    let everywhere = (count > 1).then(|| {
        view! {
            <ActionForm to="session.end-all">
                <button class="btn btn-small">"Sign out everywhere"</button>
            </ActionForm>
        }
    });
    let trouble = tried.refusal().map(crate::components::refused::note);
    view! {
        <Card title="Sessions" testid="sessions" aside=everywhere.into_any()>
            {trouble}
            <ul class="items">{rows}</ul>
        </Card>
    }
}

fn session(session: Session) -> impl IntoView {
    let Session { id, created_at, seen_at, expires_at, address, user_agent, is_current } = session;
    let browser = browser(&user_agent);
    let ends = format!("Sign out of {browser}");
    let end = match is_current {
        true => view! { <span class="chip accent">"This one"</span> }.into_any(),
        false => view! {
            <ActionForm to="session.end-one">
                <input type="hidden" name="id" value=id.to_string() />
                <button class="btn btn-small" aria-label=ends>
                    "Sign out"
                </button>
            </ActionForm>
        }
        .into_any(),
    };
    view! {
        <li data-session=id.to_string()>
            <div class="item-text">
                <span class="strong">{browser}</span>
                <span class="cell-note">
                    "From " <code>{address}</code> ", began " <Ago at=created_at />
                    ", last used " <Ago at=seen_at /> ", ends at the latest "
                    <time datetime=expires_at
                        .to_rfc3339()>{crate::numerals::day_and_clock(expires_at)}</time>
                </span>
            </div>
            {end}
        </li>
    }
}

/// Says what a browser calls itself, in the words of its user.
fn browser(user_agent: &str) -> String {
    // each also claims to be those that stand after it
    let names = ["Edg", "OPR", "Firefox", "HeadlessChrome", "Chrome", "Safari"];
    let systems = ["Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"];
    let name = names.into_iter().find(|name| user_agent.contains(&format!("{name}/")));
    let system = systems.into_iter().find(|system| user_agent.contains(system));
    let name = match name {
        Some("Edg") => "Edge",
        Some("OPR") => "Opera",
        Some("HeadlessChrome") => "Chrome",
        Some(other) => other,
        None if user_agent.is_empty() => return "A program that does not say its name".to_owned(),
        None => return user_agent.to_owned(),
    };
    match system {
        Some("Mac OS X") => format!("{name} on macOS"),
        Some(system) => format!("{name} on {system}"),
        None => name.to_owned(),
    }
}

fn own_teams(me: &Me) -> impl IntoView + use<> {
    let row = |own: TeamRole| {
        let href = format!("/teams/{}", super::encode_segment(&own.team));
        view! {
            <li>
                <div class="item-text">
                    <a class="name" href=href>
                        {own.team}
                    </a>
                </div>
                {role_chip(own.role)}
            </li>
        }
    };
    let is_empty = me.teams.is_empty();
    let rows = me.teams.iter().cloned().map(row).collect_view();
    view! {
        <Card title="Your teams" testid="own-teams">
            <ul class="items">{rows}</ul>
            {is_empty
                .then(|| {
                    view! {
                        <p class="card-empty">
                            "You are in no team yet. An owner of a team, or an admin, can add you."
                        </p>
                    }
                })}
        </Card>
    }
}

fn change_password(tried: Tried) -> impl IntoView {
    view! {
        <Card title="Password" testid="password">
            <ActionForm
                to="password.change"
                class="form"
                tried=tried.clone()
                fields=&["current", "new"]
            >
                <TextField
                    name="current"
                    label="Current password"
                    kind="password"
                    tried=tried.clone()
                    autocomplete="current-password"
                    maxlength=512
                    required=true
                />
                {password_field("new", "New password", &tried)}
                <p class="hint">"Your other sessions end when it is changed."</p>
                <div class="form-actions">
                    <button class="btn btn-primary">"Change password"</button>
                </div>
            </ActionForm>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_as_its_user_calls_it() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/143.0.0.0 Safari/537.36";
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
            Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 \
            (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";

        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(browser(edge), "Edge on Windows");
        assert_eq!(browser(safari), "Safari on iPhone");
        assert_eq!(browser("curl/8.5.0"), "curl/8.5.0");
        assert_eq!(browser(""), "A program that does not say its name");
    }
}
