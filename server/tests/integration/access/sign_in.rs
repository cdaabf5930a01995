//! Signing in, and how sessions end.

use chancery::auth::settings::{AccessSettings, SignIn};
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use super::world::{PASSWORD, World, set_cookie};

#[tokio::test]
async fn who_signs_in_is_someone_until_they_sign_out() {
    let world = World::new().await;
    world.password("ada").await;

    let answer = world.sign_in(" Ada", PASSWORD).await;
    let cookie = set_cookie(&answer);
    let header = ("cookie", cookie.as_str());
    let me = world.with_header(header, Method::GET, "/api/v1/session", Value::Null).await;
    let out = world.with_header(header, Method::DELETE, "/api/v1/session", Value::Null).await;

    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    let said = answer.headers["set-cookie"].to_str().unwrap();
    assert!(said.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800"), "{said}");
    assert_eq!(me.json(), answer.json());
    assert_eq!(me.json()["user"], "ada");
    assert_eq!(me.json()["teams"], json!([{ "team": "accounts", "role": "owner" }]));
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(!world.is_in(&cookie).await);
}

#[tokio::test]
async fn behind_tls_the_cookie_travels_over_nothing_else() {
    let access = AccessSettings {
        sign_in: SignIn::Required,
        public_url: Some("https://portal.example.com".parse().unwrap()),
        ..AccessSettings::default()
    };
    let world = World::with(access).await;
    let secure = |who: &str| format!("__Host-{}", world.cookie(who));
    let body = json!({ "password": PASSWORD });
    let path = "/api/v1/users/ada/password";
    let set = world.with_header(("cookie", &secure("admin")), Method::PUT, path, body).await;

    let answer = world.sign_in("ada", PASSWORD).await;

    assert_eq!(set.status, StatusCode::NO_CONTENT, "{set}");
    let said = answer.headers["set-cookie"].to_str().unwrap();
    assert!(said.starts_with("__Host-chancery_session=") && said.ends_with("; Secure"), "{said}");
    assert!(!world.is_in(&world.cookie("admin")).await, "the other name is nobody's");
}

#[tokio::test]
async fn a_refusal_does_not_tell_whether_there_is_such_a_user() {
    let world = World::new().await;
    world.password("ada").await;

    let mut refusals = Vec::new();
    for (user, password) in [
        ("ada", "seven maples by the lake"),
        ("nobody", PASSWORD),
        ("vera", PASSWORD),
        ("No Name!", PASSWORD),
        ("", ""),
    ] {
        let answer = world.sign_in(user, password).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer}");
        assert!(!answer.headers.contains_key("set-cookie"));
        let mut said = answer.json();
        said["request_id"] = Value::Null;
        refusals.push(said);
    }

    assert_eq!(refusals[0]["code"], "wrong-credentials");
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
}

#[tokio::test]
async fn who_guesses_must_wait_longer_each_time() {
    let world = World::new().await;
    world.password("ada").await;
    for _ in 0..5 {
        let answer = world.sign_in("ada", "seven maples by the lake").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer}");
    }

    let locked = world.sign_in("ada", PASSWORD).await;
    world.clock.advance(TimeDelta::seconds(2));
    let wrong = world.sign_in("ada", "seven maples by the lake").await;
    let still = world.sign_in("ada", PASSWORD).await;
    world.clock.advance(TimeDelta::seconds(3));
    let right = world.sign_in("ada", PASSWORD).await;

    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "{locked}");
    assert_eq!(locked.json()["code"], "locked-out");
    let seconds = |answer: &crate::support::client::Answer| -> u32 {
        answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
    };
    assert_eq!(seconds(&locked), 1);
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "{wrong}");
    assert_eq!(seconds(&still), 2);
    assert_eq!(right.status, StatusCode::OK, "{right}");
}

#[tokio::test]
async fn a_session_that_was_there_before_is_not_the_one_after() {
    let world = World::new().await;
    world.password("ada").await;
    let planted = world.cookie("grace");
    let invented = "chancery_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let body = json!({ "user": "ada", "password": PASSWORD });
    let sign_in = async |cookie: &str| {
        let header = ("cookie", cookie);
        world.with_header(header, Method::POST, "/api/v1/session", body.clone()).await
    };

    let after_planted = set_cookie(&sign_in(&planted).await);
    let after_invented = set_cookie(&sign_in(invented).await);

    assert_ne!(after_planted, planted);
    assert_ne!(after_invented, invented);
    assert!(!world.is_in(&planted).await, "it has ended");
    assert!(!world.is_in(invented).await);
    assert!(world.is_in(&after_planted).await && world.is_in(&after_invented).await);
}

