//! The way of a request through the mapping, from the listener to the endpoints.

use leptos::prelude::*;

use crate::api::client::encode_segment;
use crate::api::live::LiveMapping;
use crate::api::plan::{Example, Plan};
use crate::components::diff;
use crate::islands::mapping::MappingMembers;
use crate::numerals::ordinal;

/// Shows the way as a strip.
pub(super) fn flow(live: &LiveMapping, plan: Option<&Plan>) -> impl IntoView + use<> {
    let mapping = live.mapping.clone();
    let place = plan.and_then(|plan| plan.position);
    let place = place.map(|place| format!("{} in match order", ordinal(place)));
    let example = plan.and_then(|plan| example(plan, &mapping.name));
    let example = example.map(|(path, upstream)| {
        view! {
            <p class="mono sub">{format!("{path} → {upstream}")}</p>
        }
    });
    let rewrite = match mapping.rewrite.as_str() {
        "" => view! { <p class="value">"none: the path stays"</p> }.into_any(),
        rewrite => {
            view! { <p class="value mono">{diff::shown(Some(rewrite)).to_owned()}</p> }.into_any()
        }
    };
    let services = format!("/services?q={}", encode_segment(&mapping.service));

    view! {
        <dl class="card flow" aria-label="The way of a request">
            <div>
                <dt>"Listener"</dt>
                <dd>
                    <p class="value">"HTTP"</p>
                    <p class="sub">"any host, every node"</p>
                </dd>
            </div>
            <div>
                <dt>"Match"</dt>
                <dd>
                    <p class="value mono">{mapping.prefix.clone()}</p>
                    <p class="sub">{place}</p>
                </dd>
            </div>
            <div>
                <dt>"Rewrite"</dt>
                <dd>{rewrite} {example}</dd>
            </div>
            <div>
                <dt>"Service"</dt>
                <dd>
                    <p class="value mono">{mapping.service.clone()}</p>
                    <p class="sub">
                        <a href=services>"What else uses it"</a>
                    </p>
                </dd>
            </div>
            <div>
                <dt>"Endpoints"</dt>
                <dd>
                    <MappingMembers known=live.clone() />
                    <p class="sub">"by their health checks"</p>
                </dd>
            </div>
        </dl>
    }
}

/// Finds a request that the mapping serves, and the path that its service sees.
fn example(plan: &Plan, name: &str) -> Option<(String, String)> {
    let serves = |example: &&Example| example.mapping.as_deref() == Some(name);
    let example = plan.examples.iter().find(serves)?;
    Some((example.path.clone(), example.upstream_path.clone()?))
}
