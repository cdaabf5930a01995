//! All that decides who may do what, at one moment: immutable, shared, changed by [`Edit`]s.

mod kept;
mod places;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use imbl::{HashMap, OrdMap};

pub use self::kept::{Entity, Kind};
use super::{
    claim::{HostPattern, Territory},
    entity::{Claim, Id, Protection, Request, Session, Subject, Team, Token, User},
    names::{TeamName, UserName},
    principal::{Principal, Who},
    role::Role,
    secret::{SealKey, SecretHash},
    settings::SessionLimits,
};
use crate::gateway::edge::{Edge, EdgeName};

/// A change of [`Access`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Adds it, or takes the place of the one with the same key.
    Put(Entity),
    Remove(Entity),
}

/// Holds everything; a clone is cheap and shares all that is equal.
#[derive(Debug, Clone, Default)]
pub struct Access {
    users: OrdMap<UserName, Arc<User>>,
    by_subject: HashMap<Subject, UserName>,
    teams: OrdMap<TeamName, Arc<Team>>,
    sessions: HashMap<SecretHash, Arc<Session>>,
    tokens: OrdMap<Id, Arc<Token>>,
    by_token: HashMap<SecretHash, Id>,
    claims: OrdMap<Id, Arc<Claim>>,
    /// Claims by place, so that what lies inside a territory is a range.
    by_place: OrdMap<(Territory, HostPattern), Id>,
    protections: OrdMap<Territory, Arc<Protection>>,
    requests: OrdMap<Id, Arc<Request>>,
    edge: Edge,
    last_id: Id,
    seal_key: Option<SealKey>,
}

