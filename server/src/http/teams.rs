//! `/api/v1/teams`: teams and their members.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use app::api::team::{
    Member, MemberRole, Team as View, TeamDraft, TeamList, TeamPatch, TeamSummary,
};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{Request, StatusCode},
    response::Response,
};

use super::{
    body::MERGE_PATCH,
    caller::Caller,
    error::ApiError,
    fields::Fields,
    located,
    openapi::words::{TEAM, USER, tag},
    saturated,
    state::AppState,
};
use crate::auth::{
    access::Access,
    command::{Scene, teams},
    entity::{Membership, Team},
    names::{NAME_MAX_BYTES, TeamName, UserName},
    principal::Principal,
    refusal::Refusal,
    role::Role,
};

/// Longest title of a team in bytes.
const TITLE_MAX_BYTES: usize = 100;

/// Longest contact in bytes: an address, a channel, a link.
const CONTACT_MAX_BYTES: usize = 200;

/// Lists all teams
///
/// Everyone may know which teams there are and how to reach them; how many members and mappings
/// they have, who sees the team.
#[utoipa::path(
    get,
    path = "/api/v1/teams",
    operation_id = "listTeams",
    tag = tag::PEOPLE,
    responses((status = OK, description = "The teams, by name", body = TeamList)),
)]
pub(super) async fn list(State(state): State<AppState>, caller: Caller) -> Json<TeamList> {
    let (access, sight) = (state.access(), caller.sight());
    let mapped = mapped(&state);
    let summary = |team: &Arc<Team>| {
        let is_seen = sight.sees(&team.name);
        TeamSummary {
            name: team.name.to_string(),
            title: team.title.clone(),
            contact: team.contact.clone(),
            role: caller.principal.teams.get(&team.name).map(|role| (*role).into()),
            members: is_seen.then(|| saturated(team.members.len())),
            mappings: is_seen.then(|| mapped.get(&team.name).copied().unwrap_or_default()),
        }
    };
    Json(TeamList { items: access.teams().map(summary).collect() })
}

/// Counts the mappings of each team.
fn mapped(state: &AppState) -> HashMap<TeamName, u32> {
    let mut counts = HashMap::new();
    for mapping in state.gateway().table.iter() {
        *counts.entry(mapping.spec.team.clone()).or_default() += 1;
    }
    counts
}

fn view(state: &AppState, access: &Access, principal: &Principal, team: &Team) -> View {
    let member = |(user, membership): (&UserName, &Membership)| {
        let display_name = access.user(user).map(|user| user.display_name.clone());
        Some(Member {
            user: user.to_string(),
            display_name: display_name.unwrap_or_default(),
            role: membership.effective()?.into(),
            given: membership.role.map(Into::into),
            by_group: membership.by_group.map(Into::into),
        })
    };
    let mut members: Vec<_> = team.members.iter().filter_map(member).collect();
    members.sort_by_key(|member| Reverse(member.role));
    View {
        name: team.name.to_string(),
        title: team.title.clone(),
        contact: team.contact.clone(),
        role: principal.role_in(&team.name).map(Into::into),
        members,
        mappings: mapped(state).get(&team.name).copied().unwrap_or_default(),
        created_at: team.created_at,
    }
}

fn shown(state: &AppState, caller: &Principal, name: &TeamName) -> Result<Json<View>, ApiError> {
    let access = state.access();
    let team = access.team(name).ok_or_else(|| no_team(name.as_str()))?;
    Ok(Json(view(state, &access, caller, team)))
}

fn no_team(name: &str) -> ApiError {
    Refusal::hidden(format!("team `{name}`")).into()
}

fn read_name(name: &str) -> Result<TeamName, ApiError> {
    TeamName::parse(name).map_err(|_no_name| no_team(name))
}

fn read_user(name: &str) -> Result<UserName, ApiError> {
    UserName::parse(name).map_err(|_no_name| Refusal::hidden(format!("user named `{name}`")).into())
}

