//! The portal's plain forms: what they do without JavaScript.

mod history;
mod sharing;

use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{client::Answer, server::TestServer, until, upstream::Upstream};

const NEW: &str = "/mappings/new";
const EDIT: &str = "/mappings/user/edit";
const DELETE: &str = "/mappings/user/delete";

/// Posts a form as a browser does.
async fn post(server: &TestServer, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = serde_urlencoded::to_string(fields).unwrap();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    server.client.send(Method::POST, &server.url(path), &headers, &body).await
}

/// Posts what a page carries in its hidden fields, with other fields over them.
async fn post_carried(
    server: &TestServer,
    path: &str,
    page: &Answer,
    fields: &[(&str, &str)],
) -> Answer {
    let names = ["key", "replaces", "revision", "name", "prefix", "service", "rewrite", "labels"];
    let bases = ["base_prefix", "base_service", "base_rewrite", "base_labels", "rest", "base_rest"];
    let carried: Vec<_> = names
        .into_iter()
        .chain(bases)
        .filter(|name| !fields.iter().any(|(given, _)| given == name))
        .filter_map(|name| Some((name, value(page, name)?)))
        .collect();
    let mut all: Vec<_> = carried.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend_from_slice(fields);
    post(server, path, &all).await
}

/// Returns the value of an input of the page.
fn value(page: &Answer, name: &str) -> Option<String> {
    let inputs = page.body.split("<input ").skip(1);
    let input = inputs
        .filter_map(|rest| rest.split_once('>'))
        .map(|(input, _)| input)
        .find(|input| input.contains(&format!("name=\"{name}\"")))?;
    let (_, value) = input.split_once("value=\"")?;
    value.split_once('"').map(|(value, _)| value.replace("&quot;", "\""))
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    answer.headers["location"].to_str().unwrap()
}

/// The fields of a mapping `user` to `service`, and a step.
fn user<'a>(service: &'a str, step: &'a str) -> [(&'a str, &'a str); 4] {
    [("name", "user"), ("prefix", "/user/"), ("service", service), ("step", step)]
}

async fn mappings(server: &TestServer) -> Vec<Value> {
    let page = server.get("/api/v1/mappings").await.json();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["mapping"].clone()).collect()
}

#[tokio::test]
async fn a_review_shows_the_plan_and_writes_nothing() {
    let server = TestServer::start().await;

    let page = post(&server, NEW, &user("127.0.0.1:9", "review")).await;

    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert!(page.body.contains("data-testid=\"review\""), "{page}");
    assert!(page.body.contains("data-testid=\"plan-diff\""), "{page}");
    assert!(page.body.contains("Create mapping"), "{page}");
    assert_eq!(value(&page, "prefix").as_deref(), Some("/user/"));
    assert!(mappings(&server).await.is_empty());
}

#[tokio::test]
async fn a_review_says_whether_the_service_answers() {
    let upstream = Upstream::start("user").await;
    let server = TestServer::with_services(&[("usersvc", upstream.address)]).await;

    let known = post(&server, NEW, &user("usersvc", "review")).await;
    let mistyped = post(&server, NEW, &user("usersvk.invalid", "review")).await;

    assert!(known.body.contains("1 of 1 endpoint answer"), "{known}");
    assert_eq!(mistyped.status, StatusCode::OK, "{mistyped}");
    assert!(mistyped.body.contains("data-code=\"service-unresolved\""), "{mistyped}");
}

#[tokio::test]
async fn what_was_reviewed_is_applied_and_leads_to_the_mappings_page() {
    let server = TestServer::start().await;
    let empty = server.get(NEW).await;
    let mut fields = user("127.0.0.1:9", "review").to_vec();
    fields.push(("labels", "team=accounts, tier:1"));

    let review = post_carried(&server, NEW, &empty, &fields).await;
    let applied = post_carried(&server, NEW, &review, &[("step", "apply")]).await;

    assert_eq!(location(&applied), "/mappings/user");
    let mappings = mappings(&server).await;
    assert_eq!(mappings.len(), 1);
    assert_eq!(mappings[0]["labels"], json!(["team=accounts", "tier:1"]));
    assert_eq!(mappings[0]["rewrite"], "/");
}

