//! The rows of who may do what: one for each user, team, session, token, claim, protection and
//! request, as JSON. The rules are in `auth`.

use sqlx::{Row, Sqlite, SqlitePool, Transaction, types::Json};
use tracing::error;

use super::StoreError;
use crate::auth::access::{Access, Edit, Entity};

/// Reads everything. A row that this version can't read is left as it is, and nobody has what it
/// gives.
pub(super) async fn load(pool: &SqlitePool) -> Result<Access, StoreError> {
    let rows = sqlx::query("select kind, key, value from access").fetch_all(pool).await?;
    let mut access = Access::default();
    for row in rows {
        let (kind, key): (String, String) = (row.try_get("kind")?, row.try_get("key")?);
        let Json(value) = row.try_get("value")?;
        match Entity::of_json(&kind, value) {
            Ok(entity) => access.apply(&Edit::Put(entity)),
            // the key of a session is a hash of its secret: not for the log
            Err(reason) if kind == "session" => error!("left out a session: {reason}"),
            Err(reason) => error!("left out {kind} `{key}`: {reason}"),
        }
    }
    Ok(access)
}

/// Carries out a change.
pub(super) async fn write(
    transaction: &mut Transaction<'_, Sqlite>,
    edit: &Edit,
) -> Result<(), StoreError> {
    match edit {
        Edit::Put(entity) => {
            let value = entity.to_json().map_err(|error| {
                StoreError::Unavailable(format!("can't write {}: {error}", entity.kind().word()))
            })?;
            sqlx::query(
                "insert into access (kind, key, value) values ($1, $2, $3)
                 on conflict (kind, key) do update set value = excluded.value",
            )
            .bind(entity.kind().word())
            .bind(entity.key())
            .bind(Json(value))
            .execute(&mut **transaction)
            .await?;
        }
        Edit::Remove(entity) => {
            sqlx::query("delete from access where kind = $1 and key = $2")
                .bind(entity.kind().word())
                .bind(entity.key())
                .execute(&mut **transaction)
                .await?;
        }
    }
    Ok(())
}
