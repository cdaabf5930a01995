//! Makes `server/src/envoy/descriptors.bin`: the descriptors of the messages that we print.
//!
//! The sources are the `.proto` files inside the locked `envoy-types` crate, so that the
//! descriptors always fit the generated types. With `--check` nothing is written; the exit code
//! tells whether the committed file is current.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use prost::Message;

/// Where the descriptor set is kept, relative to the workspace.
const OUTPUT: &str = "server/src/envoy/descriptors.bin";

/// The roots of the `.proto` files inside the crate's `proto` folder.
const INCLUDES: [&str; 5] =
    ["data-plane-api", "xds", "googleapis", "protoc-gen-validate", "client_model"];

/// What we print: bootstraps and whatever stands inside them as `Any`.
const FILES: [&str; 9] = [
    "envoy/config/bootstrap/v3/bootstrap.proto",
    "envoy/config/metrics/v3/metrics_service.proto",
    "envoy/extensions/filters/http/filter_chain/v3/filter_chain.proto",
    "envoy/extensions/filters/http/router/v3/router.proto",
    "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
    "envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.proto",
    "envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections.proto",
    "envoy/extensions/transport_sockets/tls/v3/tls.proto",
    "envoy/extensions/upstreams/http/v3/http_protocol_options.proto",
];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let check = std::env::args().nth(1).as_deref() == Some("--check");
    let output = workspace().join(OUTPUT);
    let made = descriptors()?;
    if !check {
        fs::write(&output, made)?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if fs::read(&output)? == made { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn descriptors() -> Result<Vec<u8>, Box<dyn Error>> {
    let proto = proto_folder()?;
    let includes = INCLUDES.map(|include| proto.join(include));
    let mut set = protox::compile(FILES, includes)?;
    for file in &mut set.file {
        // comments and positions: nine tenths of the size, and nobody reads them
        file.source_code_info = None;
    }
    Ok(set.encode_to_vec())
}

fn proto_folder() -> Result<PathBuf, Box<dyn Error>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(workspace())
        .output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata.get("packages").and_then(|packages| packages.as_array());
    let manifest = packages
        .into_iter()
        .flatten()
        .find(|package| package.get("name").is_some_and(|name| name == "envoy-types"))
        .and_then(|package| package.get("manifest_path")?.as_str())
        .ok_or("`cargo metadata` does not name envoy-types")?;
    Ok(Path::new(manifest).with_file_name("proto"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_descriptor_set_is_current() {
        let committed = fs::read(workspace().join(OUTPUT)).unwrap();

        let made = descriptors().unwrap();

        assert!(committed == made, "run `cargo run -p descriptors` and commit `{OUTPUT}`");
    }
}
