//! The form for a new mapping.
//!
//! Without JavaScript the form is posted to its own address, and the server renders this page
//! again if the mapping was refused, with [`FormState`] in context. With JavaScript it is sent by
//! fetch, and what was typed stays whatever happens.

use leptos::html;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};
use web_sys::{KeyboardEvent, MouseEvent, SubmitEvent};

use crate::api::client::{self, ClientError};
use crate::api::mapping::MappingDraft;
use crate::api::problem::Problem;
use crate::components::field::Field;
use crate::components::heading::Heading;
use crate::components::icon::{self, Icon};
use crate::components::message::message;
use crate::curl;
use crate::live::store::Live;

/// What a refused form was, and why: the server gives it to the page that it renders again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FormState {
    pub draft: MappingDraft,
    pub problem: Problem,
}

impl FormState {
    /// Takes the state of the form that was posted, the same on the server and while hydrating.
    pub(crate) fn take() -> Option<Self> {
        SharedValue::new(use_context::<Self>).into_inner()
    }
}

/// The fields, in the order in which they are shown and in which errors are listed.
const FIELDS: [(&str, &str); 4] =
    [("name", "Name"), ("prefix", "Prefix"), ("service", "Service"), ("rewrite", "Rewrite")];

/// What is typed, field by field.
#[derive(Debug, Clone, Copy)]
struct Draft {
    name: RwSignal<String>,
    prefix: RwSignal<String>,
    service: RwSignal<String>,
    rewrite: RwSignal<String>,
}

impl Draft {
    fn new(draft: MappingDraft) -> Self {
        Self {
            name: RwSignal::new(draft.name),
            prefix: RwSignal::new(draft.prefix),
            service: RwSignal::new(draft.service),
            rewrite: RwSignal::new(draft.rewrite.unwrap_or_else(|| "/".to_owned())),
        }
    }

    fn get(self) -> MappingDraft {
        MappingDraft {
            name: self.name.get(),
            prefix: self.prefix.get(),
            service: self.service.get(),
            rewrite: Some(self.rewrite.get()),
            labels: None,
        }
    }

    fn is_started(self) -> bool {
        [self.name, self.prefix, self.service]
            .iter()
            .any(|field| field.with_untracked(|text| !text.is_empty()))
    }
}

