//! The SQL statements, and rows to values and back.
//!
//! One text for every database: `$1` placeholders and the portable subset (`returning`,
//! `on conflict`).

use std::{str::FromStr, sync::Arc};

use app::api::{mapping::Backend, problem::FieldError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::{Row, Sqlite, SqlitePool, Transaction, sqlite::SqliteRow, types::Json};

use super::{CHANGES_PAGE, Loaded, StoreError};
use crate::{
    auth::{names::TeamName, principal::Author},
    gateway::{
        backends::Backends,
        labels::Labels,
        mapping::{Change, ChangeKind, Mapping, MappingName, Revision, Spec},
        matching::{self, MatchKey, host::HostPattern},
        path::{Prefix, Rewrite},
        policy::Policy,
        service::{Service, ServiceError},
        table::Table,
    },
    stats::{checkpoint::Checkpoint, counters::Counts},
};

/// The content of a mapping in `revisions.spec`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredSpec {
    /// Absent in what was stored before mappings had hosts.
    #[serde(default)]
    host: HostPattern,
    prefix: String,
    /// Absent where only host and prefix decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r#match: Option<Value>,
    service: String,
    rewrite: String,
    /// Absent in what was stored before there were labels.
    #[serde(default)]
    labels: Vec<String>,
    /// Absent in what was stored before there were teams.
    #[serde(default = "TeamName::default_team")]
    team: TeamName,
    /// Absent in what was stored before there was policy.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    policy: Map<String, Value>,
    /// Absent in what was stored before there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    backends: Vec<Backend>,
    created_at: DateTime<Utc>,
}

impl StoredSpec {
    fn of(mapping: &Mapping) -> Self {
        let spec = &mapping.spec;
        let matching = (!spec.matching.is_default()).then(|| spec.matching.wire());
        Self {
            host: spec.host.clone(),
            prefix: spec.prefix.to_string(),
            r#match: matching.and_then(|matching| serde_json::to_value(matching).ok()),
            service: spec.service_text().to_owned(),
            rewrite: spec.rewrite.as_str().to_owned(),
            labels: spec.labels.to_vec(),
            team: spec.team.clone(),
            backends: spec.backends.to_wire(),
            policy: spec.policy.json(),
            created_at: mapping.created_at,
        }
    }

