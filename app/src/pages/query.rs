//! Reads the query of a page's address, in which the page's state lives.
//!
//! People type, cut and share addresses: what can't be read is passed over, and the page shows its
//! default.

/// The parameters of a query; the first of a name counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(pub(crate) Vec<(String, String)>);

impl Query {
    /// Splits a query, without its `?`.
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let read = |text: &str| decode(&text.replace('+', " "));
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (read(name), read(value)))
                .collect(),
        )
    }

    /// Returns a parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// Returns a parameter; the empty text when it is missing.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }
}

/// Decodes percent-encoding (RFC 3986, section 2.1); what is not UTF-8 is replaced.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let mut digit = || ahead.next().and_then(|digit| char::from(digit).to_digit(16));
        let encoded = match byte {
            b'%' => digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok()),
            _ => None,
        };
        if encoded.is_some() {
            rest = ahead;
        }
        bytes.push(encoded.unwrap_or(byte));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_name_counts_and_an_empty_one_is_none() {
        let query = Query::parse("q=a+b&sort=&q=c&flag&=x");

        assert_eq!(query.get("q"), Some("a b"));
        assert_eq!(query.get("sort"), None);
        assert_eq!(query.text("missing"), "");
    }

    #[test]
    fn what_is_not_encoded_well_is_kept_as_it_is() {
        assert_eq!(decode("%2Fuser%2f%C3%BC"), "/user/ü");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%f"), "%zz%f");
        assert_eq!(decode("%ff"), "\u{fffd}");
    }
}
