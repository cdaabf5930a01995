//! What stands before every handler: headers that keep browsers safe, and what is refused.

use std::collections::BTreeSet;

use chancery::{
    auth::settings::{AccessSettings, SignIn},
    http::openapi::document,
};
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::Value;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::support::{client::Answer, server::TestServer};

/// Every page of the portal, some of them of what does not exist, and what is no page.
const PAGES: [&str; 18] = [
    "/",
    "/mappings",
    "/mappings?q=x&sort=name",
    "/mappings/new",
    "/mappings/edge",
    "/mappings/edge/edit",
    "/mappings/edge/clone",
    "/mappings/edge/delete",
    "/mappings/absent",
    "/services",
    "/nodes",
    "/config",
    "/gateway",
    "/about",
    "/api/docs",
    "/nowhere",
    "/pkg/absent.js",
    "/%ff",
];

fn signed_in() -> AccessSettings {
    AccessSettings { sign_in: SignIn::Required, ..AccessSettings::default() }
}

fn public() -> AccessSettings {
    AccessSettings {
        public_url: Some("https://chancery.example.com".parse().unwrap()),
        ..signed_in()
    }
}

async fn send(server: &TestServer, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    server.client.send(method, &server.url(path), headers, "").await
}

/// Returns every operation of the API with each parameter of its path filled in.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "edge" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        let methods = item.as_object().unwrap().keys().map(|method| method.to_uppercase());
        methods.map(move |method| (method.parse().unwrap(), path.clone()))
    });
    all.collect()
}

