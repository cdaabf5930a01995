//! The way of a request through the mapping, from the listener to the endpoints.

use leptos::either::Either;
use leptos::prelude::*;

use super::policy;
use crate::api::client::encode_segment;
use crate::api::gateway::Listeners;
use crate::api::live::LiveMapping;
use crate::api::mapping::Mapping;
use crate::api::plan::{Example, Plan};
use crate::components::diff;
use crate::islands::mapping::MappingMembers;
use crate::numerals::ordinal;

/// Shows the way as a strip.
pub(super) fn flow(
    live: &LiveMapping,
    mapping: &Mapping,
    plan: Option<&Plan>,
    listeners: Option<&Listeners>,
) -> impl IntoView + use<> {
    let mapping = mapping.clone();
    let answer = policy::answer(&mapping.policy);
    let place = plan.and_then(|plan| plan.position);
    let place = place.map(|place| format!("{} in match order", ordinal(place)));
    let example = plan.and_then(|plan| example(plan, &mapping.name));
    let example = example.map(|(path, upstream)| {
        view! {
            <p class="mono sub">{format!("{path} → {upstream}")}</p>
        }
    });
    let rewrite = match (&mapping.policy.regex_rewrite, mapping.rewrite.as_str()) {
        (Some(rewrite), _) => {
            view! { <p class="value mono">{rewrite.pattern.clone()}</p> }.into_any()
        }
        (None, "") => view! { <p class="value">"none: the path stays"</p> }.into_any(),
        (None, rewrite) => {
            view! { <p class="value mono">{diff::shown(Some(rewrite)).to_owned()}</p> }.into_any()
        }
    };
    let has_https = listeners.is_some_and(|listeners| listeners.https.is_some());
    let listener = if has_https { "HTTP and HTTPS" } else { "HTTP" };
    let host = match mapping.host.as_str() {
        "*" => view! { "any host" }.into_any(),
        host => view! { <code>{host.to_owned()}</code> }.into_any(),
    };
    let conditions = mapping.r#match.words();
    let conditions = (!conditions.is_empty()).then(|| view! { <p class="sub">{conditions}</p> });
    let services = format!("/services?q={}", encode_segment(&mapping.service));

    let rest = match answer {
        Some(answer) => Either::Left(view! {
            <div>
                <dt>"Answer"</dt>
                <dd>
                    <p class="value">{answer}</p>
                    <p class="sub">"by the gateway itself, without a service"</p>
                </dd>
            </div>
        }),
        None => Either::Right(view! {
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
        }),
    };

    view! {
        <dl class="card flow" data-testid="flow">
            <div>
                <dt>"Listener"</dt>
                <dd>
                    <p class="value">{listener}</p>
                    <p class="sub">{host} ", every node"</p>
                </dd>
            </div>
            <div>
                <dt>"Match"</dt>
                <dd>
                    <p class="value mono">{mapping.prefix.clone()}</p>
                    {conditions}
                    <p class="sub">{place}</p>
                </dd>
            </div>
            {rest}
        </dl>
    }
}

/// Finds a request that the mapping serves, and the path that its service sees.
fn example(plan: &Plan, name: &str) -> Option<(String, String)> {
    let serves = |example: &&Example| example.mapping.as_deref() == Some(name);
    let example = plan.examples.iter().find(serves)?;
    Some((example.path.clone(), example.upstream_path.clone()?))
}
