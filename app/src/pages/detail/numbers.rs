//! The tab with the live numbers.

use leptos::prelude::*;

use super::sharing::{Posted, sharing};
use super::{Address, Content, View, changes};
use crate::api::client::Client;
use crate::api::live::LiveMapping;
use crate::api::series::{Series, Span};
use crate::api::service::{Resolution, Service};
use crate::components::card::Card;
use crate::components::tabs::{Look, Tab, Tabs};
use crate::islands::charts::MappingCharts;
use crate::islands::mapping::MappingSide;
use crate::islands::pause::Pause;
use crate::numerals::count;
use crate::pages::query::Query;

/// Services that are looked through for the mapping's own: their names contain it.
const SERVICES_MAX: u32 = 100;

pub(super) async fn load(
    client: &Client,
    live: &LiveMapping,
    address: &Address,
    query: &Query,
    posted: Posted,
) -> Content {
    let span = query.get("span").map(Span::of_word).unwrap_or_default();
    let name = live.mapping.name.as_str();
    // What does not come is left out, or comes with the next frames.
    let series =
        client.series(Some(name), span).await.unwrap_or(Series { span, ..Series::default() });
    let receipt = client.receipt(name).await.ok();
    let service = service(client, &live.mapping.service).await;
    let switch = [(Span::FiveMinutes, "5 min"), (Span::Hour, "1 h")].map(|(this, label)| {
        let span_word = [("span", this.word())];
        let more: &[_] = if this == Span::FiveMinutes { &[] } else { &span_word };
        Tab {
            href: address.tab(View::Numbers, more),
            label: label.to_owned(),
            is_current: this == span,
        }
    });
    let (live, address) = (live.clone(), address.clone());
    Box::new(move || {
        let shared = sharing(&live, &address, posted);
        view! {
            <div class="tab-tools">
                <Pause />
                <Tabs label="Window of the charts" look=Look::Switch tabs=switch.into() />
            </div>
            <div class="columns">
                <div class="stack">
                    {shared} <MappingCharts known=live.clone() series=series.clone() />
                    {changes::changes(&address, &series)}
                </div>
                <div class="stack">
                    <MappingSide known=live receipt />
                    {endpoints(service)}
                </div>
            </div>
        }
        .into_any()
    })
}

async fn service(client: &Client, name: &str) -> Option<Service> {
    if name.is_empty() {
        return None;
    }
    let page = client.services(name, SERVICES_MAX, None).await.ok()?;
    page.items.into_iter().find(|service| service.name == name)
}

/// Shows the addresses; how many are healthy stands at the end of the request's way.
fn endpoints(service: Option<Service>) -> impl IntoView {
    let aside = service.as_ref().and_then(|service| service.members).map(|members| {
        let [healthy, total] =
            [members.healthy_members, members.total_members].map(|number| count(number.into()));
        format!("{healthy} of {total} healthy")
    });
    let content = match service {
        None => {
            view! { <p class="card-empty">"The gateway knows no such service yet."</p> }.into_any()
        }
        Some(service) if service.endpoints.is_empty() => {
            let state = match service.state {
                Resolution::Pending => "The service is being looked up",
                Resolution::Unresolved => "The service does not resolve",
                Resolution::Known | Resolution::Unused => "The service has no endpoint",
            };
            let reason = service.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            view! { <p class="card-empty">{format!("{state}{reason}.")}</p> }.into_any()
        }
        Some(service) => {
            let item = |address: String| {
                view! {
                    <li>
                        <code>{address}</code>
                    </li>
                }
            };
            view! { <ul class="items">{service.endpoints.into_iter().map(item).collect_view()}</ul> }
                .into_any()
        }
    };

    view! {
        <Card title="Endpoints" testid="endpoints" aside=aside.into_any()>
            {content}
        </Card>
    }
}
