//! What consumers are known by at one moment, on its way to Envoy.

use chrono::{DateTime, Utc};
use imbl::HashMap;

use super::{
    EdgeName,
    consumer::{Consumer, CredentialHash, key_user},
};

/// The credentials of all consumers that are valid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials(HashMap<EdgeName, Valid>);

/// The credentials of one consumer that are valid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Valid {
    /// As whom a client comes with each key, and the key's hash.
    pub keys: Vec<(String, CredentialHash)>,
    pub password: Option<CredentialHash>,
}

impl Valid {
    /// Returns those of a consumer at `now`.
    pub fn of(consumer: &Consumer, now: DateTime<Utc>) -> Self {
        let keys = consumer.keys.iter().filter(|key| !key.is_expired(now));
        Self {
            keys: keys.map(|key| (key_user(&consumer.name, key.id), key.hash.clone())).collect(),
            password: consumer.password.as_ref().map(|password| password.hash.clone()),
        }
    }
}

impl Credentials {
    /// Returns those of the consumer `name`; none where there is no such consumer.
    pub fn get(&self, name: &str) -> Option<&Valid> {
        self.0.get(name)
    }

    /// Takes in what is valid of a consumer; tells whether it is something else than before.
    pub fn set(&mut self, name: &EdgeName, valid: Option<Valid>) -> bool {
        if self.0.get(name) == valid.as_ref() {
            return false;
        }
        match valid {
            Some(valid) => drop(self.0.insert(name.clone(), valid)),
            None => drop(self.0.remove(name)),
        }
        true
    }
}
