//! Mappings with the most requests.

use leptos::either::Either;
use leptos::prelude::*;

use crate::api::client::encode_segment;
use crate::api::live::LiveMapping;
use crate::components::card::card;
use crate::live::store::Live;
use crate::numerals::{percent, rate};

/// Shows the mappings; they keep their places until others are among them.
pub(super) fn busiest(live: &Live) -> impl IntoView + use<> {
    let overview = live.overview.clone();
    let shown = Memo::new(move |before: Option<&Vec<LiveMapping>>| {
        let busiest = overview.with(|overview| overview.busiest.clone());
        in_places(before.map(Vec::as_slice).unwrap_or_default(), busiest)
    });
    let rows = move || {
        let shown = shown.get();
        if shown.is_empty() {
            let nothing = "No mapping has requests just now.";
            return Either::Left(view! { <p class="card-empty">{nothing}</p> });
        }
        Either::Right(view! {
            <table class="table busiest">
                <caption>"Mappings with the most requests a second"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Mapping"</th>
                        <th scope="col" data-cell="service">"Service"</th>
                        <th scope="col" class="num">"req/s"</th>
                        <th scope="col" class="num">"ok"</th>
                    </tr>
                </thead>
                <tbody>{shown.into_iter().map(row).collect_view()}</tbody>
            </table>
        })
    };
    let all = view! { <a href="/mappings?sort=rate&order=desc">"All"</a> };

    card("Busiest mappings", "busiest", all, rows)
}

/// Leaves those that were shown in their places, while it is the same ones.
fn in_places(before: &[LiveMapping], busiest: Vec<LiveMapping>) -> Vec<LiveMapping> {
    let newest = |shown: &LiveMapping| {
        busiest.iter().find(|live| live.mapping.name == shown.mapping.name).cloned()
    };
    let same: Vec<_> = before.iter().filter_map(newest).collect();
    if same.len() == busiest.len() { same } else { busiest }
}

fn row(live: LiveMapping) -> impl IntoView {
    let href = format!("/mappings/{}", encode_segment(&live.mapping.name));
    view! {
        <tr>
            <th scope="row">
                <a class="name" href=href>
                    {live.mapping.name.clone()}
                </a>
                <br />
                <span class="mono">{live.mapping.prefix.clone()}</span>
            </th>
            <td class="sub" data-cell="service">
                <code>{live.mapping.service.clone()}</code>
            </td>
            <td class="num">{rate(live.rate)}</td>
            <td class="num">{percent(live.ok_percent)}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::islands::samples::live_mapping;

    fn names(list: &[LiveMapping]) -> Vec<&str> {
        list.iter().map(|live| live.mapping.name.as_str()).collect()
    }

    #[test]
    fn nothing_moves_under_the_pointer_while_the_same_are_busiest() {
        let before = ["a", "b"].map(|name| live_mapping(name, 1));

        let same = in_places(&before, ["b", "a"].map(|name| live_mapping(name, 1)).into());
        let other = in_places(&before, ["c", "a"].map(|name| live_mapping(name, 1)).into());

        assert_eq!(names(&same), ["a", "b"]);
        assert_eq!(names(&other), ["c", "a"]);
    }
}
