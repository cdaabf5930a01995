//! Measures how much longer a change takes to the node of another replica than to one's own.
//!
//! Two servers share the PostgreSQL that `BENCH_DATABASE` names, which must be empty; the node is the
//! first one's.

use std::{net::SocketAddr, path::Path};

use tokio::net::TcpListener;

use crate::{
    BenchResult, CHANGES,
    process::{Envoy, Server, until_listening},
    report::Samples,
    table::Table,
};

/// Services that the mappings share.
const SERVICES: usize = 100;

/// From a POST to the first right answer through the node.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    /// At the replica that the node is connected to.
    pub(crate) own: Samples,
    /// At the other one.
    pub(crate) other: Samples,
}

pub(crate) async fn measure(upstream: SocketAddr) -> BenchResult<Ways> {
    let database = std::env::var("BENCH_DATABASE")
        .map_err(|_absent| "set BENCH_DATABASE to the URL of an empty PostgreSQL database")?;
    let folder = tempfile::tempdir()?;
    let table = Table::new(SERVICES, upstream);
    let gateway = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let [one, other] = [
        start(folder.path(), &table, &database, gateway).await?,
        start(folder.path(), &table, &database, gateway).await?,
    ];
    let envoy = Envoy::start(one.xds).await?;
    until_listening(gateway).await?;
    let mut ways = Ways::default();
    for index in 0..CHANGES {
        ways.own.push(one.change(table.new_spec(2 * index)?).await?.after_request);
        ways.other.push(other.change(table.new_spec(2 * index + 1)?).await?.after_request);
    }
    envoy.stop().await?;
    one.stop().await?;
    other.stop().await?;
    Ok(ways)
}

async fn start(
    folder: &Path,
    table: &Table,
    database: &str,
    gateway: SocketAddr,
) -> BenchResult<Server> {
    let key = folder.join("key");
    tokio::fs::write(&key, format!("{}=", "A".repeat(43))).await?;
    let (key, gateway) = (key.display().to_string(), gateway.to_string());
    let options = ["--database", database, "--secret-key-file", &key];
    let fleet = ["--fleet", "127.0.0.1:0", "--gateway-http", &gateway];
    Server::start_with(folder, table, &[options, fleet].concat()).await
}
