//! What a header or a query parameter of a request must be like.

use std::sync::Arc;

use app::api::matching as wire;

use super::pattern::Pattern;

/// Asks something of one header or query parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub name: Arc<str>,
    pub test: Test,
}

/// What is asked: of a repeated header, that one of its values is like this; of a repeated query
/// parameter, that the first is. So Envoy 1.40 does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    Exact(Arc<str>),
    Prefix(Arc<str>),
    Suffix(Arc<str>),
    Contains(Arc<str>),
    Regex(Pattern),
    Present,
    Absent,
}

impl Condition {
    /// Tells whether the condition holds for a value; `None` where the request has none.
    pub fn holds(&self, value: Option<&str>) -> bool {
        match (&self.test, value) {
            (Test::Absent, value) => value.is_none(),
            (_, None) => false,
            (Test::Present, Some(_)) => true,
            (Test::Exact(text), Some(value)) => *value == **text,
            (Test::Prefix(text), Some(value)) => value.starts_with(&**text),
            (Test::Suffix(text), Some(value)) => value.ends_with(&**text),
            (Test::Contains(text), Some(value)) => value.contains(&**text),
            (Test::Regex(pattern), Some(value)) => pattern.matches(value),
        }
    }

    /// Tells whether the condition holds for one of the values of a header.
    pub fn holds_for_any<'a>(&self, values: impl Iterator<Item = &'a str>) -> bool {
        let mut values = values.peekable();
        match values.peek() {
            None => self.holds(None),
            Some(_) => values.any(|value| self.holds(Some(value))),
        }
    }

    /// Tells whether it is certain that nothing meets both this and `other`, which is about the
    /// same name: with one value, as nearly all have. What regexes have in common is not computed.
    pub fn excludes(&self, other: &Self) -> bool {
        match (&self.test, &other.test) {
            (Test::Absent, Test::Absent) => false,
            (Test::Absent, _) | (_, Test::Absent) => true,
            (Test::Exact(value), _) => !other.holds(Some(value)),
            (_, Test::Exact(value)) => !self.holds(Some(value)),
            (Test::Prefix(one), Test::Prefix(two)) => {
                !one.starts_with(&**two) && !two.starts_with(&**one)
            }
            (Test::Suffix(one), Test::Suffix(two)) => {
                !one.ends_with(&**two) && !two.ends_with(&**one)
            }
            _ => false,
        }
    }

    /// Returns the condition as the API shows it.
    pub fn wire(&self) -> wire::Condition {
        use wire::Operator;

        let (is, value) = match &self.test {
            Test::Exact(text) => (Operator::Exact, Some(&**text)),
            Test::Prefix(text) => (Operator::Prefix, Some(&**text)),
            Test::Suffix(text) => (Operator::Suffix, Some(&**text)),
            Test::Contains(text) => (Operator::Contains, Some(&**text)),
            Test::Regex(pattern) => (Operator::Regex, Some(pattern.as_str())),
            Test::Present => (Operator::Present, None),
            Test::Absent => (Operator::Absent, None),
        };
        wire::Condition { name: self.name.to_string(), is, value: value.map(str::to_owned) }
    }
}
