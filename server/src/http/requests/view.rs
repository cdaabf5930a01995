//! What readers see of a request: what would differ, and what would come of it now.

use app::api::{
    mapping::MappingDraft,
    plan::{FieldChange, Plan},
    request::{Approval, Request as Wire, RequestKind, RequestState as WireState, RequestedClaim},
};

use super::super::{caller::Caller, operations, state::AppState};
use crate::{
    auth::{
        command::requests,
        entity::{Request, RequestState, RequestSubject},
        ownership,
    },
    gateway::{
        fields::read_draft,
        mapping::{MappingName, Revision, Spec},
        plan,
    },
    store::{Condition, StoreError},
};

/// Shows a request as lists do.
pub(super) fn of(state: &AppState, caller: &Caller, request: &Request) -> Wire {
    let access = state.access();
    let claim = match &request.subject {
        RequestSubject::Transfer { claim } => access.claim(*claim).map(|claim| RequestedClaim {
            id: claim.id.0,
            team: claim.team.to_string(),
            host: claim.host.to_string(),
            prefix: claim.territory.to_string(),
        }),
        RequestSubject::Change { .. } => None,
    };
    let (kind, mapping) = match &request.subject {
        RequestSubject::Change { mapping, .. } => (RequestKind::Change, Some(mapping.clone())),
        RequestSubject::Transfer { .. } => (RequestKind::Transfer, None),
    };
    let is_open = request.state == RequestState::Open;
    let approval = |approval: &crate::auth::entity::Approval| Approval {
        by: approval.by.clone(),
        at: approval.at,
    };
    Wire {
        id: request.id.0,
        kind,
        team: request.team.to_string(),
        author: request.author.clone(),
        created_at: request.created_at,
        note: request.note.clone(),
        state: self::state(request.state),
        approvers: request.approvers.to_string(),
        needed: request.needed,
        approvals: request.approvals.iter().map(approval).collect(),
        closed_at: request.closed_at,
        closed_because: request.closed_because.clone(),
        mapping,
        diff: diff(state, request),
        claim,
        may_decide: is_open && requests::may_decide(&caller.principal, request),
        may_withdraw: is_open && requests::may_withdraw(&caller.principal, request),
        plan: None,
        obstacle: None,
    }
}

/// Shows a request with what it would do as things are now.
pub(super) async fn whole(state: &AppState, caller: &Caller, request: &Request) -> Wire {
    let shown = of(state, caller, request);
    if request.state != RequestState::Open {
        return shown;
    }
    match &request.subject {
        RequestSubject::Transfer { claim } => {
            let access = state.access();
            let is_theirs =
                access.claim(*claim).is_some_and(|claim| claim.team == request.approvers);
            let gone = || format!("the team `{}` has no such claim any more", request.approvers);
            Wire { obstacle: (!is_theirs).then(gone), ..shown }
        }
        RequestSubject::Change { mapping, content, base, .. } => {
            let foreseen = foreseen(state, request, mapping, content.as_ref(), *base);
            match foreseen {
                Ok((mut plan, spec)) => {
                    operations::count_recent(state, &mut plan.affected).await;
                    let plan = plan::seen_by(plan, spec.as_ref(), &caller.sight());
                    Wire { plan: Some(Box::new(plan)), ..shown }
                }
                Err(obstacle) => Wire { obstacle: Some(obstacle), ..shown },
            }
        }
    }
}

/// Says what a change would do, or what keeps it from being carried out.
fn foreseen(
    state: &AppState,
    request: &Request,
    mapping: &str,
    content: Option<&serde_json::Value>,
    base: Option<u64>,
) -> Result<(Plan, Option<Spec>), String> {
    let gateway = state.gateway();
    let name = MappingName::parse(mapping).map_err(|error| error.to_string())?;
    let current = gateway.table.get(&name);
    let condition = match base {
        Some(base) => Condition::Revision(vec![Revision(base)]),
        None => Condition::Absent,
    };
    let stale = |error: StoreError| error.to_string();
    condition.check(&name, current.map(AsRef::as_ref)).map_err(stale)?;
    let access = state.access();
    let who = requests::author_of(&request.author).ok_or("nobody knows who asked for it")?;
    let principal = access.principal(&who, state.clock.now());
    let before = current.map(|current| &current.spec.team);
    let Some(content) = content else {
        let current = current.ok_or("there is no such mapping any more")?;
        ownership::check_delete(&principal, &current.spec.team, mapping)
            .map_err(|refusal| refusal.to_string())?;
        return Ok((plan::delete(&gateway.table, current), None));
    };
    let spec = spec(content).ok_or("this version can't read what was asked for")?;
    let plan = plan::put(&gateway.table, &spec).map_err(|taken| taken.elsewhere())?;
    operations::right_of(state, &principal, before, &spec)
        .map_err(|refusal| refusal.to_string())?;
    Ok((plan, Some(spec)))
}

fn spec(content: &serde_json::Value) -> Option<Spec> {
    let draft: MappingDraft = serde_json::from_value(content.clone()).ok()?;
    read_draft(&draft).ok()
}

/// Returns what would differ from what is now; of a closed request, what would have differed then.
fn diff(state: &AppState, request: &Request) -> Vec<FieldChange> {
    let RequestSubject::Change { mapping, content, diff, .. } = &request.subject else {
        return Vec::new();
    };
    if request.state != RequestState::Open {
        return diff.clone();
    }
    let gateway = state.gateway();
    let current = MappingName::parse(mapping).ok();
    let current = current.and_then(|name| gateway.table.get(&name).cloned());
    let after = content.as_ref().and_then(spec);
    plan::diff(current.as_ref().map(|current| &current.spec), after.as_ref())
}

/// Returns a state as the API has it.
pub(super) fn state(state: RequestState) -> WireState {
    match state {
        RequestState::Open => WireState::Open,
        RequestState::Approved => WireState::Approved,
        RequestState::Refused => WireState::Refused,
        RequestState::Withdrawn => WireState::Withdrawn,
        RequestState::Stale => WireState::Stale,
    }
}
