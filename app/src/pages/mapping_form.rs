//! The pages with the form of a mapping: a new one, one that is edited, one like another.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use leptos::prelude::*;

use super::query::Query;
use super::{Loaded, Posted, Visit, failure};
use crate::api::client::Client;
use crate::api::mapping::Mapping;
use crate::api::plan::Plan;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::draft::{Field, Form, Purpose, Stage, mapping_address};
use crate::islands::form::{CHOICES, Choice, MappingForm};

/// `/mappings/new`; the query may fill in fields: `?service=usersvc`.
pub(super) async fn create(client: &Client, visit: &Visit, query: &Query) -> Loaded {
    let form = posted(visit).unwrap_or_else(|| {
        let mut form = Form::create(key());
        for field in Field::ALL {
            if let Some(text) = query.get(field.key()) {
                form.typed.set(field, text.to_owned());
            }
        }
        form
    });
    page(client, form).await
}

/// `/mappings/{name}/edit`
pub(super) async fn edit(client: &Client, visit: &Visit, name: &str) -> Loaded {
    of_mapping(client, visit, name, Form::edit).await
}

/// `/mappings/{name}/clone`
pub(super) async fn clone(client: &Client, visit: &Visit, name: &str) -> Loaded {
    of_mapping(client, visit, name, Form::clone_of).await
}

async fn of_mapping(
    client: &Client,
    visit: &Visit,
    name: &str,
    fill: fn(&Mapping, String) -> Form,
) -> Loaded {
    if let Some(form) = posted(visit) {
        return page(client, form).await;
    }
    match client.mapping(name).await {
        Ok(mapping) => page(client, fill(&mapping, key())).await,
        Err(error) if error.status() == Some(404) => failure::no_mapping(name),
        Err(error) => failure::failed(Place::Mappings, "The mapping", error),
    }
}

fn posted(visit: &Visit) -> Option<Form> {
    match &visit.posted {
        Some(Posted::Mapping(form)) => Some(Form::clone(form)),
        _ => None,
    }
}

/// Loads what the form offers and foresees, and draws the page around it.
async fn page(client: &Client, form: Form) -> Loaded {
    let choices = choices(client).await;
    let plan = foreseen(client, &form).await;
    // asked for a review alone: an endpoint that does not answer takes its time
    let check = match &form.stage {
        Stage::Review(_) => client.check_service(&form.typed.service).await.ok(),
        _ => None,
    };
    let status = match &form.stage {
        Stage::Refused(error) => error.status().unwrap_or(503),
        _ => 200,
    };
    let (title, crumb, of) = match &form.purpose {
        Purpose::Create => ("New mapping".to_owned(), "new", None),
        Purpose::Edit(name) => (format!("Edit {name}"), "edit", Some(name.clone())),
        Purpose::Clone(name) => (format!("Clone {name}"), "clone", Some(name.clone())),
    };
    let heading = title.clone();
    let mut above = vec![("/mappings".to_owned(), "Mappings".to_owned())];
    above.extend(of.map(|name| (mapping_address(&name), name)));
    Loaded::new(title, Place::Mappings, move || {
        view! {
            <Crumbs above here=crumb />
            <PageHead title=heading />
            <MappingForm form plan check choices />
        }
    })
    .with_status(status)
}

/// Returns the first services by name; the form works without them.
async fn choices(client: &Client) -> Vec<Choice> {
    let Ok(page) = client.services("", CHOICES, None).await else { return Vec::new() };
    page.items.into_iter().map(Choice::of).collect()
}

/// Returns what the form does as it is filled in, if it is whole and not refused.
async fn foreseen(client: &Client, form: &Form) -> Option<Plan> {
    if form.stage != Stage::Typing || !form.typed.is_complete() {
        return None;
    }
    client.plan(&form.write()).await.ok()
}

/// Makes a key that no other form has: 128 bits of the hasher's seed, which the system gives. It
/// need not be secret.
fn key() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("form-{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_forms_have_the_same_key() {
        let keys: std::collections::BTreeSet<_> = (0..100).map(|_| key()).collect();

        assert_eq!(keys.len(), 100);
    }
}
