//! Changes reach nodes without a wrong answer, and one bad resource harms no other.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use chancery::{
    clock::Clock,
    envoy::around::Around,
    envoy::{
        listener::{self, GATEWAY, Routes},
        routes::{route_configuration, scope},
        shard::{Layout, ShardKey},
    },
    gateway::edge::settings::Settings,
    publisher::{Feedback, Freshness, Published},
    stats::ingest::Ingest,
    store::{DatabaseUrl, Rules, Store},
    xds::{
        self,
        gate::{CredentialFiles, Gate},
        node::Nodes,
        resource::{Kind, Resource, ResourceKey},
        stream::Ads,
    },
};
use envoy_types::pb::envoy::{
    config::route::v3::{RouteMatch, route_match::PathSpecifier},
    r#type::matcher::v3::RegexMatcher,
};
use http::StatusCode;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::{
    PATIENCE, address::free_address, client::Client, envoy::Envoy, server::TestServer, until,
    upstream::Upstream,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_a_mapping_between_services_under_load_drops_nothing() {
    let services = [Upstream::start("blue").await, Upstream::start("green").await];
    let server = TestServer::start().await;
    let _node = server.node("one").await;
    server.map("a", "/a/", &services[0].address.to_string()).await;
    server.until_live().await;
    let done = Arc::new(AtomicBool::new(false));
    let sent = Arc::new(AtomicU64::new(0));
    let load = {
        let (done, sent, url) = (Arc::clone(&done), Arc::clone(&sent), server.gateway("/a/"));
        tokio::spawn(async move {
            let client = Client::new();
            while !done.load(Ordering::Relaxed) {
                let answer = client.get(&url).await;
                assert_eq!(answer.status, StatusCode::OK, "{answer}");
                sent.fetch_add(1, Ordering::Relaxed);
            }
        })
    };

    for swap in 1..=20 {
        server.map("a", "/a/", &services[swap % 2].address.to_string()).await;
        server.until_live().await;
    }
    done.store(true, Ordering::Relaxed);
    load.await.unwrap();

    let served = services.iter().map(Upstream::served).sum::<u64>();
    assert_eq!(served, sent.load(Ordering::Relaxed));
    assert!(services.iter().all(|service| service.served() > 0));
}

#[tokio::test]
async fn a_catch_all_takes_what_no_other_mapping_takes_and_goes_again() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;
    server.map("user", "/user/", "service").await;
    server
        .map_with("all", &json!({ "prefix": "/", "service": "service", "rewrite": "/all/" }))
        .await;
    server.until_live().await;
    let get = async |path: &str| Client::new().get(&server.gateway(path)).await.to_string();

    until("the catch-all serves", async || {
        (get("/else").await == "200 OK service /all/else").then_some(())
    })
    .await;
    assert_eq!(get("/user/x").await, "200 OK service /x");
    assert_eq!(get("/").await, "200 OK service /all/");
    assert_eq!(get("/user").await, "200 OK service /all/user");
    for path in ["/~x", "/%C3%A9", "/(x", "/@x", "/.x"] {
        assert_eq!(get(path).await, format!("200 OK service /all{path}"));
    }

    server.unmap("all").await;
    server.until_live().await;
    until("the catch-all is gone", async || (get("/else").await == "404 Not Found ").then_some(()))
        .await;
    assert_eq!(get("/user/x").await, "200 OK service /x");
}

#[tokio::test]
async fn a_client_cannot_choose_its_shard() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;
    server.map("user", "/user/", "service").await;
    server.until_live().await;
    let headers = [("x-chancery-path", "/user/")];

    let url = server.gateway("/elsewhere");
    let answer = server.client.send(http::Method::GET, &url, &headers, "").await;
    let honest =
        server.client.send(http::Method::GET, &server.gateway("/user/"), &headers, "").await;

    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(honest.body, "service /", "the header is not passed on");
}

#[tokio::test]
async fn every_spelling_of_a_path_ends_at_the_same_mapping() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;
    server.map("user", "/user/", "service").await;
    server.until_live().await;

    for path in ["//user/x", "/a/../user/x", "/%75ser/x", "/user//x", "/./user/x"] {
        let answer = server.client.get(&server.gateway(path)).await;
        assert_eq!(answer.to_string(), "200 OK service /x", "{path}");
    }
    let escaped = server.client.get(&server.gateway("/user%2Fx")).await;
    assert_eq!(escaped.status, StatusCode::TEMPORARY_REDIRECT);
}

