//! Why something was not done, for whoever asked for it.

use app::api::problem::FieldError;

use super::{claim::Territory, names::TeamName};

/// Says why a principal was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("sign in first, or send an API token as `Authorization: Bearer`")]
    SignIn,
    /// It may be there, but that is none of the caller's business.
    #[error("there is no {what}")]
    Hidden { what: String },
    #[error("only {needed} may do this")]
    Forbidden { needed: String },
    /// The place belongs to another team.
    #[error("{} to the team `{owner}`{}; ask them to grant it to `{team}`", belongs(wanted, claimed), reached_at(.contact))]
    Claimed { wanted: Territory, claimed: String, owner: TeamName, team: TeamName, contact: String },
    #[error("`{wanted}` belongs to no team yet, and here only an admin can claim a place for one")]
    Unclaimed { wanted: Territory },
    /// The place has others' inside it.
    #[error(
        "`{wanted}` encloses `{inside}`, which belongs to the team `{owner}`; only an admin can claim what lies around another team's place"
    )]
    Encloses { wanted: Territory, inside: Territory, owner: TeamName },
    #[error("only an admin can claim `/`, since everything lies in it")]
    Root,
    /// Fields of what was sent are wrong.
    #[error("{}", said(.0))]
    Invalid(Vec<FieldError>),
    /// It would be there twice.
    #[error("{detail}")]
    Taken { field: &'static str, detail: String },
    /// It can't be done in the state that things are in.
    #[error("{detail}")]
    Conflict { code: &'static str, detail: String },
    /// It is not what the caller expects it to be.
    #[error("{detail}")]
    Outdated { detail: String },
}

impl Refusal {
    /// One field is wrong.
    pub fn field(field: &str, message: impl ToString) -> Self {
        Self::Invalid(vec![FieldError::new(field, message.to_string())])
    }

    /// There is nothing of that name, as far as the caller may know.
    pub fn hidden(what: impl Into<String>) -> Self {
        Self::Hidden { what: what.into() }
    }
}

fn belongs(wanted: &Territory, claimed: &str) -> String {
    match claimed == wanted.as_str() {
        true => format!("`{wanted}` belongs"),
        false => format!("`{wanted}` lies in `{claimed}`, which belongs"),
    }
}

fn reached_at(contact: &str) -> String {
    if contact.is_empty() { String::new() } else { format!(" ({contact})") }
}

fn said(errors: &[FieldError]) -> String {
    let said: Vec<_> =
        errors.iter().map(|error| format!("`{}` {}", error.field(), error.message)).collect();
    said.join("; ")
}
