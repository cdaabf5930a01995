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
use prost_types::FileDescriptorSet;

/// Where the descriptor set is kept, relative to the workspace.
const OUTPUT: &str = "server/src/envoy/descriptors.bin";

/// The roots of the `.proto` files inside the crate's `proto` folder.
const INCLUDES: [&str; 5] =
    ["data-plane-api", "xds", "googleapis", "protoc-gen-validate", "client_model"];

/// What we print: bootstraps, what they name, and whatever stands inside them as `Any`.
const FILES: [&str; 43] = [
    "envoy/config/bootstrap/v3/bootstrap.proto",
    "envoy/config/metrics/v3/metrics_service.proto",
    "envoy/config/trace/v3/opentelemetry.proto",
    "envoy/extensions/access_loggers/filters/cel/v3/cel.proto",
    "envoy/extensions/access_loggers/stream/v3/stream.proto",
    "envoy/extensions/compression/brotli/compressor/v3/brotli.proto",
    "envoy/extensions/compression/gzip/compressor/v3/gzip.proto",
    "envoy/extensions/filters/http/basic_auth/v3/basic_auth.proto",
    "envoy/extensions/filters/http/body_size_limit/v3/body_size_limit.proto",
    "envoy/extensions/filters/http/buffer/v3/buffer.proto",
    "envoy/extensions/filters/http/compressor/v3/compressor.proto",
    "envoy/extensions/filters/http/cors/v3/cors.proto",
    "envoy/extensions/filters/http/credential_injector/v3/credential_injector.proto",
    "envoy/extensions/filters/http/ext_authz/v3/ext_authz.proto",
    "envoy/extensions/filters/http/fault/v3/fault.proto",
    "envoy/extensions/filters/http/filter_chain/v3/filter_chain.proto",
    "envoy/extensions/filters/http/grpc_web/v3/grpc_web.proto",
    "envoy/extensions/filters/http/header_mutation/v3/header_mutation.proto",
    "envoy/extensions/filters/http/jwt_authn/v3/config.proto",
    "envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto",
    "envoy/extensions/filters/http/ratelimit/v3/rate_limit.proto",
    "envoy/extensions/filters/http/rbac/v3/rbac.proto",
    "envoy/extensions/filters/http/router/v3/router.proto",
    "envoy/extensions/filters/http/stateful_session/v3/stateful_session.proto",
    "envoy/extensions/filters/http/upstream_codec/v3/upstream_codec.proto",
    "envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.proto",
    "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto",
    "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
    "envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.proto",
    "envoy/extensions/http/injected_credentials/generic/v3/generic.proto",
    "envoy/extensions/http/original_ip_detection/xff/v3/xff.proto",
    "envoy/extensions/http/stateful_session/cookie/v3/cookie.proto",
    "envoy/extensions/load_balancing_policies/least_request/v3/least_request.proto",
    "envoy/extensions/load_balancing_policies/maglev/v3/maglev.proto",
    "envoy/extensions/load_balancing_policies/random/v3/random.proto",
    "envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.proto",
    "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.proto",
    "envoy/extensions/request_id/uuid/v3/uuid.proto",
    "envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections.proto",
    "envoy/extensions/transport_sockets/quic/v3/quic_transport.proto",
    "envoy/extensions/transport_sockets/tls/v3/tls.proto",
    "envoy/extensions/upstreams/http/v3/http_protocol_options.proto",
    "envoy/service/discovery/v3/discovery.proto",
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
    let mut set = FileDescriptorSet::default();
    for file in FILES {
        // one at a time: a package that only another file knows must not hide what this one means
        for mut found in protox::compile([file], &includes)?.file {
            // comments and positions: nine tenths of the size, and nobody reads them
            found.source_code_info = None;
            if set.file.iter().all(|known| known.name != found.name) {
                set.file.push(found);
            }
        }
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
