//! The cards of a consumer's keys and of its password; what was just made is shown once.

use leptos::prelude::*;

use crate::api::consumer::{Consumer, ConsumerKey, NewConsumerKey, NewConsumerPassword};
use crate::components::action::{Acted, ActionForm, Choice, TextField, Tried};
use crate::components::card::Card;
use crate::components::refused;
use crate::components::time::Ago;
use crate::islands::copy::Copy;
use crate::numerals::{counted, day_and_clock};

/// Keys that a consumer has at the most.
const KEYS_MAX: usize = 5;

/// Shows the keys, and the secret of one that was just made.
pub(super) fn keys(
    keys: Vec<ConsumerKey>,
    may_decide: bool,
    acted: Option<&Acted>,
) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "consumer.key.create");
    let made = tried.answer().and_then(|answer| serde_json::from_value(answer.clone()).ok());
    let made = made.map(|made: NewConsumerKey| {
        let said = match made.key.label.as_str() {
            "" => format!("The key {} is made.", made.key.id),
            label => format!("The key {} “{label}” is made.", made.key.id),
        };
        once(said, made.secret.0, "the key")
    });
    // what was typed has become the key
    let tried = if made.is_some() { Tried::default() } else { tried };
    let removed = Tried::of(acted, "consumer.key.delete");
    let number = counted(keys.len() as u64, "key");
    let is_empty = keys.is_empty();
    let form = match keys.len() < KEYS_MAX {
        true => create(tried).into_any(),
        false => view! {
            <p class="card-empty">{format!("{KEYS_MAX} are the most; remove one to make another.")}</p>
        }
        .into_any(),
    };
    view! {
        <Card title="API keys" testid="keys" aside=number.into_any()>
            {made}
            {removed.refusal().map(refused::note)}
            <ul class="items">
                {keys.into_iter().map(|key| row(key, may_decide)).collect_view()}
            </ul>
            {is_empty.then(|| view! { <p class="card-empty">"None yet."</p> })}
            {may_decide.then_some(form)}
        </Card>
    }
}

/// Shows a secret, which is nowhere else.
fn once(said: String, secret: String, what: &'static str) -> impl IntoView {
    view! {
        <div class="note ok secret-once" role="status" data-testid="secret">
            <div>
                <p class="strong">{format!("{said} Copy it now: it is not shown again.")}</p>
                <p class="secret-line">
                    <code id="secret" data-secret="">
                        {secret}
                    </code>
                    <Copy target="secret".to_owned() what=what.to_owned() />
                </p>
            </div>
        </div>
    }
}

fn row(key: ConsumerKey, may_decide: bool) -> impl IntoView {
    let ConsumerKey { id, label, created_at, created_by, expires_at, is_expired } = key;
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
    let form = may_decide.then(|| {
        view! {
            <ActionForm to="consumer.key.delete">
                <input type="hidden" name="id" value=id.to_string() />
                <button class="btn btn-small" aria-label=format!("Remove the key {id}")>
                    "Remove"
                </button>
            </ActionForm>
        }
    });
    view! {
        <li data-key=id.to_string()>
            <div class="item-text">
                <span class="tag num">{id.to_string()}</span>
                " "
                <span class="strong">{label}</span>
                <span class="cell-note">
                    {expiry} ", made by " {created_by} " " <Ago at=created_at />
                </span>
            </div>
            {form}
        </li>
    }
}

fn create(tried: Tried) -> impl IntoView {
    let expiries = [
        ("never", "Never"),
        ("30", "In 30 days"),
        ("90", "In 90 days"),
        ("366", "In a year"),
        ("731", "In two years"),
    ];
    let expiries = expiries.map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec();
    view! {
        <ActionForm
            to="consumer.key.create"
            class="form form-row"
            tried=tried.clone()
            fields=&["label"]
        >
            <TextField
                name="label"
                label="New key for"
                tried=tried.clone()
                maxlength=80
                id="key-label"
            />
            <Choice
                name="expires"
                label="Expires"
                options=expiries
                tried=tried.clone()
                value="never"
                id="key-expires"
            />
            <button class="btn btn-primary">"Make key"</button>
        </ActionForm>
    }
}

/// Shows whether there is a password, and the one that was just made.
pub(super) fn password(consumer: &Consumer, acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "consumer.password.create");
    let made = tried.answer().and_then(|answer| serde_json::from_value(answer.clone()).ok());
    let made = made.map(|made: NewConsumerPassword| {
        once(format!("The password of “{}” is made.", made.user), made.secret.0, "the password")
    });
    let refused = tried.refusal().map(refused::note);
    let removed = Tried::of(acted, "consumer.password.delete");
    let said = consumer.password.clone().map(|password| {
        view! {
            <p class="card-body">
                {format!("The user is “{}”; the password was made by {} ", consumer.name, password.created_by)}
                <Ago at=password.created_at /> "."
            </p>
        }
    });
    let has_one = said.is_some();
    let forms = consumer.may_decide.then(|| {
        let words = if has_one { "Make another" } else { "Make password" };
        let remove = has_one.then(|| {
            view! {
                <ActionForm to="consumer.password.delete">
                    <button class="btn">"Remove"</button>
                </ActionForm>
            }
        });
        view! {
            <div class="form-actions card-body">
                {remove}
                <ActionForm to="consumer.password.create">
                    <button class="btn btn-primary">{words}</button>
                </ActionForm>
            </div>
        }
    });
    view! {
        <Card title="Password" testid="password">
            {made}
            {refused}
            {removed.refusal().map(refused::note)}
            {said}
            {(!has_one).then(|| view! { <p class="card-empty">"None."</p> })}
            {forms}
        </Card>
    }
}
