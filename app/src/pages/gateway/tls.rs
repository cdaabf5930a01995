//! The settings of TLS.

use leptos::prelude::*;

use super::Shown;
use crate::api::client::Client;
use crate::api::gateway::{ClientCertificates, Hsts, RedirectHttp, TlsSettings, TlsVersion};
use crate::components::action::{Choice, TextField, Tick, Tried};

/// Fields of the form, whose errors stand beside them.
pub(super) const FIELDS: &[&str] = &[
    "tls/default_certificate",
    "tls/minimum_version",
    "tls/ciphers",
    "tls/redirect_http",
    "tls/public_port",
    "tls/hsts/max_age_s",
    "tls/client_certificates",
    "tls/client_trust_bundle",
];

/// What there is to choose from.
#[derive(Debug, Default)]
pub(super) struct Choices {
    certificates: Vec<String>,
    trust_bundles: Vec<String>,
}

impl Choices {
    pub(super) async fn load(client: &Client) -> Self {
        let certificates = client.certificates().await.map(|list| list.items).unwrap_or_default();
        let bundles = client.trust_bundles().await.map(|list| list.items).unwrap_or_default();
        Self {
            certificates: certificates.into_iter().map(|certificate| certificate.name).collect(),
            trust_bundles: bundles.into_iter().map(|bundle| bundle.name).collect(),
        }
    }
}

/// Returns every setting with its value.
pub(super) fn shown(tls: &TlsSettings) -> Vec<Shown> {
    let row = |label, value: String, default, envoy| Shown { label, value, default, envoy };
    let or_none = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
    let on = |is_on| if is_on { "on" } else { "off" }.to_owned();
    let ciphers = match tls.ciphers.as_slice() {
        [] => "all six with forward secrecy and AEAD".to_owned(),
        chosen => chosen.join(", "),
    };
    let port = tls.public_port.map_or_else(|| "the listener’s".to_owned(), |port| port.to_string());
    vec![
        row(
            "Default certificate",
            or_none(&tls.default_certificate),
            "none: other hosts are refused",
            "default_filter_chain",
        ),
        row(
            "Oldest version",
            version(tls.minimum_version).to_owned(),
            "TLS 1.2",
            "tls_minimum_protocol_version",
        ),
        row("Ciphers of TLS 1.2", ciphers, "all six", "cipher_suites"),
        row("HTTP/3", on(tls.http3), "off", "udp_listener_config"),
        row("HTTP leads to HTTPS", redirect(tls.redirect_http).to_owned(), "off", "https_redirect"),
        row("Port that clients know", port, "the listener’s", "port_redirect"),
        row("HSTS", hsts(tls.hsts.as_ref()), "off", "strict-transport-security"),
        row(
            "Certificates of clients",
            asked(tls.client_certificates).to_owned(),
            "not asked for",
            "require_client_certificate",
        ),
        row(
            "Trust bundle for them",
            or_none(&tls.client_trust_bundle),
            "none",
            "validation_context",
        ),
    ]
}

fn version(version: TlsVersion) -> &'static str {
    match version {
        TlsVersion::V1_2 => "TLS 1.2",
        TlsVersion::V1_3 => "TLS 1.3",
    }
}

fn redirect(redirect: RedirectHttp) -> &'static str {
    match redirect {
        RedirectHttp::Off => "off",
        RedirectHttp::Moved => "by 301",
        RedirectHttp::Permanent => "by 308",
    }
}

fn asked(asked: ClientCertificates) -> &'static str {
    match asked {
        ClientCertificates::Off => "not asked for",
        ClientCertificates::Optional => "optional",
        ClientCertificates::Required => "required",
    }
}

fn hsts(hsts: Option<&Hsts>) -> String {
    let Some(hsts) = hsts else { return "off".to_owned() };
    let mut text = format!("{} seconds", hsts.max_age_s);
    if hsts.include_subdomains {
        text.push_str(", with subdomains");
    }
    if hsts.preload {
        text.push_str(", preload");
    }
    text
}

/// Returns the options of a choice: each value with its words.
fn options(words: &[(&str, &str)]) -> Vec<(String, String)> {
    words.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
}

/// Returns the options of a choice among names, or none of them.
fn names(names: Vec<String>, none: &str) -> Vec<(String, String)> {
    let none = (String::new(), none.to_owned());
    std::iter::once(none).chain(names.into_iter().map(|name| (name.clone(), name))).collect()
}

/// Returns a value as the API writes it.
fn word(value: impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// Shows the fields of TLS.
pub(super) fn form(tls: &TlsSettings, choices: Choices, tried: &Tried) -> impl IntoView + use<> {
    let versions = options(&[("1.2", "TLS 1.2"), ("1.3", "TLS 1.3")]);
    let redirects = options(&[("off", "off"), ("301", "by 301"), ("308", "by 308")]);
    let asks =
        options(&[("off", "not asked for"), ("optional", "optional"), ("required", "required")]);
    let certificates = names(choices.certificates, "none: other hosts are refused");
    let bundles = names(choices.trust_bundles, "none");
    let port = tls.public_port.map(|port| port.to_string()).unwrap_or_default();
    let hsts = tls.hsts.as_ref();
    let max_age = hsts.map(|hsts| hsts.max_age_s.to_string()).unwrap_or_default();
    let subdomains = hsts.is_some_and(|hsts| hsts.include_subdomains);
    let preload = hsts.is_some_and(|hsts| hsts.preload);
    view! {
        <Choice
            name="tls/default_certificate"
            label="Default certificate"
            options=certificates
            tried=tried.clone()
            value=tls.default_certificate.clone().unwrap_or_default()
            hint="For clients that ask for a host that no certificate names, or for none"
        />
        <Choice
            name="tls/minimum_version"
            label="Oldest version"
            options=versions
            tried=tried.clone()
            value=word(tls.minimum_version)
        />
        <TextField
            name="tls/ciphers"
            label="Ciphers of TLS 1.2"
            tried=tried.clone()
            value=tls.ciphers.join(" ")
            hint="OpenSSL’s names, separated by spaces; empty: all six with forward secrecy and AEAD"
            maxlength=400
        />
        <Tick name="tls/http3" label="HTTP/3" tried=tried.clone() checked=tls.http3 />
        <Choice
            name="tls/redirect_http"
            label="HTTP leads to HTTPS"
            options=redirects
            tried=tried.clone()
            value=word(tls.redirect_http)
            hint="308 keeps the method and the body"
        />
        <TextField
            name="tls/public_port"
            label="Port that clients know"
            tried=tried.clone()
            value=port
            hint="For redirects and `alt-svc`; empty: the listener’s"
            maxlength=5
        />
        <TextField
            name="tls/hsts/max_age_s"
            label="HSTS, in seconds"
            tried=tried.clone()
            value=max_age
            hint="`31536000` is a year; empty: browsers are told nothing"
            maxlength=9
        />
        <Tick
            name="tls/hsts/include_subdomains"
            label="HSTS also for subdomains"
            tried=tried.clone()
            checked=subdomains
        />
        <Tick
            name="tls/hsts/preload"
            label="HSTS may be built into browsers"
            tried=tried.clone()
            checked=preload
        />
        <Choice
            name="tls/client_certificates"
            label="Certificates of clients"
            options=asks
            tried=tried.clone()
            value=word(tls.client_certificates)
        />
        <Choice
            name="tls/client_trust_bundle"
            label="Trust bundle for them"
            options=bundles
            tried=tried.clone()
            value=tls.client_trust_bundle.clone().unwrap_or_default()
        />
    }
}
