//! The rules of the layout that no compiler checks: `ARCHITECTURE.md` gives their reasons.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rstest::rstest;

/// A file beyond this usually hides two ideas.
const LINES_MAX: usize = 450;

/// Folders that hold what others have made or what we make.
const NOT_OURS: [&str; 4] = ["node_modules", "target", "test-results", "playwright-report"];

/// The folders of the workspace that have sources.
const FOLDERS: [&str; 6] = ["app", "server", "deploy", "migrations", "style", "end2end"];

/// What decides: it does no IO and reads no clock. Each is the beginning of a path.
const PURE: [&str; 36] = [
    "server/src/auth/access",
    "server/src/auth/audit",
    "server/src/auth/claim",
    "server/src/auth/command",
    "server/src/auth/entity",
    "server/src/auth/needs",
    "server/src/auth/ownership",
    "server/src/auth/permission",
    "server/src/auth/principal",
    "server/src/auth/sight",
    "server/src/discovery/kubernetes/board",
    "server/src/discovery/kubernetes/choice",
    "server/src/discovery/kubernetes/facts",
    "server/src/discovery/kubernetes/index",
    "server/src/discovery/kubernetes/key",
    "server/src/fleet/frame",
    "server/src/gateway",
    "server/src/envoy",
    "server/src/xds/gate/pattern",
    "server/src/xds/gate/tokens",
    "server/src/xds/session",
    "server/src/publisher/compiler",
    "server/src/publisher/placement",
    "server/src/stats/counters",
    "server/src/stats/coverage",
    "server/src/stats/frame",
    "server/src/stats/health",
    "server/src/stats/history",
    "server/src/stats/latency",
    "server/src/stats/ledger",
    "server/src/stats/marks",
    "server/src/stats/pushes",
    "server/src/stats/sparse",
    "server/src/stats/standing",
    "server/src/stats/traffic",
    "server/src/stats/window",
];

/// A text file of the workspace.
struct Source {
    /// Relative to the workspace.
    path: String,
    text: String,
}

impl Source {
    /// Returns the lines of code that have `word`, each with its place.
    fn lines_with(&self, word: &str) -> Vec<String> {
        let lines = self.text.lines().enumerate();
        lines
            .filter(|(_, line)| has_word(code(line), word))
            .map(|(number, line)| format!("{}:{}: {}", self.path, number + 1, line.trim()))
            .collect()
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

/// Returns a line without its comment.
fn code(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    line.split_once(" // ").map_or(line, |(code, _)| code)
}

/// Tells whether `line` has `word`, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let in_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + word.len()..).and_then(|text| text.chars().next());
        !in_name(before) && !in_name(after)
    })
}

/// Reads all files of the workspace with one of these endings.
fn sources(endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !NOT_OURS.contains(&name) && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root).unwrap().display().to_string();
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 50, "found {} files only", found.len());
    found
}

fn rust() -> Vec<Source> {
    sources(&[".rs"])
}

fn server() -> Vec<Source> {
    rust().into_iter().filter(|source| source.is_in(&["server/src/"])).collect()
}

fn keep(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}

#[rstest]
#[case("sqlx", &["server/src/store.rs", "server/src/store/"])]
#[case("kube", &["server/src/discovery/kubernetes"])]
#[case(
    "axum",
    &["server/src/http.rs", "server/src/http/", "server/src/startup.rs", "server/src/cli/demo.rs"],
)]
fn a_package_is_named_in_its_place_only(#[case] package: &str, #[case] places: &[&str]) {
    let others = server().into_iter().filter(|source| !source.is_in(places));

    let broken: Vec<_> = others.flat_map(|source| source.lines_with(package)).collect();

    keep(&format!("only {places:?} may name `{package}`"), &broken);
}