/// Shows the page.
#[component]
pub(crate) fn NewMapping() -> impl IntoView {
    let posted = FormState::take();
    let error =
        RwSignal::new(posted.as_ref().map(|state| ClientError::from(state.problem.clone())));
    let draft = Draft::new(posted.map(|state| state.draft).unwrap_or_default());
    let is_sending = RwSignal::new(false);
    let live = expect_context::<Live>();
    let navigate = use_navigate();

    let send = {
        let navigate = navigate.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if is_sending.get_untracked() {
                return;
            }
            is_sending.set(true);
            let navigate = navigate.clone();
            let created = client::create_mapping(&untrack(|| draft.get()));
            leptos::task::spawn_local(async move {
                match created.await {
                    Ok(_) => {
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
    let form = NodeRef::<html::Form>::new();
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" if event.ctrl_key() || event.meta_key() => {
            event.prevent_default();
            if let Some(form) = form.get_untracked() {
                // Fails only for a button that is not in the form, and none is given.
                drop(form.request_submit());
            }
        }
        "Escape" if may_leave(draft) => navigate("/mappings", NavigateOptions::default()),
        _ => {}
    };
    let on_cancel = move |event: MouseEvent| {
        if !may_leave(draft) {
            event.prevent_default();
        }
    };
    let error_of = move |field: &'static str| {
        Signal::derive(move || error.with(|error| error.as_ref()?.field(field)))
    };

    view! {
        <Title text="New mapping" />
        <p class="sub crumbs">
            <a href="/mappings" on:click=on_cancel>
                "Mappings"
            </a>
            " › new"
        </p>
        <Heading>"New mapping"</Heading>
        <div class="columns">
            <form
                class="card form"
                method="post"
                action="/mappings/new"
                data-testid="new-mapping"
                aria-busy=move || is_sending.get().then_some("true")
                node_ref=form
                on:submit=send
                on:keydown=on_key
            >
                <ErrorSummary error />
                <Field
                    name="name"
                    label="Name"
                    hint="Letters, digits, “-”, “_” and “.”. It names the mapping in the API and cannot be changed later."
                    placeholder="usermapping"
                    value=draft.name
                    error=error_of("name")
                    is_required=true
                />
                <Field
                    name="prefix"
                    label="Prefix"
                    hint="Starts with “/”. It ends at a path segment: “/user/” serves /user/42, not /users."
                    placeholder="/user/"
                    value=draft.prefix
                    error=error_of("prefix")
                    is_code=true
                    is_required=true
                />
                <Field
                    name="service"
                    label="Service"
                    hint="[scheme://]name[.namespace][:port], for example usersvc or https://images.shop:8443"
                    placeholder="usersvc"
                    value=draft.service
                    error=error_of("service")
                    is_code=true
                    is_required=true
                />
                <Field
                    name="rewrite"
                    label="Rewrite"
                    hint="Replaces the prefix. Empty leaves the path as it is."
                    value=draft.rewrite
                    error=error_of("rewrite")
                    is_code=true
                />
                <div class="form-actions">
                    <a class="btn" href="/mappings" aria-keyshortcuts="Escape" on:click=on_cancel>
                        "Cancel"
                    </a>
                    <button
                        class="btn btn-primary"
                        type="submit"
                        aria-keyshortcuts="Control+Enter"
                        disabled=move || is_sending.get()
                    >
                        {move || if is_sending.get() { "Creating…" } else { "Create mapping" }}
                    </button>
                </div>
            </form>
            <SameByPost draft />
        </div>
    }
}

/// Tells whether the form may be left; asks first when something is typed.
fn may_leave(draft: Draft) -> bool {
    !draft.is_started()
        || window().confirm_with_message("Leave without creating this mapping?").unwrap_or(true)
}

/// Says why the mapping was refused, with a link to each field, and takes the focus there.
#[component]
fn ErrorSummary(error: RwSignal<Option<ClientError>>) -> impl IntoView {
    let summary = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if let Some(summary) = summary.get()
            && error.with(Option::is_some)
        {
            // Focus is a convenience: the summary is also a live region.
            drop(summary.focus());
        }
    });

    let links = |error: &ClientError| {
        FIELDS
            .into_iter()
            .filter_map(|(field, label)| Some((field, label, error.field(field)?)))
            .map(|(field, label, text)| {
                let href = format!("#{field}");
                view! {
                    <li>
                        <a href=href rel="external">
                            {label}
                        </a>
                        ": "
                        {message(&text)}
                    </li>
                }
            })
            .collect_view()
    };

    view! {
        <div role="alert">
            {move || {
                error
                    .get()
                    .map(|error| {
                        view! {
                            <div
                                class="note bad error-summary"
                                tabindex="-1"
                                node_ref=summary
                                data-testid="error-summary"
                            >
                                <Icon path=icon::WARNING />
                                <div>
                                    <strong>"The mapping was not created."</strong>
                                    {overall(&error)}
                                    <ul>{links(&error)}</ul>
                                </div>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

/// Says what was wrong where no field is to blame: the fields say it themselves.
fn overall(error: &ClientError) -> impl IntoView + use<> {
    let by_field = FIELDS.iter().any(|(field, _)| error.field(field).is_some());
    (!by_field).then(|| view! { <p>{message(&error.to_string())}</p> })
}

/// Shows the `curl` line for what is typed.
#[component]
fn SameByPost(draft: Draft) -> impl IntoView {
    // The server does not know the address under which the reader sees it.
    let origin = RwSignal::new(curl::DEFAULT_ORIGIN.to_owned());
    Effect::new(move || {
        if let Ok(seen) = location().origin() {
            origin.set(seen);
        }
    });

    view! {
        <aside class="card" aria-labelledby="same-by-post">
            <h2 class="card-head" id="same-by-post">
                "The same by POST"
            </h2>
            <pre class="code" tabindex="0" data-testid="curl">
                {move || origin.with(|origin| curl::create(origin, &draft.get()))}
            </pre>
        </aside>
    }
}
