//! Certificates and settings of the gateway: only what differs is rendered anew.

use app::api::{certificate::AuthorityFacts, gateway::RedirectHttp};
use chrono::DateTime;

use super::*;
use crate::{
    auth::{seal::Sealer, secret::Secret},
    gateway::edge::{
        Certificate, CertificateFacts, EdgeName, GatewaySettings, OpenCertificate,
        settings::Settings,
    },
};

fn open(name: &str, host: &str, key: &str) -> OpenCertificate {
    let at = DateTime::UNIX_EPOCH;
    let key = Secret::of(key.to_owned());
    let leaf = AuthorityFacts {
        subject: String::new(),
        issuer: String::new(),
        serial: String::new(),
        not_before: at,
        not_after: at,
        algorithm: String::new(),
        fingerprint: String::new(),
    };
    let certificate = Certificate {
        name: EdgeName::parse(name).unwrap(),
        team: None,
        chain_pem: "chain".to_owned(),
        key: Sealer::new(&[7; 32]).unwrap().seal_key(name, &key).unwrap(),
        facts: CertificateFacts {
            dns_names: vec![host.to_owned()],
            ip_addresses: Vec::new(),
            leaf,
            intermediates: Vec::new(),
        },
        revision: 1,
        created_at: at,
        updated_at: at,
        updated_by: String::new(),
    };
    OpenCertificate { certificate: Arc::new(certificate), key }
}

fn edge(certificates: &[(&str, &str, &str)]) -> OpenEdge {
    let certificates = certificates.iter().map(|(name, host, key)| open(name, host, key));
    let named = |open: OpenCertificate| (open.certificate.name.clone(), open);
    OpenEdge { certificates: certificates.map(named).collect(), ..OpenEdge::default() }
}

fn with(edge: OpenEdge, change: impl FnOnce(&mut Settings)) -> OpenEdge {
    let mut settings = GatewaySettings::default();
    change(&mut settings.values);
    OpenEdge { settings: Arc::new(settings), ..edge }
}

#[test]
fn a_renewed_certificate_is_one_secret_and_no_listener() {
    let mut bench = Bench::new();
    let both = |key| edge(&[("a", "a.example.com", "1"), ("b", "b.example.com", key)]);
    bench.compiler.set_edge(both("1"));
    assert_eq!(
        bench.publish(),
        ["listener +gateway-https", "secret +certificate/a", "secret +certificate/b"]
    );

    bench.compiler.set_edge(both("2"));
    assert_eq!(bench.publish(), ["secret +certificate/b"]);

    bench.compiler.set_edge(both("2"));
    assert_eq!(bench.publish(), [""; 0]);
}

#[test]
fn the_last_certificate_takes_the_listeners_of_tls_along() {
    let mut bench = Bench::new();
    let one = || edge(&[("a", "a.example.com", "1")]);
    let settings = |settings: &mut Settings| {
        settings.tls.http3 = true;
        settings.tls.redirect_http = RedirectHttp::Permanent;
    };
    bench.compiler.set_edge(with(one(), settings));
    assert_eq!(
        bench.publish(),
        [
            "listener +gateway",
            "listener +gateway-http3",
            "listener +gateway-https",
            "secret +certificate/a"
        ]
    );

    bench.compiler.set_edge(with(OpenEdge::default(), settings));

    assert_eq!(
        bench.publish(),
        [
            "listener +gateway",
            "listener -gateway-http3",
            "listener -gateway-https",
            "secret -certificate/a"
        ]
    );
}

#[test]
fn a_private_key_is_in_no_debug_output() {
    let mut bench = Bench::new();
    let edge = edge(&[("a", "a.example.com", "canary-5b1f")]);
    let shown = format!("{edge:?}");
    bench.compiler.set_edge(edge);
    bench.publish();

    let resource = bench.resource(Kind::Secret, "certificate/a");

    assert!(
        !format!("{shown} {resource:?} {:?} {:?}", bench.compiler, bench.last).contains("canary")
    );
}
