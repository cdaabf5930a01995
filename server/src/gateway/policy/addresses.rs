//! From which addresses a mapping's clients may come.

use std::{fmt, net::IpAddr};

use app::api::policy::AddressRules;

use crate::gateway::read::Reader;

/// Most addresses and ranges of a mapping, allowed and denied together.
pub const RANGES_MAX: usize = 200;

/// An address with all that share its first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    /// The first of them.
    pub address: IpAddr,
    /// How many bits they share.
    pub length: u8,
}

impl AddressRange {
    /// Parses an address, or an address and a number of bits: `192.0.2.0/24`.
    ///
    /// # Errors
    /// Says what is wrong with `text`, or what was probably meant.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let wanted = || {
            let like = "an address such as `192.0.2.7`, or a range such as `192.0.2.0/24` or \
                        `2001:db8::/32`, is meant";
            format!("is `{text}`; {like}")
        };
        let address: IpAddr = address.parse().map_err(|_no_address| wanted())?;
        if address.to_canonical() != address {
            // the gateway sees such a client by its other address
            return Err(format!("is `{text}`; write `{}`, as IPv4", address.to_canonical()));
        }
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => most,
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                length.parse().ok().filter(|length| *length <= most).ok_or_else(|| {
                    format!("is `{text}`; at most {most} bits can follow the slash")
                })?
            }
            Some(_) => return Err(wanted()),
        };
        let range = Self { address: first(address, length), length };
        if range.address != address {
            return Err(format!(
                "is `{text}`, whose last {} bits must be zero; write `{range}`",
                most - length
            ));
        }
        Ok(range)
    }

    /// Tells whether all of `other` lie in it.
    pub fn covers(&self, other: &Self) -> bool {
        self.address.is_ipv4() == other.address.is_ipv4()
            && self.length <= other.length
            && first(other.address, self.length) == self.address
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// Returns the first address that shares `length` bits with `address`.
fn first(address: IpAddr, length: u8) -> IpAddr {
    let rest = |bits: u32| bits.saturating_sub(length.into());
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(rest(32)).unwrap_or_default();
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(rest(128)).unwrap_or_default();
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

pub(super) fn read(reader: &Reader<'_>) -> AddressRules {
    let rules = reader.object("ip", |reader| {
        let allow = ranges(reader, "allow");
        let deny = ranges(reader, "deny");
        if allow.len() + deny.len() > RANGES_MAX {
            let count = allow.len() + deny.len();
            let message = format!("has {count} ranges; at most {RANGES_MAX} are allowed together");
            reader.wrong_here(message);
        }
        let in_vain = allow
            .iter()
            .find_map(|range| Some((range, deny.iter().find(|denied| denied.covers(range))?)));
        if let Some((range, denied)) = in_vain {
            let message = format!("has `{range}` in vain: all of it is denied by `{denied}`");
            reader.wrong::<()>("allow", message);
        }
        let texts = |ranges: &[AddressRange]| ranges.iter().map(ToString::to_string).collect();
        AddressRules { allow: texts(&allow), deny: texts(&deny) }
    });
    rules.unwrap_or_default()
}

fn ranges(reader: &Reader<'_>, key: &'static str) -> Vec<AddressRange> {
    let mut ranges = reader.texts(key, RANGES_MAX, AddressRange::parse);
    ranges.sort_unstable();
    ranges.dedup();
    ranges
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("192.0.2.0/24", "192.0.2.0/24")]
    #[case("192.0.2.7", "192.0.2.7/32")]
    #[case("0.0.0.0/0", "0.0.0.0/0")]
    #[case("2001:DB8::/32", "2001:db8::/32")]
    #[case("::1", "::1/128")]
    #[case("::/0", "::/0")]
    fn a_range_has_one_spelling(#[case] text: &str, #[case] spelled: &str) {
        assert_eq!(AddressRange::parse(text).unwrap().to_string(), spelled);
    }

    #[rstest]
    #[case(
        "192.0.2.7/24",
        "is `192.0.2.7/24`, whose last 8 bits must be zero; write `192.0.2.0/24`"
    )]
    #[case("2001:db8::1/32", "whose last 96 bits must be zero; write `2001:db8::/32`")]
    #[case("192.0.2.0/33", "at most 32 bits can follow the slash")]
    #[case("::/129", "at most 128 bits can follow the slash")]
    #[case("192.0.2.0/+8", "is `192.0.2.0/+8`; an address such as")]
    #[case("192.0.2.0/", "at most 32 bits")]
    #[case("192.0.2", "an address such as `192.0.2.7`")]
    #[case("example.com", "an address such as `192.0.2.7`")]
    #[case("::ffff:192.0.2.7", "write `192.0.2.7`, as IPv4")]
    fn what_is_no_range_is_refused(#[case] text: &str, #[case] said: &str) {
        let error = AddressRange::parse(text).unwrap_err();

        assert!(error.contains(said), "{error}");
    }

    #[rstest]
    #[case("10.0.0.0/8", "10.1.0.0/16", true)]
    #[case("10.0.0.0/8", "10.0.0.0/8", true)]
    #[case("10.1.0.0/16", "10.0.0.0/8", false)]
    #[case("0.0.0.0/0", "10.0.0.0/8", true)]
    #[case("0.0.0.0/0", "::/0", false)]
    #[case("2001:db8::/32", "2001:db8:1::/48", true)]
    fn a_range_covers_what_shares_its_bits(
        #[case] wide: &str,
        #[case] narrow: &str,
        #[case] covers: bool,
    ) {
        let [wide, narrow] = [wide, narrow].map(|text| AddressRange::parse(text).unwrap());

        assert_eq!(wide.covers(&narrow), covers);
    }
}
