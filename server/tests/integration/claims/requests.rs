//! Changes that others must agree to, and claims that are handed over.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{World, expect, refused};
use crate::support::client::Answer;

/// Returns the address of the request that an answer names.
fn request(answer: &Answer) -> String {
    expect(answer, StatusCode::ACCEPTED);
    let location = answer.headers["location"].to_str().unwrap();
    assert!(location.starts_with("/api/v1/requests/"), "{location}");
    location.to_owned()
}

async fn approve(world: &World, who: &str, request: &str) -> Answer {
    world.post(who, &format!("{request}/approve"), Value::Null).await
}

async fn service(world: &World, who: &str, mapping: &str) -> Value {
    world.get(who, &format!("/api/v1/mappings/{mapping}")).await.json()["service"].clone()
}

#[tokio::test]
async fn a_change_in_a_protected_place_happens_once_enough_others_agree() {
    let world = World::new().await;
    expect(&world.put("grace", "pay", "/pay/", "shop").await, StatusCode::CREATED);
    world.protect("/pay/", 2).await;
    let path = "/api/v1/mappings/pay";
    let change = json!({ "service": "127.0.0.1:10" });

    let plan =
        world.send("grace", Method::PATCH, &format!("{path}?dry_run=true"), change.clone()).await;
    let asked = request(&world.send("grace", Method::PATCH, path, change.clone()).await);
    let again = request(&world.send("grace", Method::PATCH, path, change).await);
    let shown = world.get("barbara", &asked).await.json();

    assert!(plan.body.contains("\"needs-approval\""), "{plan}");
    assert!(plan.body.contains("2 owners of the team `security`"), "{plan}");
    assert_eq!(asked, again, "the same change is the same request");
    assert_eq!(shown["diff"][0]["after"], "127.0.0.1:10", "{shown}");
    assert_eq!(shown["plan"]["action"], "replace", "{shown}");
    assert_eq!(shown["may_decide"], true);
    refused(&approve(&world, "grace", &asked).await, StatusCode::FORBIDDEN, "forbidden");
    expect(&approve(&world, "alan", &asked).await, StatusCode::NOT_FOUND);
    expect(&world.get("alan", &asked).await, StatusCode::NOT_FOUND);

    let first = approve(&world, "barbara", &asked).await;
    expect(&first, StatusCode::OK);
    assert_eq!(first.json()["state"], "open");
    let twice = approve(&world, "barbara", &asked).await;
    refused(&twice, StatusCode::CONFLICT, "agreed-already");
    assert_eq!(service(&world, "grace", "pay").await, "127.0.0.1:9");
    let last = approve(&world, "dorothy", &asked).await;

    expect(&last, StatusCode::OK);
    assert_eq!(last.json()["state"], "approved");
    assert_eq!(service(&world, "grace", "pay").await, "127.0.0.1:10");
    refused(&approve(&world, "barbara", &asked).await, StatusCode::CONFLICT, "closed");
}

