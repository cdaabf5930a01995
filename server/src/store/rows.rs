//! The statements about mappings and their revisions, and rows to values and back.

use std::sync::Arc;

use app::api::{mapping::Backend, problem::FieldError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    CHANGES_PAGE, Loaded, StoreError,
    database::{Db, Transaction},
    sql::{self, Row, json, sql},
};
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
    /// Absent in what was stored before there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    backends: Vec<Backend>,
    /// Absent in what was stored before there was policy.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    policy: Map<String, Value>,
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
            policy: Policy::parse(&self.policy).map_err(|errors| {
                let first = errors.into_iter().next().unwrap_or_default();
                format!("its `{}` {}", first.field(), first.message)
            })?,
        })
    }

    /// Parses the service; a mapping without one has an empty text.
    fn service(&self) -> Result<Option<Service>, ServiceError> {
        let text = Some(self.service.as_str()).filter(|text| !text.is_empty());
        text.map(Service::parse).transpose()
    }
}

pub(super) async fn load(db: &Db) -> Result<Loaded, StoreError> {
    let mut transaction = db.begin_read().await?;
    let revision = newest(&mut transaction).await?;
    let rows = sql(
        "select name, host, prefix, match, service, rewrite, labels, team, backends, policy, revision,
                created_at, updated_at
         from mappings",
    )
    .fetch_all(&mut transaction)
    .await?;
    transaction.end_read().await?;
    let mut loaded = Loaded { table: Table::default(), unreadable: Vec::new() };
    for row in rows {
        match mapping(&row) {
            Ok(mapping) => {
                let kind = ChangeKind::Put(Arc::new(mapping));
                loaded.table.apply(&Change { revision, kind });
            }
            Err(reason) => loaded.unreadable.push((row.get("name")?, reason)),
        }
    }
    loaded.table.set_revision(revision);
    Ok(loaded)
}

pub(super) async fn changes_after(
    db: &Db,
    after: Revision,
    until: Revision,
) -> Result<Vec<Change>, StoreError> {
    let rows = sql("select revision, committed_at, mapping, spec from revisions
         where revision > $1 and revision <= $2 order by revision limit $3")
    .bind(after.0)
    .bind(until.0)
    .bind(CHANGES_PAGE)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().filter_map(readable_change).collect())
}

/// Reads one change; it was committed, so it is there.
pub(super) async fn change_at(
    transaction: &mut Transaction,
    revision: Revision,
) -> Result<Change, StoreError> {
    let row =
        sql("select revision, committed_at, mapping, spec from revisions where revision = $1")
            .bind(revision.0)
            .fetch_one(&mut *transaction)
            .await?;
    change(&row)
}

/// Who has a match.
#[derive(Debug)]
pub(super) struct MatchOwner {
    pub(super) name: MappingName,
    pub(super) team: TeamName,
}

