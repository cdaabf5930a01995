//! Certificates of clients, by the names that stand in them.

use app::api::policy::ClientCertificate;

use crate::gateway::{
    matching::host::HostPattern,
    read::{Reader, check_text},
};

/// Most names of a mapping.
const NAMES_MAX: usize = 50;

/// Longest name in bytes; SPIFFE has the longest that are usual.
const NAME_MAX_BYTES: usize = 256;

pub(super) fn read(reader: &Reader<'_>) -> Option<ClientCertificate> {
    reader.object("client_certificate", |reader| {
        let mut names = reader.texts("names", NAMES_MAX, name);
        names.sort_unstable();
        names.dedup();
        let any = reader.flag("any");
        let has_names = reader
            .value("names")
            .and_then(|names| names.as_array())
            .is_some_and(|it| !it.is_empty());
        match (any, has_names) {
            (true, true) => drop(reader.wrong::<()>("names", "must be empty with `any`")),
            (false, false) if reader.value("any").is_none_or(serde_json::Value::is_boolean) => {
                reader.wrong_here("must have `names`, or `any` for whatever certificate");
            }
            _ => {}
        }
        ClientCertificate { any, names }
    })
}

/// Reads a DNS name, `*.` before one, or a URI. What Envoy compares beside these, the subject, has
/// another form, so that no certificate comes in by it.
fn name(text: &str) -> Result<String, String> {
    check_text(text, &(1..=NAME_MAX_BYTES))?;
    if let Some((scheme, rest)) = text.split_once("://") {
        let is_scheme = !scheme.is_empty()
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        return match is_scheme && !rest.is_empty() && text.bytes().all(|it| it.is_ascii_graphic()) {
            true => Ok(text.to_owned()),
            false => Err(format!("is `{text}`, which is no URI")),
        };
    }
    match HostPattern::parse(text) {
        Ok(HostPattern::Any) => Err("is `*`; `any` lets in every certificate".to_owned()),
        Ok(pattern) => Ok(pattern.to_string()),
        Err(_no_name) => {
            Err(format!("is `{text}`; DNS names, `*.` before one, and URIs are allowed"))
        }
    }
}
