//! What strangers say, as a line that a log and a page can hold.

use std::{error::Error, fmt::Write};

/// Most characters of what a stranger says that are passed on.
const QUOTED_MAX_CHARS: usize = 200;

/// Returns an error with its causes.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        // some repeat their cause
        if !text.ends_with(&said) {
            let _written = write!(text, ": {said}");
        }
        next = cause.source();
    }
    quoted(&text)
}

/// Returns what a stranger says as one line of bounded length.
pub(crate) fn quoted(text: &str) -> String {
    let mut line: String = text.chars().take(QUOTED_MAX_CHARS).flat_map(printable).collect();
    if text.chars().nth(QUOTED_MAX_CHARS).is_some() {
        line.push('…');
    }
    line
}

fn printable(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let plain = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("not available")]
    struct Wrapped(#[source] std::io::Error);

    #[test]
    fn what_a_stranger_says_stays_one_line_and_short() {
        assert_eq!(quoted("it’s\nERROR \u{1b}[31m"), "it’s\\nERROR \\u{1b}[31m");
        assert_eq!(quoted(&"x".repeat(5_000)).chars().count(), QUOTED_MAX_CHARS + 1);
    }

    #[test]
    fn an_error_comes_with_its_causes() {
        let inner = std::io::Error::other("no route");

        let error = std::io::Error::other(Wrapped(inner));

        assert_eq!(causes(&error), "not available: no route");
    }

    #[test]
    fn what_an_error_repeats_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("service: {0}")]
        struct Repeating(#[source] Wrapped);

        let error = Repeating(Wrapped(std::io::Error::other("no route")));

        assert_eq!(causes(&error), "service: not available: no route");
    }
}
