//! What the name of a service means, and which names are suggested.

use std::collections::BTreeSet;

use chancery::discovery::kubernetes::{KubernetesSettings, Namespaces};
use serde_json::{Value, json};

use super::cluster::{Cluster, pods, until_answered, until_ready};
use crate::support::{server::TestServer, until, upstream::Upstream};

/// Returns the names that the picker suggests for a part of one.
async fn suggested(server: &TestServer, part: &str) -> Vec<String> {
    let found = server.get(&format!("/api/v1/services?q={part}")).await.json();
    let items = found["items"].as_array().unwrap().iter();
    items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn check(server: &TestServer, service: &str) -> Value {
    server.get(&format!("/api/v1/services/check?service={service}")).await.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_found_by_each_of_its_names_and_ports() {
    let cluster = Cluster::start().await;
    let [one] = pods(["one"]).await;
    cluster.web_service("usersvc").await;
    cluster.slice("usersvc", &[(&one, true)]).await;
    let server = cluster.server().await;
    let names = [
        ("bare", "usersvc"),
        ("number", "usersvc:80"),
        ("name", "usersvc:http"),
        ("namespace", "usersvc.default:http"),
        ("domain", "usersvc.default.svc.cluster.local"),
    ];
    for (name, service) in names {
        server.map(name, &format!("/{name}/"), service).await;
    }
    server.map("wrong", "/wrong/", "usersvc:8080").await;
    let _node = server.node("one").await;

    for (name, _) in names {
        until_answered(&server, &format!("/{name}/"), "one").await;
    }
    until_answered(&server, "/wrong/", "503").await;
    let wrong = server.get("/api/v1/mappings/wrong").await.json();
    assert_eq!(
        wrong["warnings"][0]["message"],
        "`usersvc:8080` has no endpoints, requests get 503: the Service `usersvc` in the namespace \
         `default` has no port 8080; it has 80 (`http`)"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_picker_suggests_services_with_their_ports_and_knows_typos() {
    let cluster = Cluster::start().await;
    let [one] = pods(["one"]).await;
    let ports = json!({ "ports": [
        { "name": "http", "port": 80 },
        { "name": "grpc", "port": 9000 },
        { "name": "dns", "port": 53, "protocol": "UDP" },
    ] });
    cluster.service("usersvc", ports).await;
    cluster.slice("usersvc", &[(&one, true)]).await;
    cluster.api.kubectl(&["create", "namespace", "shop"]).await;
    let shop = ["create", "service", "clusterip", "gruesvc", "--tcp=8080", "--namespace=shop"];
    cluster.api.kubectl(&shop).await;
    let server = cluster.server().await;

    assert_eq!(suggested(&server, "svc").await, ["gruesvc.shop:8080", "usersvc", "usersvc:9000"]);
    let found = server.get("/api/v1/services?q=usersvc").await.json();
    let usersvc = &found["items"][0];
    assert_eq!(usersvc["source"], "kubernetes");
    assert_eq!(usersvc["endpoints"], json!([one.address.to_string()]));
    let known = check(&server, "usersvc").await;
    assert_eq!(known["endpoints"][0]["is_reachable"], true, "{known}");
    let typo = check(&server, "usresvc").await;
    assert_eq!(typo["did_you_mean"], "usersvc", "{typo}");
    assert_eq!(typo["reason"], "there is no Service `usresvc` in the namespace `default`");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_external_name_is_looked_up_in_dns_until_the_service_is_another() {
    let cluster = Cluster::start().await;
    let [inside] = pods(["inside"]).await;
    let outside = Upstream::start("outside").await;
    let port = outside.address.port();
    let external = json!({ "type": "ExternalName", "externalName": "localhost" });
    cluster.service("usersvc", external).await;
    let server = cluster.server().await;
    server.map("user", "/user/", &format!("usersvc:{port}")).await;
    let _node = server.node("one").await;
    until_answered(&server, "/user/", "outside").await;
    let found = check(&server, &format!("usersvc:{port}")).await;

    cluster.slice("usersvc", &[(&inside, true)]).await;
    let internal = json!({
        "type": "ClusterIP",
        "ports": [{ "name": "http", "port": port }],
    });
    cluster.service("usersvc", internal).await;
    until_answered(&server, "/user/", "inside").await;

    assert_eq!(found["endpoints"][0]["address"], json!(outside.address.to_string()), "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_headless_service_without_ports_takes_any_number() {
    let cluster = Cluster::start().await;
    let [one] = pods(["one"]).await;
    cluster.service("usersvc", json!({ "clusterIP": "None" })).await;
    cluster.slice("usersvc", &[(&one, true)]).await;
    let server = cluster.server().await;
    server.map("user", "/user/", &format!("usersvc:{}", one.address.port())).await;
    server.map("named", "/named/", "usersvc:http").await;
    let _node = server.node("one").await;

    until_answered(&server, "/user/", "one").await;
    let named = server.get("/api/v1/mappings/named").await.json();
    let message = named["warnings"][0]["message"].as_str().unwrap();
    assert!(message.ends_with("no port named `http`; it has no ports for TCP at all"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_listed_namespaces_are_watched() {
    let cluster = Cluster::start().await;
    cluster.api.kubectl(&["create", "namespace", "shop"]).await;
    for namespace in ["shop", "default"] {
        let namespace = format!("--namespace={namespace}");
        let create = ["create", "service", "clusterip", "gruesvc", "--tcp=80", &namespace];
        cluster.api.kubectl(&create).await;
    }
    let server = TestServer::following(KubernetesSettings {
        kubeconfig: Some(cluster.api.kubeconfig()),
        namespaces: Namespaces::These(BTreeSet::from(["shop".into()])),
        default_namespace: Some("shop".into()),
    })
    .await;
    until_ready(&server).await;

    assert_eq!(suggested(&server, "").await, ["gruesvc"]);
    let elsewhere = check(&server, "gruesvc.default").await;
    assert_eq!(
        elsewhere["reason"],
        "the namespace `default` is not watched; `--kubernetes-namespaces` has shop"
    );
    until("the Service of the default namespace is known", async || {
        (check(&server, "gruesvc").await["state"] == "known").then_some(())
    })
    .await;
}
