//! The API server is away: at the start, later, for longer than it remembers.

use std::{net::SocketAddr, sync::Arc};

use http::StatusCode;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use super::cluster::{Cluster, link, pods, through, until_answered, until_link, until_ready};
use crate::support::{kubernetes::Kubernetes, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_starts_without_the_api_server_and_lives_when_that_comes() {
    let mut api = Kubernetes::stopped(&[]);
    let server = Cluster::server_by(api.kubeconfig()).await;
    server.map("user", "/user/", "usersvc").await;

    until("the server says what it waits for", async || {
        let answer = server.get("/readyz").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
        answer.body.contains("Connection refused").then_some(())
    })
    .await;
    assert_eq!(link(&server).await["state"], "starting");
    let _node = server.node("one").await;
    api.start_apiserver().await;
    let cluster = Cluster::of(api);
    let [one] = pods(["one"]).await;
    cluster.web_service("usersvc").await;
    cluster.slice("usersvc", &[(&one, true)]).await;

    until_answered(&server, "/user/", "one").await;
    until_ready(&server).await;
    assert_eq!(server.get("/readyz").await.body, "ok\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_api_server_is_away_everything_goes_on_as_it_was() {
    let mut cluster = Cluster::start().await;
    let [one, two] = pods(["one", "two"]).await;
    cluster.web_service("usersvc").await;
    cluster.slice("usersvc", &[(&one, true)]).await;
    cluster.web_service("gruesvc").await;
    cluster.slice("gruesvc", &[(&two, true)]).await;
    let server = cluster.server().await;
    server.map("user", "/user/", "usersvc").await;
    server.map("grue", "/grue/", "gruesvc").await;
    let _node = server.node("one").await;
    until_answered(&server, "/user/", "one").await;
    until_answered(&server, "/grue/", "two").await;

    cluster.api.kill_apiserver().await;
    until_link(&server, "reconnecting").await;
    let ready = server.get("/readyz").await;
    let metrics = server.get("/metrics").await.body;
    // a service that was known before is known now
    server.map("more", "/more/", "usersvc:http").await;
    until_answered(&server, "/more/", "one").await;
    assert_eq!(through(&server, "/user/").await, "one");
    assert!(ready.status.is_success(), "{ready}");
    assert!(ready.body.starts_with("ok\nKubernetes: reconnecting since 20"), "{ready}");
    assert!(metrics.contains("\nchancery_kubernetes_synced 0\n"), "{metrics}");

    // a server that starts now knows nothing, and takes nothing away from nodes
    let (server, ()) = server.restart(async {}).await;
    until("the new server has waited for Kubernetes", async || {
        let mapping = server.get("/api/v1/mappings/user").await.json();
        (mapping["warnings"][0]["code"] == "service-unresolved").then_some(())
    })
    .await;
    server.until_live().await;
    assert_eq!(through(&server, "/user/").await, "one");

    cluster.api.start_apiserver().await;
    cluster.delete_service("gruesvc").await;
    cluster.slice("usersvc", &[(&two, true)]).await;
    until_answered(&server, "/user/", "two").await;
    until_answered(&server, "/grue/", "503").await;
    until_link(&server, "synced").await;
    let mapping = server.get("/api/v1/mappings/user").await.json();
    assert!(mapping["warnings"].as_array().unwrap().is_empty(), "{mapping}");
}

/// Passes connections on to the API server, until it is cut.
struct Cable {
    address: SocketAddr,
    is_whole: Arc<watch::Sender<bool>>,
    task: JoinHandle<()>,
}

impl Cable {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let is_whole = Arc::new(watch::Sender::new(true));
        let cable = Arc::clone(&is_whole);
        let task = tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let mut whole = cable.subscribe();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _closed = copy_bidirectional(&mut near, &mut far) => {}
                        _cut = whole.wait_for(|is_whole| !is_whole) => {}
                    }
                });
            }
        });
        Self { address, is_whole, task }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_for_longer_than_the_api_server_remembers_is_listed_anew() {
    // without its cache, and with an etcd that forgets after seconds
    let api = Kubernetes::with(&["--watch-cache=false", "--etcd-compaction-interval=1s"]).await;
    let cluster = Cluster::of(api);
    let cable = Cable::to(cluster.api.address()).await;
    let [one, two] = pods(["one", "two"]).await;
    cluster.web_service("usersvc").await;
    cluster.web_service("gruesvc").await;
    cluster.slice("usersvc", &[(&one, true)]).await;
    let server = Cluster::server_by(cluster.api.kubeconfig_by(cable.address)).await;
    until_ready(&server).await;
    server.map("user", "/user/", "usersvc").await;
    server.map("grue", "/grue/", "gruesvc").await;
    let _node = server.node("one").await;
    until_answered(&server, "/user/", "one").await;
    until_link(&server, "synced").await;

    cable.is_whole.send_replace(false);
    until_link(&server, "reconnecting").await;
    let list = ["get", "--raw", "/api/v1/services?limit=1"];
    let list: serde_json::Value = serde_json::from_str(&cluster.api.kubectl(&list).await).unwrap();
    let version = list["metadata"]["resourceVersion"].as_str().unwrap();
    cluster.slice("usersvc", &[(&two, true)]).await;
    cluster.delete_service("gruesvc").await;
    let watch = format!("/api/v1/services?watch=1&timeoutSeconds=1&resourceVersion={version}");
    until("the API server has forgotten the version", async || {
        // a change lets etcd forget what was before it
        cluster.web_service("usersvc").await;
        cluster.slice("other", &[(&two, true)]).await;
        cluster.slice("other", &[(&one, true)]).await;
        let answer = cluster.api.try_kubectl(&["get", "--raw", &watch], "").await;
        answer.unwrap_or_else(|error| error).contains("too old").then_some(())
    })
    .await;
    cable.is_whole.send_replace(true);

    until_answered(&server, "/user/", "two").await;
    let gone = "there is no Service `gruesvc` in the namespace `default`";
    until("the deleted Service is missed", async || {
        let mapping = server.get("/api/v1/mappings/grue").await.json();
        mapping["warnings"][0]["message"].as_str()?.ends_with(gone).then_some(())
    })
    .await;
    until_link(&server, "synced").await;
}
