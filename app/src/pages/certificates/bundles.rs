//! Trust bundles: whom the gateway trusts, where a setting names the bundle.

use leptos::prelude::*;

use super::may_create;
use super::one::pem;
use super::shown::{badge, kinds, links, team_choice, teams_for};
use crate::api::certificate::{TrustBundle, TrustBundleList};
use crate::api::client::{Client, encode_segment};
use crate::components::action::{Acted, ActionForm, TextArea, TextField, Tried};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::{Ago, AgoProps};
use crate::numerals::{count, counted};
use crate::pages::{Loaded, Visit, failure, teams};

/// Longest bundle in bytes.
const PEM_MAX_BYTES: u32 = 524_288;

/// `/trust-bundles`
pub(in crate::pages) async fn bundles(client: &Client, visit: &Visit) -> Loaded {
    let may_create = may_create(&visit.me);
    match client.trust_bundles().await {
        Ok(bundles) => {
            Loaded::new("Trust bundles", Place::Certificates, move || list(bundles, may_create))
        }
        Err(error) => failure::failed(Place::Certificates, "The trust bundles", error),
    }
}

fn list(bundles: TrustBundleList, may_create: bool) -> impl IntoView {
    let TrustBundleList { items } = bundles;
    let summary = counted(items.len() as u64, "trust bundle");
    let create = may_create.then(|| {
        view! {
            <a class="btn btn-primary" href="/trust-bundles/new">
                "New trust bundle"
            </a>
        }
    });
    view! {
        <PageHead title="Trust bundles" sub=summary.into_any()>
            {create}
        </PageHead>
        {kinds("/trust-bundles")}
        {match items.is_empty() {
            true => none().into_any(),
            false => table(items).into_any(),
        }}
    }
}

fn none() -> impl IntoView {
    view! {
        <Empty title="There is no trust bundle yet" testid="none">
            <p>
                "A trust bundle holds the certificates of authorities by which others are recognized: clients that show a certificate of their own."
            </p>
        </Empty>
    }
}

