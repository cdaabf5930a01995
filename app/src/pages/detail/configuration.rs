//! The tab with what Envoy is given for the mapping.

use leptos::prelude::*;

use super::{Content, not_loaded};
use crate::api::client::Client;
use crate::components::card::Card;
use crate::islands::copy::Copy;
use crate::numerals::count;

/// Id of the text, which the button copies.
const TEXT: &str = "envoy-config";

pub(super) async fn load(client: &Client, name: &str) -> Content {
    let config = match client.config(Some(name), "").await {
        Ok(config) => config,
        Err(error) => return not_loaded("The configuration", error),
    };
    Box::new(move || {
        let cut = config.is_truncated.then(|| view! { <p class="card-empty">"The rest is left out here; the download of the whole configuration has it."</p> });
        let aside = view! {
            <span>{format!("as of revision {}", count(config.revision))}</span>
            <Copy target=TEXT.to_owned() what="the configuration".to_owned() />
        };
        view! {
            <Card title="Envoy configuration" testid="config" aside=aside.into_any()>
                <pre id=TEXT class="code long" tabindex="0" role="region" aria-label="Envoy configuration as YAML">
                    {config.yaml}
                </pre>
                {cut}
            </Card>
        }
        .into_any()
    })
}
