//! An installation in which people must sign in: two teams that know nothing of each other, with
//! one of everything that a team can have, and everyone who could call.

use std::{collections::BTreeMap, sync::LazyLock};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version, password_hash::SaltString};
use chancery::{
    auth::{
        access::{Access, Edit, Entity},
        command::{Outcome, Scene},
        principal::{Author, Who},
        refusal::Refusal,
        secret::SecretHash,
        settings::{AccessSettings, SignIn},
    },
    gateway::{fields::read_draft, mapping::MappingName},
    store::{AuditQuery, Delete, Put},
};
use serde_json::{Value, json};

use super::{server::TestServer, until};

/// The password of everyone.
pub(crate) const PASSWORD: &str = "seven quiet herons";

/// Its hash, of as little work as can be.
static PASSWORD_HASH: LazyLock<String> = LazyLock::new(|| {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
    let salt = SaltString::encode_b64(b"salt of the test").unwrap();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(PASSWORD.as_bytes(), &salt)
        .unwrap()
        .to_string()
});

/// Whoever could send a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Caller {
    Anonymous,
    Viewer,
    Editor,
    Owner,
    Admin,
    TeamRead,
    TeamWrite,
    AllRead,
    AllWrite,
}

impl Caller {
    pub(crate) const ALL: [Self; 9] = [
        Self::Anonymous,
        Self::Viewer,
        Self::Editor,
        Self::Owner,
        Self::Admin,
        Self::TeamRead,
        Self::TeamWrite,
        Self::AllRead,
        Self::AllWrite,
    ];

    /// Returns the name of the user, if it is one.
    pub(crate) fn user(self) -> Option<&'static str> {
        match self {
            Self::Viewer => Some("vera"),
            Self::Editor => Some("edda"),
            Self::Owner => Some("olaf"),
            Self::Admin => Some("adam"),
            _ => None,
        }
    }

    /// Tells whether they see what belongs to every team.
    pub(crate) fn sees_all(self) -> bool {
        matches!(self, Self::Admin | Self::AllRead | Self::AllWrite)
    }

    /// Returns the header by which the server knows them.
    pub(crate) fn header(self) -> Option<(&'static str, String)> {
        let bearer = |id: u64| Some(("authorization", format!("Bearer {}", token_secret(id))));
        match self {
            Self::Anonymous => None,
            Self::TeamRead => bearer(3001),
            Self::TeamWrite => bearer(3002),
            Self::AllRead => bearer(3003),
            Self::AllWrite => bearer(3004),
            _ => self.user().map(|user| ("cookie", cookie(user))),
        }
    }
}

/// Returns the cookie of a user's session.
pub(crate) fn cookie(user: &str) -> String {
    format!("chancery_session={}", session_secret(user, "main"))
}

/// Returns what a session's cookie holds; as long as a real one.
pub(crate) fn session_secret(user: &str, which: &str) -> String {
    format!("{:x<43}", format!("session-{user}-{which}"))
}

/// Returns the secret of a token; of a real one's form.
pub(crate) fn token_secret(id: u64) -> String {
    format!("chy_{:x<43}", format!("token-{id}"))
}

/// The id of a user's session that is not the one they call with.
pub(crate) fn spare_session(user: &str) -> u64 {
    let position = PEOPLE.iter().position(|person| *person == user).unwrap();
    2100 + u64::try_from(position).unwrap()
}

/// All users: of the team `own`, of `other`, and the admin.
const PEOPLE: [&str; 7] = ["vera", "edda", "olaf", "adam", "mia", "otto", "max"];

/// The mappings that are there, as they are written: one of each team.
pub(crate) const OWN_MAPPING: &str = "gravel";
pub(crate) const OTHER_MAPPING: &str = "velvet";

/// Words that stand only in what belongs to the other team.
pub(crate) const HIDDEN: [&str; 4] = ["velvet", "velours", "plush", "otto"];

/// The newest id that was given.
const LAST_ID: u64 = 9000;

fn base_mappings() -> [Value; 2] {
    [
        json!({ "name": OWN_MAPPING, "prefix": "/own/", "service": "127.0.0.1:1",
                "labels": ["stone"], "team": "own" }),
        json!({ "name": OTHER_MAPPING, "prefix": "/other/", "service": "velours.example:1",
                "labels": ["plush"], "team": "other" }),
    ]
}

