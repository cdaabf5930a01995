//! Holds what is typed into the form of a mapping, and what came of it: without looks, without IO.
//!
//! ```text
//! filled ─▶ Typing ─ review ─▶ Review(plan) ─ apply ─▶ the mapping's page
//!             ▲  ▲                  │    │
//!             │  └─────── edit ─────┘    ├─ refused ─▶ Refused(error), with everything typed
//!             └──────────────────────────┴─ 412 ─────▶ Refused(stale): mine, theirs
//! ```
//! The browser's island and the server's plain form go through the same stages. No rule about
//! mappings is here: what is typed goes to the server as it is.

pub mod compare;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::client::{ClientError, Write, encode_segment};
use crate::api::mapping::{Mapping, MappingDraft};
use crate::api::plan::Plan;
use crate::fields::texts::{Texts, answers_itself, beside, over};

/// The services among which requests are shared; the first is `service`.
const BACKENDS: &str = "backends";

/// What a rewrite is unless something else is typed.
pub const REWRITE_DEFAULT: &str = "/";

/// What of a mapping's JSON is not its owner's to say.
const NOT_TYPED: [&str; 4] = ["revision", "created_at", "updated_at", "warnings"];

/// The first fields, in the order in which they are shown and in which errors are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Field {
    Name,
    Prefix,
    Service,
    Team,
    Rewrite,
    Labels,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Name, Self::Prefix, Self::Service, Self::Team, Self::Rewrite, Self::Labels];

    /// Returns the name in the form, in the API's body and in its errors; also the input's id.
    pub fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Prefix => "prefix",
            Self::Service => "service",
            Self::Team => "team",
            Self::Rewrite => "rewrite",
            Self::Labels => "labels",
        }
    }

    /// Returns the word beside the input.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Prefix => "Prefix",
            Self::Service => "Service",
            Self::Team => "Team",
            Self::Rewrite => "Rewrite",
            Self::Labels => "Labels",
        }
    }

    /// Returns what the server found wrong with the field, or with an element of it.
    pub fn error(self, error: &ClientError) -> Option<String> {
        let ClientError::Problem(problem) = error else { return None };
        let own = problem.errors.iter().find(|error| {
            let rest = error.field().strip_prefix(self.key());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        own.map(|error| error.message.clone())
    }
}

/// The texts of the form, as they are typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub name: String,
    pub prefix: String,
    pub service: String,
    /// Empty: the team that has the place, or the only one that it can be.
    pub team: String,
    pub rewrite: String,
    /// All labels, separated by spaces or commas.
    pub labels: String,
    /// What is typed into the fields of the table.
    pub more: Texts,
    /// What the mapping has besides, which the form only carries along.
    pub rest: Map<String, Value>,
}

impl Typed {
    /// Returns the form of a mapping that has no content yet.
    pub fn empty() -> Self {
        Self { rewrite: REWRITE_DEFAULT.to_owned(), ..Self::default() }
    }

    /// Writes a mapping as one would type it.
    pub fn of(mapping: &Mapping) -> Self {
        let mut json = match serde_json::to_value(mapping) {
            Ok(Value::Object(json)) => json,
            _ => Map::new(),
        };
        let first = Field::ALL.map(Field::key);
        json.retain(|key, value| key != "host" || value != "*");
        json.retain(|key, _| !first.contains(&&**key) && !NOT_TYPED.contains(&&**key));
        Self {
            more: Texts::of(&json),
            rest: beside(&json),
            name: mapping.name.clone(),
            prefix: mapping.prefix.clone(),
            service: mapping.service.clone(),
            team: mapping.team.clone(),
            rewrite: mapping.rewrite.clone(),
            labels: mapping.labels.join(" "),
        }
    }

    pub fn get(&self, field: Field) -> &str {
        match field {
            Field::Name => &self.name,
            Field::Prefix => &self.prefix,
            Field::Service => &self.service,
            Field::Team => &self.team,
            Field::Rewrite => &self.rewrite,
            Field::Labels => &self.labels,
        }
    }

    pub fn set(&mut self, field: Field, text: String) {
        *match field {
            Field::Name => &mut self.name,
            Field::Prefix => &mut self.prefix,
            Field::Service => &mut self.service,
            Field::Team => &mut self.team,
            Field::Rewrite => &mut self.rewrite,
            Field::Labels => &mut self.labels,
        } = text;
    }

    /// Returns what is sent to the API beside the draft: texts that are not what their fields want
    /// go there, too, to be judged.
    pub fn extras(&self) -> Map<String, Value> {
        let mut rest = self.rest.clone();
        // who names another service ends its sharing with others, which the plan shows
        if rest.get(BACKENDS).is_some_and(|all| all[0]["service"] != self.service) {
            rest.remove(BACKENDS);
        }
        over(rest, self.more.json())
    }

    /// Returns what is sent to the API of the first fields.
    pub fn draft(&self) -> MappingDraft {
        let labels = labels(&self.labels);
        MappingDraft {
            name: self.name.clone(),
            prefix: self.prefix.clone(),
            service: self.service.clone(),
            rewrite: Some(self.rewrite.clone()),
            labels: (!labels.is_empty()).then_some(labels),
            team: Some(self.team.clone()).filter(|team| !team.is_empty()),
            ..MappingDraft::default()
        }
    }

    /// Returns how many of the fields under *Advanced* are not at their default.
    pub fn advanced_set(&self) -> usize {
        usize::from(self.rewrite != REWRITE_DEFAULT) + usize::from(!labels(&self.labels).is_empty())
    }

    /// Tells whether what a mapping needs is there.
    pub fn is_complete(&self) -> bool {
        let has_target = !self.service.is_empty() || answers_itself(&self.more);
        has_target && !self.name.is_empty() && !self.prefix.is_empty()
    }

