//! What every set promises: that it fits together, and that nothing in it is more open or more
//! hungry than it must be.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sets::{self, Set};

/// Ports of pods that clients of the gateway may reach; others are for the cluster alone.
const OF_GATEWAY: [&str; 3] = ["http", "https", "http3"];

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn containers(workload: &Value) -> impl Iterator<Item = &Value> {
    let spec = &workload["spec"]["template"]["spec"];
    list(&spec["initContainers"]).iter().chain(list(&spec["containers"]))
}

/// Tells whether labels are what a selector asks for.
fn selects(selector: &Value, labels: &Value) -> bool {
    let by_label = selector["matchLabels"].as_object().into_iter().flatten();
    let by_expression = list(&selector["matchExpressions"]);
    by_label.into_iter().all(|(key, value)| labels[key] == *value)
        && by_expression.iter().all(|expression| {
            assert_eq!(expression["operator"], "In", "an operator that this test does not know");
            list(&expression["values"]).contains(&labels[expression["key"].as_str().unwrap()])
        })
}

/// Returns the workloads whose pods a selector chooses.
fn chosen<'a>(set: &'a Set, selector: &Value) -> Vec<&'a Value> {
    let labels = |workload: &Value| workload["spec"]["template"]["metadata"]["labels"].clone();
    let mut workloads = set.workloads();
    workloads.retain(|workload| selects(selector, &labels(workload)));
    workloads
}

fn has_port(workload: &Value, name: &Value) -> bool {
    containers(workload)
        .any(|container| list(&container["ports"]).iter().any(|port| port["name"] == *name))
}

/// Returns the number of a pod's port.
fn number_of_port(workload: &Value, name: &Value) -> Option<u64> {
    containers(workload)
        .flat_map(|container| list(&container["ports"]))
        .find(|port| port["name"] == *name)
        .and_then(|port| port["containerPort"].as_u64())
}

#[tokio::test]
async fn every_image_has_a_version_and_every_container_asks_for_what_it_needs() {
    for set in sets::all().await {
        for workload in set.workloads() {
            for container in containers(workload) {
                let place = format!("{}, {}", set.place(workload), container["name"]);
                let image = container["image"].as_str().unwrap();
                let tag = image.rsplit_once(':').map(|(_, tag)| tag);
                assert!(tag.is_some_and(|tag| tag != "latest"), "{place}: {image}");
                let resources = &container["resources"];
                for field in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
                    assert!(resources.pointer(field).is_some(), "{place} has no {field}");
                }
            }
        }
    }
}

#[tokio::test]
async fn no_container_is_root_or_writes_to_its_image() {
    for set in sets::all().await {
        for workload in set.workloads() {
            let pod = &workload["spec"]["template"]["spec"];
            let place = set.place(workload);
            assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{place}");
            assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
            assert!(pod["securityContext"]["runAsUser"].as_u64().is_some_and(|uid| uid > 0));
            for container in containers(workload) {
                let security = &container["securityContext"];
                assert_eq!(security["readOnlyRootFilesystem"], true, "{place}");
                assert_eq!(security["allowPrivilegeEscalation"], false, "{place}");
                assert_eq!(security["capabilities"], json!({ "drop": ["ALL"] }), "{place}");
            }
        }
    }
}

#[tokio::test]
async fn only_who_watches_services_has_a_token_of_the_api_server() {
    for set in sets::all().await {
        let bindings = set.of(&["RoleBinding", "ClusterRoleBinding"]);
        let bound: BTreeSet<_> = bindings
            .iter()
            .flat_map(|binding| list(&binding["subjects"]))
            .map(|subject| subject["name"].as_str().unwrap())
            .collect();
        for workload in set.workloads() {
            let pod = &workload["spec"]["template"]["spec"];
            let account = pod["serviceAccountName"].as_str().unwrap_or("default");
            let expected = json!(bound.contains(account));
            assert_eq!(pod["automountServiceAccountToken"], expected, "{}", set.place(workload));
        }
    }
}

#[tokio::test]
async fn whatever_chooses_pods_finds_them_and_their_ports() {
    for set in sets::all().await {
        for workload in set.workloads() {
            let selected = chosen(&set, &workload["spec"]["selector"]);
            assert_eq!(selected, [workload], "{}", set.place(workload));
        }
        for service in set.of(&["Service"]) {
            let place = set.place(service);
            let selector = json!({ "matchLabels": service["spec"]["selector"] });
            let [workload] = &*chosen(&set, &selector) else {
                panic!("{place} does not choose one workload")
            };
            for port in list(&service["spec"]["ports"]) {
                assert!(has_port(workload, &port["targetPort"]), "{place}: {port}");
            }
        }
        for budget in set.of(&["PodDisruptionBudget"]) {
            assert_eq!(chosen(&set, &budget["spec"]["selector"]).len(), 1, "{}", set.place(budget));
        }
        for scaler in set.of(&["HorizontalPodAutoscaler"]) {
            let target = &scaler["spec"]["scaleTargetRef"];
            let is_target = |workload: &&Value| {
                workload["kind"] == target["kind"]
                    && workload["metadata"]["name"] == target["name"]
                    // two would take turns in setting it
                    && workload["spec"]["replicas"].is_null()
            };
            assert!(set.workloads().iter().any(is_target), "{}", set.place(scaler));
        }
        for monitor in set.of(&["ServiceMonitor"]) {
            let mut services = set.of(&["Service"]);
            services.retain(|service| {
                selects(&monitor["spec"]["selector"], &service["metadata"]["labels"])
                    && list(&service["spec"]["ports"])
                        .iter()
                        .any(|port| port["name"] == monitor["spec"]["endpoints"][0]["port"])
            });
            assert_eq!(services.len(), 1, "{}", set.place(monitor));
        }
    }
}

