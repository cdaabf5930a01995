//! Trust bundles as they are put: certificates of authorities, checked before they are stored.

use std::collections::BTreeSet;

use app::api::{certificate::AuthorityFacts, problem::FieldError};

use super::{chain, pem};

/// Authorities of a bundle at the most; the public ones are some 140.
pub const AUTHORITIES_MAX: usize = 200;

/// Longest bundle in bytes: the public authorities take 220 kB.
pub const BUNDLE_MAX_BYTES: usize = 512 * 1024;

/// A bundle that may be trusted.
#[derive(Debug)]
pub struct Checked {
    /// The certificates alone, as PEM.
    pub pem: String,
    /// In the order of the PEM, each once.
    pub authorities: Vec<AuthorityFacts>,
}

/// Checks a bundle. What has expired stays in it: others may still need it, and it trusts nobody.
///
/// # Errors
/// Returns what is wrong with the field `pem`.
pub fn check(text: &str) -> Result<Checked, Vec<FieldError>> {
    checked(text).map_err(|message| vec![FieldError::new("pem", message)])
}

fn checked(text: &str) -> Result<Checked, String> {
    let blocks = chain::blocks(text, "trust bundle", AUTHORITIES_MAX, BUNDLE_MAX_BYTES)?;
    let all = chain::parsed(&blocks)?;
    if let Some((other, place)) = all.iter().zip(1..).find(|(link, _)| !link.is_authority()) {
        return Err(format!(
            "has `{}` as its {} certificate, which is no authority’s (CA:TRUE): it could vouch for nobody",
            other.facts.subject,
            chain::nth(place),
        ));
    }
    let mut known = BTreeSet::new();
    let (mut pem, mut authorities) = (String::new(), Vec::new());
    for link in all {
        if known.insert(link.facts.fingerprint.clone()) {
            pem.push_str(&pem::write("CERTIFICATE", link.der));
            authorities.push(link.facts);
        }
    }
    Ok(Checked { pem, authorities })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::edge::chain::tests::made::{Authority, host};

    #[test]
    fn authorities_are_kept_once_each_and_in_order() {
        let (one, other) = (Authority::root("One"), Authority::root("Other"));

        let checked = check(&[one.pem(), other.pem(), one.pem()].concat()).unwrap();

        let subjects: Vec<_> = checked.authorities.iter().map(|facts| &facts.subject).collect();
        assert_eq!(subjects, ["CN=One", "CN=Other"]);
        assert_eq!(checked.pem, [one.pem(), other.pem()].concat());
    }

    #[test]
    fn what_could_vouch_for_nobody_is_refused() {
        let root = Authority::root("Root");
        let leaf = root.issues(&host(&["a.example.com"]));

        let refused = check(&[root.pem(), leaf.pem.clone()].concat()).unwrap_err();

        assert_eq!(refused[0].pointer, "/pem");
        assert!(refused[0].message.contains("2nd certificate"), "{refused:?}");
        for text in ["", "junk", &leaf.key] {
            assert!(check(text).is_err());
        }
        assert!(check(&root.pem().repeat(AUTHORITIES_MAX + 1)).is_err());
    }
}
