//! Protected places: where changes need approval, and whose.

use leptos::prelude::*;

use super::claims::options;
use super::{Loaded, Visit, failure};
use crate::api::client::Client;
use crate::api::protection::{Protection, ProtectionList};
use crate::components::action::{ActionForm, Choice, TextField, Tried};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::refused;
use crate::components::time::{Ago, AgoProps};

/// Approvals that can be needed.
const NEEDED: [&str; 5] = ["1", "2", "3", "4", "5"];

/// `/protections`
pub(super) async fn page(client: &Client, visit: &Visit) -> Loaded {
    let protections = match client.protections().await {
        Ok(protections) => protections,
        Err(error) => return failure::failed(Place::Requests, "The protections", error),
    };
    let is_admin = visit.me.is_admin;
    let teams = match is_admin {
        true => client.teams().await.map(|teams| teams.items).unwrap_or_default(),
        false => Vec::new(),
    };
    let teams: Vec<_> = teams.into_iter().map(|team| team.name).collect();
    let made = Tried::of(visit.acted(), "protection.create");
    let removed = Tried::of(visit.acted(), "protection.delete");
    Loaded::new("Protected places", Place::Requests, move || {
        let ProtectionList { items } = protections;
        view! {
            <Crumbs
                above=vec![("/requests".to_owned(), "Requests".to_owned())]
                here="protected places"
            />
            <PageHead
                title="Protected places"
                sub="A change of a mapping there is a request first, whoever makes it.".into_any()
            />
            {removed.refusal().map(refused::note)}
            {match items.is_empty() {
                true => none(is_admin).into_any(),
                false => table(items, is_admin).into_any(),
            }}
            {is_admin.then(|| create(teams, made))}
        }
    })
}

fn none(is_admin: bool) -> impl IntoView {
    let text = match is_admin {
        true => {
            "Protect a place where a mistake is costly: somebody else looks at each change then."
        }
        false => "Changes need nobody’s approval. An admin can protect a place.",
    };
    view! {
        <Empty title="No place is protected" testid="none">
            <p>{text}</p>
        </Empty>
    }
}

fn table(items: Vec<Protection>, is_admin: bool) -> impl IntoView {
    let row = |protection: Protection| row(protection, is_admin);
    view! {
        <div class="card records-card">
            <table class="table records" data-testid="protections">
                <thead>
                    <tr>
                        <th scope="col">"Place"</th>
                        <th scope="col">"Approved by"</th>
                        <th scope="col">"Since"</th>
                        {is_admin
                            .then(|| {
                                view! {
                                    <th scope="col">
                                        <span class="visually-hidden">"Remove"</span>
                                    </th>
                                }
                            })}
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(protection: Protection, is_admin: bool) -> impl IntoView {
    let Protection { id, prefix, approvers, needed, created_by, created_at } = protection;
    let owners = match needed {
        1 => "an owner".to_owned(),
        many => format!("{many} owners"),
    };
    let key = prefix.clone();
    let label = format!("Stop protecting {prefix}");
    let remove = is_admin.then(|| {
        view! {
            <td>
                <ActionForm to="protection.delete">
                    <input type="hidden" name="id" value=id.to_string() />
                    <button class="btn btn-small" aria-label=label>
                        "Remove"
                    </button>
                </ActionForm>
            </td>
        }
    });
    view! {
        <tr data-protection=key>
            <th scope="row">
                <span class="mono strong">{prefix}</span>
            </th>
            <td data-label="Approved by">{format!("{owners} of {approvers}")}</td>
            <td data-label="Since">
                {Ago(AgoProps { at: created_at })}
                <span class="cell-note">{format!("by {created_by}")}</span>
            </td>
            {remove}
        </tr>
    }
}

fn create(teams: Vec<String>, tried: Tried) -> impl IntoView {
    let numbers = options(NEEDED.map(str::to_owned).into_iter().collect());
    view! {
        <Card title="Protect a place" testid="new-protection">
            <ActionForm
                to="protection.create"
                class="form"
                tried=tried.clone()
                fields=&["prefix", "approvers", "needed"]
            >
                <TextField
                    name="prefix"
                    label="Path"
                    tried=tried.clone()
                    hint="`/pay/` is `/pay` and all below it"
                    maxlength=2500
                    required=true
                />
                <Choice
                    name="approvers"
                    label="Team whose owners agree"
                    options=options(teams)
                    tried=tried.clone()
                    hint="Admins can agree, too; nobody to their own request"
                />
                <Choice
                    name="needed"
                    label="How many must agree"
                    options=numbers
                    tried=tried.clone()
                    value="1"
                />
                <div class="form-actions">
                    <button class="btn btn-primary">"Protect"</button>
                </div>
            </ActionForm>
        </Card>
    }
}
