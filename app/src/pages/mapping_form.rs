//! The pages with the form of a mapping: a new one, one that is edited, one like another.

mod fields;
mod rail;
pub(super) mod refusal;
mod review;
mod rows;
mod sections;
mod sheet;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use leptos::prelude::*;

pub use self::rows::MORE;
use self::sheet::{Choice, Sheet};
use super::query::Query;
use super::{Loaded, Posted, Visit, claims, failure};
use crate::api::client::{Client, ClientError};
use crate::api::mapping::Mapping;
use crate::api::plan::Plan;
use crate::api::team::Role;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::draft::{Field, Form, Purpose, Stage, mapping_address};
use crate::fields::faults::faults;

/// How many services are offered at once.
const CHOICES: u32 = 50;

/// `/mappings/new`; the query may fill in fields: `?service=usersvc`.
pub(super) async fn create(client: &Client, visit: &Visit, query: &Query) -> Loaded {
    let posted = posted(visit);
    let asked = Asked::of(visit);
    let form = posted.unwrap_or_else(|| {
        let mut form = Form::create(key());
        for field in Field::ALL {
            if let Some(text) = query.get(field.key()) {
                form.typed.set(field, text.to_owned());
            }
        }
        form
    });
    page(client, visit, form, asked).await
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
        return page(client, visit, form, Asked::of(visit)).await;
    }
    match client.mapping(name).await {
        Ok(mapping) => page(client, visit, fill(&mapping, key()), Asked::Nothing).await,
        Err(error) if error.status() == Some(404) => failure::no_mapping(name),
        Err(error) => failure::failed(Place::Mappings, "The mapping", error),
    }
}

fn posted(visit: &Visit) -> Option<Form> {
    match &visit.posted {
        Some(Posted::Mapping { form, .. }) => Some(Form::clone(form)),
        _ => None,
    }
}

/// What the page is asked for besides the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    /// What is wrong with what is typed, although nobody has asked for a review.
    Faults,
    /// Whether the service answers.
    Check,
}

impl Asked {
    fn of(visit: &Visit) -> Self {
        match &visit.posted {
            Some(Posted::Mapping { is_check: true, .. }) => Self::Check,
            Some(_) => Self::Faults,
            None => Self::Nothing,
        }
    }
}

/// Loads what the form offers and foresees, and draws the page around it.
async fn page(client: &Client, visit: &Visit, form: Form, asked: Asked) -> Loaded {
    // an endpoint that does not answer takes its time
    let is_checked = asked == Asked::Check || matches!(form.stage, Stage::Review(_));
    let check = match is_checked && !form.typed.service.trim().is_empty() {
        true => client.check_service(&form.typed.service).await.ok(),
        false => None,
    };
    let choices = choices(client, &form, asked).await;
    let consumers = client.consumers().await.map(|list| list.items).unwrap_or_default();
    let consumers = consumers.into_iter().map(|consumer| consumer.name).collect();
    let teams = claims::teams_of(client, &visit.me, Role::Editor).await;
    let (plan, found) = match &form.stage {
        Stage::Refused(error) => (None, Some(error.clone())),
        Stage::Review(plan) => (Some(plan.clone()), None),
        Stage::Typing => match foreseen(client, &form, asked).await {
            Some(Ok(plan)) => (Some(plan), None),
            // who has not typed yet is told nothing
            Some(Err(error)) => (None, Some(error).filter(|_| asked != Asked::Nothing)),
            None => (None, None),
        },
    };
    let faults = found.as_ref().map(|error| faults(&form.typed.more, error)).unwrap_or_default();
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
            {sheet::draw(Sheet { form, found, faults, plan, check, choices, consumers, teams })}
        }
    })
    .with_status(status)
}

/// Returns services to choose from: the first by name, or, where there are more, those that are
/// called like what is typed. The form works without them.
async fn choices(client: &Client, form: &Form, asked: Asked) -> Vec<Choice> {
    let Ok(mut page) = client.services("", CHOICES, None).await else { return Vec::new() };
    if asked == Asked::Check && page.next_cursor.is_some() {
        page = client.services(&form.typed.service, CHOICES, None).await.unwrap_or(page);
    }
    page.items.into_iter().map(Choice::of).collect()
}

/// Returns what the form does as it is filled in, if it is whole.
async fn foreseen(client: &Client, form: &Form, asked: Asked) -> Option<Result<Plan, ClientError>> {
    if asked == Asked::Check || !form.typed.is_complete() {
        return None;
    }
    Some(client.plan(&form.write()).await)
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
