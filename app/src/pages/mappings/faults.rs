//! Says above the list where faults on purpose are active: nobody should look for them elsewhere.

use leptos::prelude::*;

use crate::api::client::encode_segment;
use crate::api::live::LiveMapping;
use crate::components::chip::Tone;
use crate::components::note::Note;

/// The code of the warning that a mapping with active faults has.
const CODE: &str = "fault-injected";

/// Names the mappings of a page of the list whose faults are active; nothing where none is.
pub(super) fn note(rows: &[LiveMapping]) -> Option<AnyView> {
    let is_faulty =
        |live: &&LiveMapping| live.mapping.warnings.iter().any(|warning| warning.code == CODE);
    let links: Vec<_> = rows
        .iter()
        .filter(is_faulty)
        .map(|live| {
            let href = format!("/mappings/{}", encode_segment(&live.mapping.name));
            view! { <a href=href>{live.mapping.name.clone()}</a> " " }
        })
        .collect();
    (!links.is_empty()).then(|| {
        view! {
            <Note tone=Tone::Warn testid="faults">
                <p>"Faults on purpose are active at " {links}</p>
            </Note>
        }
        .into_any()
    })
}
