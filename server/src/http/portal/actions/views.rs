//! The forms by which users keep views of the list, and mark mappings.

use app::pages::{encode_segment, list_href};
use axum::http::Method;
use serde_json::json;

use super::{Action, Fields};

/// Returns what a form of the list, or of a mapping's page, does.
pub(super) fn action(page: &[&str], action: &str, fields: &Fields) -> Option<Action> {
    let view = |name: &str| format!("/api/v1/views/{}", encode_segment(name));
    let favourite = |name: &str| format!("/api/v1/favourites/{}", encode_segment(name));
    Some(match (page, action) {
        (["mappings"], "view.put") => {
            let query = fields.text("query");
            Action::new(Method::PUT, view(fields.text("name").trim()), list_href(query))
                .with([("query", json!(query))])
        }
        (["mappings"], "view.delete") => {
            Action::new(Method::DELETE, view(fields.text("name")), "/mappings")
        }
        (["mappings"], "favourite") => {
            let (method, name) = match fields.filled("add") {
                Some(name) => (Method::PUT, name),
                None => (Method::DELETE, fields.text("remove")),
            };
            Action::new(method, favourite(name), list_href(fields.text("query")))
        }
        (["mappings", name], "favourite.put" | "favourite.delete") => {
            let method = if action == "favourite.put" { Method::PUT } else { Method::DELETE };
            Action::new(method, favourite(name), format!("/mappings/{}", encode_segment(name)))
        }
        _ => return None,
    })
}
