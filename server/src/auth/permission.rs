//! The one permission check. What it does not allow is denied.

use super::{
    names::TeamName,
    principal::{Principal, Who},
    refusal::Refusal,
    role::Role,
};

/// What someone wants to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object<'a> {
    /// What is everyone's who has signed in.
    Common,
    /// The whole installation: its viewers see, and its owners, the admins, decide on everything.
    Installation,
    /// What belongs to a team; `what` names it for the reader of a refusal.
    Of { team: &'a TeamName, what: &'a str },
}

/// Checks that `principal` has at least `role` for `object`.
///
/// # Errors
/// Returns [`Refusal::SignIn`] for who has not signed in, [`Refusal::Hidden`] where even the
/// existence is none of their business, and [`Refusal::Forbidden`] where they may see but not do.
pub fn check(principal: &Principal, role: Role, object: Object<'_>) -> Result<(), Refusal> {
    if principal.who == Who::Anonymous {
        return Err(Refusal::SignIn);
    }
    match object {
        Object::Common => Ok(()),
        Object::Installation if principal.installation >= Some(role) => Ok(()),
        Object::Installation => Err(Refusal::Forbidden {
            needed: match role {
                Role::Viewer => "a viewer of the installation".to_owned(),
                Role::Editor => "an editor of the installation".to_owned(),
                Role::Owner => "an admin".to_owned(),
            },
        }),
        Object::Of { team, what } => match principal.role_in(team) {
            Some(has) if has >= role => Ok(()),
            Some(_) => {
                Err(Refusal::Forbidden { needed: format!("{} of the team `{team}`", a(role)) })
            }
            None => Err(Refusal::Hidden { what: what.to_owned() }),
        },
    }
}

/// Checks that `principal` has at least `role` in some team, or in all.
///
/// # Errors
/// Returns [`Refusal::Forbidden`] when they have it nowhere.
pub fn check_anywhere(principal: &Principal, role: Role) -> Result<(), Refusal> {
    if principal.installation >= Some(role) || principal.teams_with(role).next().is_some() {
        return Ok(());
    }
    Err(Refusal::Forbidden { needed: format!("{} of a team", a(role)) })
}

fn a(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Editor => "an editor",
        Role::Owner => "an owner",
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::auth::names::UserName;

    fn principal(installation: Option<Role>, own: Option<Role>) -> Principal {
        let own = own.map(|role| (TeamName::parse("own").unwrap(), role));
        let who = Who::User(UserName::parse("ada").unwrap());
        Principal { who, installation, teams: own.into_iter().collect() }
    }

    #[rstest]
    fn a_role_includes_those_below_it_and_none_above(
        #[values(Role::Viewer, Role::Editor, Role::Owner)] has: Role,
        #[values(Role::Viewer, Role::Editor, Role::Owner)] needed: Role,
    ) {
        let own = TeamName::parse("own").unwrap();
        let object = Object::Of { team: &own, what: "the mapping `m`" };

        let by_team = check(&principal(None, Some(has)), needed, object);
        let by_installation = check(&principal(Some(has), None), needed, object);

        assert_eq!(by_team.is_ok(), has >= needed);
        assert_eq!(by_installation.is_ok(), has >= needed);
        assert!(!matches!(by_team, Err(Refusal::Hidden { .. })));
    }

    #[rstest]
    fn a_role_anywhere_is_one_of_a_team_or_of_all(
        #[values(None, Some(Role::Viewer), Some(Role::Editor))] installation: Option<Role>,
        #[values(None, Some(Role::Viewer), Some(Role::Owner))] own: Option<Role>,
    ) {
        let allowed = check_anywhere(&principal(installation, own), Role::Editor).is_ok();

        assert_eq!(allowed, installation >= Some(Role::Editor) || own >= Some(Role::Editor));
    }

    #[test]
    fn what_belongs_to_a_foreign_team_is_not_there() {
        let other = TeamName::parse("other").unwrap();
        let object = Object::Of { team: &other, what: "the mapping `m`" };

        let seen = check(&principal(None, Some(Role::Owner)), Role::Viewer, object);

        assert_eq!(seen, Err(Refusal::Hidden { what: "the mapping `m`".to_owned() }));
    }

    #[rstest]
    #[case(Object::Common)]
    #[case(Object::Installation)]
    fn who_has_not_signed_in_gets_nothing(#[case] object: Object<'_>) {
        let refused = check(&Principal::anonymous(), Role::Viewer, object);

        assert_eq!(refused, Err(Refusal::SignIn));
    }

    #[test]
    fn no_role_in_a_team_reaches_the_installation() {
        let refused =
            check(&principal(None, Some(Role::Owner)), Role::Viewer, Object::Installation);

        assert!(matches!(refused, Err(Refusal::Forbidden { .. })));
    }
}
