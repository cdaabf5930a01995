//! Keeps the page's relative times current: `3 min ago` becomes `4 min ago`.
//!
//! The server writes them as `<time>` elements (see `components::time`), which say the exact time
//! on hover.

use leptos::prelude::*;

/// Finds the elements of which the text moves on.
#[cfg(feature = "hydrate")]
const RELATIVE_TIMES: &str = "time[data-relative]";

/// How often: the finest unit that is shown for long is the minute, and the first seconds count.
#[cfg(feature = "hydrate")]
const EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// Moves every relative time of the page on; shows nothing itself.
#[island]
pub(crate) fn Clock() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    set_interval(move_on, EVERY);
}

#[cfg(feature = "hydrate")]
fn move_on() {
    use web_sys::js_sys::Date;

    let Ok(times) = document().query_selector_all(RELATIVE_TIMES) else { return };
    for index in 0..times.length() {
        let Some(time) = times.get(index) else { continue };
        // The text itself, since an island that has drawn the element keeps hold of it.
        let Some(shown) = time.first_child() else { continue };
        let written = shown.text_content();
        let at = wasm_bindgen::JsCast::dyn_ref::<web_sys::Element>(&time)
            .and_then(|element| element.get_attribute("datetime"));
        let Some(at) = at else { continue };
        let seconds = (Date::now() - Date::parse(&at)) / 1_000.0;
        let text = crate::numerals::ago(seconds.max(0.0) as u64);
        if written.as_ref() != Some(&text) {
            shown.set_text_content(Some(&text));
        }
    }
}
