//! A server in this process, on free ports and a database of its own.

use std::{net::SocketAddr, path::PathBuf};

use chancery::{
    auth::{
        access::Edit,
        command::Outcome,
        principal::{Author, Who},
        settings::AccessSettings,
    },
    clock::Clock,
    discovery::kubernetes::KubernetesSettings,
    envoy::upstream_tls::NodeCaFile,
    startup::{Server, Settings, StartError},
    store::{DatabaseUrl, Rules, Store},
    xds::gate::CredentialFiles,
};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    address::free_address,
    client::{Answer, Client},
    envoy::Envoy,
    until,
};

#[derive(Debug)]
pub(crate) struct TestServer {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) folder: TempDir,
    settings: Settings,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with_services(&[]).await
    }

    /// Starts with services whose endpoints are fixed.
    pub(crate) async fn with_services(services: &[(&str, SocketAddr)]) -> Self {
        let fixed = services.iter().map(|(name, address)| format!("{name}={address}"));
        Self::with(fixed.collect(), AccessSettings::default()).await
    }

    /// Starts with services of several endpoints each.
    pub(crate) async fn with_endpoints(services: &[(&str, &[SocketAddr])]) -> Self {
        let fixed = services.iter().map(|(name, addresses)| {
            let addresses: Vec<_> = addresses.iter().map(SocketAddr::to_string).collect();
            format!("{name}={}", addresses.join(","))
        });
        Self::with(fixed.collect(), AccessSettings::default()).await
    }

    /// Starts with another way to let people in.
    pub(crate) async fn with_access(access: AccessSettings) -> Self {
        Self::with(Vec::new(), access).await
    }

    /// Starts with nodes whose system trusts the authorities in `pem`.
    pub(crate) async fn trusting(pem: &str, services: &[(&str, SocketAddr)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("system.pem");
        std::fs::write(&file, pem).unwrap();
        let node_ca_file = file.to_str().unwrap().parse().unwrap();
        let fixed = services.iter().map(|(name, address)| format!("{name}={address}"));
        Self::within(folder, fixed.collect(), AccessSettings::default(), node_ca_file, None).await
    }

    /// Starts with the Services of a cluster.
    pub(crate) async fn following(kubernetes: KubernetesSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let access = AccessSettings::default();
        Self::within(folder, Vec::new(), access, NodeCaFile::default(), Some(kubernetes)).await
    }

    async fn with(fixed: Vec<String>, access: AccessSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::within(folder, fixed, access, NodeCaFile::default(), None).await
    }

    async fn within(
        folder: TempDir,
        fixed: Vec<String>,
        access: AccessSettings,
        node_ca_file: NodeCaFile,
        kubernetes: Option<KubernetesSettings>,
    ) -> Self {
        let services = fixed.iter().map(|text| text.parse().unwrap()).collect();
        let settings = Settings { access, node_ca_file, services, kubernetes, ..settings(&folder) };
        Self::with_settings(folder, settings).await
    }

    /// Starts with credentials for xDS, at an address that may have been chosen before.
    pub(crate) async fn guarded(
        folder: TempDir,
        xds: SocketAddr,
        xds_credentials: CredentialFiles,
        services: &[(&str, SocketAddr)],
    ) -> Self {
        let fixed = services.iter().map(|(name, address)| format!("{name}={address}"));
        let services = fixed.map(|text| text.parse().unwrap()).collect();
        let settings = Settings { xds, xds_credentials, services, ..settings(&folder) };
        Self::with_settings(folder, settings).await
    }

    async fn with_settings(folder: TempDir, settings: Settings) -> Self {
        let server = start(&settings).await.unwrap();
        Self { server, client: Client::new(), folder, settings }
    }

    /// Starts with these settings.
    pub(crate) async fn of(settings: Settings) -> Self {
        Self::with_settings(tempfile::tempdir().unwrap(), settings).await
    }

    /// Starts with people in the database, and a clock that the test moves.
    pub(crate) async fn peopled(access: AccessSettings, clock: Clock, edits: Vec<Edit>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { access, clock, ..settings(&folder) };
        let tasks = TaskTracker::new();
        let store = Store::open(&settings.database, Rules::default(), &tasks).await.unwrap();
        let author = Author::of(Who::CommandLine);
        store.act(author, move |_| Ok(Outcome::unnoted(edits))).await.unwrap();
        drop(store);
        tasks.close();
        tasks.wait().await;
        Self::with_settings(folder, settings).await
    }

    /// Stops the server.
    pub(crate) async fn stop(self) {
        assert!(self.server.stop().await, "the server did not stop in time");
    }

    /// Stops the server and starts another on the same addresses and database; `meanwhile` runs
    /// while there is none.
    pub(crate) async fn restart<T>(self, meanwhile: impl Future<Output = T>) -> (Self, T) {
        let Self { server, client, folder, mut settings } = self;
        settings.http = server.http;
        settings.xds = server.xds;
        settings.gateway_http = server.gateway_http;
        settings.gateway_https = server.gateway_https;
        assert!(server.stop().await, "the server did not stop in time");
        let result = meanwhile.await;
        let server = start(&settings).await.unwrap();
        (Self { server, client, folder, settings }, result)
    }

    /// Starts another server on the same database, on addresses of its own.
    pub(crate) async fn another(&self) -> Result<Server, StartError> {
        let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let settings = self.settings.clone();
        start(&Settings {
            http: free,
            xds: free,
            gateway_http: free,
            gateway_https: free,
            ..settings
        })
        .await
    }

    /// Returns the clock that the server goes by.
    pub(crate) fn clock(&self) -> &Clock {
        &self.settings.clock
    }

    pub(crate) fn database_file(&self) -> PathBuf {
        self.folder.path().join("chancery.db")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.http)
    }

    /// Returns a URL of the gateway, which a node must serve.
    pub(crate) fn gateway(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.gateway_http)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.client.get(&self.url(path)).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.client.json(method, &self.url(path), body).await
    }

    /// Maps `prefix` to `service` as the article does.
    pub(crate) async fn map(&self, name: &str, prefix: &str, service: &str) {
        self.map_with(name, &json!({ "prefix": prefix, "service": service })).await;
    }

    pub(crate) async fn map_with(&self, name: &str, body: &Value) {
        let answer = self.send(Method::POST, &format!("/ambassador/mapping/{name}"), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    }

    pub(crate) async fn unmap(&self, name: &str) {
        let path = format!("/ambassador/mapping/{name}");
        let answer = self.send(Method::DELETE, &path, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
    }

    /// Starts a node and waits until it serves.
    pub(crate) async fn node(&self, id: &str) -> Envoy {
        let envoy = Envoy::start(id, self.server.xds);
        envoy.until_serving(self.server.gateway_http).await;
        self.until_live().await;
        envoy
    }

    /// Waits until every connected node, at least one, runs the newest revision.
    pub(crate) async fn until_live(&self) {
        let mut last = Vec::new();
        until("all nodes run the newest revision", async || {
            let gateway = self.get("/api/v1/mappings").await.json();
            let newest = gateway["revision"].as_u64().unwrap();
            let nodes = self.server.nodes.list();
            if last != nodes {
                eprintln!("revision {newest}: {nodes:?}");
                last.clone_from(&nodes);
            }
            let current = nodes.iter().all(|node| node.revision.0 >= newest);
            (current && !nodes.is_empty()).then_some(())
        })
        .await;
    }

    /// Waits until the counters of a mapping are `ok, 4xx, bad`.
    pub(crate) async fn until_counted(&self, mapping: &str, expected: [u64; 3]) {
        let mut last = Value::Null;
        until(&format!("`{mapping}` has counted {expected:?}"), async || {
            let stats = self.get("/ambassador/stats").await.json();
            let now = counts(&stats["mappings"][mapping]);
            if last != json!(now) {
                last = json!(now);
                eprintln!("{mapping}: {now:?} of {expected:?}");
            }
            (now == expected).then_some(())
        })
        .await;
    }
}

/// Returns the three counters of one entry of the article's stats.
pub(crate) fn counts(stats: &Value) -> [u64; 3] {
    ["upstream_ok", "upstream_4xx", "upstream_bad"]
        .map(|counter| stats[counter].as_u64().unwrap_or_default())
}

/// Returns the settings of a server on free ports, with a database in `folder`.
pub(crate) fn settings(folder: &TempDir) -> Settings {
    let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
    Settings {
        http: free,
        xds: free,
        fleet: None,
        xds_credentials: CredentialFiles::default(),
        gateway_http: free_address(),
        gateway_https: free_address(),
        node_ca_file: NodeCaFile::default(),
        database: database(folder),
        secret_key_file: None,
        access: AccessSettings::default(),
        clock: Clock::default(),
        services: Vec::new(),
        kubernetes: None,
        forbidden: Vec::new(),
        oidc: None,
    }
}

fn database(folder: &TempDir) -> DatabaseUrl {
    DatabaseUrl::Sqlite(folder.path().join("chancery.db").to_str().unwrap().to_owned())
}

async fn start(settings: &Settings) -> Result<Server, StartError> {
    Box::pin(Server::start(settings.clone(), CancellationToken::new())).await
}
