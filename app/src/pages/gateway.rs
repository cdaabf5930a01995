//! The gateway as a whole: every setting with its value, its default and Envoy's name for it, and
//! the forms by which an admin changes them, group by group. TLS and protection have files of their
//! own; the others are made of the table `settings`.

mod authentication;
mod group;
mod protection;
mod tls;

use leptos::prelude::*;
use serde_json::Value;

use super::{Loaded, Visit, detail::sentence, failure};
use crate::api::client::Client;
use crate::api::gateway::{Gateway, Listeners};
use crate::api::mapping::Warning;
use crate::components::action::{ActionForm, Tried};
use crate::components::card::Card;
use crate::components::chip::Tone;
use crate::components::frame::Place;
use crate::components::message::message;
use crate::components::note::Note;
use crate::components::page_head::PageHead;
use crate::components::time::{Ago, AgoProps};
use crate::settings::GROUPS;

/// One setting as it is shown.
struct Shown {
    label: &'static str,
    /// What is in effect.
    value: String,
    default: &'static str,
    /// Envoy's name.
    envoy: &'static str,
}

/// `/gateway`
pub(super) async fn page(client: &Client, visit: &Visit) -> Loaded {
    let gateway = match client.gateway_settings().await {
        Ok(gateway) => gateway,
        Err(error) => return failure::failed(Place::Gateway, "The settings", error),
    };
    let choices = match gateway.may_decide {
        true => tls::Choices::load(client).await,
        false => tls::Choices::default(),
    };
    let tried = Tried::of(visit.acted(), "gateway.put");
    let patched = Tried::of(visit.acted(), "gateway.patch");
    let protecting = Tried::of(visit.acted(), protection::CHANGE);
    let requiring = Tried::of(visit.acted(), authentication::CHANGE);
    Loaded::new("Gateway", Place::Gateway, move || {
        let values = serde_json::to_value(&gateway).unwrap_or_default();
        let may_decide = gateway.may_decide;
        let forms = may_decide.then(|| {
            let others = others(&gateway, &values, &patched);
            let protect = protection::form(&gateway, &protecting);
            let require = authentication::form(&gateway, &requiring);
            view! { {form(&gateway, choices, &tried)} {others} {protect} {require} }
        });
        let tables = GROUPS.map(|each| table(each.title, group::shown(each, &values)));
        view! {
            <PageHead title="Gateway" sub=last_written(&gateway).into_any() />
            {notes(&gateway.warnings)}
            <div class="columns">
                <div class="stack">
                    {table("TLS", tls::shown(&gateway.tls))} {tables.into_iter().collect_view()}
                    {table("Protection", protection::shown(&gateway))}
                    {table("Authentication", authentication::shown(&gateway))}
                </div>
                <div class="stack">{listeners(gateway.listeners)} {forms}</div>
            </div>
        }
    })
}

/// Shows the forms of the groups of the table.
fn others(gateway: &Gateway, values: &Value, tried: &Tried) -> impl IntoView + use<> {
    let form = |each| group::form(each, values, gateway.revision, tried);
    let forms = GROUPS.into_iter().map(form).collect_view();
    view! {
        <Card title="Change the others" testid="change-others">
            <div class="card-body">{forms}</div>
        </Card>
    }
}

/// Shows what an admin should know of the settings.
fn notes(warnings: &[Warning]) -> impl IntoView + use<> {
    let note = |warning: &Warning| {
        let (code, text) = (warning.code.clone(), sentence(&warning.message));
        view! {
            <Note tone=Tone::Warn>
                <p data-warning=code>{message(&text)}</p>
            </Note>
        }
    };
    view! { <div class="notes">{warnings.iter().map(note).collect_view()}</div> }
}

fn last_written(gateway: &Gateway) -> impl IntoView + use<> {
    match gateway.updated_at.zip(gateway.updated_by.clone()) {
        None => "Every setting has its default.".into_any(),
        Some((at, by)) => {
            let revision = gateway.revision;
            view! { "Changed " {Ago(AgoProps { at })} {format!(" by {by} (revision {revision})")} }
                .into_any()
        }
    }
}

fn listeners(listeners: Listeners) -> impl IntoView {
    let Listeners { http, https, http3 } = listeners;
    let https = match https {
        Some(address) => view! { <span class="mono">{address}</span> }.into_any(),
        None => {
            view! { "as soon as there is " <a href="/certificates">"a certificate"</a> }.into_any()
        }
    };
    view! {
        <Card title="Listeners" testid="listeners">
            <dl class="facts card-body">
                <dt>"HTTP"</dt>
                <dd class="mono">{http}</dd>
                <dt>"HTTPS"</dt>
                <dd>{https}</dd>
                <dt>"HTTP/3"</dt>
                <dd>{http3.map_or_else(|| "off".to_owned(), |address| format!("{address}, UDP"))}</dd>
            </dl>
        </Card>
    }
}

fn table(title: &'static str, settings: Vec<Shown>) -> impl IntoView {
    let row = |shown: Shown| {
        let Shown { label, value, default, envoy } = shown;
        view! {
            <tr>
                <th scope="row">
                    {label} <span class="cell-note mono">{envoy}</span>
                </th>
                <td data-label="Value">{value}</td>
                <td data-label="Default">{default}</td>
            </tr>
        }
    };
    view! {
        <Card title=title testid="settings">
            <table class="table records">
                <thead>
                    <tr>
                        <th scope="col">"Setting, and Envoy’s name"</th>
                        <th scope="col">"Value"</th>
                        <th scope="col">"Default"</th>
                    </tr>
                </thead>
                <tbody>{settings.into_iter().map(row).collect_view()}</tbody>
            </table>
        </Card>
    }
}

fn form(gateway: &Gateway, choices: tls::Choices, tried: &Tried) -> impl IntoView + use<> {
    let revision = gateway.revision.to_string();
    let fields = tls::form(&gateway.tls, choices, tried);
    let tried = tried.clone();
    view! {
        <Card title="Change TLS" testid="change">
            <ActionForm to="gateway.put" class="form" tried=tried fields=tls::FIELDS>
                <p>
                    "Open connections finish what they do; new ones go by the new settings within milliseconds."
                </p>
                <input type="hidden" name="revision" value=revision />
                {fields}
                <div class="form-actions">
                    <button class="btn btn-primary">"Save the settings"</button>
                </div>
            </ActionForm>
        </Card>
    }
}
