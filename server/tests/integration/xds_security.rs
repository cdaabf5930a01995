//! Who may talk to the server as a node: certificates and tokens, through real Envoys and raw calls.

mod certificates;
mod command;
mod docs;
mod methods;
mod reports;
mod rotation;
mod tokens;

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use chancery::{
    auth::secret::{NODE_TOKEN_PREFIX, Secret},
    envoy::{
        bootstrap::{NodeCredentials, NodeSettings, NodeTls, OwnCertificate, bootstrap},
        json::{Format, print},
    },
    xds::gate::{CredentialFiles, NodePattern, TlsFiles, tokens::Token},
};
use http::StatusCode;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use self::methods::Ended;
use crate::support::{
    address,
    client::Client,
    envoy::Envoy,
    server::TestServer,
    tls::{Authority, Issued},
    until,
    upstream::Upstream,
};

/// A server whose xDS asks who comes, with one service and a mapping at `/user/`.
struct Guarded {
    server: TestServer,
    /// Signs our certificate and those of nodes.
    authority: Authority,
    by: By,
    _upstream: Upstream,
}

/// By what nodes prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Certificates,
    Tokens,
    /// Tokens, without TLS.
    PlainTokens,
    Either,
}

impl Guarded {
    async fn start(by: By) -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new("Fleet"));
        let path = |name| folder.path().join(name);
        let tls = (by != By::PlainTokens).then(|| {
            put_pair(folder.path(), &authority.issues(&["127.0.0.1"]));
            put(&path("ca.crt"), authority.pem());
            let client_ca = (by != By::Tokens).then(|| path("ca.crt"));
            TlsFiles { chain: path("tls.crt"), key: path("tls.key"), client_ca }
        });
        let tokens = (by != By::Certificates).then(|| {
            put(&path("tokens"), "# none yet\n");
            path("tokens")
        });
        let upstream = Upstream::start("usersvc").await;
        let services = [("usersvc", upstream.address)];
        let free = "127.0.0.1:0".parse().unwrap();
        let files = CredentialFiles { tls, tokens };
        let server = TestServer::guarded(folder, free, files, &services).await;
        server.map("user", "/user/", "usersvc").await;
        Self { server, authority, by, _upstream: upstream }
    }

    /// Makes a token for `nodes`, beside those that there are, and waits until it is known.
    async fn token(&self, nodes: &str) -> Secret {
        let secret = Secret::random(NODE_TOKEN_PREFIX);
        let token = Token { nodes: NodePattern::parse(nodes).unwrap(), hash: secret.hash() };
        let file = self.server.folder.path().join("tokens");
        let text = fs::read_to_string(&file).unwrap();
        put(&file, &(text + &token.line()));
        until("the token is known", async || {
            let ended = self.call(methods::NONE, Some(&secret)).await;
            (ended.code != tonic::Code::Unauthenticated).then_some(())
        })
        .await;
        secret
    }

    /// Calls a method without a message, with a token or with nothing.
    async fn call(&self, method: &str, token: Option<&Secret>) -> Ended {
        let socket = TcpStream::connect(self.server.server.xds).await.unwrap();
        match self.by {
            By::PlainTokens => methods::call(socket, method, token).await,
            _ => methods::call(self.encrypted(socket).await, method, token).await,
        }
    }

    /// Makes a connection by TLS of a socket, without a certificate.
    async fn encrypted(&self, socket: TcpStream) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        let address = ServerName::from(socket.peer_addr().unwrap().ip());
        TlsConnector::from(Arc::new(config)).connect(address, socket).await.unwrap()
    }

    /// Returns the certificate that new connections are shown.
    async fn shown(&self) -> Vec<u8> {
        let socket = TcpStream::connect(self.server.server.xds).await.unwrap();
        let stream = self.encrypted(socket).await;
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }

    /// Starts a node that trusts the authority of the server.
    fn node(&self, id: &str, shows: Shows<'_>) -> Node {
        Node::start(id, &self.server, self.authority.pem(), shows)
    }

    /// Waits until a node is connected and serves the mapping.
    async fn until_served(&self) {
        self.server.until_live().await;
        until("the mapping is served", async || {
            TcpStream::connect(self.server.server.gateway_http).await.ok()?;
            let answer = self.server.client.get(&self.server.gateway("/user/x")).await;
            (answer.status == StatusCode::OK).then_some(())
        })
        .await;
    }

    fn connected(&self) -> Vec<String> {
        self.server.server.nodes.list().iter().map(|node| node.id.to_string()).collect()
    }

    /// Waits until somebody was refused for `reason`, and checks that nobody is connected.
    async fn until_refused(&self, reason: &str) {
        until(&format!("somebody is refused for {reason}"), async || {
            (self.refused(reason).await > 0).then_some(())
        })
        .await;
        assert_eq!(self.connected(), [""; 0]);
    }

    async fn refused(&self, reason: &str) -> u64 {
        self.metric(&format!("chancery_xds_refused_total{{reason=\"{reason}\"}}")).await
    }

    async fn metric(&self, name: &str) -> u64 {
        let metrics = self.server.get("/metrics").await.body;
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {metrics}")).trim().parse().unwrap()
    }
}

