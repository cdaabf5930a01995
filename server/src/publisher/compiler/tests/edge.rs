//! Certificates and settings of the gateway: only what differs is rendered anew.

use app::api::{certificate::AuthorityFacts, gateway::RedirectHttp};
use chrono::DateTime;

use super::*;
use crate::{
    auth::{names::TeamName, seal::Sealer, secret::Secret},
    gateway::{
        edge::{
            Certificate, CertificateFacts, EdgeName, GatewaySettings, OpenCertificate, OpenEdge,
            settings::Settings,
        },
        fields::{NameFrom, read_spec},
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

/// Commits a mapping to a service that is shown the certificate `client`.
fn put_with_client(bench: &mut Bench, name: &str) -> Arc<Mapping> {
    let body = serde_json::json!({
        "prefix": format!("/{name}/"), "service": "https://a",
        "upstream_tls": { "client_certificate": "client" },
    });
    bench.revision += 1;
    let spec = read_spec(NameFrom::Url(name), body.as_object().unwrap(), |_| {
        Some(TeamName::default_team())
    });
    let revision = Revision(bench.revision);
    let at = DateTime::UNIX_EPOCH;
    let mapping = Mapping { spec: spec.unwrap(), revision, created_at: at, updated_at: at };
    let mapping = Arc::new(mapping);
    bench.compiler.apply(&Change { revision, kind: ChangeKind::Put(Arc::clone(&mapping)) });
    look_up(&mut bench.compiler);
    mapping
}

#[test]
fn a_mapping_waits_for_the_secret_that_its_cluster_names() {
    let mut bench = Bench::new();
    bench.put("m", "/m/", "plain");
    bench.publish();
    let mapping = put_with_client(&mut bench, "m");

    let before = bench.publish();
    let (shown, warnings) = (bench.shown("m").map(str::to_owned), bench.warnings(&mapping));
    bench.compiler.set_edge(edge(&[("client", "c.example.com", "1")]));
    let after = bench.publish();

    assert_eq!((before, shown.as_deref()), (Vec::new(), Some("plain")));
    assert_eq!(warnings, ["secret-missing"]);
    let cluster = mapping.spec.upstreams().next().unwrap();
    assert!(after.contains(&format!("cluster +{cluster}")), "{after:?}");
    assert!(after.contains(&"secret +certificate/client".to_owned()), "{after:?}");
    assert_eq!(bench.shown("m"), Some("https://a"));
    assert_eq!(bench.warnings(&mapping), [""; 0]);
}

#[test]
fn a_renewed_secret_of_a_cluster_is_no_change_of_the_cluster() {
    let mut bench = Bench::new();
    bench.compiler.set_edge(edge(&[("client", "c.example.com", "1")]));
    put_with_client(&mut bench, "m");
    bench.publish();

    bench.compiler.set_edge(edge(&[("client", "c.example.com", "2")]));

    assert_eq!(bench.publish(), ["secret +certificate/client"]);
}

#[test]
fn an_idle_cluster_goes_with_its_secret() {
    let mut bench = Bench::new();
    bench.compiler.set_edge(edge(&[("client", "c.example.com", "1")]));
    let mapping = put_with_client(&mut bench, "m");
    bench.publish();
    let name = mapping.spec.upstreams().next().unwrap().to_string();
    bench.revision += 1;
    let kind = ChangeKind::Delete(mapping.name().clone());
    bench.compiler.apply(&Change { revision: Revision(bench.revision), kind });
    bench.last = bench.compiler.publish().unwrap();
    assert!(bench.has(Kind::Cluster, &name), "it is kept for a while");

    bench.compiler.set_edge(OpenEdge::default());
    bench.last = bench.compiler.publish().unwrap();

    assert!(!bench.has(Kind::Cluster, &name));
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
