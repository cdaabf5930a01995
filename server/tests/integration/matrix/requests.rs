//! What to send for each cell of the matrix.

use serde_json::{Value, json};

use crate::support::{
    certificates::{Authority, host},
    installation::{Caller, Installation, OTHER_MAPPING, OWN_MAPPING, PASSWORD, spare_session},
};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Nothing that belongs to anyone in particular.
    Any,
    /// What is the caller's, or their team's.
    Own,
    /// What is another team's.
    Other,
    /// What does not exist.
    Absent,
}

impl Target {
    const ALL: [Self; 3] = [Self::Own, Self::Other, Self::Absent];

    /// Returns its word in the table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Own => "own",
            Self::Other => "other",
            Self::Absent => "absent",
        }
    }

    fn team(self) -> &'static str {
        match self {
            Self::Any | Self::Own => "own",
            Self::Other => "other",
            Self::Absent => "absent",
        }
    }

    fn mapping(self) -> &'static str {
        match self {
            Self::Any | Self::Own => OWN_MAPPING,
            Self::Other => OTHER_MAPPING,
            Self::Absent => "absent",
        }
    }

    fn user(self) -> &'static str {
        match self {
            Self::Any | Self::Own => "mia",
            Self::Other => "otto",
            Self::Absent => "absent",
        }
    }

    /// Returns one of three ids.
    fn of(self, own: u64, other: u64) -> String {
        match self {
            Self::Any | Self::Own => own.to_string(),
            Self::Other => other.to_string(),
            Self::Absent => "8888".to_owned(),
        }
    }
}

/// A request without its method and headers.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

/// What turns a GET into a websocket.
pub(super) const UPGRADE: [(&str, &str); 4] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// Operations whose body or query names a team although their path does not.
const BY_TEAM: [&str; 6] =
    ["createMapping", "listMappings", "listTokens", "createToken", "createClaim", "createRequest"];

/// Operations that make what is not there, and the name that it gets: it has a history from then on.
const MAKING: [&str; 3] = ["putMapping", "ambassadorPutMapping", "ambassadorPostMapping"];
const NEWCOMER: &str = "newcomer";

/// Returns the targets that an operation can have.
pub(super) fn targets(id: &str, path: &str) -> Vec<Target> {
    if path.contains('{') && !id.ends_with("View") || BY_TEAM.contains(&id) {
        Target::ALL.to_vec()
    } else {
        vec![Target::Any]
    }
}

/// Tells whether everyone who has signed in may know that something exists: to whom a place belongs,
/// what protects it, and what the gateway shows to every client.
pub(super) fn is_common(path: &str) -> bool {
    ["claims", "protections", "certificates", "trust-bundles", "consumers"]
        .iter()
        .any(|what| path.starts_with(&format!("/api/v1/{what}")))
}

/// Returns what names a target in an answer.
pub(super) fn names(target: Target) -> Vec<String> {
    let ids = [[3012, 4012, 5012, 6012, 7012], [8888; 5]];
    let ids = if target == Target::Other { ids[0] } else { ids[1] };
    let mut names: Vec<_> = ids.map(|id| id.to_string()).to_vec();
    names.push(spare_session("otto").to_string());
    names.extend([target.mapping(), target.user(), target.team()].map(str::to_owned));
    names
}

/// Returns what to send.
pub(super) async fn of(
    id: &str,
    path: &str,
    target: Target,
    caller: Caller,
    installation: &Installation,
) -> Request {
    let mut filled = Vec::new();
    for part in path.split('/') {
        let before: &str = filled.last().map_or("", String::as_str);
        filled.push(match part {
            "{name}" if target == Target::Absent && MAKING.contains(&id) => NEWCOMER.to_owned(),
            "{name}" if matches!(before, "certificates" | "trust-bundles") => {
                format!("{}-tls", target.team())
            }
            "{name}" if before == "consumers" => format!("{}-app", target.team()),
            "{name}" => target.mapping().to_owned(),
            "{team}" => target.team().to_owned(),
            "{user}" => target.user().to_owned(),
            "{view}" => "mine".to_owned(),
            "{grant}" => target.of(5011, 5012),
            "{revision}" => revision(installation, target).await.to_string(),
            "{id}" => match before {
                "sessions" => target.of(spare_session(caller.user().unwrap_or("mia")), 2105),
                "tokens" => target.of(3011, 3012),
                "claims" => target.of(4011, 4012),
                "protections" => target.of(6011, 6012),
                "requests" => target.of(7011, 7012),
                "keys" => target.of(8011, 8012),
                _ => panic!("`{path}`: no such thing is in the installation"),
            },
            part if part.starts_with('{') => panic!("`{path}`: what is `{part}`?"),
            part => part.to_owned(),
        });
    }
    let path = format!("{}{}", filled.join("/"), query(id, target, installation).await);
    Request { path, body: body(id, target, installation).await }
}

