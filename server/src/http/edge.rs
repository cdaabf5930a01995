//! What the resources of the edge have in common: certificates, trust bundles, consumers and the
//! settings are put and deleted on the same conditions, tried in the same way, and say who uses
//! them.

use app::api::{certificate::CertificatePlan, plan::Action};
use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    caller::Caller, condition, error::ApiError, fields::Fields, query::Params, state::AppState,
};
use crate::{
    auth::{
        command::{
            Outcome, Scene,
            edge::{self, Expected},
        },
        names::{NAME_MAX_BYTES, TeamName},
        refusal::Refusal,
        role::Role,
    },
    gateway::{edge::EdgeName, references::Users},
    store::Condition,
};

/// What a write is asked to do besides its body.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) is_dry_run: bool,
    pub(super) expected: Expected,
}

impl Asked {
    pub(super) fn read(query: Option<&str>, headers: &HeaderMap) -> Result<Self, ApiError> {
        let params = Params::read(query);
        let is_dry_run = params.flag("dry_run");
        params.finish()?;
        let expected = match condition::of_write(headers)? {
            Condition::Any => Expected::Anything,
            Condition::New | Condition::Absent => Expected::Nothing,
            Condition::Present => Expected::Something,
            Condition::Revision(revisions) => {
                Expected::Revision(revisions.into_iter().map(|revision| revision.0).collect())
            }
        };
        Ok(Self { is_dry_run, expected })
    }
}

/// Reads the name of something that should be there: what can't be a name is nothing's.
pub(super) fn existing(kind: &str, name: &str) -> Result<EdgeName, ApiError> {
    EdgeName::parse(name)
        .map_err(|_no_name| Refusal::hidden(format!("{kind} `{}`", name.escape_default())).into())
}

/// Reads the team that is to look after something.
pub(super) fn team(fields: &Fields) -> Option<TeamName> {
    let text = fields.text("team", NAME_MAX_BYTES)?;
    TeamName::parse(&text).map_err(|error| fields.wrong::<()>("team", error)).ok()
}

/// Makes a decision on what is true now, without carrying it out.
pub(super) async fn plan(
    state: &AppState,
    caller: &Caller,
    name: &str,
    revision: Option<u64>,
    decide: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal>,
) -> Result<CertificatePlan, ApiError> {
    let access = state.access();
    let scene = Scene {
        access: &access,
        author: &caller.author,
        principal: &caller.principal,
        policy: state.settings.policy,
        now: state.clock.now(),
    };
    let outcome = decide(&scene)?;
    if let Some(unnamed) = &outcome.unless_named {
        let users = state.store.users_of(unnamed.kind, &unnamed.name).await?;
        edge::must_be_unnamed(&caller.principal, unnamed, &users)?;
    }
    let action = match revision {
        None => Action::Create,
        Some(_) if outcome.edits.is_empty() => Action::Unchanged,
        Some(_) => Action::Replace,
    };
    let diff = outcome.entry.map(|entry| entry.diff).unwrap_or_default();
    Ok(CertificatePlan { action, name: name.to_owned(), revision, diff, warnings: Vec::new() })
}

/// Returns the status of what was put where `before` was.
pub(super) fn status_of(before: Option<u64>) -> StatusCode {
    if before.is_none() { StatusCode::CREATED } else { StatusCode::OK }
}

/// Answers with something that has a revision, and where it is if it is new.
pub(super) fn tagged<T: serde::Serialize>(
    status: StatusCode,
    revision: u64,
    address: Option<&str>,
    body: T,
) -> Response {
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.extend(condition::tag(revision).map(|tag| (header::ETAG, tag)));
    let is_new = status == StatusCode::CREATED;
    let address = address.filter(|_| is_new).and_then(|text| HeaderValue::from_str(text).ok());
    headers.extend(address.map(|address| (header::LOCATION, address)));
    response
}

/// Tells whether the caller may replace and delete what `team` looks after.
pub(super) fn may_decide(caller: &Caller, team: Option<&TeamName>) -> bool {
    let principal = &caller.principal;
    let owns = |team: &TeamName| principal.role_in(team) >= Some(Role::Owner);
    principal.is_admin() || team.is_some_and(owns)
}

/// Says where something is used: by the settings, and by mappings.
pub(super) fn used_by(
    caller: &Caller,
    by_settings: Vec<String>,
    users: &Users,
    name: &EdgeName,
) -> Vec<String> {
    let by_mappings = edge::told(&caller.principal, users.get(name).into_iter().flatten());
    by_settings.into_iter().chain(by_mappings).collect()
}