/// Says what is missing among the headers of an answer.
fn missing(answer: &Answer) -> Vec<String> {
    let header = |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let is_page = header("content-type").starts_with("text/html");
    let page = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; \
        connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
        frame-ancestors 'none'";
    let policy = if is_page { page } else { "default-src 'none'; frame-ancestors 'none'" };
    let expected = [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    let mut missing: Vec<_> = expected
        .iter()
        .filter(|(name, value)| header(name) != *value)
        .map(|(name, _)| format!("{name}: {}", header(name)))
        .collect();
    if !header("permissions-policy").contains("camera=()") {
        missing.push("permissions-policy".to_owned());
    }
    if !matches!(header("cache-control"), "no-store" | "no-cache") {
        missing.push(format!("cache-control: {}", header("cache-control")));
    }
    if header("x-request-id").is_empty() {
        missing.push("x-request-id".to_owned());
    }
    missing
}

#[rstest]
#[case("from-a-pipeline", true)]
#[case("two words", false)]
#[case(&"x".repeat(129), false)]
#[tokio::test]
async fn an_id_that_a_caller_gives_a_request_is_bounded(#[case] id: &str, #[case] kept: bool) {
    let server = TestServer::start().await;

    let answer = send(&server, Method::GET, "/livez", &[("x-request-id", id)]).await;

    assert_eq!(answer.headers["x-request-id"] == id, kept, "{answer}");
    assert!(answer.headers["x-request-id"].len() <= 128);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_browsers_safe() {
    let server = TestServer::start().await;
    server.map("edge", "/edge/", "127.0.0.1:1").await;
    let mut requests = operations();
    assert!(requests.len() > 25, "{requests:?}");
    // what deletes comes last, so that there is something to find
    requests.sort_by_key(|(method, _)| *method == Method::DELETE);
    requests.extend(PAGES.map(|page| (Method::GET, page.to_owned())));
    requests.extend(PAGES.map(|page| (Method::POST, page.to_owned())));
    requests.extend(["/mappings", "/api/v1/mappings"].map(|path| (Method::TRACE, path.to_owned())));
    let refused: [&[(&str, &str)]; 4] = [
        &[],
        &[("host", "evil.example")],
        &[("origin", "http://evil.example"), ("sec-websocket-key", "x")],
        &[("content-type", "text/html"), ("if-match", "?"), ("accept-encoding", "br")],
    ];
    let mut seen = BTreeSet::new();
    let mut broken = Vec::new();

    for (method, path) in requests {
        for headers in refused {
            let answer = send(&server, method.clone(), &path, headers).await;
            seen.insert(answer.status.as_u16());
            let missing = missing(&answer);
            if !missing.is_empty() {
                broken.push(format!("{method} {path} {headers:?}: {} {missing:?}", answer.status));
            }
        }
    }

    assert!(broken.is_empty(), "{}", broken.join("\n"));
    for status in [200, 403, 404, 405, 415, 422] {
        assert!(seen.contains(&status), "no answer of {status} among {seen:?}");
    }
}

#[rstest]
#[case(AccessSettings::default(), None)]
#[case(signed_in(), None)]
#[case(public(), Some("max-age=31536000"))]
#[tokio::test]
async fn tls_is_asked_for_where_the_public_url_has_it(
    #[case] access: AccessSettings,
    #[case] expected: Option<&str>,
) {
    let server = TestServer::with_access(access).await;

    for path in ["/about", "/api/v1/mappings", "/api/v1/nothing", "/livez?token=x"] {
        let answer = server.get(path).await;
        let found = answer.headers.get("strict-transport-security");
        assert_eq!(found.map(|value| value.to_str().unwrap()), expected, "{path}");
    }
}

#[rstest]
#[case(Method::GET, "/api/v1/mappings?token=")]
#[case(Method::GET, "/api/v1/mappings?q=")]
#[case(Method::GET, "/api/v1/live?access_token=")]
#[case(Method::GET, "/api/nothing?q=")]
#[case(Method::POST, "/api/v1/mappings?api_key=")]
#[case(Method::PUT, "/ambassador/mapping/edge?apikey=")]
#[case(Method::GET, "/mappings?q=")]
#[case(Method::GET, "/pkg/absent.js?v=")]
#[case(Method::GET, "/livez?q=")]
#[tokio::test]
async fn a_token_in_a_url_is_refused_and_not_repeated(#[case] method: Method, #[case] path: &str) {
    let server = TestServer::start().await;
    for canary in ["chy_canary", "%63hy%5Fcanary"] {
        let answer = send(&server, method.clone(), &format!("{path}{canary}"), &[]).await;

        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
        let told = format!("{:?} {}", answer.headers, answer.body);
        assert!(!told.contains("canary"), "{told}");
        if path.starts_with("/ambassador/") {
            assert_eq!(answer.json()["ok"], false);
        } else {
            assert_eq!(answer.json()["code"], "token-in-url");
        }
    }
}

/// Returns the code of a refusal, or `None` when the request got through to the handlers.
fn refusal(answer: &Answer) -> Option<String> {
    if answer.status != StatusCode::FORBIDDEN {
        return None;
    }
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    Some(problem["code"].as_str().unwrap().to_owned())
}

#[rstest]
#[case(AccessSettings::default(), "evil.example", Some("unknown-host"))]
#[case(signed_in(), "chancery.example.com", None)]
#[case(public(), "chancery.example.com", None)]
#[case(public(), "evil.example", Some("unknown-host"))]
#[tokio::test]
async fn the_names_that_are_answered_depend_on_how_one_signs_in(
    #[case] access: AccessSettings,
    #[case] host: &str,
    #[case] expected: Option<&str>,
) {
    let server = TestServer::with_access(access).await;

    for path in ["/api/v1/mappings", "/about", "/livez"] {
        let answer = send(&server, Method::GET, path, &[("host", host)]).await;
        assert_eq!(refusal(&answer).as_deref(), expected, "{path}: {answer}");
    }
    assert_eq!(server.get("/livez").await.status, StatusCode::OK);
}

#[rstest]
#[case(AccessSettings::default(), StatusCode::FORBIDDEN, StatusCode::FORBIDDEN)]
#[case(signed_in(), StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)]
#[case(public(), StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN)]
#[tokio::test]
async fn where_people_sign_in_a_token_may_ask_by_any_name(
    #[case] access: AccessSettings,
    #[case] with_token: StatusCode,
    #[case] with_password: StatusCode,
) {
    let server = TestServer::with_access(access).await;

    for (authorization, expected) in [("Bearer chy_x", with_token), ("Basic eDp5", with_password)] {
        let headers = [("host", "10.0.0.7:8888"), ("authorization", authorization)];
        let answer = send(&server, Method::GET, "/metrics", &headers).await;
        assert_eq!(answer.status, expected, "{authorization}: {answer}");
    }
}

#[rstest]
#[case(&[("origin", "https://chancery.example.com")], false)]
#[case(&[("host", "chancery.example.com"), ("origin", "https://chancery.example.com")], false)]
#[case(&[("origin", "https://evil.example")], true)]
#[case(&[("host", "chancery.example.com"), ("origin", "https://evil.example")], true)]
#[case(&[("origin", "https://evil.example"), ("authorization", "Bearer chy_x")], true)]
#[case(&[("sec-fetch-site", "same-site")], true)]
#[tokio::test]
async fn behind_a_proxy_only_its_own_pages_may_change_anything(
    #[case] headers: &[(&str, &str)],
    #[case] refused: bool,
) {
    let server = TestServer::with_access(public()).await;

    for (method, path) in [(Method::DELETE, "/api/v1/mappings/absent"), (Method::POST, "/theme")] {
        let answer = send(&server, method, path, headers).await;
        let expected = refused.then_some("foreign-origin");
        assert_eq!(refusal(&answer).as_deref(), expected, "{path}: {answer}");
    }
}

#[rstest]
#[case(AccessSettings::default())]
#[case(signed_in())]
#[case(public())]
#[tokio::test]
async fn a_websocket_of_another_website_is_refused_and_told_nothing(
    #[case] access: AccessSettings,
) {
    let sign_in = access.sign_in;
    let server = TestServer::with_access(access).await;
    let url = format!("ws://{}/api/v1/live", server.server.http);
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let mut request = url.clone().into_client_request().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());

        let refused = connect_async(request).await.unwrap_err();

        let tungstenite::Error::Http(response) = refused else { panic!("{refused}") };
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let problem: Value = serde_json::from_slice(response.body().as_ref().unwrap()).unwrap();
        assert_eq!(problem["code"], "foreign-origin");
    }
    // who comes from nowhere else is asked to sign in, where that is needed
    match connect_async(url).await {
        Ok(_) => assert_eq!(sign_in, SignIn::Open),
        Err(tungstenite::Error::Http(response)) => {
            assert_eq!(sign_in, SignIn::Required);
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        }
        Err(other) => panic!("{other}"),
    }
}
