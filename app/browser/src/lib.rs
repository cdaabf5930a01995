//! The portal as WebAssembly: the one function that the page's script calls.

use wasm_bindgen::prelude::wasm_bindgen;

/// Brings the server's HTML to life.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
