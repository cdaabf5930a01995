//! Random conversations with a model of Envoy.
//!
//! The model applies responses as Envoy does: a refused response leaves no trace, the ack of a
//! cluster is withheld until all clusters are warm, a cluster is warm once it has endpoints, routes
//! are asked for by the scopes that name them, and secrets by the listener.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::envoy::proto::service::discovery::v3::Resource as WireResource;

const CLUSTERS: [&str; 4] = ["a", "b", "c", "d"];
const SHARDS: [&str; 4] = ["w", "x", "y", "z"];
const SECRETS: [&str; 3] = ["s", "t", "u"];
/// The model refuses routes of this content.
const BAD: u32 = 3;

/// One step of a conversation.
#[derive(Debug, Clone)]
enum Step {
    Change {
        edits: Vec<Edit>,
        tells_what: bool,
    },
    /// The node applies the next response.
    Apply,
    /// The node's clusters get warm, if they have endpoints.
    Warm,
    /// We hear the node's next request.
    Hear,
    /// The stream breaks, and the node opens another.
    Reconnect,
}

#[derive(Debug, Clone)]
enum Edit {
    Shard {
        shard: usize,
        needs: BTreeSet<usize>,
        content: u32,
    },
    Remove {
        shard: usize,
    },
    Cluster {
        cluster: usize,
        content: u32,
    },
    Endpoints {
        cluster: usize,
        content: u32,
    },
    /// Replaces the listener by one that names these secrets; the others go.
    Listener {
        content: u32,
        secrets: BTreeSet<usize>,
    },
    Secret {
        secret: usize,
        content: u32,
    },
}

