//! `usersvc`: keeps users, behind a mapping with the default rewrite.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::envelope::{MAX_BODY_BYTES, Machine, Refusal, bounded};
use crate::users::Users;

/// In characters, as for a mapping's name.
const MAX_USERNAME: usize = 64;
/// In characters.
const MAX_FULLNAME: usize = 200;
/// In characters.
const MAX_PASSWORD: usize = 200;

/// Builds the user service, with its users in memory.
///
/// | request | answer |
/// | --- | --- |
/// | `GET /health` | 200 `msg` |
/// | `PUT /{username}` with `fullname` and `password` | 201 or 200 `uuid`, `fullname` |
/// | `GET /{username}` | 200 `uuid`, `fullname`; 404 |
/// | `GET /status/{code}` | `code`, 200 to 599: a demo aid to see bad answers being counted |
///
/// A password is checked for its size and then dropped: the demo has no sign-in to need it for.
pub fn usersvc() -> Router {
    usersvc_with(Users::in_memory())
}

/// Builds the user service, with its users in the PostgreSQL at `url`.
///
/// # Errors
/// Says why the database can't be used.
pub async fn usersvc_in(url: &str) -> Result<Router, sqlx::Error> {
    Ok(usersvc_with(Users::in_postgres(url).await?))
}

fn usersvc_with(users: Users) -> Router {
    let service = UserService { machine: Machine::this(), users: Arc::new(users) };
    Router::new()
        .route("/health", get(health))
        .route("/status/{code}", get(status))
        .route("/{username}", get(show).put(save))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(service)
}

#[derive(Clone)]
struct UserService {
    machine: Machine,
    users: Arc<Users>,
}

/// The body of a PUT. Not `Debug`: a password must not get into a log.
#[derive(Deserialize)]
struct NewUser {
    fullname: String,
    password: String,
}

impl UserService {
    async fn show(&self, username: &str) -> Result<(StatusCode, Value), Refusal> {
        let user = self.users.get(username).await?;
        let user = user.ok_or_else(|| Refusal::not_found(format!("no user `{username}`")))?;
        Ok((StatusCode::OK, json!({ "uuid": user.uuid, "fullname": user.fullname })))
    }

    /// Stores a user; one that exists gets the new full name and keeps its `uuid`.
    async fn save(&self, username: String, new: NewUser) -> Result<(StatusCode, Value), Refusal> {
        bounded("username", &username, MAX_USERNAME)?;
        bounded("fullname", &new.fullname, MAX_FULLNAME)?;
        bounded("password", &new.password, MAX_PASSWORD)?;

        let fullname = new.fullname;
        let (is_new, uuid) = self.users.save(username, fullname.clone()).await?;
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        let fields = json!({ "uuid": uuid, "fullname": fullname });
        Ok((status, fields))
    }
}

async fn health(State(service): State<UserService>) -> Response {
    service.machine.answer(StatusCode::OK, json!({ "msg": "user health check OK" }))
}

async fn show(
    State(service): State<UserService>,
    username: Result<Path<String>, PathRejection>,
) -> Response {
    let outcome = async {
        let Path(username) = username?;
        service.show(&username).await
    };
    service.machine.respond(outcome.await)
}

async fn save(
    State(service): State<UserService>,
    username: Result<Path<String>, PathRejection>,
    body: Result<Json<NewUser>, JsonRejection>,
) -> Response {
    let outcome = async {
        let (Path(username), Json(new)) = (username?, body?);
        service.save(username, new).await
    };
    service.machine.respond(outcome.await)
}

async fn status(
    State(service): State<UserService>,
    code: Result<Path<u16>, PathRejection>,
) -> Response {
    let outcome = code
        .ok()
        .filter(|Path(code)| (200..=599).contains(code))
        .and_then(|Path(code)| StatusCode::from_u16(code).ok())
        .map(|status| (status, json!({ "status": status.as_u16() })))
        .ok_or_else(|| Refusal::invalid("the status must be a number from 200 to 599"));
    service.machine.respond(outcome)
}

async fn unknown_path(State(service): State<UserService>) -> Response {
    service.machine.refuse(Refusal::not_found("usersvc has nothing at this path"))
}