/// Uses a session, and waits until that is noted.
async fn used(world: &World, who: &str) {
    assert!(world.is_in(&world.cookie(who)).await);
    crate::support::until("the use is noted", async || {
        let list = world.get(who, "/api/v1/sessions").await.json();
        let seen: DateTime<Utc> = list["items"][0]["seen_at"].as_str()?.parse().ok()?;
        (world.clock.now() - seen < TimeDelta::minutes(1)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends_after_half_a_day() {
    let world = World::new().await;
    world.clock.advance(TimeDelta::minutes(719));
    used(&world, "ada").await;
    world.clock.advance(TimeDelta::minutes(719));
    let (used, unused) =
        (world.is_in(&world.cookie("ada")).await, world.is_in(&world.cookie("grace")).await);

    assert!(used && !unused);
}

#[tokio::test]
async fn a_session_ends_after_a_week_however_much_it_is_used() {
    let world = World::new().await;
    for _ in 0..15 {
        world.clock.advance(TimeDelta::hours(11));
        used(&world, "ada").await;
    }
    world.clock.advance(TimeDelta::minutes(179));
    let before = world.is_in(&world.cookie("ada")).await;
    world.clock.advance(TimeDelta::minutes(2));

    assert!(before);
    assert!(!world.is_in(&world.cookie("ada")).await);
}

#[rstest]
#[case(Method::PATCH, "/api/v1/users/ada", json!({ "is_disabled": true }))]
#[case(Method::DELETE, "/api/v1/users/ada", Value::Null)]
#[case(Method::PUT, "/api/v1/users/ada/password", json!({ "password": PASSWORD }))]
#[tokio::test]
async fn what_an_admin_does_to_a_user_ends_their_sessions_at_once(
    #[case] method: Method,
    #[case] path: &str,
    #[case] body: Value,
) {
    let world = World::new().await;
    assert!(world.is_in(&world.cookie("ada")).await);

    let done = world.send("admin", method, path, body).await;

    assert!(done.status.is_success(), "{done}");
    assert!(!world.is_in(&world.cookie("ada")).await);
    assert!(world.is_in(&world.cookie("alan")).await);
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let world = World::new().await;
    world.password("ada").await;
    let here = set_cookie(&world.sign_in("ada", PASSWORD).await);
    let there = set_cookie(&world.sign_in("ada", PASSWORD).await);
    let change = async |current: &str, new: &str| {
        let body = json!({ "current": current, "new": new });
        world.with_header(("cookie", &here), Method::PUT, "/api/v1/password", body).await
    };
    let new = "eight quiet herons";

    let wrong = change("not my password", new).await;
    let weak = change(PASSWORD, "short").await;
    let changed = change(PASSWORD, new).await;

    assert_eq!(wrong.json()["errors"][0]["pointer"], "/current", "{wrong}");
    assert_eq!(weak.json()["errors"][0]["pointer"], "/new", "{weak}");
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{changed}");
    assert!(world.is_in(&here).await && !world.is_in(&there).await);
    assert_eq!(world.sign_in("ada", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.sign_in("ada", new).await.status, StatusCode::OK);
}

#[tokio::test]
async fn one_s_own_sessions_are_listed_and_ended_and_nobody_else_s() {
    let world = World::new().await;
    world.password("ada").await;
    let own = set_cookie(&world.sign_in("ada", PASSWORD).await);
    let other = set_cookie(&world.sign_in("ada", PASSWORD).await);
    let header = ("cookie", own.as_str());
    let list = world.with_header(header, Method::GET, "/api/v1/sessions", Value::Null).await.json();
    let items = list["items"].as_array().unwrap();
    let id = |is_current: bool| {
        let item = items.iter().find(|item| item["is_current"] == is_current).unwrap();
        format!("/api/v1/sessions/{}", item["id"])
    };

    let foreign = world.send("grace", Method::DELETE, &id(false), Value::Null).await;
    let ended = world.with_header(header, Method::DELETE, &id(false), Value::Null).await;

    assert_eq!(items.len(), 2, "{list}");
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{foreign}");
    assert_eq!(ended.status, StatusCode::NO_CONTENT, "{ended}");
    assert!(world.is_in(&own).await && !world.is_in(&other).await);
}

#[tokio::test]
async fn in_open_mode_a_session_makes_one_a_user_and_nothing_makes_one_the_admin() {
    let world = World::with(AccessSettings::default()).await;

    let open = world.anonymous(Method::GET, "/api/v1/session", Value::Null).await.json();
    let user = world.get("vera", "/api/v1/session").await.json();
    let users = world.get("vera", "/api/v1/users").await;

    assert_eq!((&open["who"], &open["is_admin"]), (&json!("open"), &json!(true)));
    assert_eq!((&user["who"], &user["is_admin"]), (&json!("user"), &json!(false)));
    assert_eq!(users.status, StatusCode::FORBIDDEN, "{users}");
    assert!(world.anonymous(Method::GET, "/api/v1/users", Value::Null).await.status.is_success());
}
