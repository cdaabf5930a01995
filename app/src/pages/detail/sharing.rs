//! How a mapping's requests are shared among services: the numbers of each side by side, and the
//! form that moves them.

use leptos::prelude::*;

use super::Address;
use crate::api::live::{LiveMapping, LiveSide};
use crate::api::plan::Plan;
use crate::components::action::{ActionForm, Tried};
use crate::components::card::Card;
use crate::components::plan;
use crate::islands::mapping::MappingSides;

/// Shares of the second of two services that one slides through.
const STEPS: [u32; 5] = [1, 5, 25, 50, 100];

/// What of the form is needed to do what was reviewed.
const CARRIED: [&str; 5] = ["service", "weight", "percent", "keep", "revision"];

const REVIEW: &str = "sharing.review";
const PUT: &str = "sharing.put";

/// What was posted of the two forms.
#[derive(Debug, Clone)]
pub(super) struct Posted {
    reviewed: Tried,
    put: Tried,
}

impl Posted {
    pub(super) fn of(visit: &crate::pages::Visit) -> Self {
        let tried = |action| Tried::of(visit.acted(), action);
        Self { reviewed: tried(REVIEW), put: tried(PUT) }
    }
}

/// Shows the sides and their form; to who may not change the mapping, the sides alone.
pub(super) fn sharing(
    live: &LiveMapping,
    address: &Address,
    posted: Posted,
) -> impl IntoView + use<> {
    let sides = (!live.sides.is_empty()).then(|| view! { <MappingSides known=live.clone() /> });
    let form = address.may_change.then(|| card(live, posted));
    view! {
        {sides}
        {form}
    }
}

fn card(live: &LiveMapping, posted: Posted) -> impl IntoView + use<> {
    let Posted { reviewed, put } = posted;
    let planned = reviewed.answer().and_then(|answer| serde::Deserialize::deserialize(answer).ok());
    let title =
        if live.sides.is_empty() { "Share with another service" } else { "Move the requests" };
    let content = match planned {
        Some(planned) => review(live, &reviewed, planned).into_any(),
        None => {
            let tried = if put.refusal().is_some() { put } else { reviewed };
            form(live, tried).into_any()
        }
    };
    view! {
        <Card title=title testid="sharing">
            <div class="card-body">{content}</div>
        </Card>
    }
}

fn form(live: &LiveMapping, tried: Tried) -> impl IntoView + use<> {
    let sides = &live.sides;
    let revision = live.mapping.revision.to_string();
    let fields = if sides.is_empty() {
        begin(&live.mapping.service, &tried).into_any()
    } else {
        let rows = sides.iter().enumerate().map(|(place, side)| row(place + 1, side, &tried));
        view! {
            {(sides.len() == 2).then(|| slide(sides))}
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Service"</th>
                        <th scope="col" class="num">"Weight"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    let end = |side: &LiveSide| {
        let label = format!("Only {}", side.service);
        view! {
            <button class="btn" name="keep" value=side.service.clone()>
                {label}
            </button>
        }
    };
    let ends = sides.iter().map(end).collect_view();
    view! {
        <ActionForm to=REVIEW tried=tried.clone()>
            <input type="hidden" name="revision" value=revision />
            {fields}
            <div class="form-actions">
                <button class="btn btn-primary">"Review"</button>
                {ends}
            </div>
        </ActionForm>
    }
}

/// Asks who gets a part of the requests of a mapping that has one service.
fn begin(service: &str, tried: &Tried) -> impl IntoView + use<> {
    let (other, percent) = (tried.value("service2", ""), tried.value("percent", "1"));
    view! {
        <input type="hidden" name="service1" value=service.to_owned() />
        <div class="field">
            <label for="service2">"Service"</label>
            <input
                id="service2"
                name="service2"
                class="input mono"
                required
                autocomplete="off"
                spellcheck="false"
                value=other
            />
        </div>
        <div class="field">
            <label for="percent">"Percent of the requests"</label>
            <input
                id="percent"
                name="percent"
                class="input"
                type="number"
                min="0"
                max="100"
                required
                value=percent
            />
            <p class="hint">"Its numbers and those of the other are shown side by side."</p>
        </div>
    }
}

/// Shows the buttons that give the second of two services a share.
fn slide(sides: &[LiveSide]) -> impl IntoView + use<> {
    let second = sides.last().map(|side| side.service.clone()).unwrap_or_default();
    let button = |percent: u32| {
        view! {
            <button class="btn" name="percent" value=percent.to_string()>
                {percent.to_string()}
                "%"
            </button>
        }
    };
    view! {
        <p class="form-actions">
            <span>"To " <code>{second}</code></span>
            {STEPS.map(button).collect_view()}
        </p>
    }
}

fn row(place: usize, side: &LiveSide, tried: &Tried) -> impl IntoView + use<> {
    let (service, weight) = (format!("service{place}"), format!("weight{place}"));
    let typed = tried.value(&weight, &side.weight.to_string());
    let label = format!("Weight of {}", side.service);
    view! {
        <tr>
            <th scope="row">
                <code>{side.service.clone()}</code>
                <input type="hidden" name=service value=side.service.clone() />
            </th>
            <td class="num">
                <input
                    class="input"
                    type="number"
                    name=weight
                    min="0"
                    max="1000"
                    required
                    aria-label=label
                    value=typed
                />
            </td>
        </tr>
    }
}

/// Shows what would change, and asks.
fn review(live: &LiveMapping, reviewed: &Tried, planned: Plan) -> impl IntoView + use<> {
    let is_carried = |name: &str| CARRIED.iter().any(|known| name.starts_with(known));
    let carried = reviewed.fields().iter().filter(|(name, _)| is_carried(name)).cloned();
    let hidden = |(name, value): (String, String)| {
        view! { <input type="hidden" name=name value=value /> }
    };
    let carried = carried.map(hidden).collect_view();
    let back = crate::draft::mapping_address(&live.mapping.name);
    let would_change = !planned.diff.is_empty();
    view! {
        <ActionForm to=PUT>
            {carried}
            {plan::diff(planned.diff.clone())}
            {plan::impact(&planned, ())}
            <div class="form-actions">
                <a class="btn" href=back>
                    "Cancel"
                </a>
                {would_change
                    .then(|| {
                        view! {
                            <button class="btn btn-primary" data-testid="apply">
                                "Apply"
                            </button>
                        }
                    })}
            </div>
        </ActionForm>
    }
}