pub(super) async fn owner_of_match(
    transaction: &mut Transaction,
    key: &MatchKey,
) -> Result<Option<MatchOwner>, StoreError> {
    let row = sql("select name, team from mappings where match_key = $1")
        .bind(key.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (name, team): (String, String) = (row.get("name")?, row.get("team")?);
    let (name, team) = (parsed(MappingName::parse(&name))?, parsed(TeamName::parse(&team))?);
    Ok(Some(MatchOwner { name, team }))
}

/// Returns the name of a mapping of a team, if it has any.
pub(super) async fn a_mapping_of(
    transaction: &mut Transaction,
    team: &TeamName,
) -> Result<Option<String>, StoreError> {
    let row = sql("select name from mappings where team = $1 order by name limit 1")
        .bind(team.as_str())
        .fetch_optional(transaction)
        .await?;
    row.map(|row| row.get("name")).transpose()
}

pub(super) async fn get(
    transaction: &mut Transaction,
    name: &MappingName,
) -> Result<Option<Mapping>, StoreError> {
    let row = sql(
        "select name, host, prefix, match, service, rewrite, labels, team, backends, policy, revision,
                created_at, updated_at
         from mappings where name = $1",
    )
    .bind(name.as_str())
    .fetch_optional(&mut *transaction)
    .await?;
    // one that this version can't read is as good as absent: it is left out when loading, too
    Ok(row.as_ref().and_then(|row| mapping(row).ok()))
}

/// Writes the mapping's content and the row of its revision.
pub(super) async fn put(
    transaction: &mut Transaction,
    mapping: &Mapping,
    author: &Author,
) -> Result<(), StoreError> {
    let name = mapping.name().as_str();
    let stored = StoredSpec::of(mapping);
    let ignores_case = mapping.spec.matching.ignores_case();
    let folded = ignores_case.then(|| stored.prefix.to_ascii_lowercase());
    sql("insert into revisions (revision, committed_at, mapping, change, spec, actor, team)
         values ($1, $2, $3, 'put', $4, $5, $6)")
    .bind(mapping.revision.0)
    .bind(mapping.updated_at)
    .bind(name)
    .bind(json(&stored)?)
    .bind(author.who.to_string())
    .bind(stored.team.as_str())
    .execute(&mut *transaction)
    .await?;
    sql("insert into mappings
             (name, prefix, service, rewrite, labels, team, backends, policy, revision, created_at,
              updated_at, host, match, match_key, folded)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (name) do update set
             host = excluded.host, match = excluded.match, match_key = excluded.match_key,
             folded = excluded.folded, prefix = excluded.prefix, service = excluded.service,
             rewrite = excluded.rewrite, labels = excluded.labels, team = excluded.team,
             backends = excluded.backends, policy = excluded.policy, revision = excluded.revision,
             updated_at = excluded.updated_at")
    .bind(name)
    .bind(stored.prefix)
    .bind(stored.service)
    .bind(stored.rewrite)
    .bind(json(&stored.labels)?)
    .bind(stored.team.as_str())
    .bind(json(&stored.backends)?)
    .bind(json(&stored.policy)?)
    .bind(mapping.revision.0)
    .bind(mapping.created_at)
    .bind(mapping.updated_at)
    .bind(stored.host.to_string())
    .bind(sql::Value::Json(stored.r#match))
    .bind(mapping.spec.match_key().as_str())
    .bind(folded)
    .execute(&mut *transaction)
    .await?;
    Ok(())
}

/// Deletes the mapping and writes the row of its revision; returns whether there was one.
/// Removes a mapping's row; returns whether there was one.
pub(super) async fn delete(
    transaction: &mut Transaction,
    name: &MappingName,
) -> Result<bool, StoreError> {
    let deleted = sql("delete from mappings where name = $1")
        .bind(name.as_str())
        .execute(transaction)
        .await?;
    Ok(deleted > 0)
}

/// Writes down that a mapping was deleted.
pub(super) async fn record_deletion(
    transaction: &mut Transaction,
    name: &MappingName,
    team: Option<&TeamName>,
    revision: Revision,
    author: &Author,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sql("insert into revisions (revision, committed_at, mapping, change, actor, team)
         values ($1, $2, $3, 'delete', $4, $5)")
    .bind(revision.0)
    .bind(now)
    .bind(name.as_str())
    .bind(author.who.to_string())
    .bind(team.map_or("default", TeamName::as_str))
    .execute(transaction)
    .await
    .map(drop)
}

pub(super) async fn newest(transaction: &mut Transaction) -> Result<Revision, StoreError> {
    sql("select coalesce(max(revision), 0) as newest from revisions")
        .fetch_one(transaction)
        .await?
        .count("newest")
        .map(Revision)
}

/// Returns when a revision was committed, if it was.
pub(super) async fn committed_at(
    transaction: &mut Transaction,
    revision: Revision,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = sql("select committed_at from revisions where revision = $1")
        .bind(revision.0)
        .fetch_optional(transaction)
        .await?;
    row.map(|row| row.get("committed_at")).transpose()
}

fn mapping(row: &Row) -> Result<Mapping, String> {
    let text = |column| row.get::<String>(column).map_err(|error| error.to_string());
    let time = |column| row.get::<DateTime<Utc>>(column).map_err(|error| error.to_string());
    let revision = row.count("revision").map_err(|error| error.to_string())?;
    let labels = row.json("labels").map_err(|error| error.to_string())?;
    let matching = row.json_or_null("match").map_err(|error| error.to_string())?;
    let backends = row.json("backends").map_err(|error| error.to_string())?;
    let policy = row.json("policy").map_err(|error| error.to_string())?;
    let stored = StoredSpec {
        host: HostPattern::parse(&text("host")?).map_err(|error| format!("its host {error}"))?,
        r#match: matching,
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
        revision: Revision(revision),
        created_at: stored.created_at,
        updated_at: time("updated_at")?,
    })
}

/// Reads a change; one whose content this version can't read takes its mapping away, as `load`
/// leaves it out, so that it does not stand in the way of those after it.
fn readable_change(row: &Row) -> Option<Change> {
    let error = match change(row) {
        Ok(change) => return Some(change),
        Err(error) => error,
    };
    let revision = Revision(row.count("revision").ok()?);
    tracing::error!(revision = revision.0, "left out revision {revision}: {error}");
    let name: String = row.get("mapping").ok()?;
    let kind = ChangeKind::Delete(MappingName::parse(&name).ok()?);
    Some(Change { revision, kind })
}

fn change(row: &Row) -> Result<Change, StoreError> {
    let revision = Revision(row.count("revision")?);
    let name: String = row.get("mapping")?;
    let stored: Option<StoredSpec> = row.json_or_null("spec")?;
    let kind = match stored {
        None => ChangeKind::Delete(parsed(MappingName::parse(&name))?),
        Some(stored) => ChangeKind::Put(Arc::new(Mapping {
            spec: stored.parse(&name).map_err(StoreError::Unavailable)?,
            revision,
            created_at: stored.created_at,
            updated_at: row.get("committed_at")?,
        })),
    };
    Ok(Change { revision, kind })
}

/// Turns a fault in stored data into an error: what is stored was parsed once.
pub(super) fn parsed<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, StoreError> {
    result.map_err(|error| StoreError::Unavailable(format!("a stored value {error}")))
}
