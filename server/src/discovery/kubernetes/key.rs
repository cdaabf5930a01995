//! Which Service a name in a mapping means.
//!
//! ```text
//! usersvc                          in the default namespace
//! usersvc.shop                     in `shop`
//! usersvc.shop.svc                 in `shop`, as the cluster's DNS writes it
//! usersvc.shop.svc.cluster.local   in `shop`
//! api.example.com                  no Service: DNS is asked
//! ```
//! A name of two labels is always a Service, also when there is none of that name: if DNS were asked
//! instead, deleting the Service `usersvc.shop` would send its requests to whoever owns the domain
//! `usersvc.shop`.

use std::{fmt, sync::Arc};

/// The domain of a cluster unless it was installed with another one.
const CLUSTER_DOMAIN: &str = "svc.cluster.local";

/// Identifies a Service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceKey {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

impl ServiceKey {
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// Returns the Service that the host `name` means; `None` for a name of DNS.
    pub fn of_host(name: &str, default_namespace: &str) -> Option<Self> {
        let mut labels = name.splitn(3, '.');
        let service = labels.next()?;
        match (labels.next(), labels.next()) {
            (None, _) => Some(Self::new(default_namespace, service)),
            (Some(namespace), None | Some("svc" | CLUSTER_DOMAIN)) => {
                Some(Self::new(namespace, service))
            }
            (Some(_), Some(_)) => None,
        }
    }

    /// Returns the shortest host that means this Service.
    pub fn host(&self, default_namespace: &str) -> String {
        match self.namespace.as_ref() == default_namespace {
            true => self.name.as_ref().to_owned(),
            false => format!("{}.{}", self.name, self.namespace),
        }
    }
}

/// Parses the name of a namespace.
///
/// # Errors
/// Returns what is allowed: a label of RFC 1123, as Kubernetes wants it.
pub fn namespace(text: &str) -> Result<Arc<str>, String> {
    let is_label = (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    is_label.then(|| text.into()).ok_or_else(|| {
        "a namespace is 1 to 63 lower-case letters, digits and `-`, not at either end".to_owned()
    })
}

impl fmt::Display for ServiceKey {
    /// Writes it as sentences name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service `{}` in the namespace `{}`", self.name, self.namespace)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("usersvc", "default/usersvc")]
    #[case("usersvc.shop", "shop/usersvc")]
    #[case("usersvc.shop.svc", "shop/usersvc")]
    #[case("usersvc.shop.svc.cluster.local", "shop/usersvc")]
    fn a_name_means_the_service_that_the_cluster_would_find(
        #[case] host: &str,
        #[case] expected: &str,
    ) {
        let key = ServiceKey::of_host(host, "default").unwrap();

        assert_eq!(format!("{}/{}", key.namespace, key.name), expected);
    }

    #[rstest]
    #[case("api.example.com")]
    #[case("usersvc.shop.svc.example.com")]
    fn a_longer_name_belongs_to_dns(#[case] host: &str) {
        assert_eq!(ServiceKey::of_host(host, "default"), None);
    }

    #[rstest]
    #[case("")]
    #[case("Shop")]
    #[case("shop.")]
    #[case("-shop")]
    fn what_is_no_namespace_is_refused(#[case] text: &str) {
        assert!(namespace(text).unwrap_err().contains("1 to 63"));
    }

    #[rstest]
    #[case("usersvc")]
    #[case("usersvc.shop")]
    fn the_shortest_host_means_the_same_service(#[case] host: &str) {
        let key = ServiceKey::of_host(host, "default").unwrap();

        assert_eq!(key.host("default"), host);
    }
}
