//! Tokens, with keys that the mapping brings along.

use http::StatusCode;
use serde_json::{Value, json};

use super::issuer::{ISSUER, Key, claims, tampered, unsigned};
use crate::{
    policy::{Bench, seen},
    support::client::Answer,
};

/// Maps `/m/` for tokens of `keys`, and with more fields of the group.
async fn map(bench: &Bench, keys: &[&Key], more: Value) {
    let keys: Vec<_> = keys.iter().map(|key| key.public()).collect();
    let mut jwt = json!({ "issuer": ISSUER, "audiences": ["accounts"], "jwks": { "keys": keys } });
    jwt.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    bench.map(json!({ "auth": { "jwt": jwt } })).await;
}

async fn get(bench: &Bench, path: &str, token: &str, more: &[(&str, &str)]) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend_from_slice(more);
    bench.get_with(path, &headers).await
}

#[tokio::test]
async fn only_a_good_token_lets_in() {
    let bench = Bench::start().await;
    let (ec, ed, rsa) = (Key::ec("one"), Key::ed("two"), Key::rsa("three"));
    let stranger = Key::ec("four");
    map(&bench, &[&ec, &ed, &rsa], json!({})).await;
    let now = chrono::Utc::now().timestamp();
    let good = claims(&json!({}));

    for key in [&ec, &ed, &rsa] {
        let answer = get(&bench, "/m/echo", &key.signs(&good), &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer}");
        assert_eq!(seen(&answer, "authorization"), [""; 0], "the service has no business with it");
    }
    let for_several = ec.signs(&claims(&json!({ "aud": ["a", "accounts"] })));
    assert_eq!(get(&bench, "/m/x", &for_several, &[]).await.status, StatusCode::OK);
    let served = bench.upstream.served();

    let of = |more: Value| ec.signs(&claims(&more));
    let mut refused = vec![
        ("expired", of(json!({ "exp": now - 120 })), 401, "Jwt is expired"),
        ("without an end", of(json!({ "exp": null })), 401, "Jwt verification fails"),
        ("not yet good", of(json!({ "nbf": now + 120 })), 401, "Jwt not yet valid"),
        ("of another issuer", of(json!({ "iss": "https://other/" })), 401, "Jwt issuer is not"),
        ("of no issuer", of(json!({ "iss": null })), 401, ""),
        ("for someone else", of(json!({ "aud": "photos" })), 403, "Audiences in Jwt are not"),
        ("for nobody", of(json!({ "aud": null })), 403, "Audiences in Jwt are not"),
        ("not signed", unsigned("one", &good), 401, "Jwt is not in the form of"),
        ("not signed at all", unsigned("one", &good) + "AAAA", 401, "[alg] is not supported"),
        ("tampered", tampered(&of(json!({})), &claims(&json!({ "sub": "eve" }))), 401, ""),
        ("of a key of nobody", stranger.signs(&good), 401, ""),
        ("of a key that calls itself ours", Key::ec("one").signs(&good), 401, ""),
        ("no token", "a.b.c".to_owned(), 401, ""),
    ];
    for token in rsa.signs_by_its_public_part(&good) {
        refused.push(("signed by what is public", token, 401, ""));
    }
    for (what, token, status, said) in refused {
        let answer = get(&bench, "/m/x", &token, &[]).await;
        assert_eq!(answer.status, status, "{what}: {answer}");
        assert!(answer.body.contains(said), "{what}: {answer}");
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer "));
    }
    let without = bench.get("/m/x").await;
    assert_eq!((without.status.as_u16(), without.body.as_str()), (401, "Jwt is missing"));
    let in_query = format!("/m/x?access_token={}", ec.signs(&good));
    assert_eq!(bench.get(&in_query).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bench.upstream.served(), served, "none of them has reached the service");
}