#[tokio::test]
async fn going_back_to_edit_keeps_everything_typed() {
    let server = TestServer::start().await;
    let review = post(&server, NEW, &user("127.0.0.1:9", "review")).await;

    let fields = post_carried(&server, NEW, &review, &[("step", "edit")]).await;

    assert_eq!(fields.status, StatusCode::OK);
    assert!(!fields.body.contains("data-testid=\"review\""), "{fields}");
    assert_eq!(value(&fields, "service").as_deref(), Some("127.0.0.1:9"));
}

#[tokio::test]
async fn an_edit_without_a_change_is_said_to_be_none_and_writes_nothing() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let form = server.get(EDIT).await;

    let review = post_carried(&server, EDIT, &form, &[("step", "review")]).await;
    let applied = post_carried(&server, EDIT, &form, &[("step", "apply")]).await;

    assert!(review.body.contains("Nothing would change"), "{review}");
    assert!(!review.body.contains("value=\"apply\""), "{review}");
    assert_eq!(location(&applied), "/mappings/user");
    assert_eq!(mappings(&server).await[0]["revision"], 1);
}

#[tokio::test]
async fn an_edit_changes_the_mapping_and_not_its_name() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let form = server.get(EDIT).await;
    let fields = [("name", "other"), ("service", "127.0.0.1:7"), ("step", "apply")];

    let applied = post_carried(&server, EDIT, &form, &fields).await;

    assert_eq!(location(&applied), "/mappings/user");
    let mappings = mappings(&server).await;
    assert_eq!(
        (&mappings[0]["name"], &mappings[0]["service"]),
        (&json!("user"), &json!("127.0.0.1:7"))
    );
}

#[tokio::test]
async fn a_clone_takes_all_but_name_and_prefix() {
    let server = TestServer::start().await;
    let original = json!({ "prefix": "/user/", "service": "127.0.0.1:9", "rewrite": "/v2/" });
    server.map_with("user", &original).await;
    let path = "/mappings/user/clone";
    let form = server.get(path).await;
    let fields = [("name", "copy"), ("prefix", "/copy/"), ("step", "apply")];

    let applied = post_carried(&server, path, &form, &fields).await;

    assert_eq!(value(&form, "name").as_deref(), Some(""));
    assert_eq!(value(&form, "prefix").as_deref(), Some(""));
    assert_eq!(location(&applied), "/mappings/copy");
    let copy = server.get("/api/v1/mappings/copy").await.json();
    assert_eq!((&copy["service"], &copy["rewrite"]), (&json!("127.0.0.1:9"), &json!("/v2/")));
}

#[rstest]
#[case("   ", "/a/", "a", "name-error")]
#[case("🚀", "/a/", "a", "name-error")]
#[case("a", "no-slash", "a", "prefix-error")]
#[case("a", "/a/", "http://a/b", "service-error")]
#[case("<script>alert(1)</script>", "/a/", "a", "name-error")]
#[tokio::test]
async fn what_is_refused_stays_in_the_form_with_the_reason_at_its_field(
    #[case] name: &str,
    #[case] prefix: &str,
    #[case] service: &str,
    #[case] error: &str,
) {
    let server = TestServer::start().await;
    let fields = [("name", name), ("prefix", prefix), ("service", service), ("step", "apply")];

    let page = post(&server, NEW, &fields).await;

    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
    assert!(page.body.contains("data-testid=\"error-summary\""), "{page}");
    assert!(page.body.contains(&format!("id=\"{error}\"")), "{page}");
    assert!(!page.body.contains("<script>alert"), "{page}");
    assert_eq!(value(&page, "prefix").as_deref(), Some(prefix));
    assert!(mappings(&server).await.is_empty());
}

