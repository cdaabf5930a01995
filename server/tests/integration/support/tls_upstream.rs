//! A service of the test's own that speaks TLS, and tells who asked it for what.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, RwLock},
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, connect_info::Connected},
    response::IntoResponse,
    serve::{IncomingStream, Listener},
};
use sha2::{Digest, Sha256};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
    server::TlsStream,
};

use super::tls::{Authority, Issued};

/// Answers everything with its name and the path that it saw, and a line each for the name that it
/// was asked for, the `Host`, and the certificate that it was shown. Each connection has one
/// answer: the next request needs a handshake of its own.
#[derive(Debug)]
pub(crate) struct TlsUpstream {
    pub(crate) address: SocketAddr,
    config: Arc<RwLock<Arc<ServerConfig>>>,
    tasks: [JoinHandle<()>; 2],
}

impl TlsUpstream {
    /// Shows `issued` to everyone.
    pub(crate) async fn start(name: &'static str, issued: &Issued) -> Self {
        Self::with(name, config(issued, None)).await
    }

    /// Shows `issued`, and takes only those who show a certificate of `clients`.
    pub(crate) async fn demanding(
        name: &'static str,
        issued: &Issued,
        clients: &Authority,
    ) -> Self {
        Self::with(name, config(issued, Some(clients))).await
    }

    async fn with(name: &'static str, config: ServerConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = Arc::new(RwLock::new(Arc::new(config)));
        let (sender, secured) = mpsc::channel(64);
        let router = Router::new().fallback(
            async move |ConnectInfo(caller): ConnectInfo<Caller>, request: Request| {
                answer(name, &caller, &request)
            },
        );
        let service = router.into_make_service_with_connect_info::<Caller>();
        let serving = async move {
            axum::serve(Secured { secured, address }, service).await.unwrap();
        };
        let tasks = [
            tokio::spawn(shake_hands(listener, Arc::clone(&config), sender)),
            tokio::spawn(serving),
        ];
        Self { address, config, tasks }
    }

    /// Shows another certificate from now on.
    pub(crate) fn show(&self, issued: &Issued) {
        *self.config.write().unwrap() = Arc::new(config(issued, None));
    }
}

impl Drop for TlsUpstream {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Issued {
    /// Names the certificate as an upstream does that was shown it.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint(&self.der())
    }
}

fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn config(issued: &Issued, clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(ring::default_provider());
    let chain = CertificateDer::pem_slice_iter(issued.chain.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(clients.pem().as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    builder.with_single_cert(chain, key).unwrap()
}

/// Hands on the connections that come through the handshake.
async fn shake_hands(
    listener: TcpListener,
    config: Arc<RwLock<Arc<ServerConfig>>>,
    secured: mpsc::Sender<TlsStream<TcpStream>>,
) {
    loop {
        let (connection, _from) = listener.accept().await.unwrap();
        let acceptor = TlsAcceptor::from(Arc::clone(&config.read().unwrap()));
        let secured = secured.clone();
        tokio::spawn(async move {
            if let Ok(connection) = acceptor.accept(connection).await {
                let _ended = secured.send(connection).await;
            }
        });
    }
}

/// The connections that came through the handshake.
struct Secured {
    secured: mpsc::Receiver<TlsStream<TcpStream>>,
    address: SocketAddr,
}

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.secured.recv().await {
            Some(connection) => (connection, self.address),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// What is known of a client by its handshake.
#[derive(Debug, Clone)]
struct Caller {
    asked_for: Option<String>,
    certificate: Option<String>,
}

impl Connected<IncomingStream<'_, Secured>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Secured>) -> Self {
        let (_, session) = stream.io().get_ref();
        let shown = session.peer_certificates().and_then(<[_]>::first);
        Self {
            asked_for: session.server_name().map(str::to_owned),
            certificate: shown.map(|certificate| fingerprint(certificate)),
        }
    }
}

fn answer(name: &str, caller: &Caller, request: &Request) -> axum::response::Response {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    let host = request.headers().get("host").and_then(|host| host.to_str().ok());
    let or_none = |text: Option<&str>| text.unwrap_or("none").to_owned();
    let body = format!(
        "{name} {path}\nsni: {}\nhost: {}\nclient: {}",
        or_none(caller.asked_for.as_deref()),
        or_none(host),
        or_none(caller.certificate.as_deref()),
    );
    ([("connection", "close")], body).into_response()
}
