//! The floor: what Envoy and the disk need, with nothing of ours in between.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use chancery::{
    envoy::listener::Addresses,
    gateway::{
        endpoints::Endpoints,
        mapping::{Change, ChangeKind, Mapping, Revision, Spec},
        service::ServiceName,
    },
    publisher::compiler::Compiler,
    xds::resource::{Kind, Resource, ResourceKey, Resources},
};
use chrono::DateTime;
use envoy_types::pb::envoy::service::discovery::v3::{
    DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
    Resource as WireResource,
    aggregated_discovery_service_server::{
        AggregatedDiscoveryService, AggregatedDiscoveryServiceServer,
    },
};
use futures_util::Stream;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, transport::server::TcpIncoming};

use crate::{
    BenchResult,
    load::Connection,
    process::{Envoy, PATIENCE, until_listening},
    report::Samples,
    table::Table,
};

/// Commits that are measured.
const COMMITS: usize = 200;

/// Resources in one response of the first load: about 1 MB.
const BATCH: usize = 1_000;

/// Measures one row in one transaction, in the mode that the server uses.
pub(crate) async fn durable_commit() -> BenchResult<Samples> {
    let folder = tempfile::tempdir()?;
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("floor.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePool::connect_with(options).await?;
    sqlx::query("create table rows (id integer primary key, content text)").execute(&pool).await?;
    let mut samples = Samples::default();
    for _ in 0..COMMITS {
        let begun = Instant::now();
        sqlx::query("insert into rows (content) values ($1)")
            .bind("x".repeat(300))
            .execute(&pool)
            .await?;
        samples.push(begun.elapsed());
    }
    Ok(samples)
}

/// Measures from the push of an encoded change to its first right answer.
pub(crate) async fn measure(table: &Table, changes: usize) -> BenchResult<Samples> {
    let gateway = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let mut compiler = compile(table, gateway)?;
    let resources = compiler.publish().ok_or("nothing to publish")?.resources;
    let pushes = prepare(&mut compiler, table, changes)?;

    let pusher = BarePusher::new(resources);
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let xds = socket.local_addr()?;
    let service = AggregatedDiscoveryServiceServer::new(pusher.clone())
        .max_decoding_message_size(64 * 1024 * 1024);
    let serving = tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpIncoming::from(socket).with_nodelay(Some(true))),
    );
    let envoy = Envoy::start(xds).await?;
    until_listening(gateway).await?;
    let mut samples = Samples::default();
    for (index, (scope, routes)) in pushes.into_iter().enumerate() {
        let mut connection = Connection::open(gateway).await?;
        pusher.add(&routes);
        let pushed = Instant::now();
        pusher.push(&scope).await?;
        while connection.get(&Table::new_path(index)).await? != 200 {
            if pushed.elapsed() > PATIENCE {
                return Err(format!("the bare push of change {index} was never served").into());
            }
        }
        samples.push(pushed.elapsed());
    }
    envoy.stop().await?;
    serving.abort();
    Ok(samples)
}

fn compile(table: &Table, gateway: SocketAddr) -> BenchResult<Compiler> {
    // without a certificate there is no listener for HTTPS
    let addresses = Addresses { http: gateway, https: gateway };
    let mut compiler = Compiler::new(addresses);
    for spec in table.mappings()? {
        put(&mut compiler, spec, table.upstream());
    }
    Ok(compiler)
}

/// Returns the scope and the routes of each change, encoded.
fn prepare(
    compiler: &mut Compiler,
    table: &Table,
    changes: usize,
) -> BenchResult<Vec<(Arc<Resource>, Arc<Resource>)>> {
    for index in 0..changes {
        put(compiler, table.new_spec(index)?, table.upstream());
    }
    let resources = compiler.publish().ok_or("nothing has changed")?.resources;
    let get = |kind, index| {
        let name = format!("segment/new{index}").into();
        resources.get(&ResourceKey { kind, name }).cloned().ok_or("no such shard")
    };
    (0..changes).map(|index| Ok((get(Kind::Scope, index)?, get(Kind::Routes, index)?))).collect()
}

