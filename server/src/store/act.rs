//! Decisions about people, teams, claims and requests, carried out with the mappings that they
//! change.

use std::sync::Arc;

use super::{Condition, Delete, Put, StoreError, audit, change, rows, writer::Batch};
use crate::{
    auth::{
        access::Access,
        command::{Decision, MappingWrite, Outcome, Scene},
        entity::Id,
        principal::Author,
        refusal::Refusal,
    },
    gateway::{
        fields::read_draft,
        mapping::{MappingName, Revision},
    },
};

/// What a decision has led to.
#[derive(Debug, Clone)]
pub struct Acted {
    /// Everything as it is now.
    pub access: Arc<Access>,
    /// The id of what was made, where it has one.
    pub id: Option<Id>,
    /// The newest revision that it made, where mappings have changed.
    pub revision: Option<Revision>,
}

/// Carries out a decision, all of it or nothing: others are in the same transaction.
pub(super) async fn carry_out(
    batch: &mut Batch<'_>,
    author: &Author,
    decision: Decision,
) -> Result<Acted, StoreError> {
    let before = batch.begin_part().await?;
    match decide(batch, author, decision).await {
        Ok((id, revision)) => {
            batch.end_part().await?;
            Ok(Acted { access: Arc::new(batch.access.clone()), id, revision })
        }
        Err(error) => {
            batch.undo_part(before).await?;
            Err(error)
        }
    }
}

async fn decide(
    batch: &mut Batch<'_>,
    author: &Author,
    decision: Decision,
) -> Result<(Option<Id>, Option<Revision>), StoreError> {
    let now = batch.now;
    let principal = batch.access.principal(&author.who, now);
    let outcome = decision(&Scene {
        access: &batch.access,
        author,
        principal: &principal,
        policy: batch.rules.policy,
        now,
    })?;
    let Outcome { edits, entry, writes, unless_mapped, free_for, id } = outcome;
    if let Some((team, territory)) = free_for {
        let neighbours = rows::neighbours(&mut batch.transaction, &team, &territory).await?;
        neighbours.leave_free(&batch.access, &team, &territory)?;
    }
    if let Some(team) = unless_mapped
        && let Some(mapping) = rows::a_mapping_of(&mut batch.transaction, &team).await?
    {
        return Err(StoreError::Refused(Refusal::Conflict {
            code: "team-in-use",
            detail: format!("the team `{team}` still has mappings, such as `{mapping}`"),
        }));
    }
    batch.edit(edits).await?;
    let mut revision = None;
    for write in writes {
        revision = write_mapping(batch, write).await?.or(revision);
    }
    if let Some(entry) = entry {
        audit::write(&mut batch.transaction, author, &entry, revision, now).await?;
    }
    Ok((id, revision))
}

async fn write_mapping(
    batch: &mut Batch<'_>,
    write: MappingWrite,
) -> Result<Option<Revision>, StoreError> {
    let condition = match write.base {
        Some(base) => Condition::Revision(vec![Revision(base)]),
        None => Condition::Absent,
    };
    let author = write.author;
    let Some(draft) = write.content else {
        let invalid = |error| Refusal::field("name", format!("{error}"));
        let name = MappingName::parse(&write.name).map_err(invalid)?;
        let delete = Delete { name, condition, author, is_approved: true };
        return change::delete(batch, delete).await;
    };
    let spec = read_draft(&draft).map_err(Refusal::Invalid)?;
    let put = Put { condition, is_approved: true, ..Put::new(spec, author) };
    Ok(Some(change::put(batch, put).await?.mapping.revision))
}