fn table(items: Vec<TrustBundle>) -> impl IntoView {
    view! {
        <div class="card records-card">
            <table class="table records" data-testid="trust-bundles">
                <thead>
                    <tr>
                        <th scope="col">"Trust bundle"</th>
                        <th scope="col" class="num">
                            "Authorities"
                        </th>
                        <th scope="col">"Standing"</th>
                        <th scope="col">"Used by"</th>
                        <th scope="col">"Team"</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(bundle: TrustBundle) -> impl IntoView {
    let TrustBundle { name, team, authorities, validity, used_by, .. } = bundle;
    let href = format!("/trust-bundles/{}", encode_segment(&name));
    let key = name.clone();
    view! {
        <tr data-bundle=key>
            <th scope="row">
                <a class="name" href=href>
                    {name}
                </a>
            </th>
            <td data-label="Authorities" class="num">
                {count(authorities.len() as u64)}
            </td>
            <td data-label="Standing">{badge(validity, None)}</td>
            <td data-label="Used by">{used_by.join(", ")}</td>
            <td data-label="Team">{team.unwrap_or_else(|| "–".to_owned())}</td>
        </tr>
    }
}

/// `/trust-bundles/new`
pub(in crate::pages) async fn create(client: &Client, visit: &Visit) -> Loaded {
    if !may_create(&visit.me) {
        let text = "Only an admin, or an owner of a team, can make a trust bundle.";
        return failure::forbidden(Place::Certificates, text);
    }
    let tried = Tried::of(visit.acted(), "trust-bundle.create");
    let teams = teams_for(client, &visit.me).await;
    Loaded::new("New trust bundle", Place::Certificates, move || {
        view! {
            <Crumbs
                above=vec![("/trust-bundles".to_owned(), "Trust bundles".to_owned())]
                here="new"
            />
            <PageHead title="New trust bundle" />
            <ActionForm
                to="trust-bundle.create"
                class="card form confirm"
                tried=tried.clone()
                fields=&["name", "pem", "team"]
            >
                <TextField
                    name="name"
                    label="Name"
                    tried=tried.clone()
                    hint="1 to 64 lower-case letters, digits, `-`, `_` and `.`; it stays"
                    maxlength=64
                    required=true
                    autofocus=true
                />
                {pem_field(&tried)}
                {team_choice(teams, &tried, None)}
                <div class="form-actions">
                    <a class="btn" href="/trust-bundles">
                        "Cancel"
                    </a>
                    <button class="btn btn-primary">"Add the trust bundle"</button>
                </div>
            </ActionForm>
        }
    })
}

fn pem_field(tried: &Tried) -> impl IntoView + use<> {
    view! {
        <TextArea
            name="pem"
            label="Certificates of the authorities"
            tried=tried.clone()
            hint="PEM: 1 to 200 certificates with `CA:TRUE`, in any order"
            maxlength=PEM_MAX_BYTES
        />
    }
}

/// `/trust-bundles/{name}`
pub(in crate::pages) async fn bundle(client: &Client, visit: &Visit, name: &str) -> Loaded {
    let bundle = match client.trust_bundle(name).await {
        Ok(bundle) => bundle,
        Err(error) if matches!(error.status(), Some(400 | 404)) => {
            let text = "It may have been deleted, or the address is mistyped.";
            let all = ("/trust-bundles", "All trust bundles");
            return failure::none(Place::Certificates, "trust bundle", text, all);
        }
        Err(error) => return failure::failed(Place::Certificates, "The trust bundle", error),
    };
    let acted = visit.acted().cloned();
    Loaded::new(bundle.name.clone(), Place::Certificates, move || draw(&bundle, acted.as_ref()))
}

fn draw(bundle: &TrustBundle, acted: Option<&Acted>) -> impl IntoView + use<> {
    let name = bundle.name.clone();
    let sub = match bundle.authorities.len() {
        1 => "1 authority".to_owned(),
        many => format!("{} authorities", count(many as u64)),
    };
    let badge = badge(bundle.validity, None);
    let (authorities, pem) = (links(&bundle.authorities), pem(bundle.pem.clone()));
    let about = about(bundle);
    let replacement = bundle.may_decide.then(|| replacement(bundle, acted));
    let removal = bundle.may_decide.then(|| removal(acted));
    view! {
        <Crumbs
            above=vec![("/trust-bundles".to_owned(), "Trust bundles".to_owned())]
            here=name.clone()
        />
        <PageHead title=name sub=sub.into_any()>
            {badge}
        </PageHead>
        <div class="columns">
            <div class="stack">
                <Card title="Authorities" testid="authorities">
                    {authorities}
                </Card>
                {pem}
            </div>
            <div class="stack">
                {about} {replacement} {removal}
            </div>
        </div>
    }
}

fn about(bundle: &TrustBundle) -> impl IntoView + use<> {
    let team = match &bundle.team {
        Some(team) => view! { <a href=teams::address(team)>{team.clone()}</a> }.into_any(),
        None => "the admins".into_any(),
    };
    let used_by = match bundle.used_by.as_slice() {
        [] => "nothing".to_owned(),
        users => users.join(", "),
    };
    let updated = Ago(AgoProps { at: bundle.updated_at });
    let by = format!(" by {} (revision {})", bundle.updated_by, bundle.revision);
    view! {
        <Card title="About it" testid="facts">
            <dl class="facts card-body">
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

fn replacement(bundle: &TrustBundle, acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "trust-bundle.replace");
    let is_open = tried.refusal().is_some();
    let revision = bundle.revision.to_string();
    view! {
        <Card title="Replace it" testid="replacement">
            <details class="ask ask-agree" open=is_open>
                <summary>"Trust others instead …"</summary>
                <ActionForm
                    to="trust-bundle.replace"
                    class="form"
                    tried=tried.clone()
                    fields=&["pem", "team"]
                >
                    <input type="hidden" name="revision" value=revision />
                    {pem_field(&tried)}
                    <div class="form-actions">
                        <button class="btn btn-primary">"Replace"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}

fn removal(acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "trust-bundle.delete");
    let is_open = tried.refusal().is_some();
    view! {
        <Card title="Delete it" testid="removal">
            <details class="ask" open=is_open>
                <summary>"Delete the trust bundle …"</summary>
                <ActionForm to="trust-bundle.delete" class="form" tried=tried>
                    <p>"What uses it must name another first."</p>
                    <div class="form-actions">
                        <button class="btn btn-danger">"Delete"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}
