//! Users, teams and roles: who may change them, and that nobody rises by themselves.

use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use super::world::World;

#[tokio::test]
async fn the_last_admin_stays_one() {
    let world = World::new().await;
    let admin = "/api/v1/users/admin";

    for body in [json!({ "is_admin": false }), json!({ "is_disabled": true })] {
        let refused = world.send("admin", Method::PATCH, admin, body).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{refused}");
        assert_eq!(refused.json()["code"], "last-admin");
    }
    let refused = world.send("admin", Method::DELETE, admin, Value::Null).await;
    let made =
        world.send("admin", Method::PATCH, "/api/v1/users/ada", json!({ "is_admin": true })).await;
    let left = world.send("admin", Method::DELETE, admin, Value::Null).await;

    assert_eq!(refused.json()["code"], "last-admin");
    assert_eq!(made.json()["is_admin"], true, "{made}");
    assert_eq!(left.status, StatusCode::NO_CONTENT, "{left}");
    assert_eq!(world.get("ada", "/api/v1/users").await.status, StatusCode::OK);
}

#[rstest]
#[case("vera", Method::PATCH, "/api/v1/users/vera", json!({ "is_admin": true }))]
#[case("ada", Method::PATCH, "/api/v1/users/ada", json!({ "is_admin": true }))]
#[case("ada", Method::POST, "/api/v1/users", json!({ "name": "eve", "is_admin": true }))]
#[case("vera", Method::PUT, "/api/v1/teams/accounts/members/vera", json!({ "role": "editor" }))]
#[case("alan", Method::PUT, "/api/v1/teams/accounts/members/alan", json!({ "role": "owner" }))]
#[case("alan", Method::PUT, "/api/v1/teams/accounts/members/vera", json!({ "role": "viewer" }))]
#[case("ada", Method::POST, "/api/v1/teams", json!({ "name": "new", "owner": "ada" }))]
#[case("alan", Method::POST, "/api/v1/tokens", json!({ "name": "t", "team": "accounts", "scope": "write" }))]
#[case("ada", Method::POST, "/api/v1/tokens", json!({ "name": "t", "scope": "write" }))]
#[tokio::test]
async fn nobody_rises_by_themselves(
    #[case] who: &str,
    #[case] method: Method,
    #[case] path: &str,
    #[case] body: Value,
) {
    let world = World::new().await;
    let before = world.get(who, "/api/v1/session").await.json();

    let refused = world.send(who, method, path, body).await;

    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused}");
    assert_eq!(world.get(who, "/api/v1/session").await.json(), before);
}

#[rstest]
#[case(Method::GET, "", Value::Null)]
#[case(Method::PATCH, "", json!({ "title": "Ours" }))]
#[case(Method::PUT, "/members/grace", json!({ "role": "owner" }))]
#[case(Method::DELETE, "/members/ada", Value::Null)]
#[case(Method::DELETE, "/members/grace", Value::Null)]
#[tokio::test]
async fn a_team_is_not_there_for_who_is_no_member(
    #[case] method: Method,
    #[case] rest: &str,
    #[case] body: Value,
) {
    let world = World::new().await;
    let ask = async |team: &str| {
        let path = format!("/api/v1/teams/{team}{rest}");
        let answer = world.send("grace", method.clone(), &path, body.clone()).await;
        let mut said = answer.json();
        said["request_id"] = Value::Null;
        (answer.status, said.to_string().replace(team, "TEAM"))
    };

    let other = ask("accounts").await;

    assert_eq!(other.0, StatusCode::NOT_FOUND, "{}", other.1);
    assert_eq!(other, ask("absent").await);
}

