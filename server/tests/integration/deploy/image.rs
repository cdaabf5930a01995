//! The root file system that an image is made of, without a container engine: the server runs in
//! it, and nothing else of this machine can be seen from there.

use std::{path::Path, process::Stdio};

use http::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::sets::{self, folder};
use crate::support::{PATIENCE, client::Client};

/// Megabytes of a binary that is not optimized: enough for any.
const OF_A_DEBUG_BUILD: &str = "1000";

/// Makes what the runtime of a container makes: everything read-only but the volume, and the files
/// by which names are looked up. Then it becomes the command.
const CONTAIN: &str = "
    cp /etc/resolv.conf /etc/hosts \"$0/etc/\"
    mount --bind \"$0\" \"$0\"
    mount -o remount,bind,ro \"$0\"
    mount -t tmpfs tmpfs \"$0/var/lib/chancery\"
    ! touch \"$0/etc/written\" 2>/dev/null
    exec chroot \"$0\" \"$@\"
";

/// Returns the command that runs `arguments` in a root file system as a container would.
fn contained(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "bash", "-euc", CONTAIN])
        .arg(root)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn the_server_runs_in_the_file_system_of_its_image() {
    let place = tempfile::tempdir().unwrap();
    let (program, root) = (place.path().join("chancery"), place.path().join("root"));
    let stripped = sets::run(
        Command::new("strip").arg("-o").arg(&program).arg(env!("CARGO_BIN_EXE_chancery")),
    )
    .await;
    assert!(stripped.status.success());
    let script = folder().join("tools/rootfs.sh");
    let made =
        sets::run(Command::new(&script).arg(&root).arg(OF_A_DEBUG_BUILD).arg(&program)).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let too_big = sets::run(Command::new(&script).arg(&root).arg("1").arg(&program)).await;
    assert!(String::from_utf8_lossy(&too_big.stderr).contains("and may have 1 MB"));

    let mut server = contained(
        &root,
        &[
            "/usr/local/bin/chancery",
            "serve",
            "--http=127.0.0.1:0",
            "--xds=127.0.0.1:0",
            "--database=sqlite:///var/lib/chancery/chancery.db",
        ],
    )
    .stderr(Stdio::piped())
    .spawn()
    .expect("`unshare` can be run");
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let portal = loop {
        let line = tokio::time::timeout(PATIENCE, log.next_line()).await.unwrap().unwrap();
        let line = line.expect("the server goes on");
        if let Some((_, address)) = line.split_once("portal and REST on ") {
            break address.trim().to_owned();
        }
    };
    let page = Client::new().get(&format!("{portal}/mappings")).await;
    assert_eq!(page.status, StatusCode::OK);

    // what supervisors run inside
    for (arguments, said) in [(&["ready"][..], "ready\n"), (&["ready", "--live"], "live\n")] {
        let probe = [&["/usr/local/bin/chancery"], arguments, &["--url", &portal]].concat();
        let asked = sets::run(&mut contained(&root, &probe)).await;
        assert_eq!(String::from_utf8_lossy(&asked.stdout), said, "{asked:?}");
    }
    let pid = i32::try_from(server.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    let ended = tokio::time::timeout(PATIENCE, server.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
    let probe = ["/usr/local/bin/chancery", "ready", "--url", &portal];
    let asked = sets::run(&mut contained(&root, &probe)).await;
    assert!(!asked.status.success());
    assert!(String::from_utf8_lossy(&asked.stderr).contains("no answer from"), "{asked:?}");
}
