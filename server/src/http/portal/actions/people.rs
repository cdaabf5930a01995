//! The forms of sessions, users, teams and tokens.

use app::pages::encode_segment;
use axum::http::Method;
use serde_json::json;

use super::{Action, Fields, text_or_null};
use crate::http::portal::local_path;

/// Returns what a form of these pages does.
pub(super) fn action(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    match page {
        ["sign-in"] | ["account"] | ["setup", _] => session(page, action, fields),
        ["users", ..] => user(page, action, fields),
        ["teams", ..] => team(page, action, fields),
        ["tokens"] => token(None, action, fields),
        _ => None,
    }
}

fn session(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    let text = |name: &str| json!(fields.text(name));
    Some(match (page, action) {
        (["sign-in"], "session.start") => {
            let next = local_path(fields.text("return_to")).unwrap_or("/").to_owned();
            Action::new(Method::POST, "/api/v1/session", next)
                .with([("user", text("user")), ("password", text("password"))])
        }
        (["account"], "session.end") => {
            Action::new(Method::DELETE, "/api/v1/session", "/sign-in?signed_out=true")
        }
        (["account"], "session.end-one") => {
            let path = format!("/api/v1/sessions/{}", encode_segment(fields.text("id")));
            Action::new(Method::DELETE, path, "/account")
        }
        (["account"], "session.end-all") => {
            Action::new(Method::DELETE, "/api/v1/sessions", "/sign-in?signed_out=true")
        }
        (["account"], "password.change") => {
            Action::new(Method::PUT, "/api/v1/password", "/account?changed=password")
                .with([("current", text("current")), ("new", text("new"))])
        }
        (["setup", secret], "setup") => Action::new(Method::POST, "/api/v1/setup", "/").with([
            ("secret", json!(secret)),
            ("user", text("user")),
            ("password", text("password")),
        ]),
        _ => return None,
    })
}

fn user(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    let text = |name: &str| json!(fields.text(name));
    if let (["users", "new"], "user.create") = (page, action) {
        let next = user_page(fields.text("name"));
        return Some(Action::new(Method::POST, "/api/v1/users", next).with([
            ("name", text("name")),
            ("display_name", text("display_name")),
            ("email", text("email")),
            ("password", text_or_null(fields.filled("password"))),
            ("is_admin", json!(fields.is_ticked("is_admin"))),
        ]));
    }
    let ["users", name] = page else { return None };
    let (path, next) = (format!("/api/v1/users/{}", encode_segment(name)), user_page(name));
    Some(match action {
        "user.patch" => Action::new(Method::PATCH, path, next).with([
            ("display_name", text("display_name")),
            ("email", text("email")),
            ("is_admin", json!(fields.is_ticked("is_admin"))),
            ("is_disabled", json!(fields.is_ticked("is_disabled"))),
        ]),
        "user.password" => {
            Action::new(Method::PUT, format!("{path}/password"), format!("{next}?changed=password"))
                .with([("password", text("password"))])
        }
        "user.delete" => Action::new(Method::DELETE, path, "/users"),
        _ => return None,
    })
}

fn user_page(name: &str) -> String {
    format!("/users/{}", encode_segment(name))
}

fn team(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    let text = |name: &str| json!(fields.text(name));
    if let (["teams", "new"], "team.create") = (page, action) {
        let next = team_page(fields.text("name"));
        return Some(Action::new(Method::POST, "/api/v1/teams", next).with([
            ("name", text("name")),
            ("title", text("title")),
            ("contact", text("contact")),
            ("owner", text_or_null(fields.filled("owner"))),
        ]));
    }
    let ["teams", name] = page else { return None };
    let (path, next) = (format!("/api/v1/teams/{}", encode_segment(name)), team_page(name));
    let member = || format!("{path}/members/{}", encode_segment(fields.text("user")));
    Some(match action {
        "team.patch" => Action::new(Method::PATCH, path, next)
            .with([("title", text("title")), ("contact", text("contact"))]),
        "team.delete" => Action::new(Method::DELETE, path, "/teams"),
        "member.add" | "member.put" => {
            Action::new(Method::PUT, member(), next).with([("role", text("role"))])
        }
        "member.remove" => Action::new(Method::DELETE, member(), next),
        // who leaves may not see the team any more
        "member.leave" => Action::new(Method::DELETE, member(), "/teams"),
        _ => return token(Some(name), action, fields),
    })
}

fn team_page(name: &str) -> String {
    format!("/teams/{}", encode_segment(name))
}

fn token(team: Option<&str>, action: &str, fields: &Fields) -> Option<Action> {
    let next = team.map_or_else(|| "/tokens".to_owned(), team_page);
    Some(match action {
        "token.create" => Action::new(Method::POST, "/api/v1/tokens", next)
            .with([
                ("name", json!(fields.text("name"))),
                ("team", text_or_null(team)),
                ("scope", json!(fields.text("scope"))),
                ("expires_in_days", expiry(fields.text("expires"))),
            ])
            .then_show(),
        "token.revoke" => {
            let path = format!("/api/v1/tokens/{}", encode_segment(fields.text("id")));
            Action::new(Method::DELETE, path, next)
        }
        _ => return None,
    })
}

/// Reads the choice of days; `never` is `null`.
pub(super) fn expiry(days: &str) -> serde_json::Value {
    match days.parse::<u32>() {
        Ok(days) => json!(days),
        Err(_) if days == "never" => serde_json::Value::Null,
        Err(_) => json!(days),
    }
}
