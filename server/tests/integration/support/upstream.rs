//! A service of the test's own: tells what it was asked, or answers as it is told.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Answers `/status/CODE` with that status and `/slow/MS` after that time, everything else with 200
/// at once; the body is its name and the path that it saw, below `/echo` the headers, too. What is
/// below `/lax` it lets every page read.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    served: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Upstream {
    pub(crate) async fn start(name: &'static str) -> Self {
        Self::at(name, "127.0.0.1:0".parse().unwrap()).await
    }

    pub(crate) async fn at(name: &'static str, address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let served: Arc<AtomicU64> = Arc::default();
        let counter = Arc::clone(&served);
        let router = Router::new().fallback(async move |request: Request| {
            counter.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(slowness(&request)).await;
            answer(name, &request)
        });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, served, task }
    }

    pub(crate) fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn slowness(request: &Request) -> Duration {
    let millis = request.uri().path().strip_prefix("/slow/").and_then(|millis| millis.parse().ok());
    Duration::from_millis(millis.unwrap_or_default())
}

fn answer(name: &str, request: &Request) -> axum::response::Response {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    let internal = request.headers().contains_key("x-chancery-path");
    let status = path
        .strip_prefix("/status/")
        .and_then(|code| code.parse().ok())
        .and_then(|code| StatusCode::from_u16(code).ok())
        .unwrap_or(StatusCode::OK);
    let leaked = if internal { " leaked" } else { "" };
    let headers = if path.starts_with("/echo") { headers(request) } else { String::new() };
    let served_by = [("x-served-by", name), ("x-debug", "on")];
    let lax = AppendHeaders(if path.starts_with("/lax") { &LAX[..] } else { &[] }.to_vec());
    (status, served_by, lax, format!("{name} {path}{leaked}{headers}")).into_response()
}

/// What lets every page read an answer, with a second word about who may.
const LAX: [(&str, &str); 7] = [
    ("access-control-allow-origin", "*"),
    ("access-control-allow-origin", "https://evil.example"),
    ("access-control-allow-credentials", "true"),
    ("access-control-expose-headers", "x-debug"),
    ("access-control-allow-methods", "DELETE"),
    ("access-control-allow-headers", "x-secret"),
    ("access-control-max-age", "86400"),
];

/// Writes each header in a line.
fn headers(request: &Request) -> String {
    let headers = request.headers().iter();
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes()))
    };
    headers.map(line).collect()
}
