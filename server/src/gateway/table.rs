//! The table of all mappings at one revision, and the checks that need to see all of it.

use std::{collections::BTreeMap, sync::Arc};

use imbl::{HashMap, OrdMap, OrdSet};

use super::{
    mapping::{Change, ChangeKind, Mapping, MappingName, Revision, Spec},
    order::OrderKey,
    path::Prefix,
    service::ServiceName,
};
use crate::auth::{claim::Territory, names::TeamName, ownership::Neighbours, sight::Sight};

/// Holds every mapping; a clone is cheap and shares all that is equal.
#[derive(Debug, Clone, Default)]
pub struct Table {
    revision: Revision,
    in_order: OrdMap<OrderKey, Arc<Mapping>>,
    by_name: HashMap<MappingName, Arc<Mapping>>,
    by_prefix: HashMap<Prefix, MappingName>,
    by_service: HashMap<ServiceName, OrdSet<MappingName>>,
}

/// Says that a prefix is mapped already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the prefix `{prefix}` is already mapped by `{owner}`{}", of_team(team))]
pub struct PrefixTaken {
    pub prefix: Prefix,
    pub owner: MappingName,
    pub team: TeamName,
}

impl PrefixTaken {
    /// Says the same to who may not know the mapping.
    pub fn elsewhere(&self) -> String {
        format!("the prefix `{}` is already mapped by the team `{}`", self.prefix, self.team)
    }
}

/// The team that is there from the beginning needs no mention.
fn of_team(team: &TeamName) -> String {
    if *team == TeamName::default_team() { String::new() } else { format!(" of the team `{team}`") }
}

impl Table {
    /// Returns the newest change that the table includes.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Sets the revision of a table that was read as a whole: it may be newer than every mapping
    /// in it, since deletes have revisions too.
    pub fn set_revision(&mut self, revision: Revision) {
        self.revision = revision;
    }

    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub fn get(&self, name: &MappingName) -> Option<&Arc<Mapping>> {
        self.by_name.get(name)
    }