#[tokio::test]
async fn a_very_long_value_is_refused_in_the_form_and_an_endless_one_before() {
    let server = TestServer::start().await;
    let long = "a".repeat(200);
    let endless = "a".repeat(70_000);
    let named = |name| [("name", name), ("prefix", "/a/"), ("service", "a"), ("step", "apply")];

    let refused = post(&server, NEW, &named(long.as_str())).await;
    let too_large = post(&server, NEW, &named(endless.as_str())).await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value(&refused, "name"), Some(long));
    assert_eq!(too_large.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_taken_prefix_leads_to_its_owner() {
    let server = TestServer::start().await;
    server.map("owner", "/user/", "127.0.0.1:9").await;

    let page = post(&server, NEW, &user("127.0.0.1:9", "apply")).await;

    assert_eq!(page.status, StatusCode::CONFLICT, "{page}");
    assert!(page.body.contains("href=\"/mappings/owner\""), "{page}");
    assert!(page.body.contains("id=\"prefix-error\""), "{page}");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_creates_one_mapping() {
    let server = TestServer::start().await;
    let form = server.get(NEW).await;
    let fields = user("127.0.0.1:9", "apply");

    let (first, second) = tokio::join!(
        post_carried(&server, NEW, &form, &fields),
        post_carried(&server, NEW, &form, &fields),
    );

    assert_eq!(location(&first), "/mappings/user");
    assert_eq!(location(&second), "/mappings/user");
    assert_eq!(mappings(&server).await.len(), 1);
}

#[tokio::test]
async fn a_stale_save_shows_both_and_keeps_mine_on_top_of_the_newest() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let form = server.get(EDIT).await;
    let theirs = json!({ "prefix": "/user/", "service": "127.0.0.1:9", "rewrite": "/theirs/" });
    server.map_with("user", &theirs).await;
    let mine = [("service", "127.0.0.1:7"), ("step", "apply")];

    let stale = post_carried(&server, EDIT, &form, &mine).await;
    let kept = post_carried(&server, EDIT, &stale, &[("step", "apply")]).await;

    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{stale}");
    assert!(stale.body.contains("data-testid=\"versions\""), "{stale}");
    assert!(stale.body.contains("href=\"/mappings/user/edit\""), "{stale}");
    assert_eq!(location(&kept), "/mappings/user");
    let mapping = mappings(&server).await.remove(0);
    assert_eq!(mapping["service"], "127.0.0.1:7");
    assert_eq!(mapping["rewrite"], "/theirs/");
    assert_eq!(mapping["revision"], 3);
}

#[tokio::test]
async fn a_mapping_that_was_deleted_meanwhile_can_be_created_again() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let form = server.get(EDIT).await;
    server.unmap("user").await;
    let mine = [("service", "127.0.0.1:7"), ("step", "apply")];

    let stale = post_carried(&server, EDIT, &form, &mine).await;
    assert!(mappings(&server).await.is_empty());
    let again = post_carried(&server, EDIT, &stale, &[("step", "apply")]).await;

    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{stale}");
    assert!(stale.body.contains("Create it again"), "{stale}");
    assert_eq!(location(&again), "/mappings/user");
    assert_eq!(mappings(&server).await[0]["service"], "127.0.0.1:7");
}

