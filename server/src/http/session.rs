//! `/api/v1/session`: who calls, signing in and signing out.

use app::api::session::{Me, TeamRole, Who as WhoCalls};
use axum::{Json, extract::State};

use super::{caller::Caller, openapi::words::tag, state::AppState};
use crate::auth::{
    access::Access,
    principal::{Principal, Who},
    settings::SignIn,
};

/// Tells who calls
///
/// Also who has not signed in is told so, and what the server wants.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    operation_id = "getSession",
    tag = tag::PEOPLE,
    responses((status = OK, description = "The caller, as the server knows them", body = Me)),
)]
pub(super) async fn get(State(state): State<AppState>, caller: Caller) -> Json<Me> {
    Json(me(&state, &caller))
}

fn me(state: &AppState, caller: &Caller) -> Me {
    let access = state.access();
    let Principal { who, installation, .. } = &caller.principal;
    let (display_name, expires_at) = match who {
        Who::User(name) => {
            let session = caller.author.session.as_ref();
            let session = session.and_then(|hash| access.session(hash));
            let user = access.user(name);
            (user.map(|user| user.display_name.clone()), session.map(|session| session.expires_at))
        }
        Who::Token(id) => {
            let token = access.token(*id);
            (token.map(|token| token.name.clone()), token.and_then(|token| token.expires_at))
        }
        Who::Anonymous | Who::Open | Who::CommandLine => (None, None),
    };
    Me {
        who: match who {
            Who::Anonymous => WhoCalls::Anonymous,
            Who::Open | Who::CommandLine => WhoCalls::Open,
            Who::User(_) => WhoCalls::User,
            Who::Token(_) => WhoCalls::Token,
        },
        sign_in_required: state.settings.sign_in == SignIn::Required,
        user: match who {
            Who::User(name) => Some(name.to_string()),
            _ => None,
        },
        display_name: display_name.unwrap_or_default(),
        is_admin: caller.principal.is_admin(),
        installation: installation.map(Into::into),
        teams: team_roles(&access, &caller.principal),
        expires_at,
    }
}

/// Returns the teams that still exist.
fn team_roles(access: &Access, principal: &Principal) -> Vec<TeamRole> {
    let teams = principal.teams.iter().filter(|(team, _)| access.team(team).is_some());
    teams.map(|(team, role)| TeamRole { team: team.to_string(), role: (*role).into() }).collect()
}
