//! The setting that mappings must say who may call them.

use leptos::prelude::*;

use super::Shown;
use crate::api::gateway::Gateway;
use crate::components::action::{ActionForm, Tick, Tried};
use crate::components::card::Card;

/// Name of the form in the server's table.
pub(super) const CHANGE: &str = "gateway.authentication";

/// Returns every setting with its value.
pub(super) fn shown(gateway: &Gateway) -> Vec<Shown> {
    let value = if gateway.require_authentication { "required" } else { "not required" };
    vec![Shown {
        label: "Who may call",
        value: value.to_owned(),
        default: "not required",
        envoy: "–",
    }]
}

/// Shows the form.
pub(super) fn form(gateway: &Gateway, tried: &Tried) -> impl IntoView + use<> {
    let revision = gateway.revision.to_string();
    let (tried, required) = (tried.clone(), gateway.require_authentication);
    view! {
        <Card title="Change authentication" testid="change-authentication">
            <ActionForm to=CHANGE class="form" tried=tried.clone() fields=&["require_authentication"]>
                <input type="hidden" name="revision" value=revision />
                <Tick
                    name="require_authentication"
                    label="Mappings must say who may call them"
                    tried=tried
                    checked=required
                    hint="Those that are there stay as they are, with a warning; “everyone may call, on purpose” is an answer, too"
                />
                <div class="form-actions">
                    <button class="btn btn-primary">"Save authentication"</button>
                </div>
            </ActionForm>
        </Card>
    }
}
