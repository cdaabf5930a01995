//! Knows the three themes, and where the choice is kept: a cookie, so that the server can render
//! it, and `data-theme` on `<html>`, which the style sheet reads.
//!
//! Not here: the colours (`style/tokens.css`) and the switch (`components::theme_switch`).

use serde::{Deserialize, Serialize};

/// Names the cookie, and the field of the form that is posted without JavaScript.
pub(crate) const COOKIE: &str = "theme";

/// Lasts a year: a preference, renewed whenever it is chosen again.
#[cfg(feature = "hydrate")]
const COOKIE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// Says which colours the reader wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Theme {
    /// As the operating system says.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All of them, in the order in which they are offered.
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Returns the theme's value in the cookie and in the form.
    pub(crate) fn value(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Returns the value of `data-theme`: none when the system decides.
    pub(crate) fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            chosen => Some(chosen.value()),
        }
    }

    /// Reads the cookie's value; anything unknown leaves it to the system.
    #[cfg(feature = "ssr")]
    pub(crate) fn parse(value: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.value() == value).unwrap_or_default()
    }

    /// Finds the choice in a `Cookie` header (RFC 6265, section 4.2.1).
    #[cfg(feature = "ssr")]
    pub(crate) fn of_cookies(header: &str) -> Self {
        header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE)
            .map(|(_, value)| Self::parse(value))
            .unwrap_or_default()
    }

    /// Shows the theme and remembers it.
    #[cfg(feature = "hydrate")]
    pub(crate) fn choose(self) {
        use leptos::prelude::*;
        use wasm_bindgen::JsCast;

        let document = document();
        if let Some(html) = document.document_element() {
            // The attribute's name is a valid constant, so neither call can fail.
            drop(match self.attribute() {
                Some(value) => html.set_attribute("data-theme", value),
                None => html.remove_attribute("data-theme"),
            });
        }
        if let Some(document) = document.dyn_ref::<web_sys::HtmlDocument>() {
            let value = self.value();
            // A browser that refuses cookies still shows the theme until the next page.
            drop(document.set_cookie(&format!(
                "{COOKIE}={value}; Path=/; Max-Age={COOKIE_SECONDS}; SameSite=Lax"
            )));
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_found_among_other_cookies() {
        assert_eq!(Theme::of_cookies("a=b; theme=dark; themes=light"), Theme::Dark);
        assert_eq!(Theme::of_cookies("theme=light"), Theme::Light);
    }

    #[test]
    fn an_unknown_or_missing_choice_is_left_to_the_system() {
        assert_eq!(Theme::of_cookies("theme=<script>"), Theme::System);
        assert_eq!(Theme::of_cookies(""), Theme::System);
        assert_eq!(Theme::System.attribute(), None);
    }
}
