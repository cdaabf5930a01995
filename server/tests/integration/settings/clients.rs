//! By what the gateway knows the address of a client: as services and the access log see it.

use std::process::Output;

use serde_json::json;
use tokio::process::Command;

use super::Gateway;
use crate::support::{tls::Authority, until};

/// Returns a header of the request that a service has seen.
fn seen<'a>(echo: &'a str, name: &str) -> Option<&'a str> {
    let prefix = format!("{name}: ");
    echo.lines().find_map(|line| line.strip_prefix(prefix.as_str()))
}

#[tokio::test]
async fn forged_addresses_are_believed_only_where_proxies_are_said_to_write_them() {
    let gateway = Gateway::start().await;
    let forged = [("x-forwarded-for", "192.0.2.66,198.51.100.7")];

    let echo = gateway.get("/user/echo", &forged).await.body;
    assert_eq!(seen(&echo, "x-envoy-external-address"), Some("127.0.0.1"), "{echo}");
    let list = seen(&echo, "x-forwarded-for").unwrap();
    assert!(list.starts_with("192.0.2.66,198.51.100.7,"), "the peer is appended: {list}");

    for (hops, client) in [(1, "198.51.100.7"), (2, "192.0.2.66")] {
        gateway.patch_and_wait(json!({ "clients": { "trusted_hops": hops } })).await;

        let echo = gateway.get("/user/echo", &forged).await.body;
        assert_eq!(seen(&echo, "x-envoy-external-address"), Some(client), "{echo}");
    }
    // fewer than there should be: the peer itself
    let echo = gateway.get("/user/echo", &[]).await.body;
    assert_eq!(seen(&echo, "x-envoy-external-address"), Some("127.0.0.1"), "{echo}");
    gateway.no_trouble();
}

/// A header of the PROXY protocol for a client at 203.0.113.7, and what it calls itself.
fn headers() -> [(&'static str, Vec<u8>); 2] {
    let first = b"PROXY TCP4 203.0.113.7 127.0.0.1 40000 80\r\n".to_vec();
    let mut second = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    // version 2, PROXY; TCP over IPv4; 12 bytes follow
    second.extend([0x21, 0x11, 0, 12]);
    second.extend([203, 0, 113, 7, 127, 0, 0, 1, 0x9c, 0x40, 0, 80]);
    [("version 1", first), ("version 2", second)]
}

const REQUEST: &str = "GET /user/echo HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n";

async fn by_proxy_protocol(gateway: &Gateway, header: &[u8]) -> String {
    let mut connection = gateway.connect().await;
    connection.write(header).await;
    connection.write(REQUEST).await;
    connection.until_closed().await
}

#[tokio::test]
async fn a_load_balancer_says_whose_a_connection_is() {
    let gateway = Gateway::start().await;
    for (_, header) in headers() {
        let answer = by_proxy_protocol(&gateway, &header).await;
        assert!(!answer.contains("HTTP/1.1 200"), "off: {answer}");
    }

    gateway.patch(json!({ "clients": { "proxy_protocol": "required" } })).await;

    for (version, header) in headers() {
        let answer = until("the header is read", async || {
            let answer = by_proxy_protocol(&gateway, &header).await;
            answer.contains("HTTP/1.1 200").then_some(answer)
        })
        .await;
        assert_eq!(seen(&answer, "x-envoy-external-address"), Some("203.0.113.7"), "{version}");
        assert_eq!(seen(&answer, "x-forwarded-for"), Some("203.0.113.7"), "{version}");
    }
    let without = by_proxy_protocol(&gateway, b"").await;
    assert_eq!(without, "", "closed without an answer");

    gateway.patch_and_wait(json!({ "clients": { "proxy_protocol": "accepted" } })).await;

    let without = by_proxy_protocol(&gateway, b"").await;
    assert!(without.contains("HTTP/1.1 200"), "{without}");
    assert_eq!(seen(&without, "x-envoy-external-address"), Some("127.0.0.1"));
    let (_, header) = &headers()[1];
    let answer = by_proxy_protocol(&gateway, header).await;
    assert_eq!(seen(&answer, "x-envoy-external-address"), Some("203.0.113.7"), "{answer}");
    let refused = gateway.refused(json!({ "tls": { "http3": true } })).await;
    assert_eq!(refused, "/clients/proxy_protocol");
    gateway.no_trouble();
}

async fn curl(gateway: &Gateway, authority: &Authority, args: &[&str]) -> Output {
    let https = gateway.server.server.gateway_https;
    let file = gateway.server.folder.path().join("root.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    Command::new("curl")
        .args(["--silent", "--output", "/dev/null", "--noproxy", "*", "--max-time", "10"])
        .args(["--write-out", "%{http_code}", "--cacert"])
        .arg(&file)
        .args(["--resolve", &format!("api.example.com:{}:{}", https.port(), https.ip())])
        .args(args)
        .arg(format!("https://api.example.com:{}/user/", https.port()))
        .output()
        .await
        .expect("curl can be run")
}

#[tokio::test]
async fn the_header_comes_before_the_handshake() {
    let gateway = Gateway::start().await;
    let authority = Authority::new("Test root");
    let issued = authority.issues(&["api.example.com"]);
    let body = json!({ "chain": issued.chain, "private_key": issued.key });
    let path = "/api/v1/certificates/api";
    let answer = gateway.server.send(http::Method::PUT, path, &body).await;
    assert!(answer.status.is_success(), "{answer}");
    gateway.patch(json!({ "clients": { "proxy_protocol": "required" } })).await;

    until("HTTPS is served after the header", async || {
        let output = curl(&gateway, &authority, &["--haproxy-protocol"]).await;
        (output.stdout == b"200").then_some(())
    })
    .await;

    assert_eq!(curl(&gateway, &authority, &[]).await.stdout, b"000", "closed");
    gateway.no_trouble();
}
