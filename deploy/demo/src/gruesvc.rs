//! `gruesvc`: keeps the grues that lurk in the caverns, everything under `/grue/`.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::RwLock;
use uuid::Uuid;

use crate::envelope::{MAX_BODY_BYTES, Machine, Refusal, bounded};

/// Enough for a demo; it bounds the memory to about 2 MB.
const MAX_GRUES: usize = 1_000;
/// In characters, for a name and for a location.
const MAX_TEXT: usize = 200;

/// Builds the grue service. Its mapping needs `"rewrite": "/grue/"`.
///
/// | request | answer |
/// | --- | --- |
/// | `GET /grue/health` | 200 `msg` |
/// | `POST /grue` with `name` and `location` | 201 `uuid` |
/// | `GET /grue` | 200 `count`, `grues` in the order in which they were created |
/// | `GET /grue/{uuid}` | 200 `uuid`, `name`, `location`; 404 |
pub fn gruesvc() -> Router {
    let service = GrueService { machine: Machine::this(), grues: Arc::default() };
    Router::new()
        .route("/grue", get(list).post(create))
        .route("/grue/", get(list).post(create)) // what a rewrite to `/grue/` makes of `/grue/`
        .route("/grue/health", get(health))
        .route("/grue/{uuid}", get(show))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(service)
}

#[derive(Clone)]
struct GrueService {
    machine: Machine,
    grues: Arc<RwLock<Vec<Grue>>>,
}

#[derive(Clone, Serialize)]
struct Grue {
    uuid: Uuid,
    name: String,
    location: String,
}

#[derive(Deserialize)]
struct NewGrue {
    name: String,
    location: String,
}

impl GrueService {
    async fn create(&self, new: NewGrue) -> Result<(StatusCode, Value), Refusal> {
        bounded("name", &new.name, MAX_TEXT)?;
        bounded("location", &new.location, MAX_TEXT)?;

        let mut grues = self.grues.write().await;
        if grues.len() >= MAX_GRUES {
            return Err(Refusal::full("grues", MAX_GRUES));
        }
        let uuid = Uuid::new_v4();
        grues.push(Grue { uuid, name: new.name, location: new.location });
        Ok((StatusCode::CREATED, json!({ "uuid": uuid })))
    }

    async fn list(&self) -> Value {
        let grues = self.grues.read().await;
        json!({ "count": grues.len(), "grues": *grues })
    }

    async fn show(&self, uuid: &str) -> Result<(StatusCode, Value), Refusal> {
        let grues = self.grues.read().await;
        let wanted = Uuid::parse_str(uuid).ok();
        let grue = grues
            .iter()
            .find(|grue| Some(grue.uuid) == wanted)
            .ok_or_else(|| Refusal::not_found(format!("no grue `{uuid}`")))?;
        Ok((StatusCode::OK, json!(grue)))
    }
}

async fn health(State(service): State<GrueService>) -> Response {
    service.machine.answer(StatusCode::OK, json!({ "msg": "grue health check OK" }))
}

async fn list(State(service): State<GrueService>) -> Response {
    service.machine.answer(StatusCode::OK, service.list().await)
}

async fn create(
    State(service): State<GrueService>,
    body: Result<Json<NewGrue>, JsonRejection>,
) -> Response {
    let outcome = async {
        let Json(new) = body?;
        service.create(new).await
    };
    service.machine.respond(outcome.await)
}

async fn show(
    State(service): State<GrueService>,
    uuid: Result<Path<String>, PathRejection>,
) -> Response {
    let outcome = async {
        let Path(uuid) = uuid?;
        service.show(&uuid).await
    };
    service.machine.respond(outcome.await)
}

async fn unknown_path(State(service): State<GrueService>) -> Response {
    service.machine.refuse(Refusal::not_found(
        "gruesvc has nothing at this path; its paths begin with `/grue/`",
    ))
}

async fn wrong_method(State(service): State<GrueService>) -> Response {
    service.machine.refuse(Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "gruesvc does not take this method here",
    ))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;
    use crate::envelope::tests::{send, send_as};

    const FRED: &str = r#"{ "name": "Fred", "location": "the dark" }"#;

    #[tokio::test]
    async fn health_answers_as_in_the_article() {
        let (status, body) = send(&gruesvc(), Method::GET, "/grue/health", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(body["msg"], "grue health check OK");
        assert_eq!(body["ok"], true);
        let keys: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["hostname", "msg", "ok", "resolvedname"]);
    }

    #[tokio::test]
    async fn a_grue_that_was_posted_is_listed_and_shown() {
        let service = gruesvc();
        for path in ["/grue", "/grue/"] {
            let (status, posted) = send(&service, Method::POST, path, Some(FRED)).await;
            assert_eq!(status, StatusCode::CREATED);
            let uuid = posted["uuid"].as_str().unwrap();
            let (status, shown) = send(&service, Method::GET, &format!("/grue/{uuid}"), None).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(shown["name"], "Fred");
            assert_eq!(shown["location"], "the dark");
        }
        let (status, list) = send(&service, Method::GET, "/grue", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(list["count"], 2);
        assert_eq!(list["grues"].as_array().unwrap().len(), 2);
        assert_eq!(list["grues"][0]["name"], "Fred");
    }

    #[tokio::test]
    async fn unknown_grues_are_not_found() {
        for uuid in ["00000000-0000-4000-8000-000000000000", "not-a-uuid"] {
            let (status, body) =
                send(&gruesvc(), Method::GET, &format!("/grue/{uuid}"), None).await;
            assert_eq!(status, StatusCode::NOT_FOUND);
            assert_eq!(body["error"], format!("no grue `{uuid}`"));
        }
    }

    #[tokio::test]
    async fn bad_bodies_are_refused_with_the_reason() {
        let cases = [
            ("", "EOF"),
            ("[", "EOF"),
            (r#"{ "name": "Fred" }"#, "location"),
            (r#"{ "name": "", "location": "x" }"#, "`name` must have 1 to 200"),
            (r#"{ "name": 7, "location": "x" }"#, "invalid type"),
        ];
        for (body, reason) in cases {
            let (status, answer) = send(&gruesvc(), Method::POST, "/grue", Some(body)).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
            let error = answer["error"].as_str().unwrap();
            assert!(error.contains(reason), "{body}: {error}");
        }
        let (status, _) =
            send_as(&gruesvc(), Method::POST, "/grue", Some(FRED), Some("text/plain")).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let large = " ".repeat(MAX_BODY_BYTES + 1);
        let (status, _) = send(&gruesvc(), Method::POST, "/grue", Some(&large)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn the_number_of_grues_is_bounded() {
        let service = gruesvc();
        for _ in 0..MAX_GRUES {
            let (status, _) = send(&service, Method::POST, "/grue", Some(FRED)).await;
            assert_eq!(status, StatusCode::CREATED);
        }
        let (status, body) = send(&service, Method::POST, "/grue", Some(FRED)).await;
        assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
        assert_eq!(body["error"], "this demo keeps at most 1000 grues");
    }

    #[tokio::test]
    async fn without_its_prefix_nothing_answers() {
        let (status, body) = send(&gruesvc(), Method::GET, "/health", None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(body["ok"], false);
    }
}
