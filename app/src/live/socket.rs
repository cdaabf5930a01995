//! Holds the websocket of the page open, in the browser only.
//!
//! ```text
//! open ─ frame ─▶ Live          close, silence or gap ─▶ Lost ─ wait ─▶ open, from epoch + since
//!                                                           ▲ `online`, tab shown: at once
//! ```
//! Not here: what a frame means (`position`, `store`) and how long to wait (`backoff`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::ev;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::js_sys::{Date, Math};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::backoff;
use super::position::Verdict;
use super::store::Live;
use crate::api::client::encode_segment;
use crate::api::live::{Frame, Watch};

/// A frame is due each second; after this long without one the connection is taken for dead
/// although nobody closed it, as after a change of network.
const SILENCE_MS: f64 = 15_000.0;

/// How often the ages on the page move on.
const TICK: Duration = Duration::from_secs(1);

/// Why the server closes a websocket whose session has ended.
const SIGNED_OUT: &str = "signed out";

/// Follows the server's frames for as long as the page is open.
pub(crate) fn follow(live: &Live) {
    live.start(Date::now());
    let link = Rc::new(Link {
        live: live.clone(),
        open: RefCell::new(None),
        failures: Cell::new(0),
        opened_ms: Cell::new(0.0),
        timer: Cell::new(None),
    });
    // The other islands say what they show before the socket is opened.
    let first = Rc::clone(&link);
    set_timeout(move || first.open(), Duration::ZERO);
    let on_watch = Rc::clone(&link);
    let watched = RenderEffect::new(move |before: Option<Watch>| {
        let watch = on_watch.live.watched();
        if before.is_some_and(|before| before != watch) {
            on_watch.say(&watch);
        }
        on_watch.live.watched_untracked()
    });
    // It lives as long as the page.
    std::mem::forget(watched);
    let on_pause = Rc::clone(&link);
    let resumed = RenderEffect::new(move |before: Option<bool>| {
        let is_paused = on_pause.live.is_paused.get();
        // What came meanwhile was not shown: all of it is asked for anew, now or when connected.
        if before == Some(true) && !is_paused && !on_pause.say(&on_pause.live.watched_untracked()) {
            on_pause.live.forget_position();
        }
        is_paused
    });
    std::mem::forget(resumed);

    let every_tick = Rc::clone(&link);
    set_interval(move || every_tick.tick(), TICK);
    let when_online = Rc::clone(&link);
    // The page's own listeners end with the page, so the handles are not needed.
    drop(window_event_listener(ev::online, move |_| when_online.hurry()));
    drop(window_event_listener(ev::Custom::<web_sys::Event>::new("visibilitychange"), move |_| {
        if !document().hidden() {
            link.hurry();
        }
    }));
}

/// The connection, or the wait for it.
struct Link {
    live: Live,
    open: RefCell<Option<Open>>,
    failures: Cell<u32>,
    opened_ms: Cell<f64>,
    timer: Cell<Option<TimeoutHandle>>,
}

/// An open socket and what it calls; dropping it closes and silences it.
struct Open {
    socket: WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Only an unusual close code could fail, and none is given.
        drop(self.socket.close());
    }
}

impl Link {
    fn open(self: &Rc<Self>) {
        self.timer.set(None);
        self.opened_ms.set(Date::now());
        let address = address(&self.live.watched_untracked(), self.live.resume());
        let Ok(socket) = WebSocket::new(&address) else {
            self.lose();
            return;
        };
        let link = Rc::clone(self);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                link.hear(&text);
            }
        });
        let link = Rc::clone(self);
        let on_close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            if event.reason() == SIGNED_OUT {
                // The server says where to sign in. Fails only in a page without an address.
                drop(location().reload());
            } else {
                link.lose();
            }
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        self.open.replace(Some(Open { socket, _on_message: on_message, _on_close: on_close }));
    }

    fn hear(self: &Rc<Self>, text: &str) {
        // Frames of a newer server may have a shape that this page does not know: it keeps what
        // it has and says how old that is.
        let Ok(frame) = read(text) else {
            leptos::logging::warn!("ignored a frame that this page cannot read");
            return;
        };
        if self.live.apply(frame) == Verdict::Gap {
            self.live.forget_position();
            self.lose();
        } else {
            self.failures.set(0);
            self.live.hear(Date::now());
        }
    }

    /// Tells the server what the page shows now, which it answers with a full frame; returns
    /// whether there was a connection. Without one the next says it.
    fn say(self: &Rc<Self>, watch: &Watch) -> bool {
        let Ok(text) = serde_json::to_string(watch) else { return false };
        let open = self.open.borrow();
        let socket = open.as_ref().map(|open| &open.socket);
        let Some(socket) = socket.filter(|socket| socket.ready_state() == WebSocket::OPEN) else {
            return false;
        };
        // Fails only while connecting, which was just ruled out.
        socket.send_with_str(&text).is_ok()
    }

    /// Waits, then opens again. The closed socket is dropped by the next [`Self::open`], never
    /// inside its own callback.
    fn lose(self: &Rc<Self>) {
        self.live.lose();
        let failures = self.failures.get();
        self.failures.set(failures.saturating_add(1));
        self.reopen_after(backoff::wait_ms(failures, Math::random()));
    }

    fn reopen_after(self: &Rc<Self>, wait_ms: u32) {
        let link = Rc::clone(self);
        let wait = Duration::from_millis(u64::from(wait_ms));
        let timer = set_timeout_with_handle(move || link.open(), wait).ok();
        if let Some(earlier) = self.timer.replace(timer) {
            earlier.clear();
        }
    }

    /// Ends a wait early: the network or the reader is back.
    fn hurry(self: &Rc<Self>) {
        if let Some(timer) = self.timer.take() {
            timer.clear();
            self.failures.set(0);
            self.open();
        }
    }

    fn tick(self: &Rc<Self>) {
        let now = Date::now();
        self.live.tick(now);
        let waiting = self.timer.take();
        let is_waiting = waiting.is_some();
        self.timer.set(waiting);
        if !is_waiting && now - self.live.heard_ms().max(self.opened_ms.get()) > SILENCE_MS {
            self.open.replace(None);
            self.lose();
        }
    }
}

/// Which kind of frame a text is.
#[derive(Deserialize)]
struct Kind {
    r#type: String,
}

/// Reads a frame: its kind first, then the whole. Serde's own way to read tagged values would
/// double the bundle's code for everything that is in a frame.
fn read(text: &str) -> serde_json::Result<Frame> {
    let kind: Kind = serde_json::from_str(text)?;
    match kind.r#type.as_str() {
        "full" => serde_json::from_str(text).map(Frame::Full),
        _ => serde_json::from_str(text).map(Frame::Delta),
    }
}

/// Builds the websocket's address on the page's own host.
fn address(watch: &Watch, resume: Option<(String, u64)>) -> String {
    let location = location();
    let scheme = if location.protocol().as_deref() == Ok("https:") { "wss" } else { "ws" };
    let host = location.host().unwrap_or_default();
    let names = watch.mappings.iter().flatten().map(|name| encode_segment(name));
    let names = names.collect::<Vec<_>>().join(",");
    let overview = watch.overview;
    let resume = resume
        .map(|(epoch, since)| format!("&epoch={}&since={since}", encode_segment(&epoch)))
        .unwrap_or_default();
    format!("{scheme}://{host}/api/v1/live?mappings={names}&overview={overview}{resume}")
}