/// Returns a certificate and a trust bundle of a team; the key opens nothing.
fn certificates(team: &str, now: &str) -> [(&'static str, Value); 2] {
    let facts = json!({ "subject": "CN=x", "issuer": "CN=x", "serial": "01", "not_before": now,
        "not_after": "2199-12-31T00:00:00Z", "algorithm": "ECDSA P-256", "fingerprint": team });
    let common = |name: &str, mut more: Value| {
        let common = json!({ "name": name, "team": team, "revision": 1, "created_at": now,
            "updated_at": now, "updated_by": "adam" });
        more.as_object_mut().unwrap().extend(common.as_object().unwrap().clone());
        more
    };
    let names = json!([format!("{team}.example.com")]);
    let certificate = json!({ "chain_pem": "", "key": "sealed", "facts": {
        "dns_names": names, "ip_addresses": [], "leaf": facts, "intermediates": [] } });
    let bundle = json!({ "pem": "", "authorities": [facts] });
    let name = format!("{team}-tls");
    [("certificate", common(&name, certificate)), ("trust_bundle", common(&name, bundle))]
}

/// Returns a consumer of a team, with a key and a password; `label` is what the key is for.
fn consumer(team: &str, number: u64, label: &str, now: &str) -> (&'static str, Value) {
    let secret = json!({ "hash": "{SHA}", "created_at": now, "created_by": "adam" });
    let mut key = json!({ "id": 8010 + number, "label": label });
    key.as_object_mut().unwrap().extend(secret.as_object().unwrap().clone());
    let name = format!("{team}-app");
    let consumer = json!({ "name": name, "team": team, "keys": [key], "password": secret,
        "revision": 1, "created_at": now, "updated_at": now, "updated_by": "adam" });
    ("consumer", consumer)
}

/// Returns everything but the mappings as it is in the beginning.
fn base(now: &str) -> Vec<Entity> {
    let mut rows: Vec<(&str, Value)> = vec![("last_id", json!(LAST_ID))];
    for user in PEOPLE {
        rows.push((
            "user",
            json!({ "name": user, "created_at": now, "password_hash": *PASSWORD_HASH,
                    "is_admin": user == "adam" || user == "max",
                    "favourites": [], "views": { "mine": "q=stone" } }),
        ));
        for (id, which) in [(spare_session(user) - 100, "main"), (spare_session(user), "spare")] {
            rows.push((
                "session",
                json!({ "hash": SecretHash::of(&session_secret(user, which)), "id": id,
                        "user": user, "created_at": now, "seen_at": now,
                        "expires_at": "2999-01-01T00:00:00Z", "how": "password" }),
            ));
        }
    }
    let member = |role: &str| json!({ "role": role });
    rows.push((
        "team",
        json!({ "name": "own", "created_at": now, "members": {
            "vera": member("viewer"), "edda": member("editor"), "olaf": member("owner"),
            "mia": member("owner") } }),
    ));
    rows.push((
        "team",
        json!({ "name": "other", "created_at": now, "members": { "otto": member("owner") } }),
    ));
    let no_team = Value::Null;
    for (id, team, scope) in [
        (3001, &json!("own"), "read"),
        (3002, &json!("own"), "write"),
        (3003, &no_team, "read"),
        (3004, &no_team, "write"),
        (3011, &json!("own"), "read"),
        (3012, &json!("other"), "write"),
    ] {
        let name = if id == 3012 { "plush" } else { "pipeline" };
        rows.push((
            "token",
            json!({ "id": id, "name": name, "hash": SecretHash::of(&token_secret(id)),
                    "team": team, "scope": scope, "created_by": "adam", "created_at": now,
                    "expires_at": null }),
        ));
    }
    for (number, team, author) in [(1, "own", "mia"), (2, "other", "otto")] {
        let place = format!("/{team}/");
        let guarded = format!("/guarded/{team}/");
        rows.push((
            "claim",
            json!({ "id": 4010 + number, "team": team, "host": "*", "territory": place,
                    "created_by": author, "created_at": now, "grants": [
                        { "id": 5010 + number, "team": "default",
                          "territory": format!("{place}lent/"), "until": null,
                          "created_by": author, "created_at": now }] }),
        ));
        rows.push((
            "claim",
            json!({ "id": 4020 + number, "team": team, "host": "*", "territory": guarded,
                    "created_by": author, "created_at": now }),
        ));
        rows.push((
            "protection",
            json!({ "id": 6010 + number, "territory": guarded, "approvers": team, "needed": 1,
                    "created_by": "adam", "created_at": now }),
        ));
        rows.extend(certificates(team, now));
        rows.push(consumer(team, number, if number == 1 { "pebble" } else { "plush" }, now));
        let name = if number == 1 { "granite" } else { "velvet-request" };
        rows.push((
            "request",
            json!({ "id": 7010 + number, "subject": { "kind": "change", "mapping": name,
                        "content": { "name": name, "prefix": guarded, "service": "127.0.0.1:1",
                                     "team": team },
                        "base": null, "places": [guarded] },
                    "team": team, "author": author, "created_at": now, "state": "open",
                    "needed": 1, "approvers": team }),
        ));
    }
    let read = |(kind, value): (&str, Value)| Entity::of_json(kind, value).unwrap();
    rows.into_iter().map(read).collect()
}

/// Returns all that is kept, by kind and key, without what only says when it was used.
fn kept(access: &Access) -> BTreeMap<(&'static str, String), (Entity, Value)> {
    let entities = (access.users().cloned().map(Entity::User))
        .chain(access.teams().cloned().map(Entity::Team))
        .chain(
            access
                .users()
                .flat_map(|user| access.sessions_of(&user.name))
                .cloned()
                .map(Entity::Session),
        )
        .chain(access.tokens().cloned().map(Entity::Token))
        .chain(access.claims().cloned().map(Entity::Claim))
        .chain(access.protections().cloned().map(Entity::Protection))
        .chain(access.requests().cloned().map(Entity::Request))
        .chain(access.edge().certificates().cloned().map(Entity::Certificate))
        .chain(access.edge().trust_bundles().cloned().map(Entity::TrustBundle))
        .chain(access.edge().consumers().cloned().map(Entity::Consumer));
    entities
        .map(|entity| {
            let mut value = entity.to_json().unwrap();
            for field in ["seen_at", "used_at", "signed_in_at"] {
                value.as_object_mut().unwrap().remove(field);
            }
            ((entity.kind().word(), entity.key()), (entity, value))
        })
        .collect()
}

/// All that a refused request must leave as it was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    revision: u64,
    audited: Option<u64>,
    kept: BTreeMap<(&'static str, String), Value>,
}

/// A server with all that.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) server: TestServer,
    began: String,
}

