//! The operations behind both surfaces: check, store, and wait until the change can be read.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{error::ApiError, state::AppState};
use crate::{
    gateway::{
        fields::{NameFrom, read_spec},
        mapping::{Mapping, MappingName, Revision},
    },
    publisher::Published,
    store::Written,
};

/// Creates a mapping or replaces its content.
///
/// # Errors
/// 422 for wrong fields, 409 for a taken prefix (or name, with `create_only`), 503 when the
/// database can't be written.
pub(super) async fn put(
    state: &AppState,
    name: NameFrom<'_>,
    body: &Map<String, Value>,
    create_only: bool,
) -> Result<Written, ApiError> {
    let spec = read_spec(name, body).map_err(ApiError::invalid)?;
    let written = state.store.put(spec, create_only).await?;
    until_readable(state, written.mapping.revision).await?;
    Ok(written)
}

/// Deletes a mapping; returns whether there was one.
///
/// # Errors
/// 503 when the database can't be written.
pub(super) async fn delete(state: &AppState, name: &str) -> Result<bool, ApiError> {
    // no mapping can have a malformed name
    let Ok(name) = MappingName::parse(name) else { return Ok(false) };
    match state.store.delete(name).await? {
        Some(revision) => {
            until_readable(state, revision).await?;
            Ok(true)
        }
        None => Ok(false),
    }
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

/// Waits until reads show `revision`: whoever writes must see what they wrote.
async fn until_readable(state: &AppState, revision: Revision) -> Result<(), ApiError> {
    let mut published = state.published.clone();
    let readable = published.wait_for(|published| published.table.revision() >= revision).await;
    readable.map(drop).map_err(|_closed| ApiError::unavailable("the server is shutting down"))
}
