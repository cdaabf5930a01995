//! The three disjoint counters, and what they are counted for.

use std::{fmt, str::FromStr};

use app::api::live::Counters;

use crate::gateway::{backends::Side, mapping::MappingName, service::ServiceName};

/// Requests by outcome. The three are disjoint, and their sum is all requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answered with 1xx, 2xx or 3xx.
    pub ok: u64,
    /// Answered with 4xx.
    pub c4xx: u64,
    /// Answered with 5xx, by the service or by Envoy in its place.
    pub bad: u64,
}

impl Counts {
    /// Adds requests that were answered with a status of `class` (1 to 5).
    pub fn add_class(&mut self, class: u8, requests: u64) {
        match class {
            1..=3 => self.ok += requests,
            4 => self.c4xx += requests,
            _ => self.bad += requests,
        }
    }

    pub fn add(&mut self, other: Self) {
        self.ok += other.ok;
        self.c4xx += other.c4xx;
        self.bad += other.bad;
    }

    /// Returns the share of `ok`, in percent with two digits; `None` without requests.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2⁵³ requests")]
    pub fn ok_percent(self) -> Option<f64> {
        let share = || self.ok as f64 / self.total() as f64;
        (self.total() > 0).then(|| (share() * 10_000.0).round() / 100.0)
    }

    /// Returns what has come since `before`, counter by counter. A counter that is lower than
    /// before has begun again at zero, so all of it is new.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        let increment = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
        Self {
            ok: increment(self.ok, before.ok),
            c4xx: increment(self.c4xx, before.c4xx),
            bad: increment(self.bad, before.bad),
        }
    }

    /// Returns what came in one of `seconds` seconds, rounded.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "exact up to 2⁵³ requests, and never negative"
    )]
    pub fn in_one_second(self, seconds: f64) -> Self {
        let share = |requests: u64| (requests as f64 / seconds).round() as u64;
        Self { ok: share(self.ok), c4xx: share(self.c4xx), bad: share(self.bad) }
    }

    pub fn total(self) -> u64 {
        self.ok + self.c4xx + self.bad
    }
}

impl From<Counts> for Counters {
    fn from(counts: Counts) -> Self {
        Self { upstream_ok: counts.ok, upstream_4xx: counts.c4xx, upstream_bad: counts.bad }
    }
}

/// What requests are counted for. A request to a mapping counts for its service, too, and for the
/// side that it took where the mapping has several.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    Mapping(MappingName),
    Side(MappingName, Side),
    Service(ServiceName),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mapping(name) => write!(f, "mapping/{name}"),
            Self::Side(name, side) => write!(f, "side/{name}/{side}"),
            Self::Service(service) => write!(f, "service/{service}"),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let side = |text: &str| {
            let (name, side) = text.split_once('/')?;
            let side = if side == "1" { Side::FIRST } else { Side::parse(side)? };
            Some(Self::Side(MappingName::parse(name).ok()?, side))
        };
        let parsed = match text.split_once('/') {
            Some(("mapping", name)) => MappingName::parse(name).ok().map(Self::Mapping),
            Some(("side", rest)) => side(rest),
            Some(("service", service)) => ServiceName::parse(service).ok().map(Self::Service),
            _ => None,
        };
        parsed.ok_or_else(|| format!("`{text}` is no target of counters"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_survives_its_text() {
        for text in [
            "mapping/user.v1",
            "side/user.v1/1",
            "side/user.v1/2",
            "service/https://images.shop",
            "service/[::1]:9000",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
    }
}
