//! Follows the portal's links, as a browser without JavaScript could.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use http::Method;

use super::client::{Answer, Client};

/// Pages that are fetched at the most, and addresses of one path that differ by their query.
const PAGES_MAX: usize = 250;
const QUERIES_MAX: usize = 3;

/// What a crawl has found.
#[derive(Debug, Default)]
pub(crate) struct Crawl {
    /// Every page by its address.
    pub(crate) pages: BTreeMap<String, Answer>,
    /// Where forms are posted to.
    pub(crate) forms: BTreeSet<String>,
    /// What the plain forms do.
    pub(crate) actions: BTreeSet<String>,
}

/// Fetches `start` and all that they lead to on `base`, with `headers`.
pub(crate) async fn crawl(
    client: &Client,
    base: &str,
    headers: &[(&str, &str)],
    start: &[&str],
) -> Crawl {
    let mut found = Crawl::default();
    let mut queries: BTreeMap<String, usize> = BTreeMap::new();
    let mut waiting: VecDeque<String> = start.iter().map(|path| (*path).to_owned()).collect();
    while let Some(address) = waiting.pop_front() {
        let path = address.split('?').next().unwrap().to_owned();
        let seen = queries.entry(path.clone()).or_default();
        if found.pages.contains_key(&address) || *seen >= QUERIES_MAX {
            continue;
        }
        *seen += 1;
        assert!(found.pages.len() < PAGES_MAX, "{:?}", found.pages.keys());
        let answer = client.send(Method::GET, &format!("{base}{address}"), headers, "").await;
        for link in attributes(&answer.body, "<a ", "href") {
            let link = link.split('#').next().unwrap();
            if link.starts_with('/') && !link.starts_with("/pkg/") {
                waiting.push_back(link.to_owned());
            }
        }
        for form in tags(&answer.body, "<form ").filter(|form| form.contains("method=\"post\"")) {
            found.forms.insert(attribute(form, "action").unwrap_or_else(|| address.clone()));
        }
        let inputs = tags(&answer.body, "<input ").filter(|tag| tag.contains("name=\"do\""));
        found.actions.extend(inputs.filter_map(|tag| attribute(tag, "value")));
        found.pages.insert(address, answer);
    }
    found
}

/// Returns the tags of `html` that begin with `beginning`.
fn tags<'a>(html: &'a str, beginning: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(beginning).skip(1).filter_map(|rest| rest.split('>').next())
}

fn attributes(html: &str, beginning: &str, name: &str) -> Vec<String> {
    tags(html, beginning).filter_map(|tag| attribute(tag, name)).collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    Some(rest.split('"').next()?.replace("&amp;", "&"))
}
