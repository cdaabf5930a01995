//! Which mappings name what: kept with each mapping, so that what is named can't be taken away
//! under it.

use sqlx::{Executor, Row, Sqlite, Transaction};

use super::{StoreError, rows::parsed};
use crate::{
    auth::{command::edge, names::TeamName, principal::Principal, refusal::Refusal},
    gateway::{
        edge::{Edge, EdgeName},
        mapping::{MappingName, Spec},
        references::{ReferenceKind, Unnamed, User},
    },
};

/// Checks that all is there that a mapping names.
pub(super) fn must_be_there(edge: &Edge, spec: &Spec) -> Result<(), Refusal> {
    let errors = spec.policy.unknown(edge, &spec.team);
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// Notes what a mapping names now.
pub(super) async fn put(
    transaction: &mut Transaction<'_, Sqlite>,
    spec: &Spec,
) -> Result<(), StoreError> {
    sqlx::query("delete from mapping_references where mapping = $1")
        .bind(spec.name.as_str())
        .execute(&mut **transaction)
        .await?;
    for (kind, name) in spec.policy.references() {
        sqlx::query("insert into mapping_references (mapping, kind, name) values ($1, $2, $3)")
            .bind(spec.name.as_str())
            .bind(kind.word())
            .bind(name.as_str())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// Refuses to take away what a mapping names.
pub(super) async fn must_be_unnamed(
    transaction: &mut Transaction<'_, Sqlite>,
    principal: &Principal,
    unnamed: &Unnamed,
) -> Result<(), StoreError> {
    let users = users(&mut **transaction, unnamed.kind, &unnamed.name).await?;
    Ok(edge::must_be_unnamed(principal, unnamed, &users)?)
}

/// Returns the mappings that name it, by name.
pub(super) async fn users<'e>(
    database: impl Executor<'e, Database = Sqlite>,
    kind: ReferenceKind,
    name: &EdgeName,
) -> Result<Vec<User>, StoreError> {
    let rows = sqlx::query(
        "select m.name, m.team from mapping_references r join mappings m on m.name = r.mapping
         where r.kind = $1 and r.name = $2 order by m.name",
    )
    .bind(kind.word())
    .bind(name.as_str())
    .fetch_all(database)
    .await?;
    let user = |row: sqlx::sqlite::SqliteRow| -> Result<User, StoreError> {
        let (name, team): (String, String) = (row.try_get("name")?, row.try_get("team")?);
        Ok(User {
            mapping: parsed(MappingName::parse(&name))?,
            team: parsed(TeamName::parse(&team))?,
        })
    };
    rows.into_iter().map(user).collect()
}
