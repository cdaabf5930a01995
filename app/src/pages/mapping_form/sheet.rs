//! What the page knows when it draws the form, and which of its faces it shows.

use leptos::either::EitherOf3;
use leptos::prelude::*;

use super::{fields, rail, refusal, review};
use crate::api::client::ClientError;
use crate::api::plan::Plan;
use crate::api::service::{Service, ServiceCheck};
use crate::draft::{Field, Form, Stage, stale};
use crate::fields::faults::Fault;
use crate::islands::form::FormGuide;
use crate::numerals::counted;

/// A service that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) name: String,
    /// Says how many endpoints it has.
    pub(super) note: String,
}

impl Choice {
    pub(super) fn of(service: Service) -> Self {
        let note = counted(service.endpoints.len() as u64, "endpoint");
        Self { name: service.name, note }
    }
}

/// All that the form is drawn from.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) form: Form,
    /// Why the last review, save or preview failed.
    pub(super) found: Option<ClientError>,
    /// What of it is about the fields of the table.
    pub(super) faults: Vec<Fault>,
    /// What the last preview or review said.
    pub(super) plan: Option<Plan>,
    /// Whether the chosen service would answer, where that was asked.
    pub(super) check: Option<ServiceCheck>,
    /// The services that are offered.
    pub(super) choices: Vec<Choice>,
    /// Consumers that can be let in, by name.
    pub(super) consumers: Vec<String>,
    /// The teams whose it can be.
    pub(super) teams: Vec<String>,
}

impl Sheet {
    /// Returns what is wrong with a field.
    pub(super) fn error(&self, field: Field) -> Option<String> {
        self.found.as_ref().and_then(|error| field.error(error))
    }
}

/// Draws the form, and beside it what it will do.
pub(super) fn draw(sheet: Sheet) -> impl IntoView {
    let is_stale = matches!(&sheet.form.stage, Stage::Refused(error) if stale(error).is_some());
    let (is_review, is_typing) = match &sheet.form.stage {
        Stage::Review(_) => (true, false),
        Stage::Typing | Stage::Refused(_) => (false, !is_stale),
    };
    let face = match (is_review, is_stale) {
        (true, _) => EitherOf3::A(review::face(&sheet)),
        (_, true) => EitherOf3::B(refusal::stale_face(&sheet)),
        _ => EitherOf3::C(fields::face(&sheet)),
    };
    let summary = refusal::summary(&sheet);

    view! {
        <div class="columns form-page">
            <form
                class="card form"
                id="mapping-form"
                method="post"
                action=sheet.form.purpose.address()
                data-testid="mapping-form"
                data-dirty=sheet.form.is_dirty().then_some("")
            >
                <div id="form-trouble" role="alert">
                    {(is_typing).then_some(summary)}
                </div>
                {face}
            </form>
            <div class="rail">
                <div class="rail" id="foreseen">
                    {is_typing.then(|| rail::foreseen(&sheet))}
                </div>
                {rail::same_by_post(&sheet)}
            </div>
        </div>
        <FormGuide />
    }
}
