//! The rights of the service account: what the documentation grants is enough, and less is told.

use http::StatusCode;

use super::cluster::{Cluster, pods, until_answered, until_link, until_ready};
use crate::support::until;

/// The rules of the documentation, as they would be applied.
fn documented() -> String {
    let text = include_str!("../../../../docs/kubernetes.md");
    let blocks = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let rules: Vec<_> = blocks.filter(|block| block.contains("rbac.authorization")).collect();
    assert_eq!(rules.len(), 1, "one block has all that is needed");
    rules.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_rights_are_enough_and_without_each_the_missing_rule_is_named() {
    let cluster = Cluster::start().await;
    let [one] = pods(["one"]).await;
    cluster.web_service("usersvc").await;
    cluster.slice("usersvc", &[(&one, true)]).await;
    cluster.api.kubectl(&["create", "namespace", "chancery"]).await;
    cluster.api.kubectl(&["create", "serviceaccount", "chancery", "--namespace=chancery"]).await;
    let kubeconfig = cluster.api.kubeconfig_of("chancery", "chancery").await;
    let server = Cluster::server_by(kubeconfig).await;
    let told = async |message: &str| {
        until(&format!("`/readyz` says {message}"), async || {
            let answer = server.get("/readyz").await;
            let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
            (answer.status == StatusCode::SERVICE_UNAVAILABLE && detail.contains(message))
                .then_some(())
        })
        .await;
    };

    told(
        "list services in all namespaces: forbidden; a ClusterRole must have the rule {apiGroups: \
         [\"\"], resources: [\"services\"], verbs: [\"list\", \"watch\"]} (services is forbidden: \
         User \"system:serviceaccount:chancery:chancery\" cannot list resource",
    )
    .await;
    let half = documented().replace("resources: [endpointslices]", "resources: [leases]");
    assert_ne!(half, documented());
    cluster.api.apply(&half).await;
    told("list endpointslices in all namespaces: forbidden; a ClusterRole must have the rule")
        .await;
    let blind = documented().replace("verbs: [list, watch]", "verbs: [list]");
    assert_ne!(blind, documented());
    cluster.api.apply(&blind).await;
    until_link(&server, "reconnecting").await;
    until("the page of the nodes says which verb is missing", async || {
        let nodes = server.get("/api/v1/nodes").await.json();
        let error = nodes["kubernetes"]["error"].as_str().unwrap_or_default().to_owned();
        error.starts_with("watch ").then(|| assert!(error.contains(": forbidden; "), "{error}"))
    })
    .await;
    cluster.api.apply(&documented()).await;
    until_link(&server, "synced").await;
    until_ready(&server).await;

    server.map("user", "/user/", "usersvc").await;
    let _node = server.node("one").await;
    until_answered(&server, "/user/", "one").await;
    let page = server.get("/nodes").await.body;
    assert!(page.contains("data-testid=\"kubernetes\"") && page.contains("Synced"), "{page}");
}
