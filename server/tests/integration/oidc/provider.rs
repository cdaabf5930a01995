//! A provider that does as it is told, right or wrong.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use futures_util::stream;
use http_body_util::BodyExt;
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) const CLIENT: &str = "portal";
pub(crate) const SECRET: &str = "canary-of-the-client";

/// Where its endpoints are found.
pub(crate) const CONFIGURATION: &str = "/.well-known/openid-configuration";

pub(crate) struct Provider {
    pub(crate) issuer: String,
    conduct: Arc<Mutex<Conduct>>,
    task: JoinHandle<()>,
}

/// How it behaves.
struct Conduct {
    /// Of the answer to who asks for the configuration.
    status: u16,
    is_endless: bool,
    configuration: Value,
    /// Signs tokens.
    key: Key,
    /// What `/keys` shows.
    shown: Vec<Key>,
    token: (u16, Value),
    user_info: Value,
    asked: Vec<Asked>,
}

/// What it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    path: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

/// A key pair made out of one byte.
#[derive(Clone, Copy)]
struct Key(u8);

impl Key {
    fn id(self) -> String {
        format!("key-{}", self.0)
    }

    /// PKCS #8 around 32 bytes.
    fn private(self) -> CoreEdDsaPrivateSigningKey {
        let prefix = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        let text = STANDARD.encode([&prefix[..], &[self.0; 32]].concat());
        let kind = "PRIVATE KEY";
        let pem = format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n");
        let id = JsonWebKeyId::new(self.id());
        CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(id)).unwrap()
    }

    fn signed(self, claims: &Value) -> String {
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = json!({"alg": "EdDSA", "kid": self.id()});
        let message = format!("{}.{}", encoded(&head), encoded(claims));
        let alg = CoreJwsSigningAlgorithm::EdDsa;
        let signature = self.private().sign(&alg, message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let conduct = Arc::new(Mutex::new(Conduct {
            status: 200,
            is_endless: false,
            configuration: json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "userinfo_endpoint": format!("{issuer}/userinfo"),
                "jwks_uri": format!("{issuer}/keys"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["EdDSA"],
            }),
            key: Key(1),
            shown: vec![Key(1)],
            token: (400, json!({"error": "invalid_grant"})),
            user_info: json!({"sub": "ada"}),
            asked: Vec::new(),
        }));
        let shared = Arc::clone(&conduct);
        let router = Router::new().fallback(async move |request: Request| {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let authorization = parts.headers.get(header::AUTHORIZATION);
            let asked = Asked {
                path: parts.uri.path().to_owned(),
                authorization: authorization.map_or("", |value| value.to_str().unwrap()).to_owned(),
                body: String::from_utf8(body.to_vec()).unwrap(),
            };
            shared.lock().unwrap().answer(asked)
        });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { issuer, conduct, task }
    }

    fn conduct<T>(&self, change: impl FnOnce(&mut Conduct) -> T) -> T {
        change(&mut self.conduct.lock().unwrap())
    }

    /// Answers with this status to who asks for its configuration.
    pub(crate) fn answers_with(&self, status: u16) {
        self.conduct(|conduct| conduct.status = status);
    }

    pub(crate) fn answers_endlessly(&self) {
        self.conduct(|conduct| conduct.is_endless = true);
    }

    /// Changes its configuration; `null` takes the field out.
    pub(crate) fn says(&self, field: &str, value: Value) {
        self.conduct(|conduct| {
            let fields = conduct.configuration.as_object_mut().unwrap();
            fields.insert(field.to_owned(), value);
            fields.retain(|_, value| !value.is_null());
        });
    }

    pub(crate) fn signs_with_a_new_key(&self) {
        self.conduct(|conduct| {
            conduct.key = Key(2);
            conduct.shown = vec![Key(1), Key(2)];
        });
    }

    pub(crate) fn signs_with_a_key_of_nobody(&self) {
        self.conduct(|conduct| conduct.key = Key(3));
    }

    /// Answers who gives a code back.
    pub(crate) fn gives(&self, status: u16, body: Value) {
        self.conduct(|conduct| conduct.token = (status, body));
    }

    /// Gives a token for a code: about Ada, and as `more` says.
    pub(crate) fn gives_token(&self, nonce: &str, more: Value, now: DateTime<Utc>) {
        let id_token = self.token(nonce, more, now);
        let body = json!({"access_token": "an-access-token", "token_type": "Bearer", "id_token": id_token});
        self.gives(200, body);
    }

    pub(crate) fn token(&self, nonce: &str, more: Value, now: DateTime<Utc>) -> String {
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "ada", "nonce": nonce,
            "iat": now.timestamp(), "exp": now.timestamp() + 60,
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.conduct(|conduct| conduct.key.signed(&claims))
    }

    /// Tells this to who asks about a person; `null` is a failure.
    pub(crate) fn tells(&self, user_info: Value) {
        self.conduct(|conduct| conduct.user_info = user_info);
    }

    /// Counts requests to `path`.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.conduct(|conduct| conduct.asked.iter().filter(|asked| asked.path == path).count())
    }

    pub(crate) fn token_requests(&self) -> Vec<Asked> {
        self.conduct(|conduct| {
            conduct.asked.iter().filter(|asked| asked.path == "/token").cloned().collect()
        })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Conduct {
    fn answer(&mut self, asked: Asked) -> Response {
        let path = asked.path.clone();
        self.asked.push(asked);
        match path.as_str() {
            CONFIGURATION if self.is_endless => endless(),
            CONFIGURATION => json_answer(self.status, &self.configuration),
            "/keys" => {
                let keys = self.shown.iter().map(|key| key.private().as_verification_key());
                json_answer(200, &json!({"keys": keys.collect::<Vec<_>>()}))
            }
            "/token" => json_answer(self.token.0, &self.token.1),
            "/userinfo" if self.user_info.is_null() => json_answer(500, &Value::Null),
            "/userinfo" => json_answer(200, &self.user_info),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

fn json_answer(status: u16, body: &Value) -> Response {
    let answer = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::LOCATION, "/elsewhere");
    answer.body(Body::from(body.to_string())).unwrap()
}

/// Begins as JSON does and never ends.
fn endless() -> Response {
    let chunk = Bytes::from_static(&[b' '; 16 * 1024]);
    let chunks = stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
    let answer = Response::builder().header(header::CONTENT_TYPE, "application/json");
    answer.body(Body::from_stream(chunks)).unwrap()
}
