//! PostgreSQL's programs, which refuse to run as root. Shared with the tests of the demo services.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Returns a program of PostgreSQL: from the folder `POSTGRES_BIN`, or the one that
/// `make setup-test` has found.
fn program(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("POSTGRES_BIN") {
        return Path::new(&folder).join(name);
    }
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = above.map(|folder| folder.join(".tools/bin").join(name)).find(|file| file.exists());
    found.expect("`make setup-test` installs PostgreSQL")
}

/// Makes the files of a server in `folder`, which belongs to whom it runs as then, with a superuser.
pub(crate) fn make_files(folder: &Path, superuser: &str) {
    let user = Unprivileged::find();
    if let Unprivileged(Some((user, group))) = user {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).unwrap();
    }
    let made = user
        .command(&[], &program("initdb"))
        .args(["--auth=trust", "--encoding=UTF8", "--no-sync", "--locale=C.UTF-8"])
        .arg(format!("--username={superuser}"))
        .arg("--pgdata")
        .arg(folder.join("data"))
        .output()
        .expect("initdb can be run");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
}

/// Returns the command that runs a server on its files, with `launcher` in front of it.
pub(crate) fn server(launcher: &[&str], folder: &Path, address: SocketAddr) -> Command {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("postgres.log"))
        .unwrap();
    let mut command = Unprivileged::find().command(launcher, &program("postgres"));
    command
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-c", &format!("listen_addresses={}", address.ip())])
        .args(["-c", &format!("port={}", address.port()), "-c", "unix_socket_directories="])
        .args(["-c", "max_connections=200"])
        // the machine does not lose its power
        .args(["-c", "fsync=off"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    command
}

/// Someone else than root.
struct Unprivileged(Option<(u32, u32)>);

impl Unprivileged {
    fn find() -> Self {
        let id = |flag: &str, user: &str| -> Option<u32> {
            let output = Command::new("id").args([flag, user]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        let whoami = Command::new("id").arg("-u").output().unwrap();
        if whoami.stdout.trim_ascii() != b"0" {
            return Self(None);
        }
        let of = |user| Some((id("-u", user)?, id("-g", user)?));
        Self(of("postgres").or_else(|| of("nobody")))
    }

    fn command(&self, launcher: &[&str], program: &Path) -> Command {
        let mut words: Vec<String> = Vec::new();
        if let Self(Some((user, group))) = self {
            let become_them = [format!("--reuid={user}"), format!("--regid={group}")];
            words.push("setpriv".to_owned());
            words.extend(become_them);
            words.push("--clear-groups".to_owned());
        }
        words.extend(launcher.iter().map(|&word| word.to_owned()));
        match words.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        }
    }
}
