//! Waits for the page's snapshot before it shows what needs it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::live::store::Snapshot;

/// Shows its children once the snapshot has come, or has failed to come.
#[component]
pub(crate) fn Loaded(children: ChildrenFn) -> impl IntoView {
    let snapshot = expect_context::<Snapshot>();

    view! {
        <Suspense fallback=|| ()>
            {move || {
                let children = Arc::clone(&children);
                Suspend::new(async move {
                    snapshot.load().await;
                    children()
                })
            }}
        </Suspense>
    }
}
