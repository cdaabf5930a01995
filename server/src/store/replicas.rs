//! Which replicas there are: each renews its row every few seconds. One that has not for a while is
//! passed over; times are the database's.
//!
//! Only PostgreSQL has several, so these are the only statements that are not for either database.

use super::{
    StoreError,
    database::Db,
    rows::parsed,
    sql::{On, sql},
};
use crate::fleet::replica::{Contact, Replica, ReplicaId};

/// Notes that a replica runs.
pub(super) async fn announce(
    db: &Db,
    id: &ReplicaId,
    contact: Option<Contact>,
) -> Result<(), StoreError> {
    sql("insert into replicas (id, address, fingerprint, seen_at) values ($1, $2, $3, now())
         on conflict (id) do update set
             address = excluded.address, fingerprint = excluded.fingerprint, seen_at = now()")
    .bind(id.as_str())
    .bind(contact.map(|contact| contact.address.to_string()))
    .bind(contact.map(|contact| contact.fingerprint.to_string()))
    .execute(db)
    .await?;
    // a replica that was gone for so long comes back as another
    sql("delete from replicas where seen_at < now() - interval '1 hour'").execute(db).await?;
    Ok(())
}

/// Returns the replicas that run and listen for others, but for `id`.
pub(super) async fn others(db: &Db, id: &ReplicaId) -> Result<Vec<Replica>, StoreError> {
    let rows = sql("select id, address, fingerprint from replicas
         where id <> $1 and address is not null and fingerprint is not null
             and seen_at > now() - interval '15 seconds'
         order by id")
    .bind(id.as_str())
    .fetch_all(db)
    .await?;
    let read = |row: &super::sql::Row| {
        let (address, fingerprint): (String, String) =
            (row.get("address")?, row.get("fingerprint")?);
        let address = address.parse().map_err(|_no_address| format!("`{address}` is no address"));
        let contact =
            Contact { address: parsed(address)?, fingerprint: parsed(fingerprint.parse())? };
        Ok(Replica { id: row.get::<String>("id")?.into(), contact })
    };
    rows.iter().map(read).collect()
}

/// Notes that a replica has stopped.
pub(super) async fn leave(db: &Db, id: &ReplicaId) -> Result<(), StoreError> {
    sql("delete from replicas where id = $1").bind(id.as_str()).execute(db).await.map(drop)
}

/// Tells whether a replica runs.
pub(super) async fn runs(on: impl Into<On<'_>>, id: &str) -> Result<bool, StoreError> {
    let row = sql("select id from replicas
         where id = $1 and seen_at > now() - interval '15 seconds'")
    .bind(id)
    .fetch_optional(on)
    .await?;
    Ok(row.is_some())
}
