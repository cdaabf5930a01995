//! What a user keeps of the list: favourites and saved views, by the API and by plain forms.

use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{callers::As, server::TestServer};

/// A server with the teams `shop` and `pay` and a mapping of each, and ada of `shop`.
async fn shop_and_pay() -> (TestServer, As) {
    let server = TestServer::start().await;
    server.make_team("shop").await;
    server.make_team("pay").await;
    for (team, name) in [("shop", "cart"), ("shop", "list"), ("pay", "card")] {
        let token = server.make_token(Some(team), "write").await;
        server.map_as(&token, name, &format!("/{name}/"), "127.0.0.1:9").await;
    }
    let ada = server.make_user("ada", &[("shop", "viewer")]).await;
    (server, ada)
}

fn names(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["mapping"]["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_favourite_is_marked_found_and_unmarked() {
    let (server, ada) = shop_and_pay().await;
    let put = |name: &str| format!("/api/v1/favourites/{name}");

    let marked = server.send_as(&ada, Method::PUT, &put("list"), &Value::Null).await;
    let others = server.send_as(&ada, Method::PUT, &put("card"), &Value::Null).await;
    let found = server.get_as(&ada, "/api/v1/mappings?favourite=true").await.json();
    let kept = server.get_as(&ada, "/api/v1/favourites").await.json();

    assert_eq!((marked.status, others.status), (StatusCode::NO_CONTENT, StatusCode::NOT_FOUND));
    assert_eq!((names(&found), &kept["items"]), (vec!["list"], &json!(["list"])));
    for _ in 0..2 {
        let gone = server.send_as(&ada, Method::DELETE, &put("list"), &Value::Null).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone}");
    }
    assert_eq!(server.get_as(&ada, "/api/v1/favourites").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_view_is_saved_with_what_the_list_can_read_of_it() {
    let (server, ada) = shop_and_pay().await;
    let path = "/api/v1/views/failing%20ones";
    let query = json!({ "query": "?health=failing&cursor=x&colour=red&sort=rate&order=desc" });

    let saved = server.send_as(&ada, Method::PUT, path, &query).await.json();
    let listed = server.get_as(&ada, "/api/v1/views").await.json();
    let gone = server.send_as(&ada, Method::DELETE, path, &Value::Null).await;
    let again = server.send_as(&ada, Method::DELETE, path, &Value::Null).await;

    let expected =
        json!({ "name": "failing ones", "query": "sort=rate&order=desc&health=failing" });
    assert_eq!((&saved, &listed["items"]), (&expected, &json!([expected])));
    assert_eq!((gone.status, again.status), (StatusCode::NO_CONTENT, StatusCode::NOT_FOUND));
}

#[rstest]
#[case(Method::GET, "/api/v1/favourites")]
#[case(Method::PUT, "/api/v1/favourites/cart")]
#[case(Method::DELETE, "/api/v1/favourites/cart")]
#[case(Method::GET, "/api/v1/views")]
#[case(Method::PUT, "/api/v1/views/a")]
#[case(Method::DELETE, "/api/v1/views/a")]
#[tokio::test]
async fn only_a_user_keeps_something(#[case] method: Method, #[case] path: &str) {
    let (server, _) = shop_and_pay().await;
    let token = server.make_token(Some("shop"), "write").await;
    let body = if path.ends_with("/a") && method == Method::PUT {
        json!({ "query": "q=a" })
    } else {
        Value::Null
    };

    for answer in [
        server.send_as(&token, method.clone(), path, &body).await,
        server.send(method, path, &body).await,
    ] {
        assert_eq!(answer.status, StatusCode::CONFLICT, "{answer}");
        assert_eq!(answer.json()["code"], "no-user", "{answer}");
    }
}

#[tokio::test]
async fn the_list_of_a_team_is_the_default_and_all_that_is_seen_one_click_away() {
    let (server, ada) = shop_and_pay().await;
    let eve = server.make_user("eve", &[("shop", "viewer"), ("pay", "viewer")]).await;

    let mine = server.get_as(&ada, "/api/v1/mappings?team=mine").await.json();
    let page = server.get_as(&ada, "/mappings").await;
    let both = server.get_as(&eve, "/mappings").await;
    let of_pay = server.get_as(&eve, "/mappings?team=pay").await;
    let open = server.get("/mappings").await;

    assert_eq!(names(&mine), ["cart", "list"]);
    let has = |page: &str, name: &str| page.contains(&format!("data-mapping=\"{name}\""));
    assert!(has(&page.body, "cart") && !has(&page.body, "card"), "{page}");
    assert!(page.body.contains("My teams") && page.body.contains("/mappings?team=all"), "{page}");
    assert!(has(&both.body, "cart") && has(&both.body, "card"));
    assert!(!has(&of_pay.body, "cart") && has(&of_pay.body, "card"));
    // who has no team sees all, and has no switch
    assert!(has(&open.body, "cart") && has(&open.body, "card"));
    assert!(!open.body.contains("My teams") && !open.body.contains("class=\"star\""));
}

#[tokio::test]
async fn plain_forms_mark_a_mapping_and_save_a_view() {
    let (server, ada) = shop_and_pay().await;

    let form = "do=favourite&query=sort%3Dname&add=cart";
    let marked = server.post_form_as(&ada, "/mappings?sort=name", form).await;
    let list = server.get_as(&ada, "/mappings").await;
    let saved =
        server.post_form_as(&ada, "/mappings", "do=view.put&query=q%3Dcart&name=my+carts").await;
    let refused = server.post_form_as(&ada, "/mappings", "do=view.put&query=&name=").await;
    let after = server.get_as(&ada, "/mappings?q=cart").await;
    let detail = server.get_as(&ada, "/mappings/cart").await;

    assert_eq!(marked.status, StatusCode::SEE_OTHER, "{marked}");
    assert_eq!(marked.headers["location"], "/mappings?sort=name");
    assert!(list.body.contains("★"), "{list}");
    assert_eq!(
        (saved.status, &saved.headers["location"]),
        (StatusCode::SEE_OTHER, &"/mappings?q=cart".parse().unwrap())
    );
    assert!(refused.status.is_client_error(), "{refused}");
    assert!(after.body.contains("my carts") && after.body.contains("Delete the view my carts"));
    assert!(detail.body.contains("favourite.delete"), "{detail}");
}

#[tokio::test]
async fn the_activity_of_a_team_is_a_page_for_its_members() {
    let (server, ada) = shop_and_pay().await;

    let page = server.get_as(&ada, "/activity?action=mapping.").await;
    let none = server.get_as(&ada, "/activity?object=nothing").await;
    let alone = server.make_user("bob", &[]).await;
    let alone = server.get_as(&alone, "/activity").await;

    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert!(page.body.contains("data-action=\"mapping.create\""), "{page}");
    assert!(page.body.contains("/api/v1/audit/export?format=csv&amp;action=mapping."), "{page}");
    assert!(none.body.contains("Nothing matches"), "{none}");
    assert!(alone.body.contains("You are in no team yet"), "{alone}");
}
