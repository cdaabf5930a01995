//! A service that is asked about each request.

use app::api::policy::{External, ExternalBody, ExternalProtocol, OnFailure};

use crate::gateway::{
    path::Rewrite,
    policy::headers,
    read::{Reader, out_of},
    service::Service,
};

/// How long the service may take unless the mapping says so, in milliseconds.
pub const TIMEOUT_MS: u32 = 1000;

/// Longest time that it may take in milliseconds: every request waits for it.
const TIMEOUT_MAX_MS: u32 = 10_000;

/// Most headers that it sees, and that it may set.
const HEADERS_MAX: usize = 20;

/// Most of a body that it sees, in bytes: the gateway holds it meanwhile.
const BODY_MAX_BYTES: u32 = 1024 * 1024;

pub(super) fn read(reader: &Reader<'_>) -> Option<External> {
    reader.object("external", |reader| {
        let protocols = [("http", ExternalProtocol::Http), ("grpc", ExternalProtocol::Grpc)];
        let ways = [("closed", OnFailure::Closed), ("open", OnFailure::Open)];
        let wanted = "a text such as `authsvc`, `authsvc:8080` or `https://host`";
        let service = reader.required("service", wanted, Service::parse);
        let external = External {
            protocol: reader.choice("protocol", &protocols).unwrap_or_default(),
            service: service.map(|service| service.text.as_ref().to_owned()).unwrap_or_default(),
            path_prefix: reader.parsed("path_prefix", "a text that begins with `/`", path_prefix),
            timeout_ms: reader
                .number("timeout_ms", 1..=TIMEOUT_MAX_MS, "milliseconds")
                .filter(|milliseconds| *milliseconds != TIMEOUT_MS),
            fail: reader.choice("fail", &ways).unwrap_or_default(),
            request_headers: names(reader, "request_headers", headers::looked_at),
            response_headers: names(reader, "response_headers", headers::name),
            body: reader.object("body", body),
        };
        if external.protocol == ExternalProtocol::Grpc && reader.has("path_prefix") {
            reader
                .wrong::<()>("path_prefix", "has no effect with gRPC, which has a path of its own");
        }
        external
    })
}

fn names(
    reader: &Reader<'_>,
    key: &'static str,
    name: impl Fn(&str) -> Result<String, String>,
) -> Vec<String> {
    let mut names = reader.texts(key, HEADERS_MAX, name);
    names.sort_unstable();
    names.dedup();
    names
}

fn path_prefix(text: &str) -> Result<String, String> {
    match text {
        "" => Err("is empty; it must begin with `/`".to_owned()),
        text => Rewrite::parse(text)
            .map(|path| path.as_str().to_owned())
            .map_err(|error| error.to_string()),
    }
}

fn body(reader: &Reader<'_>) -> ExternalBody {
    let allowed = 1..=BODY_MAX_BYTES;
    if !reader.has("max_bytes") {
        let message = format!("is missing; it {}", out_of(&allowed, "bytes"));
        reader.wrong::<()>("max_bytes", message);
    }
    ExternalBody { max_bytes: reader.number("max_bytes", allowed, "bytes").unwrap_or_default() }
}
