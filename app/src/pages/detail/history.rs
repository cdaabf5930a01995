//! The tab with the mapping's changes, field by field.

use leptos::prelude::*;

use super::{Address, Content, View, not_loaded};
use crate::api::client::Client;
use crate::api::plan::FieldChange;
use crate::api::revision::{ChangeWord, RevisionEntry, RevisionPage};
use crate::components::actor;
use crate::components::diff::shown;
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
            Box::new(move || {
                view! {
                    {table(&page)}
                    {pages(newest, older)}
                }
                .into_any()
            })
        }
        Err(error) => not_loaded("The history", error),
    }
}

fn pages(newest: Option<String>, older: Option<String>) -> impl IntoView {
    let link = |href: Option<String>, label| {
        href.map(|href| {
            view! {
                <a class="btn" href=href>
                    {label}
                </a>
            }
        })
    };
    view! {
        <nav class="pager" aria-label="Pages">
            <span></span>
            {link(newest, "Newest")}
            {link(older, "Older")}
        </nav>
    }
}

/// Shows the changes, the newest first.
pub(super) fn table(page: &RevisionPage) -> impl IntoView + use<> {
    view! {
        <section class="card table-card" data-testid="history">
            <table class="table history">
                <caption>"Changes of the mapping, the newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Revision"</th>
                        <th scope="col">"When"</th>
                        <th scope="col">"What"</th>
                        <th scope="col" class="num">"On every node"</th>
                    </tr>
                </thead>
                <tbody>{page.items.iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}

fn row(entry: &RevisionEntry) -> impl IntoView + use<> {
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
                {count(entry.revision)}
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
        </tr>
    }
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
