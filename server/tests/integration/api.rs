//! Bad input and concurrent writers, on both surfaces.

use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::server::TestServer;

const MAPPING: &str = "/ambassador/mapping/user";

#[rstest]
#[case(json!({ "service": "a" }), "`prefix` is missing")]
#[case(json!({ "prefix": "/a/" }), "`service` is missing")]
#[case(json!({ "prefix": 7, "service": "a" }), "`prefix` must be a text")]
#[case(json!({ "prefix": "a", "service": "a" }), "`prefix` must begin with `/`")]
#[case(json!({ "prefix": "/a?b", "service": "a" }), "`prefix` must not have a query")]
#[case(json!({ "prefix": "/a#b", "service": "a" }), "`prefix` must not have a fragment")]
#[case(json!({ "prefix": "/a\u{0}", "service": "a" }), "`prefix` must not have a control character")]
#[case(json!({ "prefix": "/a/", "service": "http://a/b" }), "`service` must end after the port")]
#[case(json!({ "prefix": "/a/", "service": "a:99999" }), "`service` has the port `99999`")]
#[case(json!({ "prefix": "/a/", "service": "a", "rewrite": "b" }), "`rewrite` must begin with `/`")]
#[case(json!({ "prefix": "/a/", "service": "a", "servise": "b" }), "`servise` is not a known field")]
#[tokio::test]
async fn a_wrong_field_is_named_with_what_is_allowed_and_nothing_is_stored(
    #[case] body: Value,
    #[case] message: &str,
) {
    let server = TestServer::start().await;

    let answer = server.send(Method::POST, MAPPING, &body).await;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = answer.json();
    assert_eq!(said["ok"], false);
    assert!(said["error"].as_str().unwrap().contains(message), "{said}");
    assert_eq!(server.get("/ambassador/mappings").await.json()["count"], 0);
}

#[rstest]
#[case("text/plain", "{}", StatusCode::UNSUPPORTED_MEDIA_TYPE)]
#[case("application/json", "{", StatusCode::BAD_REQUEST)]
#[case("application/json", "[]", StatusCode::BAD_REQUEST)]
#[case("application/json", "", StatusCode::BAD_REQUEST)]
#[tokio::test]
async fn a_body_in_another_language_is_refused(
    #[case] kind: &str,
    #[case] body: &str,
    #[case] status: StatusCode,
) {
    let server = TestServer::start().await;

    let headers = [("content-type", kind)];
    let article = server.client.send(Method::POST, &server.url(MAPPING), &headers, body).await;
    let native =
        server.client.send(Method::POST, &server.url("/api/v1/mappings"), &headers, body).await;

    assert_eq!(article.status, status);
    assert_eq!(article.json()["ok"], false);
    assert_eq!(native.status, status);
    assert_eq!(native.headers["content-type"], "application/problem+json");
    assert_eq!(native.json()["status"], status.as_u16());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let server = TestServer::start().await;
    let body = json!({ "prefix": "/a/", "service": "a".repeat(70_000) });

    let answer = server.send(Method::POST, MAPPING, &body).await;

    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.json()["error"].as_str().unwrap().contains("65536 bytes"));
}

#[rstest]
#[case("a%20b")]
#[case("%F0%9F%9A%80")]
#[case("%3Cscript%3E")]
#[case("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
#[tokio::test]
async fn a_name_that_urls_cannot_carry_is_refused(#[case] name: &str) {
    let server = TestServer::start().await;
    let body = json!({ "prefix": "/a/", "service": "a" });

    let answer = server.send(Method::POST, &format!("/ambassador/mapping/{name}"), &body).await;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.json()["error"].as_str().unwrap().starts_with("`name` "));
}

