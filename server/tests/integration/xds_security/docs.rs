//! What the documentation says, done.

use super::{By, CredentialFiles, Guarded, TlsFiles};
use crate::support::{
    address, docs, envoy::Envoy, server::TestServer, tls::Authority, until, upstream::Upstream,
};

#[tokio::test]
async fn the_page_sets_up_a_server_and_two_nodes() {
    let folder = tempfile::tempdir().unwrap();
    let xds = address::free_address();
    let page = include_str!("../../../../docs/xds-security.md");
    docs::run_in(folder.path(), page, |script| {
        // the machine has no such name
        let reached = format!("--xds {xds} --xds-server-name chancery.internal");
        let beside_the_other = format!("--admin {} --node-id", address::free_address());
        script
            .replace("--xds chancery.internal:18000", &reached)
            .replace("--node-id", &beside_the_other)
    })
    .await;
    let path = |name: &str| folder.path().join(name);
    let files = CredentialFiles {
        tls: Some(TlsFiles {
            chain: path("server/tls.crt"),
            key: path("server/tls.key"),
            client_ca: Some(path("ca.crt")),
        }),
        tokens: Some(path("server/tokens")),
    };
    let nodes = ["edge-1", "edge-2"]
        .map(|id| std::fs::read_to_string(path(id).join("envoy.yaml")).unwrap());

    let upstream = Upstream::start("usersvc").await;
    let services = [("usersvc", upstream.address)];
    let server = TestServer::guarded(folder, xds, files, &services).await;
    let guarded = Guarded {
        server,
        authority: Authority::new("unused"),
        by: By::Either,
        _upstream: upstream,
    };
    let _nodes = nodes.map(|bootstrap| Envoy::with_config(&bootstrap));

    until("both nodes are connected", async || {
        (guarded.connected() == ["edge-1", "edge-2"]).then_some(())
    })
    .await;
}
