//! The commands and options by which an operator sets it up.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::{
    command::{fails, run},
    support::envoy,
};

async fn prints(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments).await;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?} said: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_server_without_credentials_for_xds_is_refused_where_others_reach_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("tokens"), "").unwrap();
    fs::write(folder.join("bad"), "edge-1 chn_canary\n").unwrap();
    let serve = |more: &[&'static str]| [&["serve", "--http", "127.0.0.1:0"], more].concat();
    let off = ["--xds", "0.0.0.0:0"];
    let on = ["--xds", "127.0.0.1:0"];

    fails(folder, &serve(&off), "add --xds-tls-cert and --xds-tls-key").await;
    let plain = serve(&[off[0], off[1], "--xds-tokens", "tokens"]);
    fails(folder, &plain, "tokens could be read on their way").await;
    let absent = serve(&[on[0], on[1], "--xds-tokens", "absent"]);
    fails(folder, &absent, "the file `absent` (--xds-tokens) can't be read").await;
    let bad = serve(&[on[0], on[1], "--xds-tokens", "bad"]);
    fails(folder, &bad, "the file `bad` (--xds-tokens) line 1").await;
    let tls = ["--xds-tls-cert", "tokens", "--xds-tls-key", "tokens"];
    let no_pem = serve(&[&on[..], &tls].concat());
    fails(folder, &no_pem, "the file `tokens` (--xds-tls-cert) is missing").await;
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();

    let first = prints(folder, &["node-token", "create", "edge-1"]).await;
    let second = prints(folder, &["node-token", "create", "edge-1"]).await;
    prints(folder, &["node-token", "create", "core-*"]).await;
    let listed = prints(folder, &["node-token", "list"]).await;
    let kept = fs::read_to_string(folder.join("xds-tokens")).unwrap();

    assert!(first.starts_with("chn_") && first != second, "{first}{second}");
    assert!(!kept.contains(first.trim()) && !kept.contains("chn_"), "{kept}");
    let listed: Vec<_> = listed.lines().map(|line| line.split_once('\t').unwrap()).collect();
    let nodes: Vec<_> = listed.iter().map(|(node, _)| *node).collect();
    assert_eq!(nodes, ["edge-1", "edge-1", "core-*"]);

    let one = ["node-token", "revoke", "edge-1", listed[0].1];
    assert_eq!(prints(folder, &one).await, "revoked 1 token of `edge-1`\n");
    fails(folder, &one, "has no token for `edge-1` with the fingerprint").await;
    let rest = prints(folder, &["node-token", "list"]).await;
    assert_eq!(rest, format!("edge-1\t{}\ncore-*\t{}\n", listed[1].1, listed[2].1));
    prints(folder, &["node-token", "revoke", "core-*"]).await;
    assert_eq!(prints(folder, &["node-token", "list"]).await.lines().count(), 1);

    fails(folder, &["node-token", "list", "--file", "absent"], "`absent` (--file) can't").await;
    fs::write(folder.join("xds-tokens"), first).unwrap();
    fails(folder, &["node-token", "create", "a"], "line 1 is not `NODE sha256:HASH`").await;
}

#[tokio::test]
async fn two_tokens_that_are_made_at_once_are_both_kept() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<_> = (0..8).map(|number| format!("edge-{number}")).collect();

    let made =
        ids.iter().map(async |id| prints(folder.path(), &["node-token", "create", id]).await);
    futures_util::future::join_all(made).await;

    let listed = prints(folder.path(), &["node-token", "list"]).await;
    assert_eq!(listed.lines().count(), ids.len(), "{listed}");
    let mode = fs::metadata(folder.path().join("xds-tokens")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[tokio::test]
async fn the_bootstrap_and_the_files_that_it_names_are_valid_for_envoy() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let here = folder.to_str().unwrap();
    let own = crate::support::tls::Authority::new("Fleet");
    let issued = own.issues(&["edge-1"]);
    for (name, text) in [("ca", own.pem()), ("crt", &issued.chain), ("key", &issued.key)] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(folder.join("token"), "chn_x").unwrap();
    let at = |name: &str| format!("{here}/{name}");
    let arguments = [
        "bootstrap",
        "--node-id",
        "edge-1",
        "--xds",
        "chancery.internal:18000",
        "--folder",
        here,
        "--xds-ca",
        &at("ca"),
        "--xds-cert",
        &at("crt"),
        "--xds-key",
        &at("key"),
        "--xds-token-file",
        &at("token"),
    ];

    let printed = prints(folder, &arguments).await;

    assert_eq!(printed, format!("envoy -c {here}/envoy.yaml\n"));
    let written =
        |name: &str| fs::read_to_string(folder.join(name)).unwrap().replace(here, "/etc/chancery");
    let bootstrap = fs::read_to_string(folder.join("envoy.yaml")).unwrap();
    envoy::validate(&bootstrap).await.unwrap();
    assert!(!bootstrap.contains("chn_"), "{bootstrap}");
    let files = ["xds-certificate.yaml", "xds-authorities.yaml", "xds-token.yaml"].map(written);
    insta::assert_snapshot!(files.join("---\n"));
    let bootstrap = bootstrap.replace(here, "/etc/chancery");
    let (_, cluster) = bootstrap.split_once("static_resources:\n").unwrap();
    let (cluster, _) = cluster.split_once("stats_config:\n").unwrap();
    insta::assert_snapshot!(cluster);
}

#[tokio::test]
async fn a_bootstrap_that_would_give_a_token_away_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let token = ["--folder", here, "--xds-token-file", "/etc/chancery/token"];

    let away = [&["bootstrap", "--xds", "10.0.0.5:18000"], &token[..]].concat();
    fails(folder.path(), &away, "--xds 10.0.0.5:18000 is another machine").await;
    prints(folder.path(), &[&["bootstrap", "--xds", "localhost:18000"], &token[..]].concat()).await;
}

#[tokio::test]
async fn a_node_knows_several_servers_by_one_name() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let authority = crate::support::tls::Authority::new("Fleet");
    let file = format!("{here}/ca");
    fs::write(&file, authority.pem()).unwrap();
    let two = ["bootstrap", "--xds", "10.0.0.5:18000,chancery.internal:18001"];
    let tls = [&two[..], &["--folder", here, "--xds-ca", &file]].concat();
    let named = [&tls[..], &["--xds-server-name", "chancery.internal"]].concat();

    fails(folder.path(), &tls, "--xds has several hosts: add --xds-server-name").await;
    prints(folder.path(), &named).await;
    let plain = prints(folder.path(), &two).await;

    let written = fs::read_to_string(folder.path().join("envoy.yaml")).unwrap();
    for bootstrap in [written, plain] {
        envoy::validate(&bootstrap).await.unwrap();
        for port in [18000, 18001] {
            assert!(bootstrap.contains(&format!("port_value: {port}\n")), "{bootstrap}");
        }
    }
}
