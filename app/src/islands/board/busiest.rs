//! Mappings with the most requests.

use leptos::prelude::*;

use crate::api::client::encode_segment;
use crate::api::live::LiveMapping;
use crate::components::card::Card;
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
            return view! { <p class="card-empty">"No mapping has requests just now."</p> }
                .into_any();
        }
        view! {
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
        }
        .into_any()
    };
    let all = view! { <a href="/mappings?sort=rate&order=desc">"All"</a> };

    view! {
        <Card title="Busiest mappings" testid="busiest" aside=all.into_any()>
            {rows}
        </Card>
    }
}

/// Leaves those that were shown in their places, while it is the same ones.
fn in_places(before: &[LiveMapping], mut busiest: Vec<LiveMapping>) -> Vec<LiveMapping> {
    let place =
        |live: &LiveMapping| before.iter().position(|b| b.mapping.name == live.mapping.name);
    if before.len() == busiest.len() && busiest.iter().all(|live| place(live).is_some()) {
        busiest.sort_by_key(place);
    }
    busiest
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
