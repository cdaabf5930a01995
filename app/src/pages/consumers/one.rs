//! The page of one consumer: what it is, who lets it in, and the forms that change and delete it.

use leptos::prelude::*;

use super::credentials::{keys, password};
use super::{description_field, team_choice, teams_for};
use crate::api::client::Client;
use crate::api::consumer::Consumer;
use crate::components::action::{Acted, ActionForm, Tried};
use crate::components::card::Card;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::{Ago, AgoProps};
use crate::draft::mapping_address;
use crate::numerals::counted;
use crate::pages::{Loaded, Visit, failure, teams};

/// `/consumers/{name}`
pub(in crate::pages) async fn page(client: &Client, visit: &Visit, name: &str) -> Loaded {
    let consumer = match client.consumer(name).await {
        Ok(consumer) => consumer,
        Err(error) if matches!(error.status(), Some(400 | 404)) => {
            let text = "It may have been deleted, or the address is mistyped.";
            let all = ("/consumers", "All consumers");
            return failure::none(Place::Consumers, "consumer", text, all);
        }
        Err(error) => return failure::failed(Place::Consumers, "The consumer", error),
    };
    let acted = visit.acted().cloned();
    let teams = teams_for(client, &visit.me).await;
    Loaded::new(consumer.name.clone(), Place::Consumers, move || {
        draw(&consumer, teams, acted.as_ref())
    })
}

fn draw(
    consumer: &Consumer,
    teams: Vec<(String, String)>,
    acted: Option<&Acted>,
) -> impl IntoView + use<> {
    let name = consumer.name.clone();
    let sub = consumer.description.clone();
    let keys = consumer.keys.clone().map(|all| keys(all, consumer.may_decide, acted));
    let password = consumer.keys.is_some().then(|| password(consumer, acted));
    let hidden = consumer.keys.is_none().then(|| {
        view! {
            <Card title="Keys and password" testid="hidden">
                <p class="card-empty">"Those who are in its team see them."</p>
            </Card>
        }
    });
    let about = about(consumer);
    let change = consumer.may_decide.then(|| change(consumer, teams, acted));
    let removal = consumer.may_decide.then(|| removal(consumer, acted));
    view! {
        <Crumbs
            above=vec![("/consumers".to_owned(), "Consumers".to_owned())]
            here=name.clone()
        />
        <PageHead title=name sub=sub.into_any() />
        <div class="columns">
            <div class="stack">{keys} {password} {hidden}</div>
            <div class="stack">{about} {change} {removal}</div>
        </div>
    }
}

fn about(consumer: &Consumer) -> impl IntoView + use<> {
    let team = match &consumer.team {
        Some(team) => view! { <a href=teams::address(team)>{team.clone()}</a> }.into_any(),
        None => "the admins".into_any(),
    };
    let mapping = |name: &String| {
        view! {
            <div>
                <a href=mapping_address(name)>{name.clone()}</a>
            </div>
        }
    };
    let users = consumer.used_by.iter().map(mapping).collect_view();
    let others = match consumer.used_by_others {
        0 if consumer.used_by.is_empty() => "no mapping yet".to_owned(),
        0 => String::new(),
        more => format!("{} of other teams", counted(more, "mapping")),
    };
    let updated = Ago(AgoProps { at: consumer.updated_at });
    let by = format!(" by {} (revision {})", consumer.updated_by, consumer.revision);
    view! {
        <Card title="About it" testid="facts">
            <dl class="facts card-body">
                <dt>"Let in by"</dt>
                <dd data-testid="used-by">{users} {others}</dd>
                <dt>"Looked after by"</dt>
                <dd>{team}</dd>
                <dt>"Last changed"</dt>
                <dd>{updated} {by}</dd>
            </dl>
        </Card>
    }
}

fn change(
    consumer: &Consumer,
    teams: Vec<(String, String)>,
    acted: Option<&Acted>,
) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "consumer.change");
    let is_open = tried.refusal().is_some();
    let revision = consumer.revision.to_string();
    let description = consumer.description.clone();
    let team = consumer.team.clone();
    view! {
        <Card title="Change it" testid="change">
            <details class="ask ask-agree" open=is_open>
                <summary>"Say something else of it …"</summary>
                <ActionForm
                    to="consumer.change"
                    class="form"
                    tried=tried.clone()
                    fields=&["description", "team"]
                >
                    <input type="hidden" name="revision" value=revision />
                    {description_field(&tried, description)}
                    {team_choice(teams, &tried, team)}
                    <div class="form-actions">
                        <button class="btn btn-primary">"Save"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}

fn removal(consumer: &Consumer, acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "consumer.delete");
    let is_open = tried.refusal().is_some();
    let is_used = !consumer.used_by.is_empty() || consumer.used_by_others > 0;
    let text = match is_used {
        true => "The mappings that let it in must stop to do so first.",
        false => "Its keys and its password go with it.",
    };
    view! {
        <Card title="Delete it" testid="removal">
            <details class="ask" open=is_open>
                <summary>"Delete the consumer …"</summary>
                <ActionForm to="consumer.delete" class="form" tried=tried>
                    <p>{text}</p>
                    <div class="form-actions">
                        <button class="btn btn-danger">"Delete"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}
