//! Names of teams and users.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Longest name in bytes: it stands in URLs, in table cells and in audit rows.
pub const NAME_MAX_BYTES: usize = 40;

/// Says why a text can't name a team or a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error(
        "is empty; 1 to {NAME_MAX_BYTES} lower-case letters, digits, `-`, `_`, `.` and `@` are allowed"
    )]
    Empty,
    #[error("is {0} bytes long; at most {NAME_MAX_BYTES} are allowed")]
    TooLong(usize),
    #[error("has `{}`; lower-case letters, digits, `-`, `_`, `.` and `@` are allowed", .0.escape_default())]
    Character(char),
    #[error("must begin with a letter or a digit")]
    Start,
    #[error("is what somebody is called here who has not signed in")]
    Reserved,
}

/// How authors are called who are no user: nobody else may be, or the audit could be misread.
const RESERVED: [&str; 3] = ["open", "anonymous", "server"];

fn check(text: &str) -> Result<(), NameError> {
    let Some(first) = text.chars().next() else { return Err(NameError::Empty) };
    let is_allowed = |c: &char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '@')
    };
    if let Some(other) = text.chars().find(|c| !is_allowed(c)) {
        return Err(NameError::Character(other));
    }
    if text.len() > NAME_MAX_BYTES {
        return Err(NameError::TooLong(text.len()));
    }
    match text {
        _ if !first.is_ascii_alphanumeric() => Err(NameError::Start),
        _ if RESERVED.contains(&text) => Err(NameError::Reserved),
        _ => Ok(()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses 1 to 40 lower-case ASCII letters, digits, `-`, `_`, `.` and `@`, of which the
            /// first is a letter or a digit.
            ///
            /// # Errors
            /// Returns the first rule that `text` breaks.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check(text).map(|()| Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(|error| D::Error::custom(format!("a name {error}")))
            }
        }
    };
}

name! {
    /// Names a team.
    TeamName
}

name! {
    /// Names a user.
    UserName
}

impl TeamName {
    /// The team that is there from the beginning, to which belongs what no other team has.
    pub const DEFAULT: &str = "default";

    /// Returns the team that is there from the beginning.
    pub fn default_team() -> Self {
        Self(Self::DEFAULT.into())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("payments")]
    #[case("ada.lovelace@example.com")]
    #[case("7")]
    fn a_name_of_plain_characters_is_accepted(#[case] text: &str) {
        assert_eq!(TeamName::parse(text).unwrap().as_str(), text);
    }

    #[rstest]
    #[case("")]
    #[case("Payments")]
    #[case("a b")]
    #[case("a/b")]
    #[case("-a")]
    #[case("..")]
    #[case("open")]
    #[case("é")]
    #[case("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    fn a_name_that_could_be_mistaken_or_does_not_fit_is_refused(#[case] text: &str) {
        assert!(UserName::parse(text).is_err());
    }
}
