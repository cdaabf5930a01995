//! Claims: which team owns which part of the URL space.

mod claim;
mod grants;
mod of_team;

use leptos::prelude::*;

pub(super) use self::claim::page as claim;
pub(super) use self::of_team::{card as card_of_team, load as load_of_team};
use super::query::Query;
use super::{Loaded, Visit, failure};
use crate::api::claim::{Claim, ClaimPage};
use crate::api::client::{Client, encode_segment};
use crate::api::session::Me;
use crate::api::team::Role;
use crate::components::action::{ActionForm, Choice, TextField, Tried};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::find::Find;
use crate::components::frame::Place;
use crate::components::page_head::PageHead;
use crate::components::pager::Onward;
use crate::components::time::{Ago, AgoProps};
use crate::numerals::{count, counted};

/// Claims of a page.
const ROWS: u32 = 50;

/// `/claims`
pub(super) async fn page(client: &Client, visit: &Visit, query: &Query) -> Loaded {
    let (mut q, mut team) = (query.text("q"), query.text("team"));
    let mut cursor = query.get("cursor");
    let asked_team = Some(team.as_str()).filter(|team| !team.is_empty());
    let mut loaded = client.claims(asked_team, &q, ROWS, cursor).await;
    // a cursor that was cut off, or a very long search
    if loaded.as_ref().is_err_and(|error| error.status() == Some(400)) {
        (q, team, cursor) = (String::new(), String::new(), None);
        loaded = client.claims(None, "", ROWS, None).await;
    }
    let page = match loaded {
        Ok(page) => page,
        Err(error) => return failure::failed(Place::Claims, "The claims", error),
    };
    let teams = teams_of(client, &visit.me, Role::Owner).await;
    let tried = Tried::of(visit.acted(), "claim.create");
    let is_first = cursor.is_none();
    Loaded::new("Claims", Place::Claims, move || draw(page, q, team, teams, tried, is_first))
}

/// Returns the address of a claim's page.
pub(super) fn address(id: u64) -> String {
    format!("/claims/{id}")
}

/// Returns the teams in which someone has `role`, as a form offers them.
pub(super) async fn teams_of(client: &Client, me: &Me, role: Role) -> Vec<String> {
    let all = client.teams().await.map(|teams| teams.items).unwrap_or_default();
    all.into_iter().map(|team| team.name).filter(|team| me.may(role, team)).collect()
}

/// Returns names as the options of a choice.
pub(super) fn options(names: Vec<String>) -> Vec<(String, String)> {
    names.into_iter().map(|name| (name.clone(), name)).collect()
}

fn draw(
    page: ClaimPage,
    q: String,
    team: String,
    teams: Vec<String>,
    tried: Tried,
    is_first: bool,
) -> impl IntoView {
    let ClaimPage { items, matched, next_cursor } = page;
    let is_filtered = !q.is_empty() || !team.is_empty();
    let address = |cursor: Option<&str>| {
        let cursor = cursor.map(|cursor| format!("&cursor={}", encode_segment(cursor)));
        let (q, team) = (encode_segment(&q), encode_segment(&team));
        format!("/claims?q={q}&team={team}{}", cursor.unwrap_or_default())
    };
    let first = (!is_first).then(|| address(None));
    let next = next_cursor.as_deref().map(|cursor| address(Some(cursor)));
    let shown = counted(matched.into(), "claim");
    view! {
        <PageHead
            title="Claims"
            sub="What a team has claimed, no other can map without its grant.".into_any()
        >
            <a class="btn" href="/owner">
                "Who owns this URL?"
            </a>
        </PageHead>
        <Find
            action="/claims"
            list="Claims"
            placeholder="Find a place or a team"
            q=q.clone()
            shown
            kept=("team", team.clone())
        />
        {match items.is_empty() {
            true => none(is_filtered).into_any(),
            false => table(items).into_any(),
        }}
        <Onward first next />
        {(!teams.is_empty()).then(|| create(teams, tried))}
    }
}

fn none(is_filtered: bool) -> impl IntoView {
    let title = if is_filtered { "No claim matches" } else { "Nothing is claimed yet" };
    view! {
        <Empty title=title testid="none">
            <p>
                "The first mapping of a place claims it for its team, unless this server lets only admins do that."
            </p>
        </Empty>
    }
}

fn table(items: Vec<Claim>) -> impl IntoView {
    view! {
        <div class="card records-card">
            <table class="table records" data-testid="claims">
                <thead>
                    <tr>
                        <th scope="col">"Place"</th>
                        <th scope="col">"Team"</th>
                        <th scope="col">"Granted to"</th>
                        <th scope="col">"Claimed"</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(claim: Claim) -> impl IntoView {
    let place = claim.place();
    let key = place.clone();
    let href = address(claim.id);
    let Claim { team, grants, created_at, note, .. } = claim;
    let grants: Vec<_> =
        grants.into_iter().filter(|grant| grant.is_in_force).map(|grant| grant.team).collect();
    let granted = match grants.len() {
        0 => String::new(),
        1..=3 => grants.join(", "),
        many => format!("{} teams", count(many as u64)),
    };
    view! {
        <tr data-claim=key>
            <th scope="row">
                <a class="mono name" href=href>
                    {place}
                </a>
                <span class="sub">{note}</span>
            </th>
            <td data-label="Team">{team}</td>
            <td data-label="Granted to">{granted}</td>
            <td data-label="Claimed">{Ago(AgoProps { at: created_at })}</td>
        </tr>
    }
}

fn create(teams: Vec<String>, tried: Tried) -> impl IntoView {
    view! {
        <Card title="Claim a place" testid="new-claim">
            <ActionForm
                to="claim.create"
                class="form"
                tried=tried.clone()
                fields=&["team", "prefix", "host", "note"]
            >
                <Choice name="team" label="Team" options=options(teams) tried=tried.clone() />
                <TextField
                    name="prefix"
                    label="Path"
                    tried=tried.clone()
                    hint="`/user/` is `/user` and all below it"
                    maxlength=2500
                    required=true
                />
                <TextField
                    name="host"
                    label="Host"
                    tried=tried.clone()
                    hint="Empty: every host. Mappings serve every host, so that a claim for one of them only keeps others away"
                    maxlength=300
                />
                <TextField
                    name="note"
                    label="Note"
                    tried=tried.clone()
                    hint="What it is for"
                    maxlength=500
                />
                <div class="form-actions">
                    <button class="btn btn-primary">"Claim"</button>
                </div>
            </ActionForm>
        </Card>
    }
}
