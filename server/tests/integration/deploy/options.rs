//! The environment variables of the manifests are options that the binary has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::process::Command;

use super::sets;

/// Returns the environment variables that a command of the binary knows.
async fn known(command: &str) -> BTreeSet<String> {
    let mut help = Command::new(env!("CARGO_BIN_EXE_chancery"));
    let output = sets::run(help.args([command, "--help"])).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let after = text.split("[env: ").skip(1);
    after.map(|rest| rest.split(['=', ']']).next().unwrap().to_owned()).collect()
}

/// Returns the command that a container runs, and the variables that it is given.
fn given(container: &Value, maps: &BTreeMap<&str, &Value>) -> Option<(String, BTreeSet<String>)> {
    let command = container["args"][0].as_str()?;
    let image = container["image"].as_str()?;
    if !image.starts_with("chancery:") {
        return None;
    }
    let mut names = BTreeSet::new();
    for variable in container["env"].as_array().into_iter().flatten() {
        names.insert(variable["name"].as_str()?.to_owned());
    }
    for from in container["envFrom"].as_array().into_iter().flatten() {
        let map = maps[from["configMapRef"]["name"].as_str()?];
        names.extend(map["data"].as_object()?.keys().cloned());
    }
    names.retain(|name| name.starts_with("CHANCERY_"));
    Some((command.to_owned(), names))
}

#[tokio::test]
async fn the_manifests_use_options_that_there_are() {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for set in sets::all().await {
        let maps: BTreeMap<_, _> = set
            .of(&["ConfigMap"])
            .into_iter()
            .map(|map| (map["metadata"]["name"].as_str().unwrap(), map))
            .collect();
        for workload in set.workloads() {
            let pod = &workload["spec"]["template"]["spec"];
            for place in ["initContainers", "containers"] {
                for container in pod[place].as_array().into_iter().flatten() {
                    if let Some((command, names)) = given(container, &maps) {
                        used.entry(command).or_default().extend(names);
                    }
                }
            }
        }
    }

    assert_eq!(used.keys().collect::<Vec<_>>(), ["bootstrap", "serve"]);
    for (command, names) in used {
        let known = known(&command).await;
        assert!(known.contains("CHANCERY_XDS"), "{known:?}");
        let unknown: Vec<_> = names.difference(&known).collect();
        assert!(unknown.is_empty(), "`chancery {command}` knows no {unknown:?}");
    }
}