async fn query(id: &str, target: Target, installation: &Installation) -> String {
    match id {
        "checkService" => "?service=127.0.0.1:1".to_owned(),
        "getOwner" => "?url=/other/x".to_owned(),
        "listTokens" | "listMappings" => format!("?team={}", target.team()),
        "compareMappingRevisions" => {
            let revision = revision(installation, target).await;
            format!("?from={revision}&to={revision}")
        }
        _ => String::new(),
    }
}

/// Returns the newest revision of a target's mapping; of what is not there, that of the other team's.
async fn revision(installation: &Installation, target: Target) -> u64 {
    let name = if target == Target::Own { OWN_MAPPING } else { OTHER_MAPPING };
    let path = format!("/api/v1/mappings/{name}");
    let mapping = installation.send(Caller::Admin, "GET", &path, None).await;
    mapping.json()["revision"].as_u64().unwrap()
}

async fn body(id: &str, target: Target, installation: &Installation) -> Option<Value> {
    let team = target.team();
    let fresh = format!("/{team}/fresh/");
    Some(match id {
        "createMapping" => {
            json!({ "name": "fresh", "prefix": fresh, "service": "127.0.0.1:1", "team": team })
        }
        "putMapping" | "ambassadorPutMapping" | "ambassadorPostMapping" => match target {
            Target::Absent => json!({ "prefix": "/own/fresh/", "service": "127.0.0.1:1" }),
            _ => json!({ "prefix": format!("/{team}/"), "service": "127.0.0.2:1" }),
        },
        "patchMapping" => json!({ "service": "127.0.0.2:1" }),
        "cloneMapping" => json!({ "name": "fresh", "prefix": fresh }),
        "restoreMapping" => json!({ "revision": revision(installation, target).await }),
        "signIn" => json!({ "user": "mia", "password": PASSWORD }),
        "setUp" => json!({ "secret": "guessed", "user": "mallory", "password": PASSWORD }),
        "changePassword" => json!({ "current": PASSWORD, "new": "eight quiet herons" }),
        "createUser" => json!({ "name": "fresh", "password": "nine quiet herons" }),
        "patchUser" => json!({ "is_admin": true }),
        "setPassword" => json!({ "password": "nine quiet herons" }),
        "createTeam" => json!({ "name": "fresh" }),
        "patchTeam" => json!({ "title": "Another title" }),
        "putMember" => json!({ "role": "editor" }),
        "createToken" => json!({ "name": "fresh", "team": team, "scope": "write" }),
        "createClaim" => json!({ "team": team, "prefix": format!("/{team}-too/") }),
        "patchClaim" => json!({ "note": "another note" }),
        "createGrant" => json!({ "team": "default", "prefix": format!("/{team}/borrowed/") }),
        "takeOverMapping" => json!({ "mapping": target.mapping() }),
        "putGateway" | "patchGateway" => json!({ "tls": { "minimum_version": "1.3" } }),
        "createProtection" => json!({ "prefix": "/own/fresh/", "approvers": "own", "needed": 1 }),
        "createRequest" => {
            json!({ "kind": "transfer", "claim": 4012, "team": team, "note": "please" })
        }
        "refuseRequest" => json!({ "reason": "not now" }),
        "putCertificate" => {
            let made = Authority::root("R").issues(&host(&[&format!("{team}.example.com")]));
            json!({ "chain": made.pem, "private_key": made.key })
        }
        "putTrustBundle" => json!({ "pem": Authority::root("R").pem() }),
        "putConsumer" => json!({ "description": "another" }),
        "createConsumerKey" => json!({ "label": "fresh" }),
        "saveView" => json!({ "query": "q=stone" }),
        _ => return None,
    })
}
