//! Prepares the sign-in at an OIDC provider, which may be away.

use std::{net::SocketAddr, sync::Arc};

use super::StartError;
use crate::{
    auth::{
        command::oidc::keep_key,
        oidc::{FlowKey, Oidc, OidcSettings},
        principal::{Author, Who},
        secret::SealKey,
        settings::PublicUrl,
    },
    store::Store,
};

/// Returns the client of the provider, to which browsers come back at the public URL: at `http`,
/// where there is none and nobody else could come.
pub(super) async fn client(
    settings: Option<OidcSettings>,
    public_url: Option<&PublicUrl>,
    http: SocketAddr,
    store: &Store,
) -> Result<Option<Arc<Oidc>>, StartError> {
    let Some(settings) = settings else { return Ok(None) };
    let portal = match public_url {
        Some(url) => url.to_string(),
        None if http.ip().is_loopback() => format!("http://{http}"),
        None => return Err(StartError::NoPublicUrl { address: http }),
    };
    let key = SealKey::random();
    let author = Author::of(Who::Server);
    let acted = store.act(author, |scene| keep_key(scene, key)).await?;
    let unusable = |reason: String| StartError::Oidc { reason };
    let key = acted.access.seal_key().ok_or_else(|| unusable("there is no key".to_owned()))?;
    let key = FlowKey::new(key.reveal()).map_err(|error| unusable(error.to_string()))?;
    let client = Oidc::new(settings, &portal, key).map_err(unusable)?;
    Ok(Some(Arc::new(client)))
}
