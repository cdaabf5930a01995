//! HTTP to the provider: timed, bounded, and no redirect followed.

use std::{pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect::Policy;

use super::settings::Issuer;

/// A person waits for it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The largest documents in the field, key sets with certificate chains, have less than 100 kB.
const BODY_MAX_BYTES: usize = 512 * 1024;

/// Says why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("the answer is longer than {BODY_MAX_BYTES} bytes")]
    TooLong,
    #[error(transparent)]
    Answer(#[from] http::Error),
}

#[derive(Debug)]
pub(super) struct Fetch {
    client: reqwest::Client,
}

impl Fetch {
    /// Prepares requests to `issuer`. Proxies are those of the environment, as everywhere, but
    /// none is asked for this machine itself.
    pub(super) fn new(issuer: &Issuer) -> Result<Self, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(REQUEST_TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("chancery/", env!("CARGO_PKG_VERSION")));
        if issuer.is_loopback() {
            builder = builder.no_proxy();
        }
        Ok(Self { client: builder.build()? })
    }

    /// Sends one request and reads the whole answer.
    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let mut response = self.client.execute(request.try_into()?).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > BODY_MAX_BYTES {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Fetch {
    type Error = FetchError;
    // a type with a name: of a closure's, the compiler can't tell that it may change threads
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.answer(request))
    }
}
