//! Runs the examples of a page of the documentation.

use std::{path::Path, process::Stdio};

use tokio::process::Command;

use super::server::TestServer;

/// One `sh` block, and the `text` block right after it: what it prints.
#[derive(Debug)]
struct Example {
    script: String,
    printed: Option<String>,
}

impl Example {
    /// Runs it in `folder`, as `adapt` has changed it for this machine, with our binary on the
    /// path.
    async fn run(&self, folder: &Path, adapt: impl Fn(&str) -> String) {
        let Self { script, printed } = self;
        let binary = Path::new(env!("CARGO_BIN_EXE_chancery")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &adapt(script)])
            .current_dir(folder)
            .env("PATH", format!("{}:{path}", binary.display()))
            .stdin(Stdio::null())
            .output()
            .await
            .expect("bash can be run");
        let said = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "an example failed:\n{script}\n{said}\n{error}");
        if let Some(printed) = printed {
            assert_eq!(said.trim_end(), printed.trim_end(), "printed by:\n{script}");
        }
    }
}

/// Runs each `sh` block of `page` in turn, and compares what it prints with the `text` block that
/// follows it, in the server's folder. The addresses of the portal and of the gateway become those
/// of `server`.
pub(crate) async fn run(server: &TestServer, page: &str) {
    for example in examples(page) {
        let adapt = |script: &str| {
            script
                .replace("http://localhost:8888", server.url("").trim_end_matches('/'))
                .replace("http://localhost:8080", server.gateway("").trim_end_matches('/'))
        };
        example.run(server.folder.path(), adapt).await;
        server.until_live().await;
    }
}

/// Runs the blocks of `page` in `folder`, before there is a server.
pub(crate) async fn run_in(folder: &Path, page: &str, adapt: impl Fn(&str) -> String) {
    for example in examples(page) {
        example.run(folder, &adapt).await;
    }
}

/// Returns the `sh` blocks of a page.
pub(crate) fn scripts(page: &str) -> Vec<String> {
    examples(page).into_iter().map(|example| example.script).collect()
}

fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut is_next = false;
    let mut rest = page;
    while let Some((between, block)) = rest.split_once("```") {
        let Some((language, block)) = block.split_once('\n') else { break };
        let Some((text, after)) = block.split_once("```") else { break };
        match language {
            "sh" => {
                examples.push(Example { script: text.to_owned(), printed: None });
                is_next = true;
            }
            "text" if is_next && between.trim().is_empty() => {
                if let Some(example) = examples.last_mut() {
                    example.printed = Some(text.to_owned());
                }
                is_next = false;
            }
            _ => is_next = false,
        }
        rest = after;
    }
    assert!(!examples.is_empty(), "the page has no example");
    examples
}
