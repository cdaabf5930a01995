//! Searches the list while one types.
//!
//! Each pause in typing loads the list anew, at the address that the form would lead to. The field
//! keeps its focus, and what was typed while the page was loading.

use leptos::prelude::*;

/// Keeps what was typed from one load of the page to the next, in the browser's tab.
#[cfg(feature = "hydrate")]
const STORED_AS: &str = "typing";

/// A pause of this length ends a word.
#[cfg(feature = "hydrate")]
const PAUSE: std::time::Duration = std::time::Duration::from_millis(300);

/// Listens to the search field of the top bar; shows nothing itself.
#[island]
pub(crate) fn SearchAsTyped() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    listen();
}

#[cfg(feature = "hydrate")]
fn listen() {
    use leptos::ev;
    use leptos::leptos_dom::helpers::TimeoutHandle;
    use wasm_bindgen::JsCast;
    use web_sys::HtmlInputElement;

    let Ok(Some(field)) = document().query_selector(".search input[type=search]") else { return };
    let Ok(field) = field.dyn_into::<HtmlInputElement>() else { return };
    let storage = window().session_storage().ok().flatten();
    let typed = storage.as_ref().and_then(|storage| storage.get_item(STORED_AS).ok().flatten());
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let schedule = move || {
        if let Some(earlier) = timer.get_value() {
            earlier.clear();
        }
        timer.set_value(set_timeout_with_handle(search, PAUSE).ok());
    };
    if let (Some(storage), Some(typed)) = (&storage, typed) {
        // Where nothing can be stored, nothing was found, either.
        drop(storage.remove_item(STORED_AS));
        let is_behind = field.value() != typed;
        field.set_value(&typed);
        drop(field.focus());
        let end = u32::try_from(typed.encode_utf16().count()).unwrap_or(u32::MAX);
        drop(field.set_selection_range(end, end));
        if is_behind {
            schedule();
        }
    }
    let typing = StoredValue::new(false);
    let on_input = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(move || {
        typing.set_value(true);
        schedule();
    });
    // Fails only for an event that can't be listened to.
    drop(field.add_event_listener_with_callback("input", on_input.as_ref().unchecked_ref()));
    on_input.forget();
    // The page's own listener ends with the page, so the handle is not needed.
    drop(window_event_listener(ev::Custom::<web_sys::Event>::new("pagehide"), move |_| {
        let is_in_field = document().active_element().is_some_and(|active| active == **field);
        if let Some(storage) = storage.as_ref().filter(|_| typing.get_value() && is_in_field) {
            // Where nothing can be stored, the field is empty of focus on the next page.
            drop(storage.set_item(STORED_AS, &field.value()));
        }
    }));
}

/// Goes where the form leads, in place of the page that is shown.
#[cfg(feature = "hydrate")]
fn search() {
    use wasm_bindgen::JsCast;

    let Ok(inputs) = document().query_selector_all(".search input") else { return };
    let mut query = Vec::new();
    for index in 0..inputs.length() {
        let input =
            inputs.get(index).and_then(|node| node.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let Some(input) = input.filter(|input| !input.value().trim().is_empty()) {
            let value = crate::api::client::encode_segment(&input.value());
            query.push(format!("{}={value}", input.name()));
        }
    }
    let address = match query.join("&") {
        query if query.is_empty() => "/mappings".to_owned(),
        query => format!("/mappings?{query}"),
    };
    // Fails only for an address that is none.
    drop(location().replace(&address));
}
