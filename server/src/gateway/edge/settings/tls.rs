//! How the gateway speaks TLS with its clients.

use app::api::gateway::{ClientCertificates, Hsts, RedirectHttp, TlsSettings, TlsVersion};

use crate::gateway::{edge::EdgeName, read::Reader};

/// Longest time in seconds for which browsers are told to come by HTTPS only: ten years.
const HSTS_MAX_S: u32 = 10 * 365 * 24 * 60 * 60;

/// What browsers ask of a host before they have it built in (hstspreload.org): a year.
const PRELOAD_MIN_S: u32 = 365 * 24 * 60 * 60;

/// Ciphers of TLS 1.2 that can be chosen, and all that are spoken unless some are: forward secrecy
/// and AEAD only, Mozilla's "intermediate" list without DHE, which Envoy does not have.
pub const CIPHERS: [&str; 6] = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
];

/// Reads the group `tls`.
pub(super) fn read(reader: &Reader<'_>) -> TlsSettings {
    let versions = [("1.2", TlsVersion::V1_2), ("1.3", TlsVersion::V1_3)];
    let redirects = [
        ("off", RedirectHttp::Off),
        ("301", RedirectHttp::Moved),
        ("308", RedirectHttp::Permanent),
    ];
    let client = [
        ("off", ClientCertificates::Off),
        ("optional", ClientCertificates::Optional),
        ("required", ClientCertificates::Required),
    ];
    let name =
        |key, wanted| reader.parsed(key, wanted, EdgeName::parse).map(|name| name.to_string());
    let settings = TlsSettings {
        default_certificate: name("default_certificate", "the name of a certificate"),
        minimum_version: reader.choice("minimum_version", &versions).unwrap_or_default(),
        ciphers: reader.texts("ciphers", CIPHERS.len(), cipher),
        http3: reader.flag("http3"),
        redirect_http: reader.choice("redirect_http", &redirects).unwrap_or_default(),
        public_port: reader.number("public_port", 1..=u16::MAX, ""),
        hsts: reader.object("hsts", hsts).flatten(),
        client_trust_bundle: name("client_trust_bundle", "the name of a trust bundle"),
        client_certificates: reader.choice("client_certificates", &client).unwrap_or_default(),
    };
    check(reader, &settings);
    settings
}

/// Checks what does not go together.
fn check(reader: &Reader<'_>, settings: &TlsSettings) {
    let asks = settings.client_certificates != ClientCertificates::Off;
    if asks && settings.client_trust_bundle.is_none() {
        reader.wrong::<()>(
            "client_trust_bundle",
            "is missing; certificates of clients are checked against it",
        );
    }
    if asks && settings.http3 {
        // Envoy: "TLS Client Authentication is not supported over QUIC"
        reader.wrong::<()>(
            "http3",
            "does not go with `client_certificates`: Envoy can't ask for them over QUIC",
        );
    }
    if settings.minimum_version == TlsVersion::V1_3 && !settings.ciphers.is_empty() {
        reader.wrong::<()>("ciphers", "are those of TLS 1.2, which `minimum_version` leaves out");
    }
}

fn cipher(text: &str) -> Result<String, String> {
    match CIPHERS.contains(&text) {
        true => Ok(text.to_owned()),
        false => {
            Err(format!("is `{text}`; {} are allowed", crate::gateway::read::list_of(CIPHERS)))
        }
    }
}

fn hsts(reader: &Reader<'_>) -> Option<Hsts> {
    if !reader.has("max_age_s") {
        reader.wrong::<()>(
            "max_age_s",
            format!("is missing; it must be a whole number of seconds from 0 to {HSTS_MAX_S}"),
        );
    }
    let hsts = Hsts {
        max_age_s: reader.number("max_age_s", 0..=HSTS_MAX_S, "seconds")?,
        include_subdomains: reader.flag("include_subdomains"),
        preload: reader.flag("preload"),
    };
    if hsts.preload && !(hsts.include_subdomains && hsts.max_age_s >= PRELOAD_MIN_S) {
        reader.wrong::<()>(
            "preload",
            format!("needs `include_subdomains` and a `max_age_s` of at least {PRELOAD_MIN_S}"),
        );
    }
    Some(hsts)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::tests::{is_read_back, wrong};

    #[test]
    fn what_was_written_is_read_back() {
        let body = json!({ "tls": {
            "default_certificate": "example.com", "minimum_version": "1.2",
            "ciphers": ["ECDHE-RSA-AES128-GCM-SHA256"], "http3": false, "redirect_http": "308",
            "public_port": 443, "client_trust_bundle": "partners",
            "client_certificates": "required",
            "hsts": { "max_age_s": 31_536_000, "include_subdomains": true, "preload": true },
        }});

        is_read_back(&body);
    }

    #[rstest]
    #[case(json!({ "tls": [] }), "/tls")]
    #[case(json!({ "tls": { "minimum_version": "1.1" } }), "/tls/minimum_version")]
    #[case(json!({ "tls": { "ciphers": ["AES128-SHA"] } }), "/tls/ciphers/0")]
    #[case(json!({ "tls": { "public_port": 0 } }), "/tls/public_port")]
    #[case(json!({ "tls": { "hsts": {} } }), "/tls/hsts/max_age_s")]
    #[case(json!({ "tls": { "hsts": { "max_age_s": 1, "preload": true } } }), "/tls/hsts/preload")]
    #[case(json!({ "tls": { "client_certificates": "optional" } }), "/tls/client_trust_bundle")]
    #[case(
        json!({ "tls": { "client_certificates": "optional", "client_trust_bundle": "a", "http3": true } }),
        "/tls/http3"
    )]
    #[case(
        json!({ "tls": { "minimum_version": "1.3", "ciphers": ["ECDHE-RSA-AES128-GCM-SHA256"] } }),
        "/tls/ciphers"
    )]
    fn what_can_not_be_set_is_named(#[case] body: Value, #[case] pointer: &str) {
        let wrong = wrong(&body);

        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].0, pointer);
    }
}
