//! Who may do what: every operation of the API, by everyone, on what is theirs, what is another
//! team's, and what does not exist.
//!
//! ```text
//! the OpenAPI document ─ operations ─┐
//! requests: what to send ────────────┼─▶ one request a cell ─▶ the status that expected.txt says
//! expected.txt: who gets what ───────┘          │
//!                                               ├─ refused: nothing at all has changed
//!                                               ├─ hidden: the same answer as of what is not there
//!                                               └─ a team's caller: no word of the other team
//! ```
//! The expectations are what docs/security.md promises; nothing of the product is asked for them.

mod requests;

use std::collections::BTreeMap;

use chancery::http::openapi::document;
use serde_json::Value;

use self::requests::Target;
use crate::support::{
    client::Answer,
    installation::{Caller, HIDDEN, Installation},
};

/// One operation of the document.
#[derive(Debug)]
struct Operation {
    id: String,
    method: String,
    path: String,
    /// What its body is, where it takes one.
    content: Option<String>,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.filter_map(move |(method, operation)| {
            let content = operation["requestBody"]["content"].as_object();
            Some(Operation {
                id: operation["operationId"].as_str()?.to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                content: content.and_then(|kinds| kinds.keys().next().cloned()),
            })
        })
    });
    all.collect()
}

/// The expected status of each caller, by operation and target.
type Expected = BTreeMap<(String, String), [u16; 9]>;

/// Reads the table; a line whose first word is left out goes on with the operation above.
fn expected() -> Expected {
    let mut expected = Expected::new();
    let mut current = "";
    for line in include_str!("matrix/expected.txt").lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let (target, statuses) = match *words.as_slice() {
            [] => continue,
            [first, ..] if first.starts_with('#') => continue,
            [operation, target, ref statuses @ ..] if statuses.len() == 9 => {
                current = operation;
                (target, statuses)
            }
            [target, ref statuses @ ..] if statuses.len() == 9 => (target, statuses),
            _ => panic!("`{line}` has not nine statuses"),
        };
        let statuses: Vec<u16> = statuses.iter().map(|status| status.parse().unwrap()).collect();
        let key = (current.to_owned(), target.to_owned());
        let before = expected.insert(key, statuses.try_into().unwrap());
        assert!(before.is_none(), "`{current} {target}` is there twice");
    }
    expected
}

/// What must be equal in two answers for nothing to be told by them.
fn told(answer: &Answer, names: &[String]) -> String {
    let mut body = answer.body.clone();
    if let Ok(Value::Object(mut problem)) = serde_json::from_str(&body) {
        problem.remove("request_id");
        problem.remove("instance");
        body = Value::Object(problem).to_string();
    }
    if let Some(tag) = answer.headers.get("etag") {
        body.push_str(tag.to_str().unwrap());
    }
    for name in names {
        body = body.replace(name, "…");
    }
    let headers: Vec<_> = answer.headers.keys().map(http::HeaderName::as_str).collect();
    format!("{} {headers:?} {body}", answer.status)
}

async fn send(
    installation: &Installation,
    operation: &Operation,
    caller: Caller,
    target: Target,
) -> Answer {
    let request = requests::of(&operation.id, &operation.path, target, caller, installation).await;
    let header = caller.header();
    let mut headers: Vec<(&str, &str)> = Vec::new();
    headers.extend(header.as_ref().map(|(name, value)| (*name, value.as_str())));
    headers.extend(operation.content.as_deref().map(|content| ("content-type", content)));
    if operation.id == "followLive" {
        headers.extend(requests::UPGRADE);
    }
    let body = match (&operation.content, request.body) {
        (Some(_), Some(body)) => body.to_string(),
        (None, None) => String::new(),
        (Some(_), None) => panic!("`{}` takes a body: matrix/requests.rs has none", operation.id),
        (None, Some(_)) => panic!("`{}` takes no body", operation.id),
    };
    let url = installation.server.url(&request.path);
    let method = operation.method.parse().unwrap();
    installation.server.client.send(method, &url, &headers, &body).await
}

/// Says what an answer to a team's caller tells of the other team, if it does.
async fn leak(
    installation: &Installation,
    operation: &Operation,
    caller: Caller,
    target: Target,
    answer: &Answer,
) -> Option<String> {
    let told_in = told(answer, &requests::names(target));
    let found: Vec<&str> = HIDDEN.into_iter().filter(|word| told_in.contains(word)).collect();
    if !found.is_empty() {
        return Some(format!(
            "{} {target:?} by {caller:?} tells of {found:?}: {answer}",
            operation.id
        ));
    }
    if target != Target::Other || requests::is_common(&operation.path) {
        return None;
    }
    let absent = send(installation, operation, caller, Target::Absent).await;
    if absent.status.is_success() && operation.method != "GET" {
        installation.restore().await;
    }
    let told_of_none = told(&absent, &requests::names(Target::Absent));
    // names are one namespace: where one could make it, a refusal says that it is taken
    let is_made = operation.method != "GET" && absent.status.is_success();
    let is_comparable = !is_made || absent.status == answer.status;
    (is_comparable && told_in != told_of_none).then(|| {
        let cell = format!("{} by {caller:?}", operation.id);
        format!("{cell} tells that it exists:\n  {told_in}\n  {told_of_none}")
    })
}

/// Sends the requests of one operation for one target; returns the statuses and adds the faults.
async fn row(
    installation: &Installation,
    operation: &Operation,
    target: Target,
    faults: &mut Vec<String>,
) -> [u16; 9] {
    let mut statuses = [0; 9];
    for (caller, status) in Caller::ALL.into_iter().zip(&mut statuses) {
        let cell = format!("{} {target:?} by {caller:?}", operation.id);
        let before = installation.state().await;
        let answer = send(installation, operation, caller, target).await;
        *status = answer.status.as_u16();
        let is_done = answer.status.is_success() || answer.status.is_redirection();
        if is_done && operation.method != "GET" {
            installation.restore().await;
        } else if installation.state().await != before {
            faults.push(format!("{cell}: {} and something has changed", answer.status));
            installation.restore().await;
        }
        if answer.status.is_server_error() {
            faults.push(format!("{cell}: {answer}"));
        }
        if !caller.sees_all() {
            faults.extend(leak(installation, operation, caller, target, &answer).await);
        }
    }
    statuses
}

#[test]
fn every_operation_has_its_rows_and_no_row_is_of_none() {
    let mut expected = expected();
    let mut faults = Vec::new();

    for operation in operations() {
        for target in requests::targets(&operation.id, &operation.path) {
            let key = (operation.id.clone(), target.word().to_owned());
            if expected.remove(&key).is_none() {
                faults.push(format!("missing: {} {}", key.0, key.1));
            }
        }
    }
    faults.extend(expected.into_keys().map(|(id, target)| format!("of nothing: {id} {target}")));

    assert!(faults.is_empty(), "matrix/expected.txt:\n{}", faults.join("\n"));
}

#[tokio::test]
async fn everyone_gets_what_the_table_says_and_leaves_the_rest_as_it_was() {
    let installation = Installation::start().await;
    let expected = expected();
    let mut faults = Vec::new();

    for operation in operations() {
        for target in requests::targets(&operation.id, &operation.path) {
            let found = row(&installation, &operation, target, &mut faults).await;
            let key = (operation.id.clone(), target.word().to_owned());
            if expected.get(&key) != Some(&found) {
                let statuses = found.map(|status| status.to_string()).join("  ");
                let line = format!("{:24} {:8} {statuses}", key.0, key.1);
                faults.push(format!("got: {line}, not {:?}", expected.get(&key)));
            }
        }
    }

    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
