//! Two teams and a team that approves, whose people act on a state without a store: for tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Outcome, Scene};
use crate::auth::{
    access::{Access, Edit, Entity},
    claim::Territory,
    entity::{Id, Membership, Team, User},
    names::{TeamName, UserName},
    principal::{Author, Principal, Who},
    refusal::Refusal,
    role::Role,
    settings::ClaimPolicy,
};

/// Who is an owner of which team; `root` is an admin.
const OWNERS: [(&str, &str); 4] =
    [("ada", "accounts"), ("grace", "shop"), ("barbara", "security"), ("dorothy", "security")];

pub(crate) struct Acting {
    pub(crate) access: Access,
    pub(crate) now: DateTime<Utc>,
}

impl Acting {
    pub(crate) fn new() -> Self {
        let now = DateTime::UNIX_EPOCH;
        let mut access = Access::default();
        for team in ["accounts", "shop", "security"] {
            let owners = OWNERS.into_iter().filter(|(_, its)| *its == team);
            let role = Membership { role: Some(Role::Owner), by_group: None };
            let members = owners.map(|(user, _)| (name(user), role.clone())).collect();
            let team = Team {
                name: self::team(team),
                title: String::new(),
                contact: String::new(),
                members,
                created_at: now,
            };
            access.apply(&Edit::Put(Entity::Team(Arc::new(team))));
        }
        for user in OWNERS.into_iter().map(|(user, _)| user).chain(["root"]) {
            access.apply(&Edit::Put(Entity::User(Arc::new(self::user(user, now)))));
        }
        Self { access, now }
    }

    pub(crate) fn principal(&self, who: &str) -> Principal {
        self.access.principal(&Who::User(name(who)), self.now)
    }

    /// Decides as `who`, and does what was decided; the writes of mappings are left to the caller.
    pub(crate) fn act(
        &mut self,
        who: &str,
        decide: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Outcome, Refusal> {
        self.act_by(&Author::of(Who::User(name(who))), decide)
    }

    /// As [`Self::act`], of who is no user.
    pub(crate) fn act_by(
        &mut self,
        author: &Author,
        decide: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Outcome, Refusal> {
        let principal = self.access.principal(&author.who, self.now);
        let outcome = decide(&Scene {
            access: &self.access,
            author,
            principal: &principal,
            policy: ClaimPolicy::FirstCome,
            now: self.now,
        })?;
        for edit in &outcome.edits {
            self.access.apply(edit);
        }
        Ok(outcome)
    }

    /// As [`Self::act`], of what gives something an id.
    pub(crate) fn make(
        &mut self,
        who: &str,
        decide: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal>,
    ) -> Id {
        self.act(who, decide).unwrap().id.unwrap()
    }

    pub(crate) fn pass(&mut self, time: TimeDelta) {
        self.now += time;
    }
}

pub(crate) fn team(text: &str) -> TeamName {
    TeamName::parse(text).unwrap()
}

pub(crate) fn name(text: &str) -> UserName {
    UserName::parse(text).unwrap()
}

pub(crate) fn place(text: &str) -> Territory {
    Territory::parse(text).unwrap()
}

fn user(user: &str, created_at: DateTime<Utc>) -> User {
    User {
        name: name(user),
        display_name: String::new(),
        email: String::new(),
        password_hash: None,
        identity: None,
        is_admin: user == "root",
        is_admin_by_group: false,
        is_disabled: false,
        created_at,
        signed_in_at: None,
        favourites: BTreeSet::new(),
        views: BTreeMap::new(),
    }
}
