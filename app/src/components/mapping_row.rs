//! Shows one mapping as a row of the table; each cell follows the row's signal by itself.
//!
//! Cells carry `data-cell`, and the row `data-mapping`, for browser tests. `data-label` is what a
//! cell is called where there is no room for the column's head (see `style/components.css`).
//! The roles repeat the elements' own, which browsers drop where a row is laid out as a grid.

use leptos::prelude::*;

use super::chip::{self, Chip};
use super::icon::{self, Icon};
use super::message::message;
use crate::api::client::encode_segment;
use crate::api::live::{ConfigState, LiveMapping, Members};
use crate::live::store::Row;
use crate::numerals::{UNKNOWN, count, rate};

/// Shows a row.
#[component]
pub(crate) fn MappingRow(row: Row) -> impl IntoView {
    let Row { name, live } = row;
    let delete_label = format!("Delete {name}");
    let delete_href = format!("/mappings/{}/delete", encode_segment(&name));
    // Reads the row's signal; tachys then writes only texts and attributes that differ.
    let text = |read: fn(&LiveMapping) -> String| {
        let live = live.clone();
        move || live.with(read)
    };
    let signal = |read: fn(&LiveMapping) -> String| Signal::derive(text(read));
    let health = {
        let live = live.clone();
        Signal::derive(move || {
            let (tone, word, _) = live.with(|live| chip::health(live.health));
            (tone, word)
        })
    };
    let config = {
        let live = live.clone();
        Signal::derive(move || {
            let (tone, word, _) = live.with(|live| chip::config(&live.config));
            (tone, word)
        })
    };
    let notes = {
        let live = live.clone();
        Memo::new(move |_| live.with(notes))
    };

    view! {
        <tr role="row" data-mapping=name>
            <th scope="row" role="rowheader" data-cell="mapping">
                <span class="mono prefix">{text(|live| live.mapping.prefix.clone())}</span>
                <span class="sub">{name.clone()}</span>
                {move || notes.get().into_iter().map(note_view).collect_view()}
            </th>
            <td role="cell" class="mono" data-cell="service" data-label="to">
                {text(|live| live.mapping.service.clone())}
            </td>
            <td role="cell" class="mono" data-cell="rewrite" data-label="rewrite">
                {text(|live| rewrite(&live.mapping.rewrite))}
            </td>
            <td role="cell" data-cell="health">
                <Chip state=health title=signal(|live| chip::health(live.health).2.to_owned()) />
            </td>
            <td role="cell" data-cell="config">
                <Chip state=config title=signal(|live| chip::config(&live.config).2) />
            </td>
            <td role="cell" class="num" data-cell="rate">
                {text(|live| rate(live.rate))}
            </td>
            <td role="cell" class="num" data-cell="ok" data-label="ok">
                {text(|live| count(live.counters.upstream_ok))}
            </td>
            <td role="cell" class="num" data-cell="4xx" data-label="4xx">
                {text(|live| count(live.counters.upstream_4xx))}
            </td>
            <td role="cell" class="num" data-cell="bad" data-label="bad">
                {text(|live| count(live.counters.upstream_bad))}
            </td>
            <td
                role="cell"
                class=text(|live| format!("num {}", members_class(live.members)))
                data-cell="members"
            >
                {text(|live| members(live.members))}
            </td>
            <td role="cell" data-cell="actions">
                <a class="btn btn-quiet" href=delete_href aria-label=delete_label>
                    "Delete"
                </a>
            </td>
        </tr>
    }
}

/// Something to know about a mapping although it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    tone: chip::Tone,
    /// Says what the note is, so that its colour is not needed.
    word: &'static str,
    message: String,
}

fn notes(live: &LiveMapping) -> Vec<Note> {
    let rejection = match &live.config {
        ConfigState::Rejected { reason } => Some(Note {
            tone: chip::Tone::Bad,
            word: "Rejected by Envoy",
            message: format!("{reason}. The version before stays in use."),
        }),
        _ => None,
    };
    let warnings = live.mapping.warnings.iter().map(|warning| Note {
        tone: chip::Tone::Warn,
        word: "Warning",
        message: warning.message.clone(),
    });
    rejection.into_iter().chain(warnings).collect()
}

fn note_view(note: Note) -> impl IntoView {
    let class = format!("row-note {}", note.tone.class());
    view! {
        <span class=class>
            <Icon path=icon::WARNING />
            <span>{format!("{}: ", note.word)} {message(&note.message)}</span>
        </span>
    }
}

/// Writes a rewrite; the empty one leaves the path.
pub(crate) fn rewrite(rewrite: &str) -> String {
    if rewrite.is_empty() { "(path unchanged)".to_owned() } else { rewrite.to_owned() }
}

/// Writes healthy and all endpoints: `2/3`.
pub(crate) fn members(members: Option<Members>) -> String {
    members.map_or_else(
        || UNKNOWN.to_owned(),
        |members| format!("{}/{}", members.healthy_members, members.total_members),
    )
}

fn members_class(members: Option<Members>) -> &'static str {
    match members {
        None => "",
        Some(Members { healthy_members: 0, .. }) => "text-bad",
        Some(members) if members.healthy_members < members.total_members => "text-warn",
        Some(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_endpoints_are_a_gap_and_not_zero() {
        assert_eq!(members(None), UNKNOWN);
        assert_eq!(members_class(None), "");
    }

    #[test]
    fn missing_endpoints_stand_out() {
        let some = |healthy_members| Some(Members { healthy_members, total_members: 3 });

        assert_eq!((members(some(2)).as_str(), members_class(some(2))), ("2/3", "text-warn"));
        assert_eq!((members(some(0)).as_str(), members_class(some(0))), ("0/3", "text-bad"));
        assert_eq!(members_class(some(3)), "");
    }
}
