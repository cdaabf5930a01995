//! The sets of objects that someone deploys: each kustomization, and the chart by several values.

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value;
use tokio::process::Command;

use crate::support::kubernetes;

/// Ways to use the chart, by what follows `helm template`.
const CHART: [(&str, &[&str]); 4] = [
    ("as it is", &[]),
    (
        "all of it",
        &[
            "--set=gateway.service.variant=https,gateway.service.http3=true",
            "--set=database.postgres.enabled=true,monitoring.enabled=true",
            "--set=portal.publicUrl=https://portal.example.com,portal.trustedProxies=1",
            "--set=portal.options.CHANCERY_CLAIMS=required",
            "--set=portal.secretOptions[0].name=CHANCERY_OIDC_CLIENT_SECRET",
            "--set=portal.secretOptions[0].secret=oidc,portal.secretOptions[0].key=secret",
            "--set-json=networkPolicy.portalFrom=[{\"podSelector\":{\"matchLabels\":{\"a\":\"b\"}}}]",
            "--set-json=gateway.tolerations=[{\"key\":\"edge\",\"operator\":\"Exists\"}]",
        ],
    ),
    (
        "an Envoy on each machine, two namespaces",
        &["--set=gateway.kind=DaemonSet", "--set=discovery.namespaces={accounts,shop}"],
    ),
    (
        "without the API server",
        &["--set=discovery.kind=dns,ipFamily=IPv6", "--set=gateway.service.type=NodePort"],
    ),
];

/// Objects that are deployed together.
pub(super) struct Set {
    pub(super) name: String,
    /// As it is applied.
    pub(super) yaml: String,
    objects: Vec<Value>,
}

impl Set {
    fn new(name: String, yaml: String) -> Self {
        let objects: Vec<Value> = serde_saphyr::from_multiple(&yaml)
            .unwrap_or_else(|error| panic!("{name} is no YAML: {error}"));
        assert!(!objects.is_empty(), "{name} has no objects");
        Self { name, yaml, objects }
    }

    /// Returns the objects of these kinds.
    pub(super) fn of(&self, kinds: &[&str]) -> Vec<&Value> {
        let is_one = |object: &&Value| kinds.iter().any(|kind| object["kind"] == **kind);
        self.objects.iter().filter(is_one).collect()
    }

    /// Returns what makes pods.
    pub(super) fn workloads(&self) -> Vec<&Value> {
        self.of(&["Deployment", "DaemonSet", "StatefulSet"])
    }

    /// Says which object is meant.
    pub(super) fn place(&self, object: &Value) -> String {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!("{}: {} {}", self.name, text(&object["kind"]), text(&object["metadata"]["name"]))
    }
}

/// Returns the folder of everything that is deployed.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy")
}

/// Returns the Helm that the tests run: `HELM_BIN`, or the one that `make setup-test` installs.
pub(super) fn helm() -> PathBuf {
    let installed = || concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/bin/helm").into();
    std::env::var_os("HELM_BIN").map_or_else(installed, PathBuf::from)
}

/// Runs a program to its end.
pub(super) async fn run(command: &mut Command) -> Output {
    let output = command.output().await;
    output.unwrap_or_else(|error| panic!("{command:?}: {error}; `make setup-test` installs it"))
}

async fn printed(command: &mut Command) -> String {
    let output = run(command).await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns every set.
pub(super) async fn all() -> Vec<Set> {
    let mut sets = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(folder().join("kubernetes"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("kustomization.yaml").exists())
        .collect();
    folders.sort();
    assert!(folders.len() > 3, "found {folders:?} only");
    for folder in folders {
        let yaml =
            printed(Command::new(kubernetes::binary()).args(["kubectl", "kustomize"]).arg(&folder))
                .await;
        let name = folder.file_name().unwrap().to_str().unwrap();
        sets.push(Set::new(format!("kustomization {name}"), yaml));
    }
    for (name, values) in CHART {
        let yaml = printed(
            Command::new(helm())
                .args(["template", "chancery", "--namespace", "chancery"])
                .arg(folder().join("helm/chancery"))
                .args(values),
        )
        .await;
        sets.push(Set::new(format!("chart, {name}"), yaml));
    }
    sets
}
