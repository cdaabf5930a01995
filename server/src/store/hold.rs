//! Tells whether a server runs on a file of SQLite: it has in memory who may do what, and would not
//! see what another process changes of that. With PostgreSQL it sees that.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
};

use super::{DatabaseUrl, StoreError};

/// Keeps the database for as long as it lives; the system lets go when the process ends.
#[derive(Debug)]
pub struct Hold(#[expect(dead_code, reason = "the open file is the lock")] Option<File>);

impl DatabaseUrl {
    /// Keeps the database with other servers.
    ///
    /// # Errors
    /// Returns [`StoreError::Open`] when a command has it for itself just now.
    pub fn hold_shared(&self) -> Result<Hold, StoreError> {
        let busy = "a command changes its users just now; start again when that is done";
        self.hold(File::try_lock_shared, busy)
    }

    /// Keeps the database alone.
    ///
    /// # Errors
    /// Returns [`StoreError::Open`] when a server runs on it.
    pub fn hold_alone(&self) -> Result<Hold, StoreError> {
        let busy = "a server runs on it, and would not see the change: use its portal or API, or \
            stop it first";
        self.hold(File::try_lock, busy)
    }

    fn hold(
        &self,
        lock: impl FnOnce(&File) -> Result<(), TryLockError>,
        busy: &str,
    ) -> Result<Hold, StoreError> {
        let Self::Sqlite(path) = self else { return Ok(Hold(None)) };
        let failed = |reason: String| StoreError::Open { database: path.clone(), reason };
        // not the database itself: closing any handle on that would drop SQLite's own locks
        let opened = OpenOptions::new().create(true).append(true).open(format!("{path}-lock"));
        let file = opened.map_err(|error: io::Error| failed(error.to_string()))?;
        match lock(&file) {
            Ok(()) => Ok(Hold(Some(file))),
            Err(TryLockError::WouldBlock) => Err(failed(busy.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_share_a_database_and_a_command_has_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("a.db").to_str().unwrap().to_owned());

        let server = url.hold_shared().unwrap();
        let refused = url.hold_alone().unwrap_err().to_string();
        let other_server = url.hold_shared();
        drop((server, other_server));
        let command = url.hold_alone();

        assert!(refused.contains("a server runs on it"), "{refused}");
        assert!(command.is_ok());
        assert!(url.hold_shared().is_err());
    }
}
