//! An issuer of tokens: its keys, a server that shows them, and tokens, right and wrong.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Router, http::StatusCode, response::IntoResponse};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::Utc;
use ring::{
    hmac,
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
        RsaKeyPair,
    },
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

pub(super) const ISSUER: &str = "https://login.example.com/";

/// A key pair, and how it is called.
pub(super) struct Key {
    id: &'static str,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Key {
    pub(super) fn ec(id: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self { id, pair: Pair::Ec(pair) }
    }

    pub(super) fn ed(id: &'static str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self { id, pair: Pair::Ed(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()) }
    }

    pub(super) fn rsa(id: &'static str) -> Self {
        let pem = include_str!("rsa.pem");
        let text: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
        let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(text).unwrap()).unwrap();
        Self { id, pair: Pair::Rsa(Box::new(pair)) }
    }

    /// Returns the public key as one of a set.
    pub(super) fn public(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut key = match &self.pair {
            Pair::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) })
            }
            Pair::Ed(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) })
            }
            Pair::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({ "kty": "RSA", "n": text(&public.n), "e": text(&public.e) })
            }
        };
        key["kid"] = self.id.into();
        key["use"] = "sig".into();
        key
    }

    pub(super) fn signs(&self, claims: &Value) -> String {
        let algorithm = match &self.pair {
            Pair::Ec(_) => "ES256",
            Pair::Ed(_) => "EdDSA",
            Pair::Rsa(_) => "RS256",
        };
        let message = message(&json!({ "alg": algorithm, "kid": self.id }), claims);
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, message.as_bytes()).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let random = &random;
                pair.sign(&RSA_PKCS1_SHA256, random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Signs with what is public of the key, as if it were a shared secret.
    pub(super) fn signs_by_its_public_part(&self, claims: &Value) -> Vec<String> {
        let Pair::Rsa(pair) = &self.pair else { panic!("no RSA key") };
        let der = pair.public_key().as_ref().to_vec();
        let kind = "RSA PUBLIC KEY";
        let pem =
            format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", STANDARD.encode(&der));
        let modulus = PublicKeyComponents::<Vec<u8>>::from(pair.public()).n;
        let secrets = [der, pem.into_bytes(), modulus, self.public()["n"].to_string().into_bytes()];
        let message = message(&json!({ "alg": "HS256", "kid": self.id }), claims);
        let sign = |secret: Vec<u8>| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
            let signature = hmac::sign(&key, message.as_bytes());
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
        };
        secrets.into_iter().map(sign).collect()
    }
}

fn message(head: &Value, claims: &Value) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encoded(head), encoded(claims))
}

/// Returns a token that nobody has signed.
pub(super) fn unsigned(id: &str, claims: &Value) -> String {
    format!("{}.", message(&json!({ "alg": "none", "kid": id }), claims))
}

/// Puts other claims into a token, and leaves its signature.
pub(super) fn tampered(token: &str, claims: &Value) -> String {
    let parts: Vec<_> = token.split('.').collect();
    format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2])
}

/// Returns the claims of a good token, changed by `more`; `null` takes away.
pub(super) fn claims(more: &Value) -> Value {
    let now = Utc::now().timestamp();
    let mut claims = json!({
        "iss": ISSUER, "aud": "accounts", "sub": "ada", "iat": now, "exp": now + 600,
    });
    let fields = claims.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    fields.retain(|_, value| !value.is_null());
    claims
}

/// Shows keys at every path.
pub(super) struct KeyServer {
    shown: Arc<Mutex<Option<Value>>>,
    fetched: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl KeyServer {
    pub(super) async fn at(address: SocketAddr, keys: &[&Key]) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let shown: Arc<Mutex<Option<Value>>> = Arc::default();
        let fetched: Arc<AtomicU64> = Arc::default();
        let (show, counter) = (Arc::clone(&shown), Arc::clone(&fetched));
        let router = Router::new().fallback(async move || {
            let keys = show.lock().unwrap().clone();
            counter.fetch_add(1, Ordering::Relaxed);
            match keys {
                Some(keys) => axum::Json(keys).into_response(),
                None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            }
        });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let server = Self { shown, fetched, task };
        server.shows(keys);
        server
    }

    pub(super) fn shows(&self, keys: &[&Key]) {
        let keys: Vec<_> = keys.iter().map(|key| key.public()).collect();
        *self.shown.lock().unwrap() = Some(json!({ "keys": keys }));
    }

    /// Answers with 503 from now on.
    pub(super) fn fails(&self) {
        *self.shown.lock().unwrap() = None;
    }

    pub(super) fn fetched(&self) -> u64 {
        self.fetched.load(Ordering::Relaxed)
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
