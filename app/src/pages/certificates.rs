//! Certificates: the list that everyone may see, and the form for a new one. The page of one is in
//! `one`, what it shares with trust bundles in `shown`, these in `bundles`.

mod bundles;
mod one;
mod shown;

use leptos::prelude::*;

pub(super) use self::bundles::{bundle, bundles, create as create_bundle};
pub(super) use self::one::page as certificate;
use self::shown::{badge, kinds, team_choice, teams_for};
use super::{Loaded, Visit, failure};
use crate::api::certificate::{Certificate, CertificateList};
use crate::api::client::{Client, encode_segment};
use crate::api::session::Me;
use crate::api::team::Role;
use crate::components::action::{ActionForm, TextArea, TextField, Tried};
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::numerals::{count, counted};

/// Names that a row of the list spells out; the rest is counted.
const NAMES_SHOWN: usize = 3;

/// Longest chain, and longest private key, in bytes.
const PEM_MAX_BYTES: u32 = 65_536;

/// `/certificates`
pub(super) async fn page(client: &Client, visit: &Visit) -> Loaded {
    let may_create = may_create(&visit.me);
    match client.certificates().await {
        Ok(certificates) => {
            Loaded::new("Certificates", Place::Certificates, move || list(certificates, may_create))
        }
        Err(error) => failure::failed(Place::Certificates, "The certificates", error),
    }
}

/// Tells whether someone could put a certificate or a trust bundle.
fn may_create(me: &Me) -> bool {
    me.is_admin || me.may_somewhere(Role::Owner)
}

/// Returns the address of a certificate's page.
fn address(name: &str) -> String {
    format!("/certificates/{}", encode_segment(name))
}

fn list(certificates: CertificateList, may_create: bool) -> impl IntoView {
    let CertificateList { mut items } = certificates;
    // what needs a look comes first
    items.sort_by_key(|certificate| certificate.validity);
    let summary = counted(items.len() as u64, "certificate");
    let create = may_create.then(|| {
        view! {
            <a class="btn btn-primary" href="/certificates/new">
                "New certificate"
            </a>
        }
    });
    view! {
        <PageHead title="Certificates" sub=summary.into_any()>
            {create}
        </PageHead>
        {kinds("/certificates")}
        {match items.is_empty() {
            true => none().into_any(),
            false => table(items).into_any(),
        }}
    }
}

fn none() -> impl IntoView {
    view! {
        <Empty title="There is no certificate yet" testid="none">
            <p>"With the first one the gateway speaks HTTPS, too. From where the portal answers:"</p>
            <pre class="code" tabindex="0" aria-label="The command">
                "chancery push-cert fullchain.pem privkey.pem"
            </pre>
        </Empty>
    }
}

fn table(items: Vec<Certificate>) -> impl IntoView {
    view! {
        <div class="card records-card">
            <table class="table records" data-testid="certificates">
                <thead>
                    <tr>
                        <th scope="col">"Certificate"</th>
                        <th scope="col">"For"</th>
                        <th scope="col">"Issuer"</th>
                        <th scope="col">"Expires"</th>
                        <th scope="col">"Team"</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(certificate: Certificate) -> impl IntoView {
    let href = address(&certificate.name);
    let key = certificate.name.clone();
    let names = names_of(&certificate);
    let mut shown = names.iter().take(NAMES_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMES_SHOWN {
        shown = format!("{shown} and {} more", count((names.len() - NAMES_SHOWN) as u64));
    }
    let badge = badge(certificate.validity, Some(certificate.days_left));
    let until = certificate.facts.leaf.not_after.format("%F").to_string();
    let Certificate { name, team, facts, .. } = certificate;
    view! {
        <tr data-certificate=key>
            <th scope="row">
                <a class="name" href=href>
                    {name}
                </a>
            </th>
            <td data-label="For">
                <span class="mono">{shown}</span>
            </td>
            <td data-label="Issuer">{facts.leaf.issuer}</td>
            <td data-label="Expires">
                {badge} <span class="cell-note num">{until}</span>
            </td>
            <td data-label="Team">{team.unwrap_or_else(|| "–".to_owned())}</td>
        </tr>
    }
}

/// Returns all that a certificate is for.
fn names_of(certificate: &Certificate) -> Vec<String> {
    let facts = &certificate.facts;
    facts.dns_names.iter().chain(&facts.ip_addresses).cloned().collect()
}

/// `/certificates/new`
pub(super) async fn create(client: &Client, visit: &Visit) -> Loaded {
    if !may_create(&visit.me) {
        let text = "Only an admin, or an owner of a team, can give the gateway a certificate.";
        return failure::forbidden(Place::Certificates, text);
    }
    let tried = Tried::of(visit.acted(), "certificate.create");
    let teams = teams_for(client, &visit.me).await;
    Loaded::new("New certificate", Place::Certificates, move || {
        view! {
            <Crumbs
                above=vec![("/certificates".to_owned(), "Certificates".to_owned())]
                here="new"
            />
            <PageHead title="New certificate" />
            <ActionForm
                to="certificate.create"
                class="card form confirm"
                tried=tried.clone()
                fields=&["name", "chain", "private_key", "team"]
            >
                <TextField
                    name="name"
                    label="Name"
                    tried=tried.clone()
                    hint="1 to 64 lower-case letters, digits, `-`, `_` and `.`; it stays. Often the host: `example.com`"
                    maxlength=64
                    required=true
                    autofocus=true
                />
                {pem_fields(&tried)}
                {team_choice(teams, &tried, None)}
                <div class="form-actions">
                    <a class="btn" href="/certificates">
                        "Cancel"
                    </a>
                    <button class="btn btn-primary">"Add the certificate"</button>
                </div>
            </ActionForm>
        }
    })
}

/// Shows the fields of a chain and its key. The key is never in a page.
fn pem_fields(tried: &Tried) -> impl IntoView + use<> {
    view! {
        <TextArea
            name="chain"
            label="Certificate chain"
            tried=tried.clone()
            hint="PEM: the certificate first, then its intermediates in order, as in `fullchain.pem`"
            maxlength=PEM_MAX_BYTES
        />
        <TextArea
            name="private_key"
            label="Private key"
            tried=tried.clone()
            hint="PEM without a passphrase, as in `privkey.pem`. It is stored sealed, and never shown again"
            maxlength=PEM_MAX_BYTES
            is_secret=true
        />
    }
}
