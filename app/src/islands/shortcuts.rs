//! Listens to the keyboard's shortcuts, and shows them.
//!
//! `/` search · `n` new mapping · `g` and a letter go to a page · `?` this help · `Esc` closes it.
//! They can be switched off, as WCAG 2.2, 2.1.4 asks; the choice is kept in the browser.

use leptos::prelude::*;

/// Ids of what the server draws and the browser listens to.
const DIALOG: &str = "shortcuts";
const CHECKBOX: &str = "shortcuts-on";

/// What `g` and a letter lead to.
const PLACES: [(&str, &str, &str); 6] = [
    ("o", "/", "Overview"),
    ("m", "/mappings", "Mappings"),
    ("s", "/services", "Services"),
    ("n", "/nodes", "Nodes"),
    ("c", "/config", "Envoy config"),
    ("a", "/about", "About"),
];

/// Where the choice is kept.
#[cfg(feature = "hydrate")]
const STORED_AS: &str = "shortcuts";

/// How long after `g` the letter may come, in milliseconds.
#[cfg(feature = "hydrate")]
const SECOND_KEY_MS: f64 = 1_500.0;

/// Shows the button and the dialog that explain the keys; the server alone draws them.
#[cfg(feature = "ssr")]
pub(crate) fn explained() -> impl IntoView {
    let places = PLACES.map(|(key, _, name)| {
        view! {
            <div>
                <dt>
                    <kbd>"g"</kbd>
                    " "
                    <kbd>{key}</kbd>
                </dt>
                <dd>{name}</dd>
            </div>
        }
    });

    view! {
        <button
            type="button"
            class="btn btn-quiet needs-script shortcuts-open"
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts"
        >
            <kbd>"?"</kbd>
        </button>
        <dialog id=DIALOG class="dialog" aria-labelledby="shortcuts-title" data-testid="shortcuts">
            <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
            <dl class="keys">
                <div>
                    <dt>
                        <kbd>"/"</kbd>
                    </dt>
                    <dd>"Find a mapping"</dd>
                </div>
                <div>
                    <dt>
                        <kbd>"n"</kbd>
                    </dt>
                    <dd>"New mapping"</dd>
                </div>
                {places.into_iter().collect_view()}
                <div>
                    <dt>
                        <kbd>"Ctrl"</kbd>
                        " "
                        <kbd>"Enter"</kbd>
                    </dt>
                    <dd>"Review or apply a form"</dd>
                </div>
                <div>
                    <dt>
                        <kbd>"Esc"</kbd>
                    </dt>
                    <dd>"Close this, or leave a form"</dd>
                </div>
            </dl>
            <form method="dialog" class="form-actions">
                <label class="check">
                    <input id=CHECKBOX type="checkbox" checked="" />
                    " Single-key shortcuts"
                </label>
                <button class="btn">"Close"</button>
            </form>
        </dialog>
    }
}

/// Listens while the page is open, to keys and to what [`explained`] shows.
#[island]
pub(crate) fn Shortcuts() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    listen();
}

#[cfg(feature = "hydrate")]
fn listen() {
    use leptos::ev;
    use wasm_bindgen::JsCast;
    use web_sys::js_sys::Date;

    let storage = window().local_storage().ok().flatten();
    let stored = storage.as_ref().and_then(|storage| storage.get_item(STORED_AS).ok().flatten());
    let is_on = StoredValue::new(stored.as_deref() != Some("off"));
    let checkbox = document().get_element_by_id(CHECKBOX);
    let checkbox = checkbox.and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok());
    if let Some(checkbox) = checkbox {
        checkbox.set_checked(is_on.get_value());
    }
    let went_ms = StoredValue::new(0.0);
    // The page's own listeners end with the page, so the handles are not needed.
    drop(window_event_listener(ev::click, |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let opener = target.and_then(|target| target.closest(".shortcuts-open").ok().flatten());
        if opener.is_some() {
            show();
        }
    }));
    drop(window_event_listener(ev::change, move |event| {
        let target = event.target();
        let changed = target.and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(checkbox) = changed.filter(|changed| changed.id() == CHECKBOX) else { return };
        is_on.set_value(checkbox.checked());
        if let Some(storage) = &storage {
            // Where nothing can be stored, the choice lasts as long as the page.
            drop(storage.set_item(STORED_AS, if checkbox.checked() { "on" } else { "off" }));
        }
    }));
    drop(window_event_listener(ev::keydown, move |event| {
        let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
        if has_modifier || !is_on.get_value() || is_typing(&event) {
            return;
        }
        let key = event.key();
        let is_second = Date::now() - went_ms.get_value() < SECOND_KEY_MS;
        went_ms.set_value(0.0);
        let place = PLACES.iter().find(|(letter, ..)| is_second && *letter == key);
        match (place, key.as_str()) {
            (Some((_, path, _)), _) => go(path),
            (None, "g") => {
                went_ms.set_value(Date::now());
                return;
            }
            (None, "n") => go("/mappings/new"),
            (None, "/") => focus_search(),
            (None, "?") => show(),
            _ => return,
        }
        event.prevent_default();
    }));
}

#[cfg(feature = "hydrate")]
fn show() {
    use wasm_bindgen::JsCast;

    let dialog = document().get_element_by_id(DIALOG);
    let dialog = dialog.and_then(|it| it.dyn_into::<web_sys::HtmlDialogElement>().ok());
    if let Some(dialog) = dialog.filter(|dialog| !dialog.open()) {
        // Fails only for a dialog that is open already.
        drop(dialog.show_modal());
    }
}

#[cfg(feature = "hydrate")]
fn go(path: &str) {
    // Fails only for an address that is none.
    drop(location().set_href(path));
}

#[cfg(feature = "hydrate")]
fn focus_search() {
    use wasm_bindgen::JsCast;

    let Ok(Some(field)) = document().query_selector("input[type=search]") else { return };
    if let Some(field) = field.dyn_ref::<web_sys::HtmlInputElement>() {
        // Focus is a convenience: where it is refused the page still works.
        drop(field.focus());
        field.select();
    }
}

/// Tells whether a key goes into a field.
#[cfg(feature = "hydrate")]
fn is_typing(event: &leptos::ev::KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;

    let Some(target) = event.target() else { return false };
    let Some(element) = target.dyn_ref::<web_sys::HtmlElement>() else { return false };
    element.is_content_editable()
        || ["INPUT", "TEXTAREA", "SELECT"].contains(&element.tag_name().as_str())
}
