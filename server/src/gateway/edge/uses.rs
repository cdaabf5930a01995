//! Who uses a certificate or a trust bundle: what is used can't be taken away.

use super::{Edge, EdgeName};

/// Names what uses a certificate besides the hosts that it is for.
pub fn of_certificate(edge: &Edge, name: &EdgeName) -> Vec<String> {
    let default = &edge.settings().values.tls.default_certificate;
    let is_default = default.as_ref().is_some_and(|used| used.as_str() == name.as_str());
    let setting = "gateway settings (default certificate)".to_owned();
    is_default.then_some(setting).into_iter().collect()
}

/// Names what uses a trust bundle.
pub fn of_trust_bundle(edge: &Edge, name: &EdgeName) -> Vec<String> {
    let clients = &edge.settings().values.tls.client_trust_bundle;
    let is_used = clients.as_ref().is_some_and(|used| used.as_str() == name.as_str());
    let setting = "gateway settings (client certificates)".to_owned();
    is_used.then_some(setting).into_iter().collect()
}
