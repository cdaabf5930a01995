//! Calls the REST API: one function for each call, the same for server and browser.
//!
//! ```text
//! browser   fetch ──────────────▶ /api/v1/…
//! server    InProcess (context) ─▶ the same router, without a socket
//! ```

#[cfg(feature = "ssr")]
mod audit;
#[cfg(feature = "ssr")]
mod certificates;
#[cfg(feature = "ssr")]
mod claims;
#[cfg(feature = "ssr")]
mod consumers;
#[cfg(feature = "ssr")]
mod gateway;
#[cfg(feature = "ssr")]
mod in_process;
#[cfg(feature = "ssr")]
mod people;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::list::{ListQuery, MappingPage};
use super::live::{Full, LiveMapping};
use super::mapping::{Mapping, MappingDraft, RenderedConfig};
use super::node::NodeList;
use super::plan::Plan;
use super::problem::Problem;
use super::receipt::Receipt;
use super::request::Request;
use super::revision::{Comparison, Restoration, RevisionDetail, RevisionPage};
use super::series::{Series, Span};
use super::service::{ServiceCheck, ServicePage};

#[cfg(feature = "ssr")]
pub use in_process::InProcess;

/// Says why a call failed, in words for the reader of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ClientError {
    /// The server refused, and said why.
    #[error("{}", if .0.detail.is_empty() { &.0.title } else { &.0.detail })]
    Problem(Box<Problem>),
    /// No answer came.
    #[error("The server did not answer ({0}). Check the connection and try again.")]
    Unreachable(String),
    /// An answer came that is not in the API's language, for example from a proxy in between.
    #[error(
        "The server answered with status {status} in a form that this page does not know ({cause}). \
         Reload the page; if that does not help, the server's log says more."
    )]
    Unexpected { status: u16, cause: String },
}

impl From<Problem> for ClientError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl ClientError {
    /// Returns the HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            Self::Unreachable(_) => None,
            Self::Unexpected { status, .. } => Some(*status),
        }
    }

    /// Returns what is wrong with the field `field`, if the server said so.
    pub fn field(&self, field: &str) -> Option<String> {
        let Self::Problem(problem) = self else { return None };
        let error = problem.errors.iter().find(|error| error.field() == field)?;
        Some(error.message.clone())
    }
}

/// Calls the API; a clone calls the same.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Absent in an island that the server renders: it has nothing to call.
    #[cfg(feature = "ssr")]
    api: Option<InProcess>,
}

impl Client {
    /// Calls the API of the page's own server by fetch, from an island.
    pub(crate) fn of_page() -> Self {
        Self::default()
    }

    /// Calls the router in process, for a page that is rendered on the server.
    #[cfg(feature = "ssr")]
    pub fn in_process(api: InProcess) -> Self {
        Self { api: Some(api) }
    }

    /// Gets a page of the list of mappings.
    pub async fn mappings(&self, query: &ListQuery) -> Result<MappingPage, ClientError> {
        self.get(&format!("/api/v1/mappings{}", query.to_query_string())).await
    }

    /// Gets one mapping.
    pub async fn mapping(&self, name: &str) -> Result<Mapping, ClientError> {
        self.get(&mapping_path(name, "")).await
    }

    /// Gets one mapping with its live numbers.
    pub async fn live_mapping(&self, name: &str) -> Result<LiveMapping, ClientError> {
        self.get(&mapping_path(name, "/live")).await
    }

    /// Gets the numbers of a mapping over the last minutes; of the whole gateway without a name.
    pub async fn series(&self, name: Option<&str>, span: Span) -> Result<Series, ClientError> {
        let path = name.map_or_else(|| "/api/v1/series".to_owned(), |n| mapping_path(n, "/series"));
        self.get(&format!("{path}?span={}", span.word())).await
    }

