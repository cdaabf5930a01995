//! Offers to undo the deletion of a mapping: a plain form with one button, which posts to the page
//! that restores.

use leptos::prelude::*;

use crate::addresses::restore_address;
use crate::api::client::Client;
use crate::api::revision::{ChangeWord, RevisionEntry};
use crate::draft::mapping_address;

/// A mapping that was deleted, and can be made again as it was.
#[derive(Debug, Clone)]
pub(crate) struct Deleted {
    pub(crate) name: String,
    /// The revision before the deletion.
    pub(crate) before: u64,
}

impl Deleted {
    /// Reads it from the changes of `name`, the newest first; nothing when the mapping is there.
    pub(crate) fn of(name: &str, changes: &[RevisionEntry]) -> Option<Self> {
        let [newest, before, ..] = changes else { return None };
        let is_deleted = newest.change == ChangeWord::Deleted;
        is_deleted.then(|| Self { name: name.to_owned(), before: before.revision })
    }

    /// Asks whether `name` was deleted; what can't be known is not offered.
    pub(crate) async fn load(client: &Client, name: &str) -> Option<Self> {
        let page = client.revisions(Some(name), 2, None).await.ok()?;
        Self::of(name, &page.items)
    }
}

/// Shows the button.
pub(crate) fn undo(
    deleted: &Deleted,
    class: &'static str,
    label: &'static str,
) -> impl IntoView + use<> {
    let action = restore_address(&deleted.name, deleted.before);
    view! {
        <form method="post" action=action data-testid="undo">
            <button class=class type="submit">
                {label}
            </button>
        </form>
    }
}

/// Says that a mapping was deleted, and offers to undo that.
pub(crate) fn note(deleted: &Deleted) -> impl IntoView + use<> {
    let name = deleted.name.clone();
    view! {
        <div class="note accent undo" role="status" data-testid="deleted">
            <p>"Deleted " <a href=mapping_address(&name)>{name.clone()}</a> "."</p>
            {undo(deleted, "btn btn-small", "Undo")}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn entry(revision: u64, change: ChangeWord) -> RevisionEntry {
        RevisionEntry {
            revision,
            at: DateTime::UNIX_EPOCH,
            mapping: "user".to_owned(),
            actor: String::new(),
            team: "accounts".to_owned(),
            change,
            diff: Vec::new(),
            live_after_ms: None,
        }
    }

    #[test]
    fn only_what_is_deleted_now_can_be_undone() {
        let of = |changes: &[RevisionEntry]| Deleted::of("user", changes).map(|it| it.before);
        let [created, deleted] = [ChangeWord::Created, ChangeWord::Deleted];

        assert_eq!(of(&[entry(9, deleted), entry(4, created)]), Some(4));
        assert_eq!(of(&[entry(11, created), entry(9, deleted), entry(4, created)]), None);
        // what was before is older than what is kept
        assert_eq!(of(&[entry(9, deleted)]), None);
        assert_eq!(of(&[]), None);
    }
}