/// What a node shows.
#[derive(Debug, Clone, Copy)]
enum Shows<'a> {
    Nothing,
    Certificate(&'a Issued),
    Token(&'a str),
}

/// An Envoy with credentials in a folder.
struct Node {
    envoy: Envoy,
    admin: SocketAddr,
    folder: TempDir,
}

impl Node {
    fn start(id: &str, server: &TestServer, authorities: &str, shows: Shows<'_>) -> Self {
        Self::expecting(None, id, server, authorities, shows)
    }

    /// Starts one that takes a server of another name than its address, if any.
    fn expecting(
        server_name: Option<&str>,
        id: &str,
        server: &TestServer,
        authorities: &str,
        shows: Shows<'_>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).to_str().unwrap().parse().unwrap();
        put(&folder.path().join("ca.crt"), authorities);
        let own = match shows {
            Shows::Certificate(issued) => {
                put_pair(folder.path(), issued);
                Some(OwnCertificate { chain: file("tls.crt"), key: file("tls.key") })
            }
            _ => None,
        };
        let token = match shows {
            Shows::Token(token) => {
                put(&folder.path().join("token"), token);
                Some(file("token"))
            }
            _ => None,
        };
        let server_name = server_name.map(str::to_owned);
        let tls = NodeTls { authorities: file("ca.crt"), own, server_name };
        let credentials = NodeCredentials {
            folder: folder.path().to_str().unwrap().parse().unwrap(),
            tls: Some(tls),
            token,
        };
        for (name, secret) in credentials.secrets() {
            put(&folder.path().join(name), &print(&secret, Format::Yaml).unwrap());
        }
        let settings = NodeSettings {
            id: id.to_owned(),
            xds: vec![server.server.xds.into()],
            admin: address::free_address(),
            zone: None,
            credentials: Some(credentials),
        };
        let envoy = Envoy::with_config(&print(&bootstrap(&settings), Format::Yaml).unwrap());
        Self { envoy, admin: settings.admin, folder }
    }

    /// Puts another certificate in the place of the one that it shows.
    fn renew(&self, issued: &Issued) {
        put_pair(self.folder.path(), issued);
    }

    /// Returns all that the admin interface shows of the configuration.
    async fn config_dump(&self) -> String {
        Client::new().get(&format!("http://{}/config_dump?include_eds", self.admin)).await.body
    }

    /// Waits until Envoy's log has `words`, which it writes as they come: with `%20` for a space.
    async fn until_it_says(&self, words: &str) {
        until(&format!("envoy says `{words}`"), async || {
            let log = self.envoy.log().replace("%20", " ").replace("%60", "`");
            log.contains(words).then_some(())
        })
        .await;
    }
}

/// Moves a file into its place, as `mv` and Kubernetes do.
fn put(file: &Path, text: &str) {
    let part = file.with_extension("part");
    fs::write(&part, text).unwrap();
    fs::rename(part, file).unwrap();
}

/// Puts `tls.key` and `tls.crt` in a folder, the certificate last.
fn put_pair(folder: &Path, issued: &Issued) {
    put(&folder.join("tls.key"), &issued.key);
    put(&folder.join("tls.crt"), &issued.chain);
}
