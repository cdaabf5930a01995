//! Which mappings name what: kept with each mapping, so that what is named can't be taken away
//! under it.

use super::{
    StoreError,
    database::Transaction,
    rows::parsed,
    sql::{On, Row, sql},
};
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
pub(super) async fn put(transaction: &mut Transaction, spec: &Spec) -> Result<(), StoreError> {
    sql("delete from mapping_references where mapping = $1")
        .bind(spec.name.as_str())
        .execute(&mut *transaction)
        .await?;
    for (kind, name) in spec.policy.references() {
        sql("insert into mapping_references (mapping, kind, name) values ($1, $2, $3)")
            .bind(spec.name.as_str())
            .bind(kind.word())
            .bind(name.as_str())
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

/// Refuses to take away what a mapping names.
pub(super) async fn must_be_unnamed(
    transaction: &mut Transaction,
    principal: &Principal,
    unnamed: &Unnamed,
) -> Result<(), StoreError> {
    let users = users(&mut *transaction, unnamed.kind, &unnamed.name).await?;
    Ok(edge::must_be_unnamed(principal, unnamed, &users)?)
}

/// Returns the mappings that name it, by name.
pub(super) async fn users(
    on: impl Into<On<'_>>,
    kind: ReferenceKind,
    name: &EdgeName,
) -> Result<Vec<User>, StoreError> {
    let rows =
        sql("select m.name, m.team from mapping_references r join mappings m on m.name = r.mapping
         where r.kind = $1 and r.name = $2 order by m.name")
        .bind(kind.word())
        .bind(name.as_str())
        .fetch_all(on)
        .await?;
    let user = |row: Row| -> Result<User, StoreError> {
        let (name, team): (String, String) = (row.get("name")?, row.get("team")?);
        Ok(User {
            mapping: parsed(MappingName::parse(&name))?,
            team: parsed(TeamName::parse(&team))?,
        })
    };
    rows.into_iter().map(user).collect()
}
