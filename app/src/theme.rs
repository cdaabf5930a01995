//! Knows the three themes, and where the choice is kept: a cookie, so that the server can render
//! it, and `data-theme` on `<html>`, which the style sheet reads.
//!
//! Not here: the colours (`style/tokens.css`) and the switch (`components::theme_switch`).

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Names the cookie, and the field of the form that is posted without JavaScript.
pub(crate) const COOKIE: &str = "theme";

/// Lasts a year: a preference, renewed whenever it is chosen again.
const COOKIE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// Says which colours the reader wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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

    /// Reads a value of the cookie or the attribute; anything unknown leaves it to the system.
    pub(crate) fn parse(value: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.value() == value).unwrap_or_default()
    }

    /// Finds the choice in a `Cookie` header (RFC 6265, section 4.2.1).
    #[cfg_attr(
        not(feature = "ssr"),
        expect(dead_code, reason = "the browser reads the attribute instead")
    )]
    fn of_cookies(header: &str) -> Self {
        header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE)
            .map(|(_, value)| Self::parse(value))
            .unwrap_or_default()
    }

    /// Returns the choice that came with the request being answered.
    pub(crate) fn of_request() -> Self {
        #[cfg(feature = "ssr")]
        if let Some(parts) = use_context::<http::request::Parts>() {
            return parts
                .headers
                .get_all(http::header::COOKIE)
                .iter()
                .filter_map(|header| header.to_str().ok())
                .map(Self::of_cookies)
                .find(|theme| *theme != Self::System)
                .unwrap_or_default();
        }
        Self::System
    }

    /// Returns the choice that the page shows, the same on the server and while hydrating.
    pub(crate) fn current() -> Self {
        if is_server() {
            return Self::of_request();
        }
        document()
            .document_element()
            .and_then(|html| html.get_attribute("data-theme"))
            .map(|value| Self::parse(&value))
            .unwrap_or_default()
    }

    /// Shows the theme and remembers it; in the browser only.
    pub(crate) fn choose(self) {
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
