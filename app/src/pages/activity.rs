//! The page of what was done: by whom, to what, from where, and what differs by it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use leptos::prelude::*;

use super::detail::history::field;
use super::query::Query;
use super::{Loaded, Visit, failure};
use crate::api::audit::{AuditEntry, AuditFilter, AuditPage};
use crate::api::client::{Client, encode_segment};
use crate::components::actor;
use crate::components::empty::Empty;
use crate::components::frame::Place;
use crate::components::page_head::PageHead;
use crate::components::pager::ByAge;
use crate::components::time::Ago;
use crate::numerals::count;

/// Entries on a page.
const LIMIT: u32 = 50;

/// Longest text that is looked for, in characters.
const TEXT_MAX: usize = 200;

/// The kinds that the form offers: what is done to them begins with this word.
const KINDS: [(&str, &str); 10] = [
    ("", "Everything"),
    ("mapping.", "Mappings"),
    ("claim.", "Claims"),
    ("grant.", "Grants"),
    ("protection.", "Protected places"),
    ("request.", "Requests"),
    ("team.", "Teams"),
    ("user.", "Users"),
    ("session.", "Sign-ins"),
    ("token.", "API tokens"),
];

/// What the address asks for; the days are as people count them, both included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Asked {
    team: String,
    actor: String,
    object: String,
    action: String,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

impl Asked {
    fn read(query: &Query) -> Self {
        let text = |name| query.text(name).trim().chars().take(TEXT_MAX).collect();
        let day = |name| query.get(name)?.parse().ok();
        Self {
            team: text("team"),
            actor: text("actor"),
            object: text("object"),
            action: text("action"),
            from: day("from"),
            until: day("until"),
        }
    }

    fn filter(&self) -> AuditFilter {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let begin = |day: NaiveDate| Some(day.and_hms_opt(0, 0, 0)?.and_utc());
        let end = |day: NaiveDate| -> Option<DateTime<Utc>> {
            begin(day)?.checked_add_signed(TimeDelta::days(1))
        };
        AuditFilter {
            team: text(&self.team),
            actor: text(&self.actor),
            action: text(&self.action),
            kind: None,
            object: text(&self.object),
            from: self.from.and_then(begin),
            to: self.until.and_then(end),
        }
    }

    fn is_filtered(&self) -> bool {
        *self != Self::default()
    }

    /// Writes the address of a page of entries.
    fn href(&self, cursor: Option<&str>) -> String {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let parts = [
            ("team", self.team.clone()),
            ("actor", self.actor.clone()),
            ("object", self.object.clone()),
            ("action", self.action.clone()),
            ("from", day(self.from)),
            ("until", day(self.until)),
            ("cursor", cursor.unwrap_or_default().to_owned()),
        ];
        let parts = parts.iter().filter(|(_, value)| !value.is_empty());
        let parts = parts.map(|(name, value)| format!("{name}={}", encode_segment(value)));
        match parts.collect::<Vec<_>>().join("&") {
            query if query.is_empty() => "/activity".to_owned(),
            query => format!("/activity?{query}"),
        }
    }
}

pub(super) async fn page(client: &Client, visit: &Visit, query: &Query) -> Loaded {
    let mut asked = Asked::read(query);
    let cursor = query.get("cursor");
    let mut answer = client.audit(&asked.filter(), LIMIT, cursor).await;
    // people type and cut addresses: what can't be read is left out
    if answer.as_ref().is_err_and(|error| error.status() == Some(400)) {
        asked = Asked::default();
        answer = client.audit(&asked.filter(), LIMIT, None).await;
    }
    let is_continued = cursor.is_some();
    let sees_none = visit.me.teams.is_empty() && visit.me.installation.is_none();
    match answer {
        Ok(page) => Loaded::new("Activity", Place::Activity, move || {
            draw(&asked, &page, is_continued, sees_none)
        }),
        Err(error) => failure::failed(Place::Activity, "The activity", error),
    }
}

