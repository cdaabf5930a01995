//! Shows the parts of a plan: what differs, whom it touches, and what becomes of some requests.

use leptos::either::Either;
use leptos::prelude::*;

use crate::api::mapping::Warning;
use crate::api::plan::{Action, Affected, Effect, Example, FieldChange, Plan};
use crate::components::diff::shown;
use crate::components::icon::{self, Icon};
use crate::components::message::message;
use crate::draft::mapping_address;
use crate::fields::label_of;
use crate::numerals::{count, counted, ordinal};

/// Shows each field that would differ, before and after.
pub(crate) fn diff(changes: Vec<FieldChange>) -> impl IntoView {
    let row = |change: FieldChange| {
        view! {
            <tr>
                <th scope="row">{label_of(&change.field)}</th>
                <td class="mono before" data-label="Before">
                    {value(change.before.as_deref())}
                </td>
                <td class="mono after" data-label="After">
                    {value(change.after.as_deref())}
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

/// Shows one side of a change, one that is no text in the words of `components::diff`.
pub(crate) fn value(side: Option<&str>) -> impl IntoView + use<> {
    let class = if side.is_some_and(|text| !text.is_empty()) { "" } else { "sub" };
    view! { <span class=class>{shown(side).to_owned()}</span> }
}

/// Shows warnings, the mappings that are touched, and the place in the match order.
///
/// `service` is what is known of the service besides.
pub(crate) fn impact<V: IntoView + 'static>(plan: &Plan, service: V) -> impl IntoView + use<V> {
    // whose requests move is told below, mapping by mapping
    let warnings = plan.warnings.iter().filter(|warning| !is_told(&warning.code)).map(|warning| {
        let Warning { code, message } = warning.clone();
        concern(code, &message)
    });
    let is_change = plan.action != Action::Unchanged;
    let affected = if is_change { plan.affected.as_slice() } else { &[] };
    let (moving, keeping): (Vec<_>, Vec<_>) =
        affected.iter().cloned().partition(|affected| affected.effect != Effect::Keeps);
    let is_alone = affected.is_empty();
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
            {service} {warnings.collect_view()} {moving.into_iter().map(moves).collect_view()}
            {keeping.into_iter().map(keeps).collect_view()}
        </ul>
        <p class="sub impact-place">{rest} {place}</p>
    }
}

/// Tells whether a warning is about the mappings that are touched.
fn is_told(code: &str) -> bool {
    matches!(code, "nested" | "shadows")
}

/// Shows one warning.
pub(crate) fn concern(code: String, text: &str) -> impl IntoView + use<> {
    view! {
        <li class="note warn" data-code=code>
            <Icon path=icon::WARNING />
            <span>{message(text)}</span>
        </li>
    }
}

fn moves(affected: Affected) -> impl IntoView {
    let Affected { name, prefix, effect, recent_requests, team, is_certain } = affected;
    if name.is_empty() {
        return Either::Left(moves_unseen(&team, effect));
    }
    let recent = counted(recent_requests, "request");
    let (before, after) = match (effect, recent_requests) {
        (Effect::Gains, 0) => ("", ") gets the requests.".to_owned()),
        (Effect::Gains, _) => {
            ("", format!(") gets the requests: at most {recent} of the last five minutes."))
        }
        (_, _) if !is_certain => ("May take requests from ", ").".to_owned()),
        (_, 0) => {
            ("Takes requests from ", "), which had none in the last five minutes.".to_owned())
        }
        _ => ("Takes requests from ", format!("): at most {recent} of the last five minutes.")),
    };
    let is_loss = effect != Effect::Gains;
    let tone = if is_loss || recent_requests > 0 { "note warn" } else { "note idle" };
    Either::Right(view! {
        <li class=tone data-effect=if is_loss { "loses" } else { "gains" }>
            <Icon path=icon::WARNING />
            <span>{before} {link(name)} " (" <code>{prefix}</code> {after}</span>
        </li>
    })
}

/// Tells that a mapping is touched of which the reader may know only the team.
fn moves_unseen(team: &str, effect: Effect) -> impl IntoView + use<> {
    let (before, after, effect) = match effect {
        Effect::Gains => ("A mapping of the team ", " gets the requests.", "gains"),
        _ => ("Takes requests from a mapping of the team ", ".", "loses"),
    };
    view! {
        <li class="note warn" data-effect=effect>
            <Icon path=icon::WARNING />
            <span>{before} <code>{team.to_owned()}</code> {after}</span>
        </li>
    }
}

fn link(name: String) -> impl IntoView {
    view! { <a href=mapping_address(&name)>{name.clone()}</a> }
}

fn keeps(affected: Affected) -> impl IntoView {
    let Affected { name, prefix, recent_requests, team, .. } = affected;
    if name.is_empty() {
        let said = view! {
            <li class="impact-line" data-effect="keeps">
                "Mappings of the team "
                <code>{team}</code>
                " keep their requests."
            </li>
        };
        return Either::Left(said);
    }
    let recent = match recent_requests {
        0 => String::new(),
        recent => format!(" ({} in the last five minutes)", count(recent)),
    };
    Either::Right(view! {
        <li class="impact-line" data-effect="keeps">
            {link(name)}
            " ("
            <code>{prefix}</code>
            {format!(") keeps its requests{recent}.")}
        </li>
    })
}

/// Shows some requests and what becomes of them.
pub(crate) fn examples(plan: &Plan) -> impl IntoView + use<> {
    let name = plan.name.clone();
    let row = move |example: &Example| {
        let served = example.mapping.as_ref().map(|mapping| {
            let by = if *mapping == name { String::new() } else { format!(" by “{mapping}”") };
            let to = match &example.service {
                Some(service) => {
                    format!("{service} {}", example.upstream_path.as_deref().unwrap_or_default())
                }
                None => "answered by the gateway".to_owned(),
            };
            (to, by)
        });
        let (outcome, note) = match (served, &example.team) {
            (Some(served), _) => served,
            (None, Some(team)) => (String::new(), format!("served by the team “{team}”")),
            (None, None) => (String::new(), "not matched, 404".to_owned()),
        };
        view! {
            <tr>
                <th scope="row" class="mono">
                    {format!("{}{}", example.host, example.path)}
                    {(!example.with.is_empty())
                        .then(|| view! { <span class="sub">{format!(" {}", example.with)}</span> })}
                </th>
                <td class="arrow" aria-hidden="true">
                    "→"
                </td>
                <td class="mono">{outcome} <span class="sub">{note}</span></td>
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
