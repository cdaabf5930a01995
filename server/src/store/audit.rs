//! The rows of the audit: written with what they tell of, read a page at a time.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool, Transaction, sqlite::SqliteRow, types::Json};

use super::{
    StoreError,
    rows::{signed, unsigned},
};
use crate::{
    auth::{
        audit::{Audited, Entry},
        names::TeamName,
        principal::Author,
    },
    gateway::mapping::Revision,
};

/// What is asked of the audit; an absent field asks for all.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Only what concerns one of these teams.
    pub teams: Option<Vec<TeamName>>,
    pub actor: Option<String>,
    /// Beginning of an action: `mapping.` finds all about mappings.
    pub action: Option<String>,
    pub kind: Option<String>,
    pub object: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// Only entries older than this one.
    pub before: Option<u64>,
}

/// Writes an entry in the transaction of what it tells of.
pub(super) async fn write(
    transaction: &mut Transaction<'_, Sqlite>,
    author: &Author,
    entry: &Entry,
    revision: Option<Revision>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into audit
             (at, actor, via, action, team, kind, object, diff, address, request_id, revision)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(now)
    .bind(author.who.to_string())
    .bind(author.via())
    .bind(entry.action)
    .bind(entry.team.as_ref().map(TeamName::as_str))
    .bind(entry.kind)
    .bind(&entry.object)
    .bind(Json(&entry.diff))
    .bind(author.address.map(|address| address.to_string()))
    .bind(&author.request_id)
    .bind(revision.map(|revision| signed(revision.0)))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Reads at most `limit` entries, the newest first.
pub(super) async fn read(
    pool: &SqlitePool,
    query: &AuditQuery,
    limit: u32,
) -> Result<Vec<Audited>, StoreError> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(
        "select id, at, actor, via, action, team, kind, object, diff, address, request_id, revision
         from audit",
    );
    filter(&mut sql, query);
    sql.push(" order by id desc limit ").push_bind(limit);
    let rows = sql.build().fetch_all(pool).await?;
    rows.iter().map(audited).collect()
}

/// Tells whether there are more than `count` entries.
pub(super) async fn exceeds(
    pool: &SqlitePool,
    query: &AuditQuery,
    count: u32,
) -> Result<bool, StoreError> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new("select id from audit");
    filter(&mut sql, query);
    sql.push(" order by id desc limit 1 offset ").push_bind(count);
    Ok(sql.build().fetch_optional(pool).await?.is_some())
}

fn filter(sql: &mut QueryBuilder<Sqlite>, query: &AuditQuery) {
    sql.push(" where id < ").push_bind(query.before.map_or(i64::MAX, signed));
    if let Some(teams) = &query.teams {
        sql.push(" and team in (");
        let mut list = sql.separated(", ");
        for team in teams {
            list.push_bind(team.as_str().to_owned());
        }
        sql.push(")");
    }
    for (column, wanted) in
        [("actor", &query.actor), ("kind", &query.kind), ("object", &query.object)]
    {
        if let Some(wanted) = wanted {
            sql.push(format!(" and {column} = ")).push_bind(wanted.clone());
        }
    }
    if let Some(action) = &query.action {
        let characters = action.chars().count() as u64;
        sql.push(" and substr(action, 1, ").push_bind(signed(characters));
        sql.push(") = ").push_bind(action.clone());
    }
    if let Some(from) = query.from {
        sql.push(" and at >= ").push_bind(from);
    }
    if let Some(to) = query.to {
        sql.push(" and at < ").push_bind(to);
    }
}

fn audited(row: &SqliteRow) -> Result<Audited, StoreError> {
    let Json(diff) = row.try_get("diff")?;
    let revision: Option<i64> = row.try_get("revision")?;
    Ok(Audited {
        id: unsigned(row.try_get("id")?),
        at: row.try_get("at")?,
        actor: row.try_get("actor")?,
        via: row.try_get("via")?,
        action: row.try_get("action")?,
        team: row.try_get("team")?,
        kind: row.try_get("kind")?,
        object: row.try_get("object")?,
        diff,
        address: row.try_get("address")?,
        request_id: row.try_get("request_id")?,
        revision: revision.map(unsigned),
    })
}
