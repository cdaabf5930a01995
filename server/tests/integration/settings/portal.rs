//! The forms of the page *Gateway*, each of which changes one group.

use http::Method;
use serde_json::json;

use crate::support::{client::Answer, server::TestServer};

async fn post(server: &TestServer, fields: &[(&str, &str)]) -> Answer {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = serde_urlencoded::to_string(fields).unwrap();
    server.client.send(Method::POST, &server.url("/gateway"), &form, &body).await
}

#[tokio::test]
async fn every_group_is_shown_and_changed_by_a_plain_form() {
    let server = TestServer::start().await;
    let page = server.get("/gateway").await;
    for text in [
        "xff_num_trusted_hops",
        "3600 s",
        "max_concurrent_streams",
        "local_reply_config",
        "preserve_external_request_id",
        "change-access_log",
    ] {
        assert!(page.body.contains(text), "`{text}` in {page}");
    }
    let kept = json!({ "tls": { "minimum_version": "1.3" },
        "error_pages": { "429": { "body": "slower" }, "503": { "body": "gone" } } });
    let answer = server.send(Method::PATCH, "/api/v1/gateway", &kept).await;
    assert_eq!(answer.status, 200, "{answer}");

    let fields = [
        ("do", "gateway.patch"),
        ("group", "limits"),
        ("revision", "1"),
        ("limits/idle_timeout_s", "90"),
        ("limits/request_timeout_s", "many"),
    ];
    let refused = post(&server, &fields).await;
    assert_eq!(refused.status, 422, "{refused}");
    assert!(refused.body.contains("must be a whole number of seconds"), "{refused}");

    let done = post(&server, &fields[..4]).await;
    assert_eq!(done.status, 303, "{done}");
    let fields = [
        ("do", "gateway.patch"),
        ("group", "error_pages"),
        ("revision", "2"),
        ("error_pages/404/format", "html"),
        ("error_pages/404/body", "<h1>Lost</h1>\r\n{status}"),
        ("error_pages/503/format", ""),
        ("error_pages/503/body", ""),
    ];
    let done = post(&server, &fields).await;
    assert_eq!(done.status, 303, "{done}");

    let gateway = server.get("/api/v1/gateway").await.json();
    assert_eq!(gateway["limits"]["idle_timeout_s"], 90);
    assert_eq!(gateway["tls"]["minimum_version"], "1.3", "another group stays");
    let lost = json!({ "format": "html", "body": "<h1>Lost</h1>\n{status}" });
    let slower = json!({ "format": "text", "body": "slower" });
    assert_eq!(gateway["error_pages"], json!({ "404": lost, "429": slower }));
    let audit = server.get("/api/v1/audit").await;
    assert!(audit.body.contains("limits.idle_timeout_s"), "{audit}");

    let page = server.get("/gateway").await;
    assert!(page.body.contains("6 bytes"), "the page for 429 is shown: {page}");

    let late = post(&server, &fields).await;
    assert_eq!(late.status, 412, "{late}");
}
