//! A server with three teams and their people, and what they ask of it.

use std::{collections::BTreeMap, sync::Arc};

use chancery::{
    auth::{
        access::{Edit, Entity},
        entity::{Id, Membership, Scope, Session, Team, Token, User},
        names::{TeamName, UserName},
        role::Role,
        secret::{Secret, TOKEN_PREFIX},
        settings::{AccessSettings, ClaimPolicy, SessionLimits, SignIn},
    },
    clock::Clock,
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{client::Answer, server::TestServer};

/// Who is in which team, and what.
const PEOPLE: [(&str, &str, Role); 6] = [
    ("ada", "accounts", Role::Owner),
    ("alan", "accounts", Role::Editor),
    ("grace", "shop", Role::Owner),
    ("edsger", "shop", Role::Viewer),
    ("barbara", "security", Role::Owner),
    ("dorothy", "security", Role::Owner),
];

pub(super) struct World {
    pub(super) server: TestServer,
    pub(super) clock: Clock,
    /// The header with which each of them calls.
    headers: BTreeMap<&'static str, (&'static str, String)>,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(ClaimPolicy::FirstCome).await
    }

    pub(super) async fn with(policy: ClaimPolicy) -> Self {
        let clock = Clock::default();
        let mut headers = BTreeMap::new();
        let edits = edits(clock.now(), &mut headers);
        let century = TimeDelta::days(36_500);
        let access = AccessSettings {
            sign_in: SignIn::Required,
            policy,
            sessions: SessionLimits { idle: century, absolute: century },
            ..AccessSettings::default()
        };
        let server = TestServer::peopled(access, clock.clone(), edits).await;
        Self { server, clock, headers }
    }

    /// Sends a request as one of the people, or as `shop-token`.
    pub(super) async fn send(&self, who: &str, method: Method, path: &str, body: Value) -> Answer {
        let (name, value) = &self.headers[who];
        let mut headers = vec![(*name, value.as_str())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        self.server.client.send(method, &self.server.url(path), &headers, &body).await
    }

    /// Posts a form of the portal.
    pub(super) async fn form(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let (name, value) = &self.headers[who];
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let headers = [(*name, value.as_str()), kind];
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.server.client.send(Method::POST, &self.server.url(path), &headers, &body).await
    }

    pub(super) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, Method::GET, path, Value::Null).await
    }

    pub(super) async fn post(&self, who: &str, path: &str, body: Value) -> Answer {
        self.send(who, Method::POST, path, body).await
    }

    pub(super) async fn delete(&self, who: &str, path: &str) -> Answer {
        self.send(who, Method::DELETE, path, Value::Null).await
    }

    /// Maps `/{name}/`-like prefixes for a team.
    pub(super) async fn put(&self, who: &str, name: &str, prefix: &str, team: &str) -> Answer {
        let body = json!({ "prefix": prefix, "service": "127.0.0.1:9", "team": team });
        self.send(who, Method::PUT, &format!("/api/v1/mappings/{name}"), body).await
    }

    /// Claims a place; returns the claim's id.
    pub(super) async fn claim(&self, who: &str, team: &str, prefix: &str) -> u64 {
        let body = json!({ "team": team, "prefix": prefix });
        let answer = self.post(who, "/api/v1/claims", body).await;
        expect(&answer, StatusCode::CREATED);
        answer.json()["id"].as_u64().unwrap()
    }

    /// Lets changes in a place need the approval of so many owners of the team `security`.
    pub(super) async fn protect(&self, prefix: &str, needed: u32) -> u64 {
        let body = json!({ "prefix": prefix, "approvers": "security", "needed": needed });
        let answer = self.post("root", "/api/v1/protections", body).await;
        expect(&answer, StatusCode::CREATED);
        answer.json()["id"].as_u64().unwrap()
    }

    /// Returns the time after so many days, as the API takes it.
    pub(super) fn in_days(&self, days: i64) -> String {
        (self.clock.now() + TimeDelta::days(days)).to_rfc3339()
    }
}

/// Checks the status of an answer.
pub(super) fn expect(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{answer}");
}

/// Checks that an answer is this refusal.
pub(super) fn refused(answer: &Answer, status: StatusCode, code: &str) {
    expect(answer, status);
    assert_eq!(answer.json()["code"], code, "{answer}");
}

fn edits(
    now: DateTime<Utc>,
    headers: &mut BTreeMap<&'static str, (&'static str, String)>,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut put = |entity| edits.push(Edit::Put(entity));
    for team in ["accounts", "shop", "security"] {
        let of_team = PEOPLE.into_iter().filter(|(_, its, _)| *its == team);
        let members = of_team.map(|(user, _, role)| {
            let role = Membership { role: Some(role), by_group: None };
            (UserName::parse(user).unwrap(), role)
        });
        put(Entity::Team(Arc::new(Team {
            name: TeamName::parse(team).unwrap(),
            title: String::new(),
            contact: format!("#{team}"),
            members: members.collect(),
            created_at: now,
        })));
    }
    let users = PEOPLE.into_iter().map(|(user, ..)| user).chain(["root"]);
    for (id, user) in (1..).zip(users) {
        let name = UserName::parse(user).unwrap();
        let secret = Secret::random("");
        headers.insert(user, ("cookie", format!("chancery_session={}", secret.reveal())));
        put(Entity::User(Arc::new(User {
            name: name.clone(),
            display_name: String::new(),
            email: String::new(),
            password_hash: None,
            identity: None,
            is_admin: user == "root",
            is_admin_by_group: false,
            is_disabled: false,
            created_at: now,
            signed_in_at: None,
            favourites: std::collections::BTreeSet::new(),
            views: BTreeMap::new(),
        })));
        put(Entity::Session(Arc::new(Session {
            hash: secret.hash(),
            id: Id(id),
            user: name,
            created_at: now,
            seen_at: now,
            expires_at: now + TimeDelta::days(36_500),
            address: String::new(),
            user_agent: String::new(),
            how: "password".to_owned(),
        })));
    }
    let secret = Secret::random(TOKEN_PREFIX);
    headers.insert("shop-token", ("authorization", format!("Bearer {}", secret.reveal())));
    put(Entity::Token(Arc::new(Token {
        id: Id(99),
        name: "pipeline".to_owned(),
        hash: secret.hash(),
        team: Some(TeamName::parse("shop").unwrap()),
        scope: Scope::Write,
        created_by: "grace".to_owned(),
        created_at: now,
        expires_at: None,
        used_at: None,
    })));
    put(Entity::LastId(Id(100)));
    edits
}
