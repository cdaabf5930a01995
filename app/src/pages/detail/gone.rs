//! The page of a mapping that does not exist, with its history if it did.

use leptos::prelude::*;

use super::{Address, history};
use crate::api::client::Client;
use crate::api::revision::ChangeWord;
use crate::api::team::Role;
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::page_head::Crumbs;
use crate::components::time::Ago;
use crate::components::undo::{Deleted, undo};
use crate::pages::{Loaded, Visit};

pub(super) async fn page(client: &Client, visit: &Visit, mut address: Address) -> Loaded {
    // Without a history it is as if it had never been.
    let past =
        client.revisions(Some(&address.name), history::LIMIT, None).await.unwrap_or_default();
    let team = past.items.first().map(|entry| entry.team.as_str());
    address.may_change = team.is_some_and(|team| visit.me.may(Role::Editor, team));
    Loaded::new("Not found", Place::Mappings, move || {
        let deleted = past.items.first().filter(|entry| entry.change == ChangeWord::Deleted);
        let deleted = deleted.map(|entry| {
            view! {
                <p>"It was deleted " <Ago at=entry.at /> ". What was changed until then is below."</p>
            }
        });
        let undoing = Deleted::of(&address.name, &past.items)
            .filter(|_| address.may_change)
            .map(|deleted| undo(&deleted, "btn btn-primary", "Undo the deletion"));
        let back_class = if undoing.is_some() { "btn" } else { "btn btn-primary" };
        let never = past.items.is_empty().then(|| {
            view! { <p>"The address may be mistyped, or its history is older than what is kept."</p> }
        });
        let history = (!past.items.is_empty()).then(|| history::table(&address, &past));
        let above = vec![(address.list_href(), "Mappings".to_owned())];
        view! {
            <Crumbs above here=address.name.clone() />
            <h1 class="visually-hidden">{format!("{} does not exist", address.name)}</h1>
            <div class="stack">
                <Empty title=format!("There is no mapping named {}", address.name) testid="not-found">
                    {deleted}
                    {never}
                    <div class="page-actions">
                        {undoing}
                        <a class=back_class href=address.list_href()>
                            "All mappings"
                        </a>
                    </div>
                </Empty>
                {history}
            </div>
        }
    })
    .with_status(404)
}
