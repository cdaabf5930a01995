//! The files by which nodes and we know each other, read at the start and again when they change.
//!
//! ```text
//! every second: read ─▶ as last time? ─▶ as in use? ─▶ check ─▶ watch<Arc<Credentials>>
//!                        no: wait, somebody is writing    └ bad: said once, the old stay in use
//! ```

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::{sync::watch, time::MissedTickBehavior};
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::{
    tls::{self, Handshake, Part, Texts},
    tokens::Tokens,
};
use crate::clock::Clock;

/// How often the files are read. A new one is in use within two of these: it must be the same
/// twice, so that a file half written, or a certificate whose key is not there yet, is no fault.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);

/// Longest file in bytes: [`TOKENS_MAX`](super::tokens::TOKENS_MAX) tokens of the longest node ids.
pub const FILE_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Files with what TLS is made of, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our certificate and its intermediates.
    pub chain: PathBuf,
    pub key: PathBuf,
    /// The authorities whose certificates prove who a node is; absent: nodes show none.
    pub client_ca: Option<PathBuf>,
}

/// Where the credentials are; by default there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialFiles {
    pub tls: Option<TlsFiles>,
    /// Which nodes have which tokens.
    pub tokens: Option<PathBuf>,
}

impl CredentialFiles {
    /// Tells whether a node has to prove who it is.
    pub(super) fn ask_who_it_is(&self) -> bool {
        self.tokens.is_some() || self.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some())
    }

    fn contents(&self) -> Result<Contents, CredentialsError> {
        let tls = self.tls.as_ref();
        Ok(Contents {
            chain: tls.map(|tls| read("--xds-tls-cert", &tls.chain)).transpose()?,
            key: tls.map(|tls| read("--xds-tls-key", &tls.key)).transpose()?,
            client_ca: tls
                .and_then(|tls| tls.client_ca.as_deref())
                .map(|path| read("--xds-client-ca", path))
                .transpose()?,
            tokens: self.tokens.as_deref().map(|path| read("--xds-tokens", path)).transpose()?,
        })
    }

    fn check(
        &self,
        contents: &Contents,
        now: DateTime<Utc>,
    ) -> Result<Credentials, CredentialsError> {
        let blamed = |option, path: &Path, reason: String| CredentialsError {
            option,
            path: path.to_owned(),
            reason,
        };
        let tokens = match (&self.tokens, &contents.tokens) {
            (Some(path), Some(text)) => {
                let tokens = Tokens::read(text);
                Some(tokens.map_err(|error| blamed("--xds-tokens", path, error.to_string()))?)
            }
            _ => None,
        };
        let handshake = match (&self.tls, &contents.chain, &contents.key) {
            (Some(files), Some(chain), Some(key)) => {
                let client_ca = contents.client_ca.as_deref();
                let texts = Texts { chain, key, client_ca, takes_tokens: tokens.is_some() };
                let made = tls::handshake(texts, now).map_err(|(part, reason)| match part {
                    Part::Chain => blamed("--xds-tls-cert", &files.chain, reason),
                    Part::Key => blamed("--xds-tls-key", &files.key, reason),
                    Part::ClientCa => {
                        let path = files.client_ca.as_deref().unwrap_or(Path::new(""));
                        blamed("--xds-client-ca", path, reason)
                    }
                });
                Some(made?)
            }
            _ => None,
        };
        Ok(Credentials { handshake, tokens, ask_who_it_is: self.ask_who_it_is() })
    }
}

/// Says which file can't be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the file `{}` ({option}) {reason}", .path.display())]
pub struct CredentialsError {
    option: &'static str,
    path: PathBuf,
    reason: String,
}

/// What the files have in them.
#[derive(Clone, PartialEq, Eq)]
struct Contents {
    chain: Option<String>,
    key: Option<String>,
    client_ca: Option<String>,
    tokens: Option<String>,
}

fn read(option: &'static str, path: &Path) -> Result<String, CredentialsError> {
    text_of(path).map_err(|error| CredentialsError {
        option,
        path: path.to_owned(),
        reason: format!("can't be read: {error}"),
    })
}

/// Reads a file with credentials.
///
/// # Errors
/// Returns what the system says, or that the file is longer than [`FILE_MAX_BYTES`].
pub fn text_of(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(FILE_MAX_BYTES + 1).read_to_string(&mut text)?;
    if u64::try_from(read).is_ok_and(|bytes| bytes > FILE_MAX_BYTES) {
        return Err(io::Error::other(format!("it has more than {FILE_MAX_BYTES} bytes")));
    }
    Ok(text)
}

/// What nodes are known by, as the files had it when they were last sound.
pub(super) struct Credentials {
    handshake: Option<Handshake>,
    pub(super) tokens: Option<Tokens>,
    pub(super) ask_who_it_is: bool,
}

