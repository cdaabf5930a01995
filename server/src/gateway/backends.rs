//! Backends: the services among which a mapping's requests are shared, by weight.
//!
//! ```text
//! random number of a request, below 1,000,000
//! 0                                          900,000      1,000,000
//! └────────────── usersvc, weight 90 ──────────┴─ v2, 10 ────┘
//! ```
//! Each is a *side* of the mapping, with statistics of its own. A mapping of one service has no
//! backends.

pub mod read;

use std::{fmt, sync::Arc};

use super::service::Service;

/// Fewest and most backends of a mapping that has any.
pub const BACKENDS_MIN: usize = 2;
pub const BACKENDS_MAX: usize = 10;

/// Highest weight. With ten of them the smallest share is 1 of 9,001: a hundred times what the
/// million steps of [`Backends::cuts`] can tell apart.
pub const WEIGHT_MAX: u32 = 1_000;

/// Steps in which Envoy can cut requests apart.
pub const STEPS: u32 = 1_000_000;

/// Numbers a side of a mapping; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Side(u8);

impl Side {
    /// The side that a mapping of one service has, too.
    pub const FIRST: Self = Self(1);

    /// Returns the side of the backend at this place, counted from 0.
    pub fn at(place: usize) -> Self {
        Self(u8::try_from(place + 1).unwrap_or(u8::MAX))
    }

    /// Parses the number of a side after the first.
    pub fn parse(text: &str) -> Option<Self> {
        let number: u8 = text.parse().ok()?;
        // written in one way only
        let is_later = (2..=BACKENDS_MAX).contains(&usize::from(number));
        (is_later && number.to_string() == text).then_some(Self(number))
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A service and its weight among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    pub service: Service,
    /// Up to [`WEIGHT_MAX`]; with 0 it gets no request.
    pub weight: u32,
}

/// All backends of a mapping; none where it has one service. A clone is cheap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backends(Arc<[Backend]>);

/// Says why services can't share the requests of a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendsError {
    #[error("has {0} entries; {BACKENDS_MIN} to {BACKENDS_MAX} are allowed, or none")]
    Count(usize),
    #[error("has the service `{0}` twice")]
    Twice(Arc<str>),
    #[error("has the weight {0}; 0 to {WEIGHT_MAX} are allowed")]
    Weight(u32),
    #[error("has weights that are all 0; one of them must get the requests")]
    NoWeight,
}

impl Backends {
    /// Checks what must be true of all backends together.
    ///
    /// # Errors
    /// Returns the first rule that they break.
    pub fn new(backends: Vec<Backend>) -> Result<Self, BackendsError> {
        if backends.is_empty() {
            return Ok(Self::default());
        }
        if !(BACKENDS_MIN..=BACKENDS_MAX).contains(&backends.len()) {
            return Err(BackendsError::Count(backends.len()));
        }
        if let Some(heavy) = backends.iter().find(|backend| backend.weight > WEIGHT_MAX) {
            return Err(BackendsError::Weight(heavy.weight));
        }
        for (place, backend) in backends.iter().enumerate() {
            let mut before = backends.iter().take(place);
            if before.any(|other| other.service.name == backend.service.name) {
                return Err(BackendsError::Twice(Arc::clone(&backend.service.text)));
            }
        }
        if backends.iter().all(|backend| backend.weight == 0) {
            return Err(BackendsError::NoWeight);
        }
        Ok(Self(backends.into()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns each backend with the side that it is.
    pub fn sides(&self) -> impl Iterator<Item = (Side, &Backend)> {
        self.0.iter().enumerate().map(|(place, backend)| (Side::at(place), backend))
    }

    pub fn get(&self, side: Side) -> Option<&Backend> {
        self.sides().find(|(one, _)| *one == side).map(|(_, backend)| backend)
    }

    /// Returns the share of a backend in percent, with two digits.
    pub fn percent(&self, backend: &Backend) -> f64 {
        let total = f64::from(self.total().max(1));
        (f64::from(backend.weight) * 10_000.0 / total).round() / 100.0
    }

    /// Returns each side that gets requests with where its part of the [`STEPS`] ends: a request
    /// whose random number is lower, and is no earlier side's, is its own.
    ///
    /// The parts have no gap and no overlap, and each differs from the exact share by less than
    /// one step.
    pub fn cuts(&self) -> Vec<(Side, &Backend, u32)> {
        let total = u64::from(self.total().max(1));
        let mut sum = 0_u64;
        let mut cuts = Vec::with_capacity(self.0.len());
        for (side, backend) in self.sides().filter(|(_, backend)| backend.weight > 0) {
            sum += u64::from(backend.weight);
            let until = u32::try_from(sum * u64::from(STEPS) / total).unwrap_or(STEPS);
            cuts.push((side, backend, until));
        }
        cuts
    }

    fn total(&self) -> u32 {
        self.0.iter().map(|backend| backend.weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn backends(weights: &[u32]) -> Result<Backends, BackendsError> {
        let backend = |(place, weight): (usize, &u32)| Backend {
            service: Service::parse(&format!("service{place}")).unwrap(),
            weight: *weight,
        };
        Backends::new(weights.iter().enumerate().map(backend).collect())
    }

    #[test]
    fn what_cannot_share_requests_is_refused() {
        assert_eq!(backends(&[1]), Err(BackendsError::Count(1)));
        assert_eq!(backends(&[1; 11]), Err(BackendsError::Count(11)));
        assert_eq!(backends(&[1, 1_001]), Err(BackendsError::Weight(1_001)));
        assert_eq!(backends(&[0, 0]), Err(BackendsError::NoWeight));
        let same = ["Usersvc", "usersvc:80"]
            .map(|text| Backend { service: Service::parse(text).unwrap(), weight: 1 });
        assert_eq!(Backends::new(same.into()), Err(BackendsError::Twice("usersvc:80".into())));
        assert_eq!(backends(&[]), Ok(Backends::default()));
    }

    #[test]
    fn a_side_without_weight_gets_no_part() {
        let slid = backends(&[0, 7, 0]).unwrap();

        let cuts: Vec<_> = slid.cuts().iter().map(|(side, _, until)| (side.0, *until)).collect();

        assert_eq!(cuts, [(2, STEPS)]);
    }

    #[test]
    fn only_sides_after_the_first_are_written_with_their_number() {
        assert_eq!(Side::parse("2"), Some(Side(2)));
        assert_eq!(Side::parse("10"), Some(Side(10)));
        for text in ["0", "1", "11", "02", "+2", "", "x"] {
            assert_eq!(Side::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_are_exact_to_one_step_and_leave_no_gap(
            weights in prop::collection::vec(0..=WEIGHT_MAX, 2..=10),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let backends = backends(&weights).unwrap();
            let total: u32 = weights.iter().sum();
            let mut from = 0;
            for (_, backend, until) in backends.cuts() {
                let exact = f64::from(backend.weight) / f64::from(total) * f64::from(STEPS);
                prop_assert!(until > from, "a side with a weight gets requests");
                prop_assert!((f64::from(until - from) - exact).abs() < 1.0 + 1e-6);
                from = until;
            }
            prop_assert_eq!(from, STEPS);
        }
    }
}
