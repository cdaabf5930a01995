//! HTTP/3 as a client speaks it: the handshake with the authority's certificate, and requests.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Buf;
use http::{Request, Response};
use quinn::crypto::rustls::QuicClientConfig;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use serde_json::json;
use tokio::time::timeout;

use super::Gateway;
use crate::support::{tls::Authority, until};

const HOST: &str = "api.example.com";

/// How long one attempt may take: nobody says that a UDP port is closed.
const ATTEMPT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_client_that_is_told_of_http3_can_use_it() {
    let gateway = Gateway::start().await;
    let issued = gateway.serve("api", &[HOST]).await;
    gateway.until_shown(HOST, &issued).await;
    let https = gateway.server.server.gateway_https;
    assert!(get(https, &gateway.authority, "/user/x").await.is_none(), "it is off by default");

    gateway.settings(json!({ "http3": true })).await;

    let (answer, body) = until("there is an answer by HTTP/3", async || {
        get(https, &gateway.authority, "/user/x?y=1").await
    })
    .await;
    assert_eq!((answer.status().as_u16(), body.as_str()), (200, "usersvc /x?y=1"));
    let (answer, _) = get(https, &gateway.authority, "/nowhere").await.unwrap();
    assert_eq!(answer.status(), 404);
    let stranger = Authority::new("Another root");
    assert!(get(https, &stranger, "/user/x").await.is_none(), "the certificate is checked");

    gateway.settings(json!({ "http3": false })).await;

    until("HTTP/3 is off again", async || {
        get(https, &gateway.authority, "/user/x").await.is_none().then_some(())
    })
    .await;
}

/// Asks over a new connection; `None` if nothing comes in time.
async fn get(
    gateway: SocketAddr,
    authority: &Authority,
    path: &str,
) -> Option<(Response<()>, String)> {
    timeout(ATTEMPT, ask(gateway, authority, path)).await.ok()?
}

async fn ask(
    gateway: SocketAddr,
    authority: &Authority,
    path: &str,
) -> Option<(Response<()>, String)> {
    let mut endpoint = quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    endpoint.set_default_client_config(config(authority));
    let connection = endpoint.connect(gateway, HOST).unwrap().await.ok()?;
    let (mut driver, mut requests) =
        h3::client::new(h3_quinn::Connection::new(connection)).await.ok()?;
    let answered = async {
        let uri = format!("https://{HOST}:{}{path}", gateway.port());
        let mut stream = requests.send_request(Request::get(uri).body(()).unwrap()).await.ok()?;
        stream.finish().await.ok()?;
        let answer = stream.recv_response().await.ok()?;
        let mut body = Vec::new();
        while let Some(mut part) = stream.recv_data().await.ok()? {
            let length = part.remaining();
            body.extend_from_slice(&part.copy_to_bytes(length));
        }
        Some((answer, String::from_utf8(body).unwrap()))
    };
    tokio::select! {
        answer = answered => answer,
        _ended = std::future::poll_fn(|context| driver.poll_close(context)) => None,
    }
}

fn config(authority: &Authority) -> quinn::ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()))
}
