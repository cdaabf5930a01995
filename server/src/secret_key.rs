//! The installation's key, by which private keys are sealed in the database.
//!
//! ```text
//! --secret-key-file FILE, else, with SQLite, DATABASE.key ──▶ 32 bytes ──▶ Sealer
//! ```
//! It lies in a file of its own, so that a copy of the database alone gives no private key away.
//! Whoever loses it must push each certificate again.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tracing::{error, info, warn};

use crate::{
    auth::seal::{KEY_BYTES, SealError, Sealer},
    gateway::edge::Edge,
    store::DatabaseUrl,
};

/// Only who runs the server may read it.
const KEY_MODE: u32 = 0o600;

/// The bit by which everyone on the machine may read a file.
const WORLD_READABLE: u32 = 0o004;

/// Says why the installation's key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeyError {
    #[error(
        "can't read the secret key in `{}`: {reason}. --secret-key-file must name a file with 32 random bytes as base64; `openssl rand -base64 32` prints some", .path.display()
    )]
    Read { path: PathBuf, reason: String },
    #[error(
        "can't write a secret key to `{}`: {reason}. Name another place with --secret-key-file; `openssl rand -base64 32` prints a key", .path.display()
    )]
    Write { path: PathBuf, reason: io::Error },
    #[error(
        "the database has {count} private keys that are sealed, and the key that opens them is not in `{}`: put the file back from its backup, or name it with --secret-key-file", .path.display()
    )]
    Missing { path: PathBuf, count: usize },
    #[error(
        "the secret key in `{}` opens none of the {count} private keys in the database: it is another installation's, or an older one. Put the right file back from its backup, or name it with --secret-key-file", .path.display()
    )]
    Wrong { path: PathBuf, count: usize },
    #[error(
        "with PostgreSQL, --secret-key-file must name a file with 32 random bytes as base64, the same for all replicas; `openssl rand -base64 32` prints some"
    )]
    Unnamed,
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Reads the installation's key, or makes it if nothing was ever sealed, and checks it against what
/// the database holds.
///
/// # Errors
/// Returns [`SecretKeyError`] when there is no key, or not the one that the database needs.
pub fn open(
    named: Option<&Path>,
    database: &DatabaseUrl,
    edge: &Edge,
) -> Result<Sealer, SecretKeyError> {
    let beside = database.key_file();
    let path = named.or(beside.as_deref()).ok_or(SecretKeyError::Unnamed)?;
    let count = edge.certificates().count();
    let key = match read(path) {
        Ok(key) => key,
        Err(reason) if named.is_none() && reason.kind() == io::ErrorKind::NotFound => {
            if count > 0 {
                return Err(SecretKeyError::Missing { path: path.to_owned(), count });
            }
            make(path).map_err(|reason| SecretKeyError::Write { path: path.to_owned(), reason })?
        }
        Err(reason) => {
            let path = path.to_owned();
            return Err(SecretKeyError::Read { path, reason: reason.to_string() });
        }
    };
    let sealer = Sealer::new(&key)?;
    check(&sealer, edge, path)?;
    Ok(sealer)
}

/// Refuses a key that opens nothing. If it opens something, what it can't open was damaged: one
/// certificate, for which not all must be down.
fn check(sealer: &Sealer, edge: &Edge, path: &Path) -> Result<(), SecretKeyError> {
    let is_closed = |name: &str, key| sealer.open_key(name, key).is_err();
    let closed: Vec<_> = edge
        .certificates()
        .map(|certificate| (certificate.name.as_str(), &certificate.key))
        .filter(|(name, key)| is_closed(name, key))
        .map(|(name, _)| name)
        .collect();
    let count = edge.certificates().count();
    if count > 0 && closed.len() == count {
        return Err(SecretKeyError::Wrong { path: path.to_owned(), count });
    }
    for name in closed {
        error!("can't open the private key of the certificate `{name}`: push it again");
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let text = fs::read_to_string(path)?;
    if fs::metadata(path)?.permissions().mode() & WORLD_READABLE != 0 {
        warn!(
            "everyone on this machine can read the secret key in `{}`: `chmod 600` it",
            path.display()
        );
    }
    // errors repeat nothing of it: they are logged
    let no_key = || io::Error::other("it does not hold 32 bytes as base64");
    let bytes = STANDARD.decode(text.trim()).map_err(|_repeats_it| no_key())?;
    bytes.try_into().map_err(|_repeats_it| no_key())
}

/// Makes a key. Of two servers that start at once, both use the same.
fn make(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let key: [u8; KEY_BYTES] = rand::random();
    let part = part_of(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(KEY_MODE).open(&part)?;
    let made = file
        .write_all(format!("{}\n", STANDARD.encode(key)).as_bytes())
        .and_then(|()| file.sync_all())
        // unlike a rename, a link never replaces what another server has made in between
        .and_then(|()| fs::hard_link(&part, path));
    fs::remove_file(&part)?;
    match made {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return read(path),
        Err(error) => return Err(error),
    }
    // what is sealed with it must not outlive it in a power cut
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    info!(
        "made a secret key in `{}`: private keys in the database can't be read without it, so keep a copy of it apart from copies of the database",
        path.display()
    );
    Ok(key)
}

/// Returns a name beside `path` that no other server uses.
fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{:016x}", rand::random::<u64>()));
    part.into()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::auth::secret::Secret;

    fn database(folder: &TempDir) -> DatabaseUrl {
        DatabaseUrl::Sqlite(folder.path().join("a.db").to_str().unwrap().to_owned())
    }

    fn postgres() -> DatabaseUrl {
        "postgres://chancery@127.0.0.1/chancery".parse().unwrap()
    }

    #[test]
    fn a_key_is_made_once_and_only_we_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let url = database(&folder);

        let first = open(None, &url, &Edge::default()).unwrap();
        let again = open(None, &url, &Edge::default()).unwrap();

        let sealed = first.seal_key("a", &Secret::of("canary".to_owned())).unwrap();
        assert_eq!(again.open_key("a", &sealed).unwrap().reveal(), "canary");
        let mode = fs::metadata(url.key_file().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, KEY_MODE);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a part was left behind");
    }

    #[test]
    fn of_two_servers_that_start_at_once_both_use_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");

        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| make(&path).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });

        let kept = read(&path).unwrap();
        assert!(keys.iter().all(|key| *key == kept));
    }

    #[test]
    fn a_named_file_is_never_made_and_must_hold_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let (url, path) = (database(&folder), folder.path().join("named"));

        let missing = open(Some(&path), &url, &Edge::default()).unwrap_err();
        fs::write(&path, "canary-5b1f").unwrap();
        let junk = open(Some(&path), &url, &Edge::default()).unwrap_err();
        fs::write(&path, STANDARD.encode([7; KEY_BYTES - 1])).unwrap();
        let short = open(Some(&path), &url, &Edge::default()).unwrap_err();

        assert!(missing.to_string().contains("--secret-key-file"), "{missing}");
        assert!(!junk.to_string().contains("canary"), "{junk}");
        assert!(short.to_string().contains("32 bytes"), "{short}");
        assert!(!url.key_file().unwrap().exists());
        let unnamed = open(None, &postgres(), &Edge::default()).unwrap_err();
        assert!(unnamed.to_string().contains("same for all replicas"), "{unnamed}");
        fs::write(&path, format!("{}\n", STANDARD.encode([7; KEY_BYTES]))).unwrap();
        open(Some(&path), &url, &Edge::default()).unwrap();
    }
}