/// Creates a team
#[utoipa::path(
    post,
    path = "/api/v1/teams",
    operation_id = "createTeam",
    tag = tag::PEOPLE,
    request_body = TeamDraft,
    responses(
        (status = CREATED, description = "It is there", body = View, headers(("location" = String))),
        (status = CONFLICT, description = "The name is taken"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is missing, malformed or unknown, or there is no such user"),
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let fields = Fields::read(request).await?;
    let name = fields.parsed("name", NAME_MAX_BYTES, TeamName::parse);
    let title = fields.text("title", TITLE_MAX_BYTES).unwrap_or_default();
    let contact = fields.text("contact", CONTACT_MAX_BYTES).unwrap_or_default();
    let owner = fields.text("owner", NAME_MAX_BYTES).and_then(|owner| {
        UserName::parse(&owner).map_err(|error| fields.wrong::<()>("owner", error)).ok()
    });
    fields.finish()?;
    let Some(name) = name else { return Err(ApiError::internal()) };
    let new = teams::New { name: name.clone(), title, contact, owner };
    state.store.act(caller.author, move |scene| teams::create(scene, new)).await?;
    let created = shown(&state, &caller.principal, &name)?;
    Ok(located(StatusCode::CREATED, &format!("/api/v1/teams/{name}"), created))
}

/// Gets a team with its members
#[utoipa::path(
    get,
    path = "/api/v1/teams/{team}",
    operation_id = "getTeam",
    tag = tag::PEOPLE,
    params(("team" = String, Path, description = TEAM, example = "accounts")),
    responses(
        (status = OK, description = "The team", body = View),
        (status = NOT_FOUND, description = "There is no such team, or the caller is no member"),
    ),
)]
pub(super) async fn get(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<Json<View>, ApiError> {
    shown(&state, &caller.principal, &read_name(&name)?)
}

/// Changes what a team says of itself
#[utoipa::path(
    patch,
    path = "/api/v1/teams/{team}",
    operation_id = "patchTeam",
    tag = tag::PEOPLE,
    params(("team" = String, Path, description = TEAM, example = "accounts")),
    request_body = TeamPatch,
    responses(
        (status = OK, description = "The team as it is now", body = View),
        (status = NOT_FOUND, description = "There is no such team, or the caller is no member"),
        (status = UNPROCESSABLE_ENTITY, description = "A field is malformed or unknown"),
    ),
)]
pub(super) async fn patch(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Json<View>, ApiError> {
    let fields = Fields::read_as(request, &MERGE_PATCH).await?;
    let patch = teams::Patch {
        title: fields.text("title", TITLE_MAX_BYTES),
        contact: fields.text("contact", CONTACT_MAX_BYTES),
    };
    fields.finish()?;
    let name = read_name(&name)?;
    let team = name.clone();
    let decided = move |scene: &Scene<'_>| teams::patch(scene, &team, patch);
    state.store.act(caller.author, decided).await?;
    shown(&state, &caller.principal, &name)
}

/// Deletes a team
///
/// It must have no mapping and no claim any more. Its tokens are revoked.
#[utoipa::path(
    delete,
    path = "/api/v1/teams/{team}",
    operation_id = "deleteTeam",
    tag = tag::PEOPLE,
    params(("team" = String, Path, description = TEAM, example = "accounts")),
    responses(
        (status = NO_CONTENT, description = "It is gone"),
        (status = NOT_FOUND, description = "There is no such team"),
        (status = CONFLICT, description = "Something still belongs to it"),
    ),
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let name = read_name(&name)?;
    state.store.act(caller.author, move |scene| teams::delete(scene, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a user a member of a team, or gives a member another role
#[utoipa::path(
    put,
    path = "/api/v1/teams/{team}/members/{user}",
    operation_id = "putMember",
    tag = tag::PEOPLE,
    params(
        ("team" = String, Path, description = TEAM, example = "accounts"),
        ("user" = String, Path, description = USER, example = "alan"),
    ),
    request_body = MemberRole,
    responses(
        (status = OK, description = "The team as it is now", body = View),
        (status = NOT_FOUND, description = "There is no such team or user, or the caller is no member"),
        (status = CONFLICT, description = "The team would have no owner"),
        (status = UNPROCESSABLE_ENTITY, description = "The role is missing or none"),
    ),
)]
pub(super) async fn put_member(
    State(state): State<AppState>,
    Path((team, user)): Path<(String, String)>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Json<View>, ApiError> {
    let fields = Fields::read(request).await?;
    let role: Option<app::api::team::Role> = fields.word("role");
    fields.finish()?;
    let Some(role) = role.map(Role::from) else { return Err(ApiError::internal()) };
    let (team, user) = (read_name(&team)?, read_user(&user)?);
    let name = team.clone();
    let decided = move |scene: &Scene<'_>| teams::put_member(scene, &name, &user, role);
    state.store.act(caller.author, decided).await?;
    shown(&state, &caller.principal, &team)
}

/// Ends a membership
///
/// An owner ends another's, and everyone their own.
#[utoipa::path(
    delete,
    path = "/api/v1/teams/{team}/members/{user}",
    operation_id = "deleteMember",
    tag = tag::PEOPLE,
    params(
        ("team" = String, Path, description = TEAM, example = "accounts"),
        ("user" = String, Path, description = USER, example = "alan"),
    ),
    responses(
        (status = NO_CONTENT, description = "They are no member"),
        (status = NOT_FOUND, description = "There is no such team or member, or the caller is none"),
        (status = CONFLICT, description = "The team would have no owner, or the role comes from the identity provider"),
    ),
)]
pub(super) async fn delete_member(
    State(state): State<AppState>,
    Path((team, user)): Path<(String, String)>,
    caller: Caller,
) -> Result<StatusCode, ApiError> {
    let (team, user) = (read_name(&team)?, read_user(&user)?);
    let decided = move |scene: &Scene<'_>| teams::remove_member(scene, &team, &user);
    state.store.act(caller.author, decided).await?;
    Ok(StatusCode::NO_CONTENT)
}
