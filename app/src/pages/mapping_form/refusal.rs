//! What the form shows when it was refused: the faults, or what somebody else has saved meanwhile.

use leptos::either::Either;
use leptos::prelude::*;

use super::fields;
use super::sheet::Sheet;
use crate::api::client::ClientError;
use crate::api::mapping::Mapping;
use crate::components::icon::{self, Icon};
use crate::components::message::message;
use crate::components::plan::value;
use crate::components::refused::request_id;
use crate::draft::compare::{Difference, Kind, differences};
use crate::draft::{Field, Form, Stage, Typed, mapping_address, owner, stale};

/// Says why the mapping was refused, with a link to each field; it takes the focus.
pub(super) fn summary(sheet: &Sheet) -> impl IntoView + use<> {
    match &sheet.form.stage {
        Stage::Refused(error) => Some(faults(sheet, error)),
        _ => None,
    }
}

fn faults(sheet: &Sheet, error: &ClientError) -> impl IntoView + use<> {
    let first = Field::ALL.into_iter().filter_map(|field| {
        Some((field.key().to_owned(), field.label().to_owned(), field.error(error)?))
    });
    let more = sheet.faults.iter().cloned();
    let more = more.map(|fault| (fault.id, fault.label, fault.message));
    let faults: Vec<_> = first.chain(more).collect();
    // the fields say it themselves
    let overall = faults.is_empty().then(|| view! { <p>{message(&error.to_string())}</p> });
    let link = |(id, label, text): (String, String, String)| {
        view! {
            <li>
                <a href=format!("#{id}")>{label}</a>
                ": "
                {message(&text)}
            </li>
        }
    };

    view! {
        <div class="note bad error-summary" id="error-summary" tabindex="-1" autofocus=true data-testid="error-summary">
            <Icon path=icon::WARNING />
            <div>
                <strong>"Nothing was saved."</strong>
                {overall}
                <ul>{faults.into_iter().map(link).collect_view()}</ul>
                {request_id(error)}
            </div>
        </div>
    }
}

/// Links the mapping that has the name or the prefix already.
pub(super) fn owner_link(sheet: &Sheet, field: Field) -> impl IntoView + use<> {
    let found = sheet.found.as_ref()?;
    // only the field that the conflict is about carries the message
    field.error(found)?;
    let name = owner(found)?.to_owned();
    let href = mapping_address(&name);
    Some(view! {
        " "
        <a href=href target="_blank" data-testid="owner">
            {format!("Open {name}")}
            <span class="visually-hidden">" in a new tab"</span>
        </a>
    })
}

/// Shows mine and theirs after somebody else has saved, or deleted, the mapping.
pub(super) fn stale_face(sheet: &Sheet) -> impl IntoView + use<> {
    let form = &sheet.form;
    let Stage::Refused(error) = &form.stage else { return None };
    Some(match stale(error)? {
        Some(theirs) => Either::Left(changed(form, theirs, error)),
        None => Either::Right(deleted(form, error)),
    })
}

fn changed(form: &Form, theirs: &Mapping, error: &ClientError) -> impl IntoView + use<> {
    let saved = Typed::of(theirs);
    let rows = differences(form.base.as_ref(), &form.typed, &saved);
    let is_same = rows.is_empty();
    let again = form.on_top_of(Some(theirs));
    let edit = form.purpose.address();
    let heading = format!("Somebody else has changed {} meanwhile", form.typed.name);

    view! {
        <div data-testid="stale">
            <h2 class="review-title" id="review-title" tabindex="-1" autofocus=true>
                {heading}
            </h2>
            <p class="sub">
                {format!(
                    "It is at revision {} by now; your form was filled from {}. Nothing of yours was saved.",
                    theirs.revision,
                    form.replaces.map_or_else(|| "an older one".to_owned(), |known| known.to_string()),
                )}
            </p>
            {if is_same {
                Either::Left(
                    view! { <p class="note ok">"Both say the same: there is nothing left to save."</p> },
                )
            } else {
                Either::Right(versions(rows))
            }} {fields::carried(&again)} {fields::carried_text(&again.typed)} {request_id(error)}
            <div class="form-actions">
                <a class="btn" href=edit data-leave="">
                    "Take theirs"
                </a>
                {(!is_same)
                    .then(|| {
                        view! {
                            <button
                                class="btn btn-primary"
                                type="submit"
                                name="step"
                                value="apply"
                                data-busy="Saving…"
                            >
                                "Keep mine on top of the newest"
                            </button>
                        }
                    })}
            </div>
        </div>
    }
}

fn versions(rows: Vec<Difference>) -> impl IntoView {
    let row = |row: Difference| {
        let note = match row.kind {
            Kind::Mine => "You changed it",
            Kind::Theirs => "They changed it",
            Kind::Both => "Both changed it",
        };
        view! {
            <tr>
                <th scope="row">
                    {row.label}
                    <span class="sub">{note}</span>
                </th>
                <td class="mono" data-label="Mine">
                    {value(Some(&row.mine))}
                </td>
                <td class="mono" data-label="Theirs">
                    {value(Some(&row.theirs))}
                </td>
                <td class="mono" data-label="Mine on top">
                    {value(Some(&row.merged))}
                </td>
            </tr>
        }
    };
    view! {
        <table class="table records plan-diff" data-testid="versions">
            <thead>
                <tr>
                    <th scope="col">"Field"</th>
                    <th scope="col">"Mine"</th>
                    <th scope="col">"Theirs"</th>
                    <th scope="col">"Mine on top of theirs"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn deleted(form: &Form, error: &ClientError) -> impl IntoView + use<> {
    let again = form.on_top_of(None);

    view! {
        <div data-testid="stale">
            <h2 class="review-title" id="review-title" tabindex="-1" autofocus=true>
                {format!("Somebody else has deleted {} meanwhile", form.typed.name)}
            </h2>
            <p class="sub">
                "Nothing of yours was saved. You can create the mapping again with what you have typed; its counters begin at zero."
            </p>
            {fields::carried(&again)} {fields::carried_text(&again.typed)} {request_id(error)}
            <div class="form-actions">
                <a class="btn" href="/mappings" data-leave="">
                    "Leave it deleted"
                </a>
                <button
                    class="btn btn-primary"
                    type="submit"
                    name="step"
                    value="apply"
                    data-busy="Creating…"
                >
                    "Create it again"
                </button>
            </div>
        </div>
    }
}
