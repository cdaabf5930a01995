//! Shows the two states of a mapping, which never mean the same: *health* (its traffic and its
//! endpoints) and *config* (whether the fleet runs it).

use leptos::prelude::*;

use crate::api::live::{ConfigState, Health};

/// Colours a chip or a note; the word beside it always says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Ok,
    Warn,
    Bad,
    Idle,
    Accent,
}

impl Tone {
    /// Returns the class in `style/components.css`.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Idle => "idle",
            Self::Accent => "accent",
        }
    }
}

/// Returns the tone, the word and the definition of a health.
pub(crate) fn health(health: Health) -> (Tone, String, &'static str) {
    let (tone, word, meaning) = match health {
        Health::Healthy => {
            (Tone::Ok, "Healthy", "Endpoints are healthy, at most 1 % of recent requests were bad")
        }
        Health::Degraded => (
            Tone::Warn,
            "Degraded",
            "Some endpoints are down, or more than 1 % of recent requests were bad",
        ),
        Health::Failing => (
            Tone::Bad,
            "Failing",
            "No endpoint is healthy, or more than 10 % of recent requests were bad",
        ),
        Health::Idle => {
            (Tone::Idle, "Idle", "Endpoints are healthy, no request in the last minute")
        }
        Health::Stale => (Tone::Idle, "Stale", "No Envoy has reported lately"),
    };
    (tone, word.to_owned(), meaning)
}

/// Returns the tone and the word of a configuration state, and what a pointer over it reads.
pub(crate) fn config(config: &ConfigState) -> (Tone, String, String) {
    match config {
        ConfigState::Live { nodes } => {
            (Tone::Idle, "Live".to_owned(), format!("Acknowledged by all nodes ({nodes})"))
        }
        ConfigState::Pending { acked, nodes } => (
            Tone::Accent,
            format!("Pending {acked}/{nodes}"),
            format!("Acknowledged by {acked} of {nodes} nodes"),
        ),
        ConfigState::Rejected { reason } => (Tone::Bad, "Rejected".to_owned(), reason.clone()),
        ConfigState::NoNodes => {
            (Tone::Warn, "No nodes".to_owned(), "No Envoy is connected".to_owned())
        }
    }
}

/// Shows a state as a dot and a word.
#[component]
pub(crate) fn Chip(
    /// The tone and the word.
    #[prop(into)]
    state: Signal<(Tone, String)>,
    /// What a pointer over the chip reads.
    #[prop(into)]
    title: Signal<String>,
) -> impl IntoView {
    view! {
        <span
            class=move || state.with(|(tone, _)| format!("chip {}", tone.class()))
            title=move || title.get()
        >
            <i aria-hidden="true"></i>
            {move || state.with(|(_, word)| word.clone())}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_traffic_is_never_green() {
        assert_eq!(health(Health::Idle).0, Tone::Idle);
        assert_eq!(health(Health::Stale).0, Tone::Idle);
    }

    #[test]
    fn a_pending_change_says_how_far_it_came() {
        let (_, word, _) = config(&ConfigState::Pending { acked: 2, nodes: 3 });

        assert_eq!(word, "Pending 2/3");
    }

    #[test]
    fn a_rejection_gives_envoy_s_words() {
        let reason = "no such cluster".to_owned();

        let (tone, _, title) = config(&ConfigState::Rejected { reason: reason.clone() });

        assert_eq!((tone, title), (Tone::Bad, reason));
    }
}
