//! What lets people in: compares passwords, slows down who guesses them, and keeps the link by which
//! the first admin is made.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{caller::Caller, error::ApiError, state::AppState};
use crate::auth::{
    entity::PasswordHash,
    hasher::{HashError, Hasher, Verdict},
    lockout::{Attempt, Lockout, MustWait},
    password::{Password, Presented},
    secret::{Secret, SecretHash},
};

/// How long the link to the first admin leads anywhere.
const LINK_LASTS: TimeDelta = TimeDelta::hours(1);

/// One for the process.
#[derive(Debug, Default)]
pub struct Desk {
    hasher: Hasher,
    lockout: Mutex<Lockout>,
    link: Mutex<Option<Link>>,
}

/// The link to the first admin; only its hash is kept, and only in memory.
#[derive(Debug, Clone)]
struct Link {
    hash: SecretHash,
    ends_at: DateTime<Utc>,
}

impl Desk {
    /// Makes the link to the first admin; one that there was before ends.
    pub fn make_link(&self, now: DateTime<Utc>) -> Secret {
        let secret = Secret::random("");
        *held(&self.link) = Some(Link { hash: secret.hash(), ends_at: now + LINK_LASTS });
        secret
    }

    /// Tells whether this is the end of the link, and the link still leads somewhere.
    pub(super) fn is_link(&self, secret: &str, now: DateTime<Utc>) -> bool {
        let link = held(&self.link).clone();
        link.is_some_and(|link| now < link.ends_at && link.hash == SecretHash::of(secret))
    }

    /// Ends the link.
    pub(super) fn end_link(&self) {
        *held(&self.link) = None;
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// 503 when too many are hashed already.
    pub(super) async fn hash(&self, password: Password) -> Result<PasswordHash, ApiError> {
        self.hasher.hash(password).await.map_err(unavailable)
    }

    /// Compares what is presented with the password of an account, slowly when others have failed.
    /// Returns the hash that takes the old one's place, where there is one.
    ///
    /// # Errors
    /// `None` when the password is wrong; 429 when one must wait, 503 when too many are compared
    /// already.
    pub(super) async fn compare(
        &self,
        state: &AppState,
        caller: &Caller,
        account: &str,
        kept: Option<PasswordHash>,
        presented: Presented,
    ) -> Result<Option<PasswordHash>, Option<ApiError>> {
        let attempt = self.begin(state, caller, account)?;
        match self.hasher.verify(kept, presented).await {
            Ok(Verdict::Right { newer }) => {
                held(&self.lockout).succeeded(attempt);
                Ok(newer)
            }
            // dropped, the attempt stays a failure
            Ok(Verdict::Wrong) => Err(None),
            Err(error) => {
                held(&self.lockout).undecided(attempt);
                Err(Some(unavailable(error)))
            }
        }
    }

    fn begin(&self, state: &AppState, caller: &Caller, account: &str) -> Result<Attempt, ApiError> {
        let address = caller.author.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let begun = held(&self.lockout).begin(account, address, state.clock.now());
        begun.map_err(|wait: MustWait| ApiError::locked_out(wait.to_string(), wait.seconds))
    }
}

/// What the lock guards is whole between any two statements.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unavailable(error: HashError) -> ApiError {
    ApiError::unavailable(error.to_string())
}

/// Reads a password that is to be kept, for the field `field`.
///
/// # Errors
/// 422 with the rule that it breaks.
pub(super) fn read_password(field: &str, text: &str, user: &str) -> Result<Password, ApiError> {
    Password::parse(text, user).map_err(|error| ApiError::invalid_field(field, error))
}
