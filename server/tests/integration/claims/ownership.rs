//! Claims, grants and who may write in them.

use chancery::auth::settings::ClaimPolicy;
use chrono::TimeDelta;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use super::world::{World, expect, refused};

#[tokio::test]
async fn what_one_team_has_mapped_no_other_writes_by_any_way() {
    let world = World::new().await;
    expect(&world.put("alan", "user", "/user/", "accounts").await, StatusCode::CREATED);

    let native = world.put("grace", "mine", "/user/x/", "shop").await;
    let article = json!({ "prefix": "/user/y", "service": "127.0.0.1:9" });
    let article = world.post("shop-token", "/ambassador/mapping/mine", article).await;
    let body = json!({ "name": "mine", "prefix": "/user/z/", "service": "127.0.0.1:9" });
    let created = world.post("grace", "/api/v1/mappings", body).await;
    let around = world.put("grace", "mine", "/", "shop").await;
    let taken = world.put("grace", "mine", "/user/", "shop").await;

    refused(&native, StatusCode::FORBIDDEN, "claimed");
    let said = native.json();
    assert!(said["detail"].as_str().unwrap().contains("`accounts` (#accounts)"), "{native}");
    expect(&article, StatusCode::FORBIDDEN);
    assert_eq!(article.json()["ok"], false, "{article}");
    refused(&created, StatusCode::FORBIDDEN, "claimed");
    refused(&around, StatusCode::FORBIDDEN, "not-claimable");
    refused(&taken, StatusCode::CONFLICT, "prefix-taken");
    assert!(taken.body.contains("by the team `accounts`"), "{taken}");
    assert!(!taken.body.contains("`user`"), "it must not name the mapping: {taken}");
    expect(&world.get("grace", "/api/v1/mappings/mine").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_first_mapping_claims_its_place_and_the_plan_says_so() {
    let world = World::new().await;
    let body = json!({ "name": "user", "prefix": "/user/", "service": "127.0.0.1:9" });

    let plan = world.post("alan", "/api/v1/mappings?dry_run=true", body.clone()).await;
    let written = world.post("alan", "/api/v1/mappings", body).await;
    let claims = world.get("edsger", "/api/v1/claims").await.json();

    let codes: Vec<_> = plan.json()["warnings"].as_array().unwrap().to_vec();
    assert!(codes.iter().any(|warning| warning["code"] == "claims"), "{plan}");
    expect(&written, StatusCode::CREATED);
    assert_eq!(claims["items"][0]["team"], "accounts");
    assert_eq!(claims["items"][0]["prefix"], "/user/");
    // who is in neither team learns nothing more
    assert_eq!(claims["items"][0]["created_by"], "");
    assert_eq!(claims["items"][0]["may_decide"], false);
}

#[tokio::test]
async fn a_grant_lets_another_team_in_until_it_ends_by_the_clock() {
    let world = World::new().await;
    let claim = world.claim("ada", "accounts", "/user/").await;
    let grants = format!("/api/v1/claims/{claim}/grants");
    let until = world.in_days(1);
    let body = json!({ "team": "shop", "prefix": "/user/avatars", "until": until });

    expect(&world.post("alan", &grants, body.clone()).await, StatusCode::FORBIDDEN);
    expect(&world.post("ada", &grants, body).await, StatusCode::CREATED);
    let beside = world.put("grace", "other", "/user/names/", "shop").await;
    let inside = world.put("grace", "avatars", "/user/avatars/big/", "shop").await;
    let foreign = world.get("ada", &format!("/api/v1/claims/{claim}")).await.json();
    refused(&beside, StatusCode::FORBIDDEN, "claimed");
    expect(&inside, StatusCode::CREATED);
    let expected = json!([{
        "mapping": "avatars", "prefix": "/user/avatars/big/", "team": "shop", "is_granted": true,
    }]);
    assert_eq!(foreign["foreign"], expected);

    world.clock.advance(TimeDelta::days(1));

    let change = json!({ "service": "127.0.0.1:10" });
    let path = "/api/v1/mappings/avatars";
    let changed = world.send("grace", Method::PATCH, path, change.clone()).await;
    let planned = world.send("grace", Method::PATCH, &format!("{path}?dry_run=true"), change).await;
    let token = json!({ "prefix": "/user/avatars/big/", "service": "127.0.0.1:11" });
    let by_token = world.post("shop-token", "/ambassador/mapping/avatars", token).await;
    let shown = world.get("grace", path).await.json();
    refused(&changed, StatusCode::FORBIDDEN, "claimed");
    refused(&planned, StatusCode::FORBIDDEN, "claimed");
    assert_eq!(planned.json()["detail"], changed.json()["detail"]);
    expect(&by_token, StatusCode::FORBIDDEN);
    assert_eq!(shown["warnings"][0]["code"], "grant-ended", "{shown}");
    expect(&world.delete("grace", path).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_owner_takes_over_what_no_grant_covers_any_more() {
    let world = World::new().await;
    let claim = world.claim("ada", "accounts", "/user/").await;
    let path = format!("/api/v1/claims/{claim}");
    let grant = world.post("ada", &format!("{path}/grants"), json!({ "team": "shop" })).await;
    let grant = grant.json()["grants"][0]["id"].as_u64().unwrap();
    expect(&world.put("grace", "avatars", "/user/avatars/", "shop").await, StatusCode::CREATED);
    let path_of_taking = take_over(claim);
    let take = |who| world.post(who, &path_of_taking, json!({ "mapping": "avatars" }));

    refused(&take("ada").await, StatusCode::CONFLICT, "granted");
    expect(&world.delete("ada", &format!("{path}/grants/{grant}")).await, StatusCode::NO_CONTENT);
    expect(&take("grace").await, StatusCode::FORBIDDEN);
    let taken = take("ada").await;

    expect(&taken, StatusCode::OK);
    assert_eq!(taken.json()["foreign"], json!([]));
    assert_eq!(world.get("ada", "/api/v1/mappings/avatars").await.json()["team"], "accounts");
    expect(&world.get("grace", "/api/v1/mappings/avatars").await, StatusCode::NOT_FOUND);
    let unknown = world.post("ada", &take_over(claim), json!({ "mapping": "none" })).await;
    refused(&unknown, StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
}

fn take_over(claim: u64) -> String {
    format!("/api/v1/claims/{claim}/take-over")
}

#[tokio::test]
async fn places_that_meet_another_teams_are_refused_with_its_name() {
    let world = World::new().await;
    world.claim("ada", "accounts", "/a/b/").await;
    let claim = |who: &'static str, team: &'static str, prefix: &'static str| {
        world.post(who, "/api/v1/claims", json!({ "team": team, "prefix": prefix }))
    };

    let same = claim("grace", "shop", "/a/b").await;
    let inside = claim("grace", "shop", "/a/b/c/").await;
    let around = claim("grace", "shop", "/a/").await;
    let root = claim("grace", "shop", "/").await;
    let foreign = claim("grace", "accounts", "/free/").await;
    let as_editor = claim("alan", "accounts", "/free/").await;
    let by_token = claim("shop-token", "shop", "/free/").await;

    refused(&same, StatusCode::CONFLICT, "taken");
    assert!(same.body.contains("`accounts`"), "{same}");
    refused(&inside, StatusCode::FORBIDDEN, "claimed");
    refused(&around, StatusCode::FORBIDDEN, "not-claimable");
    refused(&root, StatusCode::FORBIDDEN, "not-claimable");
    refused(&foreign, StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    refused(&as_editor, StatusCode::FORBIDDEN, "forbidden");
    refused(&by_token, StatusCode::FORBIDDEN, "forbidden");
    expect(&claim("ada", "accounts", "/a/b/c/").await, StatusCode::CREATED);
    expect(&claim("root", "shop", "/a/").await, StatusCode::CREATED);
}

#[tokio::test]
async fn a_claim_of_one_host_keeps_others_from_claiming_every_host_there() {
    let world = World::new().await;
    let body = json!({ "team": "accounts", "prefix": "/", "host": "API.example.com" });
    expect(&world.post("root", "/api/v1/claims", body).await, StatusCode::CREATED);

    let mapped = world.put("grace", "shop", "/shop/", "shop").await;
    let owner = world.get("grace", "/api/v1/owner?url=https://api.example.com/shop/1").await.json();
    let elsewhere = world.get("grace", "/api/v1/owner?url=/shop/1").await.json();

    refused(&mapped, StatusCode::FORBIDDEN, "claimed");
    assert!(mapped.body.contains("`api.example.com/`"), "{mapped}");
    assert_eq!(owner["owner"]["team"], "accounts", "{owner}");
    assert_eq!(elsewhere["owner"], Value::Null, "{elsewhere}");
}

#[tokio::test]
async fn where_claims_are_required_nothing_is_mapped_without_one() {
    let world = World::with(ClaimPolicy::Required).await;

    refused(
        &world.put("grace", "shop", "/shop/", "shop").await,
        StatusCode::FORBIDDEN,
        "unclaimed",
    );
    let body = json!({ "team": "shop", "prefix": "/shop/" });
    refused(&world.post("grace", "/api/v1/claims", body).await, StatusCode::FORBIDDEN, "unclaimed");
    world.claim("root", "shop", "/shop/").await;
    expect(&world.put("grace", "shop", "/shop/", "shop").await, StatusCode::CREATED);
}

#[tokio::test]
async fn everyone_may_ask_whose_a_url_is_and_only_who_sees_the_mapping_is_told_of_it() {
    let world = World::new().await;
    expect(&world.put("alan", "user", "/user/", "accounts").await, StatusCode::CREATED);
    let url = "/api/v1/owner?url=https%3A%2F%2Fgw.example%3A8080%2F%2Fuser%2F%2E%2Fx%3Fy";

    let own = world.get("alan", url).await.json();
    let other = world.get("edsger", url).await.json();
    let nobodys = world.get("edsger", "/api/v1/owner?url=/users").await.json();
    let malformed = world.get("edsger", "/api/v1/owner?url=http://a_b/").await;
    let missing = world.get("edsger", "/api/v1/owner").await;

    assert_eq!(own["mapping"]["name"], "user");
    assert_eq!((&own["host"], &own["path"]), (&json!("gw.example"), &json!("/user/x")));
    assert_eq!(other["owner"]["team"], "accounts");
    assert_eq!(other["owner"]["contact"], "#accounts");
    assert_eq!((&other["is_served"], &other["mapping"]), (&json!(true), &Value::Null));
    assert_eq!((&nobodys["is_served"], &nobodys["owner"]), (&json!(false), &Value::Null));
    refused(&malformed, StatusCode::BAD_REQUEST, "invalid-query");
    refused(&missing, StatusCode::BAD_REQUEST, "invalid-query");
}

#[rstest]
#[case(json!({ "team": "shop", "until": "2020-01-01T00:00:00Z" }), "/until")]
#[case(json!({ "team": "shop", "until": "2090-01-01T00:00:00Z" }), "/until")]
#[case(json!({ "team": "shop", "until": "tomorrow" }), "/until")]
#[case(json!({ "team": "shop", "prefix": "/other/" }), "/prefix")]
#[case(json!({ "team": "accounts" }), "/team")]
#[case(json!({ "team": "nobody" }), "/team")]
#[case(json!({ "team": "shop", "for": "ever" }), "/for")]
#[tokio::test]
async fn a_grant_that_makes_no_sense_is_refused_by_its_field(
    #[case] body: Value,
    #[case] pointer: &str,
) {
    let world = World::new().await;
    let claim = world.claim("ada", "accounts", "/user/").await;

    let answer = world.post("ada", &format!("/api/v1/claims/{claim}/grants"), body).await;

    refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{answer}");
}

#[tokio::test]
async fn a_plan_tells_of_foreign_mappings_only_that_they_are_touched() {
    let world = World::new().await;
    let claim = world.claim("ada", "accounts", "/user/").await;
    expect(&world.put("ada", "secret-name", "/user/", "accounts").await, StatusCode::CREATED);
    let grants = format!("/api/v1/claims/{claim}/grants");
    expect(&world.post("ada", &grants, json!({ "team": "shop" })).await, StatusCode::CREATED);
    let body = json!({ "name": "mine", "prefix": "/user/x/", "service": "127.0.0.1:9" });

    let plan = world.post("grace", "/api/v1/mappings?dry_run=true", body).await;

    expect(&plan, StatusCode::OK);
    assert!(!plan.body.contains("secret-name"), "{plan}");
    assert_eq!(plan.json()["affected"][0]["team"], "accounts", "{plan}");
    assert!(plan.body.contains("go to a mapping of the team `accounts` now"), "{plan}");
    assert!(plan.body.contains("\"granted\""), "{plan}");
}

#[tokio::test]
async fn lists_come_in_pages_and_what_is_unknown_is_refused() {
    let world = World::new().await;
    for place in ["/c/", "/a/", "/b/"] {
        world.claim("ada", "accounts", place).await;
    }

    let first = world.get("grace", "/api/v1/claims?limit=2").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = world.get("grace", &format!("/api/v1/claims?limit=2&cursor={cursor}")).await.json();
    let found = world.get("grace", "/api/v1/claims?q=B%2F&team=accounts").await.json();
    let wrong = world.get("grace", "/api/v1/claims?cursor=%25&x=1").await;

    let places = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|claim| claim["prefix"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(places(&first), ["/a/", "/b/"]);
    assert_eq!(places(&rest), ["/c/"]);
    assert_eq!((places(&found), &found["matched"]), (vec!["/b/".to_owned()], &json!(1)));
    refused(&wrong, StatusCode::BAD_REQUEST, "invalid-query");
    refused(&world.get("ada", "/api/v1/claims/7").await, StatusCode::NOT_FOUND, "not-found");
}
