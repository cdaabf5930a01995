//! Every method that Envoy's protocols have, called over bare HTTP/2 without credentials.
//!
//! The list is read from the descriptors of the package that the server's services come from, so
//! that a service which is added to the server is looked at without being named here.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use chancery::auth::secret::Secret;
use http::{HeaderMap, Request};
use prost_reflect::DescriptorPool;
use rstest::rstest;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::{Code, Status};

use super::{By, Guarded};

/// A method that no server has.
pub(super) const NONE: &str = "/chancery.Nothing/AtAll";

/// Methods of services that servers add for their operators.
const USUAL: [&str; 4] = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.channelz.v1.Channelz/GetServers",
];

/// How a call has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: Code,
    message: String,
}

impl Ended {
    /// Reads what stands in the headers of an answer without a body, or in the trailers after one.
    fn read(headers: &HeaderMap) -> Option<Self> {
        let status = Status::from_header_map(headers)?;
        Some(Self { code: status.code(), message: status.message().to_owned() })
    }

    /// Tells whether the server has the service: of others, it has nothing to say.
    fn is_there(&self) -> bool {
        self.code != Code::Unimplemented || !self.message.is_empty()
    }
}

/// Calls a method without a message over a connection of its own.
pub(super) async fn call<T>(io: T, method: &str, token: Option<&Secret>) -> Ended
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut client, connection) = h2::client::handshake(io).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut request = Request::post(format!("http://chancery{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {}", token.reveal()));
    }
    let (answer, _sent) = client.send_request(request.body(()).unwrap(), true).unwrap();
    let (head, mut body) = answer.await.unwrap().into_parts();
    let ended = match Ended::read(&head.headers) {
        Some(ended) => ended,
        None => {
            while let Some(data) = body.data().await {
                data.unwrap();
            }
            let trailers = body.trailers().await.unwrap();
            trailers.as_ref().and_then(Ended::read).expect("an answer has a status")
        }
    };
    connection.abort();
    ended
}

/// Returns the folder of a package as it is locked.
fn package(name: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let found = packages.find(|package| package["name"] == name).unwrap();
    Path::new(found["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

/// Returns the paths of all methods of which the server could have the service.
fn every_method() -> BTreeSet<String> {
    let described = fs::read(package("envoy-types").join("src/generated/types.bin")).unwrap();
    let pool = DescriptorPool::decode(described.as_slice()).unwrap();
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let paths = methods.map(|it| format!("/{}/{}", it.parent_service().full_name(), it.name()));
    paths.chain(USUAL.map(str::to_owned)).chain([NONE.to_owned()]).collect()
}

fn service(method: &str) -> &str {
    method.trim_start_matches('/').split('/').next().unwrap()
}

#[rstest]
#[tokio::test]
async fn no_method_of_any_service_answers_who_shows_nothing(
    #[values(None, Some("chn_unknown"))] unknown: Option<&str>,
) {
    let guarded = Guarded::start(By::PlainTokens).await;
    let token = guarded.token("edge-1").await;
    let unknown = unknown.map(|token| Secret::of(token.to_owned()));
    let methods = every_method();
    let mut there = BTreeSet::new();

    for method in &methods {
        let refused = guarded.call(method, unknown.as_ref()).await;
        assert_eq!(refused.code, Code::Unauthenticated, "{method}: {refused:?}");
        let known = guarded.call(method, Some(&token)).await;
        assert_ne!(known.code, Code::Unauthenticated, "{method}: {known:?}");
        if known.is_there() {
            there.insert(service(method));
        }
    }

    // what the server does have was among them
    let expected = [
        "envoy.service.discovery.v3.AggregatedDiscoveryService",
        "envoy.service.metrics.v3.MetricsService",
    ];
    assert!(expected.iter().all(|service| there.contains(service)), "{there:?}");
    assert!(methods.len() >= 45, "{methods:?}");
}
