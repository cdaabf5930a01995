//! Says what Chancery is, and what its numbers mean.

use leptos::prelude::*;

use super::Loaded;
use crate::components::frame::Place;

pub(super) fn page() -> Loaded {
    Loaded::new("About", Place::About, || view! { <h1>"About Chancery"</h1> })
}
