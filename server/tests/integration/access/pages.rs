//! The portal's pages of people: without JavaScript, with what was typed kept, and no secret.

use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::json;

use super::world::{PASSWORD, World, set_cookie};
use crate::support::client::Answer;

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    answer.headers["location"].to_str().unwrap()
}

#[tokio::test]
async fn who_has_not_signed_in_is_led_to_the_sign_in_and_back() {
    let world = World::new().await;
    world.password("ada").await;
    let asked = world.server.get("/teams/accounts?x=1").await;
    let to = location(&asked).to_owned();
    let page = world.server.get(&to).await;

    let fields = [
        ("do", "session.start"),
        ("user", "ada"),
        ("password", PASSWORD),
        ("return_to", "/teams/accounts?x=1"),
    ];
    let signed_in = world.form("", "/sign-in", &fields).await;
    let cookie = set_cookie(&signed_in);
    let url = world.server.url("/teams/accounts");
    let headers = [("cookie", cookie.as_str())];
    let team = world.server.client.send(Method::GET, &url, &headers, "").await;

    assert_eq!(to, "/sign-in?return_to=%2Fteams%2Faccounts%3Fx%3D1");
    assert!(page.body.contains(r#"value="/teams/accounts?x=1""#), "{page}");
    assert_eq!(location(&signed_in), "/teams/accounts?x=1");
    assert_eq!(team.status, StatusCode::OK, "{team}");
    assert!(team.body.contains(r#"data-member="alan""#), "{team}");
}

#[rstest]
#[case("//evil.example")]
#[case("https://evil.example")]
#[case("/\\evil.example")]
#[case("/\tevil.example")]
#[tokio::test]
async fn signing_in_leads_nowhere_else(#[case] return_to: &str) {
    let world = World::new().await;
    world.password("ada").await;
    let fields = [
        ("do", "session.start"),
        ("user", "ada"),
        ("password", PASSWORD),
        ("return_to", return_to),
    ];

    let signed_in = world.form("", "/sign-in", &fields).await;

    assert_eq!(location(&signed_in), "/");
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_shown() {
    let world = World::new().await;
    let typed = "seven maples by the lake";
    let fields = [("do", "session.start"), ("user", "ada"), ("password", typed)];

    let refused = world.form("", "/sign-in", &fields).await;

    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{refused}");
    assert!(refused.body.contains("this is not their password"), "{refused}");
    assert!(refused.body.contains(r#"value="ada""#));
    assert!(!refused.body.contains(typed));
    assert!(!refused.body.contains("<script>") && !refused.body.contains("<nav"));
}

#[tokio::test]
async fn a_form_whose_session_has_ended_keeps_what_was_typed() {
    let world = World::new().await;
    let fields = [("prefix", "/user/\""), ("step", "review"), ("password", "hush")];

    let ended = world.form("chancery_session=over", "/mappings/new", &fields).await;

    assert_eq!(ended.status, StatusCode::UNAUTHORIZED, "{ended}");
    assert!(ended.body.contains(r#"action="/mappings/new""#), "{ended}");
    assert!(ended.body.contains(r#"name="prefix" value="/user/&quot;""#), "{ended}");
    assert!(!ended.body.contains("hush"));
}

#[tokio::test]
async fn who_may_only_see_a_mapping_is_shown_no_way_to_change_it() {
    let world = World::new().await;
    let body = json!({ "name": "user", "prefix": "/user/", "service": "usersvc" });
    let made = world.send("alan", Method::POST, "/api/v1/mappings", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    let changes = ["/mappings/user/edit", "/mappings/user/delete", "/mappings/user/clone"];

    for tab in ["", "?tab=history"] {
        let editor = world.get("alan", &format!("/mappings/user{tab}")).await;
        let viewer = world.get("vera", &format!("/mappings/user{tab}")).await;
        for change in changes {
            assert!(editor.body.contains(change), "{change}: {editor}");
            assert!(!viewer.body.contains(change), "{change}: {viewer}");
        }
        assert!(viewer.body.contains(r#"data-testid="read-only""#), "{viewer}");
        assert!(!viewer.body.contains("/mappings/user/restore"), "{viewer}");
    }
    let [editor, viewer] = [world.get("alan", "/mappings"), world.get("vera", "/mappings")];
    assert!(editor.await.body.contains("/mappings/new"));
    assert!(!viewer.await.body.contains("/mappings/new"));
}

#[tokio::test]
async fn who_is_in_no_team_is_told_whom_to_ask() {
    let world = World::new().await;

    let user = json!({ "name": "olga", "password": PASSWORD });
    let made = world.send("admin", Method::POST, "/api/v1/users", user).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    let cookie = set_cookie(&world.sign_in("olga", PASSWORD).await);

    let headers = [("cookie", cookie.as_str())];
    let url = world.server.url("/mappings");
    let list = world.server.client.send(Method::GET, &url, &headers, "").await;

    assert_eq!(list.status, StatusCode::OK, "{list}");
    assert!(list.body.contains(r#"data-testid="no-team-yet""#), "{list}");
    assert!(!list.body.contains("/mappings/new"), "{list}");
}

#[tokio::test]
async fn a_refused_form_stands_there_again_with_the_reason_at_its_field() {
    let world = World::new().await;
    let fields = [
        ("do", "user.create"),
        ("name", "Eve"),
        ("display_name", "Eve E."),
        ("password", "hush-hush"),
    ];

    let refused = world.form(&world.cookie("admin"), "/users/new", &fields).await;
    let fields = [("do", "user.create"), ("name", "eve"), ("password", PASSWORD)];
    let made = world.form(&world.cookie("admin"), "/users/new", &fields).await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert!(refused.body.contains(r#"id="name-error""#), "{refused}");
    assert!(refused.body.contains(r#"value="Eve E.""#));
    assert!(!refused.body.contains("hush-hush"));
    assert_eq!(location(&made), "/users/eve");
}

#[tokio::test]
async fn a_team_is_run_on_its_page() {
    let world = World::new().await;
    let ada = world.cookie("ada");
    let post = async |fields: &[(&str, &str)]| world.form(&ada, "/teams/accounts", fields).await;

    let added = post(&[("do", "member.add"), ("user", "grace"), ("role", "viewer")]).await;
    let nobody = post(&[("do", "member.add"), ("user", "nobody"), ("role", "viewer")]).await;
    let raised = post(&[("do", "member.put"), ("user", "grace"), ("role", "editor")]).await;
    let removed = post(&[("do", "member.remove"), ("user", "vera")]).await;
    let about = post(&[("do", "team.patch"), ("title", "Accounts"), ("contact", "#a")]).await;
    let token =
        post(&[("do", "token.create"), ("name", "ci"), ("scope", "read"), ("expires", "7")]).await;
    let page = world.get("ada", "/teams/accounts").await;

    for done in [added, raised, removed, about] {
        assert_eq!(location(&done), "/teams/accounts");
    }
    assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{nobody}");
    assert!(nobody.body.contains("there is no user named"), "{nobody}");
    assert_eq!(token.status, StatusCode::OK, "{token}");
    assert!(token.body.contains("chy_"), "{token}");
    assert!(page.body.contains(r#"data-member="grace""#), "{page}");
    assert!(!page.body.contains(r#"data-member="vera""#));
    assert!(!page.body.contains("chy_"));
}

#[rstest]
#[case("/users", StatusCode::FORBIDDEN)]
#[case("/users/new", StatusCode::FORBIDDEN)]
#[case("/users/ada", StatusCode::FORBIDDEN)]
#[case("/tokens", StatusCode::FORBIDDEN)]
#[case("/teams/new", StatusCode::FORBIDDEN)]
#[case("/teams/shop", StatusCode::NOT_FOUND)]
#[case("/teams", StatusCode::OK)]
#[case("/account", StatusCode::OK)]
#[tokio::test]
async fn a_page_is_for_who_may_see_it(#[case] path: &str, #[case] status: StatusCode) {
    let world = World::new().await;

    let page = world.get("ada", path).await;

    assert_eq!(page.status, status, "{page}");
    assert!(!page.body.contains(r#"href="/users""#), "the place is not offered");
}

#[tokio::test]
async fn signing_out_on_a_page_ends_the_session() {
    let world = World::new().await;
    let ada = world.cookie("ada");

    let out = world.form(&ada, "/account", &[("do", "session.end")]).await;

    assert_eq!(location(&out), "/sign-in?signed_out=true");
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(!world.is_in(&ada).await);
}
