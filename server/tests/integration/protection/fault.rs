//! Faults on purpose.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn a_fault_is_refused_until_an_admin_allows_them() {
    let bench = Bench::start().await;
    let body = json!({ "prefix": "/m/", "service": "usersvc", "fault": { "abort_status": 503 } });
    let put = async |query: &str| {
        bench.server.send(Method::PUT, &format!("/api/v1/mappings/m{query}"), &body).await
    };

    let refused = [put("").await, put("?dry_run=true").await];
    let allowed = bench.set(json!({ "fault_injection": true })).await;
    let planned = put("?dry_run=true").await;
    let made = put("").await;

    for refused in refused {
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
        assert!(refused.body.contains("\"/fault\""), "{refused}");
        assert!(refused.body.contains("`fault_injection`, which is off"), "{refused}");
    }
    assert_eq!(allowed.json()["fault_injection"], true, "{allowed}");
    assert!(planned.body.contains("all requests get 503"), "{planned}");
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
}

#[tokio::test]
async fn requests_wait_or_fail_as_the_mapping_says() {
    let bench = Bench::start().await;
    bench.set(json!({ "fault_injection": true })).await;
    bench.map_as("other", "/other/", json!({})).await;

    bench.map(json!({ "fault": { "delay_ms": 300 } })).await;
    let begun = Instant::now();
    let delayed = bench.get("/m/x").await;
    let waited = begun.elapsed();
    bench.map(json!({ "fault": { "abort_status": 418 } })).await;
    let aborted = bench.get("/m/x").await;
    let other = bench.get("/other/x").await;
    bench.map(json!({ "fault": { "abort_status": 503, "abort_percent": 50 } })).await;
    let mut failed = 0;
    for _ in 0..200 {
        failed += usize::from(bench.get("/m/x").await.status == StatusCode::SERVICE_UNAVAILABLE);
    }

    assert_eq!(delayed.body, "usersvc /x");
    // Envoy's clock goes by whole milliseconds
    assert!(waited > Duration::from_millis(299), "{waited:?}");
    assert_eq!(aborted.status.as_u16(), 418);
    assert_eq!(other.status, StatusCode::OK);
    // beyond six standard deviations
    assert!((57..=143).contains(&failed), "{failed} of 200");
}

#[tokio::test]
async fn an_active_fault_is_seen_and_ends_when_the_setting_does() {
    let bench = Bench::start().await;
    bench.set(json!({ "fault_injection": true })).await;
    bench.map(json!({ "fault": { "abort_status": 503 } })).await;
    bench.until_status("/m/x", 503).await;

    let active = bench.warnings("m").await;
    let page = bench.server.get("/mappings/m").await;
    let list = bench.server.get("/mappings").await;
    bench.set(json!({ "fault_injection": false })).await;
    bench.until_status("/m/x", 200).await;
    let ended = bench.warnings("m").await;
    let list_after = bench.server.get("/mappings").await;
    let path = "/api/v1/mappings/m";
    let label = bench.server.send(Method::PATCH, path, &json!({ "labels": ["a"] })).await;
    let more = json!({ "fault": { "delay_ms": 1 } });
    let more = bench.server.send(Method::PATCH, path, &more).await;
    let config = bench.server.get("/api/v1/config").await;
    bench.set(json!({ "fault_injection": true })).await;
    bench.until_status("/m/x", 503).await;

    assert_eq!(active, ["fault-injected"]);
    assert!(page.body.contains("data-warning=\"fault-injected\""), "{page}");
    assert!(page.body.contains("all requests get 503"), "{page}");
    assert!(list.body.contains("data-testid=\"faults\""), "{list}");
    assert_eq!(ended, ["fault-without-effect"]);
    assert!(!list_after.body.contains("data-testid=\"faults\""), "{list_after}");
    // what was there may stay; it may not become more
    assert_eq!(label.status, StatusCode::OK, "{label}");
    assert_eq!(more.status, StatusCode::UNPROCESSABLE_ENTITY, "{more}");
    assert!(!config.body.contains("filters.http.fault"), "{config}");
}

#[tokio::test]
async fn the_settings_are_changed_by_form() {
    let bench = Bench::start().await;
    let post = async |form: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let url = bench.server.url("/gateway");
        bench.server.client.send(Method::POST, &url, &headers, form).await
    };
    let tls = "do=gateway.put&revision=1&tls/minimum_version=1.3&tls/redirect_http=off\
               &tls/client_certificates=off";

    let page = bench.server.get("/gateway").await;
    let saved = post(
        "do=gateway.protection&revision=0&fault_injection=on&rate_limit_service/fail=closed\
         &rate_limit_service/service=ratelimit&rate_limit_service/timeout_ms=70",
    )
    .await;
    let other = post(tls).await;
    let settings = bench.server.get("/api/v1/gateway").await.json();
    let wrong = post(
        "do=gateway.protection&revision=2&rate_limit_service/service=a+b\
         &rate_limit_service/fail=open",
    )
    .await;
    let cleared = post("do=gateway.protection&revision=2&rate_limit_service/fail=open").await;
    let after = bench.server.get("/api/v1/gateway").await.json();

    assert!(page.body.contains("data-testid=\"gateway.protection\""), "{page}");
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved}");
    assert_eq!(other.status, StatusCode::SEE_OTHER, "{other}");
    assert_eq!(settings["fault_injection"], true);
    assert_eq!(settings["tls"]["minimum_version"], "1.3");
    let service = json!({
        "service": "ratelimit", "domain": "chancery", "timeout_ms": 70, "fail": "closed",
    });
    assert_eq!(settings["rate_limit_service"], service);
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("id=\"rate_limit_service/service-error\""), "{wrong}");
    assert_eq!(cleared.status, StatusCode::SEE_OTHER, "{cleared}");
    assert_eq!(after["fault_injection"], false);
    assert_eq!(after["rate_limit_service"], json!(null));
    assert_eq!(after["tls"]["minimum_version"], "1.3");
}
