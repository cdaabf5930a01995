//! Says that something was refused, and names the request for whoever reads the server's log.

use leptos::prelude::*;

use super::icon::{self, Icon};
use super::message::message;
use crate::api::client::ClientError;

/// Says why something was refused, beside the form that asked for it.
pub(crate) fn note(error: &ClientError) -> impl IntoView + use<> {
    view! {
        <div class="note bad" role="alert" data-testid="refused">
            <Icon path=icon::WARNING />
            <div>
                <p>{message(&error.to_string())}</p>
                {request_id(error)}
            </div>
        </div>
    }
}

/// Says it for a whole page, in other words where those of the API are not the reader's; it takes
/// the focus.
pub(crate) fn summary(
    title: &'static str,
    text: &str,
    error: &ClientError,
) -> impl IntoView + use<> {
    view! {
        <div
            class="note bad error-summary"
            id="error-summary"
            role="alert"
            tabindex="-1"
            autofocus
            data-testid="error-summary"
        >
            <Icon path=icon::WARNING />
            <div>
                <strong>{title}</strong>
                <p>{message(text)}</p>
                {request_id(error)}
            </div>
        </div>
    }
}

/// Names the request.
pub(crate) fn request_id(error: &ClientError) -> impl IntoView + use<> {
    let id = match error {
        ClientError::Problem(problem) => problem.request_id.clone(),
        _ => None,
    };
    id.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })
}
