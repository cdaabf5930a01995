//! Pages of other origins.

use std::sync::Arc;

use chancery::{
    auth::names::TeamName,
    gateway::{
        fields::{NameFrom, read_spec},
        mapping::{Change, ChangeKind, Mapping, Revision},
        request::Request,
        table::Table,
    },
};
use chrono::DateTime;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use super::Bench;
use crate::support::client::Answer;

const PAGE: &str = "https://www.example.com";

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().unwrap())
}

/// Asks as a browser does before a page sends a request.
async fn preflight(bench: &Bench, origin: &str, method: &str) -> Answer {
    let headers = [("origin", origin), ("access-control-request-method", method)];
    bench.send(Method::OPTIONS, "/m/x", &headers).await
}

#[tokio::test]
async fn a_page_that_is_named_may_call_and_is_told_how() {
    let bench = Bench::start().await;
    bench
        .map(json!({ "cors": {
            "origins": [PAGE], "methods": ["PUT", "DELETE"], "headers": ["X-Token"],
            "expose": ["x-served-by"], "credentials": true, "max_age_s": 600,
        } }))
        .await;

    let asked = preflight(&bench, PAGE, "PUT").await;
    let asked_by_other = preflight(&bench, "https://evil.example", "PUT").await;
    assert_eq!(bench.upstream.served(), 0, "a service was asked");
    let called = bench.get_with("/m/x", &[("origin", PAGE)]).await;
    let called_by_other = bench.get_with("/m/x", &[("origin", "https://evil.example")]).await;
    let by_nobody = bench.get("/m/x").await;

    assert_eq!(asked.status, StatusCode::OK);
    assert_eq!(header(&asked, "access-control-allow-origin"), Some(PAGE));
    assert_eq!(header(&asked, "access-control-allow-methods"), Some("DELETE, PUT"));
    assert_eq!(header(&asked, "access-control-allow-headers"), Some("x-token"));
    assert_eq!(header(&asked, "access-control-allow-credentials"), Some("true"));
    assert_eq!(header(&asked, "access-control-max-age"), Some("600"));
    assert_eq!(header(&asked_by_other, "access-control-allow-origin"), None);
    assert_eq!(header(&called, "access-control-allow-origin"), Some(PAGE));
    assert_eq!(header(&called, "access-control-allow-credentials"), Some("true"));
    assert_eq!(header(&called, "access-control-expose-headers"), Some("x-served-by"));
    for answer in [&called, &called_by_other, &by_nobody] {
        assert_eq!(answer.body, "usersvc /x");
        assert_eq!(header(answer, "vary"), Some("origin"));
    }
    assert_eq!(header(&called_by_other, "access-control-allow-origin"), None);
}

#[tokio::test]
async fn what_the_service_itself_says_of_pages_does_not_count() {
    let bench = Bench::start().await;
    bench.map(json!({ "cors": { "origins": [PAGE], "expose": ["x-served-by"] } })).await;
    bench.map_as("other", "/other/", json!({})).await;

    let called = bench.get_with("/m/lax", &[("origin", PAGE)]).await;
    let called_by_other = bench.get_with("/m/lax", &[("origin", "https://evil.example")]).await;
    let by_nobody = bench.get("/m/lax").await;
    let no_preflight = bench.send(Method::OPTIONS, "/m/lax", &[("origin", PAGE)]).await;
    let without_cors = bench.get_with("/other/lax", &[("origin", PAGE)]).await;

    let allowed =
        [("access-control-allow-origin", PAGE), ("access-control-expose-headers", "x-served-by")];
    assert_eq!(said(&called), allowed);
    assert_eq!(said(&no_preflight), allowed);
    assert_eq!(said(&called_by_other), []);
    assert_eq!(said(&by_nobody), []);
    // Envoy makes one of the two words about who may
    assert_eq!(said(&without_cors).len(), 6, "{without_cors:?}");
    for answer in [called, called_by_other, by_nobody] {
        assert_eq!(answer.body, "usersvc /lax");
    }
}

/// Returns all that an answer says of pages, sorted.
fn said(answer: &Answer) -> Vec<(&str, &str)> {
    let headers = answer.headers.iter().map(|(name, value)| (name.as_str(), value));
    let said = headers.filter(|(name, _)| name.starts_with("access-control-"));
    let mut said: Vec<_> = said.map(|(name, value)| (name, value.to_str().unwrap())).collect();
    said.sort_unstable();
    said
}