#[tokio::test]
async fn a_mapping_is_deleted_once_and_deleting_it_again_is_fine() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let page = server.get(DELETE).await;

    let deleted = post_carried(&server, DELETE, &page, &[]).await;
    let again = post_carried(&server, DELETE, &page, &[]).await;

    assert!(page.body.contains("data-testid=\"impact\""), "{page}");
    assert_eq!(location(&deleted), "/mappings?deleted=user");
    assert_eq!(location(&again), "/mappings?deleted=user");
    assert!(mappings(&server).await.is_empty());
    assert_eq!(server.get(DELETE).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_mapping_that_has_changed_since_it_was_shown_is_not_deleted() {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let page = server.get(DELETE).await;
    server.map("user", "/user/", "127.0.0.1:7").await;

    let kept = post_carried(&server, DELETE, &page, &[]).await;
    let deleted = post_carried(&server, DELETE, &kept, &[]).await;

    assert_eq!(kept.status, StatusCode::PRECONDITION_FAILED, "{kept}");
    assert!(kept.body.contains("127.0.0.1:7"), "{kept}");
    assert_eq!(location(&deleted), "/mappings?deleted=user");
}

#[tokio::test]
async fn a_mapping_in_use_is_deleted_only_with_its_prefix() {
    let upstream = Upstream::start("user").await;
    let server = TestServer::start().await;
    let _node = server.node("edge").await;
    server.map("user", "/user/", &upstream.address.to_string()).await;
    server.until_live().await;
    server.client.get(&server.gateway("/user/42")).await;
    let page = until("the page asks for the prefix", async || {
        let page = server.get(DELETE).await;
        page.body.contains("name=\"confirm\"").then_some(page)
    })
    .await;

    let kept = post_carried(&server, DELETE, &page, &[("confirm", "/other/")]).await;
    let deleted = post_carried(&server, DELETE, &kept, &[("confirm", "/user/")]).await;

    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY, "{kept}");
    assert!(kept.body.contains("id=\"confirm-error\""), "{kept}");
    assert_eq!(location(&deleted), "/mappings?deleted=user");
    assert!(mappings(&server).await.is_empty());
}

#[rstest]
#[case("/mappings/new", StatusCode::OK)]
#[case("/mappings/nothing/edit", StatusCode::NOT_FOUND)]
#[case("/mappings/nothing/clone", StatusCode::NOT_FOUND)]
#[case("/services", StatusCode::OK)]
#[case("/services?q=none&cursor=unreadable", StatusCode::OK)]
#[case(&format!("/services?q={}", "a".repeat(5_000)), StatusCode::OK)]
#[case("/nodes", StatusCode::OK)]
#[case("/config?q=user", StatusCode::OK)]
#[case(&format!("/config?q={}", "a".repeat(5_000)), StatusCode::OK)]
#[case("/about", StatusCode::OK)]
#[case("/api/docs", StatusCode::OK)]
#[tokio::test]
async fn every_page_is_whole_without_javascript(#[case] path: &str, #[case] status: StatusCode) {
    let server = TestServer::start().await;
    server.map("user", "/user/", "127.0.0.1:9").await;

    let page = server.get(path).await;

    assert_eq!(page.status, status, "{page}");
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.body.contains("<h1>"), "{page}");
    assert!(page.body.ends_with("</html>"), "{page}");
}

#[tokio::test]
async fn the_page_of_the_api_has_every_operation_of_its_document() {
    let server = TestServer::start().await;
    let document = server.get("/api/openapi.json").await.json();

    let page = server.get("/api/docs").await;

    let paths = document["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|item| item.as_object().unwrap().values());
    let ids: Vec<_> =
        operations.filter_map(|operation| operation["operationId"].as_str()).collect();
    assert!(ids.len() > 10, "{ids:?}");
    for id in ids {
        assert!(page.body.contains(&format!("id=\"{id}\"")), "`{id}` is not on the page");
    }
}

#[tokio::test]
async fn a_list_that_is_empty_says_why() {
    let server = TestServer::start().await;

    let none_yet = [server.get("/services").await, server.get("/nodes").await];
    let no_mapping = server.get("/config").await;
    server.map("user", "/user/", "127.0.0.1:9").await;
    let none_match =
        [server.get("/services?q=nothing").await, server.get("/config?q=nothing").await];

    for page in none_yet.iter().chain([&no_mapping]) {
        assert!(page.body.contains("data-testid=\"none-yet\""), "{page}");
    }
    for page in &none_match {
        assert!(page.body.contains("data-testid=\"none-match\""), "{page}");
    }
    assert!(server.get("/config?q=user").await.body.contains("data-testid=\"yaml\""));
}
