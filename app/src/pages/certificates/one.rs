//! The page of one certificate: what it says, and the forms that renew and delete it.

use leptos::prelude::*;

use super::shown::{badge, links};
use super::{names_of, pem_fields};
use crate::api::certificate::Certificate;
use crate::api::client::Client;
use crate::components::action::{Acted, ActionForm, Tried};
use crate::components::card::Card;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::{Ago, AgoProps};
use crate::islands::copy::Copy;
use crate::pages::{Loaded, Visit, failure, teams};

/// `/certificates/{name}`
pub(in crate::pages) async fn page(client: &Client, visit: &Visit, name: &str) -> Loaded {
    let certificate = match client.certificate(name).await {
        Ok(certificate) => certificate,
        Err(error) if matches!(error.status(), Some(400 | 404)) => {
            let text = "It may have been deleted, or the address is mistyped.";
            let all = ("/certificates", "All certificates");
            return failure::none(Place::Certificates, "certificate", text, all);
        }
        Err(error) => return failure::failed(Place::Certificates, "The certificate", error),
    };
    let acted = visit.acted().cloned();
    // an editor of the team may renew it
    let may_renew = certificate.may_decide
        || certificate
            .team
            .as_deref()
            .is_some_and(|team| visit.me.may(crate::api::team::Role::Editor, team));
    Loaded::new(certificate.name.clone(), Place::Certificates, move || {
        draw(&certificate, may_renew, acted.as_ref())
    })
}

fn draw(
    certificate: &Certificate,
    may_renew: bool,
    acted: Option<&Acted>,
) -> impl IntoView + use<> {
    let name = certificate.name.clone();
    let mut chain = vec![certificate.facts.leaf.clone()];
    chain.extend(certificate.facts.intermediates.iter().cloned());
    let badge = badge(certificate.validity, Some(certificate.days_left));
    let sub = certificate.facts.leaf.not_after.format("until %F %H:%M UTC").to_string();
    let (facts, links) = (facts(certificate), links(&chain));
    let pem = pem(certificate.chain.clone());
    let replacement = may_renew.then(|| replacement(certificate, acted));
    let removal = certificate.may_decide.then(|| removal(certificate, acted));
    view! {
        <Crumbs
            above=vec![("/certificates".to_owned(), "Certificates".to_owned())]
            here=name.clone()
        />
        <PageHead title=name sub=sub.into_any()>
            {badge}
        </PageHead>
        <div class="columns">
            <div class="stack">
                {facts}
                <Card title="Chain, as clients get it" testid="chain">
                    {links}
                </Card>
                {pem}
            </div>
            <div class="stack">
                {replacement} {removal}
            </div>
        </div>
    }
}

fn facts(certificate: &Certificate) -> impl IntoView + use<> {
    let leaf = &certificate.facts.leaf;
    let names = names_of(certificate).into_iter();
    let names = names.map(|name| view! { <div class="mono">{name}</div> }).collect_view();
    let team = match &certificate.team {
        Some(team) => view! { <a href=teams::address(team)>{team.clone()}</a> }.into_any(),
        None => "the admins".into_any(),
    };
    let used_by = match certificate.used_by.as_slice() {
        [] => "the hosts above".to_owned(),
        users => format!("the hosts above, {}", users.join(", ")),
    };
    let updated = Ago(AgoProps { at: certificate.updated_at });
    let by = format!(" by {} (revision {})", certificate.updated_by, certificate.revision);
    let (issuer, algorithm) = (leaf.issuer.clone(), leaf.algorithm.clone());
    let (serial, fingerprint) = (leaf.serial.clone(), leaf.fingerprint.clone());
    view! {
        <Card title="What it says" testid="facts">
            <dl class="facts card-body">
                <dt>"For"</dt>
                <dd>{names}</dd>
                <dt>"Issuer"</dt>
                <dd>{issuer}</dd>
                <dt>"Key"</dt>
                <dd>{algorithm}</dd>
                <dt>"Serial number"</dt>
                <dd class="mono">{serial}</dd>
                <dt>"SHA-256"</dt>
                <dd class="mono">{fingerprint}</dd>
                <dt>"Looked after by"</dt>
                <dd>{team}</dd>
                <dt>"Used by"</dt>
                <dd>{used_by}</dd>
                <dt>"Last put"</dt>
                <dd>{updated} {by}</dd>
            </dl>
        </Card>
    }
}

/// Shows the chain as text; the private key is not to be had.
pub(super) fn pem(text: String) -> impl IntoView {
    let aside = view! { <Copy target="pem".to_owned() what="the certificates".to_owned() /> };
    view! {
        <Card title="PEM" aside=aside.into_any() testid="pem-card">
            <pre class="code" id="pem" tabindex="0" aria-label="The certificates as PEM">
                {text}
            </pre>
        </Card>
    }
}

fn replacement(certificate: &Certificate, acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "certificate.replace");
    let is_open = tried.refusal().is_some();
    let revision = certificate.revision.to_string();
    view! {
        <Card title="Renew it" testid="replacement">
            <details class="ask ask-agree" open=is_open>
                <summary>"Put another in its place …"</summary>
                <ActionForm
                    to="certificate.replace"
                    class="form"
                    tried=tried.clone()
                    fields=&["chain", "private_key", "team"]
                >
                    <p>
                        "Nodes serve it within milliseconds. Connections that are open go on with the old one."
                    </p>
                    <input type="hidden" name="revision" value=revision />
                    {pem_fields(&tried)}
                    <div class="form-actions">
                        <button class="btn btn-primary">"Replace"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}

fn removal(certificate: &Certificate, acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "certificate.delete");
    let is_open = tried.refusal().is_some();
    let names = names_of(certificate).join(", ");
    view! {
        <Card title="Delete it" testid="removal">
            <details class="ask" open=is_open>
                <summary>"Delete the certificate …"</summary>
                <ActionForm to="certificate.delete" class="form" tried=tried>
                    <p>
                        {format!(
                            "Clients that ask for {names} by HTTPS get the default certificate then, or no connection. The private key is lost.",
                        )}
                    </p>
                    <div class="form-actions">
                        <button class="btn btn-danger">"Delete"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}
