//! Holds the pages, and says which address leads to which: the server renders them, whole, from
//! what the REST API answers.
//!
//! ```text
//! Visit (path, query, what was posted) ─▶ page: load by api::client ─▶ view ─▶ Page (status, HTML)
//! ```
//! A page is a file: an `async fn` that loads and then draws. It needs no JavaScript; its islands
//! do. Not here: what a form does when it is posted (the server's `http::portal`).

pub(crate) mod about;
mod account;
mod activity;
mod api_docs;
mod certificates;
mod claims;
mod compare;
mod config;
mod consumers;
pub mod delete_mapping;
pub(crate) mod detail;
pub(crate) mod failure;
mod gateway;
pub mod mapping_form;
pub(crate) mod mappings;
mod nodes;
pub(crate) mod overview;
mod owner;
mod protections;
pub(crate) mod query;
pub mod requests;
mod restore;
mod services;
mod sign_in;
mod teams;
mod tokens;
mod users;

use std::sync::Arc;

use hydration_context::SsrSharedContext;
use leptos::prelude::*;

use crate::api::client::{Client, ClientError, InProcess};
use crate::api::session::{Me, Who};
use crate::components::frame::{self, Place};
use crate::draft::Form;
use crate::live::store::Seed;
use crate::theme::Theme;

use self::query::Query;

pub use crate::api::client::encode_segment;
pub use crate::components::action::Acted;

/// A request for a page.
#[derive(Debug)]
pub struct Visit {
    /// Percent-encoded, as in the request.
    pub path: String,
    pub query: String,
    /// The `Cookie` header.
    pub cookies: String,
    pub assets: Assets,
    /// What was posted, when a form is shown again.
    pub posted: Option<Posted>,
    /// Who asks for it.
    pub me: Me,
}

impl Visit {
    /// Returns the plain form that was posted, with what came of it.
    pub(crate) fn acted(&self) -> Option<&Acted> {
        match &self.posted {
            Some(Posted::Action(acted)) => Some(acted),
            _ => None,
        }
    }
}

/// Addresses of the portal's files; absent ones were not built.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    pub style: Option<String>,
    /// The script that loads the module and brings the islands to life.
    pub script: Option<String>,
    pub module: Option<String>,
    pub wasm: Option<String>,
}

/// A form that was posted without JavaScript and is shown again.
#[derive(Debug, Clone)]
pub enum Posted {
    /// The form of a mapping, in the stage that it has come to.
    Mapping {
        form: Box<Form>,
        /// Whether it was only asked if the service answers.
        is_check: bool,
    },
    /// Deleting a mapping did not go through.
    Deletion {
        error: Option<ClientError>,
        /// What was typed as its prefix.
        typed: String,
    },
    /// Another form: refused, or done with something to show.
    Action(Box<Acted>),
    /// Restoring a revision did not go through.
    Restoration(ClientError),
    /// Any form, whose session has ended meanwhile: nothing was done with these fields.
    SignedOut(Vec<(String, String)>),
}

/// A page that has been rendered.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub html: String,
}

/// What every page is surrounded by.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) theme: Theme,
    pub(crate) assets: Assets,
    /// Path and query of the page itself.
    pub(crate) address: String,
    pub(crate) seed: Seed,
    /// What the search field shows.
    pub(crate) q: String,
    /// Parameters that a search keeps: how the list is sorted, and what is chosen of it.
    pub(crate) kept: Vec<(String, String)>,
    /// Who asks for the page.
    pub(crate) me: Me,
    /// Requests that wait for their decision.
    pub(crate) waiting: u32,
}