    /// Gets the history of a mapping, or of all; `cursor` is the page before's `next_cursor`.
    pub async fn revisions(
        &self,
        name: Option<&str>,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<RevisionPage, ClientError> {
        let path =
            name.map_or_else(|| "/api/v1/revisions".to_owned(), |n| mapping_path(n, "/revisions"));
        let cursor = cursor.map(|c| format!("&cursor={}", encode_segment(c))).unwrap_or_default();
        self.get(&format!("{path}?limit={limit}{cursor}")).await
    }

    /// Gets what a change has made of a mapping.
    pub async fn revision(&self, name: &str, revision: u64) -> Result<RevisionDetail, ClientError> {
        self.get(&mapping_path(name, &format!("/revisions/{revision}"))).await
    }

    /// Gets two revisions of a mapping side by side; without `to`, `from` and the newest.
    pub async fn compare(
        &self,
        name: &str,
        from: u64,
        to: Option<u64>,
    ) -> Result<Comparison, ClientError> {
        let to = to.map(|to| format!("&to={to}")).unwrap_or_default();
        self.get(&mapping_path(name, &format!("/compare?from={from}{to}"))).await
    }

    /// Asks what [`Client::restore`] would do.
    pub async fn plan_restore(&self, name: &str, revision: u64) -> Result<Plan, ClientError> {
        let request = restoration(mapping_path(name, "/restore?dry_run=true"), revision);
        decode(&self.send(request).await?)
    }

    /// Gives a mapping the content that it had at a revision, if it is still at the revision
    /// `replaces`; without one, if there is still no such mapping. Or asks those who must agree.
    pub async fn restore(
        &self,
        name: &str,
        revision: u64,
        replaces: Option<u64>,
    ) -> Result<Saved, ClientError> {
        let mut request = restoration(mapping_path(name, "/restore"), revision);
        request.header = Some(match replaces {
            Some(replaces) => ("if-match", format!("\"{replaces}\"")),
            None => ("if-none-match", "*".to_owned()),
        });
        saved(&self.send(request).await?)
    }

    /// Gets how far the mapping's newest revision has come.
    pub async fn receipt(&self, name: &str) -> Result<Receipt, ClientError> {
        self.get(&mapping_path(name, "/receipt")).await
    }

    /// Gets what Envoy is given for a mapping; for all without a name, only parts with `q` in them.
    pub async fn config(&self, name: Option<&str>, q: &str) -> Result<RenderedConfig, ClientError> {
        match name {
            Some(name) => self.get(&mapping_path(name, "/config")).await,
            None => self.get(&format!("/api/v1/config?q={}", encode_segment(q))).await,
        }
    }

    /// Gets the services whose name contains `q`.
    pub async fn services(
        &self,
        q: &str,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<ServicePage, ClientError> {
        let cursor = cursor.map(|c| format!("&cursor={}", encode_segment(c))).unwrap_or_default();
        self.get(&format!("/api/v1/services?q={}&limit={limit}{cursor}", encode_segment(q))).await
    }

    /// Asks whether requests to `service` would arrive.
    pub async fn check_service(&self, service: &str) -> Result<ServiceCheck, ClientError> {
        self.get(&format!("/api/v1/services/check?service={}", encode_segment(service))).await
    }

    /// Gets the connected Envoys.
    pub async fn nodes(&self) -> Result<NodeList, ClientError> {
        self.get("/api/v1/nodes").await
    }

    /// Gets the gateway, the totals and, if asked, the overview; no mapping.
    pub async fn gateway(&self, overview: bool) -> Result<Full, ClientError> {
        self.get(&format!("/api/v1/stats?mappings=&overview={overview}")).await
    }

    /// Asks what creating or replacing a mapping would do.
    pub async fn plan(&self, write: &Write) -> Result<Plan, ClientError> {
        decode(&self.write(write, true).await?)
    }

    /// Creates a mapping or replaces its content, or asks those who must agree to it.
    pub async fn save(&self, write: &Write) -> Result<Saved, ClientError> {
        saved(&self.write(write, false).await?)
    }

    /// Asks what deleting a mapping would do.
    pub async fn plan_delete(&self, name: &str) -> Result<Plan, ClientError> {
        decode(&self.send(Outgoing::new("DELETE", mapping_path(name, "?dry_run=true"))).await?)
    }

    /// Deletes a mapping, if it has this revision still; whatever it has without one. Returns the
    /// request that was made, where others must agree first.
    pub async fn delete(
        &self,
        name: &str,
        revision: Option<u64>,
    ) -> Result<Option<Request>, ClientError> {
        let mut request = Outgoing::new("DELETE", mapping_path(name, ""));
        request.header = revision.map(|revision| ("if-match", format!("\"{revision}\"")));
        let reply = self.send(request).await?;
        if reply.status == ACCEPTED {
            return decode(&reply).map(Some);
        }
        succeed(&reply).map(|()| None)
    }

    /// Gets the document that describes the API.
    pub async fn openapi(&self) -> Result<serde_json::Value, ClientError> {
        self.get("/api/openapi.json").await
    }

    async fn write(&self, write: &Write, dry_run: bool) -> Result<Reply, ClientError> {
        let body = write.body();
        let dry_run = if dry_run { "?dry_run=true" } else { "" };
        let mut request = match write.replaces {
            None => Outgoing::new("POST", format!("/api/v1/mappings{dry_run}")),
            Some(_) => Outgoing::new("PUT", mapping_path(&write.draft.name, dry_run)),
        };
        request.body = Some(body);
        if let Some(revision) = write.replaces {
            request.header = Some(("if-match", format!("\"{revision}\"")));
        } else if let Some(key) = &write.idempotency_key {
            request.header = Some(("idempotency-key", key.clone()));
        }
        self.send(request).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        decode(&self.send(Outgoing::new("GET", path.to_owned())).await?)
    }
}

/// What has become of a write.
#[derive(Debug, Clone)]
pub enum Saved {
    Now(Box<Mapping>),
    /// Others must agree first, and have been asked.
    Asked(Box<Request>),
}

/// The status of a write that others must agree to first.
const ACCEPTED: u16 = 202;

fn saved(reply: &Reply) -> Result<Saved, ClientError> {
    if reply.status == ACCEPTED {
        return decode(reply).map(|request| Saved::Asked(Box::new(request)));
    }
    decode(reply).map(|mapping| Saved::Now(Box::new(mapping)))
}

/// A mapping to be created, or new content of one.
#[derive(Debug, Clone, Default)]
pub struct Write {
    pub draft: MappingDraft,
    /// Fields beside those of the draft; they go as they are, to be judged by the API.
    #[cfg(feature = "ssr")]
    pub extras: serde_json::Map<String, serde_json::Value>,
    /// The revision that it replaces; a new mapping replaces none.
    pub replaces: Option<u64>,
    /// Makes a repeated creation the same one; of no use for a replacement, which `replaces`
    /// protects.
    pub idempotency_key: Option<String>,
}

impl Write {
    /// Writes the request's body; texts always serialize.
    fn body(&self) -> String {
        #[cfg(feature = "ssr")]
        if let Ok(serde_json::Value::Object(draft)) = serde_json::to_value(&self.draft) {
            let whole = crate::fields::texts::over(draft, self.extras.clone());
            return serde_json::Value::Object(whole).to_string();
        }
        serde_json::to_string(&self.draft).unwrap_or_default()
    }
}

/// A request before it is sent; no call needs more than one header of its own.
#[derive(Debug)]
#[cfg_attr(
    not(any(feature = "ssr", feature = "hydrate")),
    expect(dead_code, reason = "neither transport is built")
)]
struct Outgoing {
    method: &'static str,
    path: String,
    body: Option<String>,
    header: Option<(&'static str, String)>,
}

impl Outgoing {
    fn new(method: &'static str, path: String) -> Self {
        Self { method, path, body: None, header: None }
    }
}

fn restoration(path: String, revision: u64) -> Outgoing {
    // A number always serializes.
    let body = serde_json::to_string(&Restoration { revision }).ok();
    Outgoing { body, ..Outgoing::new("POST", path) }
}

fn mapping_path(name: &str, rest: &str) -> String {
    format!("/api/v1/mappings/{}{rest}", encode_segment(name))
}

/// Percent-encodes a path segment: all but the unreserved characters of RFC 3986, section 2.3.
pub fn encode_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                for digit in [byte >> 4, byte & 0x0f] {
                    let hex = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                    encoded.push(hex.to_ascii_uppercase());
                }
            }
        }
    }
    encoded
}

