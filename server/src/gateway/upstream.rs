//! Upstreams: a service together with how it is spoken to. Each is one cluster of Envoy.
//!
//! ```text
//! usersvc ─┬─ by default ───────────▶ usersvc                     ┐ one service: the same
//!          └─ at most 10 requests ──▶ usersvc+5f0c6a1e9b24d873    ┘ endpoints, added counters
//! ```

use std::{fmt, num::NonZeroU64};

use super::service::{ServiceError, ServiceName};

/// Stands between a service and the variant in the name of a cluster; no service has it.
const SEPARATOR: char = '+';

/// Names a policy of clusters by its content; the default one has no name.
///
/// 64 bits of SHA-256: nobody can make a policy that passes for the one that another team's
/// mapping has on the same service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Variant(Option<NonZeroU64>);

/// A service as a mapping reaches it.
///
/// Its `Display` form (`usersvc`, `usersvc+5f0c6a1e9b24d873`) is the name of the Envoy cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Upstream {
    pub service: ServiceName,
    pub variant: Variant,
}

/// Says why a text can't name an upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("has the variant `{0}`; 16 lower-case hexadecimal digits are meant")]
    Variant(String),
}

impl Variant {
    /// Names the policy whose hash begins with this.
    pub fn of_hash(hash: u64) -> Self {
        // the default is not made of a hash; 0 is as likely as any other
        Self(Some(NonZeroU64::new(hash).unwrap_or(NonZeroU64::MIN)))
    }

    pub fn is_default(self) -> bool {
        self.0.is_none()
    }

    fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_written_so = text.len() == 16 && text.bytes().all(is_digit);
        let number = is_written_so.then(|| u64::from_str_radix(text, 16).ok()).flatten()?;
        Some(Self(Some(NonZeroU64::new(number)?)))
    }
}

impl Upstream {
    /// Parses the name of a cluster.
    ///
    /// # Errors
    /// Returns the part of `text` that is wrong.
    pub fn parse(text: &str) -> Result<Self, UpstreamError> {
        let (service, variant) = match text.split_once(SEPARATOR) {
            None => (text, Variant::default()),
            Some((service, variant)) => {
                let wrong = || UpstreamError::Variant(variant.to_owned());
                (service, Variant::parse(variant).ok_or_else(wrong)?)
            }
        };
        Ok(Self { service: ServiceName::parse(service)?, variant })
    }
}

/// A service as it is reached without being asked for anything.
impl From<ServiceName> for Upstream {
    fn from(service: ServiceName) -> Self {
        Self { service, variant: Variant::default() }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.service.fmt(f)?;
        match self.variant.0 {
            Some(hash) => write!(f, "{SEPARATOR}{hash:016x}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("usersvc", true)]
    #[case("usersvc+5f0c6a1e9b24d873", false)]
    #[case("https://images.shop:8443+00000000000000ff", false)]
    #[case("[::1]:9000+5f0c6a1e9b24d873", false)]
    fn an_upstream_survives_its_text(#[case] text: &str, #[case] is_default: bool) {
        let upstream = Upstream::parse(text).unwrap();

        assert_eq!(upstream.to_string(), text);
        assert_eq!(upstream.variant.is_default(), is_default);
    }

    #[rstest]
    #[case("usersvc+")]
    #[case("usersvc+5f0c6a1e")]
    #[case("usersvc+5F0C6A1E9B24D873")]
    #[case("usersvc+0000000000000000")]
    #[case("usersvc+5f0c6a1e9b24d87+")]
    #[case("+5f0c6a1e9b24d873")]
    fn a_text_that_names_no_upstream_is_refused(#[case] text: &str) {
        assert!(Upstream::parse(text).is_err());
    }

    #[test]
    fn no_hash_makes_the_default() {
        let variant = Variant::of_hash(0);

        assert!(!variant.is_default());
        let service = ServiceName::parse("usersvc").unwrap();
        let upstream = Upstream { service, variant };
        assert_eq!(Upstream::parse(&upstream.to_string()), Ok(upstream));
    }
}
