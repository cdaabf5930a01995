//! The newest changes, and how far each has come.

use leptos::either::Either;
use leptos::prelude::*;

use crate::api::client::{Client, encode_segment};
use crate::api::live::Gateway;
use crate::api::revision::{ChangeWord, RevisionEntry, RevisionPage};
use crate::components::card::card;
use crate::components::chip::{Chip, Tone};
use crate::components::diff;
use crate::components::time::Ago;
use crate::live::store::Live;
use crate::numerals::count;

/// How many are shown.
pub(crate) const SHOWN: u32 = 6;

/// Shows the changes; asks for them again when there are new ones, or one has reached the nodes.
pub(super) fn changes(live: Live, page: RevisionPage) -> impl IntoView {
    let known = RwSignal::new(page);
    let gateway = live.gateway;
    let followed = gateway.clone();
    Effect::new(move |before: Option<Gateway>| {
        let now = followed.get();
        let is_news = before.is_some_and(|before| {
            (before.revision, before.nodes_current) != (now.revision, now.nodes_current)
        });
        if is_news {
            leptos::task::spawn_local(async move {
                // Without an answer those that are shown stay.
                if let Ok(page) = Client::of_page().revisions(None, SHOWN, None).await {
                    known.set(page);
                }
            });
        }
        now
    });
    let items = move || {
        let items = known.with(|page| page.items.clone());
        if items.is_empty() {
            let nothing = "Nothing has been changed yet.";
            return Either::Left(view! { <p class="card-empty">{nothing}</p> });
        }
        let gateway = gateway.get();
        let items = items.into_iter().map(|entry| item(entry, &gateway)).collect_view();
        Either::Right(view! { <ul class="items">{items}</ul> })
    };

    card("Recent changes", "changes", (), items)
}

fn item(entry: RevisionEntry, gateway: &Gateway) -> impl IntoView + use<> {
    let href = format!("/mappings/{}?tab=history", encode_segment(&entry.mapping));
    let what = match entry.change {
        ChangeWord::Created => "created".to_owned(),
        ChangeWord::Deleted => "deleted".to_owned(),
        ChangeWord::Changed => diff::summary(&entry.diff),
    };
    let chip = delivery(&entry, gateway).map(|(tone, word)| {
        view! { <Chip state=Signal::stored((tone, word)) title=format!("Revision {}", count(entry.revision)) /> }
    });
    view! {
        <li data-revision=entry.revision.to_string()>
            <div class="item-text">
                <p>
                    <a class="name" href=href>
                        {entry.mapping.clone()}
                    </a>
                    " "
                    <span class="sub">{what}</span>
                </p>
                <p class="sub">
                    <Ago at=entry.at />
                </p>
            </div>
            {chip}
        </li>
    }
}

/// Says how fast every node had the change, or how many have it; nothing when it is not known.
fn delivery(entry: &RevisionEntry, gateway: &Gateway) -> Option<(Tone, String)> {
    if let Some(ms) = entry.live_after_ms {
        return Some((Tone::Ok, format!("live in {} ms", count(ms))));
    }
    let is_newest = entry.revision == gateway.revision;
    (is_newest && gateway.nodes_current < gateway.nodes).then(|| {
        let [current, all] = [gateway.nodes_current, gateway.nodes].map(|n| count(n.into()));
        (Tone::Warn, format!("{current} of {all} nodes"))
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_change_says_how_far_it_came() {
        let gateway = Gateway { revision: 8, nodes: 3, nodes_current: 2, ..Gateway::default() };
        let entry = |revision, live_after_ms| RevisionEntry {
            revision,
            at: DateTime::default(),
            mapping: "a".to_owned(),
            team: "default".to_owned(),
            actor: "open".to_owned(),
            change: ChangeWord::Created,
            diff: Vec::new(),
            live_after_ms,
        };
        let said = |entry| delivery(&entry, &gateway).map(|(_, word)| word);

        assert_eq!(said(entry(7, Some(14))).as_deref(), Some("live in 14 ms"));
        assert_eq!(said(entry(8, None)).as_deref(), Some("2 of 3 nodes"));
        assert_eq!(said(entry(6, None)), None);
    }
}