#[tokio::test]
async fn no_way_leads_round_a_protection() {
    let world = World::new().await;
    expect(&world.put("grace", "pay", "/pay/", "shop").await, StatusCode::CREATED);
    expect(&world.put("grace", "open", "/open/", "shop").await, StatusCode::CREATED);
    world.protect("/pay/", 1).await;
    let body = json!({ "prefix": "/pay/", "service": "127.0.0.1:10" });

    let article = world.post("shop-token", "/ambassador/mapping/pay", body).await;
    let deleted = world.delete("shop-token", "/ambassador/mapping/pay").await;
    let native = world.delete("grace", "/api/v1/mappings/pay").await;
    let by_admin = world.put("root", "pay", "/pay/next/", "shop").await;
    let moved_in = world.put("grace", "open", "/pay/open/", "shop").await;
    let moved_out = world.put("grace", "pay", "/elsewhere/", "shop").await;
    let new = json!({ "name": "new", "prefix": "/pay/new", "service": "127.0.0.1:9" });
    let created = world.post("grace", "/api/v1/mappings", new).await;

    for article in [&article, &deleted] {
        expect(article, StatusCode::ACCEPTED);
        let said = article.json();
        assert_eq!(said["ok"], true, "{article}");
        assert!(said["request"].is_u64() && said["msg"].is_string(), "{article}");
    }
    for native in [&native, &by_admin, &moved_in, &moved_out, &created] {
        request(native);
    }
    let mappings = world.get("grace", "/api/v1/mappings").await.json();
    let shown: Vec<_> = mappings["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["mapping"]["prefix"].clone(), item["mapping"]["service"].clone()))
        .collect();
    let same = json!("127.0.0.1:9");
    assert_eq!(shown, [(json!("/open/"), same.clone()), (json!("/pay/"), same)]);
    // the admin asked, so that another must agree
    let asked = request(&by_admin);
    refused(&approve(&world, "root", &asked).await, StatusCode::FORBIDDEN, "forbidden");
}

#[tokio::test]
async fn a_deletion_is_agreed_to_like_any_change() {
    let world = World::new().await;
    expect(&world.put("grace", "pay", "/pay/", "shop").await, StatusCode::CREATED);
    world.protect("/", 1).await;

    let asked = request(&world.delete("grace", "/api/v1/mappings/pay").await);
    let done = approve(&world, "root", &asked).await;

    expect(&done, StatusCode::OK);
    assert_eq!(done.json()["diff"][0]["field"], "name");
    expect(&world.get("grace", "/api/v1/mappings/pay").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_request_against_what_has_changed_meanwhile_is_closed_as_stale() {
    let world = World::new().await;
    expect(&world.put("grace", "pay", "/pay/", "shop").await, StatusCode::CREATED);
    let protection = world.protect("/pay/", 1).await;
    let path = "/api/v1/mappings/pay";
    let patch = |service: &str| json!({ "service": service });
    let first = request(&world.send("grace", Method::PATCH, path, patch("127.0.0.1:10")).await);
    let second = request(&world.send("grace", Method::PATCH, path, patch("127.0.0.1:11")).await);
    expect(&approve(&world, "barbara", &first).await, StatusCode::OK);

    let obstacle = world.get("barbara", &second).await.json()["obstacle"].clone();
    let stale = approve(&world, "barbara", &second).await;
    let shown = world.get("grace", &second).await.json();

    assert!(obstacle.as_str().unwrap().contains("was changed since"), "{obstacle}");
    refused(&stale, StatusCode::CONFLICT, "stale-request");
    assert_eq!(shown["state"], "stale");
    assert!(shown["closed_because"].as_str().unwrap().contains("was changed since"), "{shown}");
    assert_eq!(service(&world, "grace", "pay").await, "127.0.0.1:10");

    // who protects the place by now is asked anew
    let third = request(&world.send("grace", Method::PATCH, path, patch("127.0.0.1:12")).await);
    let delete = format!("/api/v1/protections/{protection}");
    expect(&world.delete("root", &delete).await, StatusCode::NO_CONTENT);
    world.protect("/pay/", 2).await;
    refused(&approve(&world, "barbara", &third).await, StatusCode::CONFLICT, "stale-request");
    assert_eq!(service(&world, "grace", "pay").await, "127.0.0.1:10");
}

#[tokio::test]
async fn what_its_author_may_no_longer_do_is_not_done_in_their_name() {
    let world = World::new().await;
    let claim = world.claim("ada", "accounts", "/user/").await;
    let grants = format!("/api/v1/claims/{claim}/grants");
    let until = world.in_days(1);
    let body = json!({ "team": "shop", "until": until });
    expect(&world.post("ada", &grants, body).await, StatusCode::CREATED);
    world.protect("/user/", 1).await;
    let asked = request(&world.put("grace", "avatars", "/user/avatars/", "shop").await);

    world.clock.advance(chrono::TimeDelta::days(1));
    let stale = approve(&world, "barbara", &asked).await;

    refused(&stale, StatusCode::CONFLICT, "stale-request");
    assert!(stale.body.contains("belongs to the team `accounts`"), "{stale}");
    expect(&world.get("grace", "/api/v1/mappings/avatars").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_request_is_refused_with_a_reason_or_taken_back() {
    let world = World::new().await;
    world.protect("/pay/", 1).await;
    let one = request(&world.put("grace", "one", "/pay/one/", "shop").await);
    let two = request(&world.put("shop-token", "two", "/pay/two/", "shop").await);

    let by_viewer = world.post("edsger", &format!("{two}/withdraw"), Value::Null).await;
    let withdrawn = world.post("grace", &format!("{two}/withdraw"), Value::Null).await;
    let reason = json!({ "reason": "not today" });
    let refused_it = world.post("barbara", &format!("{one}/refuse"), reason).await;
    let open = world.get("barbara", "/api/v1/requests?to_decide=true").await.json();
    let all = world.get("grace", "/api/v1/requests?limit=1").await.json();
    let cursor = all["next_cursor"].as_str().unwrap();
    let rest = world.get("grace", &format!("/api/v1/requests?cursor={cursor}")).await.json();
    let mine = world.get("grace", "/api/v1/requests?mine=true&state=refused&team=shop").await;

    refused(&by_viewer, StatusCode::FORBIDDEN, "forbidden");
    assert_eq!(withdrawn.json()["closed_because"], "withdrawn by grace");
    assert_eq!(refused_it.json()["closed_because"], "refused by barbara: not today");
    assert_eq!((&open["matched"], &open["waiting"]), (&json!(0), &json!(0)));
    assert_eq!((&all["matched"], &all["items"][0]["mapping"]), (&json!(2), &json!("two")));
    assert_eq!(rest["items"][0]["mapping"], "one");
    assert_eq!(mine.json()["matched"], 1);
    assert_eq!(world.get("alan", "/api/v1/requests").await.json()["matched"], 0);
}

#[tokio::test]
async fn a_claim_is_handed_over_with_the_mappings_in_it() {
    let world = World::new().await;
    expect(&world.put("alan", "user", "/user/", "accounts").await, StatusCode::CREATED);
    expect(&world.put("alan", "names", "/user/names/", "accounts").await, StatusCode::CREATED);
    expect(&world.put("alan", "other", "/other/", "accounts").await, StatusCode::CREATED);
    let claims = world.get("grace", "/api/v1/claims?q=/user").await.json();
    let claim = claims["items"][0]["id"].as_u64().unwrap();
    let body = json!({ "kind": "transfer", "claim": claim, "team": "shop", "note": "ours now" });

    let by_viewer = world.post("edsger", "/api/v1/requests", body.clone()).await;
    let asked = world.post("grace", "/api/v1/requests", body.clone()).await;
    let again = world.post("grace", "/api/v1/requests", body).await;
    expect(&asked, StatusCode::CREATED);
    let asked = asked.headers["location"].to_str().unwrap();
    let by_asker = approve(&world, "grace", asked).await;
    let done = approve(&world, "ada", asked).await;

    refused(&by_viewer, StatusCode::FORBIDDEN, "forbidden");
    assert_eq!(again.headers["location"], asked);
    refused(&by_asker, StatusCode::FORBIDDEN, "forbidden");
    expect(&done, StatusCode::OK);
    let team = async |who: &str, mapping: &str| {
        let answer = world.get(who, &format!("/api/v1/mappings/{mapping}")).await;
        (answer.status == StatusCode::OK).then(|| answer.json()["team"].clone())
    };
    assert_eq!(team("grace", "user").await, Some(json!("shop")));
    assert_eq!(team("grace", "names").await, Some(json!("shop")));
    assert_eq!(team("alan", "other").await, Some(json!("accounts")));
    assert_eq!(team("alan", "user").await, None);
    let owner = world.get("ada", "/api/v1/owner?url=/user/1").await.json();
    assert_eq!(owner["owner"]["team"], "shop");
}

#[tokio::test]
async fn only_an_admin_protects_a_place_and_only_a_place_that_is_not() {
    let world = World::new().await;
    world.protect("/pay/", 1).await;
    let create = |who: &'static str, body: Value| world.post(who, "/api/v1/protections", body);
    let body = |prefix: &str, team: &str, needed: u32| json!({ "prefix": prefix, "approvers": team, "needed": needed });

    let by_owner = create("barbara", body("/x/", "security", 1)).await;
    let twice = create("root", body("/pay", "security", 1)).await;
    let nobody = create("root", body("/x/", "nobody", 1)).await;
    let too_many = create("root", body("/x/", "security", 6)).await;
    let seen = world.get("edsger", "/api/v1/protections").await.json();

    refused(&by_owner, StatusCode::FORBIDDEN, "forbidden");
    refused(&twice, StatusCode::CONFLICT, "taken");
    refused(&nobody, StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    refused(&too_many, StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    assert_eq!(seen["items"].as_array().unwrap().len(), 1);
}
