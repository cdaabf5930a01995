//! The list of mappings: found, counted, sorted and cut into pages.

use app::api::list::{MappingPage, Sort};
use http::StatusCode;
use rstest::rstest;
use serde_json::json;

use super::{SERVICE, TestServer};

/// Starts a server with mappings of these names, prefixes and labels.
async fn server_with(mappings: &[(&str, &str, &[&str])]) -> TestServer {
    let server = TestServer::start().await;
    for (name, prefix, labels) in mappings {
        let body = json!({ "prefix": prefix, "service": SERVICE, "labels": labels });
        server.map_with(name, &body).await;
    }
    server
}

async fn page(server: &TestServer, query: &str) -> MappingPage {
    let answer = server.get(&format!("/api/v1/mappings{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    serde_json::from_str(&answer.body).unwrap()
}

fn names(page: &MappingPage) -> Vec<&str> {
    page.items.iter().map(|live| live.mapping.name.as_str()).collect()
}

#[rstest]
#[case("", &["checkout", "refunds", "user"])]
#[case("?q=PAY", &["checkout", "refunds"])]
#[case("?q=pay+refund", &["refunds"])]
#[case("?q=team%3Dshop", &["user"])]
#[case("?q=127.0.0.1", &["checkout", "refunds", "user"])]
#[case("?q=%F0%9F%9A%80", &[])]
#[case("?q=http://gateway:8080/pay/refunds/7?x=1", &["refunds"])]
#[case("?q=http://gateway:8080/nowhere", &[])]
#[case("?label=tier%3D1", &["checkout", "user"])]
#[case("?service=127.0.0.1:9", &["checkout", "refunds", "user"])]
#[case("?service=127.0.0.1:8", &[])]
#[case("?config=no_nodes", &["checkout", "refunds", "user"])]
#[case("?config=live", &[])]
#[case("?sort=match", &["refunds", "user", "checkout"])]
#[case("?sort=match&order=desc", &["checkout", "user", "refunds"])]
#[case("?sort=name&order=desc", &["user", "refunds", "checkout"])]
#[case("?sort=updated", &["user", "checkout", "refunds"])]
#[tokio::test]
async fn mappings_are_found_and_sorted(#[case] query: &str, #[case] expected: &[&str]) {
    let server = server_with(&[
        ("user", "/user/", &["team=shop", "tier=1"]),
        ("checkout", "/pay/", &["tier=1"]),
        ("refunds", "/pay/refunds/", &[]),
    ])
    .await;

    let found = page(&server, query).await;

    assert_eq!(names(&found), expected);
    assert_eq!(found.total, 3);
    assert_eq!(found.matched as usize, expected.len());
}

#[tokio::test]
async fn every_order_leads_through_all_pages_and_back() {
    let many: Vec<_> = (0..23).map(|n| (format!("m{n:02}"), format!("/{}/x{n}/", n % 3))).collect();
    let mappings: Vec<_> = many
        .iter()
        .map(|(name, prefix)| (name.as_str(), prefix.as_str(), &[] as &[&str]))
        .collect();
    let server = server_with(&mappings).await;
    for sort in Sort::ALL {
        for order in ["asc", "desc"] {
            let query = format!("?limit=5&sort={}&order={order}", sort.word());
            let mut forth = Vec::new();
            let mut at = page(&server, &query).await;
            loop {
                assert_eq!(at.first as usize, forth.len() + 1, "{query}");
                forth.extend(names(&at).into_iter().map(str::to_owned));
                let Some(next) = &at.next_cursor else { break };
                at = page(&server, &format!("{query}&cursor={next}")).await;
            }
            let mut back: Vec<String> = names(&at).into_iter().map(str::to_owned).collect();
            while let Some(previous) = &at.previous_cursor {
                at = page(&server, &format!("{query}&cursor={previous}")).await;
                back.splice(0..0, names(&at).into_iter().map(str::to_owned));
            }

            let mut all = forth.clone();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), 23, "{query}");
            assert_eq!(forth, back, "{query}");
        }
    }
}

#[tokio::test]
async fn a_page_goes_on_where_the_last_ended_whatever_comes_and_goes() {
    let server =
        server_with(&[("b", "/b/", &[]), ("d", "/d/", &[]), ("f", "/f/", &[]), ("h", "/h/", &[])])
            .await;
    let first = page(&server, "?limit=2").await;
    let next = first.next_cursor.clone().unwrap();
    server.unmap("d").await;
    server.map("a", "/a/", SERVICE).await;
    server.map("e", "/e/", SERVICE).await;

    let second = page(&server, &format!("?limit=2&cursor={next}")).await;

    assert_eq!(names(&first), ["b", "d"]);
    assert_eq!(names(&second), ["e", "f"]);
}

#[tokio::test]
async fn facets_count_what_else_could_be_chosen() {
    let server = server_with(&[
        ("user", "/user/", &["team=shop"]),
        ("cart", "/cart/", &["team=shop"]),
        ("pay", "/pay/", &["team=pay"]),
    ])
    .await;

    let chosen = page(&server, "?label=team%3Dpay").await;

    assert_eq!(names(&chosen), ["pay"]);
    let counts: Vec<_> =
        chosen.facets.labels.iter().map(|facet| (facet.value.as_str(), facet.count)).collect();
    assert_eq!(counts, [("team=shop", 2), ("team=pay", 1)]);
    let config: Vec<_> =
        chosen.facets.config.iter().map(|facet| (facet.value.as_str(), facet.count)).collect();
    assert_eq!(config, [("no_nodes", 1)]);
}

#[rstest]
#[case("limit=0", "/limit")]
#[case("limit=201", "/limit")]
#[case("limit=many", "/limit")]
#[case("sort=colour", "/sort")]
#[case("order=up", "/order")]
#[case("health=fine", "/health")]
#[case("config=fine", "/config")]
#[case("cursor=nonsense", "/cursor")]
#[case("srot=name", "/srot")]
#[tokio::test]
async fn a_parameter_that_cannot_be_read_is_named(#[case] query: &str, #[case] pointer: &str) {
    let server = TestServer::start().await;

    let answer = server.get(&format!("/api/v1/mappings?{query}")).await;

    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
    assert_eq!(answer.json()["code"], "invalid-query");
    assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let server = server_with(&[("a", "/a/", &[]), ("b", "/b/", &[])]).await;
    let next = page(&server, "?limit=1").await.next_cursor.unwrap();

    let answer = server.get(&format!("/api/v1/mappings?limit=1&sort=name&cursor={next}")).await;

    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
    assert!(answer.json()["detail"].as_str().unwrap().contains("another order"), "{answer}");
}