/// An answer as both transports give it.
#[derive(Debug)]
struct Reply {
    status: u16,
    is_problem: bool,
    body: String,
}

impl Reply {
    #[cfg_attr(
        not(any(feature = "ssr", feature = "hydrate")),
        expect(dead_code, reason = "neither transport is built")
    )]
    fn new(status: u16, content_type: Option<&str>, body: String) -> Self {
        let is_problem = content_type
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/problem+json"));
        Self { status, is_problem, body }
    }
}

fn succeed(reply: &Reply) -> Result<(), ClientError> {
    if (200..300).contains(&reply.status) {
        return Ok(());
    }
    if reply.is_problem
        && let Ok(problem) = serde_json::from_str::<Problem>(&reply.body)
    {
        return Err(problem.into());
    }
    Err(ClientError::Unexpected { status: reply.status, cause: "no problem details".to_owned() })
}

fn decode<T: DeserializeOwned>(reply: &Reply) -> Result<T, ClientError> {
    succeed(reply)?;
    serde_json::from_str(&reply.body)
        .map_err(|error| ClientError::Unexpected { status: reply.status, cause: error.to_string() })
}

impl Client {
    #[cfg(feature = "ssr")]
    async fn send(&self, request: Outgoing) -> Result<Reply, ClientError> {
        match &self.api {
            Some(api) => api.send(request).await,
            None => Err(ClientError::Unreachable("no router was given to this page".to_owned())),
        }
    }

    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    async fn send(&self, request: Outgoing) -> Result<Reply, ClientError> {
        use gloo_net::http::{Method, RequestBuilder};

        let method = match request.method {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "DELETE" => Method::DELETE,
            _ => Method::GET,
        };
        let mut builder = RequestBuilder::new(&request.path).method(method);
        if let Some((name, value)) = &request.header {
            builder = builder.header(name, value);
        }
        let built = match request.body {
            Some(body) => builder.header("content-type", "application/json").body(body),
            None => builder.build(),
        };
        let unreachable = |error: gloo_net::Error| ClientError::Unreachable(error.to_string());
        let response = built.map_err(unreachable)?.send().await.map_err(unreachable)?;
        let content_type = response.headers().get("content-type");
        let status = response.status();
        let body = response.text().await.map_err(unreachable)?;
        Ok(Reply::new(status, content_type.as_deref(), body))
    }

    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    async fn send(&self, _request: Outgoing) -> Result<Reply, ClientError> {
        std::future::ready(Err(ClientError::Unreachable("built without a transport".to_owned())))
            .await
    }
}

#[cfg(test)]
mod tests;
