//! The door before every method: nobody comes through who has not shown who they are.
//!
//! It stands before the services, not in them: what is added to the server later is behind it, too,
//! and so is a method that does not exist. It also ends what is open when a token is revoked.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{future::BoxFuture, stream};
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, StreamBody};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use super::{Admission, Gate};

/// Puts the door before a service.
#[derive(Debug, Clone)]
pub struct Door(Gate);

impl Door {
    pub fn new(gate: Gate) -> Self {
        Self(gate)
    }
}

impl<S> Layer<S> for Door {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { gate: self.0.clone(), inner }
    }
}

/// A service behind the door.
#[derive(Debug, Clone)]
pub struct Guarded<S> {
    gate: Gate,
    inner: S,
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Admission { identity, revoked } = match self.gate.ask(&request) {
            Ok(admission) => admission,
            Err(refusal) => return Box::pin(async move { Ok(refusal.into_http()) }),
        };
        request.extensions_mut().insert(identity);
        let called = self.inner.call(request);
        let Some(mut revoked) = revoked else { return Box::pin(called) };
        Box::pin(async move {
            tokio::select! {
                biased;
                () = &mut revoked => Ok(revocation().into_http()),
                answered = called => Ok(answered?.map(|body| until(body, revoked))),
            }
        })
    }
}

fn revocation() -> Status {
    Status::unauthenticated("this token was revoked")
}

/// Ends an answer that is still being given when the token is revoked.
fn until(body: Body, revoked: BoxFuture<'static, ()>) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let frames = stream::unfold(Some((body, revoked)), |open| async move {
        let (mut body, mut revoked) = open?;
        tokio::select! {
            biased;
            () = &mut revoked => {
                let mut trailers = HeaderMap::new();
                let _always_fits = revocation().add_header(&mut trailers);
                Some((Ok(Frame::trailers(trailers)), None))
            }
            frame = body.frame() => Some((frame?, Some((body, revoked)))),
        }
    });
    Body::new(StreamBody::new(frames))
}
