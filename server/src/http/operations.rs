//! The operations behind both surfaces: check, store, and wait until the change can be read.

use std::sync::Arc;

use app::api::{
    mapping::{MappingDraft, Warning},
    plan::{Affected, Plan},
};
use serde_json::{Map, Value};

use super::{
    caller::Caller,
    error::{ApiError, Stale},
    requests,
    state::AppState,
};
use crate::{
    auth::{
        claim::{Place, Territory},
        command::claims,
        entity::Request,
        names::TeamName,
        ownership::{self, Neighbours, PutFacts, Right},
        principal::Principal,
        refusal::Refusal,
    },
    gateway::{
        fields::{NameFrom, read_spec},
        mapping::{Mapping, MappingName, Revision, Spec},
        matching::host::HostPattern,
        path::Prefix,
        plan,
    },
    publisher::Published,
    store::{Condition, Delete, Put, StoreError, Written},
};

/// Reads the content of a mapping from a request; where it names no team, the mapping keeps its
/// own, and a new one is the caller's.
///
/// # Errors
/// 422 for each field that is missing, malformed or unknown.
pub(super) fn read(
    state: &AppState,
    caller: &Caller,
    name: NameFrom<'_>,
    body: &Map<String, Value>,
) -> Result<Spec, ApiError> {
    let current = match name {
        NameFrom::Url(name) => find(state, name).ok(),
        NameFrom::Body => None,
    };
    let team = |place: Option<(&HostPattern, &Prefix)>| match current {
        Some((_, mapping)) => Some(mapping.spec.team.clone()),
        None => {
            let territory = place.map(|(_, prefix)| Territory::of(prefix));
            let place = place.map(|(host, _)| host).zip(territory.as_ref());
            let (access, now) = (state.access(), state.clock.now());
            ownership::default_team(&access, &caller.principal, place, now)
        }
    };
    read_spec(name, body, team).map_err(ApiError::invalid)
}

/// What has become of a write.
#[derive(Debug, Clone)]
pub(super) enum Answer<T> {
    Done(T),
    /// Others must agree first, and have been asked.
    Requested(Arc<Request>),
}

/// Creates a mapping or replaces its content, or asks those who must agree to it.
///
/// # Errors
/// 403 and 404 for what the caller may not do, 409 for a taken prefix or name, 412 when the condition
/// does not hold, 422 for a key that names another request, 503 when the database can't be written.
pub(super) async fn put(
    state: &AppState,
    caller: &Caller,
    put: Put,
) -> Result<Answer<Written>, ApiError> {
    let sent = put.spec.clone();
    let written = match state.store.put(put).await {
        Ok(written) => written,
        Err(StoreError::NeedsApproval { before, .. }) => {
            return requests::propose(state, caller, before.as_deref(), Some(&sent)).await;
        }
        Err(error) => return Err(refused(state, caller, error, Some(&sent)).await),
    };
    until_readable(state, written.mapping.revision).await?;
    Ok(Answer::Done(written))
}

/// Deletes a mapping, or asks those who must agree to it; returns whether there was one.
///
/// # Errors
/// 412 when the condition does not hold, 503 when the database can't be written.
pub(super) async fn delete(
    state: &AppState,
    caller: &Caller,
    name: &str,
    condition: Condition,
) -> Result<Answer<bool>, ApiError> {
    // no mapping can have a malformed name
    let Ok(name) = MappingName::parse(name) else { return Ok(Answer::Done(false)) };
    let delete = Delete { condition, ..Delete::new(name, caller.author.clone()) };
    match state.store.delete(delete).await {
        Err(StoreError::NeedsApproval { before, .. }) => {
            requests::propose(state, caller, before.as_deref(), None).await
        }
        Err(error) => Err(refused(state, caller, error, None).await),
        Ok(Some(revision)) => {
            until_readable(state, revision).await?;
            Ok(Answer::Done(true))
        }
        Ok(None) => Ok(Answer::Done(false)),
    }
}