#[tokio::test]
async fn every_pod_takes_only_what_a_network_policy_lets_in() {
    for set in sets::all().await {
        let policies = set.of(&["NetworkPolicy"]);
        for policy in &policies {
            let covered = chosen(&set, &policy["spec"]["podSelector"]);
            assert!(!covered.is_empty(), "{} covers nothing", set.place(policy));
            for port in
                list(&policy["spec"]["ingress"]).iter().flat_map(|rule| list(&rule["ports"]))
            {
                for workload in &covered {
                    assert!(has_port(workload, &port["port"]), "{}: {port}", set.place(policy));
                }
            }
        }
        for workload in set.workloads() {
            let place = set.place(workload);
            let mut covering = policies.clone();
            covering
                .retain(|policy| chosen(&set, &policy["spec"]["podSelector"]).contains(&workload));
            assert!(!covering.is_empty(), "{place} has no policy");
            let rules: Vec<_> = covering
                .iter()
                .inspect(|policy| {
                    assert!(list(&policy["spec"]["policyTypes"]).contains(&json!("Ingress")));
                })
                .flat_map(|policy| list(&policy["spec"]["ingress"]))
                .collect();
            // from everywhere is for the gateway's clients alone
            for rule in rules.iter().filter(|rule| rule["from"].is_null()) {
                let ports: Vec<_> = list(&rule["ports"])
                    .iter()
                    .map(|port| number_of_port(workload, &port["port"]))
                    .collect();
                assert!(!ports.is_empty(), "{place} is open on every port");
                let is_open = |port: &Option<u64>| matches!(port, Some(8080 | 8443));
                assert!(ports.iter().all(is_open), "{place} lets everyone in: {rule}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_but_the_gateway_is_exported_outside_the_cluster() {
    for set in sets::all().await {
        let mut exported = 0;
        for service in set.of(&["Service"]) {
            let place = set.place(service);
            if service["spec"]["type"] == "ClusterIP" {
                continue;
            }
            exported += 1;
            for port in list(&service["spec"]["ports"]) {
                let target = port["targetPort"].as_str().unwrap();
                assert!(OF_GATEWAY.contains(&target), "{place} exports {target}");
            }
            let selector = json!({ "matchLabels": service["spec"]["selector"] });
            for workload in chosen(&set, &selector) {
                assert_eq!(number_of_port(workload, &json!("http")), Some(8080), "{place}");
            }
        }
        assert_eq!(exported, 1, "{}", set.name);
        for workload in set.workloads() {
            let pod = &workload["spec"]["template"]["spec"];
            assert!(pod["hostNetwork"].is_null(), "{}", set.place(workload));
            let mut ports = containers(workload).flat_map(|container| list(&container["ports"]));
            assert!(ports.all(|port| port["hostPort"].is_null()), "{}", set.place(workload));
        }
    }
}

#[tokio::test]
async fn every_container_says_when_it_is_ready() {
    for set in sets::all().await {
        for workload in set.workloads() {
            for container in list(&workload["spec"]["template"]["spec"]["containers"]) {
                let place = format!("{}, {}", set.place(workload), container["name"]);
                assert!(container["readinessProbe"].is_object(), "{place}");
            }
        }
    }
}

/// Returns every value of a key, wherever it stands.
fn all_of<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match name == key {
                true => vec![value],
                false => all_of(value, key),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| all_of(item, key)).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn what_a_pod_refers_to_is_in_its_set() {
    for set in sets::all().await {
        let names: BTreeSet<_> = set
            .of(&["ConfigMap", "ServiceAccount", "PersistentVolumeClaim"])
            .iter()
            .map(|object| (object["kind"].as_str().unwrap(), object["metadata"]["name"].clone()))
            .map(|(kind, name)| (kind, name.as_str().unwrap().to_owned()))
            .collect();
        for workload in set.workloads() {
            let pod = &workload["spec"]["template"]["spec"];
            let place = set.place(workload);
            let here = |kind, name: &Value| {
                let name = name.as_str().unwrap().to_owned();
                assert!(names.contains(&(kind, name.clone())), "{place}: no {kind} {name}");
            };
            all_of(pod, "configMapRef").iter().for_each(|from| here("ConfigMap", &from["name"]));
            all_of(pod, "claimName").iter().for_each(|name| here("PersistentVolumeClaim", name));
            all_of(pod, "serviceAccountName").iter().for_each(|name| here("ServiceAccount", name));
        }
    }
}
