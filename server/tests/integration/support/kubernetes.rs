//! A real Kubernetes API server on a real etcd, and nothing else of a cluster: what controllers and
//! kubelets would write, the tests write.

#![expect(dead_code, reason = "tests of discovery kill it, and reach it by other ways")]

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use rcgen::KeyPair;
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

use super::{address::free_address, tls::Authority, until};

/// The token of the user `admin`, who may do everything.
const ADMIN_TOKEN: &str = "the-token-of-the-admin";

/// Returns the binary that is both servers, and kubectl: `KUBE_BIN`, or the one that `make setup-test`
/// installs.
pub(crate) fn binary() -> PathBuf {
    let installed = || concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/bin/kube").into();
    std::env::var_os("KUBE_BIN").map_or_else(installed, PathBuf::from)
}

/// An API server with an etcd of its own, both on loopback; ends with the value.
#[derive(Debug)]
pub(crate) struct Kubernetes {
    folder: TempDir,
    address: SocketAddr,
    etcd_address: SocketAddr,
    _etcd: Child,
    apiserver: Option<Child>,
    more: Vec<String>,
}

impl Kubernetes {
    /// Starts both, and waits until objects can be written.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts the API server with more flags.
    pub(crate) async fn with(flags: &[&str]) -> Self {
        let mut kubernetes = Self::stopped(flags);
        kubernetes.start_apiserver().await;
        kubernetes
    }

    /// Starts etcd alone; `start_apiserver` does the rest.
    pub(crate) fn stopped(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (address, etcd_address, peers) = (free_address(), free_address(), free_address());
        let file = |name: &str| folder.path().join(name);
        let authority = Authority::new("Kubernetes");
        let serving = authority.issues(&[&address.ip().to_string(), "127.0.0.1", "localhost"]);
        let accounts = KeyPair::generate().unwrap();
        let written = [
            ("ca.crt", authority.pem().to_owned()),
            ("serving.crt", serving.chain),
            ("serving.key", serving.key),
            ("accounts.key", accounts.serialize_pem()),
            ("accounts.pub", accounts.public_key_pem()),
            ("tokens.csv", format!("{ADMIN_TOKEN},admin,admin,system:masters\n")),
        ];
        for (name, text) in written {
            std::fs::write(file(name), text).unwrap();
        }
        let etcd = run("etcd", &file("etcd.log"))
            .arg(format!("--data-dir={}", file("etcd").display()))
            .args([
                format!("--listen-client-urls=http://{etcd_address}"),
                format!("--advertise-client-urls=http://{etcd_address}"),
                format!("--listen-peer-urls=http://{peers}"),
                format!("--initial-advertise-peer-urls=http://{peers}"),
                format!("--initial-cluster=default=http://{peers}"),
            ])
            // a power cut is not what is tested
            .arg("--unsafe-no-fsync")
            .spawn()
            .expect("etcd can be run; `make setup-test` builds it");
        let kubernetes = Self {
            folder,
            address,
            etcd_address,
            _etcd: etcd,
            apiserver: None,
            more: flags.iter().map(|&flag| flag.to_owned()).collect(),
        };
        kubernetes.write_kubeconfig("admin.yaml", kubernetes.address, ADMIN_TOKEN);
        kubernetes
    }

    /// Starts the API server where it was before, on what it had stored.
    pub(crate) async fn start_apiserver(&mut self) {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let child = run("apiserver", &self.folder.path().join("apiserver.log"))
            .args([
                format!("--etcd-servers=http://{}", self.etcd_address),
                format!("--bind-address={}", self.address.ip()),
                format!("--secure-port={}", self.address.port()),
                format!("--tls-cert-file={}", file("serving.crt")),
                format!("--tls-private-key-file={}", file("serving.key")),
                format!("--token-auth-file={}", file("tokens.csv")),
                format!("--service-account-signing-key-file={}", file("accounts.key")),
                format!("--service-account-key-file={}", file("accounts.pub")),
                format!("--cert-dir={}", file("certificates")),
            ])
            .args([
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/108",
                "--authorization-mode=RBAC",
                // nobody else is there to be told of
                "--endpoint-reconciler-type=none",
            ])
            .args(&self.more)
            .spawn()
            .expect("the API server can be run; `make setup-test` builds it");
        self.apiserver = Some(child);
        until("the API server is ready", async || {
            self.try_kubectl(&["get", "--raw", "/readyz"], "").await.ok()
        })
        .await;
    }

    /// Ends the API server at once, as a crash would; etcd stays.
    pub(crate) async fn kill_apiserver(&mut self) {
        if let Some(mut child) = self.apiserver.take() {
            child.kill().await.unwrap();
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the kubeconfig of someone who may do everything.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("admin.yaml")
    }

    /// Returns a kubeconfig of that someone which leads to another address, where a proxy is.
    pub(crate) fn kubeconfig_by(&self, address: SocketAddr) -> PathBuf {
        self.write_kubeconfig("proxied.yaml", address, ADMIN_TOKEN)
    }

    /// Returns the kubeconfig of a service account, with a new token.
    pub(crate) async fn kubeconfig_of(&self, namespace: &str, account: &str) -> PathBuf {
        let token = self.kubectl(&["create", "token", account, "--namespace", namespace]).await;
        self.write_kubeconfig(&format!("{account}.yaml"), self.address, token.trim())
    }

    fn write_kubeconfig(&self, name: &str, address: SocketAddr, token: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        let ca = self.folder.path().join("ca.crt");
        let config = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": "test", "cluster": {
                "server": format!("https://{address}"),
                "certificate-authority": ca,
            } }],
            "users": [{ "name": "test", "user": { "token": token } }],
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test" } }],
            "current-context": "test",
        });
        std::fs::write(&path, config.to_string()).unwrap();
        path
    }

    /// Runs `kubectl` as someone who may do everything; returns what it has printed.
    pub(crate) async fn kubectl(&self, arguments: &[&str]) -> String {
        self.try_kubectl(arguments, "")
            .await
            .unwrap_or_else(|error| panic!("kubectl {}: {error}", arguments.join(" ")))
    }

    /// Creates or changes objects.
    pub(crate) async fn apply(&self, manifest: &str) {
        let arguments = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        let applied = self.try_kubectl(&arguments, manifest).await;
        applied.unwrap_or_else(|error| panic!("kubectl apply: {error}\n{manifest}"));
    }

    /// Runs `kubectl` with `input`; returns what it has printed, or its complaint.
    pub(crate) async fn try_kubectl(
        &self,
        arguments: &[&str],
        input: &str,
    ) -> Result<String, String> {
        let mut child = Command::new(binary())
            .arg("kubectl")
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .arg("--cache-dir")
            .arg(self.folder.path().join("kubectl"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("kubectl can be run; `make setup-test` builds it");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        match output.status.success() {
            true => Ok(text(output.stdout)),
            false => Err(text(output.stderr)),
        }
    }

    /// Returns what the API server has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("apiserver.log")).unwrap()
    }
}

/// Returns the command that runs one of the two servers, which ends with the test's thread however
/// that ends.
fn run(server: &str, log: &Path) -> Command {
    let log = File::options().create(true).append(true).open(log).unwrap();
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL"])
        .arg(binary())
        .arg(server)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true);
    command
}
