//! Conversations with a node, request by request.
//!
//! What is sent is compared as text: `cluster +a +b` brings two clusters, `scope -x` removes a
//! scope, and a bare `cluster` says that there is none.

mod model;
mod order;
mod receipts;
mod refusal;
mod resume;

use std::{collections::VecDeque, sync::Arc};

use envoy_types::pb::google::rpc;

use super::{Event, Session, UNANSWERED_RESPONSES};
use crate::{
    envoy::proto::{
        config::{
            cluster::v3::Cluster,
            endpoint::v3::ClusterLoadAssignment,
            listener::v3::Listener,
            route::v3::{RouteConfiguration, ScopedRouteConfiguration},
        },
        extensions::transport_sockets::tls::v3::Secret,
        service::discovery::v3::{DeltaDiscoveryRequest, DeltaDiscoveryResponse},
    },
    gateway::{mapping::Mapping, table::tests::mapping},
    xds::resource::{Kind, Resource, ResourceKey, Resources},
};

/// What the node should have, under construction.
#[derive(Debug, Clone, Default)]
struct Goal {
    resources: Resources,
    touched: Vec<ResourceKey>,
}

impl Goal {
    /// Puts a cluster and its endpoints.
    fn cluster(&mut self, name: &str, content: u32) {
        let message = Cluster {
            name: name.to_owned(),
            alt_stat_name: content.to_string(),
            ..Cluster::default()
        };
        self.put(Resource::new(key(Kind::Cluster, name), message, [], []));
        if self.get(Kind::Endpoints, name).is_none() {
            self.endpoints(name, 0);
        }
    }

    fn endpoints(&mut self, name: &str, content: u32) {
        self.put(endpoints(name, content));
    }

    /// Puts a shard, with its scope, whose routes need these clusters.
    fn shard(&mut self, name: &str, needs: &[&str], content: u32) {
        self.shard_of(name, needs, content, mapping("m", "/m/", "a", "/"));
    }

    fn shard_of(&mut self, name: &str, needs: &[&str], content: u32, carries: Arc<Mapping>) {
        let routes = RouteConfiguration {
            name: name.to_owned(),
            // so that a test can read from the message what it needs
            request_headers_to_remove: needs.iter().map(ToString::to_string).collect(),
            response_headers_to_remove: vec![content.to_string()],
            ..RouteConfiguration::default()
        };
        let needs = needs.iter().map(|need| Arc::from(*need));
        self.put(Resource::new(key(Kind::Routes, name), routes, needs, [carries]));
        let scope = ScopedRouteConfiguration {
            name: name.to_owned(),
            ..ScopedRouteConfiguration::default()
        };
        self.put(Resource::new(key(Kind::Scope, name), scope, [], []));
    }

    fn listener(&mut self, content: u32) {
        self.listener_with(content, &[]);
    }

    /// Puts a listener that names these secrets.
    fn listener_with(&mut self, content: u32, secrets: &[&str]) {
        let message = Listener {
            name: content.to_string(),
            // so that a test can read from the message what it names
            stat_prefix: secrets.join(" "),
            ..Listener::default()
        };
        self.put(Resource::new(key(Kind::Listener, "gateway"), message, [], []));
    }

    fn secret(&mut self, name: &str, content: u32) {
        let message = Secret { name: format!("{name} {content}"), ..Secret::default() };
        self.put(Resource::new(key(Kind::Secret, name), message, [], []));
    }

    fn remove_shard(&mut self, name: &str) {
        self.remove(Kind::Scope, name);
        self.remove(Kind::Routes, name);
    }

    fn remove_cluster(&mut self, name: &str) {
        self.remove(Kind::Cluster, name);
        self.remove(Kind::Endpoints, name);
    }

    fn put(&mut self, resource: Resource) {
        let key = resource.key.clone();
        if self.resources.put(resource) {
            self.touched.push(key);
        }
    }

    fn remove(&mut self, kind: Kind, name: &str) {
        let key = key(kind, name);
        if self.resources.remove(&key) {
            self.touched.push(key);
        }
    }

    fn get(&self, kind: Kind, name: &str) -> Option<&Arc<Resource>> {
        self.resources.get(&key(kind, name))
    }
}

fn endpoints(name: &str, content: u32) -> Resource {
    let message = ClusterLoadAssignment {
        cluster_name: format!("{name} {content}"),
        ..ClusterLoadAssignment::default()
    };
    Resource::new(key(Kind::Endpoints, name), message, [], [])
}

/// One side of a conversation whose other side the test speaks.
struct Talk {
    goal: Goal,
    session: Session,
    events: Vec<Event>,
}

