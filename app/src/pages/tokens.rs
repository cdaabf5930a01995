//! API tokens: a card for a team's page, and the page for those of the installation.

use leptos::prelude::*;

use super::{Loaded, Visit, failure};
use crate::api::client::Client;
use crate::api::token::{NewToken, Scope, Token, TokenList};
use crate::components::action::{Acted, ActionForm, Choice, TextField, Tried};
use crate::components::card::Card;
use crate::components::frame::Place;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::refused;
use crate::components::time::Ago;
use crate::islands::copy::Copy;
use crate::numerals::{counted, day_and_clock};

/// `/tokens`
pub(super) async fn page(client: &Client, visit: &Visit) -> Loaded {
    let tokens = match client.tokens(None).await {
        Ok(tokens) => tokens,
        Err(error) => return failure::failed(Place::Users, "The tokens", error),
    };
    let acted = visit.acted().cloned();
    Loaded::new("Tokens of the installation", Place::Users, move || {
        view! {
            <Crumbs above=vec![("/users".to_owned(), "Users".to_owned())] here="tokens" />
            <PageHead
                title="Tokens of the installation"
                sub="They act in every team. A token of one team is made on that team's page."
                    .into_any()
            />
            {card(tokens, acted.as_ref())}
        }
    })
}

/// Shows the tokens, and the secret of one that was just made.
pub(super) fn card(tokens: TokenList, acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "token.create");
    let made = tried.answer().and_then(|answer| serde_json::from_value(answer.clone()).ok());
    // what was typed has become the token
    let tried = if made.is_some() { Tried::default() } else { tried };
    let revoked = Tried::of(acted, "token.revoke");
    let count = counted(tokens.items.len() as u64, "token");
    let is_empty = tokens.items.is_empty();
    view! {
        <Card title="API tokens" testid="tokens" aside=count.into_any()>
            {made.map(once)}
            {revoked.refusal().map(refused::note)}
            <ul class="items">{tokens.items.into_iter().map(row).collect_view()}</ul>
            {is_empty
                .then(|| {
                    view! {
                        <p class="card-empty">
                            "None yet. With a token a program calls the API: a pipeline, a script."
                        </p>
                    }
                })}
            {create(tried)}
        </Card>
    }
}

/// Shows the secret, which is nowhere else.
fn once(made: NewToken) -> impl IntoView {
    let NewToken { secret, token } = made;
    view! {
        <div class="note ok secret-once" role="status" data-testid="secret">
            <div>
                <p class="strong">
                    {format!("The token “{}” is made. Copy it now: it is not shown again.", token.name)}
                </p>
                <p class="secret-line">
                    <code id="secret" data-secret="">
                        {secret.0}
                    </code>
                    <Copy target="secret".to_owned() what="the token".to_owned() />
                </p>
            </div>
        </div>
    }
}

fn row(token: Token) -> impl IntoView {
    let Token { id, name, scope, created_by, created_at, expires_at, used_at, is_expired, .. } =
        token;
    let scope = match scope {
        Scope::Read => "read",
        Scope::Write => "read and write",
    };
    let expiry = match expires_at {
        None => view! { "does not expire" }.into_any(),
        Some(at) if is_expired => view! {
            <span class="text-bad">"expired "</span>
            <Ago at />
        }
        .into_any(),
        Some(at) => view! {
            "expires "
            <time datetime=at.to_rfc3339()>{day_and_clock(at)}</time>
        }
        .into_any(),
    };
    let used = match used_at {
        Some(at) => view! {
            "last used "
            <Ago at />
        }
        .into_any(),
        None => view! { "never used" }.into_any(),
    };
    view! {
        <li data-token=id.to_string()>
            <div class="item-text">
                <span class="strong">{name.clone()}</span>
                " "
                <span class="tag">{scope}</span>
                <span class="cell-note">
                    {used} ", " {expiry} ", made by " {created_by} " " <Ago at=created_at />
                </span>
            </div>
            <ActionForm to="token.revoke">
                <input type="hidden" name="id" value=id.to_string() />
                <button class="btn btn-small" aria-label=format!("Revoke {name}")>
                    "Revoke"
                </button>
            </ActionForm>
        </li>
    }
}

fn create(tried: Tried) -> impl IntoView {
    let scopes = [("read", "Read"), ("write", "Read, write")];
    let expiries = [
        ("7", "In a week"),
        ("30", "In 30 days"),
        ("90", "In 90 days"),
        ("366", "In a year"),
        ("never", "Never"),
    ];
    let options = |options: &[(&str, &str)]| -> Vec<(String, String)> {
        options.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
    };
    view! {
        <ActionForm to="token.create" class="form form-row" tried=tried.clone() fields=&["name"]>
            <TextField
                name="name"
                label="New token for"
                tried=tried.clone()
                maxlength=80
                id="token-name"
                required=true
            />
            <Choice
                name="scope"
                label="May"
                options=options(&scopes)
                tried=tried.clone()
                value="read"
                id="token-scope"
            />
            <Choice
                name="expires"
                label="Expires"
                options=options(&expiries)
                tried=tried.clone()
                value="90"
                id="token-expires"
            />
            <button class="btn btn-primary">"Make token"</button>
        </ActionForm>
    }
}
