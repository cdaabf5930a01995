//! What happens when one types, presses a button or leaves.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gloo_net::http::Request;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, SubmitEvent};

use super::sheet;

/// How long typing must pause before the server is asked: shorter than one waits for an answer,
/// longer than between two keys.
const PAUSE: Duration = Duration::from_millis(300);

/// Why a review did not come.
const NO_ANSWER: &str = "The server did not answer. What you have typed is still here; try again.";

/// Why a save did not come to an end that is known.
const NOT_KNOWN: &str = "The server did not answer, so it is not known whether it has saved this. \
    What you have typed is still here; to send it again does no harm.";

/// What is going on with the form.
#[derive(Debug, Default)]
struct Guide {
    is_sending: Cell<bool>,
    is_leaving: Cell<bool>,
    /// Counts what was typed, so that an answer that comes late is passed over.
    typings: Cell<u32>,
    /// Fields that were typed in: only they show what a preview finds wrong.
    touched: RefCell<Vec<String>>,
}

/// Takes over the form that the server has rendered, with what was typed into it meanwhile.
pub(super) fn begin() {
    let guide = Rc::new(Guide::default());
    sheet::name_our_origin();
    let early = sheet::typed_fields();
    if !early.is_empty() {
        early.into_iter().for_each(|field| guide.touch(field));
        guide.preview();
    }
    if !sheet::value("service").trim().is_empty() {
        guide.look_up();
    }
    listen(&guide);
}

/// The page's own listeners end with the page, so the handles are not needed.
fn listen(guide: &Rc<Guide>) {
    let on_submit = Rc::clone(guide);
    drop(window_event_listener(ev::submit, move |event| {
        if sheet::is_inside(event.target()) {
            event.prevent_default();
            on_submit.submit(&event);
        }
    }));
    let on_input = Rc::clone(guide);
    drop(window_event_listener(ev::input, move |event| {
        if sheet::is_inside(event.target()) {
            let target = event.target().and_then(|at| at.dyn_into::<Element>().ok());
            if let Some(name) = target.as_ref().and_then(|at| at.get_attribute("name")) {
                // a text says by itself whether it is what the server has drawn
                if !target.is_some_and(|at| at.matches("input[type=text]").unwrap_or_default()) {
                    sheet::set_dirty();
                }
                on_input.typed(name);
            }
        }
    }));
    let on_click = Rc::clone(guide);
    drop(window_event_listener(ev::click, move |event| {
        let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let link = clicked.and_then(|clicked| clicked.closest("#mapping-form a[data-leave]").ok());
        let Some(link) = link.flatten() else { return };
        let is_asking = link.get_attribute("data-leave").as_deref() == Some("ask");
        if is_asking && !on_click.may_leave() {
            event.prevent_default();
        }
        on_click.is_leaving.set(!event.default_prevented());
    }));
    let on_key = Rc::clone(guide);
    drop(window_event_listener(ev::keydown, move |event| on_key.key(&event)));
    let on_leave = Rc::clone(guide);
    drop(window_event_listener(ev::beforeunload, move |event| {
        if !on_leave.is_leaving.get() && sheet::is_dirty() {
            event.prevent_default();
        }
    }));
    // the browser may keep the page as it was left, and bring it back
    let on_show = Rc::clone(guide);
    drop(window_event_listener(ev::pageshow, move |_| {
        on_show.is_leaving.set(false);
        on_show.is_sending.set(false);
        sheet::set_busy(false, None);
    }));
}

impl Guide {
    fn touch(&self, field: String) {
        let mut touched = self.touched.borrow_mut();
        if !touched.contains(&field) {
            touched.push(field);
        }
    }

    /// Notes what was typed into a field, and asks the server about it once typing pauses.
    fn typed(self: &Rc<Self>, field: String) {
        let is_service = field == "service";
        self.touch(field);
        self.typings.set(self.typings.get().wrapping_add(1));
        let (guide, typing) = (Rc::clone(self), self.typings.get());
        let look = move || {
            if guide.typings.get() == typing {
                guide.preview();
                if is_service {
                    guide.look_up();
                }
            }
        };
        set_timeout(look, PAUSE);
    }

    /// Asks what the mapping would do.
    fn preview(self: &Rc<Self>) {
        let (guide, typing) = (Rc::clone(self), self.typings.get());
        spawn_local(async move {
            let answer = post("preview").await;
            let is_current = guide.typings.get() == typing && !guide.is_sending.get();
            // without an answer, what was shown is still the newest that is known
            if let Ok(Answer::Page(page)) = answer
                && is_current
            {
                sheet::take_preview(&page, &guide.touched.borrow());
            }
        });
    }

