//! The page of one claim: who may use it, who stands in it, and what becomes of it.

use leptos::prelude::*;

use super::{grants, options, teams_of};
use crate::api::claim::{Claim, Foreign};
use crate::api::client::Client;
use crate::api::team::{Role, TeamSummary};
use crate::components::action::{Acted, ActionForm, Choice, TextField, Tried};
use crate::components::card::Card;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::refused;
use crate::draft::mapping_address;
use crate::pages::{Loaded, Visit, failure, teams};

/// `/claims/{id}`
pub(in crate::pages) async fn page(client: &Client, visit: &Visit, id: &str) -> Loaded {
    let claim = match client.claim(id).await {
        Ok(claim) => claim,
        Err(error) if matches!(error.status(), Some(400 | 404)) => return no_claim(),
        Err(error) => return failure::failed(Place::Claims, "The claim", error),
    };
    let all = client.teams().await.map(|teams| teams.items).unwrap_or_default();
    let others: Vec<_> =
        all.iter().map(|team| team.name.clone()).filter(|team| *team != claim.team).collect();
    let mut own = teams_of(client, &visit.me, Role::Owner).await;
    own.retain(|team| *team != claim.team);
    let owner = all.into_iter().find(|team| team.name == claim.team);
    let acted = visit.acted().cloned();
    Loaded::new(claim.place(), Place::Claims, move || draw(claim, owner, others, own, acted))
}

fn no_claim() -> Loaded {
    let text = "It may have been given up, or the address is mistyped.";
    failure::none(Place::Claims, "claim", text, ("/claims", "All claims"))
}

fn draw(
    claim: Claim,
    owner: Option<TeamSummary>,
    others: Vec<String>,
    own: Vec<String>,
    acted: Option<Acted>,
) -> impl IntoView {
    let place = claim.place();
    let acted = acted.as_ref();
    let contact = owner.map(|team| team.contact).unwrap_or_default();
    let sub = view! {
        "Belongs to "
        <a href=teams::address(&claim.team)>{claim.team.clone()}</a>
        {(!contact.is_empty()).then(|| format!(" · {contact}"))}
    };
    let may_decide = claim.may_decide;
    let has_grants = !claim.grants.is_empty();
    let ask = (!own.is_empty()).then(|| ask_for(own, Tried::of(acted, "claim.ask-for")));
    view! {
        <Crumbs above=vec![("/claims".to_owned(), "Claims".to_owned())] here=place.clone() />
        <PageHead title=place sub=sub.into_any() />
        <div class="columns">
            <div class="stack">
                {(may_decide || has_grants).then(|| grants::card(&claim, others, acted))}
                {may_decide.then(|| foreign(&claim, acted))}
            </div>
            <div class="stack">
                {about(&claim, acted)}
                {ask}
                {may_decide.then(|| removal(acted))}
            </div>
        </div>
    }
}

fn about(claim: &Claim, acted: Option<&Acted>) -> impl IntoView + use<> {
    if claim.may_decide {
        let tried = Tried::of(acted, "claim.patch");
        let note = claim.note.clone();
        return view! {
            <Card title="About the claim" testid="claim-note">
                <ActionForm to="claim.patch" class="form" tried=tried.clone() fields=&["note"]>
                    <TextField
                        name="note"
                        label="Note"
                        value=note
                        tried=tried.clone()
                        hint="What it is for; everyone sees it who asks whose a URL is"
                        maxlength=500
                    />
                    <div class="form-actions">
                        <button class="btn btn-primary">"Save"</button>
                    </div>
                </ActionForm>
            </Card>
        }
        .into_any();
    }
    let note = match claim.note.as_str() {
        "" => "Only its owners decide who else may use it.".to_owned(),
        note => note.to_owned(),
    };
    view! {
        <Card title="About the claim" testid="claim-note">
            <p class="card-body">{note}</p>
        </Card>
    }
    .into_any()
}

/// Shows the mappings of other teams.
fn foreign(claim: &Claim, acted: Option<&Acted>) -> impl IntoView + use<> {
    let refused = Tried::of(acted, "mapping.take-over");
    let is_empty = claim.foreign.is_empty();
    let row = |foreign: Foreign| {
        let Foreign { mapping, prefix, team, is_granted } = foreign;
        let (href, key) = (mapping_address(&mapping), mapping.clone());
        let taken = mapping.clone();
        let label = format!("Take {mapping} over");
        let end = match is_granted {
            true => view! { <span class="sub">"granted"</span> }.into_any(),
            false => view! {
                <ActionForm to="mapping.take-over">
                    <input type="hidden" name="mapping" value=taken />
                    <button class="btn btn-small" aria-label=label>
                        "Take over"
                    </button>
                </ActionForm>
            }
            .into_any(),
        };
        view! {
            <li data-mapping=key>
                <div class="item-text">
                    <a href=href>{mapping}</a>
                    " "
                    <code>{prefix}</code>
                    <span class="cell-note">{format!("of the team {team}")}</span>
                </div>
                {end}
            </li>
        }
    };
    let rows = claim.foreign.iter().cloned().map(row).collect_view();
    let refused = refused.refusal().map(refused::note);
    view! {
        <Card title="Mappings of other teams" testid="foreign">
            {refused}
            <ul class="items">{rows}</ul>
            {is_empty
                .then(|| {
                    view! {
                        <p class="card-empty">
                            "None. Without a grant in force another team’s mapping here could be taken over."
                        </p>
                    }
                })}
        </Card>
    }
}

fn ask_for(own: Vec<String>, tried: Tried) -> impl IntoView {
    let is_open = tried.refusal().is_some();
    view! {
        <Card title="Ask for it" testid="ask-for">
            <details class="ask" open=is_open>
                <summary>"Ask the team to hand it over …"</summary>
                <ActionForm
                    to="claim.ask-for"
                    class="form"
                    tried=tried.clone()
                    fields=&["team", "note"]
                >
                    <Choice
                        name="team"
                        label="For your team"
                        options=options(own)
                        tried=tried.clone()
                        id="ask-team"
                    />
                    <TextField
                        name="note"
                        label="Why"
                        tried=tried.clone()
                        maxlength=500
                        id="ask-note"
                    />
                    <p class="hint">
                        "An owner of the team decides. The team’s mappings in it go with the claim."
                    </p>
                    <div class="form-actions">
                        <button class="btn btn-primary">"Ask"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}

fn removal(acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "claim.delete");
    let is_open = tried.refusal().is_some();
    view! {
        <Card title="Give it up" testid="claim-removal">
            <details class="ask" open=is_open>
                <summary>"Give the place up …"</summary>
                <ActionForm to="claim.delete" class="form" tried=tried>
                    <p>
                        "The mappings in it stay. The place belongs to the claim around it then, or to whoever maps it first; the grants end."
                    </p>
                    <div class="form-actions">
                        <button class="btn btn-danger">"Give up"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}
