//! Consumers: the list that everyone may see, and the form for a new one. The page of one is in
//! `one`, its keys and its password in `credentials`.

mod credentials;
mod one;

use leptos::prelude::*;

pub(super) use self::one::page as consumer;
use super::{Loaded, Visit, failure};
use crate::api::client::{Client, encode_segment};
use crate::api::consumer::{ConsumerList, ConsumerSummary};
use crate::api::session::Me;
use crate::api::team::Role;
use crate::components::action::{ActionForm, Choice, TextField, Tried};
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::Ago;
use crate::numerals::{count, counted};
use crate::pages::claims::{options, teams_of};

/// `/consumers`
pub(super) async fn page(client: &Client, visit: &Visit) -> Loaded {
    let may_create = may_create(&visit.me);
    match client.consumers().await {
        Ok(consumers) => {
            Loaded::new("Consumers", Place::Consumers, move || list(consumers, may_create))
        }
        Err(error) => failure::failed(Place::Consumers, "The consumers", error),
    }
}

/// Tells whether someone could make a consumer.
fn may_create(me: &Me) -> bool {
    me.is_admin || me.may_somewhere(Role::Editor)
}

/// Returns the address of a consumer's page.
fn address(name: &str) -> String {
    format!("/consumers/{}", encode_segment(name))
}

fn list(consumers: ConsumerList, may_create: bool) -> impl IntoView {
    let ConsumerList { items } = consumers;
    let summary = counted(items.len() as u64, "consumer");
    let create = may_create.then(|| {
        view! {
            <a class="btn btn-primary" href="/consumers/new">
                "New consumer"
            </a>
        }
    });
    view! {
        <PageHead title="Consumers" sub=summary.into_any()>
            {create}
        </PageHead>
        {match items.is_empty() {
            true => none().into_any(),
            false => table(items).into_any(),
        }}
    }
}

fn none() -> impl IntoView {
    view! {
        <Empty title="There is no consumer yet" testid="none">
            <p>
                "A consumer is who calls: a program, or an organization. It gets API keys or a password, and a mapping names the consumers that it lets in."
            </p>
        </Empty>
    }
}

fn table(items: Vec<ConsumerSummary>) -> impl IntoView {
    view! {
        <div class="card records-card">
            <table class="table records" data-testid="consumers">
                <thead>
                    <tr>
                        <th scope="col">"Consumer"</th>
                        <th scope="col">"What it is"</th>
                        <th scope="col" class="num">
                            "Keys"
                        </th>
                        <th scope="col">"Password"</th>
                        <th scope="col">"Team"</th>
                        <th scope="col">"Changed"</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(consumer: ConsumerSummary) -> impl IntoView {
    let ConsumerSummary { name, team, description, keys, has_password, updated_at, .. } = consumer;
    let (href, key) = (address(&name), name.clone());
    let keys = keys.map_or_else(|| "–".to_owned(), count);
    let password = match has_password {
        Some(true) => "yes",
        Some(false) => "no",
        None => "–",
    };
    view! {
        <tr data-consumer=key>
            <th scope="row">
                <a class="name" href=href>
                    {name}
                </a>
            </th>
            <td data-label="What it is">{description}</td>
            <td data-label="Keys" class="num">
                {keys}
            </td>
            <td data-label="Password">{password}</td>
            <td data-label="Team">{team.unwrap_or_else(|| "–".to_owned())}</td>
            <td data-label="Changed">
                <Ago at=updated_at />
            </td>
        </tr>
    }
}

/// `/consumers/new`
pub(super) async fn create(client: &Client, visit: &Visit) -> Loaded {
    if !may_create(&visit.me) {
        let text = "Only an admin, or an editor of a team, can make a consumer.";
        return failure::forbidden(Place::Consumers, text);
    }
    let tried = Tried::of(visit.acted(), "consumer.create");
    let teams = teams_for(client, &visit.me).await;
    Loaded::new("New consumer", Place::Consumers, move || {
        view! {
            <Crumbs above=vec![("/consumers".to_owned(), "Consumers".to_owned())] here="new" />
            <PageHead title="New consumer" />
            <ActionForm
                to="consumer.create"
                class="card form confirm"
                tried=tried.clone()
                fields=&["name", "description", "team"]
            >
                <TextField
                    name="name"
                    label="Name"
                    tried=tried.clone()
                    hint="1 to 64 lower-case letters, digits, `-` and `_`; it stays. Services are told it in `x-chancery-consumer`"
                    maxlength=64
                    required=true
                    autofocus=true
                />
                {description_field(&tried, String::new())}
                {team_choice(teams, &tried, None)}
                <div class="form-actions">
                    <a class="btn" href="/consumers">
                        "Cancel"
                    </a>
                    <button class="btn btn-primary">"Make the consumer"</button>
                </div>
            </ActionForm>
        }
    })
}

fn description_field(tried: &Tried, now: String) -> impl IntoView + use<> {
    view! {
        <TextField
            name="description"
            label="What it is"
            tried=tried.clone()
            value=now
            hint="Who calls, and what for"
            maxlength=300
        />
    }
}

/// Returns the teams that someone could give a consumer to.
async fn teams_for(client: &Client, me: &Me) -> Vec<(String, String)> {
    let mut teams = options(teams_of(client, me, Role::Editor).await);
    if me.is_admin {
        teams.insert(0, (String::new(), "None: the admins".to_owned()));
    }
    teams
}

fn team_choice(
    teams: Vec<(String, String)>,
    tried: &Tried,
    now: Option<String>,
) -> impl IntoView + use<> {
    view! {
        <Choice
            name="team"
            label="Looked after by the team"
            options=teams
            tried=tried.clone()
            value=now.unwrap_or_default()
            hint="Its editors make and remove keys. Mappings of every team may let it in"
        />
    }
}