impl Access {
    /// Carries out a change.
    pub fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Put(entity) => self.put(entity),
            Edit::Remove(entity) => self.remove(entity),
        }
    }

    /// Finds what is kept under a kind's word and a key.
    pub fn find(&self, kind: &str, key: &str) -> Option<Entity> {
        let kind = Kind::of_word(kind)?;
        let id = || key.parse().ok().map(Id);
        let name = || EdgeName::parse(key).ok();
        let edge = &self.edge;
        match kind {
            Kind::User => self.users.get(&UserName::parse(key).ok()?).cloned().map(Entity::User),
            Kind::Team => self.teams.get(&TeamName::parse(key).ok()?).cloned().map(Entity::Team),
            Kind::Session => {
                self.sessions.get(&SecretHash::read(key)?).cloned().map(Entity::Session)
            }
            Kind::Token => self.tokens.get(&id()?).cloned().map(Entity::Token),
            Kind::Claim => self.claims.get(&id()?).cloned().map(Entity::Claim),
            Kind::Protection => self.protection(id()?).cloned().map(Entity::Protection),
            Kind::Request => self.requests.get(&id()?).cloned().map(Entity::Request),
            Kind::Certificate => edge.certificate(&name()?).cloned().map(Entity::Certificate),
            Kind::TrustBundle => edge.trust_bundle(&name()?).cloned().map(Entity::TrustBundle),
            Kind::Consumer => edge.consumer(&name()?).cloned().map(Entity::Consumer),
            Kind::Gateway => Some(Entity::Gateway(Arc::clone(edge.settings()))),
            Kind::LastId => Some(Entity::LastId(self.last_id)),
            Kind::SealKey => self.seal_key.clone().map(Entity::SealKey),
        }
    }

    fn put(&mut self, entity: &Entity) {
        match entity {
            Entity::User(user) => {
                if let Some(before) = self.users.insert(user.name.clone(), Arc::clone(user))
                    && let Some(subject) = &before.identity
                {
                    self.by_subject.remove(subject);
                }
                if let Some(subject) = &user.identity {
                    self.by_subject.insert(subject.clone(), user.name.clone());
                }
            }
            Entity::Team(team) => drop(self.teams.insert(team.name.clone(), Arc::clone(team))),
            Entity::Session(session) => {
                self.sessions.insert(session.hash.clone(), Arc::clone(session));
            }
            Entity::Token(token) => {
                self.by_token.insert(token.hash.clone(), token.id);
                self.tokens.insert(token.id, Arc::clone(token));
            }
            Entity::Claim(claim) => {
                if let Some(before) = self.claims.insert(claim.id, Arc::clone(claim)) {
                    self.by_place.remove(&(before.territory.clone(), before.host.clone()));
                }
                self.by_place.insert((claim.territory.clone(), claim.host.clone()), claim.id);
            }
            Entity::Protection(protection) => {
                self.protections.insert(protection.territory.clone(), Arc::clone(protection));
            }
            Entity::Request(request) => {
                self.requests.insert(request.id, Arc::clone(request));
            }
            Entity::Certificate(certificate) => self.edge.put_certificate(certificate),
            Entity::TrustBundle(bundle) => self.edge.put_trust_bundle(bundle),
            Entity::Consumer(consumer) => self.edge.put_consumer(consumer),
            Entity::Gateway(settings) => self.edge.put_settings(settings),
            Entity::LastId(id) => self.last_id = *id,
            Entity::SealKey(key) => self.seal_key = Some(key.clone()),
        }
    }

    fn remove(&mut self, entity: &Entity) {
        match entity {
            Entity::User(user) => {
                self.users.remove(&user.name);
                if let Some(subject) = &user.identity {
                    self.by_subject.remove(subject);
                }
            }
            Entity::Team(team) => drop(self.teams.remove(&team.name)),
            Entity::Session(session) => drop(self.sessions.remove(&session.hash)),
            Entity::Token(token) => {
                self.by_token.remove(&token.hash);
                self.tokens.remove(&token.id);
            }
            Entity::Claim(claim) => {
                self.claims.remove(&claim.id);
                self.by_place.remove(&(claim.territory.clone(), claim.host.clone()));
            }
            Entity::Protection(protection) => {
                self.protections.remove(&protection.territory);
            }
            Entity::Request(request) => drop(self.requests.remove(&request.id)),
            Entity::Certificate(certificate) => self.edge.remove_certificate(&certificate.name),
            Entity::TrustBundle(bundle) => self.edge.remove_trust_bundle(&bundle.name),
            Entity::Consumer(consumer) => self.edge.remove_consumer(&consumer.name),
            Entity::Gateway(_) => self.edge.put_settings(&Arc::default()),
            Entity::LastId(_) => {}
            Entity::SealKey(_) => self.seal_key = None,
        }
    }

    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    pub fn user(&self, name: &UserName) -> Option<&Arc<User>> {
        self.users.get(name)
    }

    /// Returns the user whom an OIDC provider knows as `subject`.
    pub fn user_of(&self, subject: &Subject) -> Option<&Arc<User>> {
        self.users.get(self.by_subject.get(subject)?)
    }

    /// Tells whether anybody could sign in and administer.
    pub fn has_admin(&self) -> bool {
        self.admins().next().is_some()
    }

    /// Returns those who can sign in and administer.
    pub fn admins(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values().filter(|user| is_admin(user) && !user.is_disabled)
    }

    pub fn teams(&self) -> impl Iterator<Item = &Arc<Team>> {
        self.teams.values()
    }

    pub fn team(&self, name: &TeamName) -> Option<&Arc<Team>> {
        self.teams.get(name)
    }

    pub fn tokens(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.tokens.values()
    }

    pub fn token(&self, id: Id) -> Option<&Arc<Token>> {
        self.tokens.get(&id)
    }

    /// Returns the token with this secret, if it is valid at `now`.
    pub fn valid_token(&self, hash: &SecretHash, now: DateTime<Utc>) -> Option<&Arc<Token>> {
        let token = self.tokens.get(self.by_token.get(hash)?)?;
        (!token.is_expired(now)).then_some(token)
    }

    /// Returns the sessions of a user, ended ones, too.
    pub fn sessions_of<'a>(&'a self, user: &'a UserName) -> impl Iterator<Item = &'a Arc<Session>> {
        self.sessions.values().filter(move |session| session.user == *user)
    }

    /// Returns the session with this secret, whether it has ended or not.
    pub fn session(&self, hash: &SecretHash) -> Option<&Arc<Session>> {
        self.sessions.get(hash)
    }

    /// Returns the session with this secret, if it has not ended.
    pub fn valid_session(
        &self,
        hash: &SecretHash,
        limits: &SessionLimits,
        now: DateTime<Utc>,
    ) -> Option<&Arc<Session>> {
        let session = self.session(hash)?;
        let user = self.users.get(&session.user)?;
        (session.is_on(limits, now) && !user.is_disabled).then_some(session)
    }

    /// Returns all requests, the newest first.
    pub fn requests(&self) -> impl Iterator<Item = &Arc<Request>> {
        self.requests.values().rev()
    }

    pub fn request(&self, id: Id) -> Option<&Arc<Request>> {
        self.requests.get(&id)
    }

    /// Returns what the gateway has besides mappings.
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Returns the id that comes next, and the edit that gives it away.
    pub fn next_id(&self) -> (Id, Edit) {
        let id = Id(self.last_id.0 + 1);
        (id, Edit::Put(Entity::LastId(id)))
    }

    /// Returns the key that sign-ins elsewhere are sealed by, once there is one.
    pub fn seal_key(&self) -> Option<&SealKey> {
        self.seal_key.as_ref()
    }

    /// Returns what `who` may do at `now`; who is gone, disabled or expired is anonymous.
    pub fn principal(&self, who: &Who, now: DateTime<Utc>) -> Principal {
        match who {
            Who::Anonymous => Principal::anonymous(),
            Who::Open | Who::CommandLine | Who::Server => Principal::admin(who.clone()),
            Who::User(name) => {
                self.users.get(name).map_or_else(Principal::anonymous, |user| self.of_user(user))
            }
            Who::Token(id) => match self.tokens.get(id) {
                Some(token) if !token.is_expired(now) => of_token(token),
                _ => Principal::anonymous(),
            },
        }
    }

    fn of_user(&self, user: &User) -> Principal {
        if user.is_disabled {
            return Principal::anonymous();
        }
        let role = |team: &Arc<Team>| {
            let role = team.members.get(&user.name)?.effective()?;
            Some((team.name.clone(), role))
        };
        Principal {
            who: Who::User(user.name.clone()),
            installation: is_admin(user).then_some(Role::Owner),
            teams: self.teams.values().filter_map(role).collect(),
        }
    }
}

/// Tells whether a user is an admin of the installation.
pub fn is_admin(user: &User) -> bool {
    user.is_admin || user.is_admin_by_group
}

fn of_token(token: &Token) -> Principal {
    let role = token.scope.role();
    let (installation, teams) = match &token.team {
        Some(team) => (None, [(team.clone(), role)].into_iter().collect()),
        None => (Some(role), BTreeMap::new()),
    };
    Principal { who: Who::Token(token.id), installation, teams }
}
