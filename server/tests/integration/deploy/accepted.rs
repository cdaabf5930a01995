//! A real API server takes every object, by its schema and by its rules for pods.

use serde_json::{Value, json};

use super::sets::{self, Set};
use crate::support::{kubernetes::Kubernetes, until};

/// What kubectl is asked for: the server checks everything and stores nothing, and what it warns of
/// is an error.
const TRY: [&str; 6] = [
    "apply",
    "--server-side",
    "--dry-run=server",
    "--warnings-as-errors",
    "--validate=strict",
    "-f-",
];

/// Namespaces that the sets are for, each with the strictest rules for pods.
const NAMESPACES: [&str; 4] = ["accounts", "chancery", "default", "shop"];

/// Returns the definition of a kind of the Prometheus operator, which may say anything.
fn of_operator(kind: &str) -> Value {
    let singular = kind.to_lowercase();
    let plural = format!("{singular}s");
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.monitoring.coreos.com") },
        "spec": {
            "group": "monitoring.coreos.com",
            "scope": "Namespaced",
            "names": { "kind": kind, "plural": plural, "singular": singular },
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "schema": { "openAPIV3Schema": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": true,
                } },
            }],
        },
    })
}

/// Returns the pod that a workload makes.
fn pod(workload: &Value) -> Value {
    let template = &workload["spec"]["template"];
    let mut spec = template["spec"].clone();
    // what a StatefulSet would add
    for claim in workload["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
        let name = &claim["metadata"]["name"];
        let volume = json!({ "name": name, "persistentVolumeClaim": { "claimName": name } });
        spec["volumes"].as_array_mut().unwrap().push(volume);
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("{}-0", workload["metadata"]["name"].as_str().unwrap()),
            "namespace": workload["metadata"]["namespace"].as_str().unwrap_or("chancery"),
            "labels": template["metadata"]["labels"],
        },
        "spec": spec,
    })
}

/// Starts an API server with the namespaces, and with the kinds that the sets need.
async fn api_server() -> Kubernetes {
    // no controller is there that would make each namespace's own account
    let kubernetes = Kubernetes::with(&["--disable-admission-plugins=ServiceAccount"]).await;
    for kind in ["ServiceMonitor", "PrometheusRule"] {
        kubernetes.apply(&of_operator(kind).to_string()).await;
        let plural = format!("{}s.monitoring.coreos.com", kind.to_lowercase());
        until("the API server serves the kind", async || {
            kubernetes.try_kubectl(&["get", &plural], "").await.ok()
        })
        .await;
    }
    for namespace in NAMESPACES {
        let labels = json!({
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
        });
        let metadata = json!({ "name": namespace, "labels": labels });
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata });
        kubernetes.apply(&object.to_string()).await;
    }
    // where objects go that name no namespace, as with `helm install`
    kubernetes.kubectl(&["config", "set-context", "test", "--namespace=chancery"]).await;
    kubernetes
}

#[tokio::test]
async fn the_api_server_takes_every_manifest_and_the_pods_that_come_of_it() {
    let kubernetes = api_server().await;

    for set in sets::all().await {
        let taken = kubernetes.try_kubectl(&TRY, &set.yaml).await;
        taken.unwrap_or_else(|error| panic!("{} is not taken: {error}", set.name));
        for workload in set.workloads() {
            let taken = kubernetes.try_kubectl(&TRY, &pod(workload).to_string()).await;
            taken.unwrap_or_else(|error| {
                panic!("the pod of {} is not taken: {error}", set.place(workload))
            });
        }
    }
}

#[tokio::test]
async fn the_api_server_finds_what_is_wrong() {
    let kubernetes = api_server().await;
    let sets = sets::all().await;
    let [first, ..] = &*sets else { panic!("there is no set") };
    let [workload, ..] = &*first.workloads() else { panic!("there is no workload") };
    let misspelt = first.yaml.replace("readinessProbe:", "readynessProbe:");
    let mut as_root = pod(workload);
    as_root["spec"]["securityContext"]["runAsNonRoot"] = json!(false);

    for (wrong, message) in
        [(misspelt, "readynessProbe"), (as_root.to_string(), "violates PodSecurity")]
    {
        let said = kubernetes.try_kubectl(&TRY, &wrong).await.expect_err(message);
        assert!(said.contains(message), "{said}");
    }
}

/// Asks whether an account may do something.
async fn may(kubernetes: &Kubernetes, account: &str, what: [&str; 3]) -> bool {
    let [verb, resource, namespace] = what;
    let who = format!("--as={account}");
    let asked = ["auth", "can-i", verb, resource, "--namespace", namespace, &who];
    kubernetes.try_kubectl(&asked, "").await.is_ok()
}

#[tokio::test]
async fn the_portal_may_watch_services_where_they_can_be_mapped_and_nothing_else() {
    let kubernetes = api_server().await;
    let sets = sets::all().await;
    let find = |name: &str| -> &Set { sets.iter().find(|set| set.name == name).unwrap() };

    for (set, account, elsewhere) in [
        ("kustomization http", "system:serviceaccount:chancery:chancery", true),
        ("kustomization demo", "system:serviceaccount:default:ambassador", false),
    ] {
        kubernetes.apply(&find(set).yaml).await;
        for resource in ["services", "endpointslices.discovery.k8s.io"] {
            for verb in ["list", "watch"] {
                assert!(may(&kubernetes, account, [verb, resource, "default"]).await, "{set}");
                let there = may(&kubernetes, account, [verb, resource, "shop"]).await;
                assert_eq!(there, elsewhere, "{set}: {verb} {resource}");
            }
            for verb in ["get", "update"] {
                assert!(!may(&kubernetes, account, [verb, resource, "default"]).await, "{set}");
            }
        }
        for resource in ["secrets", "pods", "configmaps", "nodes"] {
            assert!(!may(&kubernetes, account, ["list", resource, "default"]).await, "{set}");
        }
    }
}
