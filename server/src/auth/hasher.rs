//! Keeps and compares passwords: argon2id, apart from the tasks that serve requests.
//!
//! ```text
//! hash, verify ─▶ a place to wait, or Busy ─▶ a core ─▶ argon2id on a thread of its own
//! ```
//! A comparison costs the same whether there is such a user or not, so that neither the answer nor
//! its time tells.

use std::{sync::Arc, thread::available_parallelism};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash as Phc, PasswordHasher, PasswordVerifier, Version,
    password_hash::{SaltString, errors::Error as PhcError},
};
use tokio::sync::Semaphore;
use tracing::error;

use super::{
    entity::PasswordHash,
    password::{PASSWORD_MAX_CHARACTERS, Password, Presented},
};

/// 19 MiB, two passes, one lane: what OWASP's Password Storage Cheat Sheet asks of argon2id at
/// least; about 20 ms of one core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Random bytes of a salt (RFC 9106, section 3.1).
const SALT_BYTES: usize = 16;

/// Calculations that run or wait; the last of them waits about a second on two cores.
const PLACES: usize = 64;

/// What is compared with when there is no such user: of the parameters above, and of no password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Says why a password could not be hashed or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    #[error("too many sign-ins at once; try again in a moment")]
    Busy,
    #[error("the password could not be hashed; the server's log says more")]
    Failed,
}

/// What a comparison has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right {
        /// To be kept instead, when the old hash was made with other parameters.
        newer: Option<PasswordHash>,
    },
}

/// Hashes and compares passwords; a clone shares the places.
#[derive(Debug, Clone)]
pub struct Hasher {
    places: Arc<Semaphore>,
    cores: Arc<Semaphore>,
}

impl Default for Hasher {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self::new(PLACES, cores)
    }
}

impl Hasher {
    fn new(places: usize, cores: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), cores: Arc::new(Semaphore::new(cores)) }
    }

    /// Returns what is kept of a password.
    ///
    /// # Errors
    /// Returns [`HashError::Busy`] when every place is taken.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        self.calculate(move || hash(password.reveal())).await?
    }

    /// Compares what is presented with what is kept, or with nobody's hash when there is none.
    ///
    /// # Errors
    /// Returns [`HashError::Busy`] when every place is taken: nothing was compared then.
    pub async fn verify(
        &self,
        kept: Option<PasswordHash>,
        presented: Presented,
    ) -> Result<Verdict, HashError> {
        self.calculate(move || verify(kept.as_ref(), presented.reveal())).await
    }

    /// Runs `work` on a thread of its own. A caller who goes away leaves it running, and its place
    /// taken, until it is done.
    async fn calculate<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place =
            Arc::clone(&self.places).try_acquire_owned().map_err(|_full| HashError::Busy)?;
        let core =
            Arc::clone(&self.cores).acquire_owned().await.map_err(|_closed| HashError::Failed)?;
        let done = tokio::task::spawn_blocking(move || {
            let _until_done = (place, core);
            work()
        });
        done.await.map_err(|reason| {
            error!("a password could not be hashed: {reason}");
            HashError::Failed
        })
    }
}

fn argon2() -> Result<Argon2<'static>, PhcError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<PasswordHash, HashError> {
    let bytes: [u8; SALT_BYTES] = rand::random();
    let hashed = SaltString::encode_b64(&bytes)
        .and_then(|salt| Ok(argon2()?.hash_password(password.as_bytes(), &salt)?.to_string()));
    hashed.map(PasswordHash).map_err(|reason| {
        error!("a password could not be hashed: {reason}");
        HashError::Failed
    })
}

/// Compares in a time that depends on neither side (the comparison of two outputs is constant-time).
fn verify(kept: Option<&PasswordHash>, presented: &str) -> Verdict {
    compare(kept, presented, |bytes, phc| {
        argon2().is_ok_and(|argon2| argon2.verify_password(bytes, phc).is_ok())
    })
}

