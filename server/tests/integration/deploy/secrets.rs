//! The Secrets that pods read are those that the page on deployment makes, by its own commands.

use std::{collections::BTreeSet, os::unix::fs::symlink, path::Path};

use serde_json::Value;
use tokio::process::Command;

use super::sets::{self, folder};
use crate::support::{
    docs,
    kubernetes::{self, Kubernetes},
};

/// A Secret, and a key in it.
type Place = (String, String);

/// Returns what the pods of a workload read.
fn read_by(workload: &Value) -> BTreeSet<Place> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let pod = &workload["spec"]["template"]["spec"];
    let mut read = BTreeSet::new();
    for container in [list(&pod["initContainers"]), list(&pod["containers"])].concat() {
        for variable in list(&container["env"]) {
            let from = &variable["valueFrom"]["secretKeyRef"];
            if from.is_object() {
                read.insert((text(&from["name"]), text(&from["key"])));
            }
        }
    }
    for volume in list(&pod["volumes"]) {
        let secret = &volume["secret"];
        for item in list(&secret["items"]) {
            read.insert((text(&secret["secretName"]), text(&item["key"])));
        }
    }
    read
}

/// Writes a program of this name that calls another with arguments before its own.
fn write_program(place: &Path, name: &str, call: &str) {
    let file = place.join(name);
    std::fs::write(&file, format!("#!/bin/sh\nexec {call} \"$@\"\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&file, mode).unwrap();
}

#[tokio::test]
async fn the_commands_of_the_page_make_every_secret_that_a_pod_reads() {
    let kubernetes = Kubernetes::start().await;
    let place = tempfile::tempdir().unwrap();
    let program = kubernetes::binary();
    let kubeconfig = kubernetes.kubeconfig();
    let call = format!("{} kubectl --kubeconfig {}", program.display(), kubeconfig.display());
    write_program(place.path(), "kubectl", &call);
    write_program(place.path(), "chancery", env!("CARGO_BIN_EXE_chancery"));
    symlink(folder(), place.path().join("deploy")).unwrap();
    let page = std::fs::read_to_string(folder().join("../docs/deploy.md")).unwrap();
    let path = std::env::var("PATH").unwrap();

    let script = docs::scripts(&page).concat();
    let done = sets::run(
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .env("PATH", format!("{}:{path}", place.path().display()))
            .current_dir(place.path()),
    )
    .await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let made = kubernetes.kubectl(&["get", "secrets", "--output=json"]).await;
    let made: Value = serde_json::from_str(&made).unwrap();
    let made: BTreeSet<Place> = made["items"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|secret| {
            let name = secret["metadata"]["name"].as_str().unwrap();
            let keys = secret["data"].as_object().unwrap().keys();
            keys.map(move |key| (name.to_owned(), key.clone()))
        })
        .collect();

    for set in sets::all().await.iter().filter(|set| !set.name.contains("all of it")) {
        let secrets = set.of(&["Secret"]);
        let name = |secret: &&Value| secret["metadata"]["name"].as_str().unwrap().to_owned();
        let own: BTreeSet<_> = secrets.iter().map(name).collect();
        for workload in set.workloads() {
            let mut read = read_by(workload);
            read.retain(|(secret, _)| !own.contains(secret));
            let missing: Vec<_> = read.difference(&made).collect();
            assert!(missing.is_empty(), "{}: nobody makes {missing:?}", set.place(workload));
        }
        for monitor in set.of(&["ServiceMonitor"]) {
            let from = &monitor["spec"]["endpoints"][0]["authorization"]["credentials"];
            let from = ["name", "key"].map(|field| from[field].as_str().unwrap().to_owned());
            assert!(made.contains(&from.into()), "{}", set.place(monitor));
        }
    }
    let verified = sets::run(
        Command::new("openssl")
            .args(["verify", "-CAfile", "ca.crt", "-verify_hostname", "chancery-xds", "tls.crt"])
            .current_dir(place.path()),
    )
    .await;
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}
