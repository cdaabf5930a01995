//! Decisions about what users keep for themselves: favourites, and views of the list. They concern
//! nobody else, so the audit says nothing of them.

use super::{Outcome, Scene, sessions::user_of};
use crate::{
    auth::{
        access::{Edit, Entity},
        entity::User,
        refusal::Refusal,
    },
    gateway::mapping::MappingName,
};

/// Most mappings that a user marks: as many as a page of the list has.
pub const FAVOURITES_MAX: usize = 200;

/// Most views that a user saves: more are not found again.
pub const VIEWS_MAX: usize = 50;

/// Longest name of a view in characters: it stands on a button.
pub const VIEW_NAME_MAX: usize = 60;

/// Longest query of a view in bytes.
pub const QUERY_MAX_BYTES: usize = 2048;

/// Marks a mapping.
///
/// # Errors
/// Refuses who is no user, and one mark too many.
pub fn mark(scene: &Scene<'_>, name: &MappingName) -> Result<Outcome, Refusal> {
    change(scene, |user| {
        user.favourites.insert(name.to_string());
        if user.favourites.len() > FAVOURITES_MAX {
            let detail = format!("at most {FAVOURITES_MAX} mappings can be marked");
            return Err(Refusal::Conflict { code: "too-many", detail });
        }
        Ok(())
    })
}

/// Takes the mark from a mapping, if it has one.
///
/// # Errors
/// Refuses who is no user.
pub fn unmark(scene: &Scene<'_>, name: &str) -> Result<Outcome, Refusal> {
    change(scene, |user| {
        user.favourites.remove(name);
        Ok(())
    })
}

/// Saves a view, in the place of one with its name.
///
/// # Errors
/// Refuses who is no user, a name that can't be shown, and one view too many.
pub fn save(scene: &Scene<'_>, name: &str, query: &str) -> Result<Outcome, Refusal> {
    check_name(name)?;
    if query.len() > QUERY_MAX_BYTES {
        let message =
            format!("is {} bytes long; at most {QUERY_MAX_BYTES} are allowed", query.len());
        return Err(Refusal::field("query", message));
    }
    change(scene, |user| {
        user.views.insert(name.to_owned(), query.to_owned());
        if user.views.len() > VIEWS_MAX {
            let detail = format!("at most {VIEWS_MAX} views can be saved");
            return Err(Refusal::Conflict { code: "too-many", detail });
        }
        Ok(())
    })
}

/// Deletes a view.
///
/// # Errors
/// Refuses who is no user, and a name that none has.
pub fn delete(scene: &Scene<'_>, name: &str) -> Result<Outcome, Refusal> {
    change(scene, |user| match user.views.remove(name) {
        Some(_) => Ok(()),
        None => Err(Refusal::hidden(format!("view named `{name}`"))),
    })
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    let message = match length {
        0 => "is missing".to_owned(),
        _ if length > VIEW_NAME_MAX => {
            format!("is {length} characters long; at most {VIEW_NAME_MAX} are allowed")
        }
        _ if name.trim() != name => "must not begin or end with a space".to_owned(),
        _ if name.chars().any(char::is_control) => "must not have a control character".to_owned(),
        _ => return Ok(()),
    };
    Err(Refusal::field("name", message))
}

/// Changes the user who asks; the same again is no change.
fn change(
    scene: &Scene<'_>,
    change: impl FnOnce(&mut User) -> Result<(), Refusal>,
) -> Result<Outcome, Refusal> {
    let before = user_of(scene.access, scene.principal)?;
    let mut after = User::clone(before);
    change(&mut after)?;
    let edits =
        if after == **before { Vec::new() } else { vec![Edit::Put(Entity::User(after.into()))] };
    Ok(Outcome::unnoted(edits))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use rstest::rstest;

    use super::*;
    use crate::auth::{
        access::Access,
        command::sessions::no_user,
        names::UserName,
        principal::{Author, Principal, Who},
        settings::ClaimPolicy,
    };

    fn ada() -> User {
        let name = serde_json::json!({ "name": "ada", "created_at": DateTime::UNIX_EPOCH });
        serde_json::from_value(name).unwrap()
    }

    /// Decides as `who`, of whom `ada` is the only user.
    fn decide(
        user: User,
        who: Who,
        decision: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Option<User>, Refusal> {
        let mut access = Access::default();
        access.apply(&Edit::Put(Entity::User(user.into())));
        let author = Author::of(who.clone());
        let scene = Scene {
            access: &access,
            author: &author,
            principal: &Principal { who, ..Principal::anonymous() },
            policy: ClaimPolicy::FirstCome,
            now: DateTime::UNIX_EPOCH,
        };
        let mut edits = decision(&scene)?.edits.into_iter();
        Ok(edits.next().map(|edit| match edit {
            Edit::Put(Entity::User(user)) => User::clone(&user),
            other => panic!("{other:?}"),
        }))
    }

    fn as_ada(
        user: User,
        decision: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal>,
    ) -> Result<Option<User>, Refusal> {
        decide(user, Who::User(UserName::parse("ada").unwrap()), decision)
    }

    #[test]
    fn a_mapping_is_marked_once_and_the_mark_is_taken_back() {
        let name = MappingName::parse("usermapping").unwrap();

        let marked = as_ada(ada(), |scene| mark(scene, &name)).unwrap().unwrap();
        assert!(marked.favourites.contains("usermapping"));
        assert_eq!(as_ada(marked.clone(), |scene| mark(scene, &name)), Ok(None));
        let unmarked = as_ada(marked, |scene| unmark(scene, "usermapping")).unwrap().unwrap();
        assert_eq!(unmarked, ada());
    }

    #[test]
    fn a_view_is_saved_replaced_and_deleted() {
        let saved = as_ada(ada(), |scene| save(scene, "mine", "q=a")).unwrap().unwrap();
        let replaced = as_ada(saved, |scene| save(scene, "mine", "q=b")).unwrap().unwrap();
        assert_eq!(replaced.views.get("mine").map(String::as_str), Some("q=b"));

        let deleted = as_ada(replaced, |scene| delete(scene, "mine")).unwrap().unwrap();
        assert!(deleted.views.is_empty());
        let again = as_ada(deleted, |scene| delete(scene, "mine"));
        assert_eq!(again, Err(Refusal::hidden("view named `mine`")));
    }

    #[test]
    fn there_is_an_end_to_what_one_keeps() {
        let mut full = ada();
        full.favourites = (0..FAVOURITES_MAX).map(|n| format!("m{n}")).collect();
        full.views = (0..VIEWS_MAX).map(|n| (format!("v{n}"), String::new())).collect();
        let name = MappingName::parse("one-more").unwrap();
        let is_too_many =
            |refused| matches!(refused, Err(Refusal::Conflict { code: "too-many", .. }));

        assert!(is_too_many(as_ada(full.clone(), |scene| mark(scene, &name))));
        assert!(is_too_many(as_ada(full, |scene| save(scene, "one more", ""))));
    }

    #[rstest]
    #[case("")]
    #[case(" a")]
    #[case("a\u{7}")]
    #[case("0123456789012345678901234567890123456789012345678901234567890")]
    fn a_name_that_cannot_be_shown_is_refused(#[case] name: &str) {
        let refused = as_ada(ada(), |scene| save(scene, name, ""));

        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    }

    #[rstest]
    #[case(Who::Open)]
    #[case(Who::Token(crate::auth::entity::Id(1)))]
    #[case(Who::CommandLine)]
    fn only_a_user_keeps_something(#[case] who: Who) {
        assert_eq!(decide(ada(), who, |scene| save(scene, "a", "")), Err(no_user()));
    }
}