/// A page that has been loaded, before it is drawn.
pub(crate) struct Loaded {
    status: u16,
    title: String,
    place: Option<Place>,
    /// Stands alone, without the frame: for who has not signed in.
    is_alone: bool,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Loaded {
    /// Makes a page of what `draw` draws; it is called where signals have an owner.
    pub(crate) fn new<V: IntoAny>(
        title: impl Into<String>,
        place: impl Into<Option<Place>>,
        draw: impl FnOnce() -> V + Send + 'static,
    ) -> Self {
        Self {
            status: 200,
            title: title.into(),
            place: place.into(),
            is_alone: false,
            draw: Box::new(|| draw().into_any()),
        }
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn alone(self) -> Self {
        Self { is_alone: true, ..self }
    }
}

/// Renders the page at the visit's address.
pub async fn render(api: InProcess, visit: Visit) -> Page {
    let client = Client::in_process(api);
    let query = Query::parse(&visit.query);
    let full = client.gateway(false).await;
    let address = match visit.query.as_str() {
        "" => visit.path.clone(),
        query => format!("{}?{query}", visit.path),
    };
    let is_list = visit.path == "/mappings";
    let surroundings = Surroundings {
        theme: Theme::of_cookies(&visit.cookies),
        assets: visit.assets.clone(),
        address,
        seed: full.as_ref().map(Seed::of).unwrap_or_default(),
        q: if is_list { query.text("q") } else { String::new() },
        kept: if is_list { mappings::address::kept(&query) } else { Vec::new() },
        waiting: waiting(&client, &visit.me).await,
        me: visit.me.clone(),
    };
    let Loaded { mut status, title, place, is_alone, draw } = page(&client, &visit, &query).await;
    // a form that was refused, on a page that is well itself
    if let (200, Some(acted)) = (status, visit.acted()) {
        status = acted.status();
    }
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| match is_alone {
        true => frame::alone(surroundings, &title, draw()).into_view().to_html(),
        false => frame::document(surroundings, &title, place, draw()).into_view().to_html(),
    });
    owner.unset_with_forced_cleanup();
    Page { status, html }
}

/// Returns how many requests wait for someone's decision.
async fn waiting(client: &Client, me: &Me) -> u32 {
    if me.who == Who::Anonymous {
        return 0;
    }
    client.requests("&to_decide=true", 1, None).await.map_or(0, |page| page.waiting)
}

/// Returns the address of the list in the state of a query, of which only what can be read counts.
pub fn list_href(query: &str) -> String {
    mappings::address::href(&mappings::address::read(&Query::parse(query)))
}

/// Reads the query of the list's address and writes it anew: what the page can't read, and the
/// place in the list, are left out.
pub fn list_query(query: &str) -> String {
    let state = mappings::address::read(&Query::parse(query.trim_start_matches('?')));
    let state = crate::api::list::ListQuery { cursor: None, ..state };
    state.to_query_string().trim_start_matches('?').to_owned()
}

/// Splits the path of a page into its segments, decoded.
pub fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(query::decode).collect()
}

/// The portal's URL table.
async fn page(client: &Client, visit: &Visit, query: &Query) -> Loaded {
    let segments = segments(&visit.path);
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    if let Some(Posted::SignedOut(fields)) = &visit.posted {
        return sign_in::signed_out(&visit.path, fields.clone());
    }
    match segments.as_slice() {
        [] => overview::page(client, query).await,
        ["mappings"] => mappings::page(client, visit, query).await,
        ["mappings", "new"] => mapping_form::create(client, visit, query).await,
        ["mappings", name, "edit"] => mapping_form::edit(client, visit, name).await,
        ["mappings", name, "clone"] => mapping_form::clone(client, visit, name).await,
        ["mappings", name, "delete"] => delete_mapping::page(client, visit, name).await,
        ["mappings", name, "compare"] => compare::page(client, name, query).await,
        ["mappings", name, "restore"] => restore::page(client, visit, name, query).await,
        ["services"] => services::page(client, query).await,
        ["nodes"] => nodes::page(client).await,
        ["activity"] => activity::page(client, visit, query).await,
        ["config"] => config::page(client, query).await,
        ["about"] => about::page(),
        ["api", "docs"] => api_docs::page(client).await,
        ["owner"] => owner::page(client, query).await,
        ["claims"] => claims::page(client, visit, query).await,
        ["claims", id] => claims::claim(client, visit, id).await,
        ["requests"] => requests::page(client, query).await,
        ["requests", id] => requests::request(client, visit, id).await,
        ["protections"] => protections::page(client, visit).await,
        ["gateway"] => gateway::page(client, visit).await,
        ["certificates"] => certificates::page(client, visit).await,
        ["certificates", "new"] => certificates::create(client, visit).await,
        ["certificates", name] => certificates::certificate(client, visit, name).await,
        ["consumers"] => consumers::page(client, visit).await,
        ["consumers", "new"] => consumers::create(client, visit).await,
        ["consumers", name] => consumers::consumer(client, visit, name).await,
        ["trust-bundles"] => certificates::bundles(client, visit).await,
        ["trust-bundles", "new"] => certificates::create_bundle(client, visit).await,
        ["trust-bundles", name] => certificates::bundle(client, visit, name).await,
        ["sign-in"] => sign_in::page(visit, query),
        ["setup", _] => sign_in::set_up(visit),
        ["account"] => account::page(client, visit, query).await,
        ["teams"] => teams::page(client, visit).await,
        ["teams", "new"] => teams::create(visit),
        ["teams", name] => teams::team(client, visit, name).await,
        ["tokens"] => tokens::page(client, visit).await,
        ["users"] => users::page(client, query).await,
        ["users", "new"] => users::create(visit),
        ["users", name] => users::user(client, visit, name, query).await,
        ["mappings", name] => detail::page(client, visit, name, query).await,
        _ => failure::not_found(),
    }
}
