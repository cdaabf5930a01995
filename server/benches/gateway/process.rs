//! The processes that are measured: `chancery serve` and Envoy.

use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use chancery::{
    envoy::{
        bootstrap::{NodeSettings, bootstrap},
        json::{Format, print},
    },
    gateway::mapping::Spec,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};

use crate::{
    BenchResult,
    load::{self, Connection},
    report::Change,
    table::Table,
};

/// How long anything may take before the run is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// Ticks of the kernel's clock for processes in a second (`getconf CLK_TCK`, the same on every
/// Linux that we run on).
const CLOCK_TICKS: f64 = 100.0;

#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) http: SocketAddr,
    pub(crate) xds: SocketAddr,
    pub(crate) gateway: SocketAddr,
}

/// What a process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    pub(crate) rss_bytes: u64,
}

impl Server {
    pub(crate) async fn start(folder: &Path, table: &Table) -> BenchResult<Self> {
        Self::start_with(folder, table, &["--gateway-http", "127.0.0.1:0"]).await
    }

    /// Starts one with further options.
    pub(crate) async fn start_with(
        folder: &Path,
        table: &Table,
        options: &[&str],
    ) -> BenchResult<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chancery"))
            .args(["serve", "--http", "127.0.0.1:0", "--xds", "127.0.0.1:0"])
            .args(options)
            .args(table.service_arguments())
            .current_dir(folder)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut log = BufReader::new(child.stderr.take().ok_or("no log")?).lines();
        let (mut http, mut xds, mut gateway) = (None, None, None);
        while gateway.is_none() {
            let line = log.next_line().await?.ok_or("chancery ended")?;
            let after = |what: &str| {
                let (_, rest) = line.split_once(what)?;
                rest.split([',', ' ']).next()?.parse::<SocketAddr>().ok()
            };
            http = http.or(after("portal and REST on http://"));
            xds = xds.or(after("xDS and metrics on "));
            gateway = gateway.or(after("gateway on http://"));
        }
        // the log must be read, or the server would wait for somebody to do so
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        let (http, xds, gateway) =
            http.zip(xds).zip(gateway).map(|((a, b), c)| (a, b, c)).ok_or("no address")?;
        Ok(Self { child, http, xds, gateway })
    }

    /// Waits until a node has acknowledged everything.
    pub(crate) async fn until_live(&self, size: usize) -> BenchResult<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.metric("chancery_nodes_current").await? < 1
            || self.metric("chancery_mappings").await? < u64::try_from(size)?
        {
            if Instant::now() > deadline {
                return Err(format!("Envoy has not loaded {size} mappings").into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    pub(crate) async fn bytes_sent(&self) -> BenchResult<u64> {
        self.metric("chancery_xds_bytes_sent_total").await
    }

    async fn metric(&self, name: &str) -> BenchResult<u64> {
        let text = http(self.http, "GET", "/metrics", "").await?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(line.ok_or_else(|| format!("no metric {name} in {text}"))?.trim().parse()?)
    }

    /// Makes a mapping and measures until it is served.
    pub(crate) async fn change(&self, spec: Spec) -> BenchResult<Change> {
        let (name, prefix, service) = (&spec.name, &spec.prefix, spec.service_text());
        let body = format!(r#"{{"prefix":"{prefix}","service":"{service}"}}"#);
        let mut connection = Connection::open(self.gateway).await?;
        let path = format!("/ambassador/mapping/{name}");
        let requested = Instant::now();
        let answer = http(self.http, "POST", &path, &body).await?;
        let answered = Instant::now();
        if !answer.starts_with("HTTP/1.1 200") {
            return Err(answer.into());
        }
        let mut wrong_answers = 0;
        loop {
            match connection.get(prefix.as_str()).await? {
                200 => break,
                404 => {}
                _ => wrong_answers += 1,
            }
            if answered.elapsed() > PATIENCE {
                return Err(format!("{prefix} was never served").into());
            }
        }
        let served = Instant::now();
        let change = Change {
            after_answer: served - answered,
            after_request: served - requested,
            wrong_answers,
        };
        Ok(change)
    }

    pub(crate) fn usage(&self) -> BenchResult<Usage> {
        let id = self.child.id().ok_or("chancery ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        let after_name: Vec<_> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |index: usize| after_name.get(index).and_then(|text| text.parse::<f64>().ok());
        // utime and stime: fields 14 and 15 of proc(5), the first after the name being 3
        let ticks = field(11).zip(field(12)).map(|(user, system)| user + system);
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes: u64 =
            rss.and_then(|rss| rss.split_whitespace().next()?.parse().ok()).ok_or("no RSS")?;
        let seconds = ticks.ok_or("no CPU time")? / CLOCK_TICKS;
        Ok(Usage { cpu: Duration::from_secs_f64(seconds), rss_bytes: kilobytes * 1024 })
    }

    pub(crate) async fn stop(mut self) -> BenchResult<()> {
        self.child.kill().await?;
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct Envoy(Child);

impl Envoy {
    /// Starts a node of a server.
    pub(crate) async fn start(xds: SocketAddr) -> BenchResult<Self> {
        let admin = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let (id, xds) = ("bench".to_owned(), vec![xds.into()]);
        let node = NodeSettings { id, xds, admin, zone: None, credentials: None };
        Self::with_config(&["--config-yaml", &print(&bootstrap(&node), Format::Json)?])
    }

    fn with_config(config: &[&str]) -> BenchResult<Self> {
        let binary = std::env::var_os("ENVOY_BIN").ok_or("set ENVOY_BIN, as `make bench` does")?;
        let child = Command::new(binary)
            .args(config)
            .args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self(child))
    }

    pub(crate) async fn stop(mut self) -> BenchResult<()> {
        self.0.kill().await?;
        Ok(())
    }
}

/// Measures the first and the last route when all stand in one list, as `chancery render` has it.
pub(crate) async fn flat_list(folder: &Path, table: &Table) -> BenchResult<(f64, f64)> {
    let gateway = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let rendered = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["--log", "error", "render", "--format", "json", "--gateway-http"])
        .arg(gateway.to_string())
        .args(table.service_arguments())
        .current_dir(folder)
        .output()
        .await?;
    let file = folder.join("flat.json");
    tokio::fs::write(&file, rendered.stdout).await?;
    let envoy = Envoy::with_config(&["-c", &file.display().to_string()])?;
    until_listening(gateway).await?;
    let first = load::requests_per_second(gateway, &table.first_path()).await?;
    let last = load::requests_per_second(gateway, &table.last_path()).await?;
    envoy.stop().await?;
    Ok((first, last))
}

/// Waits until Envoy accepts clients, which it does once it has loaded everything.
pub(crate) async fn until_listening(gateway: SocketAddr) -> BenchResult<()> {
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(gateway).await.is_err() {
        if Instant::now() > deadline {
            return Err(format!("Envoy does not listen on {gateway}").into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Sends one request on a connection of its own and returns the whole answer.
async fn http(address: SocketAddr, method: &str, path: &str, body: &str) -> BenchResult<String> {
    let mut socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(answer)
}
