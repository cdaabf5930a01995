//! A server that wants people to sign in, with two teams.

use std::{collections::BTreeMap, sync::Arc};

use chancery::{
    auth::{
        access::{Edit, Entity},
        entity::{Id, Membership, Session, Team, User},
        names::{TeamName, UserName},
        role::Role,
        secret::{Secret, SecretHash},
        settings::{AccessSettings, SignIn},
    },
    clock::Clock,
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{client::Answer, server::TestServer};

/// What `World::password` gives.
pub(super) const PASSWORD: &str = "seven maples by the river";

/// Who is in which team, and what; the admin is in none.
const PEOPLE: [(&str, Option<(&str, Role)>); 5] = [
    ("admin", None),
    ("ada", Some(("accounts", Role::Owner))),
    ("alan", Some(("accounts", Role::Editor))),
    ("vera", Some(("accounts", Role::Viewer))),
    ("grace", Some(("shop", Role::Owner))),
];

pub(super) struct World {
    pub(super) server: TestServer,
    pub(super) clock: Clock,
    /// The cookie of each, as they have it from the beginning.
    cookies: BTreeMap<String, String>,
}

impl World {
    pub(super) async fn new() -> Self {
        let access = AccessSettings { sign_in: SignIn::Required, ..AccessSettings::default() };
        Self::with(access).await
    }

    pub(super) async fn with(access: AccessSettings) -> Self {
        let clock = Clock::default();
        let mut cookies = BTreeMap::new();
        let edits = edits(clock.now(), &mut cookies);
        let server = TestServer::peopled(access, clock.clone(), edits).await;
        Self { server, clock, cookies }
    }

    /// Returns the cookie that someone has from the beginning.
    pub(super) fn cookie(&self, who: &str) -> String {
        self.cookies[who].clone()
    }

    /// Sends a request as someone.
    pub(super) async fn send(&self, who: &str, method: Method, path: &str, body: Value) -> Answer {
        self.with_header(("cookie", &self.cookie(who)), method, path, body).await
    }

    pub(super) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, Method::GET, path, Value::Null).await
    }

    /// Sends a request with a cookie or a token, or any header.
    pub(super) async fn with_header(
        &self,
        header: (&str, &str),
        method: Method,
        path: &str,
        body: Value,
    ) -> Answer {
        let mut headers = vec![header];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        self.server.client.send(method, &self.server.url(path), &headers, &body).await
    }

    /// Sends a request as nobody.
    pub(super) async fn anonymous(&self, method: Method, path: &str, body: Value) -> Answer {
        self.with_header(("accept", "*/*"), method, path, body).await
    }

    /// Posts a form of the portal.
    pub(super) async fn form(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let body = serde_urlencoded::to_string(fields).unwrap();
        let url = self.server.url(path);
        self.server.client.send(Method::POST, &url, &[("cookie", cookie), kind], &body).await
    }

    /// Gives someone the password.
    pub(super) async fn password(&self, who: &str) {
        let path = format!("/api/v1/users/{who}/password");
        let answer = self.send("admin", Method::PUT, &path, json!({ "password": PASSWORD })).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer}");
    }

    /// Tries to sign in.
    pub(super) async fn sign_in(&self, who: &str, password: &str) -> Answer {
        let body = json!({ "user": who, "password": password });
        self.anonymous(Method::POST, "/api/v1/session", body).await
    }

    /// Tells who the bearer of a cookie is, by the status of a request that needs someone.
    pub(super) async fn is_in(&self, cookie: &str) -> bool {
        let path = "/api/v1/teams";
        let answer = self.with_header(("cookie", cookie), Method::GET, path, Value::Null).await;
        match answer.status {
            StatusCode::OK => true,
            StatusCode::UNAUTHORIZED => false,
            _ => panic!("{answer}"),
        }
    }
}

/// Returns the cookie that an answer sets, as it is sent back.
pub(super) fn set_cookie(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

fn edits(now: DateTime<Utc>, cookies: &mut BTreeMap<String, String>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut teams: BTreeMap<&str, Team> = BTreeMap::new();
    for (index, (name, place)) in PEOPLE.into_iter().enumerate() {
        let id = Id(index as u64 + 1);
        let user = UserName::parse(name).unwrap();
        let secret = Secret::random("");
        cookies.insert(name.to_owned(), format!("chancery_session={}", secret.reveal()));
        edits.push(Edit::Put(Entity::User(Arc::new(new_user(&user, place.is_none(), now)))));
        edits.push(Edit::Put(Entity::Session(Arc::new(session(id, &user, secret.hash(), now)))));
        edits.push(Edit::Put(Entity::LastId(id)));
        if let Some((team, role)) = place {
            let team = teams.entry(team).or_insert_with(|| new_team(team, now));
            team.members.insert(user, Membership { role: Some(role), by_group: None });
        }
    }
    edits.extend(teams.into_values().map(|team| Edit::Put(Entity::Team(Arc::new(team)))));
    edits
}

fn new_user(name: &UserName, is_admin: bool, now: DateTime<Utc>) -> User {
    User {
        name: name.clone(),
        display_name: String::new(),
        email: String::new(),
        password_hash: None,
        identity: None,
        is_admin,
        is_admin_by_group: false,
        is_disabled: false,
        created_at: now,
        signed_in_at: None,
        favourites: std::collections::BTreeSet::new(),
        views: BTreeMap::new(),
    }
}

fn session(id: Id, user: &UserName, hash: SecretHash, now: DateTime<Utc>) -> Session {
    Session {
        hash,
        id,
        user: user.clone(),
        created_at: now,
        seen_at: now,
        expires_at: now + TimeDelta::days(7),
        address: "127.0.0.1".to_owned(),
        user_agent: String::new(),
        how: "password".to_owned(),
    }
}

fn new_team(name: &str, now: DateTime<Utc>) -> Team {
    Team {
        name: TeamName::parse(name).unwrap(),
        title: String::new(),
        contact: String::new(),
        members: BTreeMap::new(),
        created_at: now,
    }
}