#[tokio::test]
async fn a_question_needs_no_authentication() {
    let bench = Bench::start().await;
    let methods = json!({ "methods": ["GET", "PUT"] });
    let jwt = json!({ "issuer": "https://login.example.com/", "jwks": { "keys": [{
        "kty": "EC", "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }] } });
    let cors = json!({ "origins": [PAGE], "methods": ["PUT"], "headers": ["authorization"] });

    for matching in [json!({}), methods] {
        bench.map(json!({ "match": matching, "cors": cors, "auth": { "jwt": jwt } })).await;
        let asked = preflight(&bench, PAGE, "PUT").await;
        let called = bench.get_with("/m/x", &[("origin", PAGE)]).await;

        assert_eq!(asked.status, StatusCode::OK, "{asked}");
        assert_eq!(header(&asked, "access-control-allow-origin"), Some(PAGE));
        assert_eq!(called.status, StatusCode::UNAUTHORIZED, "{called}");
        // a page can read why it was refused
        assert_eq!(header(&called, "access-control-allow-origin"), Some(PAGE));
    }
    assert_eq!(bench.upstream.served(), 0);
}

#[rstest]
#[case("https://*.example.com", "https://a.example.com", true)]
#[case("https://*.example.com", "https://a.b.example.com", true)]
#[case("https://*.example.com", "https://example.com", false)]
#[case("https://*.example.com", "https://evilexample.com", false)]
#[case("https://*.example.com", "https://a.example.com.evil.example", false)]
#[case("https://*.example.com", "https://evil.example/a.example.com", false)]
#[case("https://*.example.com", "http://a.example.com", false)]
#[case("https://*.example.com", "https://a.example.com:8443", false)]
#[case("https://*.example.com", "https://aXexample.com", false)]
#[case("http://localhost:3000", "http://localhost:3000", true)]
#[case("http://localhost:3000", "http://localhost:30001", false)]
#[case("https://www.example.com", "https://wwwxexample.com", false)]
#[case("https://www.example.com", "null", false)]
#[case("*", "https://any.example:444", true)]
#[tokio::test]
async fn an_origin_names_pages(#[case] origin: &str, #[case] page: &str, #[case] may_call: bool) {
    let bench = Bench::start().await;
    bench.map(json!({ "cors": { "origins": [origin] } })).await;

    let asked = preflight(&bench, page, "GET").await;
    let called = bench.get_with("/m/x", &[("origin", page)]).await;

    let allowed = may_call.then_some(page);
    assert_eq!(header(&asked, "access-control-allow-origin"), allowed);
    assert_eq!(header(&called, "access-control-allow-origin"), allowed);
}

#[tokio::test]
async fn preflights_are_answered_for_a_mapping_of_some_methods() {
    let bench = Bench::start().await;
    let more = json!({ "match": { "methods": ["GET", "PUT"] }, "cors": { "origins": [PAGE], "methods": ["PUT"] } });
    bench.map(more.clone()).await;
    let explained = |method: &str, headers: &[(&str, &str)]| explained(&more, method, headers);
    let asks = |method| [("origin", PAGE), ("access-control-request-method", method)];

    let asked = preflight(&bench, PAGE, "PUT").await;
    let about_another = preflight(&bench, PAGE, "DELETE").await;
    let no_question = bench.send(Method::OPTIONS, "/m/x", &[("origin", PAGE)]).await;
    let no_page = [("origin", ""), ("access-control-request-method", "PUT")];
    let of_no_page = bench.send(Method::OPTIONS, "/m/x", &no_page).await;

    assert_eq!(header(&asked, "access-control-allow-origin"), Some(PAGE), "{asked}");
    for answer in [about_another, no_question, of_no_page] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer}");
    }
    assert_eq!(bench.upstream.served(), 0);
    assert!(explained("OPTIONS", &asks("PUT")) && explained("GET", &[]));
    assert!(!explained("OPTIONS", &asks("DELETE")) && !explained("OPTIONS", &[]));
    assert!(!explained("OPTIONS", &no_page) && !explained("POST", &asks("PUT")));
}

/// Tells whether our own rules give a request to the mapping.
fn explained(more: &Value, method: &str, headers: &[(&str, &str)]) -> bool {
    let mut body = json!({ "prefix": "/m/", "service": "usersvc" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let body = body.as_object().unwrap();
    let spec = read_spec(NameFrom::Url("m"), body, |_| Some(TeamName::default_team())).unwrap();
    let at = DateTime::UNIX_EPOCH;
    let mapping = Mapping { spec, revision: Revision(1), created_at: at, updated_at: at };
    let mut table = Table::default();
    table.apply(&Change { revision: Revision(1), kind: ChangeKind::Put(Arc::new(mapping)) });
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let request = Request {
        method: method.to_owned().into(),
        headers: headers.collect(),
        ..Request::of_path("/m/x")
    };
    table.explain(&request).is_some()
}

#[tokio::test]
async fn a_question_counts_for_no_limit_and_is_refused_for_no_address() {
    let bench = Bench::start().await;
    bench
        .map(json!({
            "cors": { "origins": [PAGE] },
            "rate_limit": { "requests": 1, "per": "day" },
            "ip": { "deny": ["127.0.0.2"] },
        }))
        .await;

    for _ in 0..3 {
        let asked = preflight(&bench, PAGE, "GET").await;
        assert_eq!(header(&asked, "access-control-allow-origin"), Some(PAGE), "{asked}");
    }
    let called = bench.get_with("/m/x", &[("origin", PAGE)]).await;
    let too_often = bench.get_with("/m/x", &[("origin", PAGE)]).await;

    assert_eq!(called.status, StatusCode::OK);
    // a page can read why it was refused
    assert_eq!(too_often.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&too_often, "access-control-allow-origin"), Some(PAGE));
}
