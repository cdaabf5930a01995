//! The tab with the mapping's changes, field by field: any two can be compared, and any restored.

use leptos::prelude::*;

use super::{Address, Content, View, not_loaded};
use crate::addresses::{compare_change_address, restore_address};
use crate::api::client::Client;
use crate::api::plan::FieldChange;
use crate::api::revision::{ChangeWord, RevisionEntry, RevisionPage};
use crate::components::actor;
use crate::components::diff::shown;
use crate::components::pager::ByAge;
use crate::components::time::Ago;
use crate::numerals::{UNKNOWN, count};
use crate::pages::query::Query;

/// Changes on a page.
pub(super) const LIMIT: u32 = 25;

pub(super) async fn load(client: &Client, address: &Address, query: &Query) -> Content {
    let cursor = query.get("cursor");
    let mut answer = client.revisions(Some(&address.name), LIMIT, cursor).await;
    let is_unreadable = answer.as_ref().is_err_and(|error| error.status() == Some(400));
    if cursor.is_some() && is_unreadable {
        answer = client.revisions(Some(&address.name), LIMIT, None).await;
    }
    match answer {
        Ok(page) => {
            let newest = cursor.is_some().then(|| address.tab(View::History, &[]));
            let older = page.next_cursor.clone();
            let older = older.map(|cursor| address.tab(View::History, &[("cursor", &cursor)]));
            let address = address.clone();
            Box::new(move || {
                view! {
                    {table(&address, &page)}
                    <ByAge newest older />
                }
                .into_any()
            })
        }
        Err(error) => not_loaded("The history", error),
    }
}

/// Shows the changes, the newest first.
pub(super) fn table(address: &Address, page: &RevisionPage) -> impl IntoView + use<> {
    // the newest of the page and the one before it, unless others are picked
    let (to, from) = (page.items.first(), page.items.get(1));
    let picked = (from.map(|entry| entry.revision), to.map(|entry| entry.revision));
    let has_two = from.is_some();
    let rows = page.items.iter().map(|entry| row(address, entry, picked)).collect_view();
    view! {
        <form class="card table-card" data-testid="history" action=address.action("/compare")>
            <table class="table history">
                <caption>"Changes of the mapping, the newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Revision"</th>
                        <th scope="col">"When"</th>
                        <th scope="col">"What"</th>
                        <th scope="col" class="num">"On every node"</th>
                        <th scope="col" class="num">
                            {if has_two { "From, to" } else { "" }}
                        </th>
                        <th scope="col">
                            {has_two
                                .then(|| {
                                    view! {
                                        <button class="btn btn-small" type="submit">
                                            "Compare"
                                        </button>
                                    }
                                })}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </form>
    }
}

fn row(
    address: &Address,
    entry: &RevisionEntry,
    (from, to): (Option<u64>, Option<u64>),
) -> impl IntoView + use<> {
    let what = match entry.change {
        ChangeWord::Created => "Created",
        ChangeWord::Changed => "Changed",
        ChangeWord::Deleted => "Deleted",
    };
    let fields = entry.diff.iter().map(field).collect_view();
    let fields = (!entry.diff.is_empty()).then(|| view! { <dl class="facts diff">{fields}</dl> });
    let after = entry
        .live_after_ms
        .map_or_else(|| UNKNOWN.to_owned(), |ms| format!("after {} ms", count(ms)));
    view! {
        <tr data-revision=entry.revision.to_string()>
            <th scope="row" class="strong">
                <a class="name" href=compare_change_address(&address.name, entry.revision)>
                    {count(entry.revision)}
                </a>
            </th>
            <td>
                <Ago at=entry.at />
                {by(&entry.actor)}
            </td>
            <td>
                <p class="strong">{what}</p>
                {fields}
            </td>
            <td class="num">{after}</td>
            <td class="num pick">
                {from.is_some().then(|| pick(entry.revision, [("from", from), ("to", to)]))}
            </td>
            <td>{restore(address, entry, to)}</td>
        </tr>
    }
}

/// Shows a choice for each side of a comparison.
fn pick(revision: u64, sides: [(&'static str, Option<u64>); 2]) -> impl IntoView {
    let side = |(name, picked): (&'static str, Option<u64>)| {
        let label = format!("Compare {name} revision {revision}");
        view! {
            <label class="pick-one">
                <input
                    type="radio"
                    name=name
                    value=revision.to_string()
                    aria-label=label
                    checked=picked == Some(revision)
                />
            </label>
        }
    };
    sides.map(side).into_iter().collect_view()
}

/// Links the page that restores a change's content, where it has one that is not the newest.
fn restore(
    address: &Address,
    entry: &RevisionEntry,
    first: Option<u64>,
) -> Option<impl IntoView + use<>> {
    let can_be =
        address.may_change && entry.change != ChangeWord::Deleted && first != Some(entry.revision);
    can_be.then(|| {
        view! {
            <a
                class="btn btn-small"
                href=restore_address(&address.name, entry.revision)
                aria-label=format!("Restore revision {}", entry.revision)
            >
                "Restore"
            </a>
        }
    })
}

/// Says who made a change; of old ones it is not known.
fn by(actor: &str) -> impl IntoView + use<> {
    (!actor.is_empty()).then(|| view! { <p class="sub">"by " {actor::words(actor)}</p> })
}

/// Shows a field before and after, for a list of facts.
pub(crate) fn field(change: &FieldChange) -> impl IntoView + use<> {
    let before = change.before.as_deref().map(|before| {
        view! {
            <del>
                <code>{shown(Some(before)).to_owned()}</code>
            </del>
            " → "
        }
    });
    let after = match &change.after {
        Some(after) => view! {
            <ins>
                <code>{shown(Some(after)).to_owned()}</code>
            </ins>
        }
        .into_any(),
        None => view! { <span class="sub">"gone"</span> }.into_any(),
    };
    view! {
        <dt>{change.field.clone()}</dt>
        <dd>{before} {after}</dd>
    }
}
