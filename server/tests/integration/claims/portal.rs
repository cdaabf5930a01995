//! The pages of ownership: what their plain forms do.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{World, expect};
use crate::support::client::Answer;

fn location(answer: &Answer) -> String {
    expect(answer, StatusCode::SEE_OTHER);
    answer.headers["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_claim_is_made_granted_and_given_up_by_forms() {
    let world = World::new().await;
    let form = |who: &'static str, path: String, fields: Vec<(&'static str, String)>| {
        let world = &world;
        async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
            world.form(who, &path, &fields).await
        }
    };
    let fields = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };

    let create = fields(&[("do", "claim.create"), ("team", "accounts"), ("prefix", "/user")]);
    let page = location(&form("ada", "/claims".to_owned(), create.clone()).await);
    let twice = form("ada", "/claims".to_owned(), create).await;
    let day = world.in_days(3);
    let grant = [("do", "grant.create"), ("team", "shop"), ("until", day.get(..10).unwrap())];
    let granted = form("ada", page.clone(), fields(&grant)).await;
    let past = [("do", "grant.create"), ("team", "shop"), ("until", "2020-01-01")];
    let past = form("ada", page.clone(), fields(&past)).await;
    let shown = world.get("ada", &page).await;
    let to_others = world.get("edsger", &page).await;

    expect(&twice, StatusCode::CONFLICT);
    assert!(twice.body.contains("is claimed already"), "{twice}");
    assert_eq!(location(&granted), page);
    expect(&past, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(past.body.contains("has passed already"), "{past}");
    assert!(past.body.contains("value=\"2020-01-01\""), "what was typed is kept: {past}");
    assert!(shown.body.contains("data-grant=\"shop\""), "{shown}");
    assert!(!to_others.body.contains("grant.create"), "{to_others}");
    let given_up = form("ada", page, fields(&[("do", "claim.delete")])).await;
    assert_eq!(location(&given_up), "/claims");
    assert_eq!(world.get("ada", "/api/v1/claims").await.json()["matched"], 0);
}

#[tokio::test]
async fn a_save_in_a_protected_place_leads_to_its_request_which_another_approves() {
    let world = World::new().await;
    world.protect("/pay/", 1).await;
    let mapping = [("name", "pay"), ("prefix", "/pay/"), ("service", "127.0.0.1:9")];
    let step = |step: &'static str| [&mapping[..], &[("step", step)]].concat();

    let review = world.form("grace", "/mappings/new", &step("review")).await;
    let page = location(&world.form("grace", "/mappings/new", &step("apply")).await);
    let inbox = world.get("barbara", "/requests").await;
    let own = world.form("grace", &page, &[("do", "request.approve")]).await;
    let approved = world.form("barbara", &page, &[("do", "request.approve")]).await;

    assert!(review.body.contains("data-code=\"needs-approval\""), "{review}");
    assert!(page.starts_with("/requests/"), "{page}");
    assert!(inbox.body.contains("Create pay") && inbox.body.contains("To decide (1)"), "{inbox}");
    expect(&own, StatusCode::FORBIDDEN);
    assert_eq!(location(&approved), page);
    assert_eq!(world.get("grace", "/api/v1/mappings/pay").await.json()["team"], "shop");
    let hidden = world.get("alan", &page).await;
    expect(&hidden, StatusCode::NOT_FOUND);
    let deletion = [("revision", "1"), ("step", "")];
    let asked = location(&world.form("grace", "/mappings/pay/delete", &deletion).await);
    assert!(asked.starts_with("/requests/"), "{asked}");
}

#[tokio::test]
async fn the_form_tells_whose_a_refused_place_is_and_asks_for_the_team_where_there_is_a_choice() {
    let world = World::new().await;
    world.claim("ada", "accounts", "/user/").await;
    let fields = [("name", "x"), ("prefix", "/user/x/"), ("service", "a"), ("step", "apply")];

    let refused = world.form("grace", "/mappings/new", &fields).await;
    let of_one = world.get("grace", "/mappings/new").await;
    let of_all = world.get("root", "/mappings/new").await;

    expect(&refused, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("(#accounts)"), "{refused}");
    assert!(!of_one.body.contains("id=\"team\""), "{of_one}");
    assert!(of_all.body.contains("id=\"team\"") && of_all.body.contains("<datalist id=\"teams\""));
    let to = [&fields[..], &[("team", "accounts")]].concat();
    assert_eq!(location(&world.form("root", "/mappings/new", &to).await), "/mappings/x");
}

#[tokio::test]
async fn every_page_of_ownership_is_there_for_everyone_who_has_signed_in() {
    let world = World::new().await;
    let claim = world.claim("ada", "accounts", "/user/").await;
    for path in ["/owner", "/owner?url=/user/1", "/claims", "/requests", "/protections"] {
        for who in ["edsger", "ada", "root"] {
            expect(&world.get(who, path).await, StatusCode::OK);
        }
    }
    let owner = world.get("edsger", "/owner?url=https://x.example/user/1").await;
    assert!(owner.body.contains("It belongs to accounts"), "{owner}");
    let ask = [("do", "claim.ask-for"), ("team", "shop"), ("note", "ours now")];
    let asked = location(&world.form("grace", &format!("/claims/{claim}"), &ask).await);
    let shown = world.get("ada", &asked).await;
    assert!(shown.body.contains("ours now"), "{shown}");
    let wrong = world.get("edsger", "/owner?url=http%3A%2F%2Fa_b%2F").await;
    expect(&wrong, StatusCode::BAD_REQUEST);
    expect(&world.get("edsger", "/claims/999").await, StatusCode::NOT_FOUND);
    let post = world.send("edsger", Method::POST, "/claims", Value::Null).await;
    assert!(post.status.is_client_error(), "{post}");
    let own = json!({ "kind": "change", "claim": claim, "team": "shop" });
    expect(&world.post("grace", "/api/v1/requests", own).await, StatusCode::UNPROCESSABLE_ENTITY);
}
