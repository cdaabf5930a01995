//! The audit: who did what, read by those whom it concerns, and taken along as a file.

use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{callers::As, server::TestServer};

/// A server with the teams `shop` and `pay`, each of which has made a mapping.
async fn two_teams() -> (TestServer, As, As) {
    let server = TestServer::start().await;
    server.make_team("shop").await;
    server.make_team("pay").await;
    let shop = server.make_token(Some("shop"), "write").await;
    let pay = server.make_token(Some("pay"), "write").await;
    server.map_as(&shop, "cart", "/cart/", "127.0.0.1:9").await;
    server.map_as(&pay, "card", "/card/", "127.0.0.1:9").await;
    (server, shop, pay)
}

fn actions(page: &Value) -> Vec<(&str, &str)> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| (item["action"].as_str().unwrap(), item["object"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn an_entry_says_who_did_what_from_where_and_what_differs() {
    let (server, shop, _) = two_teams().await;
    let patch = json!({ "service": "127.0.0.1:8" });
    let headers = [
        ("content-type", "application/json"),
        ("authorization", shop.header.1.as_str()),
        ("x-request-id", "from-a-pipeline"),
    ];
    let url = server.url("/api/v1/mappings/cart");
    let changed = server.client.send(Method::PATCH, &url, &headers, &patch.to_string()).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed}");

    let page = server.get_as(&shop, "/api/v1/audit?action=mapping.&limit=1").await.json();

    let mut entry = page["items"][0].clone();
    let at = entry.as_object_mut().unwrap().remove("at").unwrap();
    assert!(at.as_str().unwrap().starts_with("20"), "{at}");
    let revision = changed.json()["revision"].clone();
    let id = entry["id"].clone();
    assert_eq!(
        entry,
        json!({
            "id": id, "actor": format!("token {}", shop.id), "via": "token",
            "action": "mapping.change", "team": "shop", "kind": "mapping", "object": "cart",
            "diff": [{ "field": "service", "before": "127.0.0.1:9", "after": "127.0.0.1:8" }],
            "address": "127.0.0.1", "request_id": "from-a-pipeline", "revision": revision,
        })
    );
}

#[tokio::test]
async fn a_team_reads_what_concerns_it_and_the_installation_reads_everything() {
    let (server, shop, _) = two_teams().await;
    let all = server.make_token(None, "read").await;

    let own = server.get_as(&shop, "/api/v1/audit").await.json();
    let everything = server.get_as(&all, "/api/v1/audit?limit=200").await.json();

    assert!(own["items"].as_array().unwrap().iter().all(|item| item["team"] == "shop"), "{own}");
    assert!(actions(&own).contains(&("mapping.create", "cart")), "{own}");
    let told = actions(&everything);
    for entry in [("mapping.create", "cart"), ("mapping.create", "card"), ("team.create", "pay")] {
        assert!(told.contains(&entry), "{entry:?} is not in {everything}");
    }
}

#[rstest]
#[case("action=mapping.", &[("mapping.create", "card"), ("mapping.create", "cart")])]
#[case("kind=mapping&object=cart", &[("mapping.create", "cart")])]
#[case("team=pay&action=mapping", &[("mapping.create", "card")])]
#[case("actor=nobody", &[])]
#[case("action=mapping.&to=2020-01-01T00:00:00Z", &[])]
#[case("action=mapping.&from=2020-01-01T00:00:00Z&object=card", &[("mapping.create", "card")])]
#[tokio::test]
async fn entries_are_found_by_what_they_say(
    #[case] query: &str,
    #[case] expected: &[(&str, &str)],
) {
    let (server, ..) = two_teams().await;

    let page = server.get(&format!("/api/v1/audit?{query}")).await.json();

    assert_eq!(actions(&page), expected);
}

#[tokio::test]
async fn pages_lead_through_all_entries_once() {
    let (server, ..) = two_teams().await;
    let all = server.get("/api/v1/audit?limit=200").await.json();

    let mut told = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("/api/v1/audit?limit=2{cursor}")).await.json();
        told.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }

    assert_eq!(json!(told), all["items"]);
}

#[rstest]
#[case("actor=a%00")]
#[case("from=yesterday")]
#[case("team=No%20Team")]
#[case("cursor=x")]
#[case("format=csv")]
#[tokio::test]
async fn a_question_that_cannot_be_read_is_refused(#[case] query: &str) {
    let server = TestServer::start().await;

    let refused = server.get(&format!("/api/v1/audit?{query}")).await;

    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{refused}");
}

#[tokio::test]
async fn a_file_has_every_entry_in_either_format() {
    let (server, shop, _) = two_teams().await;
    // more than are read at once
    let path = "/api/v1/mappings/cart";
    for n in 0..600 {
        let patch = json!({ "labels": [format!("n={n}"), "say=1"] });
        let changed = server.send_as(&shop, Method::PATCH, path, &patch).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed}");
        let patch = json!({ "labels": [] });
        let changed = server.send_as(&shop, Method::PATCH, path, &patch).await;
        assert_eq!(changed.status, StatusCode::OK, "{changed}");
    }

    let csv = server.get_as(&shop, "/api/v1/audit/export?format=csv&action=mapping.").await;
    let json = server.get_as(&shop, "/api/v1/audit/export?format=json&action=mapping.").await;

    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"audit.csv\"");
    assert_eq!(csv.headers["x-chancery-cut"], "false");
    let items = json.json()["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 1_201);
    assert_eq!(csv.body.matches("\r\n").count(), 1_202, "a head and a line each");
    let lines: Vec<_> = csv.body.lines().collect();
    assert!(lines[0].starts_with("id,at,actor,via,action,"), "{}", lines[0]);
    let oldest = &items[1_200];
    assert!(lines[1_201].starts_with(&format!("{},", oldest["id"])), "{}", lines[1_201]);
    assert_eq!(oldest["action"], "mapping.create");
    assert!(lines[1].contains("\"[{\"\"field\"\":\"\"labels\"\""), "{}", lines[1]);
}
