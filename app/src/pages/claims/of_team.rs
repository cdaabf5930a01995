//! The claims of a team, for its page.

use leptos::prelude::*;

use super::address;
use crate::api::claim::{Claim, ClaimPage};
use crate::api::client::{Client, encode_segment};
use crate::components::card::Card;
use crate::numerals::counted;

/// Claims that the card shows.
const SHOWN: u32 = 20;

/// Loads what [`card`] shows; nothing where that fails.
pub(in crate::pages) async fn load(client: &Client, team: &str) -> Option<ClaimPage> {
    client.claims(Some(team), "", SHOWN, None).await.ok()
}

/// Shows the first of a team's claims.
pub(in crate::pages) fn card(team: &str, page: ClaimPage) -> impl IntoView + use<> {
    let ClaimPage { items, matched, next_cursor } = page;
    let all = format!("/claims?team={}", encode_segment(team));
    let more = next_cursor.is_some();
    let is_empty = items.is_empty();
    let count = counted(matched.into(), "claim");
    view! {
        <Card title="Claims" testid="team-claims" aside=count.into_any()>
            <ul class="items">{items.into_iter().map(row).collect_view()}</ul>
            {is_empty
                .then(|| {
                    view! {
                        <p class="card-empty">
                            "None yet. The team’s first mapping of a place claims it, or "
                            <a href="/claims">"claim one"</a> "."
                        </p>
                    }
                })}
            {more.then(|| view! { <p class="card-body"><a href=all>"All of them"</a></p> })}
        </Card>
    }
}

fn row(claim: Claim) -> impl IntoView {
    let place = claim.place();
    let key = place.clone();
    let href = address(claim.id);
    let in_force = claim.grants.iter().filter(|grant| grant.is_in_force).count() as u64;
    let granted = (in_force > 0).then(|| format!("{} in force", counted(in_force, "grant")));
    let open = claim.foreign.iter().filter(|foreign| !foreign.is_granted).count() as u64;
    let foreign = (open > 0).then(|| format!("{} without a grant", counted(open, "mapping")));
    view! {
        <li data-claim=key>
            <div class="item-text">
                <a class="mono" href=href>
                    {place}
                </a>
                " "
                <span class="sub">{claim.note}</span>
            </div>
            <span class="sub">{granted}</span>
            <span class="text-bad">{foreign}</span>
        </li>
    }
}
