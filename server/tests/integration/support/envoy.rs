//! A real Envoy.

use std::{net::SocketAddr, path::PathBuf, process::Stdio};

use chancery::envoy::{
    bootstrap::{NodeSettings, XdsAddress, bootstrap},
    json::{Format, print},
};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use super::{address::free_address, until};

/// Returns the Envoy that the tests run: `ENVOY_BIN`, or the one that `make setup` installs.
pub(crate) fn binary() -> PathBuf {
    let installed = || concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/bin/envoy").into();
    std::env::var_os("ENVOY_BIN").map_or_else(installed, PathBuf::from)
}

#[derive(Debug)]
pub(crate) struct Envoy {
    child: Child,
    folder: TempDir,
}

impl Envoy {
    /// Starts a node with the bootstrap that `chancery bootstrap` prints.
    pub(crate) fn start(id: &str, xds: SocketAddr) -> Self {
        Self::of(id, &[xds], None)
    }

    /// Starts a node that knows in which zone it is.
    pub(crate) fn in_zone(id: &str, xds: SocketAddr, zone: Option<&str>) -> Self {
        Self::of(id, &[xds], zone)
    }

    /// Starts a node that may connect to any of these replicas.
    pub(crate) fn between(id: &str, xds: &[SocketAddr]) -> Self {
        Self::of(id, xds, None)
    }

    fn of(id: &str, xds: &[SocketAddr], zone: Option<&str>) -> Self {
        let settings = NodeSettings {
            id: id.to_owned(),
            xds: xds.iter().copied().map(XdsAddress::from).collect(),
            admin: free_address(),
            zone: zone.map(str::to_owned),
            credentials: None,
        };
        Self::with_config(&print(&bootstrap(&settings), Format::Yaml).unwrap())
    }

    pub(crate) fn with_config(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("envoy.yaml");
        std::fs::write(&file, config).unwrap();
        let log = std::fs::File::create(folder.path().join("envoy.log")).unwrap();
        let output = std::fs::File::create(folder.path().join("envoy.out")).unwrap();
        let child = Command::new(binary())
            .arg("-c")
            .arg(&file)
            .args(["--disable-hot-restart", "--concurrency", "2", "--log-level", "warning"])
            .args(["--file-flush-interval-msec", "50"])
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("Envoy can be run; `make setup` installs it");
        Self { child, folder }
    }

    /// Waits until the node accepts connections at `address`.
    pub(crate) async fn until_serving(&self, address: SocketAddr) {
        until("envoy accepts connections", async || TcpStream::connect(address).await.ok()).await;
    }

    /// Ends the process at once, as a crash would.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Returns what it has written to its standard output: the access log.
    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("envoy.out")).unwrap()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("envoy.log")).unwrap()
    }
}

/// Checks a configuration without running it; returns what Envoy says against it.
pub(crate) async fn validate(config: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("envoy.yaml");
    std::fs::write(&file, config).unwrap();
    let output = Command::new(binary())
        .args(["--mode", "validate", "--log-level", "error", "-c"])
        .arg(&file)
        .output()
        .await
        .expect("Envoy can be run; `make setup` installs it");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
