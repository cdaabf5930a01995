//! Labels: what a mapping is found by, besides its name, prefix and service.

use std::sync::Arc;

/// Labels of a mapping at the most: enough for team, stage, tier and a few of one's own, few
/// enough to be read in a row of a table.
pub const LABELS_MAX: usize = 16;

/// Longest label in bytes: the longest of Kubernetes' label values.
pub const LABEL_MAX_BYTES: usize = 63;

/// Says why a text is no label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    #[error("has an empty label; 1 to {LABEL_MAX_BYTES} bytes are allowed")]
    Empty,
    #[error("has a label of {0} bytes; at most {LABEL_MAX_BYTES} are allowed")]
    TooLong(usize),
    #[error("has the label `{0}`; letters, digits and -_.:=/ are allowed")]
    Character(String),
    #[error("has {0} labels; at most {LABELS_MAX} are allowed")]
    TooMany(usize),
}

/// Holds labels, sorted and without duplicates, so that equal sets are equal values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels(Arc<[Arc<str>]>);

impl Labels {
    /// Parses labels of ASCII letters, digits and `-_.:=/`.
    ///
    /// # Errors
    /// Returns the first rule that one of the texts, or their number, breaks.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, LabelError> {
        let mut labels = Vec::new();
        for text in texts {
            check(text)?;
            labels.push(Arc::from(text));
        }
        labels.sort_unstable();
        labels.dedup();
        match labels.len() {
            0..=LABELS_MAX => Ok(Self(labels.into())),
            more => Err(LabelError::TooMany(more)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    pub fn contains(&self, label: &str) -> bool {
        self.iter().any(|known| known == label)
    }

    /// Returns the labels as the API shows them.
    pub fn to_vec(&self) -> Vec<String> {
        self.iter().map(str::to_owned).collect()
    }
}

fn check(text: &str) -> Result<(), LabelError> {
    let is_allowed =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '=' | '/');
    match text.len() {
        0 => Err(LabelError::Empty),
        // what can't be seen is shown escaped, and what is endless is cut
        _ if !text.chars().all(is_allowed) => {
            let shown = text.chars().take(LABEL_MAX_BYTES).flat_map(char::escape_debug);
            Err(LabelError::Character(shown.collect()))
        }
        1..=LABEL_MAX_BYTES => Ok(()),
        longer => Err(LabelError::TooLong(longer)),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn equal_sets_are_equal_values() {
        let labels = Labels::parse(["team=shop", "a", "team=shop"]).unwrap();

        assert_eq!(labels, Labels::parse(["a", "team=shop"]).unwrap());
        assert_eq!(labels.to_vec(), ["a", "team=shop"]);
    }

    #[rstest]
    #[case("")]
    #[case(" ")]
    #[case("a b")]
    #[case("a,b")]
    #[case("<b>")]
    #[case("🚀")]
    fn a_text_that_an_address_or_a_list_cannot_carry_is_refused(#[case] text: &str) {
        assert!(Labels::parse([text]).is_err());
    }

    #[test]
    fn sizes_are_bounded() {
        let many: Vec<_> = (0..=LABELS_MAX).map(|number| number.to_string()).collect();

        let too_many = Labels::parse(many.iter().map(String::as_str));

        assert_eq!(too_many, Err(LabelError::TooMany(LABELS_MAX + 1)));
        assert!(Labels::parse([&*"a".repeat(63)]).is_ok());
        assert_eq!(Labels::parse([&*"a".repeat(64)]), Err(LabelError::TooLong(64)));
    }
}
