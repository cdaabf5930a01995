//! The HTTP side: one URL table, thin handlers, one error at the edge.
//!
//! Two surfaces over the same operations: `/ambassador/…`, which is the article's API, and
//! `/api/v1/…`, which the portal uses, from the browser by fetch and from the server's own
//! rendering by calling this router in process.

mod ambassador;
mod assets;
mod audit;
mod body;
mod caller;
mod certificates;
mod claims;
mod client_address;
mod condition;
mod config;
mod consumers;
mod delivery;
mod edge;
mod error;
mod fields;
mod gateway;
mod headers;
mod history;
mod list;
mod live;
mod mappings;
mod merge_patch;
mod nul;
mod oidc;
pub mod openapi;
mod operations;
mod owner;
mod portal;
mod probes;
mod protections;
mod query;
mod requests;
mod revisions;
mod same_origin;
mod services;
mod session;
mod sign_in;
pub mod state;
mod stats;
mod teams;
mod token_in_url;
mod tokens;
mod trust_bundles;
mod users;
mod views;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Request, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{error::ApiError, state::AppState};

/// Names a request in our log and in a problem's `request_id`.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Returns all that we serve over HTTP.
pub fn router(state: AppState) -> Router {
    let settings = Arc::clone(&state.settings);
    let api = api(state.clone());
    let in_process = portal::InProcessRouter::new(api.clone());
    let portal = Router::new()
        .route("/mappings/new", get(portal::page).post(portal::create))
        .route("/mappings/{name}/edit", get(portal::page).post(portal::edit))
        .route("/mappings/{name}/clone", get(portal::page).post(portal::clone))
        .route("/mappings/{name}/delete", get(portal::page).post(portal::delete))
        .route("/mappings/{name}/restore", get(portal::page).post(portal::restore))
        .route("/theme", post(portal::theme))
        .route("/pkg/{name}", get(assets::file))
        .merge(oidc::routes(&state))
        .fallback(portal::page)
        .layer(middleware::from_fn(portal::gate))
        .layer(middleware::from_fn_with_state(in_process.clone(), portal::call_in_process))
        // a page of 50 rows is 100 kB as it is and 10 kB on its way; files are compressed already
        .layer(CompressionLayer::new())
        .with_state(state.clone());
    // a page below the API's addresses, where one looks for it
    let docs = Router::new()
        .route("/api/docs", get(portal::page))
        .layer(middleware::from_fn(portal::gate))
        .layer(middleware::from_fn_with_state(in_process, portal::call_in_process))
        .layer(CompressionLayer::new());
    let edge = ServiceBuilder::new()
        .map_request(without_odd_id)
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(middleware::from_fn_with_state(Arc::clone(&settings), headers::secure))
        .layer(middleware::from_fn_with_state(state.clone(), error::finish))
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(middleware::from_fn_with_state(Arc::clone(&settings), client_address::note))
        .layer(middleware::from_fn(token_in_url::refuse))
        .layer(middleware::from_fn_with_state(settings, same_origin::guard))
        .layer(middleware::from_fn_with_state(state.clone(), caller::identify));
    Router::new().merge(api).merge(docs).fallback_service(portal).layer(edge)
}