/// Judges what is presented by `is_same`, which is asked exactly once, whatever there is to compare.
fn compare(
    kept: Option<&PasswordHash>,
    presented: &str,
    is_same: impl FnOnce(&[u8], &Phc<'_>) -> bool,
) -> Verdict {
    let is_long = presented.chars().nth(PASSWORD_MAX_CHARACTERS).is_some();
    let phc = kept.filter(|_| !is_long).map_or(NOBODY, |kept| kept.0.as_str());
    let (phc, is_readable) = match Phc::new(phc) {
        Ok(phc) => (Some(phc), true),
        Err(reason) => {
            error!("a stored password hash can't be read: {reason}");
            (Phc::new(NOBODY).ok(), false)
        }
    };
    // no more than is allowed is hashed, however much is presented
    let bytes = presented.as_bytes().get(..4 * PASSWORD_MAX_CHARACTERS);
    let bytes = bytes.unwrap_or(presented.as_bytes());
    let is_same = phc.as_ref().is_some_and(|phc| is_same(bytes, phc));
    if !is_same || kept.is_none() || is_long || !is_readable {
        return Verdict::Wrong;
    }
    let is_current = phc.as_ref().is_some_and(is_current);
    // the old hash goes on to serve if a new one can't be made
    Verdict::Right { newer: if is_current { None } else { hash(presented).ok() } }
}

fn is_current(phc: &Phc<'_>) -> bool {
    let version = phc.version == Some(Version::V0x13.into());
    let params = Params::try_from(phc).is_ok_and(|params| {
        (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
    });
    version && params && phc.algorithm == Algorithm::Argon2id.ident()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "maple otter drizzle";

    fn password() -> Password {
        Password::parse(TEXT, "ada").unwrap()
    }

    fn presented(text: &str) -> Presented {
        Presented::new(text)
    }

    #[tokio::test]
    async fn a_password_is_recognized_and_no_other() {
        let hasher = Hasher::default();
        let hash = hasher.hash(password()).await.unwrap();

        let right = hasher.verify(Some(hash.clone()), presented(TEXT)).await;
        let wrong = hasher.verify(Some(hash.clone()), presented("maple otter drizzlE")).await;
        let empty = hasher.verify(Some(hash), presented("")).await;

        assert_eq!(right, Ok(Verdict::Right { newer: None }));
        assert_eq!([wrong, empty], [Ok(Verdict::Wrong), Ok(Verdict::Wrong)]);
    }

    #[tokio::test]
    async fn a_hash_names_its_parameters_and_is_never_the_same_twice() {
        let hasher = Hasher::default();

        let first = hasher.hash(password()).await.unwrap().0;
        let second = hasher.hash(password()).await.unwrap().0;

        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert_ne!(first, second);
        assert!(!first.contains(TEXT));
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let hasher = Hasher::default();

        for text in ["", TEXT, &"x".repeat(70_000)] {
            assert_eq!(hasher.verify(None, presented(text)).await, Ok(Verdict::Wrong));
        }
        assert!(is_current(&Phc::new(NOBODY).unwrap()), "it costs what others cost");
    }

    /// Time tells nothing: each costs one calculation of the same parameters.
    #[test]
    fn whatever_is_wrong_costs_what_a_wrong_password_costs() {
        let kept = hash(TEXT).unwrap();
        let unreadable = PasswordHash("nonsense".to_owned());
        let long = "x".repeat(1_000);
        let wrongs = [
            (Some(&kept), "maple otter wizard"),
            (None, TEXT),
            (Some(&kept), &long),
            (Some(&unreadable), TEXT),
        ];
        for (kept, text) in wrongs {
            let mut calculated = 0;
            let verdict = compare(kept, text, |bytes, phc| {
                calculated += 1;
                assert!(is_current(phc), "{text}");
                assert!(bytes.len() <= 4 * PASSWORD_MAX_CHARACTERS);
                argon2().unwrap().verify_password(bytes, phc).is_ok()
            });
            assert_eq!((verdict, calculated), (Verdict::Wrong, 1), "{text}");
        }
    }

    #[tokio::test]
    async fn a_hash_of_older_parameters_is_renewed() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(1024, 1, 1, None).unwrap(),
        );
        let salt = SaltString::encode_b64(&[7; SALT_BYTES]).unwrap();
        let old = PasswordHash(weak.hash_password(TEXT.as_bytes(), &salt).unwrap().to_string());
        let hasher = Hasher::default();

        let wrong = hasher.verify(Some(old.clone()), presented("maple otter wizard")).await;
        let right = hasher.verify(Some(old), presented(TEXT)).await.unwrap();

        assert_eq!(wrong, Ok(Verdict::Wrong));
        let Verdict::Right { newer: Some(newer) } = right else { panic!("{right:?}") };
        let again = hasher.verify(Some(newer), presented(TEXT)).await;
        assert_eq!(again, Ok(Verdict::Right { newer: None }));
    }

    #[tokio::test]
    async fn who_finds_no_place_is_told_at_once() {
        let hasher = Hasher::new(2, 1);
        let (first, second) = (hasher.clone(), hasher.clone());

        let (first, second, third) = tokio::join!(
            first.verify(None, presented(TEXT)),
            second.verify(None, presented(TEXT)),
            hasher.verify(None, presented(TEXT)),
        );
        let later = hasher.verify(None, presented(TEXT)).await;

        assert_eq!([first, second], [Ok(Verdict::Wrong), Ok(Verdict::Wrong)]);
        assert_eq!((third, later), (Err(HashError::Busy), Ok(Verdict::Wrong)));
    }
}
