//! The form of a mapping: new, edited or cloned.
//!
//! The server renders it in any of its stages from a [`Form`]; without JavaScript its buttons post
//! it to its own address, and it comes back in the next stage. Here it goes through the same stages
//! in place, and while one types it shows what the mapping will do.

mod act;
mod fields;
pub(crate) mod plan;
mod rail;
mod refusal;
mod review;

#[cfg(feature = "ssr")]
pub(crate) use self::refusal::request_id;
use leptos::either::EitherOf3;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use web_sys::SubmitEvent;

use crate::api::client::ClientError;
use crate::api::plan::Plan;
use crate::api::service::{Service, ServiceCheck};
use crate::draft::{Field, Form, Stage, Typed, stale};
use crate::numerals::counted;

/// A service that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choice {
    pub(crate) name: String,
    /// Says how many endpoints it has.
    pub(crate) note: String,
}

impl Choice {
    pub(crate) fn of(service: Service) -> Self {
        let note = counted(service.endpoints.len() as u64, "endpoint");
        Self { name: service.name, note }
    }
}

/// How many services are offered at once.
pub(crate) const CHOICES: u32 = 50;

/// The state of the form on the page; a copy is the same state.
#[derive(Debug, Clone, Copy)]
struct Sheet {
    form: RwSignal<Form>,
    /// Fields that were typed in: only they show what a preview finds wrong.
    touched: RwSignal<Vec<Field>>,
    /// Why the last review, save or preview failed.
    found: RwSignal<Option<ClientError>>,
    /// What the last preview or review said.
    plan: RwSignal<Option<Plan>>,
    /// Whether the chosen service would answer.
    check: RwSignal<Option<ServiceCheck>>,
    /// The services that are offered.
    choices: RwSignal<Vec<Choice>>,
    is_sending: RwSignal<bool>,
    /// What is saved already, or nothing: leaving loses what differs.
    saved: StoredValue<Typed>,
    /// Counts what was typed, so that an answer that comes late is passed over.
    typings: StoredValue<u64>,
    is_leaving: StoredValue<bool>,
}

/// Which of its three faces the form shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    Fields,
    Review,
    Stale,
}

impl Sheet {
    fn new(
        form: Form,
        plan: Option<Plan>,
        check: Option<ServiceCheck>,
        choices: Vec<Choice>,
    ) -> Self {
        let (found, touched, plan) = match &form.stage {
            Stage::Typing => (None, Vec::new(), plan),
            Stage::Refused(error) => (Some(error.clone()), Field::ALL.to_vec(), plan),
            Stage::Review(plan) => (None, Vec::new(), Some(plan.clone())),
        };
        let saved = match (&form.base, &form.stage) {
            (Some(base), _) => base.clone(),
            (None, Stage::Typing) => form.typed.clone(),
            (None, _) => Typed::empty(),
        };
        Self {
            form: RwSignal::new(form),
            touched: RwSignal::new(touched),
            found: RwSignal::new(found),
            plan: RwSignal::new(plan),
            check: RwSignal::new(check),
            choices: RwSignal::new(choices),
            is_sending: RwSignal::new(false),
            saved: StoredValue::new(saved),
            typings: StoredValue::new(0),
            is_leaving: StoredValue::new(false),
        }
    }

    fn face(self) -> Face {
        self.form.with(|form| match &form.stage {
            Stage::Typing => Face::Fields,
            Stage::Refused(error) if stale(error).is_some() => Face::Stale,
            Stage::Refused(_) => Face::Fields,
            Stage::Review(_) => Face::Review,
        })
    }

    /// Returns what is wrong with a field that was typed in.
    fn error(self, field: Field) -> Option<String> {
        let is_touched = self.touched.with(|touched| touched.contains(&field));
        self.found
            .with(|found| found.as_ref().and_then(|error| field.error(error)))
            .filter(|_| is_touched)
    }

    /// Tells whether leaving now would lose something.
    fn is_dirty(self) -> bool {
        !self.is_leaving.get_value()
            && self.form.with_untracked(|form| self.saved.with_value(|saved| *saved != form.typed))
    }
}

/// Shows the form, and beside it what it will do.
#[island]
pub(crate) fn MappingForm(
    form: Form,
    /// What the mapping does as it is filled in.
    plan: Option<Plan>,
    /// Whether its service answers, where that was asked.
    check: Option<ServiceCheck>,
    /// Services to choose from.
    choices: Vec<Choice>,
) -> impl IntoView {
    let address = form.purpose.address();
    let sheet = Sheet::new(form, plan, check, choices);
    #[cfg(feature = "hydrate")]
    act::come_to_life(sheet);
    let face = Memo::new(move |_| sheet.face());
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        act::submit(sheet, &event);
    };

    view! {
        <div class="columns form-page">
            <form
                class="card form"
                id="mapping-form"
                method="post"
                action=address
                data-testid="mapping-form"
                aria-busy=move || sheet.is_sending.get().then_some("true")
                on:submit=send
            >
                {move || match face.get() {
                    Face::Fields => EitherOf3::A(fields::face(sheet)),
                    Face::Review => EitherOf3::B(review::face(sheet)),
                    Face::Stale => EitherOf3::C(refusal::stale_face(sheet)),
                }}
            </form>
            <div class="rail">
                {move || (face.get() == Face::Fields).then(|| rail::preview(sheet))}
                {rail::same_by_post(sheet)}
            </div>
        </div>
    }
}
