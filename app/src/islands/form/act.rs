//! What the form does in the browser: it previews while one types, reviews, applies, and asks
//! before something typed is lost.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::SubmitEvent;

use super::Sheet;
#[cfg(feature = "hydrate")]
use super::{CHOICES, Choice, Face};
use crate::api::client::{Client, ClientError};
use crate::draft::{Field, Form, Stage, mapping_address, stale};

/// How long typing must pause before the server is asked, in milliseconds: shorter than one waits
/// for an answer, longer than between two keys.
#[cfg(feature = "hydrate")]
const PAUSE_MS: u64 = 300;

/// Takes over the form that the server has rendered, with what was typed into it meanwhile.
#[cfg(feature = "hydrate")]
pub(super) fn come_to_life(sheet: Sheet) {
    use leptos::ev;

    Effect::new(move || {
        let mut is_adopted = false;
        for field in Field::ALL {
            let input = document().get_element_by_id(field.key());
            let input = input.and_then(|input| input.dyn_into::<web_sys::HtmlInputElement>().ok());
            if let Some(input) = input {
                is_adopted |= adopt(sheet, field, input.value());
            }
        }
        if is_adopted || sheet.plan.with_untracked(Option::is_none) {
            preview(sheet);
        }
        look_up(sheet);
    });
    // the page's own listeners end with the page, so the handles are not needed
    drop(window_event_listener(ev::beforeunload, move |event| {
        if sheet.is_dirty() {
            event.prevent_default();
        }
    }));
    // the browser may keep the page as it was left, and bring it back
    drop(window_event_listener(ev::pageshow, move |_| {
        sheet.is_sending.set(false);
        sheet.is_leaving.set_value(false);
    }));
    drop(window_event_listener(ev::keydown, move |event| match event.key().as_str() {
        "Enter" if event.ctrl_key() || event.meta_key() => {
            event.prevent_default();
            send_form();
        }
        "Escape" if !event.default_prevented() && !is_dialog_open() => escape(sheet),
        _ => {}
    }));
}

#[cfg(feature = "hydrate")]
fn adopt(sheet: Sheet, field: Field, text: String) -> bool {
    let is_new = sheet.form.with_untracked(|form| form.typed.get(field) != text);
    if is_new {
        sheet.form.update(|form| form.typed.set(field, text));
        sheet.touched.update(|touched| touched.push(field));
    }
    is_new
}

#[cfg(feature = "hydrate")]
fn is_dialog_open() -> bool {
    matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}

#[cfg(feature = "hydrate")]
fn send_form() {
    let form = document().get_element_by_id("mapping-form");
    if let Some(form) = form.and_then(|form| form.dyn_into::<web_sys::HtmlFormElement>().ok()) {
        // fails only for a button that is not in the form, and none is given
        drop(form.request_submit());
    }
}

/// Goes back to the fields, or leaves the form.
#[cfg(feature = "hydrate")]
fn escape(sheet: Sheet) {
    if sheet.face() == Face::Review {
        edit(sheet);
    } else if may_leave(sheet) {
        let back = sheet.form.with_untracked(|form| form.purpose.back());
        go(sheet, &back);
    }
}

/// Notes what was typed into a field, and asks the server about it once typing pauses.
pub(super) fn typed(sheet: Sheet, field: Field, text: String) {
    sheet.form.update(|form| form.typed.set(field, text));
    if !sheet.touched.with_untracked(|touched| touched.contains(&field)) {
        sheet.touched.update(|touched| touched.push(field));
    }
    if field == Field::Service {
        // what was said is of the service before
        sheet.check.set(None);
    }
    #[cfg(feature = "hydrate")]
    {
        sheet.typings.update_value(|count| *count += 1);
        let typing = sheet.typings.get_value();
        let is_service = field == Field::Service;
        let look = move || {
            if sheet.typings.try_get_value() == Some(typing) {
                preview(sheet);
                if is_service {
                    look_up(sheet);
                }
            }
        };
        set_timeout(look, std::time::Duration::from_millis(PAUSE_MS));
    }
}

/// Asks what the mapping would do.
#[cfg(feature = "hydrate")]
fn preview(sheet: Sheet) {
    let form = sheet.form.get_untracked();
    let typing = sheet.typings.get_value();
    if !form.typed.is_complete() {
        sheet.plan.set(None);
        if form.stage == Stage::Typing {
            sheet.found.set(None);
        }
        return;
    }
    spawn_local(async move {
        let answer = Client::of_page().plan(&form.write()).await;
        // the page may be left, or typing gone on, while the answer was on its way
        if sheet.typings.try_get_value() != Some(typing) || sheet.face() != Face::Fields {
            return;
        }
        match answer {
            Ok(plan) => {
                sheet.plan.set(Some(plan));
                sheet.found.set(None);
                sheet.form.update(|form| form.stage = Stage::Typing);
            }
            // what was shown is still the newest that is known; Review will tell
            Err(ClientError::Unreachable(_) | ClientError::Unexpected { .. }) => {}
            Err(error) => {
                sheet.plan.set(None);
                sheet.found.set(Some(error));
            }
        }
    });
}