impl Talk {
    /// Begins a conversation with a node that has asked for nothing yet.
    fn new(build: impl FnOnce(&mut Goal)) -> Self {
        let mut goal = Goal::default();
        build(&mut goal);
        goal.touched.clear();
        let session = Session::new(goal.resources.clone(), 1);
        Self { goal, session, events: Vec::new() }
    }

    /// Begins a conversation and brings it to rest: the node runs all there is.
    fn at_rest(build: impl FnOnce(&mut Goal)) -> Self {
        let mut talk = Self::new(build);
        for kind in [Kind::Cluster, Kind::Listener, Kind::Scope] {
            talk.hears(subscribe(kind, &[]));
        }
        for kind in [Kind::Endpoints, Kind::Secret, Kind::Routes] {
            let names: Vec<_> = talk.goal.resources.names(kind).cloned().collect();
            let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
            if !names.is_empty() {
                talk.hears(subscribe(kind, &names));
            }
        }
        talk.settle();
        assert!(talk.session.is_settled(), "the node has answered all");
        talk.events.clear();
        talk
    }

    /// Changes the goal; returns what is sent at once.
    fn change(&mut self, edit: impl FnOnce(&mut Goal)) -> Vec<DeltaDiscoveryResponse> {
        edit(&mut self.goal);
        let touched = std::mem::take(&mut self.goal.touched);
        self.session.retarget(self.goal.resources.clone(), 2, Some(&touched));
        self.says()
    }

    /// Takes in a request; returns what is sent in turn.
    fn hears(&mut self, request: DeltaDiscoveryRequest) -> Vec<DeltaDiscoveryResponse> {
        let events = self.session.on_request(request);
        self.events.extend(events);
        self.says()
    }

    fn says(&mut self) -> Vec<DeltaDiscoveryResponse> {
        std::iter::from_fn(|| self.session.poll()).collect()
    }

    /// Acknowledges `responses` and all that comes of it; returns what came.
    fn accept(&mut self, responses: Vec<DeltaDiscoveryResponse>) -> Vec<DeltaDiscoveryResponse> {
        let mut unanswered = VecDeque::from(responses);
        let mut sent = Vec::new();
        while let Some(response) = unanswered.pop_front() {
            let next = self.hears(ack(&response));
            sent.extend(next.iter().cloned());
            unanswered.extend(next);
        }
        sent
    }

    /// Acknowledges everything that is on the way, and all that comes of it.
    fn settle(&mut self) {
        loop {
            let mut unanswered: Vec<_> = self.session.unanswered.iter().map(on_the_way).collect();
            unanswered.sort_by_key(|response| response.nonce.parse::<u64>().unwrap());
            if unanswered.is_empty() {
                return;
            }
            self.accept(unanswered);
        }
    }

    fn acked_by(&self, kind: Kind, name: &str) -> u32 {
        self.goal.get(kind, name).unwrap().acked_by()
    }
}

fn on_the_way((nonce, sent): (&u64, &super::Sent)) -> DeltaDiscoveryResponse {
    DeltaDiscoveryResponse {
        type_url: sent.kind.type_url(),
        nonce: nonce.to_string(),
        ..DeltaDiscoveryResponse::default()
    }
}

fn key(kind: Kind, name: &str) -> ResourceKey {
    ResourceKey { kind, name: name.into() }
}

/// Asks for the resources of these names; for all when there are none, as Envoy does.
fn subscribe(kind: Kind, names: &[&str]) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        type_url: kind.type_url(),
        resource_names_subscribe: names.iter().map(ToString::to_string).collect(),
        ..DeltaDiscoveryRequest::default()
    }
}

fn unsubscribe(kind: Kind, name: &str) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        type_url: kind.type_url(),
        resource_names_unsubscribe: vec![name.to_owned()],
        ..DeltaDiscoveryRequest::default()
    }
}

fn ack(response: &DeltaDiscoveryResponse) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        type_url: response.type_url.clone(),
        response_nonce: response.nonce.clone(),
        ..DeltaDiscoveryRequest::default()
    }
}

fn nack(response: &DeltaDiscoveryResponse, reason: &str) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        error_detail: Some(rpc::Status {
            code: 13,
            message: reason.to_owned(),
            ..rpc::Status::default()
        }),
        ..ack(response)
    }
}

/// Returns what the responses carry, as text.
fn texts(responses: &[DeltaDiscoveryResponse]) -> Vec<String> {
    responses.iter().map(text).collect()
}

fn text(response: &DeltaDiscoveryResponse) -> String {
    let kind = Kind::of_type_url(&response.type_url).unwrap();
    let mut text = format!("{kind:?}").to_lowercase();
    for resource in &response.resources {
        text.push_str(" +");
        text.push_str(&resource.name);
    }
    for name in &response.removed_resources {
        text.push_str(" -");
        text.push_str(name);
    }
    text
}
