//! The members of a team, whose owners change them here.

use leptos::prelude::*;

use super::{role_chip, roles};
use crate::api::session::Me;
use crate::api::team::{Member, Role, Team};
use crate::components::action::{Acted, ActionForm, Choice, TextField, Tried};
use crate::components::card::Card;
use crate::components::refused;
use crate::numerals::counted;

pub(super) fn card(team: &Team, me: &Me, acted: Option<&Acted>) -> impl IntoView + use<> {
    let is_owner = me.may(Role::Owner, &team.name);
    let count = counted(team.members.len() as u64, "member");
    let is_empty = team.members.is_empty();
    let user = me.user.clone();
    let row = |member: Member| {
        let is_self = user.as_ref() == Some(&member.user);
        row(member, is_owner, is_self)
    };
    let rows = team.members.iter().cloned().map(row).collect_view();
    let actions = ["member.put", "member.remove", "member.leave"];
    let refused = actions.map(|action| {
        let tried = Tried::of(acted, action);
        tried.refusal().map(refused::note)
    });
    let add = is_owner.then(|| add(Tried::of(acted, "member.add")));
    view! {
        <Card title="Members" testid="members" aside=count.into_any()>
            {refused.into_iter().collect_view()}
            <ul class="items">{rows}</ul>
            {is_empty
                .then(|| {
                    view! {
                        <p class="card-empty">
                            "The team has no member yet: only admins see what belongs to it."
                        </p>
                    }
                })}
            {add}
        </Card>
    }
}

fn row(member: Member, is_owner: bool, is_self: bool) -> impl IntoView {
    let Member { user, display_name, role, given, by_group } = member;
    let source = by_group.map(|role| {
        let also = given.map(|_| ", and given here").unwrap_or_default();
        format!("{} by a group of the identity provider{also}", role.word())
    });
    let end = match is_owner {
        true => role_form(&user, role).into_any(),
        false => role_chip(role).into_any(),
    };
    let leave = (is_owner || is_self).then(|| end_form(&user, is_self));
    view! {
        <li data-member=user.clone()>
            <div class="item-text">
                <span class="strong">{user.clone()}</span>
                " "
                <span class="sub">{display_name}</span>
                {is_self.then(|| view! { <span class="sub">" (you)"</span> })}
                {source.map(|source| view! { <span class="cell-note">{source}</span> })}
            </div>
            {end}
            {leave}
        </li>
    }
}

fn role_form(user: &str, role: Role) -> impl IntoView + use<> {
    let option = |(value, words): (String, String)| {
        let is_chosen = value == role.word();
        view! {
            <option value=value selected=is_chosen>
                {words}
            </option>
        }
    };
    let options = roles().into_iter().map(option).collect_view();
    let (label, set) = (format!("Role of {user}"), format!("Set the role of {user}"));
    let user = user.to_owned();
    view! {
        <ActionForm to="member.put" class="inline">
            <input type="hidden" name="user" value=user />
            <select name="role" class="input select-small" aria-label=label>
                {options}
            </select>
            <button class="btn btn-small" aria-label=set>
                "Set"
            </button>
        </ActionForm>
    }
}

fn end_form(user: &str, is_self: bool) -> impl IntoView + use<> {
    let (to, word) = if is_self { ("member.leave", "Leave") } else { ("member.remove", "Remove") };
    let label = if is_self { "Leave the team".to_owned() } else { format!("Remove {user}") };
    let user = user.to_owned();
    view! {
        <ActionForm to=to>
            <input type="hidden" name="user" value=user />
            <button class="btn btn-small" aria-label=label>
                {word}
            </button>
        </ActionForm>
    }
}

fn add(tried: Tried) -> impl IntoView {
    view! {
        <ActionForm to="member.add" class="form form-row" tried=tried.clone()>
            <TextField
                name="user"
                label="Add a user"
                tried=tried.clone()
                maxlength=40
                id="add-user"
                required=true
            />
            <Choice
                name="role"
                label="Role"
                options=roles()
                tried=tried.clone()
                value="editor"
                id="add-role"
            />
            <button class="btn btn-primary">"Add"</button>
        </ActionForm>
    }
}