    /// Asks whether the service answers, and which others are called like it.
    fn look_up(self: &Rc<Self>) {
        let service = sheet::value("service");
        spawn_local(async move {
            if let Ok(Answer::Page(page)) = post("check").await
                && sheet::value("service") == service
            {
                sheet::take_check(&page);
            }
        });
    }

    /// Does what the pressed button says.
    fn submit(self: &Rc<Self>, event: &SubmitEvent) {
        if self.is_sending.replace(true) {
            return;
        }
        let pressed: Option<Element> = event.submitter().map(HtmlElement::into);
        let step = pressed.as_ref().and_then(|button| button.get_attribute("value"));
        let step = step.unwrap_or_else(|| "review".to_owned());
        // an answer to a preview that is still on its way is older than the one to this
        self.typings.set(self.typings.get().wrapping_add(1));
        sheet::set_busy(true, pressed.as_ref());
        let guide = Rc::clone(self);
        let typing = self.typings.get();
        spawn_local(async move {
            let answer = post(&step).await;
            // who typed on while the answer was on its way has not reviewed what is there now
            let is_current = guide.typings.get() == typing;
            guide.is_sending.set(false);
            match answer {
                Ok(Answer::Elsewhere(address)) => guide.go(&address),
                Ok(Answer::Page(page)) if is_current => {
                    sheet::take_over(&page);
                    // what the server says of a field, it goes on saying
                    let shown = ["name", "prefix", "service", "rewrite", "labels"];
                    shown.into_iter().for_each(|field| guide.touch(field.to_owned()));
                    sheet::wrong_fields().into_iter().for_each(|field| guide.touch(field));
                    if !sheet::value("service").trim().is_empty() {
                        guide.look_up();
                    }
                }
                Ok(Answer::Page(_)) => sheet::set_busy(false, pressed.as_ref()),
                Ok(Answer::Unexpected(status)) => {
                    sheet::set_busy(false, pressed.as_ref());
                    sheet::say_trouble(&format!(
                        "The server answered with status {status}. What you have typed is still here; \
                         the server's log says more."
                    ));
                }
                Err(_unreachable) => {
                    sheet::set_busy(false, pressed.as_ref());
                    sheet::say_trouble(if step == "apply" { NOT_KNOWN } else { NO_ANSWER });
                }
            }
        });
    }

    fn key(&self, event: &KeyboardEvent) {
        match event.key().as_str() {
            "Enter" if event.ctrl_key() || event.meta_key() => {
                event.prevent_default();
                press("button[data-default]");
            }
            "Escape" if !event.default_prevented() && !is_dialog_open() => {
                self.step_back();
            }
            _ => {}
        }
    }

    /// Goes back to the fields, or leaves the form.
    fn step_back(&self) {
        if press("button[value=edit]") || !self.may_leave() {
            return;
        }
        let back = document().query_selector("#mapping-form a[data-leave]").ok().flatten();
        let back = back.and_then(|link| link.get_attribute("href"));
        self.go(back.as_deref().unwrap_or("/mappings"));
    }

    /// Tells whether the form may be left; asks first when something would be lost.
    fn may_leave(&self) -> bool {
        let question = "Leave without saving what you have typed?";
        !sheet::is_dirty() || window().confirm_with_message(question).unwrap_or(true)
    }

    fn go(&self, address: &str) {
        self.is_leaving.set(true);
        // fails only for an address that is none
        drop(location().set_href(address));
    }
}

/// Presses a button of the form; tells whether it has one.
fn press(selector: &str) -> bool {
    let Some(form) = sheet::form() else { return false };
    let button = form.query_selector(selector).ok().flatten();
    let button = button.and_then(|button| button.dyn_into::<HtmlElement>().ok());
    // fails only for a button of another form
    button.is_some_and(|button| form.request_submit_with_submitter(Some(&button)).is_ok())
}

fn is_dialog_open() -> bool {
    matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}

/// What came of sending the form.
enum Answer {
    /// The form again, in the stage that it has come to.
    Page(web_sys::Document),
    /// It is done; the browser shall go there.
    Elsewhere(String),
    /// Something else than a page of ours: the status.
    Unexpected(u16),
}

/// Sends the form to its own address, as the browser would.
async fn post(step: &str) -> Result<Answer, gloo_net::Error> {
    let action = sheet::form().map(|form| form.action()).unwrap_or_default();
    let request = Request::post(&action)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(sheet::body(step))?;
    let response = request.send().await?;
    if response.redirected() {
        return Ok(Answer::Elsewhere(response.url()));
    }
    let status = response.status();
    let page = sheet::read(&response.text().await?);
    Ok(page.map_or(Answer::Unexpected(status), Answer::Page))
}
