//! Paths of requests, in the form in which the gateway compares them.
//!
//! The edge of the gateway does the same before it matches: it decodes what need not be encoded,
//! resolves `.` and `..`, and merges slashes.

use std::fmt::Write;

/// Returns the path of a URL, or of what one pastes in place of one, as the gateway compares it;
/// without query and fragment.
pub fn normalized(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let decoded = decoded(path);
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = decoded.split('/').peekable();
    let mut is_folder = false;
    while let Some(part) = parts.next() {
        is_folder = parts.peek().is_none() && matches!(part, "" | "." | "..");
        match part {
            "" | "." => {}
            ".." => drop(segments.pop()),
            part => segments.push(part),
        }
    }
    let end = if is_folder && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

/// Decodes what stands for itself, and encodes what can't stand in a path.
fn decoded(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let escaped = match c {
            '%' => after.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())),
            _ => None,
        };
        rest = match escaped {
            Some(digits) => {
                match u8::from_str_radix(digits, 16) {
                    Ok(b'/' | b'\\') => decoded.push('/'),
                    Ok(b) if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => {
                        decoded.push(char::from(b));
                    }
                    _ => decoded.extend(["%", digits]),
                }
                after.get(2..).unwrap_or_default()
            }
            None => {
                match c {
                    '\\' => decoded.push('/'),
                    c if c.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@".contains(c) => {
                        decoded.push(c);
                    }
                    c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| encode(&mut decoded, b)),
                }
                after
            }
        };
    }
    decoded
}

fn encode(text: &mut String, byte: u8) {
    // a text takes everything that is written to it
    let _always_written = write!(text, "%{byte:02X}");
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::gateway::path::Prefix;

    #[rstest]
    #[case("/user/42?x=1#top", "/user/42")]
    #[case("", "/")]
    #[case("user", "/user")]
    #[case("//user///42/", "/user/42/")]
    #[case("/a/./b/../c", "/a/c")]
    #[case("/a/b/..", "/a/")]
    #[case("/../..", "/")]
    #[case("/%75ser/%2e%2e/%7Efoo", "/~foo")]
    #[case("/a%2Fb%5cc\\d", "/a/b/c/d")]
    #[case("/ü b", "/%C3%BC%20b")]
    #[case("/100%", "/100%25")]
    #[case("/a%2", "/a%252")]
    #[case("/%+5%c3", "/%25+5%c3")]
    fn a_path_is_brought_into_the_form_that_is_compared(#[case] path: &str, #[case] form: &str) {
        assert_eq!(normalized(path), form);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_pasted_has_a_form_that_could_be_a_prefix_and_stays(path in "\\PC{0,40}") {
            let form = normalized(&path);

            proptest::prop_assert!(Prefix::parse(&form).is_ok(), "{form}");
            proptest::prop_assert_eq!(normalized(&form), form);
        }
    }
}