fn draw(
    asked: &Asked,
    page: &AuditPage,
    is_continued: bool,
    sees_none: bool,
) -> impl IntoView + use<> {
    let sub = "Who did what, from where; entries are never changed or removed".to_owned();
    let export = |format: &str| {
        let filter = asked.filter().to_query_string();
        format!("/api/v1/audit/export?format={format}&{filter}")
    };
    let newest = is_continued.then(|| asked.href(None));
    let older = page.next_cursor.as_deref().map(|cursor| asked.href(Some(cursor)));
    let (csv, json) = (export("csv"), export("json"));
    let form = form(asked);
    let content = match (page.items.is_empty(), asked.is_filtered()) {
        (true, false) => nothing_yet(sees_none).into_any(),
        (true, true) => none_match().into_any(),
        (false, _) => view! {
            {table(&page.items)}
            <ByAge newest older />
        }
        .into_any(),
    };

    view! {
        <PageHead title="Activity" sub=sub.into_any()>
            <a class="btn" href=csv download="audit.csv">
                "Export CSV"
            </a>
            <a class="btn" href=json download="audit.json">
                "Export JSON"
            </a>
        </PageHead>
        {form}
        {content}
    }
}

fn form(asked: &Asked) -> impl IntoView + use<> {
    let text = |name: &'static str, label: &'static str, value: &str| {
        view! {
            <label class="filter-field">
                <span>{label}</span>
                <input
                    class="input"
                    name=name
                    value=value.to_owned()
                    maxlength="200"
                    autocomplete="off"
                    spellcheck="false"
                />
            </label>
        }
    };
    let day = |name: &'static str, label: &'static str, value: Option<NaiveDate>| {
        view! {
            <label class="filter-field">
                <span>{label}</span>
                <input
                    class="input"
                    type="date"
                    name=name
                    value=value.map(|day| day.to_string()).unwrap_or_default()
                />
            </label>
        }
    };
    let kind = |(value, words): (&'static str, &'static str)| {
        let is_chosen = asked.action == value;
        view! {
            <option value=value selected=is_chosen>
                {words}
            </option>
        }
    };
    let is_other = !KINDS.iter().any(|(value, _)| *value == asked.action);
    let other = is_other.then(|| {
        let action = asked.action.clone();
        view! {
            <option value=action.clone() selected=true>
                {action.clone()}
            </option>
        }
    });
    let clear = asked.is_filtered().then(|| {
        view! {
            <a class="btn btn-quiet" href="/activity" data-testid="clear-filters">
                "Clear"
            </a>
        }
    });
    view! {
        <form class="filter activity-filter" action="/activity" aria-label="Filter" data-testid="filter">
            <label class="filter-field">
                <span>"What"</span>
                <select class="input" name="action">
                    {KINDS.map(kind).into_iter().collect_view()}
                    {other}
                </select>
            </label>
            {text("object", "Name", &asked.object)}
            {text("actor", "By", &asked.actor)}
            {text("team", "Team", &asked.team)}
            {day("from", "From", asked.from)}
            {day("until", "Until", asked.until)}
            <button class="btn">"Show"</button>
            {clear}
        </form>
    }
}

fn nothing_yet(sees_none: bool) -> impl IntoView {
    let why = if sees_none {
        "You are in no team yet. What is done in a team is shown to its members: ask one of its owners to add you."
    } else {
        "Every change of a mapping, a claim or a team will be here, with who made it."
    };
    view! {
        <Empty title="Nothing was done yet" testid="none-yet">
            <p>{why}</p>
        </Empty>
    }
}

fn none_match() -> impl IntoView {
    view! {
        <Empty title="Nothing matches" testid="none-match">
            <p>"Nothing that you may see was done by these filters."</p>
            <p>
                <a class="btn" href="/activity">
                    "Clear filters"
                </a>
            </p>
        </Empty>
    }
}

