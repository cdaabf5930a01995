//! Mappings that need someone, the worst first, each with the reason in words.

use leptos::prelude::*;

use crate::api::client::encode_segment;
use crate::api::live::{ConfigState, LiveMapping, Totals};
use crate::components::card::Card;
use crate::components::chip::{self, Chip};
use crate::components::reason::reason;
use crate::live::store::Live;
use crate::numerals::count;

/// Shows the mappings.
pub(super) fn attention(live: &Live) -> impl IntoView + use<> {
    let (overview, totals) = (live.overview.clone(), live.totals.clone());
    let number = move || {
        let number = totals.with(needy);
        let class = if number == 0 { "chip idle" } else { "chip bad" };
        view! { <span class=class>{count(number.into())}</span> }
    };
    let items = move || {
        let worst = overview.with(|overview| overview.worst.clone());
        if worst.is_empty() {
            return view! { <p class="card-empty">"Nothing: no mapping is failing, degraded or rejected."</p> }
                .into_any();
        }
        let items = worst.into_iter().map(item).collect_view();
        view! { <ul class="items">{items}</ul> }.into_any()
    };

    view! {
        <Card title="Needs attention" testid="attention" aside=number.into_any()>
            {items}
        </Card>
    }
}

/// Counts what is failing or degraded, or if there is more of it, what is rejected.
fn needy(totals: &Totals) -> u32 {
    (totals.failing + totals.degraded).max(totals.rejected)
}

fn item(live: LiveMapping) -> impl IntoView {
    let (tone, word) = match &live.config {
        ConfigState::Rejected { .. } => {
            let (tone, word, _) = chip::config(&live.config);
            (tone, word)
        }
        _ => {
            let (tone, word, _) = chip::health(live.health);
            (tone, word)
        }
    };
    let href = format!("/mappings/{}", encode_segment(&live.mapping.name));
    let reason = reason(&live);
    view! {
        <li data-mapping=live.mapping.name.clone()>
            <div class="item-text">
                <a class="name" href=href>
                    {live.mapping.name.clone()}
                </a>
                <p class="sub num">{reason}</p>
            </div>
            <Chip state=Signal::stored((tone, word)) title="" />
        </li>
    }
}
