//! The pages for who has not signed in: signing in, the first admin, and a form whose session has
//! ended.

use leptos::prelude::*;

use super::query::Query;
use super::{Loaded, Visit, encode_segment};
use crate::api::session::{Me, Sample, Who};
use crate::components::action::{ActionForm, TextField, Tried};
use crate::components::chip::Tone;
use crate::components::note::Note;

/// Fields of a form that are not given back.
const SECRETS: [&str; 5] = ["password", "current", "new", "secret", "private_key"];

/// `/sign-in`
pub(super) fn page(visit: &Visit, query: &Query) -> Loaded {
    let tried = Tried::of(visit.acted(), "session.start");
    let return_to = tried.value("return_to", &query.text("return_to"));
    let is_signed_out = query.get("signed_out").is_some() && visit.posted.is_none();
    // the name is there, the password is typed anew
    let is_refused = tried.refusal().is_some();
    let me = visit.me.clone();
    Loaded::new("Sign in", None, move || {
        view! {
            <section class="card form sign-in" data-testid="sign-in">
                <h1>"Sign in"</h1>
                {is_signed_out
                    .then(|| {
                        view! {
                            <p class="sub" role="status" data-testid="signed-out">
                                "You have signed out."
                            </p>
                        }
                    })}
                {standing(&me)}
                {me.provider.as_deref().map(|name| elsewhere(name, &return_to))}
                <ActionForm to="session.start" at="/sign-in" tried=tried.clone()>
                    <input type="hidden" name="return_to" value=return_to />
                    <TextField
                        name="user"
                        label="User"
                        tried=tried.clone()
                        autocomplete="username"
                        required=true
                        autofocus=!is_refused
                    />
                    <TextField
                        name="password"
                        label="Password"
                        kind="password"
                        autofocus=is_refused
                        tried=tried.clone()
                        autocomplete="current-password"
                        maxlength=512
                        required=true
                    />
                    <div class="form-actions">
                        <button class="btn btn-primary">"Sign in"</button>
                    </div>
                </ActionForm>
            </section>
            {samples(&me.samples)}
        }
    })
    .alone()
}

/// Offers to sign in at the OIDC provider.
fn elsewhere(name: &str, return_to: &str) -> impl IntoView + use<> {
    let href = format!("/auth/oidc/start?return_to={}", encode_segment(return_to));
    view! {
        <p class="elsewhere">
            <a class="btn btn-primary" href=href data-testid="sign-in-elsewhere">
                {format!("Sign in with {name}")}
            </a>
        </p>
        <p class="or sub">"or with a password"</p>
    }
}

/// Says who one is already, and whether one needs to sign in at all.
fn standing(me: &Me) -> impl IntoView + use<> {
    match (me.who, me.user.clone()) {
        (Who::Open, _) => view! {
            <Note tone=Tone::Warn testid="open-mode-note">
                <p>
                    "This server is in open mode: whoever uses this machine is its admin, and nobody needs to sign in. "
                    "Sign in to try what one team sees, or "
                    <a href="/">"go on without"</a>
                    ". "
                    <code>"--sign-in required"</code>
                    " ends the open mode."
                </p>
            </Note>
        }
        .into_any(),
        (_, Some(user)) => view! {
            <p class="sub">
                "You are signed in as " <span class="strong">{user}</span> ". "
                <a href="/">"Go on"</a>
            </p>
        }
        .into_any(),
        (_, None) => ().into_any(),
    }
}

/// Offers the users of a demo.
fn samples(samples: &[Sample]) -> impl IntoView + use<> {
    let row = |sample: Sample| {
        let Sample { user, password, says } = sample;
        view! {
            <tr>
                <th scope="row">
                    <code>{user}</code>
                </th>
                <td data-label="Password">
                    <code>{password}</code>
                </td>
                <td data-label="Is">{says}</td>
            </tr>
        }
    };
    (!samples.is_empty()).then(|| {
        view! {
            <section class="card records-card samples" data-testid="samples">
                <div class="card-head">
                    <h2>"Users of this demo"</h2>
                </div>
                <table class="table records">
                    <thead>
                        <tr>
                            <th scope="col">"User"</th>
                            <th scope="col">"Password"</th>
                            <th scope="col">"Is"</th>
                        </tr>
                    </thead>
                    <tbody>{samples.iter().cloned().map(row).collect_view()}</tbody>
                </table>
            </section>
        }
    })
}

/// `/setup/{secret}`
pub(super) fn set_up(visit: &Visit) -> Loaded {
    let tried = Tried::of(visit.acted(), "setup");
    Loaded::new("First admin", None, move || {
        view! {
            <section class="card form sign-in" data-testid="set-up">
                <h1>"Make the first admin"</h1>
                <p class="sub">
                    "This link is from the log of the server. It works once, for an hour. The admin can then make the other users, and teams."
                </p>
                <ActionForm to="setup" tried=tried.clone() fields=&["user", "password"]>
                    <TextField
                        name="user"
                        label="Name to sign in by"
                        tried=tried.clone()
                        autocomplete="username"
                        hint="1 to 40 lower-case letters, digits, `-`, `_`, `.` and `@`"
                        maxlength=40
                        required=true
                        autofocus=true
                    />
                    {password_field("password", "Password", &tried)}
                    <div class="form-actions">
                        <button class="btn btn-primary">"Make the admin and sign in"</button>
                    </div>
                </ActionForm>
            </section>
        }
    })
    .alone()
}

/// Asks for a password that is to be kept.
pub(super) fn password_field(
    name: &'static str,
    label: &'static str,
    tried: &Tried,
) -> impl IntoView + use<> {
    let tried = tried.clone();
    view! {
        <TextField
            name
            label
            kind="password"
            tried
            autocomplete="new-password"
            hint="At least 12 characters, any: a few unrelated words are easy to remember"
            maxlength=512
            required=true
        />
    }
}

/// Says that nothing was done with a form, since its session has ended; what was typed can be sent
/// again.
pub(super) fn signed_out(path: &str, fields: Vec<(String, String)>) -> Loaded {
    let path = path.to_owned();
    let kept = fields.into_iter().filter(|(name, _)| !SECRETS.contains(&name.as_str()));
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let kept = kept.collect_view();
    Loaded::new("Signed out", None, move || {
        view! {
            <section class="card form sign-in" data-testid="session-ended">
                <h1>"You are signed out"</h1>
                <p>
                    "Your session has ended, so nothing was changed. What you typed is kept on this page."
                </p>
                <p>
                    "1. " <a href="/sign-in" target="_blank" rel="noopener">
                        "Sign in, in another tab"
                    </a>
                </p>
                <p>"2. Come back here, and send it again:"</p>
                <form method="post" action=path>
                    {kept}
                    <div class="form-actions">
                        <button class="btn btn-primary">"Send again"</button>
                    </div>
                </form>
            </section>
        }
    })
    .with_status(401)
    .alone()
}
