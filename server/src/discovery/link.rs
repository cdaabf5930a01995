//! Whether what discovery learns from can be reached.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};

/// How the connection to the Kubernetes API server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Not everything has been listed yet.
    Starting {
        since: DateTime<Utc>,
        /// What has failed last, if anything has.
        error: Option<Arc<str>>,
    },
    /// All that happens is seen.
    Synced,
    /// What is known may be out of date, and stays in use.
    Reconnecting {
        since: DateTime<Utc>,
        /// What has failed last.
        error: Arc<str>,
    },
}

impl fmt::Display for Link {
    /// Writes it as a line for operators.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting { error: None, .. } => f.write_str("not everything has been listed yet"),
            Self::Starting { error: Some(error), .. } => {
                write!(f, "not everything has been listed yet: {error}")
            }
            Self::Synced => f.write_str("synced"),
            Self::Reconnecting { since, error } => {
                write!(f, "reconnecting since {}: {error}", since.format("%Y-%m-%dT%H:%M:%SZ"))
            }
        }
    }
}
