//! The HTTP side: one URL table, thin handlers, one error at the edge.
//!
//! Two surfaces over the same operations: `/ambassador/…`, which is the article's API, and
//! `/api/v1/…`, which the portal uses, from the browser by fetch and from the server's own
//! rendering by calling this router in process.

mod ambassador;
mod assets;
mod body;
mod error;
mod live;
mod mappings;
mod operations;
mod portal;
mod probes;
mod same_origin;
pub mod state;
mod stats;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    middleware,
    routing::{any, get, post},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
};

use self::{error::ApiError, state::AppState};

/// Names a request in our log and in a problem's `request_id`.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Returns all that we serve over HTTP.
pub fn router(state: AppState) -> Router {
    let api = api(state.clone());
    let portal = Router::new()
        .route("/mappings/new", get(portal::page).post(portal::create))
        .route("/mappings/{name}/delete", get(portal::page).post(portal::delete))
        .route("/theme", post(portal::theme))
        .route("/pkg/{*path}", get(assets::file))
        .fallback(portal::page)
        .layer(axum::Extension(portal::in_process(api.clone())))
        .with_state(state.clone());
    let edge = ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(security_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(security_header(header::REFERRER_POLICY, "same-origin"))
        .layer(security_header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(middleware::from_fn_with_state(state.clone(), error::finish))
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(middleware::from_fn(same_origin::guard));
    Router::new().merge(api).fallback_service(portal).layer(edge)
}

/// The URL table of everything that programs call.
fn api(state: AppState) -> Router {
    Router::new()
        // the article's API
        .route("/ambassador/health", get(ambassador::health))
        .route("/ambassador/mappings", get(ambassador::list))
        .route(
            "/ambassador/mapping/{name}",
            get(ambassador::get)
                .post(ambassador::put)
                .put(ambassador::put)
                .delete(ambassador::delete),
        )
        .route("/ambassador/stats", get(ambassador::stats))
        .route("/ambassador/{*path}", any(ambassador::unknown))
        // the native API
        .route("/api/v1/mappings", get(mappings::list).post(mappings::create))
        .route(
            "/api/v1/mappings/{name}",
            get(mappings::get).put(mappings::replace).delete(mappings::delete),
        )
        .route("/api/v1/stats", get(stats::snapshot))
        .route("/api/v1/live", get(live::connect))
        .route("/api/{*path}", any(unknown_api))
        // probes
        .route("/livez", get(probes::live))
        .route("/readyz", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(state)
}

async fn unknown_api() -> ApiError {
    ApiError::not_found("there is nothing at this address of the API")
}

async fn method_not_allowed() -> ApiError {
    ApiError::method_not_allowed()
}

fn security_header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
