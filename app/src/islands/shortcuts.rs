//! Listens to the keyboard's shortcuts, and shows them.
//!
//! `/` search · `n` new mapping · `g` and a letter go to a page · `?` this help · `Esc` closes it.
//! They can be switched off, as WCAG 2.2, 2.1.4 asks; the choice is kept in the browser.

use leptos::html;
use leptos::prelude::*;

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
const STORED_AS: &str = "shortcuts";

/// How long after `g` the letter may come, in milliseconds.
#[cfg(feature = "hydrate")]
const SECOND_KEY_MS: f64 = 1_500.0;

/// Listens while the page is open; shows the button and the dialog that explain the keys.
#[island]
pub(crate) fn Shortcuts() -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let is_on = RwSignal::new(true);
    #[cfg(feature = "hydrate")]
    listen(dialog, is_on);
    let open = move |_| show(dialog);
    let switch = move |event| {
        is_on.set(event_target_checked(&event));
        if let Ok(Some(storage)) = window().local_storage() {
            // Where nothing can be stored, the choice lasts as long as the page.
            drop(storage.set_item(STORED_AS, if is_on.get_untracked() { "on" } else { "off" }));
        }
    };
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
            on:click=open
        >
            <kbd>"?"</kbd>
        </button>
        <dialog class="dialog" aria-labelledby="shortcuts-title" node_ref=dialog data-testid="shortcuts">
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
                    <input type="checkbox" prop:checked=move || is_on.get() on:change=switch />
                    " Single-key shortcuts"
                </label>
                <button class="btn">"Close"</button>
            </form>
        </dialog>
    }
}

fn show(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked()
        && !dialog.open()
    {
        // Fails only for a dialog that is open already.
        drop(dialog.show_modal());
    }
}

#[cfg(feature = "hydrate")]
fn listen(dialog: NodeRef<html::Dialog>, is_on: RwSignal<bool>) {
    use leptos::ev;
    use web_sys::js_sys::Date;

    let stored = window().local_storage().ok().flatten();
    let stored = stored.and_then(|storage| storage.get_item(STORED_AS).ok().flatten());
    is_on.set(stored.as_deref() != Some("off"));
    let went_ms = StoredValue::new(0.0);
    // The page's own listener ends with the page, so the handle is not needed.
    drop(window_event_listener(ev::keydown, move |event| {
        let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
        if has_modifier || !is_on.get_untracked() || is_typing(&event) {
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
            (None, "?") => show(dialog),
            _ => return,
        }
        event.prevent_default();
    }));
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
