//! Two revisions of a mapping side by side.
//!
//! `?from=4&to=7` compares these, `?from=4` with the newest, and `?to=7` with the one before it.

use leptos::prelude::*;

use super::query::Query;
use super::{Loaded, failure};
use crate::addresses::{compare_address, restore_address};
use crate::api::client::{Client, ClientError};
use crate::api::mapping::MappingDraft;
use crate::api::revision::{Compared, Comparison};
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::message::message;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::plan;
use crate::components::time::Ago;
use crate::draft::{Field, mapping_address};
use crate::fields::label_of;
use crate::numerals::{count, counted};

pub(super) async fn page(client: &Client, name: &str, query: &Query) -> Loaded {
    let number = |parameter: &str| query.get(parameter).and_then(|text| text.parse().ok());
    match load(client, name, (number("from"), number("to"))).await {
        Ok(comparison) => {
            let title = format!("Compare revisions of {name}");
            Loaded::new(title, Place::Mappings, move || draw(comparison))
        }
        Err(error) if error.status() == Some(404) => no_revision(name, error),
        Err(error) => failure::failed(Place::Mappings, "The comparison", error),
    }
}

/// Shows that the mapping has no such revision, with status 404.
pub(super) fn no_revision(name: &str, error: ClientError) -> Loaded {
    let name = name.to_owned();
    Loaded::new("Not found", Place::Mappings, move || absent(&name, &error.to_string()))
        .with_status(404)
}

async fn load(
    client: &Client,
    name: &str,
    (from, to): (Option<u64>, Option<u64>),
) -> Result<Comparison, ClientError> {
    if let Some(from) = from {
        return client.compare(name, from, to).await;
    }
    let to = match to {
        Some(to) => to,
        None => newest(client, name).await?,
    };
    let change = client.revision(name, to).await?;
    // the first has nothing before it: it is compared with itself
    client.compare(name, change.previous.unwrap_or(to), Some(to)).await
}

/// Returns the mapping's newest revision.
pub(super) async fn newest(client: &Client, name: &str) -> Result<u64, ClientError> {
    let page = client.revisions(Some(name), 1, None).await?;
    Ok(page.items.first().map(|newest| newest.revision).unwrap_or_default())
}

fn crumbs(name: &str) -> impl IntoView + use<> {
    let href = mapping_address(name);
    let history = format!("{href}?tab=history");
    let above = vec![
        ("/mappings".to_owned(), "Mappings".to_owned()),
        (href, name.to_owned()),
        (history, "History".to_owned()),
    ];
    view! { <Crumbs above here="compare" /> }
}

fn absent(name: &str, reason: &str) -> impl IntoView + use<> {
    let history = format!("{}?tab=history", mapping_address(name));
    let reason = message(reason);
    view! {
        {crumbs(name)}
        <h1 class="visually-hidden">"There is no such revision"</h1>
        <Empty title="There is no such revision" testid="no-revision">
            <p>{reason}</p>
            <p>
                <a class="btn btn-primary" href=history>
                    "All changes of the mapping"
                </a>
            </p>
        </Empty>
    }
}

fn draw(comparison: Comparison) -> impl IntoView {
    let Comparison { mapping: name, from, to, diff } = comparison;
    let differ = match diff.len() as u64 {
        0 => "The two are the same.".to_owned(),
        1 => "1 field differs.".to_owned(),
        several => format!("{} differ.", counted(several, "field")),
    };
    let swapped = compare_address(&name, to.revision, Some(from.revision));
    let is_same = from.revision == to.revision;
    let restores = [&from, &to].into_iter().take(if is_same { 1 } else { 2 });
    let restores = restores.filter_map(|side| restore(&name, side)).collect_view();
    view! {
        {crumbs(&name)}
        <PageHead title=format!("Compare revisions of {name}") sub=differ.into_any()>
            {restores}
        </PageHead>
        <form class="filter pick" action=format!("{}/compare", mapping_address(&name))>
            {choice("from", "From revision", from.revision)} {choice("to", "to", to.revision)}
            <button class="btn" type="submit">
                "Compare"
            </button>
            {(!is_same)
                .then(|| {
                    view! {
                        <a class="btn btn-quiet" href=swapped>
                            "Swap"
                        </a>
                    }
                })}
        </form>
        <section class="card records-card">
            <table class="table records plan-diff" data-testid="comparison">
                <caption>"The fields of the mapping at both revisions"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Field"</th>
                        {head(&from)}
                        {head(&to)}
                    </tr>
                </thead>
                <tbody>{rows(&from, &to, &diff)}</tbody>
            </table>
        </section>
    }
}

fn choice(name: &'static str, label: &'static str, revision: u64) -> impl IntoView {
    view! {
        <label class="sub" for=name>
            {label}
        </label>
        <input
            class="input num"
            id=name
            name=name
            type="text"
            inputmode="numeric"
            pattern="[0-9]+"
            required
            maxlength="20"
            autocomplete="off"
            value=revision.to_string()
        />
    }
}

fn restore(name: &str, side: &Compared) -> Option<impl IntoView + use<>> {
    let can_be = !side.is_newest && side.content.is_some();
    can_be.then(|| {
        view! {
            <a class="btn" href=restore_address(name, side.revision)>
                {format!("Restore {}", count(side.revision))}
            </a>
        }
    })
}

fn head(side: &Compared) -> impl IntoView + use<> {
    let now = if side.is_newest { ", now" } else { "" };
    view! {
        <th scope="col">
            {format!("Revision {}{now}", count(side.revision))} <span class="sub">
                <Ago at=side.at />
            </span>
        </th>
    }
}

/// Shows each field of both sides, those that differ in the way of a plan.
fn rows(
    from: &Compared,
    to: &Compared,
    diff: &[crate::api::plan::FieldChange],
) -> impl IntoView + use<> {
    let [from_label, to_label] =
        [from, to].map(|side| format!("Revision {}", count(side.revision)));
    let known = Field::ALL.map(|field| {
        let key = field.key();
        let value = |side: &Compared| side.content.as_ref().map(|content| text(content, field));
        (key.to_owned(), value(from), value(to))
    });
    let more = diff.iter().filter(|change| Field::ALL.iter().all(|f| f.key() != change.field));
    let more = more.map(|change| {
        let change = change.clone();
        (change.field, change.before, change.after)
    });
    let row = |(key, before, after): (String, Option<String>, Option<String>)| {
        let is_changed = diff.iter().any(|change| change.field == key);
        let [old, new] = if is_changed { ["mono before", "mono after"] } else { ["mono sub"; 2] };
        view! {
            <tr data-changed=is_changed.then_some("")>
                <th scope="row">{label_of(&key)}</th>
                <td class=old data-label=from_label.clone()>
                    {plan::value(before.as_deref())}
                </td>
                <td class=new data-label=to_label.clone()>
                    {plan::value(after.as_deref())}
                </td>
            </tr>
        }
    };
    known.into_iter().chain(more).map(row).collect_view()
}

/// Writes a field as one would type it.
fn text(content: &MappingDraft, field: Field) -> String {
    match field {
        Field::Name => content.name.clone(),
        Field::Prefix => content.prefix.clone(),
        Field::Service => content.service.clone(),
        Field::Team => content.team.clone().unwrap_or_default(),
        Field::Rewrite => content.rewrite.clone().unwrap_or_default(),
        Field::Labels => content.labels.clone().unwrap_or_default().join(" "),
    }
}
