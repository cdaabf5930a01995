//! Says when the list that is shown is no longer the one that the server would show.
//!
//! Rows never change their places by themselves, under the pointer: the reader decides when.

use std::cmp::Ordering;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::api::list::{Order, Sort};
use crate::api::live::{Gateway, Health, LiveMapping};
use crate::live::store::Live;
use crate::numerals::counted;

/// The list as the page was made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Listed {
    pub total: u32,
    pub revision: u64,
    pub sort: Sort,
    pub order: Order,
}

/// Shows a link that loads the page anew, once there is a reason to.
#[island]
pub(crate) fn Resort(listed: Listed) -> impl IntoView {
    let live = Live::of_page();
    let changes = Memo::new(move |_| {
        live.seq.track();
        let rows = live.shown();
        listed.moved(&rows) + live.gateway.with(|gateway| listed.changed(&rows, gateway))
    });
    let link = move |changes: u32| {
        view! {
            <a class="btn btn-primary" href="" data-testid="resort">
                {format!("{}: re-sort", counted(changes.into(), "change"))}
            </a>
        }
    };

    view! { {move || Some(changes.get()).filter(|changes| *changes > 0).map(link)} }
}

impl Listed {
    /// Counts the neighbours that would change places.
    fn moved(&self, rows: &[Option<LiveMapping>]) -> u32 {
        let mut before = None;
        let mut moved = 0;
        for key in rows.iter().flatten().filter_map(|live| key(self.sort, live)) {
            let order = before.map_or(Ordering::Equal, |before: f64| before.total_cmp(&key));
            let wrong = match self.order {
                Order::Asc => Ordering::Greater,
                Order::Desc => Ordering::Less,
            };
            moved += u32::from(order == wrong);
            before = Some(key);
        }
        moved
    }

    /// Counts what was created and deleted since; an exchange of one for another counts once.
    fn changed(&self, rows: &[Option<LiveMapping>], gateway: &Gateway) -> u32 {
        if gateway.revision <= self.revision {
            return 0;
        }
        let is_shown = rows
            .iter()
            .any(|row| row.as_ref().is_none_or(|live| live.mapping.revision == gateway.revision));
        self.total.abs_diff(gateway.mappings).max(u32::from(!is_shown))
    }
}

/// Returns what a live column is sorted by; nothing for columns that only edits change.
fn key(sort: Sort, live: &LiveMapping) -> Option<f64> {
    match sort {
        Sort::Rate => live.rate,
        Sort::OkPercent => live.ok_percent,
        Sort::BadRate => live.bad_rate,
        Sort::P95 => live.latency.map(|latency| latency.p95_ms.into()),
        // The worst first; those that need no attention are alike here.
        Sort::Health => Some(match live.health {
            Health::Failing => 0.0,
            Health::Degraded => 1.0,
            _ => 2.0,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::islands::samples::live_mapping;

    fn listed(sort: Sort, order: Order) -> Listed {
        Listed { total: 3, revision: 7, sort, order }
    }

    fn rates(rates: [f64; 3]) -> Vec<Option<LiveMapping>> {
        rates.map(|rate| Some(LiveMapping { rate: Some(rate), ..live_mapping("a", 7) })).into()
    }

    #[test]
    fn rows_out_of_their_order_are_counted() {
        let by_rate = listed(Sort::Rate, Order::Desc);

        assert_eq!(by_rate.moved(&rates([9.0, 9.0, 2.0])), 0);
        assert_eq!(by_rate.moved(&rates([9.0, 2.0, 5.0])), 1);
        assert_eq!(listed(Sort::Rate, Order::Asc).moved(&rates([9.0, 5.0, 2.0])), 2);
        assert_eq!(listed(Sort::Prefix, Order::Asc).moved(&rates([9.0, 5.0, 2.0])), 0);
    }

    #[test]
    fn what_was_created_or_deleted_elsewhere_is_counted() {
        let listed = listed(Sort::Prefix, Order::Asc);
        let rows = vec![Some(live_mapping("a", 8))];
        let gateway = |revision, mappings| Gateway { revision, mappings, ..Gateway::default() };

        assert_eq!(listed.changed(&rows, &gateway(7, 9)), 0, "the list is newer than the frame");
        assert_eq!(listed.changed(&rows, &gateway(9, 5)), 2);
        assert_eq!(listed.changed(&rows, &gateway(8, 3)), 0, "an edit of a row that is shown");
        assert_eq!(listed.changed(&rows, &gateway(9, 3)), 1, "one created, one deleted");
        assert_eq!(listed.changed(&[None], &gateway(8, 2)), 1);
    }
}
