//! Who calls: as they present themselves ([`Author`]), and what follows from it ([`Principal`]).

use std::{collections::BTreeMap, fmt, net::IpAddr};

use super::{
    entity::Id,
    names::{TeamName, UserName},
    role::Role,
    secret::SecretHash,
};

/// Names who acts. What they may do is looked up anew each time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// Nobody has signed in.
    Anonymous,
    /// Whoever reaches a server without a sign-in: everyone on this machine is its admin.
    Open,
    User(UserName),
    /// A program, by the id of its token.
    Token(Id),
    /// The operator, at the command line of the machine.
    CommandLine,
    /// The server itself, about what it keeps for its own use.
    Server,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Open => f.write_str("open"),
            Self::User(name) => name.fmt(f),
            Self::Token(id) => write!(f, "token {id}"),
            Self::CommandLine => f.write_str("command line"),
            Self::Server => f.write_str("server"),
        }
    }
}

/// Who sent a request, and from where: what the audit keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub who: Who,
    /// By which session, when it was one.
    pub session: Option<SecretHash>,
    pub address: Option<IpAddr>,
    pub request_id: Option<String>,
}

impl Author {
    /// Returns an author without a request.
    pub fn of(who: Who) -> Self {
        Self { who, session: None, address: None, request_id: None }
    }

    /// Returns how they are known here: `session`, `token`, `open`, …
    pub fn via(&self) -> &'static str {
        match self.who {
            Who::Anonymous => "anonymous",
            Who::Open => "open",
            Who::User(_) if self.session.is_some() => "session",
            Who::User(_) => "sign-in",
            Who::Token(_) => "token",
            Who::CommandLine => "command line",
            Who::Server => "server",
        }
    }
}

/// What someone may do, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub who: Who,
    /// Their role in every team; its owner is the admin of the installation.
    pub installation: Option<Role>,
    pub teams: BTreeMap<TeamName, Role>,
}

impl Principal {
    /// Returns one who may do nothing.
    pub fn anonymous() -> Self {
        Self { who: Who::Anonymous, installation: None, teams: BTreeMap::new() }
    }

    /// Returns one who may do everything.
    pub fn admin(who: Who) -> Self {
        Self { who, installation: Some(Role::Owner), teams: BTreeMap::new() }
    }

    /// Tells whether they may do everything.
    pub fn is_admin(&self) -> bool {
        self.installation == Some(Role::Owner)
    }

    /// Returns their role in a team, by membership or in all of them.
    pub fn role_in(&self, team: &TeamName) -> Option<Role> {
        self.installation.max(self.teams.get(team).copied())
    }

    /// Returns the teams in which membership gives them `role` or more.
    pub fn teams_with(&self, role: Role) -> impl Iterator<Item = &TeamName> {
        self.teams.iter().filter(move |(_, has)| **has >= role).map(|(team, _)| team)
    }
}
