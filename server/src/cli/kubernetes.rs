//! The options of discovery by Kubernetes.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};

use super::CliError;
use crate::discovery::kubernetes::{KubernetesSettings, Namespaces, namespace};

/// Above these options in `--help`.
const HEADING: &str = "Services of Kubernetes";

/// Who knows the endpoints of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Discovery {
    /// DNS.
    Dns,
    /// The API server for names of one or two labels, DNS for longer ones.
    Kubernetes,
}

/// Where services are looked for.
#[derive(Debug, Args)]
pub(super) struct KubernetesArgs {
    /// Who knows the endpoints of a service that is a name.
    #[arg(
        long,
        help_heading = HEADING,
        env = "CHANCERY_DISCOVERY",
        value_name = "KIND",
        default_value = "dns"
    )]
    discovery: Discovery,
    /// The kubeconfig by which to reach the API server, in its current context. Without it,
    /// `KUBECONFIG`, `~/.kube/config`, or the service account of the pod.
    #[arg(long, help_heading = HEADING, env = "CHANCERY_KUBECONFIG", value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The namespaces whose Services are followed, separated by commas; without it all of them.
    #[arg(
        long,
        help_heading = HEADING,
        env = "CHANCERY_KUBERNETES_NAMESPACES",
        value_name = "NAMESPACES",
        value_delimiter = ',',
        value_parser = namespace
    )]
    kubernetes_namespaces: Vec<Arc<str>>,
    /// The namespace of a Service that is named without one; without it that of the kubeconfig or
    /// of the pod.
    #[arg(
        long,
        help_heading = HEADING,
        env = "CHANCERY_KUBERNETES_DEFAULT_NAMESPACE",
        value_name = "NAMESPACE",
        value_parser = namespace
    )]
    kubernetes_default_namespace: Option<Arc<str>>,
}

impl KubernetesArgs {
    /// Returns what to follow, if anything.
    pub(super) fn settings(self) -> Result<Option<KubernetesSettings>, CliError> {
        let Self { discovery, kubeconfig, kubernetes_namespaces, kubernetes_default_namespace } =
            self;
        let namespaces: BTreeSet<_> = kubernetes_namespaces.into_iter().collect();
        let given = [
            ("--kubeconfig", kubeconfig.is_some()),
            ("--kubernetes-namespaces", !namespaces.is_empty()),
            ("--kubernetes-default-namespace", kubernetes_default_namespace.is_some()),
        ];
        match (discovery, given.iter().find(|(_, is_given)| *is_given)) {
            (Discovery::Dns, Some((option, _))) => {
                Err(format!("{option} has no effect without `--discovery kubernetes`").into())
            }
            (Discovery::Dns, None) => Ok(None),
            (Discovery::Kubernetes, _) => Ok(Some(KubernetesSettings {
                kubeconfig,
                namespaces: match namespaces.is_empty() {
                    true => Namespaces::All,
                    false => Namespaces::These(namespaces),
                },
                default_namespace: kubernetes_default_namespace,
            })),
        }
    }
}
