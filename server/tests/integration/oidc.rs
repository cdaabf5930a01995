//! The OIDC client and a provider that misbehaves, which no real one does on demand. What a real
//! one does is tested in the browser, with `end2end/identity.ts`.

mod provider;

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chancery::auth::oidc::{
    Answer, ClientId, ClientSecret, Flow, FlowKey, Gives, GroupRule, Identity, Oidc, OidcError,
    OidcSettings,
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use self::provider::{CLIENT, Provider, SECRET};

/// A client of the provider at `issuer`.
fn client(issuer: &str) -> Oidc {
    let group = GroupRule { group: "ops".into(), gives: Gives::Admin };
    let settings = OidcSettings {
        name: "Example".into(),
        issuer: issuer.parse().unwrap(),
        client_id: ClientId::new(CLIENT.into()),
        client_secret: Some(ClientSecret::new(SECRET.into())),
        scopes: vec!["profile".into()],
        groups_claim: "groups".into(),
        groups: vec![group],
    };
    Oidc::new(settings, "http://127.0.0.1:8888", FlowKey::new(&[7; 32]).unwrap()).unwrap()
}

/// The query of an address.
fn query(url: &str) -> Vec<(String, String)> {
    serde_urlencoded::from_str(url.split_once('?').unwrap().1).unwrap()
}

fn parameter(url: &str, name: &str) -> String {
    query(url).into_iter().find(|(key, _)| key == name).unwrap().1
}

/// A browser that was at the provider and comes back.
struct Visit {
    url: String,
    flow: Flow,
}

impl Visit {
    async fn begin(oidc: &Oidc, now: DateTime<Utc>) -> Self {
        let (url, flow) = oidc.begin("/mappings", now).await.unwrap();
        Self { url, flow }
    }

    fn nonce(&self) -> String {
        parameter(&self.url, "nonce")
    }

    async fn finish(self, oidc: &Oidc, now: DateTime<Utc>) -> Result<Identity, OidcError> {
        let answer = json!({"code": "a code", "state": parameter(&self.url, "state")});
        let answer: Answer = serde_json::from_value(answer).unwrap();
        oidc.finish(self.flow, answer, now).await
    }
}

/// Signs Ada in, about whom the token says `more`.
async fn signed_in(provider: &Provider, oidc: &Oidc, more: Value) -> Result<Identity, OidcError> {
    let now = Utc::now();
    let visit = Visit::begin(oidc, now).await;
    provider.gives_token(&visit.nonce(), more, now);
    visit.finish(oidc, now).await
}

#[tokio::test]
async fn a_sign_in_carries_what_the_provider_must_check() {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);

    let now = Utc::now();
    let visit = Visit::begin(&oidc, now).await;
    let url = visit.url.clone();
    provider.gives_token(
        &visit.nonce(),
        json!({"groups": ["ops"], "email": "a@b.c", "name": "Ada"}),
        now,
    );
    let identity = visit.finish(&oidc, now).await.unwrap();

    assert!(url.starts_with(&format!("{}/authorize?", provider.issuer)), "{url}");
    assert_eq!(parameter(&url, "response_type"), "code");
    assert_eq!(parameter(&url, "scope"), "openid profile");
    assert_eq!(parameter(&url, "code_challenge_method"), "S256");
    let callback = "http://127.0.0.1:8888/auth/oidc/callback";
    assert_eq!(parameter(&url, "redirect_uri"), callback);
    let sent = provider.token_requests().pop().unwrap();
    let field = |name: &str| parameter(&format!("?{}", sent.body), name);
    assert_eq!(field("grant_type"), "authorization_code");
    assert_eq!(field("code"), "a code");
    assert_eq!(field("redirect_uri"), callback);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier")));
    assert_eq!(parameter(&url, "code_challenge"), challenge);
    assert!(sent.authorization.starts_with("Basic "), "{}", sent.authorization);
    assert!(!sent.body.contains(SECRET));
    assert_eq!((identity.subject.as_str(), identity.groups), ("ada", vec!["ops".into()]));
    assert_eq!(provider.count("/userinfo"), 0);
}

#[tokio::test]
async fn a_provider_that_was_away_is_asked_again_soon() {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);
    let now = Utc::now();

    provider.answers_with(503);
    let away = oidc.begin("/", now).await.unwrap_err();
    provider.answers_with(200);
    let still = oidc.begin("/", now + TimeDelta::seconds(1)).await.unwrap_err();
    let back = oidc.begin("/", now + TimeDelta::seconds(3)).await;

    assert!(matches!(away, OidcError::Away(_)), "{away}");
    assert_eq!(still, away);
    assert!(back.is_ok(), "{back:?}");
    assert_eq!(provider.count(provider::CONFIGURATION), 2);
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_away() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    let away = client(&issuer).begin("/", Utc::now()).await.unwrap_err();

    assert!(matches!(away, OidcError::Away(_)), "{away}");
    assert!(away.words().contains("can't be reached"));
}

