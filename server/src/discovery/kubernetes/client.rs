//! Finds out where the API server is, and how to be somebody there.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

use super::KubernetesError;
use crate::quoted::causes;

/// How long connecting to the API server may take: longer than a lost packet, shorter than people
/// wait.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Returns a client, which has not connected yet, and the namespace that it is in.
///
/// # Errors
/// Returns [`KubernetesError`] when nothing says where the API server is, or what does can't be
/// read.
pub(super) async fn connect(
    kubeconfig: Option<PathBuf>,
) -> Result<(Client, Arc<str>), KubernetesError> {
    let mut config = match kubeconfig {
        Some(path) => of_file(&path)
            .await
            .map_err(|error| KubernetesError::Kubeconfig { reason: causes(&error), path })?,
        None => Config::infer()
            .await
            .map_err(|error| KubernetesError::NoConfig { reason: causes(&error) })?,
    };
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    // the feeds know better when to try again, and say that they do
    config.default_retry = false;
    let namespace = config.default_namespace.as_str().into();
    let client = Client::try_from(config)
        .map_err(|error| KubernetesError::Client { reason: causes(&error) })?;
    Ok((client, namespace))
}

async fn of_file(path: &Path) -> Result<Config, kube::config::KubeconfigError> {
    let kubeconfig = Kubeconfig::read_from(path)?;
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await
}
