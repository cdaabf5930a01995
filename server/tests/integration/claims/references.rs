//! What mappings name of certificates and trust bundles: whose it must be, and that it stays.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::world::{World, expect, refused};
use crate::support::{
    client::Answer,
    tls::{Authority, Issued},
};

const BUNDLE: &str = "/api/v1/trust-bundles/internal-ca";
const CERTIFICATE: &str = "/api/v1/certificates/client";

fn certificate(issued: &Issued, team: Option<&str>) -> Value {
    json!({ "chain": issued.chain, "private_key": issued.key, "team": team })
}

async fn map(world: &World, who: &str, name: &str, team: &str, upstream_tls: Value) -> Answer {
    let body = json!({
        "prefix": format!("/{name}/"), "service": "https://127.0.0.1:9", "team": team,
        "upstream_tls": upstream_tls,
    });
    world.send(who, Method::PUT, &format!("/api/v1/mappings/{name}"), body).await
}

fn pointers(answer: &Answer) -> Vec<String> {
    expect(answer, StatusCode::UNPROCESSABLE_ENTITY);
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_mapping_names_only_what_is_there_and_its_teams_or_the_installations() {
    let world = World::new().await;
    let authority = Authority::new("Internal");
    let both = json!({ "trust_bundle": "internal-ca", "client_certificate": "client" });
    let places = ["/upstream_tls/trust_bundle", "/upstream_tls/client_certificate"];

    let nothing = map(&world, "alan", "user", "accounts", both.clone()).await;
    let body = json!({ "pem": authority.pem(), "team": "accounts" });
    let bundle = world.send("root", Method::PUT, BUNDLE, body).await;
    let body = certificate(&authority.issues(&["gateway.internal"]), Some("accounts"));
    let client = world.send("root", Method::PUT, CERTIFICATE, body).await;
    let own = map(&world, "alan", "user", "accounts", both.clone()).await;
    let anothers = map(&world, "grace", "cart", "shop", both.clone()).await;
    let by_admin = map(&world, "root", "cart", "shop", both.clone()).await;

    assert_eq!(pointers(&nothing), places);
    assert!(nothing.body.contains("there is none of this name"), "{nothing}");
    expect(&bundle, StatusCode::CREATED);
    expect(&client, StatusCode::CREATED);
    expect(&own, StatusCode::CREATED);
    assert_eq!(pointers(&anothers), places);
    assert!(anothers.body.contains("of the team `accounts`"), "{anothers}");
    // who writes it matters not: the mapping's team would show the certificate
    assert_eq!(pointers(&by_admin), places);
    let move_it = json!({ "team": "shop" });
    let headers = world.send("root", Method::PATCH, "/api/v1/mappings/user", move_it).await;
    expect(&headers, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_a_mapping_names_stays_and_stays_its_teams() {
    let world = World::new().await;
    let authority = Authority::new("Internal");
    let issued = authority.issues(&["gateway.internal"]);
    let body = json!({ "pem": authority.pem() });
    expect(&world.send("root", Method::PUT, BUNDLE, body).await, StatusCode::CREATED);
    let put = async |team: Option<&str>| {
        world.send("root", Method::PUT, CERTIFICATE, certificate(&issued, team)).await
    };
    expect(&put(None).await, StatusCode::CREATED);
    let both = json!({ "trust_bundle": "internal-ca", "client_certificate": "client" });
    expect(&map(&world, "alan", "user", "accounts", both).await, StatusCode::CREATED);

    for path in [BUNDLE, CERTIFICATE] {
        let seen = world.get("root", path).await.json();
        assert_eq!(seen["used_by"], json!(["mapping `user`"]), "{seen}");
        let hidden = world.get("grace", path).await.json();
        assert_eq!(hidden["used_by"], json!(["mapping of another team"]), "{hidden}");
        let plan = world.delete("root", &format!("{path}?dry_run=true")).await;
        for answer in [plan, world.delete("root", path).await] {
            refused(&answer, StatusCode::CONFLICT, "in-use");
            assert!(answer.body.contains("mapping `user`"), "{answer}");
        }
    }
    refused(&put(Some("shop")).await, StatusCode::CONFLICT, "in-use");
    expect(&put(Some("accounts")).await, StatusCode::OK);

    let without = json!({ "upstream_tls": null });
    let path = "/api/v1/mappings/user";
    expect(&world.send("alan", Method::PATCH, path, without).await, StatusCode::OK);
    expect(&put(Some("shop")).await, StatusCode::OK);
    for path in [BUNDLE, CERTIFICATE] {
        expect(&world.delete("root", path).await, StatusCode::NO_CONTENT);
    }
}
