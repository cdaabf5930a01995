//! The page that says what deleting a mapping would do, and asks.
//!
//! A plain form that is posted to its own address: there is nothing to type but the prefix, and
//! that only when the mapping is in use.

use leptos::prelude::*;

use super::{Loaded, Posted, Visit, failure};
use crate::api::client::{Client, ClientError};
use crate::api::mapping::Mapping;
use crate::api::plan::Plan;
use crate::api::series::{Series, Span};
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::plan;
use crate::components::refused;
use crate::draft::{mapping_address, stale};
use crate::numerals::counted;

/// What the page knows of the mapping.
struct Known {
    mapping: Mapping,
    plan: Plan,
    /// Requests of the last five minutes; unknown when no Envoy has reported.
    recent: Option<u64>,
    error: Option<ClientError>,
    typed: String,
}

pub(super) async fn page(client: &Client, visit: &Visit, name: &str) -> Loaded {
    let (error, typed) = match &visit.posted {
        Some(Posted::Deletion { error, typed }) => (error.clone(), typed.clone()),
        _ => (None, String::new()),
    };
    let loaded = match client.mapping(name).await {
        Ok(mapping) => client.plan_delete(name).await.map(|plan| (mapping, plan)),
        Err(error) => Err(error),
    };
    let (mapping, plan) = match loaded {
        Ok(loaded) => loaded,
        Err(error) if error.status() == Some(404) => return failure::no_mapping(name),
        Err(error) => return failure::failed(Place::Mappings, "The mapping", error),
    };
    let status = match (&visit.posted, &error) {
        (_, Some(error)) => error.status().unwrap_or(503),
        (Some(_), None) => 422,
        (None, None) => 200,
    };
    let is_refused = visit.posted.is_some() && error.is_none();
    let known = Known { mapping, plan, recent: recent_requests(client, name).await, error, typed };
    Loaded::new(format!("Delete {name}"), Place::Mappings, move || draw(known, is_refused))
        .with_status(status)
}

/// Returns how many requests a mapping had in the last five minutes; nothing when that is not
/// known.
pub async fn recent_requests(client: &Client, name: &str) -> Option<u64> {
    let series = client.series(Some(name), Span::FiveMinutes).await.ok()?;
    sum(&series)
}

fn sum(series: &Series) -> Option<u64> {
    let requests = &series.requests;
    let known = [&requests.ok, &requests.c4xx, &requests.bad].into_iter().flatten().flatten();
    let known: Vec<f64> = known.copied().collect();
    let total: f64 = known.iter().sum();
    (!known.is_empty()).then(|| (total * f64::from(requests.step_seconds)).round() as u64)
}

fn draw(known: Known, is_refused: bool) -> impl IntoView {
    let Known { mapping, plan, recent, error, typed } = known;
    let Mapping { name, prefix, service, rewrite, revision, .. } = mapping;
    let href = mapping_address(&name);
    let action = format!("{href}/delete");
    let above = vec![("/mappings".to_owned(), "Mappings".to_owned()), (href.clone(), name.clone())];
    let must_type = recent.is_some_and(|recent| recent > 0);
    let traffic = match recent {
        None => "unknown".to_owned(),
        Some(recent) => counted(recent, "request"),
    };
    let rewrite = if rewrite.is_empty() { "none: the path stays".to_owned() } else { rewrite };

    view! {
        <Crumbs above here="delete" />
        <PageHead title=format!("Delete {name}?") />
        <form class="card form confirm" method="post" action=action data-testid="delete-mapping">
            {error.map(|error| refused(&error))}
            <p>
                "Requests at and below " <code>{prefix.clone()}</code>
                " will no longer reach this service. The counters end with the mapping; its history stays."
            </p>
            <dl class="facts">
                <dt>"Prefix"</dt>
                <dd class="mono">{prefix.clone()}</dd>
                <dt>"Service"</dt>
                <dd class="mono">{service}</dd>
                <dt>"Rewrite"</dt>
                <dd class="mono">{rewrite}</dd>
                <dt>"Last five minutes"</dt>
                <dd class="num" data-testid="recent">
                    {traffic}
                </dd>
            </dl>
            <h2>"What would happen"</h2>
            {plan::impact(&plan, ())}
            {plan::examples(&plan)}
            <input type="hidden" name="revision" value=revision.to_string() />
            {must_type.then(|| confirmation(prefix, typed, is_refused))}
            <div class="form-actions">
                <a class="btn" href=href>
                    "Cancel"
                </a>
                <button class="btn btn-danger" type="submit">
                    "Delete mapping"
                </button>
            </div>
        </form>
    }
}

/// Asks for the prefix of a mapping that is in use.
fn confirmation(prefix: String, typed: String, is_refused: bool) -> impl IntoView {
    let described_by = if is_refused { "confirm-error confirm-hint" } else { "confirm-hint" };
    view! {
        <div class="field">
            <label for="confirm">"Type the prefix to delete it"</label>
            <input
                id="confirm"
                name="confirm"
                type="text"
                class="mono"
                value=typed
                maxlength="2500"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-required="true"
                autofocus=is_refused
                aria-invalid=is_refused.then_some("true")
                aria-describedby=described_by
            />
            {is_refused
                .then(|| {
                    view! {
                        <p class="field-error" id="confirm-error">
                            "This is not its prefix. Nothing was deleted."
                        </p>
                    }
                })}
            <p class="hint" id="confirm-hint">
                "The mapping is in use. Its prefix is " <code>{prefix}</code>
            </p>
        </div>
    }
}

fn refused(error: &ClientError) -> impl IntoView + use<> {
    let is_stale = stale(error).is_some();
    let text = if is_stale {
        "Somebody has changed it meanwhile. This page shows it as it is now; delete it if that is still right."
            .to_owned()
    } else {
        error.to_string()
    };
    refused::summary("The mapping was not deleted.", &text, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::series::Requests;

    fn series(ok: Vec<Option<f64>>, bad: Vec<Option<f64>>, step_seconds: u32) -> Series {
        let requests = Requests { step_seconds, ok, c4xx: Vec::new(), bad };
        Series { requests, ..Series::default() }
    }

    #[test]
    fn requests_are_counted_over_what_is_known() {
        assert_eq!(sum(&series(vec![Some(2.0), None], vec![Some(1.0), None], 1)), Some(3));
        assert_eq!(sum(&series(vec![Some(0.5)], Vec::new(), 30)), Some(15));
        assert_eq!(sum(&series(vec![Some(0.0)], Vec::new(), 1)), Some(0));
    }

    #[test]
    fn missing_data_is_not_no_requests() {
        assert_eq!(sum(&series(vec![None, None], vec![None], 1)), None);
    }
}