/// Says what [`put`] would do.
///
/// # Errors
/// As [`put`]: what would be refused has no plan.
pub(super) async fn plan_put(
    state: &AppState,
    caller: &Caller,
    put: &Put,
) -> Result<Plan, ApiError> {
    let gateway = state.gateway();
    let current = gateway.table.get(&put.spec.name);
    if let Err(error) = put.condition.check(&put.spec.name, current.map(AsRef::as_ref)) {
        return Err(refused(state, caller, error, Some(&put.spec)).await);
    }
    let mut plan = match plan::put(&gateway.table, &put.spec) {
        Ok(plan) => plan,
        Err(taken) => return Err(refused(state, caller, taken.into(), None).await),
    };
    let before = current.map(|current| &current.spec);
    let beyond =
        put.spec.policy.beyond(&gateway.settings.values, before.map(|before| &before.policy));
    if !beyond.is_empty() {
        return Err(ApiError::invalid(beyond));
    }
    let unknown = put.spec.policy.unknown(state.access().edge(), &put.spec.team);
    if !unknown.is_empty() {
        return Err(ApiError::invalid(unknown));
    }
    plan.warnings.extend(right(state, caller, before.map(|before| &before.team), &put.spec)?);
    if !plan.diff.is_empty() {
        plan.warnings.extend(approval(state, caller, before, Some(&put.spec))?);
    }
    let clusters = put.spec.clusters();
    plan.warnings.extend(clusters.flat_map(|cluster| gateway.foreseen(&cluster)));
    plan.warnings.extend(gateway.of_settings(&put.spec.policy));
    count_recent(state, &mut plan.affected).await;
    Ok(plan::seen_by(plan, Some(&put.spec), &caller.sight()))
}

/// Says what [`delete`] would do.
///
/// # Errors
/// 404 when there is no such mapping, 412 when the condition does not hold.
pub(super) async fn plan_delete(
    state: &AppState,
    caller: &Caller,
    name: &str,
    condition: Condition,
) -> Result<Plan, ApiError> {
    let (gateway, mapping) = find(state, name)?;
    ownership::check_delete(&caller.principal, &mapping.spec.team, name)?;
    if let Err(error) = condition.check(mapping.name(), Some(&mapping)) {
        return Err(refused(state, caller, error, None).await);
    }
    let mut plan = plan::delete(&gateway.table, &mapping);
    plan.warnings.extend(approval(state, caller, Some(&mapping.spec), None)?);
    count_recent(state, &mut plan.affected).await;
    Ok(plan::seen_by(plan, None, &caller.sight()))
}

/// Finds a mapping in the newest state.
///
/// # Errors
/// 404 when there is none of that name.
pub(super) fn find(
    state: &AppState,
    name: &str,
) -> Result<(Arc<Published>, Arc<Mapping>), ApiError> {
    let gateway = state.gateway();
    let mapping = MappingName::parse(name)
        .ok()
        .and_then(|parsed| gateway.table.get(&parsed).cloned())
        .ok_or_else(|| ApiError::no_mapping(name))?;
    Ok((gateway, mapping))
}

/// Adds how many requests are concerned at the most.
pub(super) async fn count_recent(state: &AppState, affected: &mut [Affected]) {
    let names = affected.iter().filter_map(|affected| MappingName::parse(&affected.name).ok());
    let recent = state.history.recent(names.collect()).await;
    for (name, recent) in recent {
        let known = affected.iter_mut().find(|affected| affected.name == name.as_str());
        if let Some(affected) = known {
            affected.recent_requests = recent.requests;
        }
    }
}

/// Says why the store refused. A stale write is shown both sides, once the newer one can be read.
async fn refused(
    state: &AppState,
    caller: &Caller,
    error: StoreError,
    sent: Option<&Spec>,
) -> ApiError {
    let current = match &error {
        StoreError::Stale { current, .. } => current.clone(),
        StoreError::MatchTaken(taken) if !caller.sight().sees(&taken.team) => {
            return ApiError::prefix_taken(taken.elsewhere());
        }
        _ => return error.into(),
    };
    if let Some(current) = &current
        && let Err(stopping) = until_readable(state, current.revision).await
    {
        return stopping;
    }
    let stale = Stale {
        current: current.map(|current| state.gateway().view(&current)),
        sent: sent.map(draft),
    };
    ApiError { stale: Some(Box::new(stale)), ..error.into() }
}