#[tokio::test]
async fn a_taken_prefix_is_a_conflict_that_names_the_mapping() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let body = json!({ "name": "other", "prefix": "/user/", "service": "127.0.0.1:9" });

    let native = server.send(Method::POST, "/api/v1/mappings", &body).await;
    let article = server.send(Method::POST, "/ambassador/mapping/other", &body).await;

    assert_eq!(native.status, StatusCode::CONFLICT);
    assert_eq!(native.json()["code"], "prefix-taken");
    assert_eq!(native.json()["request_id"], native.headers["x-request-id"].to_str().unwrap());
    assert_eq!(native.json()["errors"][0]["pointer"], "/prefix");
    assert_eq!(article.status, StatusCode::CONFLICT);
    assert_eq!(article.json()["error"], "the prefix `/user/` is already mapped by `user`");
}

#[tokio::test]
async fn a_second_post_replaces_on_the_articles_api_and_conflicts_on_the_native_one() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    server.map("user", "/people/", "127.0.0.1:9").await;
    let body = json!({ "name": "user", "prefix": "/user/", "service": "127.0.0.1:9" });

    let native = server.send(Method::POST, "/api/v1/mappings", &body).await;
    let list = server.get("/api/v1/mappings").await.json();

    assert_eq!(native.status, StatusCode::CONFLICT);
    assert_eq!(native.json()["code"], "name-taken");
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["mapping"]["prefix"], "/people/");
    assert_eq!(list["revision"], 2);
}

#[tokio::test]
async fn the_same_content_again_is_no_change() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;

    server.map("user", "/user/", "127.0.0.1:9").await;

    assert_eq!(server.get("/api/v1/mappings").await.json()["revision"], 1);
}