#[tokio::test]
async fn owners_decide_on_members_and_a_team_keeps_one() {
    let world = World::new().await;
    let member = |user: &str| format!("/api/v1/teams/accounts/members/{user}");
    let role = |role: &str| json!({ "role": role });

    let alone = world.send("ada", Method::PUT, &member("ada"), role("viewer")).await;
    let leaving = world.send("ada", Method::DELETE, &member("ada"), Value::Null).await;
    let second = world.send("ada", Method::PUT, &member("alan"), role("owner")).await;
    let lower = world.send("ada", Method::PUT, &member("ada"), role("viewer")).await;
    let again = world.send("ada", Method::PUT, &member("ada"), role("owner")).await;
    let left = world.send("ada", Method::DELETE, &member("ada"), Value::Null).await;
    let unknown = world.send("alan", Method::PUT, &member("nobody"), role("viewer")).await;

    assert_eq!(alone.json()["code"], "last-owner", "{alone}");
    assert_eq!(leaving.json()["code"], "last-owner", "{leaving}");
    assert_eq!(second.json()["members"][1]["role"], "owner", "{second}");
    assert_eq!(lower.status, StatusCode::OK, "{lower}");
    assert_eq!(again.status, StatusCode::FORBIDDEN, "{again}");
    assert_eq!(left.status, StatusCode::NO_CONTENT, "{left}");
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{unknown}");
    let me = world.get("ada", "/api/v1/session").await.json();
    assert_eq!(me["teams"], json!([]));
}

#[tokio::test]
async fn a_role_that_changes_counts_from_the_next_request_on() {
    let world = World::new().await;
    let body = json!({ "name": "user", "prefix": "/user/", "service": "a", "team": "accounts" });

    let before = world.send("vera", Method::POST, "/api/v1/mappings", body.clone()).await;
    let path = "/api/v1/teams/accounts/members/vera";
    world.send("ada", Method::PUT, path, json!({ "role": "editor" })).await;
    let after = world.send("vera", Method::POST, "/api/v1/mappings", body).await;

    assert!(before.status.is_client_error(), "{before}");
    assert_eq!(after.status, StatusCode::CREATED, "{after}");
}

#[tokio::test]
async fn a_team_with_mappings_or_claims_is_not_deleted() {
    let world = World::new().await;
    let team = "/api/v1/teams/accounts";
    let body = json!({ "name": "user", "prefix": "/user/", "service": "a" });
    let made = world.send("alan", Method::POST, "/api/v1/mappings", body).await;

    let mapped = world.send("admin", Method::DELETE, team, Value::Null).await;
    let default = world.send("admin", Method::DELETE, "/api/v1/teams/default", Value::Null).await;
    let empty = world.send("admin", Method::DELETE, "/api/v1/teams/shop", Value::Null).await;

    assert_eq!(made.status, StatusCode::CREATED, "{made}");
    for refused in [mapped, default] {
        assert_eq!(refused.status, StatusCode::CONFLICT, "{refused}");
        assert_eq!(refused.json()["code"], "team-in-use");
    }
    assert_eq!(empty.status, StatusCode::NO_CONTENT, "{empty}");
    assert_eq!(world.get("grace", "/api/v1/session").await.json()["teams"], json!([]));
}

#[tokio::test]
async fn users_are_found_a_page_at_a_time() {
    let world = World::new().await;
    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|user| user["name"].as_str().unwrap().to_owned()).collect()
    };

    let first = world.get("admin", "/api/v1/users?limit=3").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = world.get("admin", &format!("/api/v1/users?limit=3&cursor={cursor}")).await.json();
    let found = world.get("admin", "/api/v1/users?q=AD").await.json();

    assert_eq!(names(&first), ["ada", "admin", "alan"]);
    assert_eq!(names(&rest), ["grace", "vera"]);
    assert_eq!(rest.get("next_cursor"), None);
    assert_eq!((names(&found), &found["matched"]), (vec!["ada".into(), "admin".into()], &json!(2)));
}

#[rstest]
#[case(json!({ "name": "Eve" }), "/name")]
#[case(json!({ "name": "eve", "password": "short" }), "/password")]
#[case(json!({ "name": "eve", "display_name": "x".repeat(101) }), "/display_name")]
#[case(json!({ "name": "eve", "admin": true }), "/admin")]
#[case(json!({}), "/name")]
#[tokio::test]
async fn a_wrong_field_of_a_user_is_named(#[case] body: Value, #[case] pointer: &str) {
    let world = World::new().await;

    let refused = world.send("admin", Method::POST, "/api/v1/users", body).await;

    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
}