/// Asks whether the service answers, and which others are called like it.
#[cfg(feature = "hydrate")]
fn look_up(sheet: Sheet) {
    let service = sheet.form.with_untracked(|form| form.typed.service.clone());
    if service.trim().is_empty() {
        sheet.check.set(None);
        return;
    }
    let is_current = {
        let service = service.clone();
        // the page may be left while the answer is on its way
        move || sheet.form.try_with_untracked(|form| form.typed.service == service) == Some(true)
    };
    // while all services are offered already, the browser finds those that fit
    let is_partial = sheet.choices.with_untracked(|choices| choices.len() >= CHOICES as usize);
    spawn_local(async move {
        let client = Client::of_page();
        let checked = client.check_service(&service).await.ok();
        if is_current() {
            sheet.check.set(checked);
        }
        if !is_partial || !is_current() {
            return;
        }
        if let Ok(page) = client.services(&service, CHOICES, None).await {
            sheet.choices.try_set(page.items.into_iter().map(Choice::of).collect());
        }
    });
}

/// Does what the pressed button says: review, apply, or back to the fields.
pub(super) fn submit(sheet: Sheet, event: &SubmitEvent) {
    if sheet.is_sending.get_untracked() {
        return;
    }
    let pressed = event.submitter().and_then(|button| button.get_attribute("value"));
    let stage = sheet.form.with_untracked(|form| form.stage.clone());
    match (pressed.as_deref(), stage) {
        (Some("edit"), _) => edit(sheet),
        // never by the keyboard's shortcut: it overwrites what somebody else has saved
        (pressed, Stage::Refused(error)) if stale(&error).is_some() => {
            if pressed.is_none() {
                return;
            }
            let theirs = stale(&error).flatten();
            sheet.form.update(|form| *form = form.on_top_of(theirs));
            apply(sheet);
        }
        (_, Stage::Review(plan)) => {
            // where nothing would change, there is nothing to apply
            match plan.action {
                crate::api::plan::Action::Unchanged => edit(sheet),
                _ => apply(sheet),
            }
        }
        _ => review(sheet),
    }
}

fn edit(sheet: Sheet) {
    sheet.form.update(|form| form.stage = Stage::Typing);
    focus(Field::Prefix.key());
}

fn review(sheet: Sheet) {
    sheet.is_sending.set(true);
    // an answer to a preview that is still on its way is older than the one to this
    sheet.typings.update_value(|count| *count += 1);
    sheet.touched.set(Field::ALL.to_vec());
    let form = sheet.form.get_untracked();
    spawn_local(async move {
        let answer = Client::of_page().plan(&form.write()).await;
        if sheet.is_sending.try_set(false).is_some() {
            return;
        }
        // who typed on while the answer was on its way has not reviewed what is there now
        if sheet.form.with_untracked(|now| now.typed != form.typed) {
            return;
        }
        match answer {
            Ok(plan) => {
                sheet.found.set(None);
                sheet.plan.set(Some(plan.clone()));
                sheet.form.update(|form| form.reviewed(Ok(plan)));
                focus("review-title");
            }
            Err(error) => refuse(sheet, error),
        }
    });
}

fn apply(sheet: Sheet) {
    sheet.is_sending.set(true);
    let write = sheet.form.with_untracked(Form::write);
    spawn_local(async move {
        match Client::of_page().save(&write).await {
            Ok(mapping) => go(sheet, &mapping_address(&mapping.name)),
            Err(error) => {
                if sheet.is_sending.try_set(false).is_none() {
                    refuse(sheet, error);
                }
            }
        }
    });
}

fn refuse(sheet: Sheet, error: ClientError) {
    let target = if stale(&error).is_some() { "review-title" } else { "error-summary" };
    sheet.found.set(Some(error.clone()));
    sheet.form.update(|form| form.stage = Stage::Refused(error));
    focus(target);
}

/// Moves the focus to an element once it has been drawn.
fn focus(id: &'static str) {
    request_animation_frame(move || {
        let element = document().get_element_by_id(id);
        if let Some(element) =
            element.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok())
        {
            // focus is a convenience: what it would lead to is on the page
            drop(element.focus());
        }
    });
}

/// Tells whether the form may be left; asks first when something would be lost.
pub(super) fn may_leave(sheet: Sheet) -> bool {
    let may = !sheet.is_dirty()
        || window()
            .confirm_with_message("Leave without saving what you have typed?")
            .unwrap_or(true);
    if may {
        leave(sheet);
    }
    may
}

/// Lets the page go without asking again.
pub(super) fn leave(sheet: Sheet) {
    sheet.is_leaving.set_value(true);
}

fn go(sheet: Sheet, path: &str) {
    leave(sheet);
    // fails only for an address that is none
    drop(location().set_href(path));
}
