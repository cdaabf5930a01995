//! Several replicas on one PostgreSQL: servers in this process, or processes of the binary.

use std::{net::SocketAddr, path::PathBuf, process::Stdio};

use chancery::{envoy::upstream_tls::NodeCaFile, startup::Settings, store::DatabaseUrl};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};

use super::{
    PATIENCE,
    address::free_address,
    envoy::Envoy,
    server::{TestServer, settings},
    upstream::Upstream,
};

/// What all replicas have in common.
pub(crate) struct Installation {
    pub(crate) database: DatabaseUrl,
    pub(crate) gateway_http: SocketAddr,
    gateway_https: SocketAddr,
    pub(crate) node_ca_file: NodeCaFile,
    /// Each with one endpoint.
    services: Vec<String>,
    folder: TempDir,
}

impl Installation {
    pub(crate) fn on(database: DatabaseUrl, services: &[(&str, &Upstream)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // 32 bytes as base64
        std::fs::write(folder.path().join("key"), format!("{}=", "A".repeat(43))).unwrap();
        let fixed = services.iter().map(|(name, service)| format!("{name}={}", service.address));
        Self {
            database,
            gateway_http: free_address(),
            gateway_https: free_address(),
            node_ca_file: NodeCaFile::default(),
            services: fixed.collect(),
            folder,
        }
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    /// Starts a replica in this process.
    pub(crate) async fn replica(&self) -> TestServer {
        TestServer::of(Settings {
            fleet: Some("127.0.0.1:0".parse().unwrap()),
            gateway_http: self.gateway_http,
            gateway_https: self.gateway_https,
            node_ca_file: self.node_ca_file.clone(),
            database: self.database.clone(),
            secret_key_file: Some(self.key_file()),
            services: self.services.iter().map(|text| text.parse().unwrap()).collect(),
            ..settings(&self.folder)
        })
        .await
    }

    /// Starts a replica as a process, on free ports.
    pub(crate) async fn process(&self) -> Process {
        self.process_at("127.0.0.1:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()).await
    }

    /// Starts a replica as a process, whose portal and xDS are at these addresses.
    pub(crate) async fn process_at(&self, http: SocketAddr, xds: SocketAddr) -> Process {
        let DatabaseUrl::Postgres(url) = &self.database else { panic!("{}", self.database) };
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        command
            .args(["serve", "--fleet", "127.0.0.1:0"])
            .args(["--http", &http.to_string(), "--xds", &xds.to_string()])
            .args(["--gateway-http", &self.gateway_http.to_string()])
            .args(["--gateway-https", &self.gateway_https.to_string()])
            .args(["--database", &url.to_string()])
            .arg("--secret-key-file")
            .arg(self.key_file());
        for service in &self.services {
            command.args(["--service", service]);
        }
        Process::start(command).await
    }
}

/// A replica of its own process.
pub(crate) struct Process {
    child: Child,
    pub(crate) http: SocketAddr,
    pub(crate) xds: SocketAddr,
    /// Reads the log on, so that it never blocks, until the process ends.
    log: JoinHandle<Vec<String>>,
}

impl Process {
    async fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let mut find = async |words: &str| -> SocketAddr {
            loop {
                let line = tokio::time::timeout(PATIENCE, log.next_line()).await.unwrap();
                let line = line.unwrap().unwrap_or_else(|| panic!("it ended: {said:#?}"));
                let address = line.split_once(words).map(|(_, address)| address.trim().parse());
                said.push(line);
                if let Some(address) = address {
                    return address.unwrap();
                }
            }
        };
        let http = find("portal and REST on http://").await;
        let xds = find("xDS and metrics on ").await;
        let log = tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                said.push(line);
            }
            said
        });
        Self { child, http, xds, log }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// Ends it at once, as a crash would; returns its log.
    pub(crate) async fn kill(mut self) -> Vec<String> {
        self.child.kill().await.unwrap();
        self.log.await.unwrap()
    }

    /// Asks it to stop, and waits until it has; returns its log.
    pub(crate) async fn stop(mut self) -> Vec<String> {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it stops");
        assert!(ended.unwrap().success());
        self.log.await.unwrap()
    }
}

/// Starts a node of one replica, and waits until it serves.
pub(crate) async fn node_of(id: &str, xds: SocketAddr, installation: &Installation) -> Envoy {
    let envoy = Envoy::start(id, xds);
    envoy.until_serving(installation.gateway_http).await;
    envoy
}
