//! What a user keeps of the list: views of it under names, and marked mappings.

use leptos::prelude::*;

use super::{Kept, address};
use crate::api::list::ListQuery;
use crate::components::action::{ActionForm, TextField};
use crate::pages::list_query;

/// The forms: save a view, delete one, mark a mapping or take the mark back.
pub(super) const SAVE: &str = "view.put";
const DELETE: &str = "view.delete";
const MARK: &str = "favourite";

/// Shows the saved views, and the form that saves this one.
pub(super) fn views(state: &ListQuery, kept: &Kept) -> impl IntoView + use<> {
    let here = list_query(&state.to_query_string());
    let saved = kept.views.iter().map(|saved| {
        let (name, query) = (saved.name.clone(), saved.query.clone());
        let is_here = query == here;
        let href = match query.as_str() {
            "" => "/mappings".to_owned(),
            query => format!("/mappings?{query}"),
        };
        // the one that is shown can be deleted
        let delete = is_here.then(|| {
            let (label, name) = (format!("Delete the view {name}"), name.clone());
            view! {
                <ActionForm to=DELETE class="inline">
                    <input type="hidden" name="name" value=name />
                    <button class="btn btn-quiet" aria-label=label>
                        "Delete"
                    </button>
                </ActionForm>
            }
        });
        view! {
            <li>
                <a class="facet" href=href aria-current=is_here.then_some("true")>
                    {name}
                </a>
                {delete}
            </li>
        }
    });
    let saved = saved.collect_view();
    let is_saved = kept.views.iter().any(|saved| saved.query == here);
    let tried = kept.saving.clone();
    let is_open = tried.refusal().is_some();
    let save = (!is_saved).then(|| {
        view! {
            <li>
                <details class="save-view" open=is_open>
                    <summary>"Save this view"</summary>
                    <ActionForm to=SAVE tried=tried.clone() fields=&["name"] class="row-form">
                        <input type="hidden" name="query" value=here.clone() />
                        <TextField
                            name="name"
                            id="view-name"
                            label="Name of the view"
                            tried=tried.clone()
                            maxlength=60
                            required=true
                        />
                        <button class="btn">"Save"</button>
                    </ActionForm>
                </details>
            </li>
        }
    });
    view! {
        <nav class="views" aria-label="Saved views" data-testid="views">
            <ul class="facets">{saved} {save}</ul>
        </nav>
    }
}

/// The form that the stars of the rows belong to.
pub(super) fn marking(state: &ListQuery) -> impl IntoView + use<> {
    let query = address::href(state);
    let query = query.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
    view! {
        <form id="favourites" method="post" hidden>
            <input type="hidden" name="do" value=MARK />
            <input type="hidden" name="query" value=query />
        </form>
    }
}