#[tokio::test]
async fn claims_become_headers_that_nobody_else_can_set() {
    let bench = Bench::start().await;
    let key = Key::ec("one");
    let headers = json!([
        { "claim": "sub", "header": "x-user" },
        { "claim": "org.unit", "header": "x-unit" },
        { "claim": "https://example.com/level", "header": "x-level" },
        { "claim": "email", "header": "x-mail" },
    ]);
    map(&bench, &[&key], json!({ "claims_to_headers": headers, "forward": true })).await;
    let more = json!({ "org": { "unit": "billing" }, "https://example.com/level": 3 });
    let token = key.signs(&claims(&more));
    let forged = [("x-user", "root"), ("X-Unit", "board"), ("x-level", "9"), ("x-mail", "root@")];

    let answer = get(&bench, "/m/echo", &token, &forged).await;

    assert_eq!(seen(&answer, "x-user"), ["ada"]);
    assert_eq!(seen(&answer, "x-unit"), ["billing"]);
    assert_eq!(seen(&answer, "x-level"), ["3"]);
    assert_eq!(seen(&answer, "x-mail"), [""; 0], "the token has no such claim");
    assert_eq!(seen(&answer, "authorization"), [format!("Bearer {token}")]);
}

#[tokio::test]
async fn a_token_must_have_every_claim_that_is_required() {
    let bench = Bench::start().await;
    let key = Key::ec("one");
    let required = json!([
        { "claim": "scope", "values": ["accounts:read", "accounts:admin"] },
        { "claim": "realm.roles", "values": ["clerk"] },
        { "claim": "verified", "values": ["true"] },
        { "claim": "level", "values": ["3"] },
    ]);
    map(&bench, &[&key], json!({ "required_claims": required })).await;
    let full = json!({
        "scope": "openid accounts:read", "realm": { "roles": ["guest", "clerk"] },
        "verified": true, "level": 3,
    });
    let with = |name: &str, value: Value| {
        let mut claims = full.clone();
        claims[name] = value;
        claims
    };
    let status = async |more: Value| {
        get(&bench, "/m/x", &key.signs(&claims(&more)), &[]).await.status.as_u16()
    };

    for more in [
        full.clone(),
        with("scope", json!(["accounts:admin"])),
        with("realm", json!({ "roles": "clerk" })),
        with("verified", json!("true")),
        with("level", json!("3")),
        with("level", json!([1, 3])),
    ] {
        assert_eq!(status(more.clone()).await, 200, "{more}");
    }
    for more in [
        json!({}),
        with("scope", json!("openid accounts:readonly")),
        with("scope", Value::Null),
        with("realm", json!({ "roles": ["guest"] })),
        with("realm", json!("clerk")),
        with("verified", json!(false)),
        with("level", json!(4)),
    ] {
        assert_eq!(status(more.clone()).await, 403, "{more}");
    }
}

#[tokio::test]
async fn a_token_stands_where_the_mapping_says() {
    let bench = Bench::start().await;
    let key = Key::ec("one");
    let token = key.signs(&claims(&json!({})));

    map(&bench, &[&key], json!({ "from": { "header": "x-token" } })).await;
    let answer = bench.get_with("/m/echo", &[("x-token", &token)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    assert_eq!(seen(&answer, "x-token"), [""; 0]);
    assert_eq!(get(&bench, "/m/x", &token, &[]).await.status, StatusCode::UNAUTHORIZED);

    map(&bench, &[&key], json!({ "from": { "query": "token" } })).await;
    let answer = bench.get(&format!("/m/x?a=1&token={token}&b=2")).await;
    assert_eq!(answer.body, "usersvc /x?a=1&b=2");

    map(&bench, &[&key], json!({ "from": { "cookie": "session" } })).await;
    let answer = bench.get_with("/m/x", &[("cookie", &format!("a=1; session={token}"))]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    assert_eq!(bench.get("/m/x").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_the_gateway_answers_itself_is_guarded_as_well() {
    let bench = Bench::start().await;
    let key = Key::ec("one");
    let jwt = json!({ "issuer": ISSUER, "jwks": { "keys": [key.public()] } });
    bench.map(json!({ "respond": { "status": 200, "body": "in" }, "auth": { "jwt": jwt } })).await;

    let without = bench.get("/m/x").await;
    let with = get(&bench, "/m/x", &key.signs(&claims(&json!({}))), &[]).await;

    assert_eq!(without.status, StatusCode::UNAUTHORIZED, "{without}");
    assert_eq!(with.body, "in");
}
