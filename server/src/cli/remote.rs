//! The REST API of a server that runs, for commands that are clients of it.

use std::time::Duration;

use app::api::problem::Problem;
use clap::Args;
use reqwest::{Client, Method, Url, header, redirect::Policy};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::warn;

use super::CliError;
use crate::auth::secret::Secret;

/// How long a server may take: a write that waits for the database takes seconds at the most.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Which server a command talks to, and as whom.
#[derive(Debug, Args)]
pub(super) struct RemoteArgs {
    /// Where the portal is.
    #[arg(long, env = "CHANCERY_URL", default_value = "http://127.0.0.1:8888")]
    url: Url,
    /// The API token to send, where people must sign in. In the environment it is safer: other
    /// users of a machine see the options of a command.
    #[arg(long, env = "CHANCERY_TOKEN", hide_env_values = true, value_parser = secret)]
    token: Option<Secret>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a parser")]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::of(text.trim().to_owned()))
}

/// Calls that server.
#[derive(Debug)]
pub(super) struct Remote {
    client: Client,
    url: Url,
    token: Option<Secret>,
}

impl Remote {
    /// Prepares to call.
    ///
    /// # Errors
    /// Says when the URL is not of a server, or TLS can't be used.
    pub(super) fn new(args: RemoteArgs) -> Result<Self, CliError> {
        let RemoteArgs { url, token } = args;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(format!("--url `{url}` must begin with http:// or https://").into());
        }
        let is_here = match url.host_str() {
            Some("localhost") => true,
            Some(host) => host
                .trim_matches(['[', ']'])
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback()),
            None => false,
        };
        // a redirect would take secrets to where nobody has sent them
        let builder = Client::builder().redirect(Policy::none()).timeout(TIMEOUT);
        let client = if is_here { builder.no_proxy().build()? } else { builder.build()? };
        if url.scheme() == "http" && !is_here {
            warn!("what is sent to {url} can be read on its way: use https, or forward the port");
        }
        Ok(Self { client, url, token })
    }

    /// Sends `body` to a path of the API and reads what it answers.
    ///
    /// # Errors
    /// Says that there was no answer, or what the server has refused.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T, CliError> {
        let url = self.url.join(path)?;
        let mut request = self
            .client
            .request(method, url)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.reveal());
        }
        let answer = request.send().await.map_err(|error| {
            let reason = cause(&error);
            format!(
                "no answer from {}: {reason}; is the server running, and is --url right?",
                self.url
            )
        })?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| format!("the answer broke off: {error}"))?;
        if status.is_success() {
            return serde_json::from_str(&text).map_err(|error| {
                format!("{} answered in a form that this version can't read: {error}", self.url)
                    .into()
            });
        }
        match serde_json::from_str::<Problem>(&text) {
            Ok(problem) => Err(refused(&problem).into()),
            Err(_no_problem) => {
                Err(format!("{} answered {status}; is --url the portal's?", self.url).into())
            }
        }
    }
}

/// Asks the probe at `path` of a server whether it is as it should be.
///
/// # Errors
/// Says that there was no answer, or that it is not, and why.
pub(super) async fn probe(url: &Url, path: &str, timeout: Duration) -> Result<(), CliError> {
    let client = Client::builder().redirect(Policy::none()).no_proxy().timeout(timeout).build()?;
    let answer = client.get(url.join(path)?).send().await;
    let answer = answer.map_err(|error| format!("no answer from {url}: {}", cause(&error)))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let problem = answer.text().await.ok().and_then(|text| serde_json::from_str(&text).ok());
    let reason = problem.map_or_else(|| status.to_string(), |problem: Problem| problem.detail);
    Err(format!("{url} is not ready: {reason}").into())
}

/// Says why the server has refused.
fn refused(problem: &Problem) -> String {
    let hint = match problem.status {
        401 => "; --token or CHANCERY_TOKEN takes the token",
        _ => "",
    };
    let id = problem.request_id.as_ref().map(|id| format!(" (request {id})"));
    format!("refused: {}{hint}{}", problem.detail, id.unwrap_or_default())
}

/// Returns the innermost reason of an error, which says most.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