#[tokio::test]
async fn a_mapping_to_a_dead_name_does_not_hold_up_the_others() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;

    server.map("ghost", "/shared/ghost/", "ghost.invalid").await;
    server.map("user", "/shared/user/", "service").await;

    until("the good mapping serves", async || {
        let answer = server.client.get(&server.gateway("/shared/user/x")).await;
        (answer.status == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_restarted_server_sends_a_node_nothing_that_it_has() {
    let service = Upstream::start("service").await;
    let server = TestServer::with_services(&[("service", service.address)]).await;
    let _node = server.node("one").await;
    for index in 0..50 {
        server.map(&format!("m{index}"), &format!("/m{index}/"), "service").await;
    }
    server.map("all", "/", "service").await;
    server.until_live().await;

    let (server, ()) = server.restart(async {}).await;
    server.until_live().await;

    // the layout before the catch-all is not served any more: its shards are taken away
    let sent = server.server.nodes.sent();
    assert!(sent.bytes < 5_000, "{sent:?} for a table of 51 mappings that the node has");
    let answer = Client::new().get(&server.gateway("/m7/x")).await;
    assert_eq!(answer.to_string(), "200 OK service /x");
}

/// One refused route configuration among good ones, pushed past our own validation.
#[tokio::test]
async fn a_refused_resource_is_named_and_the_others_are_applied() {
    let gateway = free_address();
    let mut published = Published::default();
    published.is_ready = true;
    let key = |kind, name: &str| ResourceKey { kind, name: name.into() };
    let message = listener::http(gateway, Routes::Sharded(Layout::Segment), &Settings::default());
    published.resources.put(Resource::new(key(Kind::Listener, GATEWAY), message, [], []));
    for (segment, regex) in [("bad", Some("[")), ("good", None)] {
        let shard = ShardKey::Segment(segment.into());
        let name = shard.to_string();
        let mut routes = route_configuration(&name, [], &Around::default());
        let path_specifier = match regex {
            Some(regex) => PathSpecifier::SafeRegex(RegexMatcher {
                regex: regex.to_owned(),
                ..RegexMatcher::default()
            }),
            None => PathSpecifier::Prefix("/".to_owned()),
        };
        routes.virtual_hosts[0].routes.push(direct_answer(path_specifier));
        published.resources.put(Resource::new(key(Kind::Routes, &name), routes, [], []));
        published.resources.put(Resource::new(key(Kind::Scope, &name), scope(&shard), [], []));
    }
    let (_published, receiver) = watch::channel(Arc::new(published));
    let (feedback, mut fed_back) = mpsc::channel(8);
    let (reports, _reported) = mpsc::channel(8);
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let ingest = Ingest::new(reports.clone(), stop.clone());
    let folder = tempfile::tempdir().unwrap();
    let database = DatabaseUrl::Sqlite(folder.path().join("unused.db").display().to_string());
    let store = Store::open(&database, Rules::default(), &tasks).await.unwrap();
    let (_looked, freshness) = Freshness::new(store, receiver.clone());
    let nodes = Nodes::default();
    let ads = Ads::new(receiver, feedback, reports, nodes, freshness, tasks, stop.clone());
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (gate, _keeper) =
        Gate::open(CredentialFiles::default(), address, Clock::default()).unwrap();
    let serving = tokio::spawn(xds::listener::serve(socket, gate, ads, ingest, stop.clone()));

    let node = Envoy::start("one", address);
    let said = tokio::time::timeout(PATIENCE, fed_back.recv()).await.unwrap().unwrap();

    let Feedback::Rejected { resource, reason, .. } = said else { panic!("{said:?}") };
    assert_eq!(&*resource.key.name, "segment/bad");
    assert!(reason.contains("missing ]"), "Envoy's own words: {reason}");
    until("the good shard is served", async || {
        let url = format!("http://{gateway}/good");
        let answer = Client::new().try_send(http::Method::GET, &url, &[], "").await.ok()?;
        (answer.status == StatusCode::NO_CONTENT).then_some(())
    })
    .await;
    assert!(node.log().contains("missing ]"));
    stop.cancel();
    drop(node);
    serving.await.unwrap();
}

fn direct_answer(path: PathSpecifier) -> envoy_types::pb::envoy::config::route::v3::Route {
    use envoy_types::pb::envoy::config::route::v3::{DirectResponseAction, Route, route::Action};

    Route {
        r#match: Some(RouteMatch { path_specifier: Some(path), ..RouteMatch::default() }),
        action: Some(Action::DirectResponse(DirectResponseAction {
            status: 204,
            ..DirectResponseAction::default()
        })),
        ..Route::default()
    }
}
