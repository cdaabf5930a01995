//! What the portal's forms do when they are posted without JavaScript.
//!
//! ```text
//! fields ─▶ Form ─ step=review ─▶ plan ─▶ the page again, showing it
//!                ─ step=apply ──▶ save ─▶ 303 to the mapping's page, or the page again
//!                ─ step=edit ───▶ the page again, with the fields
//! ```
//! They call the REST API in process, as the browser's islands do by fetch.

use std::collections::BTreeMap;

use app::{
    api::{
        client::{Client, ClientError, Saved},
        plan::Action,
        request::Request,
    },
    draft::{Field, Form, Purpose, Stage, Typed, mapping_address},
    fields::texts::Texts,
    pages::{delete_mapping::recent_requests, mapping_form::MORE, requests},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields of a mapping's form, all of them texts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MappingFields {
    name: String,
    prefix: String,
    service: String,
    team: String,
    rewrite: Option<String>,
    labels: String,
    /// What the form was filled from, with `replaces`.
    base_prefix: Option<String>,
    base_service: String,
    base_team: String,
    base_rewrite: String,
    base_labels: String,
    replaces: Option<String>,
    key: String,
    step: String,
    /// What no field of the form has, as JSON.
    rest: String,
    base_rest: String,
    /// The fields of the table, and, with `base_` in front, what they were filled from.
    #[serde(flatten)]
    more: BTreeMap<String, String>,
}

/// What a posted form leads to.
#[derive(Debug)]
pub(super) enum Next {
    /// Another page; what was posted is done.
    Go(String),
    /// The same page, with the form.
    Show { form: Box<Form>, is_check: bool },
}

impl MappingFields {
    /// Does what the pressed button says; `request` is the id of the request that brought it.
    pub(super) async fn submit(
        self,
        client: &Client,
        purpose: Purpose,
        request: Option<&str>,
    ) -> Next {
        let step = self.step.clone();
        let mut form = self.into_form(purpose);
        match step.as_str() {
            "apply" => match client.save(&form.write()).await {
                Ok(Saved::Now(mapping)) => return Next::Go(mapping_address(&mapping.name)),
                Ok(Saved::Asked(request)) => return Next::Go(requests::address(request.id)),
                Err(error) => form.reviewed(Err(named(error, request))),
            },
            // the page says by itself what is foreseen, and whether the service answers
            "edit" | "preview" | "check" => {}
            step if step.starts_with(MORE) => {
                form.more_of = step.strip_prefix(MORE).map(str::to_owned);
            }
            // Enter in a field presses the first button, and a form sent by hand has none
            _ => {
                let plan = client.plan(&form.write()).await;
                form.reviewed(plan.map_err(|error| named(error, request)));
            }
        }
        Next::Show { form: Box::new(form), is_check: step == "check" }
    }

    fn into_form(self, purpose: Purpose) -> Form {
        let pairs = || self.more.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let base_pairs =
            pairs().filter_map(|(name, text)| Some((name.strip_prefix("base_")?, text)));
        let (more, base_more) = (Texts::posted(pairs()), Texts::posted(base_pairs));
        let rewrite = self.rewrite.unwrap_or_else(|| Typed::empty().rewrite);
        let mut typed = Typed {
            name: self.name,
            prefix: self.prefix,
            service: self.service,
            team: self.team,
            rewrite,
            labels: self.labels,
            more,
            rest: object(&self.rest),
        };
        // a mapping keeps its name
        if let Purpose::Edit(name) = &purpose {
            typed.set(Field::Name, name.clone());
        }
        let base = self.base_prefix.map(|prefix| Typed {
            name: typed.name.clone(),
            prefix,
            service: self.base_service,
            team: self.base_team,
            rewrite: self.base_rewrite,
            labels: self.base_labels,
            more: base_more,
            rest: object(&self.base_rest),
        });
        Form {
            base,
            replaces: self.replaces.and_then(|revision| revision.parse().ok()),
            typed,
            purpose,
            key: self.key,
            more_of: None,
            stage: Stage::Typing,
        }
    }
}

/// Reads what a form carries along; what somebody has broken is as if it were not there.
fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The fields of the page that asks before a mapping is deleted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeletionFields {
    /// The revision that the page has shown.
    revision: Option<String>,
    /// The prefix, typed where the mapping is in use.
    pub(super) confirm: String,
}

/// Why a mapping was not deleted.
#[derive(Debug)]
pub(super) enum Kept {
    /// It is in use, and the prefix was not typed.
    Unconfirmed,
    Refused(ClientError),
}

impl DeletionFields {
    /// Deletes the mapping; one that is gone already is what was wanted.
    pub(super) async fn submit(
        &self,
        client: &Client,
        name: &str,
        request: Option<&str>,
    ) -> Result<Option<Request>, Kept> {
        if recent_requests(client, name).await.is_some_and(|recent| recent > 0) {
            match client.mapping(name).await {
                Ok(mapping) if mapping.prefix != self.confirm => return Err(Kept::Unconfirmed),
                Ok(_) => {}
                Err(error) => return gone_or(named(error, request)),
            }
        }
        let revision = self.revision.as_deref().and_then(|revision| revision.parse().ok());
        let deleted = client.delete(name, revision).await;
        deleted.or_else(|error| gone_or(named(error, request)))
    }
}

/// The fields of the page that asks before a revision is restored; the address names that.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RestorationFields {
    /// The revision that the page has shown as the newest; absent when the mapping was gone.
    replaces: Option<String>,
}

impl RestorationFields {
    /// Restores the revision, or asks those who must agree to it; what the mapping has already
    /// is what was wanted.
    pub(super) async fn submit(
        &self,
        client: &Client,
        name: &str,
        revision: u64,
        request: Option<&str>,
    ) -> Result<Option<Request>, ClientError> {
        let replaces = self.replaces.as_deref().and_then(|revision| revision.parse().ok());
        let error = match client.restore(name, revision, replaces).await {
            Ok(Saved::Now(_)) => return Ok(None),
            Ok(Saved::Asked(request)) => return Ok(Some(*request)),
            Err(error) => error,
        };
        // a button that was pressed twice, or somebody who was faster
        let plan = if error.status() == Some(412) {
            Some(client.plan_restore(name, revision).await)
        } else {
            None
        };
        match plan {
            Some(Ok(plan)) if plan.action == Action::Unchanged => Ok(None),
            _ => Err(named(error, request)),
        }
    }
}

fn gone_or(error: ClientError) -> Result<Option<Request>, Kept> {
    let is_gone = match &error {
        ClientError::Problem(problem) => {
            problem.status == 404 || (problem.status == 412 && problem.current.is_none())
        }
        _ => false,
    };
    if is_gone { Ok(None) } else { Err(Kept::Refused(error)) }
}

/// Names the request in a problem: the call in process has no id of its own.
pub(super) fn named(error: ClientError, request: Option<&str>) -> ClientError {
    match error {
        ClientError::Problem(mut problem) => {
            problem.request_id = problem.request_id.take().or_else(|| request.map(str::to_owned));
            ClientError::Problem(problem)
        }
        other => other,
    }
}
