//! The page that asks before a mapping is deleted.
//!
//! Without JavaScript its form is posted to its own address; if that fails the server renders this
//! page again, with `FormState` in context.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use web_sys::SubmitEvent;

use super::new_mapping::FormState;
use crate::api::client::{self, ClientError, encode_segment, set_page_status};
use crate::api::mapping::Mapping;
use crate::components::heading::Heading;
use crate::components::icon::{self, Icon};
use crate::components::loaded::Loaded;
use crate::components::mapping_row::{members, rewrite};
use crate::components::message::message;
use crate::live::store::Live;
use crate::numerals::{count, rate};

/// Shows the page.
#[component]
pub(crate) fn DeleteMapping() -> impl IntoView {
    let posted = FormState::take();
    let refused = posted.map(|state| ClientError::from(state.problem));
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get("name").unwrap_or_default()));
    let mapping = Resource::new_blocking(move || name.get(), |name| client::mapping(&name));

    view! {
        <Title text=move || format!("Delete {}", name.get()) />
        <p class="sub crumbs">
            <a href="/mappings">"Mappings"</a>
            {move || format!(" › {} › delete", name.get())}
        </p>
        <Suspense fallback=|| {
            view! { <p class="sub">"Loading…"</p> }
        }>
            {move || {
                let refused = refused.clone();
                Suspend::new(async move {
                    match mapping.await {
                        Ok(mapping) => view! { <Confirm mapping refused /> }.into_any(),
                        Err(error) => missing(&error).into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

fn missing(error: &ClientError) -> impl IntoView {
    let is_gone = error.status() == Some(404);
    set_page_status(if is_gone { 404 } else { 503 });

    view! {
        <section class="card empty" data-testid="no-mapping">
            <Heading>
                {if is_gone { "There is no such mapping" } else { "The mapping could not be loaded" }}
            </Heading>
            <p>{message(&error.to_string())}</p>
            <p>
                <a class="btn btn-primary" href="/mappings">
                    "All mappings"
                </a>
            </p>
        </section>
    }
}

#[component]
fn Confirm(mapping: Mapping, refused: Option<ClientError>) -> impl IntoView {
    let error = RwSignal::new(refused);
    let is_sending = RwSignal::new(false);
    let live = expect_context::<Live>();
    let navigate = use_navigate();
    let Mapping { name, prefix, service, rewrite: rewritten, .. } = mapping;
    let action = format!("/mappings/{}/delete", encode_segment(&name));

    let send = {
        let name = name.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if is_sending.get_untracked() {
                return;
            }
            is_sending.set(true);
            let navigate = navigate.clone();
            let deleted = client::delete_mapping(&name);
            leptos::task::spawn_local(async move {
                match deleted.await {
                    Ok(()) => {
                        live.refresh().await;
                        navigate("/mappings", NavigateOptions::default());
                    }
                    Err(failure) => {
                        // The page may be left while the answer is on its way.
                        error.try_set(Some(failure));
                        is_sending.try_set(false);
                    }
                }
            });
        }
    };

    view! {
        <Heading>{format!("Delete {name}?")}</Heading>
        <form class="card form confirm" method="post" action=action on:submit=send data-testid="delete-mapping">
            <div role="alert">
                {move || {
                    error
                        .get()
                        .map(|error| {
                            view! {
                                <div class="note bad" data-testid="error-summary">
                                    <Icon path=icon::WARNING />
                                    <div>
                                        <strong>"The mapping was not deleted."</strong>
                                        <p>{message(&error.to_string())}</p>
                                    </div>
                                </div>
                            }
                        })
                }}
            </div>
            <p>
                "Requests below " <code>{prefix.clone()}</code>
                " will no longer reach this service. A shorter prefix that matches takes them; without one they get 404. The counters end with the mapping."
            </p>
            <dl class="facts">
                <dt>"Prefix"</dt>
                <dd class="mono">{prefix}</dd>
                <dt>"Service"</dt>
                <dd class="mono">{service}</dd>
                <dt>"Rewrite"</dt>
                <dd class="mono">{rewrite(&rewritten)}</dd>
                <Loaded>
                    <Numbers name=name.clone() live />
                </Loaded>
            </dl>
            <div class="form-actions">
                <a class="btn" href="/mappings">
                    "Cancel"
                </a>
                <button class="btn btn-danger" type="submit" disabled=move || is_sending.get()>
                    {move || if is_sending.get() { "Deleting…" } else { "Delete mapping" }}
                </button>
            </div>
        </form>
    }
}

/// Shows the live numbers of the mapping, once it has some.
#[component]
fn Numbers(name: String, live: Live) -> impl IntoView {
    move || {
        let row = live.row(&name)?.live;
        let cell = |read: fn(&crate::api::live::LiveMapping) -> String| {
            let row = row.clone();
            move || row.with(read)
        };
        Some(view! {
            <dt>"req/s"</dt>
            <dd class="num" data-cell="rate">
                {cell(|live| rate(live.rate))}
            </dd>
            <dt class="mono">"upstream_ok"</dt>
            <dd class="num" data-cell="ok">
                {cell(|live| count(live.counters.upstream_ok))}
            </dd>
            <dt class="mono">"upstream_4xx"</dt>
            <dd class="num" data-cell="4xx">
                {cell(|live| count(live.counters.upstream_4xx))}
            </dd>
            <dt class="mono">"upstream_bad"</dt>
            <dd class="num" data-cell="bad">
                {cell(|live| count(live.counters.upstream_bad))}
            </dd>
            <dt>"Endpoints"</dt>
            <dd class="num" data-cell="members">
                {cell(|live| members(live.members))}
            </dd>
        })
    }
}
