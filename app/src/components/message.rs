//! Shows a message of the API: what stands between backticks is set as code.

use leptos::either::Either;
use leptos::prelude::*;

/// Writes a message, its quoted names and paths in the monospaced face.
pub(crate) fn message(text: &str) -> impl IntoView + use<> {
    parts(text)
        .map(|(is_code, part)| match is_code {
            true => Either::Left(view! { <code>{part}</code> }),
            false => Either::Right(part),
        })
        .collect_view()
}

/// Splits at the backticks; a part tells whether it stands between two of them.
fn parts(text: &str) -> impl Iterator<Item = (bool, String)> {
    let is_paired = text.matches('`').count().is_multiple_of(2);
    let (quoted, plain) = if is_paired { (text, "") } else { ("", text) };
    let quoted = quoted.split('`').enumerate().map(|(index, part)| (index % 2 == 1, part));
    let all = quoted.chain([(false, plain)]).filter(|(_, part)| !part.is_empty());
    all.map(|(is_code, part)| (is_code, part.to_owned())).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(bool, String)> {
        parts(text).collect()
    }

    #[test]
    fn what_is_quoted_is_code() {
        let expected = [(false, "must begin with ".to_owned()), (true, "/".to_owned())];
        assert_eq!(split("must begin with `/`"), expected);
    }

    #[test]
    fn a_lone_backtick_is_left_as_it_is() {
        assert_eq!(split("a ` b"), [(false, "a ` b".to_owned())]);
        assert!(split("").is_empty());
    }
}
