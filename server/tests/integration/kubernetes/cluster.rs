//! A cluster whose objects the test writes, and the servers that stand for its pods.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::atomic::{AtomicU8, Ordering},
};

use chancery::discovery::kubernetes::KubernetesSettings;
use http::Method;
use serde_json::{Value, json};
use tokio::{net::TcpListener, process::Command, sync::OnceCell};

use crate::support::{kubernetes::Kubernetes, server::TestServer, until, upstream::Upstream};

/// The network of the pods.
const NETWORK: &str = "10.255.77.0/24";

/// Routes the network of the pods to this machine.
static ROUTE: OnceCell<()> = OnceCell::const_new();

/// The next pod's last byte.
static NEXT_POD: AtomicU8 = AtomicU8::new(1);

#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) api: Kubernetes,
    client: reqwest::Client,
}

impl Cluster {
    pub(super) async fn start() -> Self {
        Self::of(Kubernetes::start().await)
    }

    pub(super) fn of(api: Kubernetes) -> Self {
        let ca = reqwest::Certificate::from_pem(api.ca().as_bytes()).unwrap();
        let client = reqwest::Client::builder()
            .use_rustls_tls()
            .tls_built_in_root_certs(false)
            .add_root_certificate(ca)
            .build()
            .unwrap();
        Self { api, client }
    }

    /// Returns a server that follows this cluster, as `kubeconfig` lets it.
    pub(super) async fn server_by(kubeconfig: PathBuf) -> TestServer {
        TestServer::following(KubernetesSettings {
            kubeconfig: Some(kubeconfig),
            ..KubernetesSettings::default()
        })
        .await
    }

    /// Returns a server that follows this cluster, once it has listed everything.
    pub(super) async fn server(&self) -> TestServer {
        let server = Self::server_by(self.api.kubeconfig()).await;
        until_ready(&server).await;
        server
    }

    /// Sends a request to the API server.
    async fn send(&self, method: Method, path: &str, kind: &str, body: &Value) {
        let url = format!("https://{}{path}", self.api.address());
        let request = self.client.request(method, &url).bearer_auth(self.api.token());
        let request = request.header("content-type", kind).body(body.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{url}: {status} {text}");
    }

    /// Creates or changes an object.
    async fn put(&self, path: &str, mut object: Value, name: &str) {
        object["metadata"]["name"] = json!(name);
        let path = format!("{path}/{name}?fieldManager=test&force=true");
        self.send(Method::PATCH, &path, "application/apply-patch+yaml", &object).await;
    }

    /// Creates or changes a Service of the namespace `default`.
    pub(super) async fn service(&self, name: &str, spec: Value) {
        let object = json!({ "apiVersion": "v1", "kind": "Service", "spec": spec });
        self.put(SERVICES, object, name).await;
    }

    /// Creates or changes a Service with the port 80, which its slices call `http`.
    pub(super) async fn web_service(&self, name: &str) {
        self.service(name, json!({ "ports": [{ "name": "http", "port": 80 }] })).await;
    }

    pub(super) async fn delete_service(&self, name: &str) {
        let path = format!("{SERVICES}/{name}");
        self.send(Method::DELETE, &path, "application/json", &json!({})).await;
    }

    /// Creates or changes the one slice of a Service: each pod, and whether it is ready.
    pub(super) async fn slice(&self, service: &str, pods: &[(&Upstream, bool)]) {
        let endpoint = |(pod, is_ready): &(&Upstream, bool)| {
            let ip = pod.address.ip().to_string();
            json!({ "addresses": [ip], "conditions": { "ready": is_ready } })
        };
        let endpoints: Vec<_> = pods.iter().map(endpoint).collect();
        let port = pods.first().map_or(1, |(pod, _)| pod.address.port());
        self.slice_with(service, service, port, json!(endpoints)).await;
    }

    /// Creates or changes a slice of a Service, by its name and its endpoints.
    pub(super) async fn slice_with(&self, name: &str, service: &str, port: u16, endpoints: Value) {
        let object = json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": { "labels": { "kubernetes.io/service-name": service } },
            "addressType": "IPv4",
            "ports": [{ "name": "http", "port": port }],
            "endpoints": endpoints,
        });
        self.put(SLICES, object, name).await;
    }
}

const SERVICES: &str = "/api/v1/namespaces/default/services";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

/// Waits until the server says that it is ready.
pub(super) async fn until_ready(server: &TestServer) {
    until("the server is ready", async || {
        server.get("/readyz").await.status.is_success().then_some(())
    })
    .await;
}

/// Returns what Kubernetes is said to be on the page of the nodes.
pub(super) async fn link(server: &TestServer) -> Value {
    server.get("/api/v1/nodes").await.json()["kubernetes"].take()
}

/// Waits until the connection to the API server is in this state.
pub(super) async fn until_link(server: &TestServer, state: &str) {
    until(&format!("Kubernetes is {state}"), async || {
        (link(server).await["state"] == state).then_some(())
    })
    .await;
}

/// Returns which pod answers at a path of the gateway, or the status when none does.
pub(super) async fn through(server: &TestServer, path: &str) -> String {
    let answer = server.client.get(&server.gateway(path)).await;
    match answer.headers.get("x-served-by") {
        Some(name) => name.to_str().unwrap().to_owned(),
        None => answer.status.as_u16().to_string(),
    }
}

/// Waits until the gateway answers at `path` as `expected`.
pub(super) async fn until_answered(server: &TestServer, path: &str, expected: &str) {
    until(&format!("`{path}` is answered by {expected}"), async || {
        (through(server, path).await == expected).then_some(())
    })
    .await;
}

/// Starts pods of a Service, each with a name and an address of its own, at the same port.
pub(super) async fn pods<const N: usize>(names: [&'static str; N]) -> [Upstream; N] {
    ROUTE.get_or_init(route).await;
    let first = TcpListener::bind((pod_address(), 0)).await.unwrap();
    let port = first.local_addr().unwrap().port();
    drop(first);
    let mut pods = Vec::new();
    for name in names {
        pods.push(Upstream::at(name, SocketAddr::new(pod_address().into(), port)).await);
    }
    pods.try_into().unwrap()
}

fn pod_address() -> Ipv4Addr {
    Ipv4Addr::new(10, 255, 77, NEXT_POD.fetch_add(1, Ordering::Relaxed))
}

async fn route() {
    let made = Command::new("ip")
        .args(["route", "replace", "local", NETWORK, "dev", "lo"])
        .output()
        .await
        .expect("`ip` can be run");
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success(), "root must route {NETWORK} to the loopback device: {said}");
}