#[tokio::test]
async fn many_sign_ins_look_the_provider_up_once() {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);
    let now = Utc::now();

    let begun = join_all((0..10).map(|_| oidc.begin("/", now))).await;
    assert!(begun.iter().all(Result::is_ok));
    assert_eq!(provider.count(provider::CONFIGURATION), 1);

    for (seconds, lookups) in [(9, 1), (11, 2)] {
        oidc.begin("/", now + TimeDelta::seconds(seconds)).await.unwrap();
        assert_eq!(provider.count(provider::CONFIGURATION), lookups);
    }

    let begun_at = now + TimeDelta::seconds(11);
    let visit = Visit::begin(&oidc, begun_at).await;
    let back_at = begun_at + TimeDelta::minutes(9);
    provider.gives_token(&visit.nonce(), json!({"groups": []}), back_at);
    assert!(visit.finish(&oidc, back_at).await.is_ok());
    assert_eq!(provider.count(provider::CONFIGURATION), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let provider = Provider::start().await;
    provider.answers_with(302);

    let away = client(&provider.issuer).begin("/", Utc::now()).await.unwrap_err();

    assert!(away.to_string().contains("302"), "{away}");
    assert_eq!(provider.count("/elsewhere"), 0);
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up() {
    let provider = Provider::start().await;
    provider.answers_endlessly();

    let oidc = client(&provider.issuer);
    let begun = oidc.begin("/", Utc::now());
    // the deadline is for a fault here: it reads half a megabyte in no time
    let away = tokio::time::timeout(Duration::from_secs(8), begun).await.unwrap().unwrap_err();

    assert!(away.to_string().contains("longer than"), "{away}");
}

#[rstest]
#[case("issuer", json!("https://id.example.com"), "issuer")]
#[case("token_endpoint", json!("http://id.example.com/token"), "without TLS")]
#[case("jwks_uri", json!("https://127.0.0.1:1/keys"), "")]
#[case("token_endpoint", Value::Null, "no `token_endpoint`")]
#[tokio::test]
async fn a_configuration_that_can_not_be_right_is_refused(
    #[case] field: &str,
    #[case] value: Value,
    #[case] reason: &str,
) {
    let provider = Provider::start().await;
    provider.says(field, value);

    let refused = client(&provider.issuer).begin("/", Utc::now()).await.unwrap_err();

    assert!(matches!(refused, OidcError::Away(_) | OidcError::Setup(_)), "{refused}");
    assert!(refused.to_string().contains(reason), "{refused}");
}

#[tokio::test]
async fn a_new_key_is_looked_up_when_a_token_is_signed_by_it() {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);
    assert!(signed_in(&provider, &oidc, json!({})).await.is_ok());
    let before = provider.count("/keys");

    provider.signs_with_a_new_key();

    assert!(signed_in(&provider, &oidc, json!({})).await.is_ok());
    assert!(signed_in(&provider, &oidc, json!({})).await.is_ok());
    assert_eq!(provider.count("/keys"), before + 1);
}

#[tokio::test]
async fn a_key_that_the_provider_does_not_have_is_looked_up_once_and_refused() {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);
    provider.signs_with_a_key_of_nobody();

    let refused = signed_in(&provider, &oidc, json!({})).await.unwrap_err();

    assert!(matches!(refused, OidcError::Untrusted(_)), "{refused}");
    assert_eq!(provider.count("/keys"), 2);
}

#[rstest]
#[case(400, json!({"error": "invalid_grant"}))]
#[case(401, json!({"error": "invalid_client", "error_description": "no\nsuch client"}))]
#[case(500, json!("<html>"))]
#[case(200, json!({"access_token": "a", "token_type": "Bearer"}))]
#[case(200, json!({"access_token": "a", "token_type": "Bearer", "id_token": "a.b.c"}))]
#[tokio::test]
async fn without_tokens_nobody_is_signed_in(#[case] status: u16, #[case] body: Value) {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);
    let now = Utc::now();
    let visit = Visit::begin(&oidc, now).await;
    provider.gives(status, body);

    let refused = visit.finish(&oidc, now).await.unwrap_err();

    match status {
        400 => assert!(matches!(refused, OidcError::Ended(_)), "{refused}"),
        401 => assert!(matches!(refused, OidcError::Setup(_)), "{refused}"),
        _ => assert!(matches!(refused, OidcError::Away(_) | OidcError::Untrusted(_)), "{refused}"),
    }
    assert!(!refused.to_string().contains(['\n', '<']), "{refused}");
}

#[tokio::test]
async fn what_the_token_leaves_out_the_provider_is_asked_for() {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);
    provider.tells(json!({
        "sub": "ada", "email": "ada@example.com", "email_verified": true, "groups": ["ops", "qa"],
    }));

    let identity = signed_in(&provider, &oidc, json!({"name": " Ada\u{7} "})).await.unwrap();

    assert_eq!(
        identity,
        Identity {
            issuer: provider.issuer.clone(),
            subject: "ada".into(),
            username: None,
            name: Some("Ada".into()),
            email: Some("ada@example.com".into()),
            is_email_verified: true,
            groups: vec!["ops".into(), "qa".into()],
        }
    );
}

#[tokio::test]
async fn what_the_provider_tells_about_somebody_else_is_refused() {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);
    provider.tells(json!({"sub": "eve", "groups": ["ops"]}));

    let refused = signed_in(&provider, &oidc, json!({})).await.unwrap_err();

    assert!(matches!(refused, OidcError::Untrusted(_)), "{refused}");
}

#[tokio::test]
async fn groups_that_can_not_be_asked_for_are_not_taken_for_none() {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);
    provider.tells(Value::Null);

    let refused = signed_in(&provider, &oidc, json!({})).await.unwrap_err();

    assert!(matches!(refused, OidcError::Away(_)), "{refused}");
}

#[tokio::test]
async fn an_access_token_that_fits_into_no_header_harms_nobody() {
    let provider = Provider::start().await;
    let oidc = client(&provider.issuer);
    let now = Utc::now();
    let visit = Visit::begin(&oidc, now).await;
    let token = provider.token(&visit.nonce(), json!({}), now);
    provider.gives(200, json!({"access_token": "a\nb", "token_type": "Bearer", "id_token": token}));

    let refused = visit.finish(&oidc, now).await.unwrap_err();

    assert!(matches!(refused, OidcError::Untrusted(_)), "{refused}");
}
