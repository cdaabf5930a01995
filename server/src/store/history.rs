//! Reads the revisions back: what each change did, newest first.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool, sqlite::SqliteRow, types::Json};

use super::{
    StoreError,
    rows::{StoredSpec, signed, unsigned},
};
use crate::{
    auth::{names::TeamName, sight::Sight},
    gateway::mapping::{MappingName, Revision, Spec},
};

/// One committed change, with the content before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub revision: Revision,
    pub at: DateTime<Utc>,
    pub name: MappingName,
    /// Who made it; empty for what was committed before that was kept.
    pub actor: String,
    /// The team that had the mapping after the change, or before a delete.
    pub team: TeamName,
    /// `None` where the change created the mapping.
    pub before: Option<Spec>,
    /// `None` where the change deleted the mapping.
    pub after: Option<Spec>,
}

/// The content before comes from the revision before of the same mapping, by
/// `revisions_mapping_revision_idx`: a page costs as many look-ups as it has rows.
const SELECT: &str = "select r.revision, r.committed_at, r.mapping, r.spec, r.actor, r.team,
     (select p.spec from revisions p
      where p.mapping = r.mapping and p.revision < r.revision
      order by p.revision desc limit 1) as before
     from revisions r";

/// Reads at most `limit` changes before `before` that are seen: of one mapping, or of all. What a
/// mapping was for a team that is not seen stays with that team.
pub(super) async fn read(
    pool: &SqlitePool,
    name: Option<&MappingName>,
    sight: &Sight,
    before: Option<Revision>,
    limit: u32,
) -> Result<Vec<Recorded>, StoreError> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(SELECT);
    sql.push(" where r.revision < ");
    sql.push_bind(before.map_or(i64::MAX, |revision| signed(revision.0)));
    if let Some(name) = name {
        sql.push(" and r.mapping = ").push_bind(name.as_str().to_owned());
    }
    if let Sight::Of(teams) = sight {
        sql.push(" and r.team in (");
        let mut list = sql.separated(", ");
        for team in teams.iter() {
            list.push_bind(team.as_str().to_owned());
        }
        sql.push(")");
    }
    sql.push(" order by r.revision desc limit ").push_bind(limit);
    let rows = sql.build().fetch_all(pool).await?;
    let seen = |recorded: Recorded| {
        let before = recorded.before.filter(|before| sight.sees(&before.team));
        Recorded { before, ..recorded }
    };
    rows.iter().map(|row| recorded(row).map(seen)).collect()
}

fn recorded(row: &SqliteRow) -> Result<Recorded, StoreError> {
    let name: String = row.try_get("mapping")?;
    let content = |column| -> Result<Option<Spec>, StoreError> {
        let stored: Option<Json<StoredSpec>> = row.try_get(column)?;
        stored
            .map(|Json(stored)| stored.parse(&name))
            .transpose()
            .map_err(|reason| StoreError::Unavailable(format!("a revision of `{name}`: {reason}")))
    };
    Ok(Recorded {
        revision: Revision(unsigned(row.try_get("revision")?)),
        at: row.try_get("committed_at")?,
        before: content("before")?,
        after: content("spec")?,
        actor: row.try_get("actor")?,
        team: TeamName::parse(&row.try_get::<String, _>("team")?)
            .map_err(|error| StoreError::Unavailable(format!("a stored team {error}")))?,
        name: MappingName::parse(&name)
            .map_err(|error| StoreError::Unavailable(format!("a stored name {error}")))?,
    })
}
