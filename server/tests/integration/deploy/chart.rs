//! The chart: what it refuses, and that the kustomizations are made of it as it is now.

use rstest::rstest;
use tokio::process::Command;

use super::sets::{folder, helm, run};

#[rstest]
#[case("image.tag=latest", "/image/tag")]
#[case("gateway.image=envoyproxy/envoy", "/gateway/image")]
#[case("gateway.image=envoyproxy/envoy:latest", "/gateway/image")]
#[case("gateway.kind=StatefulSet", "/gateway/kind")]
#[case("gateway.service.variant=tcp", "/gateway/service/variant")]
#[case("ipFamily=IPv5", "/ipFamily")]
#[case("portal.replicas=0", "/portal/replicas")]
#[case("portal.replica=3", "replica")]
#[case("portal.publicUrl=portal.example.com", "/portal/publicUrl")]
#[case("portal.options.CLAIMS=required", "CLAIMS")]
#[case("portal.resources.limits=null", "limits")]
#[case("discovery.kind=consul", "/discovery/kind")]
#[case("database.postgres.storage=8", "/database/postgres/storage")]
#[tokio::test]
async fn a_wrong_value_is_refused_by_name(#[case] value: &str, #[case] named: &str) {
    let output = run(Command::new(helm())
        .args(["template", "chancery"])
        .arg(folder().join("helm/chancery"))
        .args(["--set", value]))
    .await;

    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{value} was taken");
    assert!(said.contains(named), "{value}: {said}");
}

#[tokio::test]
async fn the_chart_follows_the_rules_for_charts() {
    let mut lint = Command::new(helm());
    let output = run(lint.args(["lint", "--strict"]).arg(folder().join("helm/chancery"))).await;

    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn the_parts_of_the_kustomizations_are_made_of_the_chart_as_it_is() {
    let fresh = tempfile::tempdir().unwrap();
    let script = folder().join("tools/manifests.sh");
    let output = run(Command::new(script).arg(fresh.path()).env("HELM_BIN", helm())).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let mut compared = 0;
    for part in std::fs::read_dir(fresh.path()).unwrap() {
        let name = part.unwrap().file_name().into_string().unwrap();
        let file = format!("{name}/{name}.yaml");
        let read = |place: &std::path::Path| std::fs::read_to_string(place.join(&file)).unwrap();
        let committed = read(&folder().join("kubernetes/parts"));
        assert!(
            read(fresh.path()) == committed,
            "{file} is not what the chart makes: run `make manifests`"
        );
        compared += 1;
    }
    assert!(compared > 5, "compared {compared} parts only");
}
