//! Nodes that show certificates.

use super::{By, Guarded, Node, Shows};
use crate::support::tls::Authority;

#[tokio::test]
async fn a_node_with_a_certificate_for_its_id_is_served_and_counted() {
    let guarded = Guarded::start(By::Certificates).await;
    let own = guarded.authority.issues(&["edge-1"]);

    let _node = guarded.node("edge-1", Shows::Certificate(&own));

    guarded.until_served().await;
    assert_eq!(guarded.connected(), ["edge-1"]);
    // its counters come by the same way
    guarded.server.until_counted("user", [1, 0, 0]).await;
}

#[tokio::test]
async fn who_shows_no_certificate_of_a_trusted_authority_does_not_get_through_the_handshake() {
    let (nothing, of_another) =
        tokio::join!(Guarded::start(By::Certificates), Guarded::start(By::Certificates));
    let foreign = Authority::new("Another").issues(&["edge-1"]);

    let _without = nothing.node("edge-1", Shows::Nothing);
    let _foreign = of_another.node("edge-1", Shows::Certificate(&foreign));

    nothing.until_refused("handshake").await;
    of_another.until_refused("handshake").await;
}

#[tokio::test]
async fn a_node_tells_its_token_to_no_server_of_another_authority_or_name() {
    let (guarded, named) = tokio::join!(Guarded::start(By::Tokens), Guarded::start(By::Tokens));
    let token = guarded.token("edge-1").await;
    let before = guarded.refused("credentials").await;

    let (server, shows) = (&guarded.server, Shows::Token(token.reveal()));
    let another = Authority::new("Another");
    let _distrusting = Node::start("edge-1", server, another.pem(), shows);

    guarded.until_refused("handshake").await;
    assert_eq!(guarded.refused("credentials").await, before, "a request got through");

    // the authority is trusted, but the certificate is for 127.0.0.1
    let (server, fleet) = (&named.server, named.authority.pem());
    let _expecting = Node::expecting(Some("chancery.internal"), "edge-1", server, fleet, shows);

    named.until_refused("handshake").await;
    assert_eq!(named.refused("credentials").await, 0, "a request got through");
}

#[tokio::test]
async fn a_certificate_for_another_node_is_refused_by_name() {
    let guarded = Guarded::start(By::Certificates).await;
    let own = guarded.authority.issues(&["edge-1"]);

    let node = guarded.node("edge-2", Shows::Certificate(&own));

    node.until_it_says("you say to be the node `edge-2`: this certificate is for `edge-1`").await;
    guarded.until_refused("node").await;
}