/// The URL table of everything that programs call. It is also the OpenAPI document: a route that is
/// added in another way than by `routes!` is not in that.
fn table() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::beginning())
        // the native API
        .routes(routes!(list::list, mappings::create))
        .routes(routes!(mappings::get, mappings::replace, mappings::patch, mappings::delete))
        .routes(routes!(mappings::clone))
        .routes(routes!(history::live))
        .routes(routes!(history::mapping_series))
        .routes(routes!(history::of_mapping))
        .routes(routes!(revisions::one))
        .routes(routes!(revisions::compare))
        .routes(routes!(revisions::restore))
        .routes(routes!(delivery::receipt))
        .routes(routes!(config::of_mapping))
        .routes(routes!(services::list))
        .routes(routes!(services::check))
        .routes(routes!(delivery::nodes))
        .routes(routes!(history::all))
        .routes(routes!(history::gateway_series))
        .routes(routes!(config::shown))
        .routes(routes!(config::download))
        .routes(routes!(stats::snapshot))
        .routes(routes!(live::connect))
        // what was done, and what a user keeps
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(views::favourites))
        .routes(routes!(views::mark, views::unmark))
        .routes(routes!(views::list))
        .routes(routes!(views::save, views::delete))
        // people
        .routes(routes!(session::get, session::sign_in, session::sign_out))
        .routes(routes!(session::list, session::end_all))
        .routes(routes!(session::end))
        .routes(routes!(session::change_password))
        .routes(routes!(session::set_up))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::get, users::patch, users::delete))
        .routes(routes!(users::set_password))
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(teams::get, teams::patch, teams::delete))
        .routes(routes!(teams::put_member, teams::delete_member))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::delete))
        // what TLS goes by
        .routes(routes!(certificates::list))
        .routes(routes!(certificates::get, certificates::put, certificates::delete))
        .routes(routes!(trust_bundles::list))
        .routes(routes!(trust_bundles::get, trust_bundles::put, trust_bundles::delete))
        // who calls the mappings
        .routes(routes!(consumers::list))
        .routes(routes!(consumers::get, consumers::put, consumers::delete))
        .routes(routes!(consumers::credentials::add_key))
        .routes(routes!(consumers::credentials::remove_key))
        .routes(routes!(
            consumers::credentials::set_password,
            consumers::credentials::remove_password
        ))
        // who owns what, and what others must agree to
        .routes(routes!(owner::get))
        .routes(routes!(claims::list, claims::create))
        .routes(routes!(claims::get, claims::patch, claims::delete))
        .routes(routes!(claims::grants::create))
        .routes(routes!(claims::grants::delete))
        .routes(routes!(claims::grants::take_over))
        .routes(routes!(requests::list, requests::create))
        .routes(routes!(requests::get))
        .routes(routes!(requests::approve))
        .routes(routes!(requests::refuse))
        .routes(routes!(requests::withdraw))
        .routes(routes!(gateway::get, gateway::put, gateway::patch))
        .routes(routes!(protections::list, protections::create))
        .routes(routes!(protections::delete))
        // the article's API
        .routes(routes!(ambassador::health))
        .routes(routes!(ambassador::list))
        .routes(routes!(ambassador::get, ambassador::put, ambassador::post, ambassador::delete))
        .routes(routes!(ambassador::stats))
        // operations
        .routes(routes!(probes::live))
        .routes(routes!(probes::ready))
        .routes(routes!(probes::metrics))
        .routes(routes!(openapi::json))
}

/// Returns what answers programs.
fn api(state: AppState) -> Router {
    Router::from(table())
        .route("/ambassador/{*path}", any(ambassador::unknown))
        .route("/api/{*path}", any(unknown_api))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(state.clone(), caller::authorize))
        .with_state(state)
}

/// Longest id of a request that a caller may give it: a UUID, and what a proxy likes to add. It
/// stands in the log, in problems and in the audit.
const REQUEST_ID_MAX_BYTES: usize = 128;

/// Takes an id from a request that is none: it then gets one of ours.
fn without_odd_id<B>(mut request: Request<B>) -> Request<B> {
    let is_odd = |id: &HeaderValue| {
        let id = id.as_bytes();
        !(1..=REQUEST_ID_MAX_BYTES).contains(&id.len()) || !id.iter().all(u8::is_ascii_graphic)
    };
    if request.headers().get(REQUEST_ID).is_some_and(is_odd) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

async fn unknown_api() -> ApiError {
    ApiError::not_found("there is nothing at this address of the API")
}

async fn method_not_allowed() -> ApiError {
    ApiError::method_not_allowed()
}

/// Answers with where something is, which the request has made or asked for.
fn located(status: StatusCode, path: &str, body: impl IntoResponse) -> Response {
    let mut response = (status, body).into_response();
    // paths of ours are made of names and numbers
    if let Ok(location) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Returns a length as the API's numbers have it.
fn saturated(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