fn table(items: &[AuditEntry]) -> impl IntoView + use<> {
    view! {
        <div class="card records-card">
            <table class="table records activity" data-testid="activity">
                <caption>"What was done, the newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"What"</th>
                        <th scope="col">"By"</th>
                        <th scope="col">"Team"</th>
                        <th scope="col">"When"</th>
                        <th scope="col">"From"</th>
                    </tr>
                </thead>
                <tbody>{items.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

fn row(entry: &AuditEntry) -> impl IntoView + use<> {
    let fields = entry.diff.iter().map(field).collect_view();
    let fields = (!entry.diff.is_empty()).then(|| view! { <dl class="facts diff">{fields}</dl> });
    let team = entry.team.as_ref().map(|team| {
        let only = Asked { team: team.clone(), ..Asked::default() }.href(None);
        view! { <a href=only>{team.clone()}</a> }
    });
    let by = Asked { actor: entry.actor.clone(), ..Asked::default() }.href(None);
    // how users and tokens come is no news
    let via = (entry.via != entry.actor && !matches!(entry.via.as_str(), "session" | "token"))
        .then(|| view! { <span class="cell-note">{format!("by {}", entry.via)}</span> });
    let address = entry.address.clone().unwrap_or_else(|| "–".to_owned());
    let request = entry.request_id.clone().map(|id| {
        view! {
            <span class="cell-note" title="The request's id, as the server's log has it">
                <code>{id}</code>
            </span>
        }
    });
    view! {
        <tr data-entry=entry.id.to_string() data-action=entry.action.clone()>
            <th scope="row">
                <p title=entry.action.clone()>{said(entry)}</p>
                {fields}
            </th>
            <td data-label="By">
                <a href=by>{actor::words(&entry.actor)}</a>
                {via}
            </td>
            <td data-label="Team">{team}</td>
            <td data-label="When">
                <Ago at=entry.at />
            </td>
            <td data-label="From">
                <span class="mono">{address}</span>
                {request}
            </td>
        </tr>
    }
}

/// Says what was done to what; what leads somewhere is a link.
fn said(entry: &AuditEntry) -> impl IntoView + use<> {
    let name = entry.object.clone();
    let href = match entry.kind.as_str() {
        "mapping" => Some(format!("/mappings/{}?tab=history", encode_segment(&name))),
        "team" => Some(format!("/teams/{}", encode_segment(&name))),
        "request" => Some(format!("/requests/{}", encode_segment(&name))),
        _ => None,
    };
    let href = href.filter(|_| entry.action != "team.delete");
    let object = match href {
        Some(href) => view! {
            <a class="name" href=href>
                {name}
            </a>
        }
        .into_any(),
        None => view! { <span class="strong">{name}</span> }.into_any(),
    };
    let revision = entry.revision.map(|revision| {
        let revision = format!(" revision {}", count(revision));
        view! { <span class="sub-inline">{revision}</span> }
    });
    view! {
        {verb(&entry.action)}
        " "
        {entry.kind.replace('_', " ")}
        " "
        {object}
        {revision}
    }
}

/// Writes the verb of an action as people do: `mapping.create` is *Created*.
fn verb(action: &str) -> String {
    let word = action.rsplit('.').next().unwrap_or_default();
    // where the object is not what was made or changed
    match action {
        "grant.create" => return "Granted a part of".to_owned(),
        "grant.delete" => return "Took back a part of".to_owned(),
        "mapping.take-over" => return "Took over a mapping in".to_owned(),
        "session.end-all" => return "Ended all sessions of".to_owned(),
        "session.refuse" => return "Refused to sign in".to_owned(),
        "team.member" => return "Changed the role of".to_owned(),
        "user.password" => return "Set the password of".to_owned(),
        _ => {}
    }
    let known = match word {
        "put" | "patch" | "set" => "Set",
        "start" => "Began",
        "stale" => "Closed as stale",
        "withdraw" => "Withdrew",
        other => {
            let mut letters = other.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            let rest = letters.as_str();
            let ending = if rest.ends_with('e') { "d" } else { "ed" };
            return first.into_iter().collect::<String>() + rest + ending;
        }
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::read(&Query::parse(query))
    }

    #[test]
    fn days_are_counted_with_both_ends() {
        let filter = asked("from=2026-11-01&until=2026-11-30").filter();

        assert_eq!(
            filter.to_query_string(),
            "from=2026-11-01T00%3A00%3A00Z&to=2026-12-01T00%3A00%3A00Z"
        );
    }

    #[test]
    fn what_cannot_be_read_is_passed_over_and_the_rest_is_written_back() {
        let state = asked("team=shop&actor=token%207&action=mapping.&from=soon&until=2026-11-30");

        assert_eq!(
            state.href(Some("9")),
            "/activity?team=shop&actor=token%207&action=mapping.&until=2026-11-30&cursor=9"
        );
        assert!(state.is_filtered());
        assert_eq!(asked("cursor=x&other=1").href(None), "/activity");
    }

    #[test]
    fn actions_are_written_as_people_do() {
        let said = ["mapping.create", "claim.delete", "grant.create", "session.start"].map(verb);

        assert_eq!(said, ["Created", "Deleted", "Granted a part of", "Began"]);
    }
}