/// Adds to a mapping that is shown what its team should know of its place.
pub(super) fn add_standing(state: &AppState, mapping: &mut app::api::mapping::Mapping) {
    let place = Territory::parse(&mapping.prefix).ok().zip(HostPattern::parse(&mapping.host).ok());
    let Some(((place, host), team)) = place.zip(TeamName::parse(&mapping.team).ok()) else {
        return;
    };
    let standing = ownership::standing(&state.access(), &team, &host, &place, state.clock.now());
    mapping.warnings.extend(standing);
}

/// Says who must agree to a change before it is made.
fn approval(
    state: &AppState,
    caller: &Caller,
    before: Option<&Spec>,
    after: Option<&Spec>,
) -> Result<Option<Warning>, ApiError> {
    let access = state.access();
    let places = ownership::places(before, after);
    let protection = ownership::protection(&access, &caller.author.who, &places)?;
    Ok(protection.map(|protection| Warning {
        code: "needs-approval".to_owned(),
        message: ownership::needs_approval(protection),
    }))
}

/// Returns by which right of `principal` a mapping would have a content as things are now.
///
/// # Errors
/// As [`ownership::check_put`].
pub(super) fn right_of(
    state: &AppState,
    principal: &Principal,
    before: Option<&TeamName>,
    spec: &Spec,
) -> Result<Right, Refusal> {
    let (access, place) = (state.access(), Place::of(spec));
    let neighbours = if ownership::asks_neighbours(&access, principal, &place) {
        state.gateway().table.neighbours(&spec.team, &place)
    } else {
        Neighbours::default()
    };
    let facts = PutFacts { before, spec, neighbours: &neighbours };
    ownership::check_put(&access, principal, state.settings.policy, facts, state.clock.now())
}

/// Says by which right the mapping would stand in its place, where that is worth a word.
fn right(
    state: &AppState,
    caller: &Caller,
    before: Option<&TeamName>,
    spec: &Spec,
) -> Result<Option<Warning>, ApiError> {
    let right = right_of(state, &caller.principal, before, spec)?;
    let (code, message) = match right {
        Right::Own(_) | Right::Common => return Ok(None),
        Right::New(place) => {
            ("claims", format!("claims `{}` for the team `{}`", place.spelled(), spec.team))
        }
        Right::Granted(claim, grant) => {
            let until = claims::spelled(grant.until);
            (
                "granted",
                format!("the team `{}` has granted `{}` {until}", claim.team, grant.territory),
            )
        }
    };
    Ok(Some(Warning { code: code.to_owned(), message }))
}

/// Writes what was asked for as the API takes it.
pub(super) fn draft(spec: &Spec) -> MappingDraft {
    MappingDraft {
        name: spec.name.to_string(),
        host: Some(spec.host.to_string()),
        prefix: spec.prefix.to_string(),
        r#match: (!spec.matching.is_default()).then(|| spec.matching.wire()),
        service: spec.service_text().to_owned(),
        rewrite: Some(spec.rewrite.as_str().to_owned()),
        labels: Some(spec.labels.to_vec()),
        team: Some(spec.team.to_string()),
        backends: spec.backends.to_wire(),
        policy: spec.policy.shared(),
    }
}

/// Waits until reads show `revision`: whoever writes must see what they wrote.
pub(super) async fn until_readable(state: &AppState, revision: Revision) -> Result<(), ApiError> {
    let mut published = state.published.clone();
    let readable = published.wait_for(|published| published.table.revision() >= revision).await;
    readable.map(drop).map_err(|_closed| ApiError::unavailable("the server is shutting down"))
}
