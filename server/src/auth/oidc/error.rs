//! Why a sign-in at the provider did not come about.

use chrono::{DateTime, Utc};

/// Says why nobody was signed in: the text itself is for the log, [`OidcError::words`] for the
/// one who tried. Neither ever has a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The provider can't be reached, or does not answer as one does.
    #[error("the OIDC provider is not available: {0}")]
    Away(String),
    /// The provider and this portal are not set up for each other.
    #[error("the OIDC provider does not accept this client: {0}")]
    Setup(String),
    /// The provider has not let them in.
    #[error("the OIDC provider declined the sign-in: {0}")]
    Declined(String),
    /// This browser has not begun the sign-in, or it is over.
    #[error("no sign-in is under way to which this answer belongs: {0}")]
    Ended(String),
    /// What the provider says about the person does not hold.
    #[error("the OIDC provider's answer can't be trusted: {0}")]
    Untrusted(String),
    /// Who they are is known, but not in which groups.
    #[error("the OIDC provider does not tell the groups: {0}")]
    Groups(String),
}

impl OidcError {
    /// Says it to the one who tried, and what they can do.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Away(_) => {
                "The sign-in service can't be reached right now. Try again in a minute, or sign in with a password if you have one."
            }
            Self::Setup(_) => {
                "The sign-in service does not accept this portal. An admin finds the reason in the log."
            }
            Self::Declined(_) => "The sign-in service did not let you in.",
            Self::Ended(_) => {
                "This sign-in took too long, was used already, or was begun elsewhere. Begin again."
            }
            Self::Untrusted(_) => {
                "The sign-in service's answer could not be verified, so you are not signed in. An admin finds the reason in the log."
            }
            Self::Groups(_) => {
                "The sign-in service did not tell which groups you are in, so you are not signed in. An admin finds the reason in the log."
            }
        }
    }
}

/// When something failed, and why.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) at: DateTime<Utc>,
    pub(super) error: OidcError,
}
