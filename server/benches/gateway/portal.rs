//! Measures what people cost: pages of the list, and viewers who follow the numbers.
//!
//! The controls of the same run are a request that does nothing (`/livez`), and the same server
//! under the same load without a viewer.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use tokio::task::JoinSet;
use tokio_tungstenite::connect_async;

use crate::{
    BenchResult,
    load::{self, Connection},
    process,
    report::Samples,
    table::Table,
};

/// Requests of each kind.
const REQUESTS: usize = 300;

/// People who look at the same time.
const VIEWERS: usize = 200;

/// Rows that each of them sees: a page of the list.
const WATCHED: usize = 50;

/// Mappings that have traffic meanwhile, and how many requests a second they get together.
const BUSY: usize = 1_000;
const LOAD_PER_SECOND: u64 = 1_000;

/// How long viewers are measured.
const VIEW_TIME: Duration = Duration::from_secs(10);

/// The requests that are measured; the first is the floor.
const ASKED: [(&str, &str); 7] = [
    ("floor: /livez", "/livez"),
    ("list, first page", "/api/v1/mappings"),
    ("list, in match order", "/api/v1/mappings?sort=match"),
    ("list, by req/s", "/api/v1/mappings?sort=rate&order=desc"),
    ("list, search", "/api/v1/mappings?q=m0042"),
    ("list, 200 rows", "/api/v1/mappings?limit=200"),
    ("the page, as HTML", "/mappings"),
];

/// What a request of the portal takes.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) what: &'static str,
    pub(crate) took: Samples,
}

/// What viewers cost while the numbers move.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewed {
    pub(crate) what: &'static str,
    pub(crate) viewers: usize,
    /// Share of one core that the server used.
    pub(crate) cpu_share: f64,
    /// Bytes of frames that a viewer got in a second.
    pub(crate) bytes_per_second: f64,
}

pub(crate) async fn measure(
    size: usize,
    upstream: SocketAddr,
) -> BenchResult<(Vec<Asked>, Vec<Viewed>)> {
    let table = Table::new(size, upstream);
    let folder = tempfile::tempdir()?;
    table.store(folder.path()).await?;
    let server = process::Server::start(folder.path(), &table).await?;
    let envoy = process::Envoy::start(server.xds).await?;
    server.until_live(size).await?;
    process::until_listening(server.gateway).await?;

    let stop = Arc::new(AtomicBool::new(false));
    let loading = tokio::spawn(keep_busy(server.gateway, table.paths(BUSY), Arc::clone(&stop)));
    let mut asked = Vec::new();
    for (what, path) in ASKED {
        asked.push(Asked { what, took: ask(server.http, path).await? });
    }
    let page: Vec<_> = (0..WATCHED).map(|index| format!("m{index}")).collect();
    let page = format!("/api/v1/live?mappings={}", page.join(","));
    let mut viewed = Vec::new();
    for (what, viewers, path) in [
        ("nobody", 0, ""),
        ("a page of 50 rows each", VIEWERS, page.as_str()),
        ("the overview each", VIEWERS, "/api/v1/live?mappings=&overview=true"),
        ("all mappings each", VIEWERS, "/api/v1/live"),
    ] {
        viewed.push(view(&server, what, viewers, path).await?);
    }
    stop.store(true, Ordering::Relaxed);
    loading.await??;
    envoy.stop().await?;
    server.stop().await?;
    Ok((asked, viewed))
}

async fn ask(server: SocketAddr, path: &str) -> BenchResult<Samples> {
    let mut connection = Connection::open(server).await?;
    let mut took = Samples::default();
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        match connection.get(path).await? {
            200 => took.push(begun.elapsed()),
            status => return Err(format!("{path} answered {status}").into()),
        }
    }
    Ok(took)
}

/// Sends a steady stream of requests, so that the numbers of many mappings move each second.
async fn keep_busy(
    gateway: SocketAddr,
    paths: Vec<String>,
    stop: Arc<AtomicBool>,
) -> BenchResult<()> {
    let mut connection = Connection::open(gateway).await?;
    let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 / LOAD_PER_SECOND));
    for path in paths.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        pace.tick().await;
        load::must_be_ok(connection.get(path).await?)?;
    }
    Ok(())
}

async fn view(
    server: &process::Server,
    what: &'static str,
    viewers: usize,
    path: &str,
) -> BenchResult<Viewed> {
    let bytes = Arc::new(AtomicU64::new(0));
    let mut watching = JoinSet::new();
    for _ in 0..viewers {
        let (mut socket, _) = connect_async(format!("ws://{}{path}", server.http)).await?;
        let bytes = Arc::clone(&bytes);
        watching.spawn(async move {
            while let Some(Ok(frame)) = socket.next().await {
                bytes.fetch_add(u64::try_from(frame.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        });
    }
    // the full frames at the beginning are not what is measured
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = (server.usage()?.cpu, bytes.load(Ordering::Relaxed));
    tokio::time::sleep(VIEW_TIME).await;
    let after = (server.usage()?.cpu, bytes.load(Ordering::Relaxed));
    watching.shutdown().await;
    let seconds = VIEW_TIME.as_secs_f64();
    let received = u32::try_from(after.1 - before.1).map_or(f64::MAX, f64::from);
    let each = u32::try_from(viewers.max(1)).map_or(1.0, f64::from);
    Ok(Viewed {
        what,
        viewers,
        cpu_share: (after.0 - before.0).as_secs_f64() / seconds,
        bytes_per_second: received / seconds / each,
    })
}
