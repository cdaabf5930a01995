//! The pages for what is not there and for what could not be loaded.
//!
//! Neither is ever an empty list: that would look as if all were well.

use leptos::prelude::*;

use super::Loaded;
use crate::api::client::ClientError;
use crate::components::frame::Place;
use crate::components::icon::{self, Icon};
use crate::components::message::message;

/// Shows that the address names nothing, with status 404.
pub(super) fn not_found() -> Loaded {
    Loaded::new("Not found", None, || {
        view! {
            <section class="card empty" data-testid="not-found">
                <h1>"There is no such page"</h1>
                <p>"The address may be mistyped, or what it named is gone."</p>
                <p>
                    <a class="btn btn-primary" href="/mappings">
                        "All mappings"
                    </a>
                </p>
            </section>
        }
    })
    .with_status(404)
}

/// Shows that there is no mapping of this name, with status 404.
pub(super) fn no_mapping(name: &str) -> Loaded {
    let name = name.to_owned();
    let text = view! {
        "Nothing is named "
        <code>{name}</code>
        ". It may have been deleted, or the address is mistyped."
    };
    none(Place::Mappings, "mapping", text, ("/mappings", "All mappings"))
}

/// Shows that there is no such `what`, with status 404 and the way to the list of all.
pub(super) fn none(
    place: Place,
    what: &'static str,
    text: impl IntoAny,
    all: (&'static str, &'static str),
) -> Loaded {
    let text = text.into_any();
    Loaded::new(format!("No such {what}"), place, move || {
        let (href, label) = all;
        view! {
            <section class="card empty" data-testid=format!("no-{what}")>
                <h1>{format!("There is no such {what}")}</h1>
                <p>{text}</p>
                <p>
                    <a class="btn btn-primary" href=href>
                        {label}
                    </a>
                </p>
            </section>
        }
    })
    .with_status(404)
}

/// Shows that one may not see or do something, with status 403.
pub(super) fn forbidden(place: Place, why: &str) -> Loaded {
    let why = why.to_owned();
    Loaded::new("Not allowed", place, move || {
        view! {
            <section class="card empty" data-testid="forbidden">
                <h1>"You may not do this"</h1>
                <p>{message(&why)}</p>
                <p>
                    <a class="btn btn-primary" href="/">
                        "Overview"
                    </a>
                </p>
            </section>
        }
    })
    .with_status(403)
}

/// Shows why `what` could not be loaded, with the status that the API answered.
pub(super) fn failed(
    place: impl Into<Option<Place>>,
    what: &'static str,
    error: ClientError,
) -> Loaded {
    let place = place.into();
    if let (Some(403), Some(place)) = (error.status(), place) {
        return forbidden(place, &error.to_string());
    }
    let status = error.status().unwrap_or(503);
    let request_id = match &error {
        ClientError::Problem(problem) => problem.request_id.clone(),
        _ => None,
    };
    Loaded::new("Not loaded", place, move || {
        view! {
            <section class="card empty" data-testid="failed-to-load">
                <h1 class="text-bad">
                    <Icon path=icon::WARNING />
                    {format!(" {what} could not be loaded")}
                </h1>
                <p>{message(&error.to_string())}</p>
                {request_id.map(|id| view! { <p class="sub">"Request " <code>{id}</code></p> })}
                <p class="sub">
                    "Envoy keeps routing as before. If it stays, look whether "
                    <code>"chancery serve"</code> " runs and what its log says."
                </p>
                <p>
                    <a class="btn" href="">
                        "Try again"
                    </a>
                </p>
            </section>
        }
    })
    .with_status(status)
}
