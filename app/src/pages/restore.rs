//! The page that says what restoring a revision would do, and asks.
//!
//! A plain form that is posted to its own address, which names the revision: `?revision=4`, or
//! `?before=7` for the one before revision 7; without either, the one before the newest.

use leptos::prelude::*;

use super::query::Query;
use super::{Loaded, Posted, Visit, compare, failure};
use crate::addresses::{compare_address, restore_address};
use crate::api::client::{Client, ClientError};
use crate::api::plan::{Action, Plan};
use crate::api::revision::RevisionDetail;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::plan;
use crate::components::refused;
use crate::components::time::Ago;
use crate::draft::{mapping_address, stale};
use crate::numerals::count;

/// What the page knows.
struct Known {
    name: String,
    /// The change whose content is to come back.
    change: RevisionDetail,
    /// What that would do, or why it can't be done.
    plan: Result<Plan, ClientError>,
    /// Why it was not done, when it was tried.
    error: Option<ClientError>,
}

pub(super) async fn page(client: &Client, visit: &Visit, name: &str, query: &Query) -> Loaded {
    let error = match &visit.posted {
        Some(Posted::Restoration(error)) => Some(error.clone()),
        _ => None,
    };
    let change = match change(client, name, query).await {
        Ok(change) => change,
        Err(error) if error.status() == Some(404) => return compare::no_revision(name, error),
        Err(error) => return failure::failed(Place::Mappings, "The revision", error),
    };
    let plan = client.plan_restore(name, change.entry.revision).await;
    let refusal = error.as_ref().or(plan.as_ref().err());
    let status = refusal.map_or(200, |refusal| refusal.status().unwrap_or(503));
    let known = Known { name: name.to_owned(), change, plan, error };
    Loaded::new(format!("Restore {name}"), Place::Mappings, move || draw(known)).with_status(status)
}

/// Finds the change that the address means.
async fn change(client: &Client, name: &str, query: &Query) -> Result<RevisionDetail, ClientError> {
    let number = |parameter: &str| query.get(parameter).and_then(|text| text.parse().ok());
    if let Some(revision) = number("revision") {
        return client.revision(name, revision).await;
    }
    let later = match number("before") {
        Some(later) => later,
        None => compare::newest(client, name).await?,
    };
    let later = client.revision(name, later).await?;
    match later.previous {
        Some(previous) => client.revision(name, previous).await,
        None => Ok(later),
    }
}

fn draw(known: Known) -> impl IntoView {
    let Known { name, change, plan, error } = known;
    let revision = change.entry.revision;
    let href = mapping_address(&name);
    let above = vec![
        ("/mappings".to_owned(), "Mappings".to_owned()),
        (href.clone(), name.clone()),
        (format!("{href}?tab=history"), "History".to_owned()),
    ];
    let refusal = error.or_else(|| plan.as_ref().err().cloned());
    let plan = plan.ok();
    let replaces = plan.as_ref().and_then(|plan| plan.revision);
    let would_change = plan.as_ref().is_some_and(|plan| plan.action != Action::Unchanged);
    let compare = compare_address(&name, revision, None);

    view! {
        <Crumbs above here="restore" />
        <PageHead title=format!("Restore {name} to revision {}?", count(revision)) />
        <form
            class="card form confirm"
            method="post"
            action=restore_address(&name, revision)
            data-testid="restore"
        >
            {refusal.map(|refusal| refused(&refusal))}
            <p>
                {match replaces {
                    Some(_) => "It gets the content that it had ",
                    None => "It is gone; it would be made again as it was ",
                }}
                <Ago at=change.entry.at />
                ". That is a new revision: nothing of the history is lost. "
                <a href=compare>"Compare with now"</a>
            </p>
            {plan.map(planned)}
            {replaces
                .map(|replaces| {
                    view! { <input type="hidden" name="replaces" value=replaces.to_string() /> }
                })}
            <div class="form-actions">
                <a class=if would_change { "btn" } else { "btn btn-primary" } href=href>
                    {if would_change { "Cancel" } else { "Back to the mapping" }}
                </a>
                {would_change
                    .then(|| {
                        view! {
                            <button class="btn btn-primary" type="submit" data-testid="apply">
                                "Restore"
                            </button>
                        }
                    })}
            </div>
        </form>
    }
}

fn planned(plan: Plan) -> impl IntoView {
    if plan.action == Action::Unchanged {
        return view! {
            <p class="note ok" data-testid="unchanged">
                "The mapping has this content already: there is nothing to restore."
            </p>
        }
        .into_any();
    }
    view! {
        {plan::diff(plan.diff.clone())}
        <h3>"Impact"</h3>
        {plan::impact(&plan, ())}
        <h3>"What it will do"</h3>
        {plan::examples(&plan)}
    }
    .into_any()
}

fn refused(error: &ClientError) -> impl IntoView + use<> {
    let text = match stale(error) {
        Some(Some(_)) => {
            "Somebody has changed it meanwhile. Below is what restoring would do now.".to_owned()
        }
        Some(None) => "Somebody has deleted it meanwhile. It would be made again.".to_owned(),
        None => error.to_string(),
    };
    refused::summary("The mapping can't be restored like this.", &text, error)
}
