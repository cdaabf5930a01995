//! Wraps what a page gives to an island.
//!
//! Leptos writes an island's properties again in the browser, where nobody reads them. Without
//! this, the bundle would hold the code that writes every type of the API, floats and times
//! included.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A property that the server writes and the browser only reads.
#[derive(Debug, Clone)]
pub struct Given<T>(pub T);

impl<T> From<T> for Given<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(feature = "ssr")]
impl<T: Serialize> Serialize for Given<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(not(feature = "ssr"))]
impl<T> Serialize for Given<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}
