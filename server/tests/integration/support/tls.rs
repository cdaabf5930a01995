//! Certificates of the test's own authorities, and clients that come to the gateway by TLS.

use std::{iter, net::SocketAddr, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::HeaderMap,
    redirect, tls,
};

use super::PATIENCE;

/// A certificate and its private key, as PEM.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) chain: String,
    pub(crate) key: String,
}

/// Who signs.
#[derive(Debug)]
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Issues a certificate for hosts, with a new key.
    pub(crate) fn issues(&self, hosts: &[&str]) -> Issued {
        let hosts: Vec<_> = hosts.iter().map(|&host| host.to_owned()).collect();
        let mut params = CertificateParams::new(hosts.clone()).unwrap();
        params.distinguished_name.push(DnType::CommonName, hosts.concat());
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let chain = params.signed_by(&key, &self.issuer).unwrap().pem();
        Issued { chain, key: key.serialize_pem() }
    }
}

impl Issued {
    /// Returns the certificate as it is shown in a handshake.
    pub(crate) fn der(&self) -> Vec<u8> {
        let body: String = self.chain.lines().filter(|line| !line.starts_with("---")).collect();
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, body).unwrap()
    }
}

/// Finds every host at the gateway.
struct Everywhere(SocketAddr);

impl Resolve for Everywhere {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Addrs = Box::new(iter::once(self.0));
        Box::pin(async move { Ok(addresses) })
    }
}

/// A client that keeps its connections, as browsers do.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    client: reqwest::Client,
    gateway: SocketAddr,
}

/// What a client got, and which certificate it was shown.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) certificate: Vec<u8>,
}

impl Browser {
    /// Trusts `authority` only.
    pub(crate) fn new(gateway: SocketAddr, authority: &Authority) -> Self {
        Self::build(gateway, |builder| builder.add_root_certificate(root(authority)))
    }

    /// Also shows a certificate of its own.
    pub(crate) fn with_certificate(
        gateway: SocketAddr,
        authority: &Authority,
        own: &Issued,
    ) -> Self {
        let pem = format!("{}{}", own.key, own.chain);
        let identity = reqwest::Identity::from_pem(pem.as_bytes()).unwrap();
        Self::build(gateway, |builder| {
            builder.add_root_certificate(root(authority)).identity(identity)
        })
    }

    /// Takes whatever certificate it is shown.
    pub(crate) fn credulous(gateway: SocketAddr) -> Self {
        Self::build(gateway, |builder| builder.danger_accept_invalid_certs(true))
    }

    fn build(
        gateway: SocketAddr,
        with: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Self {
        let builder = reqwest::Client::builder()
            .use_rustls_tls()
            .tls_built_in_root_certs(false)
            .tls_info(true)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .dns_resolver(Arc::new(Everywhere(gateway)));
        Self { client: with(builder).build().unwrap(), gateway }
    }

    /// Asks for a path of a host; says why if nothing came.
    pub(crate) async fn get(&self, host: &str, path: &str) -> Result<Seen, String> {
        let url = format!("https://{host}:{}{path}", self.gateway.port());
        let sent = self.client.get(url).send().await;
        let response = sent.map_err(|error| format!("{error:?}"))?;
        let shown = response.extensions().get::<tls::TlsInfo>();
        let certificate = shown.and_then(tls::TlsInfo::peer_certificate).unwrap().to_vec();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.map_err(|error| format!("{error:?}"))?;
        Ok(Seen { status, headers, body, certificate })
    }
}

fn root(authority: &Authority) -> reqwest::Certificate {
    reqwest::Certificate::from_pem(authority.pem().as_bytes()).unwrap()
}
