//! Decisions about the settings of the gateway.

use std::sync::Arc;

use app::api::problem::FieldError;

use super::{Outcome, Scene, edge::Expected};
use crate::{
    auth::{
        access::{Edit, Entity},
        audit::Entry,
        refusal::Refusal,
    },
    gateway::{
        edge::{
            Edge, EdgeName, GatewaySettings,
            settings::{ClientCertificates, RedirectHttp, Settings, diff},
        },
        references::{CLIENTS, ReferenceKind, Unnamed},
    },
};

/// Writes all settings.
///
/// # Errors
/// Refuses whoever is no admin, settings that were changed meanwhile, and those that name what is
/// not there.
pub fn put(scene: &Scene<'_>, values: Settings, expected: &Expected) -> Result<Outcome, Refusal> {
    scene.must_be_admin()?;
    let edge = scene.access.edge();
    let current = edge.settings();
    expected.check("settings of the gateway", Some(current.revision))?;
    check(edge, &values)?;
    let diff = diff(&current.values, &values);
    if diff.is_empty() {
        return Ok(Outcome::unnoted(Vec::new()));
    }
    let entry = Entry { diff, ..Entry::new("gateway.change", "gateway", "settings") };
    let settings = GatewaySettings {
        values,
        revision: current.revision + 1,
        updated_at: scene.now,
        updated_by: scene.author.who.to_string(),
    };
    let unless_named = needed(&current.values, &settings.values);
    let outcome = Outcome::new(vec![Edit::Put(Entity::Gateway(Arc::new(settings)))], entry);
    Ok(Outcome { unless_named, ..outcome })
}

/// Returns what `after` takes away and mappings may rely on.
pub fn needed(before: &Settings, after: &Settings) -> Option<Unnamed> {
    let asks = |settings: &Settings| settings.tls.client_certificates != ClientCertificates::Off;
    let clients = || {
        let name = EdgeName::parse(CLIENTS).ok()?;
        Some(Unnamed::by_any(ReferenceKind::ClientCertificates, &name))
    };
    (asks(before) && !asks(after)).then(clients).flatten()
}

/// Checks that what the settings name is there.
///
/// # Errors
/// Names each field that is wrong.
pub fn check(edge: &Edge, values: &Settings) -> Result<(), Refusal> {
    let tls = &values.tls;
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: String| errors.push(FieldError::new(field, message));
    if let Some(name) = &tls.default_certificate
        && !edge.certificates().any(|known| known.name.as_str() == name)
    {
        wrong("tls/default_certificate", format!("names `{name}`, which is no certificate"));
    }
    if let Some(name) = &tls.client_trust_bundle
        && !edge.trust_bundles().any(|known| known.name.as_str() == name)
    {
        wrong("tls/client_trust_bundle", format!("names `{name}`, which is no trust bundle"));
    }
    if tls.redirect_http != RedirectHttp::Off && edge.certificates().next().is_none() {
        let message = "must be `off` while there is no certificate: nothing answers HTTPS";
        wrong("tls/redirect_http", message.to_owned());
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}
