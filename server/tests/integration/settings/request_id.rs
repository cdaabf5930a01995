//! What becomes of `x-request-id`.

use serde_json::json;

use super::Gateway;

fn seen(echo: &str) -> &str {
    echo.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap()
}

#[tokio::test]
async fn an_id_is_made_or_kept_and_told_or_not() {
    let gateway = Gateway::start().await;
    let own = [("x-request-id", "from-a-client")];

    let made = gateway.get("/user/echo", &own).await;
    assert_eq!(seen(&made.body).len(), 36, "{made}");
    assert!(!made.headers.contains_key("x-request-id"), "{made}");

    gateway.patch_and_wait(json!({ "request_id": { "keep_from_clients": true } })).await;

    let kept = gateway.get("/user/echo", &own).await;
    assert_eq!(seen(&kept.body), "from-a-client");
    // waiting has turned it on
    assert_eq!(kept.headers["x-request-id"], "from-a-client");
    let made = gateway.get("/user/echo", &[]).await;
    assert_eq!(made.headers["x-request-id"], seen(&made.body));
    let refused = gateway.get("/nowhere", &own).await;
    assert_eq!(refused.headers["x-request-id"], "from-a-client");
}
