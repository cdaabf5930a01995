//! Shows the parts of a plan: what differs, whom it touches, and what becomes of some requests.

use leptos::prelude::*;

use super::refusal::shown;
use crate::api::plan::{Action, Affected, Effect, Example, FieldChange, Plan};
use crate::components::icon::{self, Icon};
use crate::components::message::message;
use crate::draft::{Field, mapping_address};
use crate::numerals::{count, counted, ordinal};

/// Shows each field that would differ, before and after.
pub(crate) fn diff(changes: Vec<FieldChange>) -> impl IntoView {
    let row = |change: FieldChange| {
        view! {
            <tr>
                <th scope="row">{Field::label_of(&change.field)}</th>
                <td class="mono before" data-label="Before">
                    {value(change.before)}
                </td>
                <td class="mono after" data-label="After">
                    {value(change.after)}
                </td>
            </tr>
        }
    };
    view! {
        <table class="table records plan-diff" data-testid="plan-diff">
            <thead>
                <tr>
                    <th scope="col">"Field"</th>
                    <th scope="col">"Before"</th>
                    <th scope="col">"After"</th>
                </tr>
            </thead>
            <tbody>{changes.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

/// Shows one side of a change; without a mapping there is none.
fn value(side: Option<String>) -> impl IntoView {
    match side {
        Some(text) => shown(text).into_any(),
        None => view! {
            <span class="sub" aria-label="none">
                "–"
            </span>
        }
        .into_any(),
    }
}

/// Shows warnings, the mappings that are touched, and the place in the match order.
pub(crate) fn impact(plan: &Plan) -> impl IntoView + use<> {
    let warnings = plan.warnings.iter().map(|warning| {
        view! {
            <li class="note warn" data-code=warning.code.clone()>
                <Icon path=icon::WARNING />
                <span>{message(&warning.message)}</span>
            </li>
        }
    });
    let (moving, keeping): (Vec<_>, Vec<_>) =
        plan.affected.iter().cloned().partition(|affected| affected.effect != Effect::Keeps);
    let is_alone = plan.affected.is_empty();
    let is_delete = plan.action == Action::Delete;
    let place = plan.position.map(|position| {
        let verb = if plan.action == Action::Unchanged { "Is" } else { "Would be" };
        format!("{verb} {} in match order.", ordinal(position))
    });
    let rest = match (is_alone, is_delete) {
        (true, true) => "No other mapping takes its requests: they get 404. ",
        (true, false) => "No other mapping changes. ",
        _ => "",
    };

    view! {
        <ul class="impact" data-testid="impact">
            {warnings.collect_view()} {moving.into_iter().map(moves).collect_view()}
            {keeping.into_iter().map(keeps).collect_view()}
        </ul>
        <p class="sub impact-place">{rest} {place}</p>
    }
}

fn moves(affected: Affected) -> impl IntoView {
    let Affected { name, prefix, effect, recent_requests } = affected;
    let link = view! { <a href=mapping_address(&name)>{name.clone()}</a> };
    let recent = counted(recent_requests, "request");
    let text = match (effect, recent_requests) {
        (Effect::Gains, 0) => {
            view! { {link} " (" <code>{prefix}</code> ") gets the requests." }.into_any()
        }
        (Effect::Gains, _) => view! {
            {link}
            " ("
            <code>{prefix}</code>
            {format!(") gets the requests: at most {recent} of the last five minutes.")}
        }
        .into_any(),
        (_, 0) => view! {
            "Takes requests from "
            {link}
            " ("
            <code>{prefix}</code>
            "), which had none in the last five minutes."
        }
        .into_any(),
        _ => view! {
            "Takes requests from "
            {link}
            " ("
            <code>{prefix}</code>
            {format!("): at most {recent} of the last five minutes.")}
        }
        .into_any(),
    };
    let tone = if recent_requests > 0 { "note warn" } else { "note idle" };
    view! {
        <li class=tone data-effect=if effect == Effect::Gains { "gains" } else { "loses" }>
            <Icon path=icon::MAPPINGS />
            <span>{text}</span>
        </li>
    }
}

fn keeps(affected: Affected) -> impl IntoView {
    let Affected { name, prefix, recent_requests, .. } = affected;
    let recent = match recent_requests {
        0 => String::new(),
        recent => format!(" ({} in the last five minutes)", count(recent)),
    };
    view! {
        <li class="impact-line" data-effect="keeps">
            <a href=mapping_address(&name)>{name.clone()}</a>
            " ("
            <code>{prefix}</code>
            {format!(") keeps its requests{recent}.")}
        </li>
    }
}

/// Shows some requests and what becomes of them.
pub(crate) fn examples(plan: &Plan) -> impl IntoView + use<> {
    let name = plan.name.clone();
    let row = move |example: &Example| {
        let outcome = match (&example.mapping, &example.service) {
            (None, _) => view! { <span class="sub">"not matched, 404"</span> }.into_any(),
            (Some(mapping), service) => {
                let service = service.clone().unwrap_or_default();
                let path = example.upstream_path.clone().unwrap_or_default();
                let other = (*mapping != name).then(|| {
                    view! { <span class="sub">{format!(" by “{mapping}”")}</span> }
                });
                view! { {service} " " {path} {other} }.into_any()
            }
        };
        view! {
            <tr>
                <th scope="row" class="mono">
                    {example.path.clone()}
                </th>
                <td class="arrow" aria-hidden="true">
                    "→"
                </td>
                <td class="mono">{outcome}</td>
            </tr>
        }
    };
    view! {
        <table class="table examples" data-testid="examples">
            <caption class="visually-hidden">"Requests, and where they would go"</caption>
            <tbody>{plan.examples.iter().map(row).collect_view()}</tbody>
        </table>
    }
}
