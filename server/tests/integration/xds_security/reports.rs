//! Reports in the name of another node, by calls that Envoy would not make.

use chancery::auth::secret::Secret;
use envoy_types::pb::envoy::{
    config::core::v3::Node,
    service::{
        discovery::v3::{
            DeltaDiscoveryRequest,
            aggregated_discovery_service_client::AggregatedDiscoveryServiceClient,
        },
        metrics::v3::{
            StreamMetricsMessage, metrics_service_client::MetricsServiceClient,
            stream_metrics_message::Identifier,
        },
    },
};
use tonic::{Code, Request, Status, transport::Channel};

use super::{By, Guarded};

async fn channel(guarded: &Guarded) -> Channel {
    let address = format!("http://{}", guarded.server.server.xds);
    Channel::from_shared(address).unwrap().connect().await.unwrap()
}

fn named(id: &str) -> Option<Node> {
    Some(Node { id: id.to_owned(), ..Node::default() })
}

fn with<T>(token: &Secret, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let header = format!("Bearer {}", token.reveal()).parse().unwrap();
    request.metadata_mut().insert("authorization", header);
    request
}

async fn report(guarded: &Guarded, token: &Secret, ids: &[&str]) -> Result<(), Status> {
    let messages: Vec<_> = ids
        .iter()
        .map(|id| StreamMetricsMessage {
            identifier: Some(Identifier { node: named(id) }),
            ..StreamMetricsMessage::default()
        })
        .collect();
    let mut client = MetricsServiceClient::new(channel(guarded).await);
    let sent = client.stream_metrics(with(token, tokio_stream::iter(messages))).await;
    sent.map(|_answer| ())
}

#[tokio::test]
async fn the_counters_of_a_node_are_taken_from_no_other() {
    let guarded = Guarded::start(By::PlainTokens).await;
    let token = guarded.token("edge-1").await;

    let own = report(&guarded, &token, &["edge-1"]).await;
    let of_another = report(&guarded, &token, &["edge-2"]).await.unwrap_err();
    let later = report(&guarded, &token, &["edge-1", "edge-2"]).await.unwrap_err();

    own.unwrap();
    for refused in [of_another, later] {
        assert_eq!(refused.code(), Code::PermissionDenied);
        assert_eq!(
            refused.message(),
            "you say to be the node `edge-2`: this token is for `edge-1`"
        );
    }
}

#[tokio::test]
async fn the_configuration_of_a_node_is_given_to_no_other() {
    let guarded = Guarded::start(By::PlainTokens).await;
    let token = guarded.token("edge-1").await;
    let mut client = AggregatedDiscoveryServiceClient::new(channel(&guarded).await);
    let ask = |id: &str| {
        tokio_stream::iter([DeltaDiscoveryRequest {
            node: named(id),
            type_url: "type.googleapis.com/envoy.config.cluster.v3.Cluster".to_owned(),
            ..DeltaDiscoveryRequest::default()
        }])
    };

    let own = client.delta_aggregated_resources(with(&token, ask("edge-1"))).await.unwrap();
    let other = client.delta_aggregated_resources(with(&token, ask("edge-2"))).await.unwrap();

    let resources = own.into_inner().message().await.unwrap().unwrap().resources;
    assert_eq!(resources[0].name, "usersvc");
    let refused = other.into_inner().message().await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
