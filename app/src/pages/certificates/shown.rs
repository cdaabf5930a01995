//! What the pages of certificates and of trust bundles show alike.

use chrono::Utc;
use leptos::prelude::*;

use crate::api::certificate::{AuthorityFacts, Validity};
use crate::api::client::Client;
use crate::api::session::Me;
use crate::api::team::Role;
use crate::components::action::{Choice, Tried};
use crate::components::chip::Tone;
use crate::components::tabs::{Look, Tab, Tabs};
use crate::numerals::counted;
use crate::pages::claims::{options, teams_of};

/// Links the two lists.
pub(super) fn kinds(here: &'static str) -> impl IntoView {
    let tab = |(href, label): (&str, &str)| Tab {
        href: href.to_owned(),
        label: label.to_owned(),
        is_current: here == href,
    };
    let tabs = [("/certificates", "Certificates"), ("/trust-bundles", "Trust bundles")];
    let tabs = tabs.map(tab).into_iter().collect();
    view! { <Tabs label="Certificates and trust bundles" look=Look::Tabs tabs=tabs /> }
}

/// Shows how something stands with the time, in words.
pub(super) fn badge(validity: Validity, days_left: Option<i64>) -> impl IntoView {
    let (tone, words) = match (validity, days_left) {
        (Validity::Valid, Some(days)) => (Tone::Ok, format!("{} left", day_count(days))),
        (Validity::Valid, None) => (Tone::Ok, "Valid".to_owned()),
        (Validity::Expiring, Some(0)) => (Tone::Warn, "Expires today".to_owned()),
        (Validity::Expiring, Some(days)) => (Tone::Warn, format!("Expires in {}", day_count(days))),
        (Validity::Expiring, None) => (Tone::Warn, "Expires soon".to_owned()),
        // a part of a day is rounded down: -1 is today
        (Validity::Expired, Some(-1)) => (Tone::Bad, "Expired today".to_owned()),
        (Validity::Expired, Some(days)) => {
            (Tone::Bad, format!("Expired {} ago", day_count(days.saturating_add(1))))
        }
        (Validity::Expired, None) => (Tone::Bad, "Expired".to_owned()),
        (Validity::NotYetValid, _) => (Tone::Warn, "Not valid yet".to_owned()),
    };
    view! {
        <span class=format!("chip {}", tone.class()) data-testid="validity">
            <i aria-hidden="true"></i>
            {words}
        </span>
    }
}

fn day_count(days: i64) -> String {
    counted(days.unsigned_abs(), "day")
}

/// Returns whole days until something expires, rounded down.
fn days_left(facts: &AuthorityFacts) -> i64 {
    const DAY_SECONDS: i64 = 24 * 60 * 60;
    (facts.not_after - Utc::now()).num_seconds().div_euclid(DAY_SECONDS)
}

/// Shows certificates, one below the other.
pub(super) fn links(all: &[AuthorityFacts]) -> impl IntoView + use<> {
    let link = |facts: &AuthorityFacts| {
        let badge = badge(facts.validity(Utc::now()), Some(days_left(facts)));
        let between =
            format!("{} to {}", facts.not_before.format("%F"), facts.not_after.format("%F"));
        let issuer = match facts.issuer == facts.subject {
            true => "signed by itself".to_owned(),
            false => format!("issued by {}", facts.issuer),
        };
        view! {
            <li>
                <div class="item-text">
                    <span class="strong">{facts.subject.clone()}</span>
                    " "
                    {badge}
                    <span class="cell-note">{issuer}</span>
                    <span class="cell-note num">
                        {format!("{} · {between}", facts.algorithm)}
                    </span>
                    <span class="cell-note mono">{facts.fingerprint.clone()}</span>
                </div>
            </li>
        }
    };
    view! { <ol class="items">{all.iter().map(link).collect_view()}</ol> }
}

/// Returns the teams that someone could give something to, and that they must choose one.
pub(super) async fn teams_for(client: &Client, me: &Me) -> Vec<(String, String)> {
    let mut teams = options(teams_of(client, me, Role::Owner).await);
    if me.is_admin {
        teams.insert(0, (String::new(), "None: the admins".to_owned()));
    }
    teams
}

/// Shows the choice of the team that looks after something.
pub(super) fn team_choice(
    teams: Vec<(String, String)>,
    tried: &Tried,
    now: Option<String>,
) -> impl IntoView + use<> {
    view! {
        <Choice
            name="team"
            label="Looked after by the team"
            options=teams
            tried=tried.clone()
            value=now.unwrap_or_default()
            hint="Its owners may replace and delete it, its editors renew it"
        />
    }
}
