//! The operations behind both surfaces: check, store, and wait until the change can be read.

use std::sync::Arc;

use app::api::{
    mapping::MappingDraft,
    plan::{Affected, Plan},
};

use super::{
    error::{ApiError, Stale},
    state::AppState,
};
use crate::{
    gateway::{
        mapping::{Mapping, MappingName, Revision, Spec},
        plan,
        table::PrefixTaken,
    },
    publisher::Published,
    store::{Condition, Put, StoreError, Written},
};

/// Creates a mapping or replaces its content.
///
/// # Errors
/// 409 for a taken prefix or name, 412 when the condition does not hold, 422 for a key that names
/// another request, 503 when the database can't be written.
pub(super) async fn put(state: &AppState, put: impl Into<Put>) -> Result<Written, ApiError> {
    let put = put.into();
    let sent = put.spec.clone();
    let written = match state.store.put(put).await {
        Ok(written) => written,
        Err(error) => return Err(refused(state, error, Some(&sent)).await),
    };
    until_readable(state, written.mapping.revision).await?;
    Ok(written)
}

/// Deletes a mapping; returns whether there was one.
///
/// # Errors
/// 412 when the condition does not hold, 503 when the database can't be written.
pub(super) async fn delete(
    state: &AppState,
    name: &str,
    condition: Condition,
) -> Result<bool, ApiError> {
    // no mapping can have a malformed name
    let Ok(name) = MappingName::parse(name) else { return Ok(false) };
    match state.store.delete(name, condition).await {
        Err(error) => Err(refused(state, error, None).await),
        Ok(Some(revision)) => {
            until_readable(state, revision).await?;
            Ok(true)
        }
        Ok(None) => Ok(false),
    }
}

/// Says what [`put`] would do.
///
/// # Errors
/// As [`put`]: what would be refused has no plan.
pub(super) async fn plan_put(state: &AppState, put: &Put) -> Result<Plan, ApiError> {
    let gateway = state.gateway();
    let current = gateway.table.get(&put.spec.name);
    if let Err(error) = put.condition.check(&put.spec.name, current.map(AsRef::as_ref)) {
        return Err(refused(state, error, Some(&put.spec)).await);
    }
    let planned = plan::put(&gateway.table, &put.spec);
    let mut plan = planned.map_err(|taken: PrefixTaken| ApiError::from(StoreError::from(taken)))?;
    plan.warnings.extend(gateway.foreseen(&put.spec.service));
    count_recent(state, &mut plan.affected).await;
    Ok(plan)
}

/// Says what [`delete`] would do.
///
/// # Errors
/// 404 when there is no such mapping, 412 when the condition does not hold.
pub(super) async fn plan_delete(
    state: &AppState,
    name: &str,
    condition: Condition,
) -> Result<Plan, ApiError> {
    let (gateway, mapping) = find(state, name)?;
    if let Err(error) = condition.check(mapping.name(), Some(&mapping)) {
        return Err(refused(state, error, None).await);
    }
    let mut plan = plan::delete(&gateway.table, &mapping);
    count_recent(state, &mut plan.affected).await;
    Ok(plan)
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
async fn count_recent(state: &AppState, affected: &mut [Affected]) {
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
async fn refused(state: &AppState, error: StoreError, sent: Option<&Spec>) -> ApiError {
    let current = match &error {
        StoreError::Stale { current, .. } => current.clone(),
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

/// Writes what was asked for as the API takes it.
pub(super) fn draft(spec: &Spec) -> MappingDraft {
    MappingDraft {
        name: spec.name.to_string(),
        prefix: spec.prefix.to_string(),
        service: spec.service.text.as_ref().to_owned(),
        rewrite: Some(spec.rewrite.as_str().to_owned()),
        labels: Some(spec.labels.to_vec()),
    }
}

/// Waits until reads show `revision`: whoever writes must see what they wrote.
async fn until_readable(state: &AppState, revision: Revision) -> Result<(), ApiError> {
    let mut published = state.published.clone();
    let readable = published.wait_for(|published| published.table.revision() >= revision).await;
    readable.map(drop).map_err(|_closed| ApiError::unavailable("the server is shutting down"))
}
