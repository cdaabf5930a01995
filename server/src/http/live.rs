//! `/api/v1/live`: the websocket on which viewers follow the live numbers.
//!
//! A viewer that is slow does not fall behind: while a frame is on its way to it, ticks pass, and
//! the next frame brings it from the tick that it has to the newest.

use std::{sync::Arc, time::Duration};

use app::api::live::Frame;
use axum::{
    extract::{
        Query, State, WebSocketUpgrade,
        rejection::QueryRejection,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::{error::ApiError, openapi::words::tag, state::AppState};
use crate::stats::tick::Tick;

/// Bytes read at once from a viewer, who has nothing to say. The library's default of 128 KiB
/// would be allocated for each.
const READ_BUFFER_BYTES: usize = 1024;

/// Longest message of a viewer: pings and the closing handshake.
const MESSAGE_MAX_BYTES: usize = 1024;

/// A viewer that does not take a frame within this time is gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a stopping server tries to say so to a viewer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Where a viewer wants to go on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Resume {
    epoch: Option<String>,
    since: Option<u64>,
}

/// Follows the live numbers on a websocket
///
/// One JSON text message a second: first `full`, then `delta`. Values are absolute. A viewer that
/// comes back says in `epoch` and `since` what it has, and is sent what it has missed.
#[utoipa::path(
    get,
    path = "/api/v1/live",
    operation_id = "followLive",
    tag = tag::NATIVE,
    params(
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
    resume: Result<Query<Resume>, QueryRejection>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(place) = Arc::clone(&state.viewers).try_acquire_owned() else {
        let error = ApiError::unavailable("too many viewers; try again later");
        return error.into_response();
    };
    // a malformed query means a viewer that begins anew, not one that gets nothing
    let resume = resume.map(|Query(resume)| resume).unwrap_or_default();
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(MESSAGE_MAX_BYTES)
        .max_frame_size(MESSAGE_MAX_BYTES)
        .on_upgrade(move |socket| serve(socket, state, resume, place))
}

async fn serve(socket: WebSocket, state: AppState, resume: Resume, _place: OwnedSemaphorePermit) {
    let (mut sink, mut stream) = socket.split();
    let silence = async { while let Some(Ok(_)) = stream.next().await {} };
    tokio::select! {
        // the viewer has closed, or broken the rules
        () = silence => {}
        _gone = follow(&mut sink, state.ticks, resume) => {}
        () = state.stop.cancelled() => {
            let going = CloseFrame { code: close_code::AWAY, reason: Utf8Bytes::from_static("the server stops") };
            let closing = sink.send(Message::Close(Some(going)));
            let _gone = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
        }
    }
}

async fn follow(
    sink: &mut SplitSink<WebSocket, Message>,
    mut ticks: watch::Receiver<Arc<Tick>>,
    resume: Resume,
) -> Option<()> {
    let mut tick = Arc::clone(&ticks.borrow_and_update());
    let first = match resume {
        Resume { epoch: Some(epoch), since: Some(since) } if *epoch == *tick.epoch => {
            tick.frame_since(since)
        }
        _ => tick.full_frame(),
    };
    send(sink, first).await?;
    loop {
        ticks.changed().await.ok()?;
        let now = Arc::clone(&ticks.borrow_and_update());
        send(sink, now.frame_since(tick.seq)).await?;
        tick = now;
    }
}

async fn send(sink: &mut SplitSink<WebSocket, Message>, frame: Bytes) -> Option<()> {
    let text = Utf8Bytes::try_from(frame).ok()?;
    tokio::time::timeout(SEND_TIMEOUT, sink.send(Message::Text(text))).await.ok()?.ok()
}
