//! The page of one request: what it would do, who has agreed, and the decision.

use leptos::prelude::*;

use super::state;
use crate::api::client::Client;
use crate::api::request::{Approval, Request, RequestKind, RequestState};
use crate::components::action::{Acted, ActionForm, TextField, Tried};
use crate::components::card::Card;
use crate::components::chip::Tone;
use crate::components::frame::Place;
use crate::components::message::message;
use crate::components::note::Note;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::plan;
use crate::components::time::{Ago, AgoProps};
use crate::draft::mapping_address;
use crate::pages::{Loaded, Visit, claims, failure};

/// `/requests/{id}`
pub(in crate::pages) async fn page(client: &Client, visit: &Visit, id: &str) -> Loaded {
    let request = match client.request(id).await {
        Ok(request) => request,
        Err(error) if matches!(error.status(), Some(400 | 404)) => return no_request(),
        Err(error) => return failure::failed(Place::Requests, "The request", error),
    };
    let acted = visit.acted().cloned();
    Loaded::new(request.subject(), Place::Requests, move || draw(request, acted.as_ref()))
}

fn no_request() -> Loaded {
    let text = "It is another team’s, was closed long ago, or the address is mistyped.";
    failure::none(Place::Requests, "request", text, ("/requests", "All requests"))
}

fn draw(request: Request, acted: Option<&Acted>) -> impl IntoView + use<> {
    let title = request.subject();
    let id = request.id;
    let sub = view! {
        {format!("Asked by {} for {} ", request.author, request.team)}
        {Ago(AgoProps { at: request.created_at })}
    };
    let closed = (request.state != RequestState::Open).then(|| closed(&request));
    let decision = (request.may_decide || request.may_withdraw).then(|| decision(&request, acted));
    let content = match request.kind {
        RequestKind::Change => change(&request).into_any(),
        RequestKind::Transfer => transfer(&request).into_any(),
    };
    let obstacle = request.obstacle.clone().map(|why| {
        view! {
            <Note tone=Tone::Warn testid="obstacle">
                <p>
                    <strong>"It could not be carried out as things are now: "</strong>
                    {message(&why)}
                </p>
            </Note>
        }
    });
    let (state, approvals) = (state(&request), approvals(&request));
    view! {
        <Crumbs above=vec![("/requests".to_owned(), "Requests".to_owned())] here=id.to_string() />
        <PageHead title=title sub=sub.into_any()>
            {state}
        </PageHead>
        {closed}
        {obstacle}
        <div class="columns">
            <div class="stack">{content}</div>
            <div class="stack">{approvals} {decision}</div>
        </div>
    }
}

fn closed(request: &Request) -> impl IntoView + use<> {
    let at = request.closed_at.map(|at| Ago(AgoProps { at }));
    let (tone, word) = match request.state {
        RequestState::Approved => (Tone::Ok, "It was agreed to and carried out "),
        RequestState::Stale => (Tone::Warn, "It could not be carried out any more; closed "),
        _ => (Tone::Idle, "It was closed "),
    };
    let because = request.closed_because.clone();
    view! {
        <Note tone=tone testid="closed">
            <p>
                {word} {at}
                {(!because.is_empty()).then(|| view! { ": " {message(&because)} })}
            </p>
        </Note>
    }
}

fn change(request: &Request) -> impl IntoView + use<> {
    let mapping = request.mapping.clone().unwrap_or_default();
    let link = view! { <a href=mapping_address(&mapping)>{format!("Open {mapping}")}</a> };
    let is_same = request.diff.is_empty();
    let is_open = request.state == RequestState::Open;
    let diff = request.diff.clone();
    let impact = request.plan.as_deref().map(|foreseen| {
        let (impact, examples) = (plan::impact(foreseen, ()), plan::examples(foreseen));
        view! {
            <Card title="Impact" testid="request-impact">
                <div class="card-body">{impact}</div>
                {examples}
            </Card>
        }
    });
    let title = if is_open { "What would differ" } else { "What was asked for" };
    view! {
        <Card title=title aside=link.into_any() testid="request-diff">
            {match is_same {
                true => view! {
                    <p class="card-body">"The mapping has this content already."</p>
                }
                .into_any(),
                false => plan::diff(diff).into_any(),
            }}
        </Card>
        {impact}
    }
}