#[test]
fn who_connects_is_a_node_by_its_credentials_only() {
    let places = ["server/src/xds/gate/identity.rs"];
    let tests = |source: &Source| source.path.contains("/tests");
    let others = server().into_iter().filter(|it| !it.is_in(&places) && !tests(it));

    let broken: Vec<_> = others.flat_map(|it| it.lines_with("NodeId::reported")).collect();

    keep("only `Identity::admit` may make a `NodeId` of what a node says", &broken);
}

#[rstest]
#[case("tokio")]
#[case("Instant")]
#[case("SystemTime")]
#[case("Utc::now")]
#[case("Local::now")]
#[case("fs")]
#[case("env::var")]
#[case("TcpStream")]
#[case("TcpListener")]
#[case("UdpSocket")]
#[case("UnixStream")]
fn what_decides_does_no_io_and_reads_no_clock(#[case] word: &str) {
    let pure: Vec<_> = server().into_iter().filter(|source| source.is_in(&PURE)).collect();

    let broken: Vec<_> = pure.iter().flat_map(|source| source.lines_with(word)).collect();

    for place in PURE {
        assert!(pure.iter().any(|source| source.is_in(&[place])), "there is no `{place}`");
    }
    keep(&format!("what is pure must not name `{word}`; pass the value in"), &broken);
}

#[rstest]
#[case("chancery::")]
#[case("axum::")]
fn the_app_knows_nothing_of_the_server(#[case] path: &str) {
    let app = rust().into_iter().filter(|source| source.is_in(&["app/"]));

    let broken: Vec<_> = app.flat_map(|source| source.lines_with(path)).collect();

    keep(&format!("`app` runs in the browser, too, and must not name `{path}`"), &broken);
}

#[test]
fn every_module_begins_by_saying_what_it_is() {
    let broken: Vec<_> = rust()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();

    keep("a module begins with `//!`", &broken);
}

#[rstest]
#[case("tokio::spawn")]
#[case("task::spawn")]
#[case("thread::spawn")]
fn every_task_is_spawned_on_the_tracker(#[case] call: &str) {
    // waits for a signal as long as the process lives
    let others =
        server().into_iter().filter(|source| !source.is_in(&["server/src/cli/signals.rs"]));

    let broken: Vec<_> = others.flat_map(|source| source.lines_with(call)).collect();

    keep("a task is spawned on the one tracker, so that a stop can wait for it", &broken);
}

#[rstest]
#[case("unbounded_channel")]
#[case("unbounded")]
#[case("UnboundedSender")]
#[case("std::sync::mpsc")]
fn every_channel_is_bounded(#[case] word: &str) {
    let broken: Vec<_> = server().into_iter().flat_map(|source| source.lines_with(word)).collect();

    keep(
        &format!("a queue has a bound and says what happens when it is full: no `{word}`"),
        &broken,
    );
}

#[test]
fn no_file_is_too_long_to_read() {
    let lines = |source: &Source| source.text.lines().count();

    let broken: Vec<_> = rust()
        .iter()
        .filter(|source| lines(source) > LINES_MAX)
        .map(|source| format!("{}: {} lines", source.path, lines(source)))
        .collect();

    keep(
        &format!("a file longer than {LINES_MAX} lines hides two ideas; find their names"),
        &broken,
    );
}

#[rstest]
#[case(concat!("TO", "DO"))]
#[case(concat!("FIX", "ME"))]
#[case(concat!("/ho", "me/"))]
#[case(concat!("/wo", "rk/"))]
#[case(concat!("/ro", "ot/"))]
fn sources_are_finished_and_belong_to_no_one_machine(#[case] text: &str) {
    let all =
        sources(&[".rs", ".toml", ".sql", ".css", ".ts", ".yaml", ".yml", ".sh", "Dockerfile"]);

    let broken: Vec<_> = all
        .iter()
        .flat_map(|source| source.text.lines().enumerate().map(move |line| (source, line)))
        .filter(|(_, (_, line))| line.contains(text))
        .map(|(source, (number, line))| format!("{}:{}: {}", source.path, number + 1, line.trim()))
        .collect();

    keep(&format!("`{text}` does not belong into a source"), &broken);
}
