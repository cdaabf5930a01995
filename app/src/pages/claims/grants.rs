//! The grants of a claim, which its owners give and take back.

use leptos::prelude::*;

use super::options;
use crate::api::claim::{Claim, Grant};
use crate::components::action::{Acted, ActionForm, Choice, TextField, Tried};
use crate::components::card::Card;
use crate::components::refused;
use crate::numerals::{counted, day_and_clock};

pub(super) fn card(
    claim: &Claim,
    others: Vec<String>,
    acted: Option<&Acted>,
) -> impl IntoView + use<> {
    let may_decide = claim.may_decide;
    let revoked = Tried::of(acted, "grant.delete");
    let count = counted(claim.grants.len() as u64, "grant");
    let is_empty = claim.grants.is_empty();
    let rows = claim.grants.iter().cloned().map(|grant| row(grant, may_decide)).collect_view();
    let may_add = may_decide && !others.is_empty();
    let prefix = claim.prefix.clone();
    let add = may_add.then(|| add(prefix, others, Tried::of(acted, "grant.create")));
    view! {
        <Card title="Grants" testid="grants" aside=count.into_any()>
            {revoked.refusal().map(refused::note)}
            <ul class="items">{rows}</ul>
            {is_empty
                .then(|| view! { <p class="card-empty">"No other team may use it."</p> })}
            {add}
        </Card>
    }
}

fn row(grant: Grant, may_decide: bool) -> impl IntoView {
    let Grant { id, team, prefix, until, is_in_force, created_by, .. } = grant;
    let (tone, word) = match (until, is_in_force) {
        (None, _) => ("ok", "Until it is taken back".to_owned()),
        (Some(until), true) => ("ok", format!("Until {}", day_and_clock(until))),
        (Some(until), false) => ("idle", format!("Ended {}", day_and_clock(until))),
    };
    let key = team.clone();
    let label = format!("Take the grant of {team} back");
    let revoke = may_decide.then(|| {
        view! {
            <ActionForm to="grant.delete">
                <input type="hidden" name="grant" value=id.to_string() />
                <button class="btn btn-small" aria-label=label>
                    {if is_in_force { "Take back" } else { "Remove" }}
                </button>
            </ActionForm>
        }
    });
    view! {
        <li data-grant=key>
            <div class="item-text">
                <span class="strong">{team}</span>
                " "
                <code>{prefix}</code>
                <span class="cell-note">{format!("granted by {created_by}")}</span>
            </div>
            <span class=format!("chip {tone}")>
                <i aria-hidden="true"></i>
                {word}
            </span>
            {revoke}
        </li>
    }
}

fn add(prefix: String, others: Vec<String>, tried: Tried) -> impl IntoView {
    view! {
        <ActionForm
            to="grant.create"
            class="form"
            tried=tried.clone()
            fields=&["team", "prefix", "until"]
        >
            <Choice
                name="team"
                label="Let a team use it"
                options=options(others)
                tried=tried.clone()
                id="grant-team"
            />
            <TextField
                name="prefix"
                label="Path"
                value=prefix
                tried=tried.clone()
                hint="The claim, or a part of it"
                maxlength=2500
                id="grant-prefix"
            />
            <TextField
                name="until"
                label="Until"
                kind="date"
                tried=tried.clone()
                hint="To the end of that day (UTC). Empty: until you take it back"
                id="grant-until"
            />
            <div class="form-actions">
                <button class="btn btn-primary">"Grant"</button>
            </div>
        </ActionForm>
    }
}