    /// Returns all mappings in match order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Mapping>> {
        self.in_order.values()
    }

    /// Returns the mappings that are seen, in match order.
    pub fn seen_by<'a>(&'a self, sight: &'a Sight) -> impl Iterator<Item = &'a Arc<Mapping>> {
        self.iter().filter(|mapping| sight.sees(&mapping.spec.team))
    }

    /// Returns all mappings by their place in the order: what has changed between two tables can
    /// be told from it without looking at the rest.
    pub fn in_order(&self) -> &OrdMap<OrderKey, Arc<Mapping>> {
        &self.in_order
    }

    /// Returns the names of the mappings that use `service`.
    pub fn users_of(&self, service: &ServiceName) -> impl Iterator<Item = &MappingName> {
        self.by_service.get(service).into_iter().flat_map(OrdSet::iter)
    }

    /// Returns the mappings that use `service` and are seen.
    pub fn seen_users_of<'a>(
        &'a self,
        service: &ServiceName,
        sight: &'a Sight,
    ) -> impl Iterator<Item = &'a Arc<Mapping>> {
        let users = self.users_of(service).filter_map(|name| self.get(name));
        users.filter(|mapping| sight.sees(&mapping.spec.team))
    }

    /// Returns every service that a mapping uses which is seen.
    pub fn seen_services<'a>(&'a self, sight: &'a Sight) -> impl Iterator<Item = &'a ServiceName> {
        let is_seen = |service: &&ServiceName| {
            sight.is_all() || self.seen_users_of(service, sight).next().is_some()
        };
        self.services().filter(is_seen)
    }

    /// Returns every service that a mapping uses.
    pub fn services(&self) -> impl Iterator<Item = &ServiceName> {
        self.by_service.keys()
    }

    /// Checks that `spec` would not share its match with another mapping.
    ///
    /// # Errors
    /// Returns the mapping that has the prefix.
    pub fn check_collision(&self, spec: &Spec) -> Result<(), PrefixTaken> {
        match self.by_prefix.get(&spec.prefix) {
            Some(owner) if *owner != spec.name => {
                let team = self.by_name.get(owner).map(|mapping| mapping.spec.team.clone());
                Err(PrefixTaken {
                    prefix: spec.prefix.clone(),
                    owner: owner.clone(),
                    team: team.unwrap_or_else(TeamName::default_team),
                })
            }
            _ => Ok(()),
        }
    }

    /// Returns the mapping that serves `path` (normalized, without query) and the path that its
    /// service sees.
    pub fn explain(&self, path: &str) -> Option<(&Arc<Mapping>, String)> {
        self.candidates(path).into_iter().find_map(|(_, mapping)| {
            let spec = &mapping.spec;
            let upstream = spec.rules().iter().find_map(|rule| rule.apply(path))?;
            Some((mapping, spec.policy.rewritten(upstream)))
        })
    }

    /// Returns, in match order, the mappings whose prefix `path` begins with on a segment
    /// boundary: looked up for each of its segments, not by trying all.
    fn candidates(&self, path: &str) -> BTreeMap<OrderKey, &Arc<Mapping>> {
        let ends = path.match_indices('/').flat_map(|(slash, _)| [slash, slash + 1]);
        ends.chain([path.len()])
            .filter_map(|end| self.at_prefix(path.get(..end)?))
            .map(|mapping| (OrderKey::of(mapping), mapping))
            .collect()
    }

    /// Returns the mapping that has exactly this prefix.
    pub fn at_prefix(&self, prefix: &str) -> Option<&Arc<Mapping>> {
        self.by_name.get(self.by_prefix.get(prefix)?)
    }

    /// Returns the mappings of other teams than `team` that are nearest to a place.
    pub fn neighbours(&self, team: &TeamName, place: &Territory) -> Neighbours {
        let of_other = |mapping: &&Arc<Mapping>| mapping.spec.team != *team;
        let neighbour = |mapping: &Arc<Mapping>| {
            (Territory::of(&mapping.spec.prefix), mapping.spec.team.clone())
        };
        let at = |territory: &Territory| {
            let path = territory.as_str();
            let both = [path, path.trim_end_matches('/')];
            both.into_iter().filter_map(|prefix| self.at_prefix(prefix)).find(of_other)
        };
        let mut around = place.outward().filter(|territory| !territory.is_root());
        let around = around.find_map(|territory| at(&territory).map(neighbour));
        let is_inside = |mapping: &&Arc<Mapping>| {
            let inside = Territory::of(&mapping.spec.prefix);
            inside != *place && place.covers(&inside)
        };
        let inside = self.iter().filter(of_other).find(is_inside).map(neighbour);
        Neighbours { around, inside }
    }

    /// Returns the mappings whose requests lie in a place.
    pub fn inside<'a>(
        &'a self,
        place: &'a Territory,
    ) -> impl Iterator<Item = &'a Arc<Mapping>> + use<'a> {
        self.iter().filter(|mapping| place.covers(&Territory::of(&mapping.spec.prefix)))
    }

    /// Carries out a committed change; returns what the mapping was before.
    pub fn apply(&mut self, change: &Change) -> Option<Arc<Mapping>> {
        self.revision = change.revision;
        match &change.kind {
            ChangeKind::Put(mapping) => {
                let before = self.remove(mapping.name());
                self.insert(Arc::clone(mapping));
                before
            }
            ChangeKind::Delete(name) => self.remove(name),
        }
    }

    fn insert(&mut self, mapping: Arc<Mapping>) {
        let spec = &mapping.spec;
        self.by_prefix.insert(spec.prefix.clone(), spec.name.clone());
        for service in spec.services() {
            self.by_service.entry(service.clone()).or_default().insert(spec.name.clone());
        }
        self.in_order.insert(OrderKey::of(&mapping), Arc::clone(&mapping));
        self.by_name.insert(spec.name.clone(), mapping);
    }

    fn remove(&mut self, name: &MappingName) -> Option<Arc<Mapping>> {
        let mapping = self.by_name.remove(name)?;
        let spec = &mapping.spec;
        self.in_order.remove(&OrderKey::of(&mapping));
        // a prefix that moved to another mapping in between is that mapping's
        if self.by_prefix.get(&spec.prefix) == Some(name) {
            self.by_prefix.remove(&spec.prefix);
        }
        for service in spec.services() {
            if let Some(users) = self.by_service.get_mut(service) {
                users.remove(name);
                if users.is_empty() {
                    self.by_service.remove(service);
                }
            }
        }
        Some(mapping)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::gateway::{
        backends::Backends, labels::Labels, path::Rewrite, policy::Policy, service::Service,
    };

    pub(crate) fn mapping(name: &str, prefix: &str, service: &str, rewrite: &str) -> Arc<Mapping> {
        Arc::new(Mapping {
            spec: Spec {
                name: MappingName::parse(name).unwrap(),
                prefix: Prefix::parse(prefix).unwrap(),
                service: Some(Service::parse(service).unwrap()),
                backends: Backends::default(),
                rewrite: Rewrite::parse(rewrite).unwrap(),
                labels: Labels::default(),
                team: TeamName::default_team(),
                policy: Policy::default(),
            },
            revision: Revision(1),
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        })
    }

    fn put(table: &mut Table, revision: u64, mapping: Arc<Mapping>) {
        table.apply(&Change { revision: Revision(revision), kind: ChangeKind::Put(mapping) });
    }

    #[test]
    fn the_longest_prefix_serves_whatever_the_order_of_creation() {
        let mut table = Table::default();
        put(&mut table, 1, mapping("all", "/", "a", "/"));
        put(&mut table, 2, mapping("catalog", "/catalog/", "b", "/"));
        put(&mut table, 3, mapping("images", "/catalog/images/", "c", "/"));

        let serve =
            |path| table.explain(path).map(|(mapping, path)| (mapping.name().to_string(), path));

        assert_eq!(serve("/catalog/images/7"), Some(("images".to_owned(), "/7".to_owned())));
        assert_eq!(serve("/catalog/image"), Some(("catalog".to_owned(), "/image".to_owned())));
        assert_eq!(serve("/catalogue"), Some(("all".to_owned(), "/catalogue".to_owned())));
    }

    #[test]
    fn a_taken_prefix_names_its_owner_and_a_replacement_by_the_owner_is_no_collision() {
        let mut table = Table::default();
        put(&mut table, 1, mapping("user", "/user/", "a", "/"));

        let other = mapping("user2", "/user/", "b", "/").spec.clone();
        let same = mapping("user", "/user/", "b", "/").spec.clone();

        assert_eq!(table.check_collision(&other).unwrap_err().owner.as_str(), "user");
        assert_eq!(table.check_collision(&same), Ok(()));
    }

    #[test]
    fn a_moved_mapping_frees_its_old_prefix_and_service() {
        let mut table = Table::default();
        put(&mut table, 1, mapping("user", "/user/", "a", "/"));
        put(&mut table, 2, mapping("user", "/people/", "b", "/"));

        let newcomer = mapping("other", "/user/", "a", "/").spec.clone();

        assert_eq!(table.check_collision(&newcomer), Ok(()));
        assert_eq!(table.services().map(ToString::to_string).collect::<Vec<_>>(), ["b"]);
        assert_eq!(table.len(), 1);
    }
}