    /// Parses the content of the mapping `name`; what was stored was parsed once.
    pub(super) fn parse(&self, name: &str) -> Result<Spec, String> {
        let labels = self.labels.iter().map(String::as_str);
        let prefix = Prefix::parse(&self.prefix).map_err(|error| format!("its prefix {error}"))?;
        let matching = matching::read::read(self.r#match.as_ref(), Some(&prefix));
        let faults = |errors: Vec<FieldError>| {
            let told =
                errors.iter().map(|error| format!("its {} {}", error.field(), error.message));
            told.collect::<Vec<_>>().join("; ")
        };
        Ok(Spec {
            name: MappingName::parse(name).map_err(|error| format!("its name {error}"))?,
            host: self.host.clone(),
            prefix,
            matching: matching.map_err(faults)?,
            service: self.service().map_err(|error| format!("its service {error}"))?,
            backends: Backends::parse(&self.backends)
                .map_err(|error| format!("its `backends` {error}"))?,
            rewrite: Rewrite::parse(&self.rewrite)
                .map_err(|error| format!("its rewrite {error}"))?,
            labels: Labels::parse(labels).map_err(|error| format!("it {error}"))?,
            team: self.team.clone(),
            policy: Policy::parse(&self.policy).map_err(faults)?,
        })
    }

    /// Parses the service; a mapping without one has an empty text.
    fn service(&self) -> Result<Option<Service>, ServiceError> {
        let text = Some(self.service.as_str()).filter(|text| !text.is_empty());
        text.map(Service::parse).transpose()
    }
}

pub(super) async fn load(pool: &SqlitePool) -> Result<Loaded, StoreError> {
    let mut transaction = pool.begin().await?;
    let revision = newest(&mut transaction).await?;
    let rows = sqlx::query(
        "select name, host, prefix, match, service, rewrite, labels, team, backends, policy,
                revision, created_at, updated_at
         from mappings",
    )
    .fetch_all(&mut *transaction)
    .await?;
    let mut loaded = Loaded { table: Table::default(), unreadable: Vec::new() };
    for row in rows {
        match mapping(&row) {
            Ok(mapping) => {
                let kind = ChangeKind::Put(Arc::new(mapping));
                loaded.table.apply(&Change { revision, kind });
            }
            Err(reason) => loaded.unreadable.push((row.try_get("name")?, reason)),
        }
    }
    loaded.table.set_revision(revision);
    Ok(loaded)
}

pub(super) async fn changes_after(
    pool: &SqlitePool,
    revision: Revision,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query(
        "select revision, committed_at, mapping, spec from revisions
         where revision > $1 order by revision limit $2",
    )
    .bind(signed(revision.0))
    .bind(CHANGES_PAGE)
    .fetch_all(pool)
    .await?;
    Ok(rows.iter().filter_map(readable_change).collect())
}

/// Reads one change; it was committed, so it is there.
pub(super) async fn change_at(
    transaction: &mut Transaction<'_, Sqlite>,
    revision: Revision,
) -> Result<Change, StoreError> {
    let row = sqlx::query(
        "select revision, committed_at, mapping, spec from revisions where revision = $1",
    )
    .bind(signed(revision.0))
    .fetch_one(&mut **transaction)
    .await?;
    change(&row)
}

pub(super) async fn newest_revision(pool: &SqlitePool) -> Result<Revision, StoreError> {
    newest(&mut pool.begin().await?).await
}

/// Who has a match.
#[derive(Debug)]
pub(super) struct MatchOwner {
    pub(super) name: MappingName,
    pub(super) team: TeamName,
}

pub(super) async fn owner_of_match(
    transaction: &mut Transaction<'_, Sqlite>,
    key: &MatchKey,
) -> Result<Option<MatchOwner>, StoreError> {
    let row = sqlx::query("select name, team from mappings where match_key = $1")
        .bind(key.as_str())
        .fetch_optional(&mut **transaction)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (name, team): (String, String) = (row.try_get("name")?, row.try_get("team")?);
    let (name, team) = (parsed(MappingName::parse(&name))?, parsed(TeamName::parse(&team))?);
    Ok(Some(MatchOwner { name, team }))
}

/// Returns the name of a mapping of a team, if it has any.
pub(super) async fn a_mapping_of(
    transaction: &mut Transaction<'_, Sqlite>,
    team: &TeamName,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("select name from mappings where team = $1 order by name limit 1")
        .bind(team.as_str())
        .fetch_optional(&mut **transaction)
        .await?)
}

pub(super) async fn get(
    transaction: &mut Transaction<'_, Sqlite>,
    name: &MappingName,
) -> Result<Option<Mapping>, StoreError> {
    let row = sqlx::query(
        "select name, host, prefix, match, service, rewrite, labels, team, backends, policy,
                revision, created_at, updated_at
         from mappings where name = $1",
    )
    .bind(name.as_str())
    .fetch_optional(&mut **transaction)
    .await?;
    // one that this version can't read is as good as absent: it is left out when loading, too
    Ok(row.as_ref().and_then(|row| mapping(row).ok()))
}

