//! What was, on the portal's pages: compared, restored, and a deletion undone.

use http::StatusCode;
use rstest::rstest;
use serde_json::json;

use super::{DELETE, location, mappings, post, post_carried};
use crate::support::{client::Answer, server::TestServer};

const SERVICE: &str = "127.0.0.1:9";

/// Makes `user` in revision 1, and gives it another service and no rewrite in 2.
async fn changed() -> TestServer {
    let server = TestServer::start().await;
    server.map("user", "/user/", SERVICE).await;
    let changed = json!({ "prefix": "/user/", "service": "127.0.0.1:7", "rewrite": "" });
    server.map_with("user", &changed).await;
    server
}

/// Returns where the form of a page is sent to.
fn action<'a>(page: &'a Answer, testid: &str) -> &'a str {
    let forms = page.body.split("<form ").skip(1).filter_map(|form| form.split_once('>'));
    let mut found = forms.filter(|(form, _)| form.contains(&format!("data-testid=\"{testid}\"")));
    let (form, _) = found.next().unwrap_or_else(|| panic!("no form `{testid}`: {page}"));
    let (_, action) = form.split_once("action=\"").unwrap();
    action.split_once('"').unwrap().0
}

async fn service(server: &TestServer) -> String {
    mappings(server).await[0]["service"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_revision_is_restored_in_two_clicks() {
    let server = changed().await;
    let history = server.get("/mappings/user?tab=history").await;
    let link = "/mappings/user/restore?revision=1";
    assert!(history.body.contains(link), "{history}");
    assert!(!history.body.contains("restore?revision=2"), "the newest is there: {history}");

    let page = server.get(link).await;
    let restored = post_carried(&server, action(&page, "restore"), &page, &[]).await;
    let again = post_carried(&server, action(&page, "restore"), &page, &[]).await;

    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert!(page.body.contains("data-testid=\"plan-diff\""), "{page}");
    assert_eq!(location(&restored), "/mappings/user");
    assert_eq!(location(&again), "/mappings/user", "a button that is pressed twice does no harm");
    assert_eq!(service(&server).await, SERVICE);
    assert_eq!(mappings(&server).await[0]["revision"], 3);
}

#[tokio::test]
async fn a_deletion_is_undone_in_one_click_wherever_it_is_told() {
    let server = changed().await;
    let page = server.get(DELETE).await;
    let deleted = post_carried(&server, DELETE, &page, &[]).await;

    let list = server.get(location(&deleted)).await;
    let gone = server.get("/mappings/user").await;
    assert!(list.body.contains("data-testid=\"deleted\""), "{list}");
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(action(&gone, "undo"), action(&list, "undo"));
    let undone = post(&server, action(&list, "undo"), &[]).await;

    assert_eq!(location(&undone), "/mappings/user");
    assert_eq!(service(&server).await, "127.0.0.1:7");
    let list = server.get(location(&deleted)).await;
    assert!(!list.body.contains("data-testid=\"undo\""), "it is there again: {list}");
    let never = server.get("/mappings?deleted=nobody").await;
    assert!(!never.body.contains("data-testid=\"undo\""), "{never}");
}

#[tokio::test]
async fn what_cannot_be_undone_says_why_and_offers_nothing() {
    let server = changed().await;
    server.unmap("user").await;
    server.map("taker", "/user/", SERVICE).await;

    let refused = post(&server, "/mappings/user/restore?revision=2", &[]).await;

    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused}");
    assert!(refused.body.contains("data-testid=\"error-summary\""), "{refused}");
    assert!(refused.body.contains("taker"), "{refused}");
    assert!(!refused.body.contains("data-testid=\"apply\""), "{refused}");
    assert_eq!(mappings(&server).await.len(), 1);
}

#[tokio::test]
async fn a_restoration_that_is_stale_shows_what_it_would_do_now() {
    let server = changed().await;
    let page = server.get("/mappings/user/restore?revision=1").await;
    server.map("user", "/user/", "127.0.0.1:8").await;

    let stale = post_carried(&server, action(&page, "restore"), &page, &[]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{stale}");
    assert!(stale.body.contains("127.0.0.1:8"), "{stale}");
    let restored = post_carried(&server, action(&stale, "restore"), &stale, &[]).await;

    assert_eq!(location(&restored), "/mappings/user");
    assert_eq!(service(&server).await, SERVICE);
}

#[tokio::test]
async fn the_one_before_a_change_is_restored_without_knowing_its_number() {
    let server = changed().await;
    server.map("other", "/other/", SERVICE).await;
    server.map("user", "/user/", "127.0.0.1:8").await;

    let page = server.get("/mappings/user/restore?before=4").await;

    assert_eq!(action(&page, "restore"), "/mappings/user/restore?revision=2");
}

#[rstest]
#[case("compare?from=1&to=2", StatusCode::OK)]
#[case("compare?from=2&to=1", StatusCode::OK)]
#[case("compare?from=1", StatusCode::OK)]
#[case("compare?to=2", StatusCode::OK)]
#[case("compare?to=1", StatusCode::OK)]
#[case("compare", StatusCode::OK)]
#[case("compare?from=x&to=", StatusCode::OK)]
#[case("compare?from=1&to=9", StatusCode::NOT_FOUND)]
#[case("restore?revision=2", StatusCode::OK)]
#[case("restore?before=2", StatusCode::OK)]
#[case("restore?revision=9", StatusCode::NOT_FOUND)]
#[case("restore?revision=x", StatusCode::OK)]
#[case("restore", StatusCode::OK)]
#[tokio::test]
async fn an_address_that_was_cut_leads_to_a_page(#[case] path: &str, #[case] status: StatusCode) {
    let server = changed().await;

    let page = server.get(&format!("/mappings/user/{path}")).await;

    assert_eq!(page.status, status, "{page}");
    assert!(page.body.contains("<h1"), "{page}");
    assert!(page.body.ends_with("</html>"), "{page}");
}

#[tokio::test]
async fn a_comparison_shows_every_field_and_marks_those_that_differ() {
    let server = changed().await;

    let page = server.get("/mappings/user/compare?from=1&to=2").await;

    let (_, table) = page.body.split_once("data-testid=\"comparison\"").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    assert_eq!(table.matches("<tr data-changed").count(), 2, "{table}");
    for text in ["127.0.0.1:9", "127.0.0.1:7", "/user/", "empty", "Revision 2, now"] {
        assert!(table.contains(text), "`{text}` is not in {table}");
    }
}
