//! The page that tells everyone whose a URL is.

use leptos::prelude::*;

use super::query::Query;
use super::{Loaded, claims, failure, teams};
use crate::api::claim::{Granted, Owner, Protected, UrlOwner};
use crate::api::client::{Client, ClientError};
use crate::components::frame::Place;
use crate::components::message::message;
use crate::components::page_head::PageHead;
use crate::draft::mapping_address;
use crate::numerals::day_and_clock;

/// `/owner?url=`
pub(super) async fn page(client: &Client, query: &Query) -> Loaded {
    let url = query.text("url").trim().to_owned();
    let found = match url.as_str() {
        "" => None,
        url => Some(client.owner(url).await),
    };
    let (found, wrong) = match found {
        None => (None, None),
        Some(Ok(found)) => (Some(found), None),
        Some(Err(error)) if error.status() == Some(400) => (None, Some(error)),
        Some(Err(error)) => return failure::failed(Place::Claims, "The owner", error),
    };
    let status = if wrong.is_some() { 400 } else { 200 };
    Loaded::new("Who owns this URL?", Place::Claims, move || {
        view! {
            <PageHead
                title="Who owns this URL?"
                sub="The team that may map it, and how to reach it.".into_any()
            />
            {form(url, wrong)}
            {found.map(answer)}
        }
    })
    .with_status(status)
}

fn form(url: String, wrong: Option<ClientError>) -> impl IntoView {
    let is_wrong = wrong.is_some();
    let said = wrong.map(|error| {
        let text = error.field("url").unwrap_or_else(|| error.to_string());
        view! {
            <p class="field-error" id="url-error">
                {message(&text)}
            </p>
        }
    });
    view! {
        <form class="filter" action="/owner" role="search" aria-label="Owner of a URL">
            <input
                class="input mono"
                type="search"
                name="url"
                value=url
                placeholder="https://api.example.com/user/42, or /user/42"
                aria-label="A URL or a path"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength="4000"
                autofocus=true
                aria-invalid=is_wrong.then_some("true")
                aria-describedby=is_wrong.then_some("url-error")
            />
            <button class="btn btn-primary">"Find out"</button>
            <a class="btn" href="/claims">
                "All claims"
            </a>
        </form>
        {said}
    }
}

fn answer(found: UrlOwner) -> impl IntoView {
    let UrlOwner { host, path, owner, granted, protection, is_served, mapping } = found;
    let place = if host == "*" { path.clone() } else { format!("{host}{path}") };
    let new = format!("/mappings/new?prefix={}", super::encode_segment(&path));
    let (title, is_owned) = match &owner {
        Some(owner) => (format!("It belongs to {}", owner.team), true),
        None => ("It belongs to nobody yet".to_owned(), false),
    };
    let served = match (mapping, is_served) {
        (Some(mapping), _) => view! {
            <a href=mapping_address(&mapping.name)>{mapping.name.clone()}</a>
            " (to "
            <code>{mapping.service.clone()}</code>
            ")"
        }
        .into_any(),
        (None, true) => "a mapping that only its team sees".into_any(),
        (None, false) => "nothing: requests get 404".into_any(),
    };
    view! {
        <section class="card" data-testid="owner">
            <div class="card-head">
                <h2>{title}</h2>
            </div>
            <dl class="facts card-body">
                <dt>"URL"</dt>
                <dd class="mono">{place}</dd>
                {owner.map(of_owner)}
                {granted.into_iter().map(of_grant).collect_view()}
                {protection.map(of_protection)}
                <dt>"Served by"</dt>
                <dd>{served}</dd>
            </dl>
            {(!is_owned)
                .then(|| {
                    view! {
                        <p class="card-body">
                            <a class="btn" href=new>
                                "Map it"
                            </a>
                        </p>
                    }
                })}
        </section>
    }
}

fn of_owner(owner: Owner) -> impl IntoView {
    let Owner { team, title, contact, claim, host, prefix, note } = owner;
    let place = if host == "*" { prefix } else { format!("{host}{prefix}") };
    let contact = if contact.is_empty() { "none is written down".to_owned() } else { contact };
    let href = teams::address(&team);
    view! {
        <dt>"Team"</dt>
        <dd>
            <a href=href>{team}</a>
            {(!title.is_empty()).then(|| view! { <span class="sub">{format!(" {title}")}</span> })}
        </dd>
        <dt>"Contact"</dt>
        <dd data-testid="contact">{contact}</dd>
        <dt>"Claim"</dt>
        <dd>
            <a class="mono" href=claims::address(claim)>
                {place}
            </a>
        </dd>
        {(!note.is_empty())
            .then(|| {
                view! {
                    <dt>"Note"</dt>
                    <dd>{note}</dd>
                }
            })}
    }
}

fn of_grant(grant: Granted) -> impl IntoView {
    let until = match grant.until {
        Some(until) => format!(" until {}", day_and_clock(until)),
        None => " until it is taken back".to_owned(),
    };
    view! {
        <dt>"Granted to"</dt>
        <dd>
            {grant.team} " (" <code>{grant.prefix}</code> ")" {until}
        </dd>
    }
}

fn of_protection(protection: Protected) -> impl IntoView {
    let Protected { prefix, approvers, needed } = protection;
    let owners = if needed == 1 { "an owner".to_owned() } else { format!("{needed} owners") };
    view! {
        <dt>"Protected"</dt>
        <dd>
            {format!("changes need the approval of {owners} of {approvers} (")} <code>{prefix}</code>
            ")"
        </dd>
    }
}
