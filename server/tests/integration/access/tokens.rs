//! API tokens: told once, bounded in what they may do and for how long.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::World;
use crate::support::client::Answer;

async fn made(world: &World, who: &str, body: Value) -> (String, String) {
    let answer = world.send(who, Method::POST, "/api/v1/tokens", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let said = answer.json();
    let secret = said["secret"].as_str().unwrap();
    (format!("Bearer {secret}"), format!("/api/v1/tokens/{}", said["token"]["id"]))
}

async fn ask(world: &World, bearer: &str, method: Method, path: &str, body: Value) -> Answer {
    world.with_header(("authorization", bearer), method, path, body).await
}

fn mapping(name: &str, team: &str) -> Value {
    let prefix = format!("/{name}/");
    json!({ "name": name, "prefix": prefix, "service": "127.0.0.1:9", "team": team })
}

#[tokio::test]
async fn a_token_acts_in_its_team_as_its_scope_says() {
    let world = World::new().await;
    let token = |scope: &str| json!({ "name": "t", "team": "accounts", "scope": scope });
    let (read, _) = made(&world, "ada", token("read")).await;
    let (write, _) = made(&world, "ada", token("write")).await;
    let create = async |bearer: &str, name: &str, team: &str| {
        ask(&world, bearer, Method::POST, "/api/v1/mappings", mapping(name, team)).await
    };

    let refused = create(&read, "a", "accounts").await;
    let created = create(&write, "a", "accounts").await;
    let foreign = create(&write, "b", "shop").await;
    let seen = ask(&world, &read, Method::GET, "/api/v1/mappings/a", Value::Null).await;

    assert!(refused.status.is_client_error(), "{refused}");
    assert_eq!(created.status, StatusCode::CREATED, "{created}");
    assert!(foreign.status.is_client_error(), "{foreign}");
    assert_eq!(seen.status, StatusCode::OK, "{seen}");
}

#[tokio::test]
async fn no_token_decides_on_people_or_tokens() {
    let world = World::new().await;
    let (bearer, own) = made(&world, "admin", json!({ "name": "t", "scope": "write" })).await;

    for (method, path, body) in [
        (Method::GET, "/api/v1/users", Value::Null),
        (Method::POST, "/api/v1/users", json!({ "name": "eve" })),
        (Method::POST, "/api/v1/teams", json!({ "name": "new" })),
        (Method::PATCH, "/api/v1/teams/accounts", json!({ "title": "x" })),
        (Method::PUT, "/api/v1/teams/accounts/members/vera", json!({ "role": "owner" })),
        (Method::POST, "/api/v1/tokens", json!({ "name": "u", "scope": "read" })),
        (Method::GET, "/api/v1/tokens", Value::Null),
    ] {
        let refused = ask(&world, &bearer, method.clone(), path, body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method} {path}: {refused}");
    }
    let revoking = ask(&world, &bearer, Method::DELETE, &own, Value::Null).await;
    let sessions = ask(&world, &bearer, Method::GET, "/api/v1/sessions", Value::Null).await;

    assert_eq!(revoking.status, StatusCode::NOT_FOUND, "{revoking}");
    assert_eq!(sessions.json()["code"], "no-user", "{sessions}");
}

#[tokio::test]
async fn a_token_ends_when_it_expires_and_when_it_is_revoked() {
    let world = World::new().await;
    let body = |days: Value| json!({ "name": "t", "team": "accounts", "scope": "read", "expires_in_days": days });
    let (week, _) = made(&world, "ada", body(json!(7))).await;
    let (never, path) = made(&world, "ada", body(Value::Null)).await;
    let status = async |bearer: &str| {
        ask(&world, bearer, Method::GET, "/api/v1/mappings", Value::Null).await.status
    };

    let first = (status(&week).await, status(&never).await);
    // the owner's session lasts seven days, too
    world.clock.advance(TimeDelta::days(7));
    let second = (status(&week).await, status(&never).await);
    world.clock.advance(-TimeDelta::days(7));
    let revoked = world.send("ada", Method::DELETE, &path, Value::Null).await;
    let third = status(&never).await;

    assert_eq!(first, (StatusCode::OK, StatusCode::OK));
    assert_eq!(second, (StatusCode::UNAUTHORIZED, StatusCode::OK));
    assert_eq!(revoked.status, StatusCode::NO_CONTENT, "{revoked}");
    assert_eq!(third, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_secret_is_told_once_and_kept_nowhere() {
    let world = World::new().await;
    let body = json!({ "name": "pipeline", "team": "accounts", "scope": "read" });
    let (bearer, path) = made(&world, "ada", body).await;
    let secret = bearer.strip_prefix("Bearer ").unwrap().to_owned();
    ask(&world, &bearer, Method::GET, "/api/v1/mappings", Value::Null).await;

    let list = world.get("ada", "/api/v1/tokens?team=accounts").await;
    let member = world.get("alan", "/api/v1/tokens?team=accounts").await;
    let foreign = world.get("grace", "/api/v1/tokens?team=accounts").await;
    let revoking = world.send("grace", Method::DELETE, &path, Value::Null).await;

    assert_eq!(list.json()["items"][0]["name"], "pipeline", "{list}");
    assert!(!list.body.contains(&secret));
    assert_eq!(member.status, StatusCode::FORBIDDEN, "{member}");
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{foreign}");
    assert_eq!(revoking.status, StatusCode::NOT_FOUND, "{revoking}");
    let files = std::fs::read_dir(world.server.folder.path()).unwrap();
    for file in files {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let is_in = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!is_in, "the database has the secret");
    }
}
