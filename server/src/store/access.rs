//! The rows of who may do what: one for each user, team, session, token, claim, protection and
//! request, as JSON. The rules are in `auth`.
//!
//! Each change has the next version. Of what is removed a row stays for a while, so that others
//! notice.

use serde_json::Value;
use tracing::error;

use super::{
    StoreError,
    database::Transaction,
    sql::{self, Row, sql},
};
use crate::auth::access::{Access, Edit, Entity};

/// How many versions what was removed is remembered; who is further behind reads everything anew.
const REMEMBERED_VERSIONS: u64 = 10_000;

/// Who may do what, as of a version.
#[derive(Debug, Clone, Default)]
pub(super) struct Versioned {
    pub(super) access: Access,
    pub(super) version: u64,
}

impl Versioned {
    /// Takes in what has changed since.
    pub(super) async fn catch_up(&mut self, on: &mut Transaction) -> Result<(), StoreError> {
        let newest = sql("select coalesce(max(version), 0) as newest from access")
            .fetch_one(&mut *on)
            .await?
            .count("newest")?;
        if newest == self.version {
            return Ok(());
        }
        if newest.saturating_sub(self.version) > REMEMBERED_VERSIONS || newest < self.version {
            *self = Self::load(on).await?;
            return Ok(());
        }
        let rows = sql("select kind, key, value from access where version > $1 order by version")
            .bind(self.version)
            .fetch_all(on)
            .await?;
        for row in rows {
            self.take_in(&row)?;
        }
        self.version = newest;
        Ok(())
    }

    /// Reads everything. A row that this version can't read is left as it is, and nobody has what
    /// it gives.
    pub(super) async fn load(on: &mut Transaction) -> Result<Self, StoreError> {
        let rows = sql("select kind, key, value, version from access").fetch_all(on).await?;
        let mut loaded = Self::default();
        for row in rows {
            loaded.take_in(&row)?;
            loaded.version = loaded.version.max(row.count("version")?);
        }
        Ok(loaded)
    }

    fn take_in(&mut self, row: &Row) -> Result<(), StoreError> {
        let (kind, key): (String, String) = (row.get("kind")?, row.get("key")?);
        // what can't be read must not stay as it was
        if let Some(before) = self.access.find(&kind, &key) {
            self.access.apply(&Edit::Remove(before));
        }
        let value: Value = row.json("value")?;
        if value.is_null() {
            return Ok(());
        }
        match Entity::of_json(&kind, value) {
            Ok(entity) => self.access.apply(&Edit::Put(entity)),
            // the key of a session is a hash of its secret: not for the log
            Err(reason) if kind == "session" => error!("left out a session: {reason}"),
            Err(reason) => error!("left out {kind} `{key}`: {reason}"),
        }
        Ok(())
    }

    /// Carries out a change.
    pub(super) async fn edit(
        &mut self,
        on: &mut Transaction,
        edit: &Edit,
    ) -> Result<(), StoreError> {
        self.version += 1;
        let (entity, value) = match edit {
            Edit::Put(entity) => {
                let written = entity.to_json().map_err(|error| {
                    StoreError::Unavailable(format!(
                        "can't write {}: {error}",
                        entity.kind().word()
                    ))
                })?;
                (entity, written)
            }
            Edit::Remove(entity) => (entity, Value::Null),
        };
        let is_removed = value.is_null();
        sql("insert into access (kind, key, value, version) values ($1, $2, $3, $4)
             on conflict (kind, key) do update set
                 value = excluded.value, version = excluded.version")
        .bind(entity.kind().word())
        .bind(entity.key())
        .bind(sql::Value::Json(Some(value)))
        .bind(self.version)
        .execute(&mut *on)
        .await?;
        if is_removed {
            sql("delete from access where value = 'null' and version < $1")
                .bind(self.version.saturating_sub(REMEMBERED_VERSIONS))
                .execute(on)
                .await?;
        }
        self.access.apply(edit);
        Ok(())
    }
}
