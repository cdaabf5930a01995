//! URL paths as mappings write them: the prefix that is matched and the rewrite that replaces it.
//!
//! Both must be in the form that Envoy compares after it has normalized a request's path,
//! otherwise a mapping could be stored that never matches.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Longest prefix or rewrite in bytes: the article's store had `VARCHAR(2048)`, and a request
/// line beyond 8 KiB is refused by most clients and servers anyway.
pub const PATH_MAX_BYTES: usize = 2048;

/// Says why a text can't be a prefix or a rewrite.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("is empty; it must begin with `/`")]
    Empty,
    #[error("must begin with `/`")]
    NoLeadingSlash,
    #[error("is {0} bytes long; at most {PATH_MAX_BYTES} are allowed")]
    TooLong(usize),
    #[error("must not have a query (`?`); only the path is matched")]
    Query,
    #[error("must not have a fragment (`#`); browsers never send it")]
    Fragment,
    #[error("must not have a control character (found U+{0:04X})")]
    Control(u32),
    #[error(
        "has {}; letters, digits, `/` and -._~!$&'()*+,;=:@ are allowed, percent-encode the rest",
        described(*.0)
    )]
    Character(char),
    #[error("has a `%` that two hexadecimal digits must follow")]
    Escape,
    #[error("has `{0}`, which Envoy decodes before it matches; write the character itself")]
    EscapedUnreserved(String),
    #[error("has `{0}`; an encoded slash, backslash or NUL never reaches a mapping")]
    EscapedSlash(String),
    #[error("must not have an empty segment (`//`); the gateway merges slashes")]
    EmptySegment,
    #[error("must not have the segment `{0}`; the gateway resolves it before it matches")]
    DotSegment(String),
}

/// Matches requests whose path begins with it, on a segment boundary.
///
/// `/user` matches `/user` and `/user/x`; `/user/` matches `/user/` and `/user/x` but not
/// `/user`; neither matches `/users`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(Arc<str>);

impl Prefix {
    /// Parses a prefix in the form that a normalized request path has.
    ///
    /// # Errors
    /// Returns the first rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        check(text)?;
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text, shared.
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// Returns the prefix without its trailing slash; empty for the catch-all `/`.
    pub fn base(&self) -> &str {
        self.0.strip_suffix('/').unwrap_or(&self.0)
    }

    /// Tells whether the prefix ends in a slash and so does not match its own base.
    pub fn has_trailing_slash(&self) -> bool {
        self.0.ends_with('/')
    }

    /// Returns the first segment, without slashes; `None` for the catch-all `/`, the only prefix
    /// that does not fix it.
    pub fn first_segment(&self) -> Option<&str> {
        self.base().split('/').nth(1)
    }
}

/// A table is searched by the text of a path.
impl Borrow<str> for Prefix {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Says what takes the prefix's place in the path that the service sees.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Rewrite(Arc<str>);

impl Rewrite {
    /// Parses a rewrite; the empty text means that the path is left as it is.
    ///
    /// # Errors
    /// Returns the first rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if !text.is_empty() {
            check(text)?;
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Leaves the path as it is.
    pub fn unchanged() -> Self {
        Self("".into())
    }

    /// Returns the replacement, or `None` when the path is left as it is.
    pub fn replacement(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(&*self.0)
    }
}

impl Default for Rewrite {
    /// Removes the prefix: the default of the article's API.
    fn default() -> Self {
        Self("/".into())
    }
}

/// Names a character that is not allowed, also one that could not be seen.
pub(super) fn described(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        other => format!("the character `{}`", other.escape_debug()),
    }
}

fn check(text: &str) -> Result<(), PathError> {
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    if text.len() > PATH_MAX_BYTES {
        return Err(PathError::TooLong(text.len()));
    }
    if !text.starts_with('/') {
        return Err(PathError::NoLeadingSlash);
    }
    check_characters(text)?;
    check_escapes(text)?;
    check_segments(text)
}

fn check_characters(text: &str) -> Result<(), PathError> {
    for c in text.chars() {
        match c {
            '?' => return Err(PathError::Query),
            '#' => return Err(PathError::Fragment),
            c if c.is_control() => return Err(PathError::Control(u32::from(c))),
            // `pchar` of RFC 3986, section 3.3
            c if c.is_ascii_alphanumeric() || "/%-._~!$&'()*+,;=:@".contains(c) => {}
            c => return Err(PathError::Character(c)),
        }
    }
    Ok(())
}

fn check_escapes(text: &str) -> Result<(), PathError> {
    for after in text.split('%').skip(1) {
        let digits = after.get(..2).ok_or(PathError::Escape)?;
        let byte = u8::from_str_radix(digits, 16).map_err(|_not_hex| PathError::Escape)?;
        let escape = || format!("%{digits}");
        match byte {
            b'/' | b'\\' | 0 => return Err(PathError::EscapedSlash(escape())),
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => {
                return Err(PathError::EscapedUnreserved(escape()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_segments(text: &str) -> Result<(), PathError> {
    if text.contains("//") {
        return Err(PathError::EmptySegment);
    }
    match text.split('/').find(|segment| matches!(*segment, "." | "..")) {
        Some(dots) => Err(PathError::DotSegment(dots.to_owned())),
        None => Ok(()),
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Prefix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prefix({})", self.0)
    }
}

impl fmt::Debug for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rewrite({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", PathError::Empty)]
    #[case("user", PathError::NoLeadingSlash)]
    #[case("/a?b", PathError::Query)]
    #[case("/a#b", PathError::Fragment)]
    #[case("/a\nb", PathError::Control(10))]
    #[case("/a b", PathError::Character(' '))]
    #[case("/é", PathError::Character('é'))]
    #[case("/a%2", PathError::Escape)]
    #[case("/a%zz", PathError::Escape)]
    #[case("/a%2fb", PathError::EscapedSlash("%2f".into()))]
    #[case("/%41", PathError::EscapedUnreserved("%41".into()))]
    #[case("/a//b", PathError::EmptySegment)]
    #[case("/a/../b", PathError::DotSegment("..".into()))]
    #[case("/.", PathError::DotSegment(".".into()))]
    fn a_path_that_could_never_match_is_refused(#[case] text: &str, #[case] why: PathError) {
        assert_eq!(Prefix::parse(text), Err(why));
    }

    #[test]
    fn a_path_of_the_greatest_length_is_accepted_and_one_byte_more_is_not() {
        let longest = format!("/{}", "a".repeat(PATH_MAX_BYTES - 1));

        assert!(Prefix::parse(&longest).is_ok());
        assert_eq!(
            Prefix::parse(&format!("{longest}a")),
            Err(PathError::TooLong(PATH_MAX_BYTES + 1))
        );
    }

    #[rstest]
    #[case("/", None)]
    #[case("/user", Some("user"))]
    #[case("/user/", Some("user"))]
    #[case("/user/v2", Some("user"))]
    fn only_the_catch_all_leaves_the_first_segment_open(
        #[case] prefix: &str,
        #[case] segment: Option<&str>,
    ) {
        assert_eq!(Prefix::parse(prefix).unwrap().first_segment(), segment);
    }
}
