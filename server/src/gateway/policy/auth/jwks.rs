//! Public keys that a mapping brings along (RFC 7517).
//!
//! Each of them must be able to check a token: what Envoy would pass over, or could be used to make
//! tokens, is refused.

use app::api::policy::Jwks;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{agreement, rand::SystemRandom};
use serde_json::{Map, Value};

use crate::gateway::read::{Reader, list_of};

/// Longest set in bytes of JSON: some twenty keys. It stands in every route of the mapping.
const MAX_BYTES: usize = 16 * 1024;

/// Most keys.
const KEYS_MAX: usize = 20;

/// What makes a key private (RFC 7518, section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Shortest modulus in bits (RFC 7518, section 3.3).
const RSA_MIN_BITS: usize = 2048;

/// Longest modulus in bits: longer ones cost the gateway more than they are worth.
const RSA_MAX_BITS: usize = 8192;

const RSA: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

/// Reads them as an object, or as a text of JSON, as a form sends it.
pub(super) fn read(reader: &Reader<'_>) -> Option<Jwks> {
    let value = reader.value("jwks")?;
    let parsed = value.as_str().map(serde_json::from_str::<Value>);
    let set = match &parsed {
        Some(Err(error)) => return reader.wrong("jwks", format!("is not JSON: {error}")),
        Some(Ok(value)) => value,
        None => value,
    };
    let Some(set) = set.as_object() else {
        return reader.wrong("jwks", "must be an object with `keys`, as in RFC 7517");
    };
    let length = serde_json::to_string(set).map_or(0, |text| text.len());
    if length > MAX_BYTES {
        let message = format!("is {length} bytes long; at most {MAX_BYTES} are allowed");
        return reader.wrong("jwks", message);
    }
    Some(reader.object_of("jwks", set, |reader| {
        if reader.value("keys").is_none_or(|keys| keys.as_array().is_some_and(Vec::is_empty)) {
            reader.wrong::<()>("keys", "is empty; there must be at least one key");
        }
        Jwks { keys: reader.values("keys", KEYS_MAX, "keys", key) }
    }))
}

fn key(value: &Value) -> Result<Map<String, Value>, String> {
    let key = value.as_object().ok_or("must be an object")?;
    check(key).map(|()| key.clone())
}

fn check(key: &Map<String, Value>) -> Result<(), String> {
    if let Some(name) = PRIVATE.into_iter().find(|name| key.contains_key(*name)) {
        return Err(format!("has `{name}`, which is secret; only public keys belong here"));
    }
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let bytes = |name: &str| {
        let bytes = text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        bytes.ok_or_else(|| format!("must have `{name}` in base64url without padding"))
    };
    let algorithms: &[&str] = match text("kty") {
        Some("RSA") => check_rsa(&bytes("n")?, &bytes("e")?).map(|()| &RSA[..])?,
        Some("EC") => {
            let (curve, algorithm): (_, &[&str]) = match text("crv") {
                Some("P-256") => (&agreement::ECDH_P256, &["ES256"]),
                Some("P-384") => (&agreement::ECDH_P384, &["ES384"]),
                _ => return Err("must have the `crv` `P-256` or `P-384`".to_owned()),
            };
            check_point(curve, [bytes("x")?, bytes("y")?])?;
            algorithm
        }
        Some("OKP") => {
            if text("crv") != Some("Ed25519") || bytes("x")?.len() != 32 {
                return Err("must have the `crv` `Ed25519`, and 32 bytes in `x`".to_owned());
            }
            &["EdDSA"]
        }
        _ => return Err("must have the `kty` `RSA`, `EC` or `OKP`".to_owned()),
    };
    let wrong = |name: &str, allowed: &[&str]| {
        let allowed = list_of(allowed.iter().copied());
        Err(format!("has a `{name}` that is none of {allowed}: it can't check tokens"))
    };
    let is_one_of = |name: &str, allowed: &[&str]| match key.get(name) {
        None => true,
        Some(value) => value.as_str().is_some_and(|text| allowed.contains(&text)),
    };
    if !is_one_of("alg", algorithms) {
        return wrong("alg", algorithms);
    }
    if !is_one_of("use", &["sig"]) {
        return wrong("use", &["sig"]);
    }
    if key.get("kid").is_some_and(|kid| !kid.is_string()) {
        return Err("must have a text as `kid`".to_owned());
    }
    let operations = key.get("key_ops").map(|operations| operations.as_array());
    let can_verify =
        |all: Option<&Vec<Value>>| all.is_some_and(|all| all.contains(&"verify".into()));
    if operations.is_some_and(|operations| !can_verify(operations)) {
        return wrong("key_ops", &["verify"]);
    }
    Ok(())
}

fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), String> {
    let bits = bits(modulus);
    if !(RSA_MIN_BITS..=RSA_MAX_BITS).contains(&bits) {
        return Err(format!(
            "has a modulus of {bits} bits; {RSA_MIN_BITS} to {RSA_MAX_BITS} are allowed"
        ));
    }
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    if !is_odd(modulus) || !is_odd(exponent) || !(2..=32).contains(&self::bits(exponent)) {
        return Err("is no RSA key: `n` and `e` must be odd, and `e` from 3 to 32 bits".to_owned());
    }
    Ok(())
}

fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let first = number.get(zeros).map_or(8, |byte| byte.leading_zeros() as usize);
    ((number.len() - zeros) * 8).saturating_sub(if zeros == number.len() { 0 } else { first })
}

/// Checks that a point lies on its curve: who agrees on a key with it finds out.
fn check_point(curve: &'static agreement::Algorithm, [x, y]: [Vec<u8>; 2]) -> Result<(), String> {
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    let peer = agreement::UnparsedPublicKey::new(curve, point);
    let own = agreement::EphemeralPrivateKey::generate(curve, &SystemRandom::new());
    let agreed = own.and_then(|own| agreement::agree_ephemeral(own, &peer, |_secret| ()));
    agreed.map_err(|_no_point| "has an `x` and `y` that are no point of its `crv`".to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn said(key: Value) -> String {
        check(key.as_object().unwrap()).err().unwrap_or_default()
    }

    /// The key of RFC 7517, appendix A.1.
    fn ec() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": "1",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        })
    }

    fn rsa(bytes: usize) -> Value {
        let modulus = URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
        json!({ "kty": "RSA", "n": modulus, "e": "AQAB" })
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    #[rstest]
    #[case(ec())]
    #[case(with(ec(), "alg", json!("ES256")))]
    #[case(with(ec(), "key_ops", json!(["verify"])))]
    #[case(rsa(256))]
    #[case(with(rsa(512), "alg", json!("PS512")))]
    #[case(json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }))]
    fn keys_that_can_check_tokens_are_taken(#[case] key: Value) {
        assert_eq!(said(key), "");
    }

    #[rstest]
    #[case(json!({}), "must have the `kty`")]
    #[case(json!({ "kty": "oct", "k": "c2VjcmV0" }), "has `k`, which is secret")]
    #[case(json!({ "kty": "oct" }), "must have the `kty`")]
    #[case(with(ec(), "d", json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE")), "has `d`, which is secret")]
    #[case(with(rsa(256), "p", json!("AQAB")), "has `p`, which is secret")]
    #[case(with(ec(), "y", json!("5Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")), "no point of its `crv`")]
    #[case(with(ec(), "x", json!("a+b")), "must have `x` in base64url")]
    #[case(with(ec(), "crv", json!("P-521")), "`P-256` or `P-384`")]
    #[case(with(ec(), "alg", json!("HS256")), "has a `alg` that is none of `ES256`")]
    #[case(with(ec(), "alg", json!("none")), "has a `alg` that is none of `ES256`")]
    #[case(with(rsa(256), "alg", json!("RSA-OAEP")), "has a `alg` that is none of `RS256`")]
    #[case(with(ec(), "use", json!("enc")), "has a `use` that is none of `sig`")]
    #[case(with(ec(), "key_ops", json!(["sign"])), "has a `key_ops`")]
    #[case(with(ec(), "kid", json!(1)), "must have a text as `kid`")]
    #[case(rsa(128), "has a modulus of 1024 bits; 2048 to 8192")]
    #[case(with(rsa(256), "e", json!("AQ")), "is no RSA key")]
    #[case(with(rsa(256), "e", json!("AQAA")), "is no RSA key")]
    #[case(json!({ "kty": "OKP", "crv": "Ed25519", "x": "AQAB" }), "32 bytes in `x`")]
    fn keys_that_can_not_or_that_are_secret_are_refused(
        #[case] key: Value,
        #[case] expected: &str,
    ) {
        let said = said(key);

        assert!(said.contains(expected), "`{said}` does not say `{expected}`");
    }
}