#[tokio::test]
async fn a_mapping_lives_and_dies_on_the_native_api() {
    let server = TestServer::start().await;
    let body = json!({ "name": "user", "prefix": "/user/", "service": "127.0.0.1:9" });

    let created = server.send(Method::POST, "/api/v1/mappings", &body).await;
    let got = server.get("/api/v1/mappings/user").await;
    let deleted = server.send(Method::DELETE, "/api/v1/mappings/user", &Value::Null).await;
    let again = server.send(Method::DELETE, "/api/v1/mappings/user", &Value::Null).await;

    assert_eq!(created.status, StatusCode::CREATED);
    assert_eq!(created.headers["location"], "/api/v1/mappings/user");
    assert_eq!(created.headers["etag"], "\"1\"");
    assert_eq!(got.json(), created.json());
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn of_many_writers_for_one_prefix_exactly_one_wins() {
    let server = TestServer::start().await;

    let writes = (0..32).map(|index| {
        let body = json!({ "prefix": "/user/", "service": "127.0.0.1:9" });
        let client = server.client.clone();
        let url = server.url(&format!("/ambassador/mapping/user{index}"));
        tokio::spawn(async move { client.json(Method::POST, &url, &body).await.status })
    });
    let mut won = 0;
    for write in writes.collect::<Vec<_>>() {
        match write.await.unwrap() {
            StatusCode::OK => won += 1,
            status => assert_eq!(status, StatusCode::CONFLICT),
        }
    }

    assert_eq!(won, 1);
    assert_eq!(server.get("/ambassador/mappings").await.json()["count"], 1);
}

#[tokio::test]
async fn an_unresolvable_service_is_accepted_with_a_warning() {
    let server = TestServer::start().await;
    let body = json!({ "prefix": "/ghost/", "service": "ghost.invalid" });

    let posted = server.send(Method::POST, "/ambassador/mapping/ghost", &body).await;

    assert_eq!(posted.status, StatusCode::OK);
    assert_eq!(posted.json()["warnings"].as_array().unwrap().len(), 1);
    crate::support::until("the lookup has failed", async || {
        let mapping = server.get("/api/v1/mappings/ghost").await.json();
        (mapping["warnings"][0]["code"] == "service-unresolved").then_some(())
    })
    .await;
}

#[rstest]
#[case("169.254.169.254")]
#[case("[fe80::1]")]
#[tokio::test]
async fn a_mapping_may_not_lead_to_a_machines_secrets(#[case] service: &str) {
    let server = TestServer::start().await;

    server.map("steal", "/steal/", service).await;

    let mapping = server.get("/api/v1/mappings/steal").await.json();
    assert_eq!(mapping["warnings"][0]["code"], "service-unresolved");
    assert!(mapping["warnings"][0]["message"].as_str().unwrap().contains("link-local"));
}

#[rstest]
#[case(Method::GET, "/ambassador/mapping/%FF", StatusCode::BAD_REQUEST)]
#[case(Method::PATCH, "/ambassador/mapping/a", StatusCode::METHOD_NOT_ALLOWED)]
#[case(Method::GET, "/ambassador/nothing", StatusCode::NOT_FOUND)]
#[tokio::test]
async fn every_refusal_of_the_articles_api_has_its_envelope(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: StatusCode,
) {
    let server = TestServer::start().await;

    let answer = server.client.send(method, &server.url(path), &[], "").await;

    assert_eq!(answer.status, status);
    assert_eq!(answer.json()["ok"], false);
    assert!(!answer.json()["error"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn the_websockets_address_without_a_websocket_is_a_problem() {
    let server = TestServer::start().await;

    let answer = server.get("/api/v1/live").await;

    assert_eq!(answer.headers["content-type"], "application/problem+json", "{answer}");
}

#[rstest]
#[case(&[("origin", "http://evil.example")])]
#[case(&[("sec-fetch-site", "cross-site")])]
#[case(&[("host", "evil.example")])]
#[tokio::test]
async fn another_website_cannot_change_anything(#[case] headers: &[(&str, &str)]) {
    let server = TestServer::start().await;
    let mut sent = vec![("content-type", "application/json")];
    sent.extend_from_slice(headers);
    let body = r#"{ "prefix": "/a/", "service": "a" }"#;

    let answer = server.client.send(Method::POST, &server.url(MAPPING), &sent, body).await;

    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(server.get("/ambassador/mappings").await.json()["count"], 0);
}

#[rstest]
#[case(Method::GET, "/ambassador/nothing", StatusCode::NOT_FOUND)]
#[case(Method::GET, "/api/v1/nothing", StatusCode::NOT_FOUND)]
#[case(Method::PATCH, "/api/v1/mappings", StatusCode::METHOD_NOT_ALLOWED)]
#[case(Method::GET, "/livez", StatusCode::OK)]
#[case(Method::GET, "/readyz", StatusCode::OK)]
#[case(Method::GET, "/metrics", StatusCode::OK)]
#[tokio::test]
async fn every_address_answers_as_it_should(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: StatusCode,
) {
    let server = TestServer::start().await;

    crate::support::until(&format!("{path} answers {status}"), async || {
        let answer = server.client.send(method.clone(), &server.url(path), &[], "").await;
        (answer.status == status).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_page_carries_the_headers_that_keep_browsers_safe() {
    let server = TestServer::start().await;

    let page = server.get("/mappings").await;
    let unknown = server.get("/nowhere").await;

    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    for answer in [page, unknown] {
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        let policy = header("content-security-policy");
        assert!(
            policy.contains("default-src 'self'; script-src 'self' 'wasm-unsafe-eval';"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert!(!answer.body.contains("<script>"), "{answer}");
        assert!(!answer.body.contains(" style="), "{answer}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert!(!header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn an_unknown_file_is_404() {
    let server = TestServer::start().await;

    assert_eq!(server.get("/pkg/nothing.js").await.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[case("/mappings?q=1", "/mappings?q=1")]
#[case("//evil.example", "/mappings")]
#[case("/\\evil.example", "/mappings")]
#[case("https://evil.example", "/mappings")]
#[tokio::test]
async fn a_choice_of_theme_leads_back_and_nowhere_else(#[case] from: &str, #[case] to: &str) {
    let server = TestServer::start().await;
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("theme=dark&return_to={}", from.replace('?', "%3F").replace('=', "%3D"));

    let answer = server.client.send(Method::POST, &server.url("/theme"), &headers, &body).await;

    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.headers["location"], to);
    assert!(answer.headers["set-cookie"].to_str().unwrap().starts_with("theme=dark;"));
}
