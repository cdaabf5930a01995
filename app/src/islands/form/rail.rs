//! What stands beside the form: what the mapping will do, whom it touches, and the same by POST.

use leptos::either::Either;
use leptos::prelude::*;

use super::{Sheet, plan};
use crate::curl;
use crate::draft::stale;
use crate::islands::copy::Copy;

/// Shows the last preview.
pub(super) fn preview(sheet: Sheet) -> impl IntoView {
    let examples = move || {
        sheet.plan.with(|known| match known {
            Some(known) => Either::Left(plan::examples(known)),
            None => Either::Right(view! { <p class="sub card-body">{waiting(sheet)}</p> }),
        })
    };
    let impact = move || {
        sheet.plan.with(|known| {
            known.as_ref().map(|known| {
                view! {
                    <section class="card" aria-labelledby="impact-title">
                        <div class="card-head">
                            <h2 id="impact-title">"Impact"</h2>
                        </div>
                        <div class="card-body">{plan::impact(known, ())}</div>
                    </section>
                }
            })
        })
    };

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
fn waiting(sheet: Sheet) -> &'static str {
    let is_complete = sheet.form.with(|form| form.typed.is_complete());
    sheet.found.with(|found| match found {
        Some(error) if stale(error).is_some() => {
            "Somebody else has changed this mapping meanwhile: Review shows both versions."
        }
        Some(_) if is_complete => "Shows some requests as soon as the fields are right.",
        _ => "Shows some requests once name, prefix and service are there. Review shows it, too.",
    })
}

/// Shows the `curl` line for what is typed.
pub(super) fn same_by_post(sheet: Sheet) -> impl IntoView {
    // the server does not know the address under which the reader sees it
    let origin = RwSignal::new(curl::DEFAULT_ORIGIN.to_owned());
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        if let Ok(seen) = location().origin() {
            origin.set(seen);
        }
    });
    let line = move || {
        let draft = sheet.form.with(|form| form.typed.draft());
        origin.with(|origin| curl::create(origin, &draft))
    };

    view! {
        <section class="card" aria-labelledby="same-by-post">
            <div class="card-head">
                <h2 id="same-by-post">"The same by POST"</h2>
                <Copy target="curl".to_owned() what="the line".to_owned() />
            </div>
            <pre class="code" id="curl" tabindex="0" aria-labelledby="same-by-post" data-testid="curl">
                {line}
            </pre>
        </section>
    }
}
