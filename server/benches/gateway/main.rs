//! Measures, on the whole process, from a POST's answer to the first right answer through Envoy,
//! and what the portal's lists and viewers cost.
//!
//! ```text
//! make bench                      all sizes and the portal, about four minutes once built
//! make bench ARGS="100 10000"     these sizes
//! make bench ARGS="portal"        the portal alone
//! make bench ARGS="replicas"      two replicas on the PostgreSQL that BENCH_DATABASE names
//! ```
//! In the same run stand the *floor* (a bare pusher that sends the same resources, encoded
//! beforehand, and one durable commit) and the *naive control* (all routes in one list), so that
//! what matters are ratios and not the machine.

mod floor;
mod load;
mod portal;
mod process;
mod replicas;
mod report;
mod table;

use std::{error::Error, time::Instant};

use report::{Change, Row, Samples};

/// Changes that are measured at each size.
const CHANGES: usize = 100;

/// Mappings in the table, unless the command line says others.
const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

/// Sizes at which the portal is measured.
const PORTAL_SIZES: [usize; 2] = [100, 10_000];

/// The flat list is measured up to here: beyond, Envoy takes minutes to load it.
const FLAT_LIST_MAX: usize = 10_000;

type BenchResult<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> BenchResult<()> {
    // cargo passes `--bench`
    let asked: Vec<String> = std::env::args().skip(1).filter(|asked| asked != "--bench").collect();
    let sizes: Vec<usize> = asked.iter().filter_map(|size| size.parse().ok()).collect();
    let upstream = load::upstream().await?;
    if asked.iter().any(|what| what == "replicas") {
        report::replicas(&replicas::measure(upstream).await?);
        return Ok(());
    }
    if asked.is_empty() || asked.iter().any(|what| what == "portal") {
        for size in PORTAL_SIZES {
            let (lists, views) = portal::measure(size, upstream).await?;
            report::portal(size, &lists, &views);
        }
        if !asked.is_empty() {
            return Ok(());
        }
    }
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    let commit = floor::durable_commit().await?;
    report::commit(&commit);
    for size in sizes {
        let row = measure(size, upstream, commit.clone()).await?;
        report::row(&row);
    }
    Ok(())
}

async fn measure(size: usize, upstream: std::net::SocketAddr, commit: Samples) -> BenchResult<Row> {
    let table = table::Table::new(size, upstream);
    let floor = floor::measure(&table, CHANGES).await?;
    let folder = tempfile::tempdir()?;
    table.store(folder.path()).await?;
    let started = Instant::now();
    let server = process::Server::start(folder.path(), &table).await?;
    let envoy = process::Envoy::start(server.xds).await?;
    server.until_live(size).await?;
    let loaded = started.elapsed();

    let before = (server.usage()?, server.bytes_sent().await?);
    let mut answered = Samples::default();
    let mut requested = Samples::default();
    let mut wrong = 0;
    for index in 0..CHANGES {
        let change: Change = server.change(table.new_spec(index)?).await?;
        answered.push(change.after_answer);
        requested.push(change.after_request);
        wrong += change.wrong_answers;
    }
    let after = (server.usage()?, server.bytes_sent().await?);
    let mut own_service = Samples::default();
    for index in 0..CHANGES {
        let change = server.change(table::Table::own_spec(index)?).await?;
        own_service.push(change.after_request);
        wrong += change.wrong_answers;
    }
    let changes = CHANGES as u64;
    let sharded = (
        load::requests_per_second(server.gateway, &table.first_path()).await?,
        load::requests_per_second(server.gateway, &table.last_path()).await?,
    );
    let rss_bytes = after.0.rss_bytes;
    envoy.stop().await?;
    server.stop().await?;
    let flat = match size <= FLAT_LIST_MAX {
        true => Some(process::flat_list(folder.path(), &table).await?),
        false => None,
    };
    Ok(Row {
        size,
        loaded,
        answered,
        requested,
        own_service,
        floor,
        commit,
        wrong,
        bytes_per_change: (after.1 - before.1) / changes,
        cpu_per_change: (after.0.cpu - before.0.cpu) / u32::try_from(CHANGES)?,
        rss_bytes,
        sharded,
        flat,
    })
}