fn transfer(request: &Request) -> impl IntoView + use<> {
    let team = request.team.clone();
    let claim = request.claim.clone().map(|claim| {
        let place = match claim.host.as_str() {
            "*" => claim.prefix.clone(),
            host => format!("{host}{}", claim.prefix),
        };
        view! {
            <dt>"Claim"</dt>
            <dd>
                <a class="mono" href=claims::address(claim.id)>
                    {place}
                </a>
            </dd>
            <dt>"Belongs to"</dt>
            <dd>{claim.team}</dd>
        }
    });
    let note = request.note.clone();
    view! {
        <Card title="What is asked for" testid="request-transfer">
            <dl class="facts card-body">
                {claim} <dt>"Goes to"</dt> <dd>{team}</dd>
                {(!note.is_empty())
                    .then(|| {
                        view! {
                            <dt>"Why"</dt>
                            <dd>{note}</dd>
                        }
                    })}
            </dl>
            <p class="card-body sub">
                "The mappings of the team in it go with the claim; their requests go where they went."
            </p>
        </Card>
    }
}

fn approvals(request: &Request) -> impl IntoView + use<> {
    let needed = match request.needed {
        1 => format!("An owner of {} decides.", request.approvers),
        many => format!("{many} owners of {} must agree.", request.approvers),
    };
    let row = |approval: Approval| {
        view! {
            <li>
                <div class="item-text">
                    <span class="strong">{approval.by}</span>
                    " agreed "
                    {Ago(AgoProps { at: approval.at })}
                </div>
            </li>
        }
    };
    let rows = request.approvals.iter().cloned().map(row).collect_view();
    view! {
        <Card title="Approvals" testid="approvals">
            <p class="card-body">{needed}</p>
            <ul class="items">{rows}</ul>
        </Card>
    }
}

/// Asks for the decision: the first click opens it, the second makes it.
fn decision(request: &Request, acted: Option<&Acted>) -> impl IntoView + use<> {
    let approve = request.may_decide.then(|| {
        let tried = Tried::of(acted, "request.approve");
        let is_open = tried.refusal().is_some();
        let is_last = request.approvals.len() + 1 >= request.needed as usize;
        let what = match is_last {
            true => "It is carried out at once.",
            false => "It waits for the others then.",
        };
        view! {
            <details class="ask" open=is_open data-testid="approve">
                <summary>"Approve …"</summary>
                <ActionForm to="request.approve" class="form" tried=tried>
                    <p>{what}</p>
                    <div class="form-actions">
                        <button class="btn btn-primary">"Approve"</button>
                    </div>
                </ActionForm>
            </details>
        }
    });
    let refuse = request.may_decide.then(|| {
        let tried = Tried::of(acted, "request.refuse");
        let is_open = tried.refusal().is_some();
        view! {
            <details class="ask" open=is_open data-testid="refuse">
                <summary>"Refuse …"</summary>
                <ActionForm
                    to="request.refuse"
                    class="form"
                    tried=tried.clone()
                    fields=&["reason"]
                >
                    <TextField name="reason" label="Why" tried=tried.clone() maxlength=500 />
                    <div class="form-actions">
                        <button class="btn btn-danger">"Refuse"</button>
                    </div>
                </ActionForm>
            </details>
        }
    });
    let withdraw = request.may_withdraw.then(|| {
        let tried = Tried::of(acted, "request.withdraw");
        let is_open = tried.refusal().is_some();
        view! {
            <details class="ask" open=is_open data-testid="withdraw">
                <summary>"Take it back …"</summary>
                <ActionForm to="request.withdraw" class="form" tried=tried>
                    <p>"Nothing of it is done then."</p>
                    <div class="form-actions">
                        <button class="btn btn-danger">"Take it back"</button>
                    </div>
                </ActionForm>
            </details>
        }
    });
    view! { <Card title="Decide" testid="decision">{approve} {refuse} {withdraw}</Card> }
}
