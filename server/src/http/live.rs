//! `/api/v1/live`: the websocket on which viewers follow the live numbers.
//!
//! ```text
//! viewer ── Watch ──▶ listen ─ newest watch ─▶ follow ── frame ──▶ viewer
//!                                                ▲ newest tick
//! ```
//! A viewer that is slow does not fall behind: while a frame is on its way to it, ticks pass, and
//! the next frame brings it from the tick that it has to the newest. So it goes with what a viewer
//! watches, too: the newest counts.
//!
//! At each tick it is asked anew who the viewer is and what they see: who has signed out is
//! disconnected within a second.

use std::{borrow::Cow, sync::Arc, time::Duration};

use app::api::live::{Frame, WATCHED_MAX, Watch};
use axum::{
    extract::{
        Query, State, WebSocketUpgrade,
        rejection::QueryRejection,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::{
    caller::{self, Caller},
    error::ApiError,
    openapi::words::tag,
    state::AppState,
    stats::{MAPPINGS, OVERVIEW, Watched},
};
use crate::{
    auth::{access::Access, principal::Author, sight::Sight},
    gateway::mapping::NAME_MAX_BYTES,
    stats::{frame::Watching, tick::Tick},
};

/// Bytes read at once from a viewer, who has little to say. The library's default of 128 KiB
/// would be allocated for each.
const READ_BUFFER_BYTES: usize = 1024;

/// Longest message of a viewer, and longest part of one: a [`Watch`] with as many of the longest
/// names as can be watched, each with its quotes, comma and a space, and what stands around them.
const MESSAGE_MAX_BYTES: usize = WATCHED_MAX * (NAME_MAX_BYTES + 4) + 128;

/// A viewer that does not take a frame within this time is gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(15);

/// How long it is tried to tell a viewer why it is disconnected.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Where a viewer wants to go on; what can't be read means that it begins anew.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Resume {
    epoch: Option<String>,
    since: Option<String>,
}

impl Resume {
    /// Returns the sequence number that the viewer has, if it is of this run and they have seen the
    /// same teams.
    fn since(&self, tick: &Tick, sight: &Sight) -> Option<u64> {
        let is_ours = self.epoch.as_deref() == Some(&tick.seen(sight).epoch);
        is_ours.then(|| self.since.as_ref()?.parse().ok())?
    }
}

/// Follows the live numbers on a websocket
///
/// One JSON text message a second: first `full`, then `delta`. Values are absolute. A viewer that
/// comes back says in `epoch` and `since` what it has, and is sent what it has missed.
///
/// What a viewer watches can be changed at any time by a text message of the same two fields, such
/// as `{"mappings":["usermapping"],"overview":false}`, where `null` means all mappings. It is
/// answered with a `full` frame of what is watched from then on. Any other message closes the
/// websocket with the code 1008.
///
/// Only mappings that the viewer sees are sent. When that changes, a `full` frame follows; when the
/// session or the token has ended, the websocket is closed with the code 1008 and the reason
/// `signed out`.
#[utoipa::path(
    get,
    path = "/api/v1/live",
    operation_id = "followLive",
    tag = tag::NATIVE,
    params(
        ("mappings" = Option<String>, Query, description = MAPPINGS),
        ("overview" = Option<bool>, Query, description = OVERVIEW),
        ("epoch" = Option<String>, Query, description = "`epoch` of the last frame that the viewer has"),
        ("since" = Option<u64>, Query, description = "`seq` of the last frame that the viewer has"),
    ),
    responses(
        (status = SWITCHING_PROTOCOLS, description = "A websocket; each of its messages is a frame", body = Frame),
        (status = UPGRADE_REQUIRED, description = "The request asks for no websocket"),
        (status = SERVICE_UNAVAILABLE, description = "There are too many viewers"),
    ),
)]
pub(super) async fn connect(
    State(state): State<AppState>,
    caller: Caller,
    Watched(watching): Watched,
    resume: Result<Query<Resume>, QueryRejection>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(place) = Arc::clone(&state.viewers).try_acquire_owned() else {
        let error = ApiError::unavailable("too many viewers; try again later");
        return error.into_response();
    };
    let resume = resume.map(|Query(resume)| resume).unwrap_or_default();
    let viewer = Viewer::of(&state, caller);
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(MESSAGE_MAX_BYTES)
        .max_frame_size(MESSAGE_MAX_BYTES)
        .on_upgrade(move |socket| serve(socket, state, viewer, watching, resume, place))
}