impl Installation {
    pub(crate) async fn start() -> Self {
        Self::with(AccessSettings::default()).await
    }

    pub(crate) async fn with(access: AccessSettings) -> Self {
        let access = AccessSettings { sign_in: SignIn::Required, ..access };
        let server = TestServer::with_access(access).await;
        let began = server.clock().now().to_rfc3339();
        let installation = Self { server, began };
        installation.restore().await;
        installation
    }

    /// Carries edits out, as nobody's wish.
    pub(crate) async fn edit(&self, edits: Vec<Edit>) {
        let decision =
            move |_: &Scene<'_>| -> Result<Outcome, Refusal> { Ok(Outcome::unnoted(edits)) };
        self.server.server.store.act(Author::of(Who::CommandLine), decision).await.unwrap();
    }

    /// Puts everything back as it was in the beginning.
    pub(crate) async fn restore(&self) {
        let store = &self.server.server.store;
        let base: BTreeMap<_, _> = base(&self.began)
            .into_iter()
            .map(|entity| ((entity.kind().word(), entity.key()), entity))
            .collect();
        let now = store.access().borrow().clone();
        let is_kept = |key: &(&'static str, String)| {
            base.contains_key(key) || *key == ("team", "default".to_owned())
        };
        let mut edits: Vec<_> = kept(&now)
            .into_iter()
            .filter(|(key, _)| !is_kept(key))
            .map(|(_, (entity, _))| Edit::Remove(entity))
            .collect();
        // what needs no approval is put back first
        let protections = now.protections().cloned().map(Entity::Protection);
        edits.extend(protections.map(Edit::Remove));
        self.edit(edits).await;

        let mappings = base_mappings();
        let loaded = store.load().await.unwrap();
        let names: Vec<MappingName> =
            loaded.table.iter().map(|mapping| mapping.spec.name.clone()).collect();
        for name in names {
            if !mappings.iter().any(|mapping| mapping["name"] == name.as_str()) {
                store.delete(Delete::new(name, Author::of(Who::Open))).await.unwrap();
            }
        }
        self.edit(base.into_values().map(Edit::Put).collect()).await;
        for mapping in mappings {
            let spec = read_draft(&serde_json::from_value(mapping).unwrap()).unwrap();
            store.put(Put::new(spec, Author::of(Who::Open))).await.unwrap();
        }
        let revision = store.newest().borrow().0;
        until("all of it is published", async || {
            let list = self.send(Caller::Admin, "GET", "/api/v1/mappings", None).await.json();
            (list["revision"].as_u64() >= Some(revision)).then_some(())
        })
        .await;
    }

    /// Returns all that a refused request must leave as it was.
    pub(crate) async fn state(&self) -> State {
        let store = &self.server.server.store;
        let newest = store.audit(&AuditQuery::default(), 1).await.unwrap();
        let access = store.access().borrow().clone();
        State {
            revision: store.newest().borrow().0,
            audited: newest.first().map(|entry| entry.id),
            kept: kept(&access).into_iter().map(|(key, (_, value))| (key, value)).collect(),
        }
    }

    /// Sends a request as `caller`; a body goes as JSON.
    pub(crate) async fn send(
        &self,
        caller: Caller,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> super::client::Answer {
        let header = caller.header();
        let mut headers = Vec::new();
        headers.extend(header.as_ref().map(|(name, value)| (*name, value.as_str())));
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let url = self.server.url(path);
        self.server.client.send(method.parse().unwrap(), &url, &headers, &body).await
    }
}
