//! `/api/v1/audit`: who did what. Each caller reads what concerns their teams.

mod export;

use app::api::{
    audit::{AuditEntry, AuditPage},
    list::{LIMIT_DEFAULT, LIMIT_MAX},
};
use axum::{
    Json,
    extract::{RawQuery, State},
};

pub(super) use self::export::*;
use super::{
    caller::Caller,
    error::ApiError,
    openapi::words::{LIMIT, tag},
    query::Params,
    state::AppState,
};
use crate::{
    auth::{audit::Audited, names::TeamName, sight::Sight},
    store::AuditQuery,
};

/// Longest text that is looked for, in bytes.
const TEXT_MAX_BYTES: usize = 300;

/// Describe the parameters that the list and its export share.
const TEAM: &str = "Only what concerns this team";
const ACTOR: &str = "Only what this user did; `token 7`, `open` and `command line` are others";
const ACTION: &str = "Only actions that begin with this: `mapping.` finds all about mappings";
const KIND: &str = "Only what was done to objects of this kind: `mapping`, `team`, `claim`, …";
const OBJECT: &str = "Only what was done to the object of this name or id";
const FROM: &str = "Not before this time (RFC 3339)";
const TO: &str = "Before this time (RFC 3339)";

/// Lists what was done
///
/// Newest first: every write, and who signed in. Members of a team read what concerns it, and who
/// sees the whole installation reads everything. Entries are never changed or removed.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    operation_id = "listAudit",
    tag = tag::PEOPLE,
    params(
        ("team" = Option<String>, Query, description = TEAM, example = "accounts"),
        ("actor" = Option<String>, Query, description = ACTOR, example = "ada"),
        ("action" = Option<String>, Query, description = ACTION, example = "mapping."),
        ("kind" = Option<String>, Query, description = KIND, example = "mapping"),
        ("object" = Option<String>, Query, description = OBJECT, example = "usermapping"),
        ("from" = Option<String>, Query, description = FROM, example = "2026-11-01T00:00:00Z"),
        ("to" = Option<String>, Query, description = TO, example = "2026-12-01T00:00:00Z"),
        ("limit" = Option<u32>, Query, description = LIMIT, minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "Where to go on: `next_cursor` of another answer to the same question"),
    ),
    responses(
        (status = OK, description = "A page of entries", body = AuditPage),
        (status = SERVICE_UNAVAILABLE, description = "The database can't be read just now; try again"),
    ),
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<AuditPage>, ApiError> {
    let params = Params::read(query.as_deref());
    let wanted = wanted(&params, &caller.sight());
    let limit = params.number("limit", 1..=LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let before = params.number_cursor();
    params.finish()?;
    let wanted = AuditQuery { before, ..wanted };
    let mut found = state.store.audit(&wanted, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| has_more).map(|last| last.id.to_string());
    Ok(Json(AuditPage { items: found.into_iter().map(entry).collect(), next_cursor }))
}

/// Reads what is asked for, of what the caller may read.
fn wanted(params: &Params, sight: &Sight) -> AuditQuery {
    let text = |name| {
        let text = params.text(name, TEXT_MAX_BYTES)?;
        match text.contains('\0') {
            true => params.wrong(name, "must not have the character U+0000".to_owned()),
            false => Some(text),
        }
    };
    let team = text("team").and_then(|team| {
        let read = TeamName::parse(&team);
        read.map_err(|error| params.wrong::<()>("team", error.to_string())).ok()
    });
    let teams = match (team, sight) {
        (None, Sight::All) => None,
        (None, Sight::Of(teams)) => Some(teams.iter().cloned().collect()),
        (Some(team), sight) => {
            Some(Some(team).filter(|team| sight.sees(team)).into_iter().collect())
        }
    };
    AuditQuery {
        teams,
        actor: text("actor"),
        action: text("action"),
        kind: text("kind"),
        object: text("object"),
        from: params.moment("from"),
        to: params.moment("to"),
        before: None,
    }
}

fn entry(audited: Audited) -> AuditEntry {
    let Audited { id, at, actor, via, action, team, kind, object, diff, .. } = audited;
    let Audited { address, request_id, revision, .. } = audited;
    AuditEntry {
        id,
        at,
        actor,
        via,
        action,
        team,
        kind,
        object,
        diff,
        address,
        request_id,
        revision,
    }
}
