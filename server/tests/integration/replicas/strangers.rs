//! Nobody but a replica is told anything on the port of the fleet.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::*;
use crate::support::PATIENCE;

/// The first frame of a replica: a hello of version 1, and how long that is.
const HELLO: [u8; 8] = [0, 0, 0, 4, 0x0a, 0x02, 0x08, 0x01];

/// Trusts whoever answers.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Somebody with a certificate of their own.
struct Stranger {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Stranger {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["chancery".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, key }
    }

    fn fingerprint(&self) -> String {
        Sha256::digest(&self.certificate).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn config(&self) -> ClientConfig {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        trusting_anyone().with_client_auth_cert(vec![self.certificate.clone()], key).unwrap()
    }
}

fn trusting_anyone() -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
}

/// Says hello as a replica would, and returns what is told until the connection ends, or the first
/// bytes of it.
async fn told(fleet: SocketAddr, config: ClientConfig) -> Vec<u8> {
    let socket = TcpStream::connect(fleet).await.unwrap();
    let name = ServerName::try_from("chancery").unwrap();
    let listening = async {
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, socket).await?;
        stream.write_all(&HELLO).await?;
        let mut said = vec![0; HELLO.len()];
        let read = stream.read(&mut said).await?;
        said.truncate(read);
        Ok(said)
    };
    let said: std::io::Result<_> = tokio::time::timeout(PATIENCE, listening).await.unwrap();
    // a connection that is cut has told nothing
    said.unwrap_or_default()
}

#[tokio::test]
async fn a_stranger_is_told_nothing_and_whoever_is_in_the_database_everything() {
    let database = shared_database().await;
    let installation = Installation::on(database.clone(), &[]);
    let replica = installation.replica().await;
    let fleet = replica.server.fleet.unwrap();
    let stranger = Stranger::new();

    assert_eq!(told(fleet, stranger.config()).await, [0; 0], "with a certificate");
    assert_eq!(told(fleet, trusting_anyone().with_no_client_auth()).await, [0; 0], "without one");
    let mut plain = TcpStream::connect(fleet).await.unwrap();
    plain.write_all(&HELLO).await.unwrap();
    let mut said = Vec::new();
    let end = tokio::time::timeout(PATIENCE, plain.read_to_end(&mut said)).await;
    // TLS says why it ends, by an alert (21)
    assert!(end.is_ok() && said.first().is_none_or(|first| *first == 21), "{said:?}");

    let chancery::store::DatabaseUrl::Postgres(url) = &database else { panic!("{database}") };
    let mut connection = PgConnection::connect(&url.to_string()).await.unwrap();
    sqlx::query(
        "insert into replicas (id, address, fingerprint, seen_at)
         values ('tester', '127.0.0.1:9', $1, now() + $2 * interval '1 second')
         on conflict (id) do update set seen_at = excluded.seen_at",
    )
    .bind(stranger.fingerprint())
    .bind(-60)
    .execute(&mut connection)
    .await
    .unwrap();
    assert_eq!(told(fleet, stranger.config()).await, [0; 0], "one that runs no more");
    sqlx::query("update replicas set seen_at = now() where id = 'tester'")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(told(fleet, stranger.config()).await, HELLO, "a replica that has just started");
}