fn edit() -> impl Strategy<Value = Edit> {
    let needs = || proptest::collection::btree_set(0..CLUSTERS.len(), 1..=2);
    prop_oneof![
        6 => (0..SHARDS.len(), needs(), 0..=BAD)
            .prop_map(|(shard, needs, content)| Edit::Shard { shard, needs, content }),
        3 => (0..SHARDS.len()).prop_map(|shard| Edit::Remove { shard }),
        1 => (0..CLUSTERS.len(), 0..3u32)
            .prop_map(|(cluster, content)| Edit::Cluster { cluster, content }),
        1 => (0..CLUSTERS.len(), 0..3u32)
            .prop_map(|(cluster, content)| Edit::Endpoints { cluster, content }),
        1 => (0..3u32, proptest::collection::btree_set(0..SECRETS.len(), 0..=2))
            .prop_map(|(content, secrets)| Edit::Listener { content, secrets }),
        1 => (0..SECRETS.len(), 0..3u32)
            .prop_map(|(secret, content)| Edit::Secret { secret, content }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (proptest::collection::vec(edit(), 1..4), prop::bool::weighted(0.8))
            .prop_map(|(edits, tells_what)| Step::Change { edits, tells_what }),
        16 => Just(Step::Apply),
        8 => Just(Step::Warm),
        16 => Just(Step::Hear),
        1 => Just(Step::Reconnect),
    ]
}

/// The state that edits are made to: a cluster is there while a shard needs it.
#[derive(Default)]
struct World {
    goal: Goal,
    shards: BTreeMap<usize, BTreeSet<usize>>,
    cluster_contents: [u32; 4],
    endpoints_contents: [u32; 4],
    /// The secrets that the listener names, which are those that there are.
    secrets: BTreeSet<usize>,
    secret_contents: [u32; 3],
    /// Everything that ever was in the goal.
    made: Vec<Arc<Resource>>,
}

impl World {
    fn edit(&mut self, edit: &Edit) {
        match edit {
            Edit::Shard { shard, needs, content } => {
                let names: Vec<_> = needs.iter().map(|cluster| CLUSTERS[*cluster]).collect();
                self.shards.insert(*shard, needs.clone());
                self.goal.shard(SHARDS[*shard], &names, *content);
            }
            Edit::Remove { shard } => {
                self.shards.remove(shard);
                self.goal.remove_shard(SHARDS[*shard]);
            }
            Edit::Cluster { cluster, content } => self.cluster_contents[*cluster] = *content,
            Edit::Endpoints { cluster, content } => self.endpoints_contents[*cluster] = *content,
            Edit::Listener { content, secrets } => {
                let names: Vec<_> = secrets.iter().map(|secret| SECRETS[*secret]).collect();
                self.secrets.clone_from(secrets);
                self.goal.listener_with(*content, &names);
            }
            Edit::Secret { secret, content } => self.secret_contents[*secret] = *content,
        }
        for (number, name) in SECRETS.into_iter().enumerate() {
            match self.secrets.contains(&number) {
                true => self.goal.secret(name, self.secret_contents[number]),
                false => self.goal.remove(Kind::Secret, name),
            }
        }
        for (number, name) in CLUSTERS.into_iter().enumerate() {
            if self.shards.values().any(|needs| needs.contains(&number)) {
                self.goal.endpoints(name, self.endpoints_contents[number]);
                self.goal.cluster(name, self.cluster_contents[number]);
            } else {
                self.goal.remove_cluster(name);
            }
        }
        let now = self.goal.touched.iter().filter_map(|key| self.goal.resources.get(key));
        self.made.extend(now.cloned());
    }
}

/// A node with its wires.
#[derive(Default)]
struct Node {
    has: BTreeMap<(Kind, String), String>,
    wants: BTreeSet<(Kind, String)>,
    routes_need: BTreeMap<String, Vec<String>>,
    warm: BTreeSet<String>,
    /// Clusters that wait for endpoints: they are new, or have changed.
    without_endpoints: BTreeSet<String>,
    withheld: Vec<DeltaDiscoveryRequest>,
    to_node: VecDeque<DeltaDiscoveryResponse>,
    from_node: VecDeque<DeltaDiscoveryRequest>,
}

impl Node {
    fn apply(&mut self) {
        let Some(response) = self.to_node.pop_front() else { return };
        let kind = Kind::of_type_url(&response.type_url).unwrap();
        if kind == Kind::Routes && response.resources.iter().any(is_bad) {
            self.from_node.push_back(nack(&response, "bad routes"));
            return;
        }
        for name in &response.removed_resources {
            self.remove(kind, name);
        }
        for resource in &response.resources {
            self.put(kind, resource);
        }
        if kind == Kind::Cluster {
            self.withheld.push(ack(&response));
        } else {
            self.from_node.push_back(ack(&response));
        }
    }

    fn put(&mut self, kind: Kind, resource: &WireResource) {
        let name = &resource.name;
        let known = self.has.contains_key(&(kind, name.clone()));
        match kind {
            Kind::Cluster => {
                self.without_endpoints.insert(name.clone());
                if !known {
                    self.wants(Kind::Endpoints, name);
                }
            }
            Kind::Scope if !known => self.wants(Kind::Routes, name),
            Kind::Scope => {}
            Kind::Listener => self.follow_secrets(&names(resource)),
            Kind::Secret if self.wants.contains(&(kind, name.clone())) => {}
            Kind::Secret => return,
            Kind::Routes | Kind::Endpoints if !self.wants.contains(&(kind, name.clone())) => return,
            Kind::Endpoints => drop(self.without_endpoints.remove(name)),
            Kind::Routes => drop(self.routes_need.insert(name.clone(), needs(resource))),
        }
        self.has.insert((kind, name.clone()), resource.version.clone());
    }

    fn remove(&mut self, kind: Kind, name: &str) {
        self.has.remove(&(kind, name.to_owned()));
        match kind {
            Kind::Cluster => {
                self.warm.remove(name);
                self.without_endpoints.remove(name);
                self.drops(Kind::Endpoints, name);
            }
            Kind::Scope => {
                self.routes_need.remove(name);
                self.drops(Kind::Routes, name);
            }
            Kind::Listener | Kind::Secret | Kind::Routes | Kind::Endpoints => {}
        }
    }

    /// Asks for the secrets that the listener names, and lets go of the others.
    fn follow_secrets(&mut self, named: &[String]) {
        for name in named {
            if !self.wants.contains(&(Kind::Secret, name.clone())) {
                self.wants(Kind::Secret, name);
            }
        }
        let wanted = self.wants.iter().filter(|(kind, _)| *kind == Kind::Secret);
        let gone: Vec<_> = wanted.map(|(_, name)| name.clone()).collect();
        for name in gone.iter().filter(|name| !named.contains(name)) {
            self.drops(Kind::Secret, name);
        }
    }

    fn wants(&mut self, kind: Kind, name: &str) {
        self.wants.insert((kind, name.to_owned()));
        self.from_node.push_back(subscribe(kind, &[name]));
    }

    fn drops(&mut self, kind: Kind, name: &str) {
        self.has.remove(&(kind, name.to_owned()));
        if self.wants.remove(&(kind, name.to_owned())) {
            self.from_node.push_back(unsubscribe(kind, name));
        }
    }

    fn warm(&mut self) {
        if !self.without_endpoints.is_empty() {
            return;
        }
        self.warm = self.names(Kind::Cluster).into_iter().collect();
        self.from_node.extend(std::mem::take(&mut self.withheld));
    }

    fn names(&self, kind: Kind) -> Vec<String> {
        self.has.keys().filter(|(of, _)| *of == kind).map(|(_, name)| name.clone()).collect()
    }

    /// Opens a new stream, with what Envoy says on one.
    fn connect(&mut self) {
        self.to_node.clear();
        self.from_node.clear();
        self.withheld.clear();
        // what was to come on the old stream may be gone: after 15 s Envoy goes on without it
        self.without_endpoints.clear();
        for kind in Kind::ALL {
            let by_name = matches!(kind, Kind::Endpoints | Kind::Secret | Kind::Routes);
            let wanted = self.wants.iter().filter(|(of, _)| *of == kind);
            let wanted: Vec<_> = wanted.map(|(_, name)| name.clone()).collect();
            if by_name && wanted.is_empty() {
                continue;
            }
            let has = self.has.iter().filter(|((of, _), _)| *of == kind);
            let request = DeltaDiscoveryRequest {
                initial_resource_versions: has
                    .map(|((_, name), version)| (name.clone(), version.clone()))
                    .collect(),
                resource_names_subscribe: wanted,
                ..subscribe(kind, &[])
            };
            if kind == Kind::Cluster {
                // Envoy pauses this type while a cluster is not warm
                self.withheld.push(request);
            } else {
                self.from_node.push_back(request);
            }
        }
        self.warm();
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for (shard, needs) in &self.routes_need {
            for cluster in needs {
                let warm = self.warm.contains(cluster);
                prop_assert!(warm, "routes `{shard}` need `{cluster}`, which is not warm");
            }
        }
        Ok(())
    }
}

fn decoded(resource: &WireResource) -> RouteConfiguration {
    RouteConfiguration::decode(resource.resource.as_ref().unwrap().value.as_slice()).unwrap()
}

fn needs(resource: &WireResource) -> Vec<String> {
    decoded(resource).request_headers_to_remove
}

/// Returns the secrets that a listener names.
fn names(listener: &WireResource) -> Vec<String> {
    let body = listener.resource.as_ref().unwrap();
    let listener = Listener::decode(body.value.as_slice()).unwrap();
    listener.stat_prefix.split_whitespace().map(str::to_owned).collect()
}

fn is_bad(resource: &WireResource) -> bool {
    decoded(resource).response_headers_to_remove == [BAD.to_string()]
}

/// Both sides and what lies between.
struct Conversation {
    world: World,
    session: Session,
    node: Node,
    revision: u64,
}

impl Conversation {
    fn begin() -> Self {
        let mut conversation = Self {
            world: World::default(),
            session: Session::new(Resources::default(), 0),
            node: Node::default(),
            revision: 0,
        };
        conversation.node.connect();
        conversation
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Change { edits, tells_what } => {
                edits.iter().for_each(|edit| self.world.edit(edit));
                self.revision += 1;
                let touched = std::mem::take(&mut self.world.goal.touched);
                let touched = tells_what.then_some(touched.as_slice());
                self.session.retarget(self.world.goal.resources.clone(), self.revision, touched);
            }
            Step::Apply => self.node.apply(),
            Step::Warm => self.node.warm(),
            Step::Hear => {
                if let Some(request) = self.node.from_node.pop_front() {
                    self.session.on_request(request);
                }
            }
            Step::Reconnect => {
                self.session = Session::new(self.world.goal.resources.clone(), self.revision);
                self.node.connect();
            }
        }
        self.node.to_node.extend(std::iter::from_fn(|| self.session.poll()));
    }

    fn come_to_rest(&mut self) -> Result<(), TestCaseError> {
        loop {
            let wires = (self.node.to_node.len(), self.node.from_node.len());
            let withheld = self.node.withheld.len();
            for step in [Step::Apply, Step::Warm, Step::Hear] {
                self.step(&step);
                self.node.check()?;
            }
            if wires == (0, 0) && withheld == self.node.withheld.len() {
                return Ok(());
            }
        }
    }

    fn check_the_end(&self) -> Result<(), TestCaseError> {
        let goal = &self.world.goal;
        prop_assert!(self.node.withheld.is_empty(), "clusters wait for endpoints");
        let version = |resource: &Resource| {
            self.node.has.get(&(resource.key.kind, resource.key.name.to_string()))
        };
        let mut any_bad = false;
        for kind in Kind::ALL {
            for name in goal.resources.names(kind) {
                let resource = goal.get(kind, name).unwrap();
                let bad = kind == Kind::Routes && is_bad_content(resource);
                any_bad |= bad;
                let runs = version(resource).map(String::as_str) == Some(resource.version.as_str());
                prop_assert_eq!(runs, !bad, "{:?} `{}`", kind, name);
                prop_assert_eq!(resource.acked_by(), u32::from(runs), "{:?} `{}`", kind, name);
            }
        }
        if !any_bad {
            // routes that were kept in place of bad ones may need clusters that are gone
            prop_assert!(self.session.is_settled(), "not settled: {:?}", self.session);
            prop_assert_eq!(self.node.has.len(), goal.resources.len(), "{:?}", self.node.has);
        }
        for (key, holders) in self.holders() {
            let has = self.node.has.contains_key(&(key.kind, key.name.to_string()));
            prop_assert!(holders <= u32::from(has), "{:?} is held {} times", key, holders);
        }
        Ok(())
    }

    /// Returns how many nodes run a resource of each name, in whatever version.
    fn holders(&self) -> BTreeMap<ResourceKey, u32> {
        let mut holders = BTreeMap::new();
        let mut counted = BTreeSet::new();
        for resource in &self.world.made {
            if counted.insert(Arc::as_ptr(resource)) {
                *holders.entry(resource.key.clone()).or_default() += resource.acked_by();
            }
        }
        holders
    }
}

fn is_bad_content(resource: &Resource) -> bool {
    let routes = RouteConfiguration::decode(resource.body.value.as_slice()).unwrap();
    routes.response_headers_to_remove == [BAD.to_string()]
}

proptest! {
    #[test]
    fn routes_never_lack_a_cluster_and_in_the_end_the_node_has_what_it_should(
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut conversation = Conversation::begin();

        for step in &steps {
            conversation.step(step);
            conversation.node.check()?;
        }
        conversation.come_to_rest()?;

        conversation.check_the_end()?;
        let Conversation { world, session, .. } = conversation;
        drop(session);
        prop_assert!(world.made.iter().all(|resource| resource.acked_by() == 0));
    }
}