impl Credentials {
    /// Returns how a connection begins; `None` for plain text.
    pub(super) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.handshake.as_ref().map(|handshake| Arc::clone(&handshake.config))
    }

    /// Returns when our own certificate expires.
    pub(super) fn not_after(&self) -> Option<DateTime<Utc>> {
        self.handshake.as_ref().map(|handshake| handshake.not_after)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// Reads the files again until the server stops.
pub struct Keeper {
    files: CredentialFiles,
    clock: Clock,
    /// What is in use.
    used: Contents,
    /// What the last look saw.
    seen: Result<Contents, CredentialsError>,
    /// What was found to be bad, so that it is said once.
    bad: Option<Result<Contents, CredentialsError>>,
    credentials: watch::Sender<Arc<Credentials>>,
    is_stale: Arc<AtomicBool>,
}

impl Keeper {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// Says which file can't be used, and why.
    pub(super) fn open(files: CredentialFiles, clock: Clock) -> Result<Self, CredentialsError> {
        let used = files.contents()?;
        let credentials = Arc::new(files.check(&used, clock.now())?);
        Ok(Self {
            files,
            clock,
            seen: Ok(used.clone()),
            used,
            bad: None,
            credentials: watch::Sender::new(credentials),
            is_stale: Arc::default(),
        })
    }

    pub(super) fn credentials(&self) -> watch::Receiver<Arc<Credentials>> {
        self.credentials.subscribe()
    }

    /// Returns where it says that the files can't be used, and older contents are.
    pub(super) fn is_stale(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_stale)
    }

    /// Keeps the credentials current; ends when `stop` is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        if self.files == CredentialFiles::default() {
            stop.cancelled().await;
            return;
        }
        let mut looks = tokio::time::interval(RELOAD_INTERVAL);
        // two looks one right after the other would take half a file for a whole one
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(looks.tick()).await.is_some() {
            let files = self.files.clone();
            let read = tokio::task::spawn_blocking(move || files.contents()).await;
            let Ok(contents) = read else { return };
            self.look_at(contents);
        }
    }

    fn look_at(&mut self, contents: Result<Contents, CredentialsError>) {
        let is_settled = contents == self.seen;
        self.seen = contents;
        if !is_settled || self.bad.as_ref() == Some(&self.seen) {
            return;
        }
        if self.seen.as_ref() == Ok(&self.used) {
            self.bad = None;
            self.is_stale.store(false, Ordering::Relaxed);
            return;
        }
        let checked = self.seen.clone().and_then(|contents| {
            let credentials = self.files.check(&contents, self.clock.now())?;
            Ok((contents, credentials))
        });
        match checked {
            Ok((contents, credentials)) => {
                info!("the credentials for xDS have changed; connections from now on go by them");
                self.used = contents;
                self.bad = None;
                self.is_stale.store(false, Ordering::Relaxed);
                self.credentials.send_replace(Arc::new(credentials));
            }
            Err(error) => {
                error!("{error}; xDS goes on with the credentials from before");
                self.bad = Some(self.seen.clone());
                self.is_stale.store(true, Ordering::Relaxed);
            }
        }
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("files", &self.files).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{pattern::NodePattern, tokens::Token},
        *,
    };
    use crate::auth::secret::{NODE_TOKEN_PREFIX, Secret};

    fn seen(tokens: &str) -> Result<Contents, CredentialsError> {
        let tokens = Some(tokens.to_owned());
        Ok(Contents { chain: None, key: None, client_ca: None, tokens })
    }

    #[test]
    fn a_file_counts_when_it_is_the_same_twice_and_a_bad_one_never() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens");
        std::fs::write(&file, "").unwrap();
        let files = CredentialFiles { tls: None, tokens: Some(file) };
        let mut keeper = Keeper::open(files, Clock::default()).unwrap();
        let nodes = NodePattern::parse("edge-1").unwrap();
        let token = Token { nodes, hash: Secret::random(NODE_TOKEN_PREFIX).hash() };
        let whole = token.line();
        let half = whole.get(..30).unwrap();
        // whether the token is known, and whether the file could not be used
        let mut look = |text: &str| {
            keeper.look_at(seen(text));
            let credentials = Arc::clone(&keeper.credentials.borrow());
            let known = credentials.tokens.as_ref().and_then(|all| all.nodes_of(&token.hash));
            (known.is_some(), keeper.is_stale.load(Ordering::Relaxed))
        };

        assert_eq!(look(half), (false, false));
        assert_eq!(look(&whole), (false, false));
        assert_eq!(look(&whole), (true, false));
        assert_eq!(look(half), (true, false));
        assert_eq!(look(half), (true, true));
        assert_eq!(look(&whole), (true, true));
        assert_eq!(look(&whole), (true, false));
    }
}