async fn wrong_method(State(service): State<UserService>) -> Response {
    service.machine.refuse(Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "usersvc does not take this method here",
    ))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;
    use crate::envelope::tests::{send, send_as};
    use crate::users::MAX_USERS;

    const ALICE: &str = r#"{ "fullname": "Alice", "password": "alicerules" }"#;

    #[tokio::test]
    async fn health_answers_as_in_the_article() {
        let (status, body) = send(&usersvc(), Method::GET, "/health", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(body["msg"], "user health check OK");
        assert_eq!(body["ok"], true);
        let keys: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["hostname", "msg", "ok", "resolvedname"]);
    }

    #[tokio::test]
    async fn a_user_that_was_put_can_be_got() {
        let service = usersvc();
        let (status, put) = send(&service, Method::PUT, "/alice", Some(ALICE)).await;
        assert_eq!(status, StatusCode::CREATED);
        let (status, got) = send(&service, Method::GET, "/alice", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(got["fullname"], "Alice");
        assert_eq!(got["uuid"], put["uuid"]);
    }

    #[tokio::test]
    async fn putting_a_user_again_keeps_the_uuid() {
        let service = usersvc();
        let (_, first) = send(&service, Method::PUT, "/alice", Some(ALICE)).await;
        let renamed = r#"{ "fullname": "Alice B.", "password": "alicerules" }"#;
        let (status, second) = send(&service, Method::PUT, "/alice", Some(renamed)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(second["uuid"], first["uuid"]);
        assert_eq!(second["fullname"], "Alice B.");
    }

    #[tokio::test]
    async fn a_password_never_comes_back() {
        let service = usersvc();
        let (_, put) = send(&service, Method::PUT, "/alice", Some(ALICE)).await;
        let (_, got) = send(&service, Method::GET, "/alice", None).await;
        assert!(!put.to_string().contains("alicerules"));
        assert!(!got.to_string().contains("alicerules"));
    }

    #[tokio::test]
    async fn an_unknown_user_is_not_found() {
        let (status, body) = send(&usersvc(), Method::GET, "/bob", None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(body["ok"], false);
        assert_eq!(body["error"], "no user `bob`");
    }

    #[tokio::test]
    async fn bad_bodies_are_refused_with_the_reason() {
        let service = usersvc();
        let long = format!(r#"{{ "fullname": "{}", "password": "x" }}"#, "a".repeat(201));
        let cases = [
            ("{", "EOF"),
            ("[]", "invalid length"),
            (r#"{ "fullname": "Alice" }"#, "password"),
            (r#"{ "fullname": "", "password": "x" }"#, "`fullname` must have 1 to 200"),
            (r#"{ "fullname": "a\nb", "password": "x" }"#, "control character"),
            (r#"{ "fullname": "Alice", "password": "" }"#, "`password` must have 1 to 200"),
            (&long, "`fullname` must have 1 to 200"),
        ];
        for (body, reason) in cases {
            let (status, answer) = send(&service, Method::PUT, "/alice", Some(body)).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
            assert_eq!(answer["ok"], false, "{body}");
            let error = answer["error"].as_str().unwrap();
            assert!(error.contains(reason), "{body}: {error}");
        }
        let (status, _) = send(&service, Method::GET, "/alice", None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_body_of_another_type_is_refused() {
        for content_type in [None, Some("text/plain")] {
            let (status, body) =
                send_as(&usersvc(), Method::PUT, "/alice", Some(ALICE), content_type).await;
            assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
            assert_eq!(body["ok"], false);
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused() {
        let body = " ".repeat(MAX_BODY_BYTES + 1);
        let (status, answer) = send(&usersvc(), Method::PUT, "/alice", Some(&body)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer["error"], "the body may have at most 16384 bytes");
    }

    #[tokio::test]
    async fn the_number_of_users_is_bounded() {
        let service = usersvc();
        for number in 0..MAX_USERS {
            let (status, _) =
                send(&service, Method::PUT, &format!("/user-{number}"), Some(ALICE)).await;
            assert_eq!(status, StatusCode::CREATED);
        }
        let (status, body) = send(&service, Method::PUT, "/one-more", Some(ALICE)).await;
        assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
        assert_eq!(body["error"], "this demo keeps at most 1000 users");
        let (status, _) = send(&service, Method::PUT, "/user-0", Some(ALICE)).await;
        assert_eq!(status, StatusCode::OK);
    }

    #[tokio::test]
    async fn status_answers_with_the_status_asked_for() {
        let service = usersvc();
        for (code, ok) in [(200, true), (302, true), (404, false), (503, false), (599, false)] {
            let (status, body) =
                send(&service, Method::GET, &format!("/status/{code}"), None).await;
            assert_eq!(status.as_u16(), code);
            assert_eq!(body["ok"], ok);
        }
        let (status, body) = send(&service, Method::GET, "/status/204", None).await;
        assert_eq!((status, body), (StatusCode::NO_CONTENT, Value::Null));
        for code in ["100", "199", "600", "teapot", "-1"] {
            let (status, _) = send(&service, Method::GET, &format!("/status/{code}"), None).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{code}");
        }
    }

    #[tokio::test]
    async fn other_paths_and_methods_keep_the_envelope() {
        let (status, body) = send(&usersvc(), Method::GET, "/a/b/c", None).await;
        assert_eq!((status, &body["ok"]), (StatusCode::NOT_FOUND, &Value::Bool(false)));
        let (status, body) = send(&usersvc(), Method::DELETE, "/alice", None).await;
        assert_eq!((status, &body["ok"]), (StatusCode::METHOD_NOT_ALLOWED, &Value::Bool(false)));
    }
}
