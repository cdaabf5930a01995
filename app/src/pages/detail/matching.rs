//! The tab that says which requests the mapping serves, and which go to others.

use leptos::prelude::*;

use super::Content;
use crate::api::client::encode_segment;
use crate::api::mapping::Mapping;
use crate::api::matching::PathKind;
use crate::api::plan::{Affected, Effect, Example, Plan};
use crate::components::card::Card;
use crate::components::chip::Tone;
use crate::components::note::Note;
use crate::numerals::{count, ordinal};

pub(super) fn draw(mapping: &Mapping, plan: Option<&Plan>) -> Content {
    let mapping = mapping.clone();
    let Some(plan) = plan.cloned() else {
        return Box::new(|| {
            view! {
                <Note tone=Tone::Warn>
                    <p>"The match could not be worked out, for the mapping has just been changed. Reload the page."</p>
                </Note>
            }
            .into_any()
        });
    };
    Box::new(move || {
        let place = plan.position.map(|place| {
            let others = match place {
                1 => "no other is tried before it".to_owned(),
                2 => "one is tried before it".to_owned(),
                place => format!("{} are tried before it", count(u64::from(place) - 1)),
            };
            format!("{}: {others}. The first that matches serves the request.", ordinal(place))
        });
        let bare = mapping.prefix.trim_end_matches('/');
        let matches = if mapping.r#match.path == PathKind::Exact {
            format!("The path {} and no other", mapping.prefix)
        } else if let Some(regex) = &mapping.r#match.regex {
            format!("Every path that begins with {} and goes on as {regex}", mapping.prefix)
        } else if mapping.prefix.ends_with('/') && !bare.is_empty() {
            format!("Every path that begins with {}, not {bare} itself", mapping.prefix)
        } else if bare.is_empty() {
            "Every path".to_owned()
        } else {
            format!("{bare} and every path that begins with {bare}/, not {bare}s")
        };
        let conditions = mapping.r#match.words();
        let conditions = (!conditions.is_empty()).then(|| {
            view! {
                <dt>"Asks for"</dt>
                <dd>{conditions}</dd>
            }
        });
        view! {
            <div class="columns even">
                <div class="stack">
                    <Card title="Match" testid="match">
                        <dl class="facts card-body">
                            <dt>"Host"</dt>
                            <dd class="mono">{mapping.host.clone()}</dd>
                            <dt>"Prefix"</dt>
                            <dd class="mono">{mapping.prefix.clone()}</dd>
                            <dt>"Serves"</dt>
                            <dd>{matches}</dd>
                            {conditions}
                            <dt>"Place"</dt>
                            <dd>{place}</dd>
                        </dl>
                    </Card>
                    {examples(&plan.examples, &mapping.name)}
                </div>
                {nested(&plan.affected)}
            </div>
        }
        .into_any()
    })
}

fn examples(examples: &[Example], own: &str) -> impl IntoView + use<> {
    let row = |example: &Example| {
        let to = match (&example.mapping, &example.service) {
            (Some(mapping), Some(service)) => {
                let upstream = example.upstream_path.clone().unwrap_or_default();
                let other = (mapping != own).then(|| {
                    view! { <p class="sub">"by the mapping " {mapping_link(mapping)}</p> }
                });
                view! {
                    <code>{format!("{service}{}{upstream}", separator(service))}</code>
                    {other}
                }
                .into_any()
            }
            (Some(_), None) => view! { <span>"an answer of the gateway’s own"</span> }.into_any(),
            _ => view! { <span class="text-warn">"404 from Envoy: no mapping matches"</span> }
                .into_any(),
        };
        view! {
            <tr>
                <th scope="row">
                    <code>{format!("{}{}", example.host, example.path)}</code>
                    {(!example.with.is_empty())
                        .then(|| view! { <p class="sub">{example.with.clone()}</p> })}
                </th>
                <td>{to}</td>
            </tr>
        }
    };
    let rows = examples.iter().map(row).collect_view();
    view! {
        <Card title="Examples" testid="examples">
            <table class="table">
                <caption>"Requests, and where the gateway sends them"</caption>
                <thead>
                    <tr>
                        <th scope="col">"A request for"</th>
                        <th scope="col">"reaches"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
    }
}

/// Stands between a service and a path, so that they can be told apart.
fn separator(service: &str) -> &'static str {
    if service.is_empty() { "" } else { " " }
}

fn nested(affected: &[Affected]) -> impl IntoView + use<> {
    let row = |other: &Affected| {
        let effect = match other.effect {
            Effect::Loses => "Is around it, and serves what it does not",
            Effect::Keeps => "Is inside it, and keeps its requests",
            Effect::Gains => "Would serve its requests without it",
        };
        view! {
            <tr>
                <th scope="row">
                    {mapping_link(&other.name)} <br /> <code>{other.prefix.clone()}</code>
                </th>
                <td class="sub">{effect}</td>
                <td class="num">{count(other.recent_requests)}</td>
            </tr>
        }
    };
    let rows = affected.iter().map(row).collect_view();
    let content = if affected.is_empty() {
        view! { <p class="card-empty">"No other prefix is inside this one or around it."</p> }
            .into_any()
    } else {
        view! {
            <table class="table">
                <caption>"Mappings whose prefixes overlap with this one"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Mapping"</th>
                        <th scope="col">"How they share"</th>
                        <th scope="col" class="num">"Requests, 5 min"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <Card title="Nested mappings" testid="nested">
            {content}
        </Card>
    }
}

fn mapping_link(name: &str) -> impl IntoView + use<> {
    let href = format!("/mappings/{}?tab=match", encode_segment(name));
    view! {
        <a class="name" href=href>
            {name.to_owned()}
        </a>
    }
}
