//! Reads the revisions back: what each change did, newest first.

use chrono::{DateTime, Utc};

use super::{
    StoreError,
    database::Db,
    rows::StoredSpec,
    sql::{Row, sql},
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
    db: &Db,
    name: Option<&MappingName>,
    sight: &Sight,
    before: Option<Revision>,
    limit: u32,
) -> Result<Vec<Recorded>, StoreError> {
    let mut statement = sql(SELECT);
    statement.push(" where r.revision < ");
    statement.push_bind(before.map_or(u64::MAX, |revision| revision.0));
    if let Some(name) = name {
        statement.push(" and r.mapping = ").push_bind(name.as_str());
    }
    if let Sight::Of(teams) = sight {
        statement.push(" and r.team in ").push_list(teams.iter().map(TeamName::as_str));
    }
    statement.push(" order by r.revision desc limit ").push_bind(limit);
    let rows = statement.fetch_all(db).await?;
    let seen = |recorded: Recorded| {
        let before = recorded.before.filter(|before| sight.sees(&before.team));
        Recorded { before, ..recorded }
    };
    rows.iter().map(|row| recorded(row).map(seen)).collect()
}

fn recorded(row: &Row) -> Result<Recorded, StoreError> {
    let name: String = row.get("mapping")?;
    let content = |column| -> Result<Option<Spec>, StoreError> {
        let stored: Option<StoredSpec> = row.json_or_null(column)?;
        stored
            .map(|stored| stored.parse(&name))
            .transpose()
            .map_err(|reason| StoreError::Unavailable(format!("a revision of `{name}`: {reason}")))
    };
    Ok(Recorded {
        revision: Revision(row.count("revision")?),
        at: row.get("committed_at")?,
        before: content("before")?,
        after: content("spec")?,
        actor: row.get("actor")?,
        team: TeamName::parse(&row.get::<String>("team")?)
            .map_err(|error| StoreError::Unavailable(format!("a stored team {error}")))?,
        name: MappingName::parse(&name)
            .map_err(|error| StoreError::Unavailable(format!("a stored name {error}")))?,
    })
}
