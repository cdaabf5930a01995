//! What a connection or a request may take.

use rstest::rstest;
use serde_json::json;

use super::Gateway;
use crate::support::until;

#[tokio::test]
async fn headers_are_bounded_by_size_and_number() {
    let gateway = Gateway::start().await;
    let large = "x".repeat(6 * 1024);
    let large = [("x-large", large.as_str())];
    let many: Vec<_> = (0..40).map(|number| (format!("x-{number}"), "1")).collect();
    let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(gateway.get("/user/", &large).await.status, 200);
    assert_eq!(gateway.get("/user/", &many).await.status, 200);

    let limits = json!({ "max_request_headers_kb": 4, "max_request_headers": 20 });
    gateway.patch_and_wait(json!({ "limits": limits })).await;

    assert_eq!(gateway.get("/user/", &large).await.status, 431);
    assert_eq!(gateway.get("/user/", &many).await.status, 431);
    assert_eq!(gateway.get("/user/", &[]).await.status, 200);
}

#[rstest]
#[case("request_headers_timeout_s", "GET /user/ HTTP/1.1\r\nhost: exam")]
#[case(
    "request_timeout_s",
    "POST /user/slow/20000 HTTP/1.1\r\nhost: example.com\r\ncontent-length: 10\r\n\r\nfive!"
)]
#[tokio::test]
async fn a_client_that_dawdles_is_sent_away(#[case] limit: &str, #[case] begun: &str) {
    let gateway = Gateway::start().await;
    gateway.patch_and_wait(json!({ "limits": { limit: 1 } })).await;
    let mut connection = gateway.connect().await;

    connection.write(begun).await;

    let answer = connection.until_closed().await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_connection_without_requests_is_closed() {
    let gateway = Gateway::start().await;
    gateway.patch_and_wait(json!({ "limits": { "idle_timeout_s": 1 } })).await;
    let mut connection = gateway.connect().await;
    assert!(connection.get("/user/").await.starts_with("HTTP/1.1 200"));

    assert_eq!(connection.until_closed().await, "");
}

#[tokio::test]
async fn a_connection_takes_so_many_requests_and_no_more() {
    let gateway = Gateway::start().await;
    gateway.patch_and_wait(json!({ "limits": { "max_requests_per_connection": 2 } })).await;
    let mut connection = gateway.connect().await;

    let (first, second) = (connection.get("/user/").await, connection.get("/user/").await);

    assert!(first.starts_with("HTTP/1.1 200") && !first.contains("connection: close"), "{first}");
    assert!(second.starts_with("HTTP/1.1 200"), "it is answered: {second}");
    assert!(second.contains("connection: close"), "{second}");
    assert_eq!(connection.until_closed().await, "");
}

#[tokio::test]
async fn a_connection_that_is_too_old_takes_one_request_more() {
    let gateway = Gateway::start().await;
    gateway.patch_and_wait(json!({ "limits": { "max_connection_duration_s": 1 } })).await;
    let mut connection = gateway.connect().await;
    assert!(!connection.get("/user/").await.contains("connection: close"));

    let late = until("the connection is to end", async || {
        let answer = connection.get("/user/").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.contains("connection: close").then_some(answer)
    })
    .await;
    assert!(late.contains("usersvc /"), "the last request is answered, too: {late}");
    assert_eq!(connection.until_closed().await, "");
}
