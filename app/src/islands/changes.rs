//! Keeps the list of changes under the charts current. The server draws it, in
//! `pages::detail::changes`, and only it knows the numbers: the page is asked for again, and its
//! list takes the place of the one that is shown.

use std::time::Duration;

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{DomParser, SupportedType};

use crate::api::series::Series;
use crate::live::store::Live;

/// When the list is asked for after a change, in seconds: at once, when there are first numbers,
/// and when there are the last.
const AGAIN_SECONDS: [u64; 3] = [0, 9, 64];

/// Follows a change that was made just now.
pub(super) fn follow(live: &Live) {
    for seconds in AGAIN_SECONDS {
        let live = live.clone();
        set_timeout(move || redraw(&live), Duration::from_secs(seconds));
    }
}

/// Follows the newest change, if it is so new that its numbers still move.
pub(super) fn follow_newest(live: &Live, series: &Series) {
    let age = series.markers.last().map(|newest| (series.end - newest.at).num_seconds());
    if age.is_some_and(|age| age < 64) {
        follow(live);
    }
}

fn redraw(live: &Live) {
    if live.is_paused.get_untracked() {
        return;
    }
    // without an answer, what is shown is still the newest that is known
    spawn_local(async {
        let _drawn = take_from_server().await;
    });
}

async fn take_from_server() -> Option<()> {
    let href = location().href().ok()?;
    let html = Request::get(&href).send().await.ok()?.text().await.ok()?;
    let page = DomParser::new().ok()?.parse_from_string(&html, SupportedType::TextHtml).ok()?;
    let drawn = page.get_element_by_id("changes")?.inner_html();
    let shown = document().get_element_by_id("changes")?;
    // who has come to a link in it by keyboard stays there
    let is_in_use = shown.contains(document().active_element().as_deref());
    if !is_in_use && shown.inner_html() != drawn {
        shown.set_inner_html(&drawn);
    }
    Some(())
}
