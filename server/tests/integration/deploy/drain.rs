//! An Envoy that is to stop, started and told so as its pod does.

use std::process::Stdio;

use http::StatusCode;
use serde_json::Value;
use tokio::{net::TcpStream, process::Command};

use super::sets;
use crate::support::{
    address::free_address, client::Answer, envoy::binary, server::TestServer, until,
    upstream::Upstream,
};

/// Returns the words of a command in a manifest, with other ones in place of some.
fn words(command: &Value, others: &[(&str, &str)]) -> Vec<String> {
    let mut words: Vec<_> =
        command.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    for (word, other) in others {
        assert!(words.iter().any(|text| text.contains(word)), "no `{word}` in {words:?}");
        for text in &mut words {
            *text = text.replace(word, other);
        }
    }
    words
}

fn ends_its_connection(answer: &Answer) -> bool {
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    answer.headers.get("connection").is_some_and(|value| value == "close")
}

#[tokio::test]
async fn an_envoy_that_stops_lets_its_clients_go_first() {
    let sets = sets::all().await;
    let set = sets.iter().find(|set| set.name == "kustomization http").unwrap();
    let workloads = set.workloads();
    let is_gateway = |workload: &&&Value| workload["metadata"]["name"] == "chancery-gateway";
    let gateway = workloads.iter().find(is_gateway).unwrap();
    let container = &gateway["spec"]["template"]["spec"]["containers"][0];
    let usersvc = Upstream::start("usersvc").await;
    let server = TestServer::with_services(&[("usersvc", usersvc.address)]).await;
    let (folder, admin) = (tempfile::tempdir().unwrap(), free_address());
    let file = folder.path().join("envoy.yaml");
    let bootstrap = sets::run(
        Command::new(env!("CARGO_BIN_EXE_chancery"))
            .args(["bootstrap", "--xds", &server.server.xds.to_string()])
            .args(["--admin", &admin.to_string()]),
    )
    .await;
    std::fs::write(&file, bootstrap.stdout).unwrap();
    let _envoy = Command::new(binary())
        .args(words(&container["args"], &[("/etc/envoy/envoy.yaml", file.to_str().unwrap())]))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    server.map("usermapping", "/user/", "usersvc").await;
    until("envoy accepts connections", async || {
        TcpStream::connect(server.server.gateway_http).await.ok()
    })
    .await;
    server.until_live().await;
    let url = server.gateway("/user/health");
    assert!(!ends_its_connection(&server.client.get(&url).await));

    let before_it_stops = &container["lifecycle"]["preStop"]["exec"]["command"];
    let place = format!("{}/{}", admin.ip(), admin.port());
    let told = words(before_it_stops, &[("127.0.0.1/9901", &place), ("sleep 30", "sleep 0")]);
    let told = sets::run(Command::new(&told[0]).args(&told[1..])).await;
    assert!(told.status.success(), "{told:?}");
    assert!(String::from_utf8_lossy(&told.stdout).contains("200 OK"), "{told:?}");

    // one that was kept, and one that comes now
    assert!(ends_its_connection(&server.client.get(&url).await));
    assert!(ends_its_connection(&server.client.get(&url).await));
}
