//! Good and bad ID tokens, signed here.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{CoreEdDsaPrivateSigningKey, CoreHmacKey},
};
use rstest::rstest;
use serde_json::json;

use super::*;

const ISSUER: &str = "https://id.example.com";
const CLIENT: &str = "portal";
const NONCE: &str = "the nonce that was sent";
const ACCESS: &str = "an access token";
const SECRET: &str = "the secret of the client";

/// Makes a private key out of one byte: PKCS #8 around 32 of it.
fn key(byte: u8, id: &str) -> CoreEdDsaPrivateSigningKey {
    let prefix = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    let text = STANDARD.encode([&prefix[..], &[byte; 32]].concat());
    let kind = "PRIVATE KEY";
    let pem = format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n");
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(id.into()))).unwrap()
}

fn keys() -> CoreJsonWebKeySet {
    CoreJsonWebKeySet::new(vec![key(1, "first").as_verification_key()])
}

/// Returns what a good token says, at the time of `now`.
fn good(now: DateTime<Utc>) -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "ada", "nonce": NONCE,
        "iat": now.timestamp(), "exp": now.timestamp() + 300,
        "name": "Ada Lovelace", "groups": ["payments", "search"],
    })
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Writes a token: `alg` by `key`, or without a signature.
fn written(claims: &Value, header: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Token {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}").parse().unwrap()
}

fn signed_by(claims: &Value, key: &CoreEdDsaPrivateSigningKey, id: &str) -> Token {
    let sign = |message: &[u8]| key.sign(&CoreJwsSigningAlgorithm::EdDsa, message).unwrap();
    written(claims, &json!({"alg": "EdDSA", "kid": id}), sign)
}

fn signed(claims: &Value) -> Token {
    signed_by(claims, &key(1, "first"), "first")
}

fn judged(token: &Token, now: DateTime<Utc>) -> Result<Told, Doubt> {
    let expected = Expected {
        issuer: &IssuerUrl::new(ISSUER.into()).unwrap(),
        client_id: &ClientId::new(CLIENT.into()),
        nonce: &Nonce::new(NONCE.into()),
        access_token: &AccessToken::new(ACCESS.into()),
        now,
    };
    verify(token, &keys(), &expected)
}

fn refusal(token: &Token, now: DateTime<Utc>) -> String {
    match judged(token, now) {
        Err(Doubt::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_good_token_tells_who_they_are() {
    let now = Utc::now();

    let told = judged(&signed(&good(now)), now).unwrap();

    assert_eq!(told.subject, "ada");
    assert_eq!(told.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(told.groups("groups"), Ok(Some(vec!["payments".into(), "search".into()])));
}

#[rstest]
#[case("nonce", json!("of another sign-in"), "nonce mismatch")]
#[case("nonce", json!(null), "missing nonce")]
#[case("iss", json!("https://evil.example"), "issuer")]
#[case("iss", json!("https://id.example.com/"), "issuer")]
#[case("aud", json!("another client"), "audience")]
#[case("aud", json!([CLIENT, "another client"]), "audience")]
#[case("aud", json!([]), "audience")]
#[case("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "another access token")]
fn a_token_that_says_something_else_is_refused(
    #[case] claim: &str,
    #[case] value: Value,
    #[case] reason: &str,
) {
    let now = Utc::now();
    let mut claims = good(now);
    claims[claim] = value;

    let said = refusal(&signed(&claims), now);

    assert!(said.contains(reason), "{said}");
}

#[test]
fn a_token_is_good_until_it_expires_give_or_take_a_minute() {
    let now = Utc::now();
    let token = signed(&good(now));
    let seconds = chrono::TimeDelta::seconds;

    assert!(judged(&token, now + seconds(359)).is_ok());
    assert!(refusal(&token, now + seconds(361)).contains("Expired"));
    assert!(judged(&token, now - seconds(59)).is_ok());
    assert!(refusal(&token, now - seconds(62)).contains("future"));
}

#[test]
fn the_hash_of_the_access_token_is_compared() {
    let now = Utc::now();
    let access = AccessToken::new(ACCESS.into());
    let public = key(1, "first").as_verification_key();
    let hash =
        AccessTokenHash::from_token(&access, &CoreJwsSigningAlgorithm::EdDsa, &public).unwrap();
    let mut claims = good(now);
    claims["at_hash"] = json!(hash);

    assert!(judged(&signed(&claims), now).is_ok());
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let now = Utc::now();

    let token = format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(&good(now)));

    assert_eq!(refusal(&token.parse().unwrap(), now), "No signature found");
}

#[test]
fn a_token_signed_by_somebody_else_is_refused() {
    let now = Utc::now();

    let forged = signed_by(&good(now), &key(2, "first"), "first");

    assert!(refusal(&forged, now).contains("ignature"));
}

#[test]
fn a_token_that_was_changed_after_it_was_signed_is_refused() {
    let now = Utc::now();
    let token = signed(&good(now)).to_string();
    let mut claims = good(now);
    claims["groups"] = json!(["admins"]);
    let parts: Vec<_> = token.split('.').collect();

    let changed: Token = format!("{}.{}.{}", parts[0], encoded(&claims), parts[2]).parse().unwrap();

    assert!(refusal(&changed, now).contains("ignature"));
}

#[test]
fn a_token_signed_with_the_clients_secret_is_refused() {
    let now = Utc::now();
    let sign = |message: &[u8]| {
        CoreHmacKey::new(SECRET).sign(&CoreJwsSigningAlgorithm::HmacSha256, message).unwrap()
    };

    let token = written(&good(now), &json!({"alg": "HS256", "kid": "first"}), sign);

    assert!(refusal(&token, now).contains("HS256"));
}

#[test]
fn a_key_that_is_not_known_may_be_a_new_one() {
    let now = Utc::now();

    let token = signed_by(&good(now), &key(2, "second"), "second");

    assert_eq!(judged(&token, now).unwrap_err(), Doubt::UnknownKey);
}

#[rstest]
#[case(json!({"groups": ["a", "b"]}), "groups", Some(vec!["a", "b"]))]
#[case(json!({"groups": "a"}), "groups", Some(vec!["a"]))]
#[case(json!({"groups": []}), "groups", Some(vec![]))]
#[case(json!({}), "groups", None)]
#[case(json!({"https://x.example/groups": ["a"]}), "https://x.example/groups", Some(vec!["a"]))]
#[case(json!({"realm_access": {"roles": ["a"]}}), "/realm_access/roles", Some(vec!["a"]))]
#[case(json!({"realm_access": {}}), "/realm_access/roles", None)]
fn groups_are_found_by_the_name_of_a_claim_or_a_pointer(
    #[case] claims: Value,
    #[case] claim: &str,
    #[case] groups: Option<Vec<&str>>,
) {
    let others = serde_json::from_value(claims).unwrap();

    let found = Told { others, ..Told::default() }.groups(claim).unwrap();

    assert_eq!(found.as_deref().map(|found| found.iter().map(String::as_str).collect()), groups);
}

#[rstest]
#[case(json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {}}))]
#[case(json!({"hasgroups": true}))]
#[case(json!({"groups": {"a": 1}}))]
fn groups_that_are_not_told_are_not_taken_for_none(#[case] claims: Value) {
    let others = serde_json::from_value(claims).unwrap();

    let found = Told { others, ..Told::default() }.groups("groups");

    assert!(matches!(found, Err(OidcError::Groups(_))), "{found:?}");
}
