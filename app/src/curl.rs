//! Writes the `curl` line that does the same as the form.
//!
//! It uses the article's address, `/ambassador/mapping/{name}`; the portal itself speaks
//! `/api/v1` (see `api::client`).

use serde_json::{Map, Value};

use crate::api::client::encode_segment;
use crate::api::mapping::MappingDraft;

/// Where the portal listens unless it is told otherwise.
pub(crate) const DEFAULT_ORIGIN: &str = "http://localhost:8888";

/// The article's own example, for the page that has no mapping yet.
#[cfg(any(feature = "ssr", test))]
pub(crate) const EXAMPLE: &str = r#"curl -XPOST -H "Content-Type: application/json" \
  -d '{ "prefix": "/user/", "service": "usersvc" }' \
  http://localhost:8888/ambassador/mapping/usermapping"#;

/// Writes the line that creates `draft` with the fields of `extras`; parts that are not typed yet
/// show an example.
pub(crate) fn create(origin: &str, draft: &MappingDraft, extras: &Map<String, Value>) -> String {
    let name = if draft.name.is_empty() { "usermapping" } else { &draft.name };
    let prefix = if draft.prefix.is_empty() { "/user/" } else { &draft.prefix };
    let service = if draft.service.is_empty() { "usersvc" } else { &draft.service };
    let mut body = format!("\"prefix\": {}", json(prefix));
    // who answers by itself has no service
    let is_answer = ["redirect", "respond"].iter().any(|group| extras.contains_key(*group));
    if !is_answer || !draft.service.is_empty() {
        body.push_str(", \"service\": ");
        body.push_str(&json(service));
    }
    if let Some(rewrite) = draft.rewrite.as_deref().filter(|rewrite| *rewrite != "/") {
        body.push_str(", \"rewrite\": ");
        body.push_str(&json(rewrite));
    }

    if let Some(labels) = &draft.labels {
        let labels: Vec<_> = labels.iter().map(|label| json(label)).collect();
        body.push_str(", \"labels\": [");
        body.push_str(&labels.join(", "));
        body.push(']');
    }

    for (group, value) in extras {
        let group = json(group);
        body.push_str(&[",\n        ", &group, ": ", &value.to_string()].concat());
    }

    format!(
        "curl -XPOST -H \"Content-Type: application/json\" \\\n  -d {} \\\n  {origin}/ambassador/mapping/{}",
        shell_quote(&format!("{{ {body} }}")),
        encode_segment(name),
    )
}

/// Writes the line that calls any operation, for the page that describes them.
#[cfg(feature = "ssr")]
pub(crate) fn call(origin: &str, method: &str, path: &str, body: Option<&str>) -> String {
    let method = if method == "GET" { String::new() } else { format!(" -X{method}") };
    let body = body.map(|body| {
        format!(" -H \"Content-Type: application/json\" \\\n  -d {} \\\n ", shell_quote(body))
    });
    let url = format!("{origin}{path}");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%=".contains(c);
    let url = if url.chars().all(is_plain) { url } else { shell_quote(&url) };
    format!("curl{method}{} {url}", body.unwrap_or_default())
}

/// Writes a text as JSON; the serializer of a string cannot fail.
fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Quotes for a POSIX shell, where nothing is special between single quotes but the quote itself.
fn shell_quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(prefix: &str, rewrite: &str) -> MappingDraft {
        MappingDraft {
            name: "usermapping".to_owned(),
            prefix: prefix.to_owned(),
            service: "usersvc".to_owned(),
            rewrite: Some(rewrite.to_owned()),
            labels: None,
            ..MappingDraft::default()
        }
    }

    #[test]
    fn an_empty_form_shows_the_article_s_line() {
        assert_eq!(create(DEFAULT_ORIGIN, &MappingDraft::default(), &Map::new()), EXAMPLE);
    }

    #[test]
    fn a_default_rewrite_is_left_out_and_an_empty_one_is_not() {
        assert_eq!(create(DEFAULT_ORIGIN, &draft("/user/", "/"), &Map::new()), EXAMPLE);
        assert!(
            create(DEFAULT_ORIGIN, &draft("/user/", ""), &Map::new())
                .contains(r#", "rewrite": "" }'"#)
        );
    }

    #[test]
    fn labels_are_a_list_and_no_labels_are_left_out() {
        let labels = Some(vec!["team=a".to_owned(), "x".to_owned()]);
        let labelled = MappingDraft { labels, ..draft("/user/", "/") };

        let line = create(DEFAULT_ORIGIN, &labelled, &Map::new());

        assert!(line.contains(r#", "labels": ["team=a", "x"] }'"#), "{line}");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_call_quotes_what_a_shell_would_read() {
        assert_eq!(call("http://a", "GET", "/b/c", None), "curl http://a/b/c");
        assert_eq!(call("http://a", "DELETE", "/b?c&d", None), "curl -XDELETE 'http://a/b?c&d'");
        assert_eq!(
            call("http://a", "PUT", "/b", Some("{}")),
            "curl -XPUT -H \"Content-Type: application/json\" \\\n  -d '{}' \\\n  http://a/b"
        );
    }

    #[test]
    fn what_is_typed_cannot_leave_its_quotes() {
        let line = create(DEFAULT_ORIGIN, &draft("/it's\"/", "/"), &Map::new());

        assert!(line.contains(r#"'{ "prefix": "/it'\''s\"/", "service": "usersvc" }'"#), "{line}");
    }
}
