//! Checks what the page asks the API for, with an API that answers from here.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::api::client::InProcess;

/// Waits for a future that needs nobody else.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("an API in process answers at once"),
    }
}

/// Answers every list, but refuses queries that contain `unreadable`; notes what it was asked.
fn api(unreadable: &'static str, asked: Arc<Mutex<Vec<String>>>) -> Client {
    Client::in_process(InProcess::new(move |request| {
        let uri = request.uri().to_string();
        let (status, kind, body) = if uri.contains(unreadable) {
            let problem = r#"{"type":"about:blank","title":"Bad Request","status":400,
                "code":"invalid-query","detail":"the cursor can't be read"}"#;
            (400, "application/problem+json", problem.to_owned())
        } else {
            let page = serde_json::to_string(&MappingPage::default()).unwrap();
            (200, "application/json", page)
        };
        asked.lock().unwrap().push(uri);
        let response = http::Response::builder().status(status).header("content-type", kind);
        Box::pin(std::future::ready(response.body(body).unwrap()))
    }))
}

fn asked_of(unreadable: &'static str, query: &str) -> Vec<String> {
    let asked = Arc::default();
    let client = api(unreadable, Arc::clone(&asked));
    let (_, answer) = now(load(&client, address::read(&Query::parse(query)), false));
    assert!(answer.is_ok(), "{answer:?}");
    let asked = asked.lock().unwrap();
    asked.clone()
}

#[test]
fn a_cursor_that_cannot_be_read_is_dropped_and_the_rest_kept() {
    let asked = asked_of("cursor", "q=a&sort=rate&cursor=old");

    assert_eq!(
        asked,
        ["/api/v1/mappings?q=a&sort=rate&cursor=old", "/api/v1/mappings?q=a&sort=rate"]
    );
}

#[test]
fn what_the_server_does_not_know_falls_back_to_the_whole_list() {
    let asked = asked_of("label", "label=%7F");

    assert_eq!(asked.last().map(String::as_str), Some("/api/v1/mappings"));
}

#[test]
fn a_plain_list_is_asked_for_once() {
    assert_eq!(asked_of("nothing", ""), ["/api/v1/mappings"]);
}
