//! Remembers creations by their caller's key, so that one that is sent twice happens once.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::{StoreError, database::Transaction, rows, sql::sql};
use crate::gateway::mapping::{ChangeKind, Mapping, Revision};

/// How long a key is remembered: longer than any client goes on trying again.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// Names a creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    key: String,
    /// Tells apart two requests that use the same key.
    fingerprint: String,
}

impl Once {
    /// Names the request whose content is `content`.
    pub fn new(key: &str, content: &str) -> Self {
        let hash = Sha256::digest(content);
        let fingerprint = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { key: key.to_owned(), fingerprint }
    }
}

/// Returns what the key's first request has created, if there was one.
///
/// # Errors
/// Returns [`StoreError::KeyReused`] when that was another request.
pub(super) async fn find(
    transaction: &mut Transaction,
    once: &Once,
    now: DateTime<Utc>,
) -> Result<Option<Arc<Mapping>>, StoreError> {
    let row = sql(
        "select fingerprint, revision from idempotency_keys where key = $1 and created_at > $2",
    )
    .bind(&once.key)
    .bind(now - REMEMBERED)
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let fingerprint: String = row.get("fingerprint")?;
    if fingerprint != once.fingerprint {
        return Err(StoreError::KeyReused(once.key.clone()));
    }
    let revision = Revision(row.count("revision")?);
    match rows::change_at(transaction, revision).await?.kind {
        ChangeKind::Put(mapping) => Ok(Some(mapping)),
        ChangeKind::Delete(name) => {
            Err(StoreError::Unavailable(format!("revision {revision} did not create `{name}`")))
        }
    }
}

/// Remembers what a key's first request has created, and forgets old keys.
pub(super) async fn remember(
    transaction: &mut Transaction,
    once: &Once,
    revision: Revision,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sql("delete from idempotency_keys where created_at <= $1")
        .bind(now - REMEMBERED)
        .execute(&mut *transaction)
        .await?;
    sql("insert into idempotency_keys (key, fingerprint, revision, created_at)
         values ($1, $2, $3, $4)")
    .bind(&once.key)
    .bind(&once.fingerprint)
    .bind(revision.0)
    .bind(now)
    .execute(&mut *transaction)
    .await?;
    Ok(())
}
