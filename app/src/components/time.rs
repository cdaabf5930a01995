//! Writes a moment as people say it, with the exact one on hover.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::numerals::{ago, day_and_clock};

/// Shows how long ago `at` was; the island `clock` keeps it current.
#[component]
pub(crate) fn Ago(at: DateTime<Utc>) -> impl IntoView {
    let seconds = (Utc::now() - at).num_seconds().try_into().unwrap_or(0);
    view! {
        <time datetime=at.to_rfc3339() title=day_and_clock(at) data-relative="">
            {ago(seconds)}
        </time>
    }
}