/// Writes the mapping's content and its revision row; returns the revision.
pub(super) async fn put(
    transaction: &mut Transaction<'_, Sqlite>,
    mapping: &Mapping,
    author: &Author,
) -> Result<Revision, StoreError> {
    let name = mapping.name().as_str();
    let stored = StoredSpec::of(mapping);
    let ignores_case = mapping.spec.matching.ignores_case();
    let folded = ignores_case.then(|| stored.prefix.to_ascii_lowercase());
    let revision: i64 = sqlx::query_scalar(
        "insert into revisions (committed_at, mapping, change, spec, actor, team)
         values ($1, $2, 'put', $3, $4, $5) returning revision",
    )
    .bind(mapping.updated_at)
    .bind(name)
    .bind(Json(&stored))
    .bind(author.who.to_string())
    .bind(stored.team.as_str())
    .fetch_one(&mut **transaction)
    .await?;
    sqlx::query(
        "insert into mappings
             (name, prefix, service, rewrite, labels, team, backends, policy, revision,
              created_at, updated_at, host, match, match_key, folded)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (name) do update set
             host = excluded.host, match = excluded.match, match_key = excluded.match_key,
             folded = excluded.folded, prefix = excluded.prefix, service = excluded.service,
             rewrite = excluded.rewrite, labels = excluded.labels, team = excluded.team,
             backends = excluded.backends, policy = excluded.policy,
             revision = excluded.revision,
             updated_at = excluded.updated_at",
    )
    .bind(name)
    .bind(stored.prefix)
    .bind(stored.service)
    .bind(stored.rewrite)
    .bind(Json(stored.labels))
    .bind(stored.team.as_str())
    .bind(Json(stored.backends))
    .bind(Json(stored.policy))
    .bind(revision)
    .bind(mapping.created_at)
    .bind(mapping.updated_at)
    .bind(stored.host.to_string())
    .bind(stored.r#match.map(Json))
    .bind(mapping.spec.match_key().as_str())
    .bind(folded)
    .execute(&mut **transaction)
    .await?;
    Ok(Revision(unsigned(revision)))
}

/// Deletes the mapping and writes its revision row; returns `None` when there was none.
pub(super) async fn delete(
    transaction: &mut Transaction<'_, Sqlite>,
    name: &MappingName,
    team: Option<&TeamName>,
    author: &Author,
    now: DateTime<Utc>,
) -> Result<Option<Revision>, StoreError> {
    let deleted = sqlx::query("delete from mappings where name = $1")
        .bind(name.as_str())
        .execute(&mut **transaction)
        .await?;
    if deleted.rows_affected() == 0 {
        return Ok(None);
    }
    let revision: i64 = sqlx::query_scalar(
        "insert into revisions (committed_at, mapping, change, actor, team)
         values ($1, $2, 'delete', $3, $4) returning revision",
    )
    .bind(now)
    .bind(name.as_str())
    .bind(author.who.to_string())
    .bind(team.map_or("default", TeamName::as_str))
    .fetch_one(&mut **transaction)
    .await?;
    Ok(Some(Revision(unsigned(revision))))
}

pub(super) async fn save_counters(
    transaction: &mut Transaction<'_, Sqlite>,
    checkpoint: &Checkpoint,
) -> Result<(), StoreError> {
    // first: what the new process has reported since must stay
    for node in &checkpoint.restarted {
        sqlx::query("delete from stat_seen where node = $1")
            .bind(node.as_ref())
            .execute(&mut **transaction)
            .await?;
    }
    for (node, source) in &checkpoint.unseen {
        sqlx::query("delete from stat_seen where node = $1 and target = $2")
            .bind(node.as_ref())
            .bind(source.to_string())
            .execute(&mut **transaction)
            .await?;
    }
    for (target, counts) in &checkpoint.totals {
        sqlx::query(
            "insert into stat_totals (target, ok, c4xx, bad) values ($1, $2, $3, $4)
             on conflict (target) do update set
                 ok = excluded.ok, c4xx = excluded.c4xx, bad = excluded.bad",
        )
        .bind(target.to_string())
        .bind(signed(counts.ok))
        .bind(signed(counts.c4xx))
        .bind(signed(counts.bad))
        .execute(&mut **transaction)
        .await?;
    }
    for ((node, source), counts) in &checkpoint.seen {
        sqlx::query(
            "insert into stat_seen (node, target, ok, c4xx, bad) values ($1, $2, $3, $4, $5)
             on conflict (node, target) do update set
                 ok = excluded.ok, c4xx = excluded.c4xx, bad = excluded.bad",
        )
        .bind(node.as_ref())
        .bind(source.to_string())
        .bind(signed(counts.ok))
        .bind(signed(counts.c4xx))
        .bind(signed(counts.bad))
        .execute(&mut **transaction)
        .await?;
    }
    for target in &checkpoint.gone {
        sqlx::query("delete from stat_totals where target = $1")
            .bind(target.to_string())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

pub(super) async fn load_counters(pool: &SqlitePool) -> Result<Checkpoint, StoreError> {
    let mut transaction = pool.begin().await?;
    let mut checkpoint = Checkpoint::default();
    let totals = sqlx::query("select target, ok, c4xx, bad from stat_totals")
        .fetch_all(&mut *transaction)
        .await?;
    for row in &totals {
        checkpoint.totals.push((kept_for(row)?, counts(row)?));
    }
    let seen = sqlx::query("select node, target, ok, c4xx, bad from stat_seen")
        .fetch_all(&mut *transaction)
        .await?;
    for row in &seen {
        let node: String = row.try_get("node")?;
        checkpoint.seen.push(((node.into(), kept_for(row)?), counts(row)?));
    }
    Ok(checkpoint)
}

async fn newest(transaction: &mut Transaction<'_, Sqlite>) -> Result<Revision, StoreError> {
    let revision: i64 = sqlx::query_scalar("select coalesce(max(revision), 0) from revisions")
        .fetch_one(&mut **transaction)
        .await?;
    Ok(Revision(unsigned(revision)))
}

fn mapping(row: &SqliteRow) -> Result<Mapping, String> {
    let text = |column| row.try_get::<String, _>(column).map_err(|error| error.to_string());
    let time = |column| row.try_get::<DateTime<Utc>, _>(column).map_err(|error| error.to_string());
    let revision = row.try_get("revision").map_err(|error| error.to_string())?;
    let Json(labels) = row.try_get("labels").map_err(|error| error.to_string())?;
    let matching: Option<Json<Value>> = row.try_get("match").map_err(|error| error.to_string())?;
    let Json(backends) = row.try_get("backends").map_err(|error| error.to_string())?;
    let Json(policy) = row.try_get("policy").map_err(|error| error.to_string())?;
    let stored = StoredSpec {
        host: HostPattern::parse(&text("host")?).map_err(|error| format!("its host {error}"))?,
        r#match: matching.map(|Json(matching)| matching),
        prefix: text("prefix")?,
        service: text("service")?,
        rewrite: text("rewrite")?,
        labels,
        team: TeamName::parse(&text("team")?).map_err(|error| format!("its team {error}"))?,
        backends,
        policy,
        created_at: time("created_at")?,
    };
    Ok(Mapping {
        spec: stored.parse(&text("name")?)?,
        revision: Revision(unsigned(revision)),
        created_at: stored.created_at,
        updated_at: time("updated_at")?,
    })
}

/// Reads a change; one whose content this version can't read takes its mapping away, as `load`
/// leaves it out, so that it does not stand in the way of those after it.
fn readable_change(row: &SqliteRow) -> Option<Change> {
    let error = match change(row) {
        Ok(change) => return Some(change),
        Err(error) => error,
    };
    let revision = Revision(unsigned(row.try_get("revision").ok()?));
    tracing::error!(revision = revision.0, "left out revision {revision}: {error}");
    let name: String = row.try_get("mapping").ok()?;
    let kind = ChangeKind::Delete(MappingName::parse(&name).ok()?);
    Some(Change { revision, kind })
}

fn change(row: &SqliteRow) -> Result<Change, StoreError> {
    let revision = Revision(unsigned(row.try_get("revision")?));
    let name: String = row.try_get("mapping")?;
    let stored: Option<Json<StoredSpec>> = row.try_get("spec")?;
    let kind = match stored {
        None => ChangeKind::Delete(parsed(MappingName::parse(&name))?),
        Some(Json(stored)) => ChangeKind::Put(Arc::new(Mapping {
            spec: stored.parse(&name).map_err(StoreError::Unavailable)?,
            revision,
            created_at: stored.created_at,
            updated_at: row.try_get("committed_at")?,
        })),
    };
    Ok(Change { revision, kind })
}

/// Reads what a row of counters is kept for: a target, or what a node counts by itself.
fn kept_for<T: FromStr<Err = String>>(row: &SqliteRow) -> Result<T, StoreError> {
    let text: String = row.try_get("target")?;
    parsed(text.parse())
}

fn counts(row: &SqliteRow) -> Result<Counts, StoreError> {
    Ok(Counts {
        ok: unsigned(row.try_get("ok")?),
        c4xx: unsigned(row.try_get("c4xx")?),
        bad: unsigned(row.try_get("bad")?),
    })
}

/// Turns a fault in stored data into an error: what is stored was parsed once.
pub(super) fn parsed<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, StoreError> {
    result.map_err(|error| StoreError::Unavailable(format!("a stored value {error}")))
}

/// Databases count with a sign. Sequences begin at 1, and a counter would need 10⁹ requests a
/// second for 290 years to get here, so nothing is lost.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
