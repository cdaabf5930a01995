//! The portal's islands as WebAssembly: the function that the page's script calls first.
//!
//! Each `#[island]` of `app` is exported by itself, and called by the script for its elements.

use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Readies what the islands share.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
