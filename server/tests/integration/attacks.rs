//! What someone would try who wants more than is theirs. The matrix has what is plainly not theirs;
//! here are the ways around it.

use chancery::auth::{
    access::{Edit, Entity},
    secret::SecretHash,
};
use chrono::TimeDelta;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, client::IntoClientRequest},
};

use crate::support::{
    client::Answer,
    crawl::crawl,
    installation::{Caller, Installation, PASSWORD, cookie, session_secret, token_secret},
};

async fn get(installation: &Installation, headers: &[(&str, &str)]) -> Answer {
    let url = installation.server.url("/api/v1/mappings");
    installation.server.client.send(Method::GET, &url, headers, "").await
}

/// Returns an entity of the installation, changed.
fn changed(entity: &Entity, field: &str, value: Value) -> Edit {
    let mut content = entity.to_json().unwrap();
    content[field] = value;
    Edit::Put(Entity::of_json(entity.kind().word(), content).unwrap())
}

#[tokio::test]
async fn what_is_no_session_and_no_token_makes_one_nobody() {
    let installation = Installation::start().await;
    let session = session_secret("olaf", "main");
    let token = token_secret(3002);
    let hash = SecretHash::of(&session).as_str().to_owned();
    let token_hash = SecretHash::of(&token).as_str().to_owned();
    let cut = session.get(..session.len() - 1).unwrap();
    let cookie = |value: &str| ("cookie", format!("chancery_session={value}"));
    let bearer = |value: &str| ("authorization", value.to_owned());
    let forged = [
        cookie(""),
        cookie("olaf"),
        cookie(cut),
        cookie(&format!("{session}x")),
        cookie(&session.to_uppercase()),
        // what a database shows is of no use
        cookie(&hash),
        cookie(&token),
        ("cookie", format!("session={session}; chancery={session}")),
        // over plain HTTP this name means nothing
        ("cookie", format!("__Host-chancery_session={session}")),
        bearer("Bearer"),
        bearer("Bearer "),
        bearer("Bearer chy_"),
        bearer(&format!("Bearer {token}x")),
        bearer(&format!("Bearer {}", token.strip_prefix("chy_").unwrap())),
        bearer(&format!("Bearer chy_{token_hash}")),
        bearer(&format!("Bearer {session}")),
        bearer(&format!("Basic {token}")),
        bearer(&token),
        bearer("Bearer chy_' or '1'='1"),
        // only a proxy of one's own could say so, and there is none
        ("x-forwarded-user", "adam".to_owned()),
        ("x-remote-user", "adam".to_owned()),
    ];
    for (name, value) in forged {
        let answer = get(&installation, &[(name, value.as_str())]).await;

        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}: {value}");
        let asked = answer.headers["www-authenticate"].to_str().unwrap();
        assert!(asked.starts_with("Bearer"), "{asked}");
        assert!(!answer.body.contains("gravel"), "{answer}");
    }
    // a token that is none is not made good by a session that is one
    let both = [("cookie", format!("chancery_session={session}")), bearer("Bearer chy_none")];
    let both: Vec<_> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(get(&installation, &both).await.status, StatusCode::UNAUTHORIZED);
    let good = [bearer(&format!("bearer  {token}")), cookie(&session)];
    for (name, value) in good {
        assert_eq!(get(&installation, &[(name, value.as_str())]).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn sessions_and_tokens_end_by_the_clock_and_with_their_user() {
    let installation = Installation::start().await;
    let clock = installation.server.clock();
    let access = installation.server.server.store.access();
    let is_let_in = async |caller: Caller| {
        let answer = installation.send(caller, "GET", "/api/v1/mappings", None).await;
        answer.status == StatusCode::OK
    };
    let token = access.borrow().tokens().find(|token| token.id.0 == 3002).cloned().unwrap();
    let user = access.borrow().users().find(|user| user.name.as_str() == "edda").cloned().unwrap();
    let soon = (clock.now() + TimeDelta::minutes(30)).to_rfc3339();
    let expiring = changed(&Entity::Token(token), "expires_at", json!(soon));
    installation.edit(vec![expiring]).await;
    assert!(is_let_in(Caller::TeamWrite).await && is_let_in(Caller::Editor).await);

    installation.edit(vec![changed(&Entity::User(user), "is_disabled", json!(true))]).await;
    assert!(!is_let_in(Caller::Editor).await, "the user is disabled");
    assert!(is_let_in(Caller::Owner).await);

    clock.advance(TimeDelta::minutes(31));
    assert!(!is_let_in(Caller::TeamWrite).await, "the token has expired");
    assert!(is_let_in(Caller::TeamRead).await, "this one never does");

    clock.advance(TimeDelta::hours(13));
    assert!(!is_let_in(Caller::Viewer).await, "nobody has used the session");
}

#[rstest]
#[case(Caller::Viewer)]
#[case(Caller::Editor)]
#[case(Caller::Owner)]
#[case(Caller::TeamWrite)]
#[case(Caller::AllWrite)]
#[tokio::test]
async fn nobody_gets_more_than_they_have_by_any_request(#[case] caller: Caller) {
    let installation = Installation::start().await;
    let own = caller.user().unwrap_or("mia");
    let own_user = format!("/api/v1/users/{own}");
    let in_other = format!("/api/v1/teams/other/members/{own}");
    let in_own = format!("/api/v1/teams/own/members/{own}");
    let attempts = [
        ("PATCH", own_user.as_str(), json!({ "is_admin": true })),
        ("PUT", &in_other, json!({ "role": "viewer" })),
        ("PUT", &in_own, json!({ "role": "admin" })),
        ("POST", "/api/v1/users", json!({ "name": "mallory", "is_admin": true })),
        ("PUT", "/api/v1/users/adam/password", json!({ "password": "owned by mallory" })),
        ("DELETE", "/api/v1/users/adam", Value::Null),
        ("POST", "/api/v1/teams", json!({ "name": "mallory", "owner": own })),
        ("POST", "/api/v1/tokens", json!({ "name": "all", "scope": "write" })),
        ("POST", "/api/v1/tokens", json!({ "name": "all", "team": null, "scope": "read" })),
        ("POST", "/api/v1/tokens", json!({ "name": "t", "team": "other", "scope": "read" })),
        ("POST", "/api/v1/tokens", json!({ "name": "t", "team": "own", "scope": "owner" })),
        ("PATCH", "/api/v1/teams/own", json!({ "members": { own: { "role": "owner" } } })),
        (
            "POST",
            "/api/v1/protections",
            json!({ "prefix": "/own/", "approvers": "own", "needed": 1 }),
        ),
        ("DELETE", "/api/v1/protections/6012", Value::Null),
        ("POST", "/api/v1/claims", json!({ "team": "own", "prefix": "/" })),
        ("POST", "/api/v1/claims", json!({ "team": "own", "prefix": "/other/inside/" })),
        ("POST", "/api/v1/claims/4012/grants", json!({ "team": "own" })),
        ("POST", "/api/v1/claims/4012/take-over", json!({ "mapping": "velvet" })),
        ("POST", "/api/v1/requests/7012/approve", Value::Null),
        ("POST", "/api/v1/setup", json!({ "secret": "", "user": "mallory", "password": PASSWORD })),
        ("PATCH", "/api/v1/mappings/gravel", json!({ "prefix": "/elsewhere/", "team": "absent" })),
    ];
    let before = installation.state().await;
    for (method, path, body) in attempts {
        let body = Some(&body).filter(|body| !body.is_null());

        let answer = installation.send(caller, method, path, body).await;

        assert!(answer.status.is_client_error(), "{method} {path}: {answer}");
        assert!(before == installation.state().await, "{method} {path} has changed something");
    }
}

#[rstest]
#[case(Caller::Editor)]
#[case(Caller::TeamWrite)]
#[tokio::test]
async fn no_mapping_goes_where_another_team_is(#[case] caller: Caller) {
    let installation = Installation::start().await;
    let at = |prefix: &str| json!({ "prefix": prefix, "service": "127.0.0.1:1", "team": "own" });
    let of = |team: &str| json!({ "prefix": "/own/x/", "service": "127.0.0.1:1", "team": team });
    let before = installation.state().await;
    for (method, path, body) in [
        ("PUT", "/api/v1/mappings/x", at("/other/")),
        ("PUT", "/api/v1/mappings/x", at("/other/below/")),
        ("PUT", "/api/v1/mappings/x", at("/other//below/")),
        ("PUT", "/api/v1/mappings/x", at("/own/../other/x/")),
        ("PUT", "/api/v1/mappings/x", at("/%6fther/x/")),
        ("PUT", "/api/v1/mappings/x", of("other")),
        ("PUT", "/api/v1/mappings/x", of("default")),
        ("PATCH", "/api/v1/mappings/gravel", json!({ "team": "other" })),
        ("PATCH", "/api/v1/mappings/gravel", json!({ "prefix": "/other/below/" })),
        ("POST", "/api/v1/mappings/gravel/clone", json!({ "name": "x", "prefix": "/other/x/" })),
        ("POST", "/ambassador/mapping/x", at("/other/below/")),
        ("PUT", "/ambassador/mapping/gravel", at("/other/below/")),
        ("PUT", "/api/v1/mappings/velvet", at("/own/x/")),
        ("DELETE", "/ambassador/mapping/velvet", Value::Null),
    ] {
        let sent = Some(&body).filter(|body| !body.is_null());

        let answer = installation.send(caller, method, path, sent).await;

        assert!(answer.status.is_client_error(), "{method} {path} {body}: {answer}");
        assert!(!answer.body.contains("velours"), "{method} {path} {body}: {answer}");
        assert!(before == installation.state().await, "{method} {path} {body}: something changed");
    }
}

#[tokio::test]
async fn no_form_takes_what_another_website_posts() {
    let installation = Installation::start().await;
    let base = installation.server.url("");
    let cookie = cookie("adam");
    let session = ("cookie", cookie.as_str());
    let start = ["/", "/account", "/users/new", "/teams/new", "/teams/own", "/users/vera"];
    let found = crawl(&installation.server.client, &base, &[session], &start).await;
    for expected in ["/theme", "/account", "/teams/own", "/users/vera", "/mappings/gravel/delete"] {
        assert!(found.forms.contains(expected), "{expected} is not in {:?}", found.forms);
    }
    assert!(found.actions.len() > 10, "{:?}", found.actions);
    let before = installation.state().await;

    for form in &found.forms {
        for foreign in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            for action in &found.actions {
                let kind = ("content-type", "application/x-www-form-urlencoded");
                let body = format!("do={action}&user=mia&name=x&role=owner&confirm=yes");
                let url = format!("{base}{form}");
                let headers = [session, foreign, kind];

                let client = &installation.server.client;
                let answer = client.send(Method::POST, &url, &headers, &body).await;

                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{form} {foreign:?}: {answer}");
            }
        }
        assert!(before == installation.state().await, "{form} has changed something");
    }
}

#[tokio::test]
async fn another_website_gets_no_websocket_of_who_has_signed_in() {
    let installation = Installation::start().await;
    let own = installation.server.url("");
    let url = format!("{}/api/v1/live", own.replace("http", "ws"));
    let connect = async |origin: &str| {
        let mut request = url.clone().into_client_request().unwrap();
        request.headers_mut().insert("cookie", cookie("olaf").parse().unwrap());
        request.headers_mut().insert("origin", origin.parse().unwrap());
        connect_async(request).await
    };

    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let Err(tungstenite::Error::Http(refused)) = connect(origin).await else {
            panic!("{origin} was let in");
        };
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{origin}");
    }
    assert!(connect(&own).await.is_ok());
}
