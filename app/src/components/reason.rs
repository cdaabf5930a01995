//! Says in words why a mapping needs someone.

use crate::api::live::{ConfigState, Health, LiveMapping};
use crate::numerals::{count, rate};

/// Tells whether a mapping needs someone now.
pub(crate) fn needs_attention(live: &LiveMapping) -> bool {
    matches!(live.config, ConfigState::Rejected { .. })
        || matches!(live.health, Health::Failing | Health::Degraded)
}

/// Says why a mapping needs attention.
pub(crate) fn reason(live: &LiveMapping) -> String {
    if let ConfigState::Rejected { reason } = &live.config {
        let revision = count(live.mapping.revision);
        return format!(
            "Revision {revision} was rejected by Envoy: “{reason}”. What it accepted before keeps serving."
        );
    }
    let mut reasons = Vec::new();
    match live.members {
        Some(members) if members.total_members == 0 => {
            reasons.push("The service has no endpoint".to_owned());
        }
        Some(members) if members.healthy_members == 0 => {
            reasons.push(match members.total_members {
                1 => "Its only endpoint is down".to_owned(),
                all => format!("All {} endpoints down", count(all.into())),
            });
        }
        Some(members) if members.healthy_members < members.total_members => {
            let down = members.total_members - members.healthy_members;
            let [down, total] = [down, members.total_members].map(|n| count(n.into()));
            reasons.push(format!("{down} of {total} endpoints down"));
        }
        _ => {}
    }
    match (live.bad_rate.filter(|bad| *bad > 0.0), live.rate) {
        (Some(bad), Some(all)) => {
            let [bad, all] = [bad, all].map(|value| rate(Some(value)));
            reasons.push(format!("{bad} of {all} requests a second are bad"));
        }
        _ if reasons.is_empty() => reasons.push(of_the_last_minute(live.health).to_owned()),
        _ => {}
    }
    reasons.join(", ")
}

/// Says what the health alone tells, when nothing is bad just now.
fn of_the_last_minute(health: Health) -> &'static str {
    match health {
        Health::Failing => "More than 10 % of the last minute's requests were bad",
        Health::Degraded => "More than 1 % of the last minute's requests were bad",
        Health::Stale => "No Envoy has reported lately",
        Health::Healthy | Health::Idle => "It was a moment ago",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::live::Members;
    use crate::islands::samples::live_mapping;

    fn needy(health: Health, healthy: u32, total: u32, bad: f64, all: f64) -> String {
        reason(&LiveMapping {
            health,
            members: Some(Members { healthy_members: healthy, total_members: total }),
            bad_rate: Some(bad),
            rate: Some(all),
            ..live_mapping("checkout", 1_839)
        })
    }

    #[test]
    fn the_reason_names_endpoints_and_requests() {
        use Health::{Degraded, Failing};

        assert_eq!(needy(Degraded, 2, 3, 0.0, 96.0), "1 of 3 endpoints down");
        assert_eq!(needy(Failing, 0, 3, 0.0, 0.0), "All 3 endpoints down");
        assert_eq!(needy(Failing, 0, 0, 0.0, 0.0), "The service has no endpoint");
        assert_eq!(
            needy(Failing, 1, 4, 16.6, 58.0),
            "3 of 4 endpoints down, 16.6 of 58 requests a second are bad"
        );
        assert_eq!(
            needy(Failing, 4, 4, 0.0, 58.0),
            "More than 10 % of the last minute's requests were bad"
        );
    }

    #[test]
    fn a_rejection_is_told_in_envoy_s_words() {
        let config = ConfigState::Rejected { reason: "no such cluster".to_owned() };
        let said = reason(&LiveMapping { config, ..live_mapping("legacy", 1_841) });

        assert!(
            said.starts_with("Revision 1,841 was rejected by Envoy: “no such cluster”."),
            "{said}"
        );
    }
}