async fn serve(
    socket: WebSocket,
    state: AppState,
    viewer: Viewer,
    watching: Watching,
    resume: Resume,
    _place: OwnedSemaphorePermit,
) {
    let (mut sink, stream) = socket.split();
    let (watch, watched) = watch::channel(watching);
    let going = tokio::select! {
        refusal = listen(stream, watch) => refusal.map(|reason| (close_code::POLICY, reason)),
        ended = follow(&mut sink, &state, viewer, watched, resume) => {
            ended.map(|SignedOut| (close_code::POLICY, "signed out".into()))
        }
        () = state.stop.cancelled() => Some((close_code::AWAY, "the server stops".into())),
    };
    if let Some((code, reason)) = going {
        let reason = Utf8Bytes::from(&*reason);
        let closing = sink.send(Message::Close(Some(CloseFrame { code, reason })));
        let _gone = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
    }
}

/// Listens to what the viewer watches, until it has closed, or has said what can't be read: then
/// returns why.
async fn listen(
    mut stream: SplitStream<WebSocket>,
    watch: watch::Sender<Watching>,
) -> Option<Cow<'static, str>> {
    while let Some(Ok(message)) = stream.next().await {
        let text = match &message {
            Message::Text(text) => text.as_str(),
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => break,
            Message::Binary(_) => return Some("a message must be text".into()),
        };
        let Ok(wanted) = serde_json::from_str::<Watch>(text) else {
            return Some("a message must be JSON with `mappings` and `overview`".into());
        };
        match Watching::read(&wanted) {
            Ok(watching) => drop(watch.send_replace(watching)),
            Err(too_many) => return Some(too_many.to_string().into()),
        }
    }
    None
}

/// Says that a viewer is not who they were any more.
#[derive(Debug)]
struct SignedOut;

/// Who watches, and what they see.
#[derive(Debug)]
struct Viewer {
    author: Author,
    sight: Sight,
    /// What their sight was found out from.
    access: Arc<Access>,
}

impl Viewer {
    fn of(state: &AppState, caller: Caller) -> Self {
        Self { sight: caller.sight(), author: caller.author, access: state.access() }
    }

    /// Finds out who they are by now; returns whether they see something else than before.
    fn look_again(&mut self, state: &AppState) -> Result<bool, SignedOut> {
        if !caller::is_valid(state, &self.author) {
            return Err(SignedOut);
        }
        // watching is using
        caller::note_use(state, &self.author);
        let access = state.access();
        if Arc::ptr_eq(&access, &self.access) {
            return Ok(false);
        }
        self.access = access;
        let sight = Caller::of(state, self.author.clone()).sight();
        let is_changed = sight != self.sight;
        self.sight = sight;
        Ok(is_changed)
    }
}

/// Sends frames until the viewer is gone, or has signed out.
async fn follow(
    sink: &mut SplitSink<WebSocket, Message>,
    state: &AppState,
    mut viewer: Viewer,
    mut watched: watch::Receiver<Watching>,
    resume: Resume,
) -> Option<SignedOut> {
    let mut ticks = state.ticks.clone();
    let mut tick = Arc::clone(&ticks.borrow_and_update());
    let mut watching = watched.borrow_and_update().clone();
    let first = match resume.since(&tick, &viewer.sight) {
        Some(since) => tick.frame_since(since, &watching, &viewer.sight),
        None => {
            tick = with_all_written(state, &mut ticks).await?;
            tick.full_frame(&watching, &viewer.sight)
        }
    };
    send(sink, first).await?;
    loop {
        let is_new_watch = tokio::select! {
            changed = watched.changed() => changed.ok().map(|()| true)?,
            changed = ticks.changed() => changed.ok().map(|()| false)?,
        };
        let is_new_sight = match viewer.look_again(state) {
            Ok(is_new_sight) => is_new_sight,
            Err(signed_out) => return Some(signed_out),
        };
        let (now, frame);
        if is_new_watch || is_new_sight {
            watching = watched.borrow_and_update().clone();
            now = with_all_written(state, &mut ticks).await?;
            frame = now.full_frame(&watching, &viewer.sight);
        } else {
            now = Arc::clone(&ticks.borrow_and_update());
            frame = now.frame_since(tick.seq, &watching, &viewer.sight);
        }
        send(sink, frame).await?;
        tick = now;
    }
}

/// Waits for the tick that tells of all that has been written by now. Who creates a mapping and then
/// watches it would otherwise hear, for up to a second, that there is none.
async fn with_all_written(
    state: &AppState,
    ticks: &mut watch::Receiver<Arc<Tick>>,
) -> Option<Arc<Tick>> {
    let written = state.gateway().table.revision().0;
    let tick = ticks.wait_for(|tick| tick.gateway.revision >= written).await.ok()?;
    Some(Arc::clone(&tick))
}

async fn send(sink: &mut SplitSink<WebSocket, Message>, frame: Bytes) -> Option<()> {
    let text = Utf8Bytes::try_from(frame).ok()?;
    tokio::time::timeout(SEND_TIMEOUT, sink.send(Message::Text(text))).await.ok()?.ok()
}
