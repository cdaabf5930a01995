//! What clients are spoken to: redirects, HSTS, versions, ciphers and HTTP/2.

use std::process::Output;

use http::Method;
use rstest::rstest;
use serde_json::json;
use tokio::process::Command;

use super::Gateway;
use crate::support::until;

const HOST: &str = "api.example.com";

/// Runs curl, which can be held to a version and to ciphers.
async fn curl(gateway: &Gateway, args: &[&str]) -> Output {
    let https = gateway.server.server.gateway_https;
    let file = gateway.server.folder.path().join("root.pem");
    std::fs::write(&file, gateway.authority.pem()).unwrap();
    Command::new("curl")
        .args(["--silent", "--show-error", "--output", "/dev/null", "--noproxy", "*"])
        .args(["--write-out", "%{http_code} %{http_version}", "--cacert"])
        .arg(&file)
        .args(["--resolve", &format!("{HOST}:{}:{}", https.port(), https.ip())])
        .args(args)
        .arg(format!("https://{HOST}:{}/user/", https.port()))
        .output()
        .await
        .expect("curl can be run")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[rstest]
#[case("301", 301)]
#[case("308", 308)]
#[tokio::test]
async fn http_leads_to_https_with_the_path_and_the_query(
    #[case] redirect: &str,
    #[case] code: u16,
) {
    let gateway = Gateway::start().await;
    let refused = json!({ "tls": { "redirect_http": redirect } });
    let answer = gateway.server.send(Method::PUT, "/api/v1/gateway", &refused).await;
    assert_eq!(answer.status, 422, "{answer}");
    let issued = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &issued).await;

    gateway.settings(json!({ "redirect_http": redirect })).await;

    let client = &gateway.server.client;
    let url = gateway.server.gateway("/user/a%20b//c?x=1&y=%2F");
    let headers = [("host", HOST)];
    let answer = until("HTTP leads on", async || {
        let answer = client.try_send(Method::POST, &url, &headers, "").await.ok()?;
        (answer.status == code).then_some(answer)
    })
    .await;
    let port = gateway.server.server.gateway_https.port();
    let location = format!("https://{HOST}:{port}/user/a%20b/c?x=1&y=%2F");
    assert_eq!(answer.headers["location"].to_str().unwrap(), location);
    assert!(!answer.headers.contains_key("strict-transport-security"));
    gateway.until_shown(HOST, &issued).await;

    gateway.settings(json!({})).await;

    until("HTTP answers itself", async || {
        let answer = client.try_send(Method::GET, &url, &headers, "").await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_tls_over_tls_only() {
    let gateway = Gateway::start().await;
    let issued = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &issued).await;

    let hsts = json!({ "max_age_s": 31_536_000, "include_subdomains": true });
    gateway.settings(json!({ "hsts": hsts, "http3": true })).await;

    for path in ["/user/", "/nowhere"] {
        let headers = until("HSTS is sent", async || {
            let seen = gateway.browser().get(HOST, path).await.ok()?;
            seen.headers.contains_key("strict-transport-security").then_some(seen.headers)
        })
        .await;
        assert_eq!(headers["strict-transport-security"], "max-age=31536000; includeSubDomains");
        let port = gateway.server.server.gateway_https.port();
        assert_eq!(headers["alt-svc"].to_str().unwrap(), format!("h3=\":{port}\"; ma=86400"));
    }
    let plain = gateway.server.client.get(&gateway.server.gateway("/user/")).await;
    assert_eq!(plain.status, 200);
    for name in ["strict-transport-security", "alt-svc"] {
        assert!(!plain.headers.contains_key(name), "{name} by HTTP");
    }
}

#[tokio::test]
async fn versions_and_ciphers_are_what_the_settings_say() {
    let gateway = Gateway::start().await;
    let issued = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &issued).await;
    let old = ["--tls-max", "1.1", "--tlsv1.0", "--ciphers", "DEFAULT:@SECLEVEL=0"];
    let with_256 = ["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384"];
    let with_cbc = ["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-SHA"];
    // who offers one that is spoken, too, is let in: it is not curl that refuses
    let also_cbc =
        ["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256"];

    assert_eq!(said(&curl(&gateway, &["--http2"]).await), "200 2");
    assert_eq!(said(&curl(&gateway, &["--http1.1"]).await), "200 1.1");
    assert_eq!(said(&curl(&gateway, &with_256).await), "200 2");
    assert!(!curl(&gateway, &old).await.status.success(), "TLS 1.1");
    assert_eq!(said(&curl(&gateway, &also_cbc).await), "200 2");
    assert!(!curl(&gateway, &with_cbc).await.status.success(), "a cipher without AEAD");

    gateway.settings(json!({ "ciphers": ["ECDHE-ECDSA-AES128-GCM-SHA256"] })).await;
    until("another cipher is refused", async || {
        (!curl(&gateway, &with_256).await.status.success()).then_some(())
    })
    .await;
    assert_eq!(said(&curl(&gateway, &["--tls-max", "1.2"]).await), "200 2");

    gateway.settings(json!({ "minimum_version": "1.3" })).await;
    until("TLS 1.2 is refused", async || {
        (!curl(&gateway, &["--tls-max", "1.2"]).await.status.success()).then_some(())
    })
    .await;
    assert_eq!(said(&curl(&gateway, &[]).await), "200 2");
}
