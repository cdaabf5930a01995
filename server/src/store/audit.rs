//! The rows of the audit: written with what they tell of, read a page at a time.

use chrono::{DateTime, Utc};

use super::{
    StoreError,
    database::{Db, Transaction},
    sql::{Row, Statement, json, sql},
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
    transaction: &mut Transaction,
    author: &Author,
    entry: &Entry,
    revision: Option<Revision>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sql("insert into audit
             (at, actor, via, action, team, kind, object, diff, address, request_id, revision)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
    .bind(now)
    .bind(author.who.to_string())
    .bind(author.via())
    .bind(entry.action)
    .bind(entry.team.as_ref().map(TeamName::as_str))
    .bind(entry.kind)
    .bind(&entry.object)
    .bind(json(&entry.diff)?)
    .bind(author.address.map(|address| address.to_string()))
    .bind(author.request_id.as_deref())
    .bind(revision.map(|revision| revision.0))
    .execute(&mut *transaction)
    .await?;
    Ok(())
}

/// Reads at most `limit` entries, the newest first.
pub(super) async fn read(
    db: &Db,
    query: &AuditQuery,
    limit: u32,
) -> Result<Vec<Audited>, StoreError> {
    let mut statement = sql(
        "select id, at, actor, via, action, team, kind, object, diff, address, request_id, revision
         from audit",
    );
    filter(&mut statement, query);
    statement.push(" order by id desc limit ").push_bind(limit);
    let rows = statement.fetch_all(db).await?;
    rows.iter().map(audited).collect()
}

/// Tells whether there are more than `count` entries.
pub(super) async fn exceeds(db: &Db, query: &AuditQuery, count: u32) -> Result<bool, StoreError> {
    let mut statement = sql("select id from audit");
    filter(&mut statement, query);
    statement.push(" order by id desc limit 1 offset ").push_bind(count);
    Ok(statement.fetch_optional(db).await?.is_some())
}

fn filter(statement: &mut Statement, query: &AuditQuery) {
    statement.push(" where id < ").push_bind(query.before.unwrap_or(u64::MAX));
    if let Some(teams) = &query.teams {
        statement.push(" and team in ").push_list(teams.iter().map(TeamName::as_str));
    }
    for (column, wanted) in
        [("actor", &query.actor), ("kind", &query.kind), ("object", &query.object)]
    {
        if let Some(wanted) = wanted {
            statement.push(" and ").push(column).push(" = ").push_bind(wanted);
        }
    }
    if let Some(action) = &query.action {
        // as many characters as are asked for, which PostgreSQL wants as a short number
        let characters = action.chars().count() as u64;
        statement.push(" and substr(action, 1, cast(").push_bind(characters);
        statement.push(" as integer)) = ").push_bind(action);
    }
    if let Some(from) = query.from {
        statement.push(" and at >= ").push_bind(from);
    }
    if let Some(to) = query.to {
        statement.push(" and at < ").push_bind(to);
    }
}

fn audited(row: &Row) -> Result<Audited, StoreError> {
    Ok(Audited {
        id: row.count("id")?,
        at: row.get("at")?,
        actor: row.get("actor")?,
        via: row.get("via")?,
        action: row.get("action")?,
        team: row.get("team")?,
        kind: row.get("kind")?,
        object: row.get("object")?,
        diff: row.json("diff")?,
        address: row.get("address")?,
        request_id: row.get("request_id")?,
        revision: row.count_or_null("revision")?,
    })
}