    /// Makes of the form's own key one for just this content: the same form with other content is
    /// another request.
    fn idempotency_key(&self, key: &str) -> String {
        // FNV-1a, 64 bits: it only has to tell the few contents of one form apart
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let rest = Value::from(self.rest.clone()).to_string();
        let first = Field::ALL.into_iter().map(|field| self.get(field));
        let more = self.more.pairs().flat_map(|(name, text)| [name, text]);
        for text in first.chain(more).chain([rest.as_str()]) {
            for byte in text.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        format!("{key}-{hash:016x}")
    }
}

/// Splits labels at spaces and commas; one that is typed twice counts once.
pub fn labels(typed: &str) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    let words = typed.split(|c: char| c == ',' || c.is_whitespace());
    for word in words.filter(|word| !word.is_empty()) {
        if !labels.iter().any(|known| known == word) {
            labels.push(word.to_owned());
        }
    }
    labels
}

/// What the form is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    Create,
    /// Changes the mapping of this name.
    Edit(String),
    /// Creates a mapping like the one of this name.
    Clone(String),
}

impl Purpose {
    /// Returns the address of the form, to which it is posted without JavaScript.
    pub fn address(&self) -> String {
        match self {
            Self::Create => "/mappings/new".to_owned(),
            Self::Edit(name) => format!("/mappings/{}/edit", encode_segment(name)),
            Self::Clone(name) => format!("/mappings/{}/clone", encode_segment(name)),
        }
    }

    /// Returns where *Cancel* leads.
    pub fn back(&self) -> String {
        match self {
            Self::Create => "/mappings".to_owned(),
            Self::Edit(name) | Self::Clone(name) => mapping_address(name),
        }
    }
}

/// Returns the address of a mapping's page.
pub fn mapping_address(name: &str) -> String {
    format!("/mappings/{}", encode_segment(name))
}

/// How far the form has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    Typing,
    /// The last review or save failed.
    Refused(ClientError),
    /// Shows what a save would do.
    Review(Plan),
}

/// The form of a mapping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Form {
    pub purpose: Purpose,
    pub typed: Typed,
    /// What the form was filled from, when it was a mapping that is to be changed.
    pub base: Option<Typed>,
    /// The revision of `base`; a new mapping replaces none.
    pub replaces: Option<u64>,
    /// Random: makes a form that is sent twice one creation.
    pub key: String,
    /// The field whose next row was asked for.
    pub more_of: Option<String>,
    pub stage: Stage,
}

impl Form {
    /// Makes the form for a new mapping.
    pub fn create(key: String) -> Self {
        Self {
            purpose: Purpose::Create,
            typed: Typed::empty(),
            base: None,
            replaces: None,
            key,
            more_of: None,
            stage: Stage::Typing,
        }
    }

    /// Makes the form that changes `mapping`.
    pub fn edit(mapping: &Mapping, key: String) -> Self {
        Self {
            purpose: Purpose::Edit(mapping.name.clone()),
            typed: Typed::of(mapping),
            base: Some(Typed::of(mapping)),
            replaces: Some(mapping.revision),
            key,
            more_of: None,
            stage: Stage::Typing,
        }
    }

    /// Makes the form for a mapping like `mapping`: name and prefix must differ, and are left to
    /// be typed.
    pub fn clone_of(mapping: &Mapping, key: String) -> Self {
        let typed = Typed { name: String::new(), prefix: String::new(), ..Typed::of(mapping) };
        Self { purpose: Purpose::Clone(mapping.name.clone()), typed, ..Self::create(key) }
    }

    /// Tells whether leaving the form would lose something.
    pub fn is_dirty(&self) -> bool {
        match (&self.base, &self.stage) {
            (Some(base), _) => *base != self.typed,
            // what an address has filled in is not typed
            (None, Stage::Typing) => self.more_of.is_some(),
            (None, _) => true,
        }
    }

    /// Returns what is sent.
    pub fn write(&self) -> Write {
        Write {
            draft: self.typed.draft(),
            extras: self.typed.extras(),
            replaces: self.replaces,
            idempotency_key: Some(self.typed.idempotency_key(&self.key)),
        }
    }

    /// Goes on from what a review answered.
    pub fn reviewed(&mut self, answer: Result<Plan, ClientError>) {
        self.stage = match answer {
            Ok(plan) => Stage::Review(plan),
            Err(error) => Stage::Refused(error),
        };
    }

    /// Returns the form that puts what was typed on top of what the mapping is by now; without a
    /// mapping, the form that creates it again.
    pub fn on_top_of(&self, theirs: Option<&Mapping>) -> Self {
        let typed = match theirs {
            Some(theirs) => compare::merge(self.base.as_ref(), &self.typed, &Typed::of(theirs)),
            None => self.typed.clone(),
        };
        Self {
            typed,
            base: theirs.map(Typed::of),
            replaces: theirs.map(|theirs| theirs.revision),
            ..self.clone()
        }
    }
}

/// Tells whether an error says that the mapping has changed meanwhile, and what it is by now:
/// nothing when it was deleted.
pub fn stale(error: &ClientError) -> Option<Option<&Mapping>> {
    match error {
        ClientError::Problem(problem) if problem.status == 412 => Some(problem.current.as_deref()),
        _ => None,
    }
}

/// Finds the mapping that has the name or the prefix already, if the reader may know it.
pub fn owner(error: &ClientError) -> Option<&str> {
    let ClientError::Problem(problem) = error else { return None };
    let before = match problem.code.as_str() {
        "name-taken" => "named `",
        "prefix-taken" => "mapped by `",
        _ => return None,
    };
    let (_, rest) = problem.detail.split_once(before)?;
    rest.split('`').next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests;
