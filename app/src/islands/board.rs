//! The overview: totals, charts, what needs attention, what is busy and what has changed.
//!
//! One island, since all of it lives on the same frames.

mod attention;
mod busiest;
mod changes;
mod tiles;

use leptos::prelude::*;

#[cfg(feature = "ssr")]
pub(crate) use self::changes::SHOWN as SHOWN_CHANGES;
use super::charts::{Subject, charts};
use super::given::Given;
use crate::api::live::Full;
use crate::api::revision::RevisionPage;
use crate::api::series::Series;
use crate::live::store::Live;

/// Shows the overview.
#[island]
pub(crate) fn Board(
    #[prop(into)] full: Given<Full>,
    #[prop(into)] series: Given<Series>,
    #[prop(into)] changes: Given<RevisionPage>,
) -> impl IntoView {
    let (Given(full), Given(series), Given(changes)) = (full, series, changes);
    let live = Live::of_page();
    live.watch_overview(full);

    view! {
        {tiles::tiles(&live)}
        <div class="columns">
            <div class="stack">
                {charts(live.clone(), Subject::Gateway, series)} {busiest::busiest(&live)}
            </div>
            <div class="stack">{attention::attention(&live)} {changes::changes(live, changes)}</div>
        </div>
    }
}
