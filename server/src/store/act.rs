//! Decisions about people, teams, claims and requests, carried out with the mappings that they
//! change.

use std::sync::Arc;

use super::{
    Condition, Delete, Put, StoreError, audit, change, neighbours, references, rows, writer::Batch,
};
use crate::{
    auth::{
        access::Access,
        command::{Decision, MappingWrite, Outcome, Scene, requests},
        entity::{Id, Request},
        principal::{Author, Who},
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
    let failed = match decide(batch, author, decision).await {
        Ok((id, revision)) => {
            batch.end_part().await?;
            return Ok(Acted { access: Arc::new(batch.access().clone()), id, revision });
        }
        Err(failed) => failed,
    };
    batch.undo_part(before).await?;
    match failed {
        Failed { error: StoreError::Unavailable(reason), .. } => {
            Err(StoreError::Unavailable(reason))
        }
        Failed { error, asked_by: Some(request) } => {
            close(batch, author, &request, &error).await?;
            Ok(Acted {
                access: Arc::new(batch.access().clone()),
                id: Some(request.id),
                revision: None,
            })
        }
        Failed { error, asked_by: None } => Err(error),
    }
}

/// Why a decision was not carried out, and the request by which it was made, if it was the writes
/// that failed.
struct Failed {
    error: StoreError,
    asked_by: Option<Box<Request>>,
}

impl<E: Into<StoreError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), asked_by: None }
    }
}

async fn decide(
    batch: &mut Batch<'_>,
    author: &Author,
    decision: Decision,
) -> Result<(Option<Id>, Option<Revision>), Failed> {
    let now = batch.now;
    let principal = batch.access().principal(&author.who, now);
    let outcome = decision(&Scene {
        access: batch.access(),
        author,
        principal: &principal,
        policy: batch.rules.policy,
        now,
    })?;
    let Outcome { edits, entry, also, signed_in, .. } = outcome;
    let Outcome { writes, asked_by, unless_named, unless_mapped, free_for, id, .. } = outcome;
    if let Some(unnamed) = unless_named {
        references::must_be_unnamed(&mut batch.transaction, &principal, &unnamed).await?;
    }
    if let Some((team, place)) = free_for {
        let neighbours = neighbours::neighbours(&mut batch.transaction, &team, &place).await?;
        neighbours.leave_free(batch.access(), &team, &place.territory)?;
    }
    if let Some(team) = unless_mapped
        && let Some(mapping) = rows::a_mapping_of(&mut batch.transaction, &team).await?
    {
        return Err(Failed::from(Refusal::Conflict {
            code: "team-in-use",
            detail: format!("the team `{team}` still has mappings, such as `{mapping}`"),
        }));
    }
    batch.edit(edits).await?;
    let mut revision = None;
    for write in writes {
        match write_mapping(batch, write).await {
            Ok(written) => revision = written.or(revision),
            Err(error) => return Err(Failed { error, asked_by: asked_by.map(Box::new) }),
        }
    }
    let signed_in = signed_in.map(|user| Author { who: Who::User(user), ..author.clone() });
    let author = signed_in.as_ref().unwrap_or(author);
    for entry in entry.into_iter().chain(also) {
        audit::write(&mut batch.transaction, author, &entry, revision, now).await?;
    }
    Ok((id, revision))
}

/// Closes the request for a change that can't be made.
async fn close(
    batch: &mut Batch<'_>,
    author: &Author,
    request: &Request,
    error: &StoreError,
) -> Result<(), StoreError> {
    let because = match error {
        // those who read of it may not know the other mapping
        StoreError::MatchTaken(taken) => taken.elsewhere(),
        other => other.to_string(),
    };
    let (edits, entry) = requests::stale(batch.access(), request, because, batch.now);
    batch.edit(edits).await?;
    audit::write(&mut batch.transaction, author, &entry, None, batch.now).await
}

async fn write_mapping(
    batch: &mut Batch<'_>,
    write: MappingWrite,
) -> Result<Option<Revision>, StoreError> {
    let MappingWrite { name, content, base, author, grounds } = write;
    let condition = match base {
        Some(base) => Condition::Revision(vec![Revision(base)]),
        None => Condition::Absent,
    };
    let Some(draft) = content else {
        let invalid = |error| Refusal::field("name", format!("{error}"));
        let name = MappingName::parse(&name).map_err(invalid)?;
        return change::delete(batch, Delete { name, condition, author, grounds }).await;
    };
    let spec = read_draft(&draft).map_err(Refusal::Invalid)?;
    let put = Put { condition, grounds, ..Put::new(spec, author) };
    Ok(Some(change::put(batch, put).await?.mapping.revision))
}
