//! What stands beside the form: what the mapping will do, whom it touches, and the same by POST.

use leptos::either::Either;
use leptos::prelude::*;

use super::sheet::Sheet;
use crate::components::plan;
use crate::curl;
use crate::draft::stale;
use crate::islands::copy::Copy;

/// Shows what the mapping would do as it is filled in.
pub(super) fn foreseen(sheet: &Sheet) -> impl IntoView + use<> {
    let examples = match &sheet.plan {
        Some(known) => Either::Left(plan::examples(known)),
        None => Either::Right(view! { <p class="sub card-body">{waiting(sheet)}</p> }),
    };
    let impact = sheet.plan.as_ref().map(|known| {
        view! {
            <section class="card" aria-labelledby="impact-title">
                <div class="card-head">
                    <h2 id="impact-title">"Impact"</h2>
                </div>
                <div class="card-body">{plan::impact(known, ())}</div>
            </section>
        }
    });

    view! {
        <section class="card" aria-labelledby="examples-title" data-testid="what-it-will-do">
            <div class="card-head">
                <h2 id="examples-title">"What it will do"</h2>
            </div>
            {examples}
        </section>
        {impact}
    }
}

/// Says why there is no preview.
fn waiting(sheet: &Sheet) -> &'static str {
    let is_complete = sheet.form.typed.is_complete();
    match &sheet.found {
        Some(error) if stale(error).is_some() => {
            "Somebody else has changed this mapping meanwhile: Review shows both versions."
        }
        Some(_) if is_complete => "Shows some requests as soon as the fields are right.",
        _ => {
            "Shows some requests once name, prefix and service, or an answer, are there. Review shows it, too."
        }
    }
}

/// Shows the `curl` line for what is typed. The browser puts in the address under which it sees us.
pub(super) fn same_by_post(sheet: &Sheet) -> impl IntoView + use<> {
    let typed = &sheet.form.typed;
    let line = curl::create(curl::DEFAULT_ORIGIN, &typed.draft(), &typed.extras());

    view! {
        <section class="card" aria-labelledby="same-by-post">
            <div class="card-head">
                <h2 id="same-by-post">"The same by POST"</h2>
                <Copy target="curl".to_owned() what="the line".to_owned() />
            </div>
            <pre
                class="code"
                id="curl"
                tabindex="0"
                aria-labelledby="same-by-post"
                data-origin=curl::DEFAULT_ORIGIN
                data-testid="curl"
            >
                {line}
            </pre>
        </section>
    }
}
