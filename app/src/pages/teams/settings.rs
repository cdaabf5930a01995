//! What a team says of itself, and its end.

use leptos::prelude::*;

use crate::api::team::Team;
use crate::components::action::{Acted, ActionForm, TextField, Tried};
use crate::components::card::Card;

pub(super) fn card(team: &Team, acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "team.patch");
    let (title, contact) = (team.title.clone(), team.contact.clone());
    view! {
        <Card title="About the team" testid="team-settings">
            <ActionForm
                to="team.patch"
                class="form"
                tried=tried.clone()
                fields=&["title", "contact"]
            >
                <TextField
                    name="title"
                    label="Title"
                    value=title
                    tried=tried.clone()
                    maxlength=100
                />
                <TextField
                    name="contact"
                    label="Contact"
                    value=contact
                    tried=tried.clone()
                    hint="Everyone sees it who asks whose a URL is"
                />
                <div class="form-actions">
                    <button class="btn btn-primary">"Save"</button>
                </div>
            </ActionForm>
        </Card>
    }
}

pub(super) fn removal(team: &Team, acted: Option<&Acted>) -> impl IntoView + use<> {
    let tried = Tried::of(acted, "team.delete");
    let is_open = tried.refusal().is_some();
    let name = team.name.clone();
    view! {
        <Card title="Delete the team" testid="team-removal">
            <details class="ask" open=is_open>
                <summary>"Delete " {name.clone()} " …"</summary>
                <ActionForm to="team.delete" class="form" tried=tried>
                    <p>
                        "It must have no mapping and no claim any more. Its tokens are revoked, and its members lose what it gave them."
                    </p>
                    <div class="form-actions">
                        <button class="btn btn-danger">"Delete team"</button>
                    </div>
                </ActionForm>
            </details>
        </Card>
    }
}
