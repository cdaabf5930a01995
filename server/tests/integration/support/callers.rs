//! Callers of a server: tokens and users, made by its open admin.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{client::Answer, server::TestServer};

/// Sends requests as somebody.
#[derive(Debug, Clone)]
pub(crate) struct As {
    /// The header that says who.
    pub(crate) header: (&'static str, String),
    /// The token's id; 0 of a session.
    pub(crate) id: u64,
}

impl TestServer {
    pub(crate) async fn make_team(&self, name: &str) {
        let answer = self.send(Method::POST, "/api/v1/teams", &json!({ "name": name })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    }

    /// Makes a token of a team, or of the installation.
    pub(crate) async fn make_token(&self, team: Option<&str>, scope: &str) -> As {
        let draft = json!({ "name": "test", "team": team, "scope": scope });
        let answer = self.send(Method::POST, "/api/v1/tokens", &draft).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
        let made = answer.json();
        let secret = made["secret"].as_str().unwrap();
        let header = ("authorization", format!("Bearer {secret}"));
        As { header, id: made["token"]["id"].as_u64().unwrap() }
    }

    /// Makes a user who has these roles, and signs them in.
    pub(crate) async fn make_user(&self, name: &str, roles: &[(&str, &str)]) -> As {
        let password = format!("correct horse battery {name}");
        let draft = json!({ "name": name, "password": password });
        let answer = self.send(Method::POST, "/api/v1/users", &draft).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
        for (team, role) in roles {
            self.make_member(team, name, role).await;
        }
        let credentials = json!({ "user": name, "password": password });
        let answer = self.send(Method::POST, "/api/v1/session", &credentials).await;
        assert!(answer.status.is_success(), "{answer}");
        let cookie = answer.headers.get("set-cookie").unwrap().to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        As { header: ("cookie", cookie), id: 0 }
    }

    pub(crate) async fn make_member(&self, team: &str, user: &str, role: &str) {
        let path = format!("/api/v1/teams/{team}/members/{user}");
        let answer = self.send(Method::PUT, &path, &json!({ "role": role })).await;
        assert!(answer.status.is_success(), "{answer}");
    }

    pub(crate) async fn get_as(&self, caller: &As, path: &str) -> Answer {
        self.send_as(caller, Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn send_as(
        &self,
        caller: &As,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Answer {
        let headers =
            [("content-type", "application/json"), (caller.header.0, caller.header.1.as_str())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.client.send(method, &self.url(path), &headers, &body).await
    }

    /// Posts a plain form, as a page without JavaScript does.
    pub(crate) async fn post_form_as(&self, caller: &As, path: &str, form: &str) -> Answer {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            (caller.header.0, caller.header.1.as_str()),
        ];
        self.client.send(Method::POST, &self.url(path), &headers, form).await
    }

    /// Creates a mapping as its team.
    pub(crate) async fn map_as(&self, caller: &As, name: &str, prefix: &str, service: &str) {
        let draft = json!({ "name": name, "prefix": prefix, "service": service });
        let answer = self.send_as(caller, Method::POST, "/api/v1/mappings", &draft).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    }
}