fn put(compiler: &mut Compiler, spec: Spec, upstream: SocketAddr) {
    let revision = Revision(compiler.revision().0 + 1);
    let (created_at, updated_at) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
    let mapping = Arc::new(Mapping { spec, revision, created_at, updated_at });
    compiler.apply(&Change { revision, kind: ChangeKind::Put(mapping) });
    let wanted: Vec<ServiceName> = compiler.take_wanted();
    for service in wanted {
        compiler.resolve(&service, Endpoints::known([upstream]));
    }
}

/// Sends what it is asked for, and what it is told to, without a thought.
#[derive(Clone)]
struct BarePusher(Arc<Mutex<State>>);

struct State {
    resources: Resources,
    added: Vec<Arc<Resource>>,
    outbox: Option<mpsc::Sender<Result<DeltaDiscoveryResponse, Status>>>,
}

impl BarePusher {
    fn new(resources: Resources) -> Self {
        Self(Arc::new(Mutex::new(State { resources, added: Vec::new(), outbox: None })))
    }

    fn add(&self, resource: &Arc<Resource>) {
        self.lock().added.push(Arc::clone(resource));
    }

    async fn push(&self, resource: &Arc<Resource>) -> BenchResult<()> {
        let outbox = self.lock().outbox.clone().ok_or("no node is connected")?;
        outbox.send(Ok(response(resource.key.kind, &[Arc::clone(resource)]))).await?;
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answers(&self, request: &DeltaDiscoveryRequest) -> Vec<DeltaDiscoveryResponse> {
        let Some(kind) = Kind::of_type_url(&request.type_url) else { return Vec::new() };
        let state = self.lock();
        let everything = request.resource_names_subscribe.is_empty()
            && request.resource_names_unsubscribe.is_empty()
            && request.response_nonce.is_empty();
        let found: Vec<_> = if everything {
            let names = state.resources.names(kind);
            names.filter_map(|name| state.find(kind, name)).collect()
        } else {
            let names = request.resource_names_subscribe.iter();
            names.filter_map(|name| state.find(kind, name)).collect()
        };
        found.chunks(BATCH).map(|batch| response(kind, batch)).collect()
    }
}

impl State {
    fn find(&self, kind: Kind, name: &str) -> Option<Arc<Resource>> {
        let key = ResourceKey { kind, name: name.into() };
        let added = || self.added.iter().find(|resource| resource.key == key).cloned();
        self.resources.get(&key).cloned().or_else(added)
    }
}

fn response(kind: Kind, resources: &[Arc<Resource>]) -> DeltaDiscoveryResponse {
    let wire = |resource: &Arc<Resource>| WireResource {
        name: resource.key.name.as_ref().to_owned(),
        version: resource.version.as_str().to_owned(),
        resource: Some(resource.body.clone()),
        ..WireResource::default()
    };
    DeltaDiscoveryResponse {
        resources: resources.iter().map(wire).collect(),
        type_url: kind.type_url(),
        nonce: "floor".to_owned(),
        ..DeltaDiscoveryResponse::default()
    }
}

type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl AggregatedDiscoveryService for BarePusher {
    type StreamAggregatedResourcesStream = Responses<DiscoveryResponse>;
    type DeltaAggregatedResourcesStream = Responses<DeltaDiscoveryResponse>;

    async fn stream_aggregated_resources(
        &self,
        _request: Request<Streaming<DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        Err(Status::unimplemented("delta only"))
    }

    async fn delta_aggregated_resources(
        &self,
        request: Request<Streaming<DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        let (outbox, responses) = mpsc::channel(1024);
        self.lock().outbox = Some(outbox.clone());
        let (pusher, mut requests) = (self.clone(), request.into_inner());
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                for answer in pusher.answers(&request) {
                    if outbox.send(Ok(answer)).await.is_err() {
                        return;
                    }
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(responses))))
    }
}
