//! The portal's files: script, WebAssembly and style, inside the binary.
//!
//! `make site` has named each by its content and compressed it, so that a browser asks for it once
//! and keeps it for ever: a new version has a new name.

use std::borrow::Cow;

use app::pages::Assets;
use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

use super::condition::is_known;

/// Made by `make site`. A debug build reads it from disk each time; a release build has it inside.
/// Without it the portal still works, as it does without JavaScript.
#[derive(Debug, RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site"]
#[allow_missing = true]
struct Site;

/// Says which files there are; `deploy/site` writes it.
#[derive(Debug, Default, Deserialize)]
struct Manifest {
    style: Option<Named>,
    start: Option<Named>,
    module: Option<Named>,
    wasm: Option<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

impl Manifest {
    fn read() -> Self {
        Site::get("manifest.json")
            .and_then(|file| serde_json::from_slice(&file.data).ok())
            .unwrap_or_default()
    }

    fn has(&self, name: &str) -> bool {
        let files = [&self.style, &self.start, &self.module, &self.wasm];
        files.into_iter().flatten().any(|file| file.name == name)
    }
}

/// Returns the addresses of the files; what was not built is absent.
pub(super) fn manifest() -> Assets {
    let manifest = Manifest::read();
    let address = |file: Option<Named>| file.map(|file| format!("/pkg/{}", file.name));
    Assets {
        style: address(manifest.style),
        script: address(manifest.start),
        module: address(manifest.module),
        wasm: address(manifest.wasm),
    }
}

/// `GET /pkg/{name}`
pub(super) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let missing = || (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    if !Manifest::read().has(&name) {
        return missing();
    }
    let coding = Coding::preferred(&headers);
    let Some((coding, file)) = coded(&name, coding).or_else(|| coded(&name, Coding::Identity))
    else {
        return missing();
    };
    let mut answer = HeaderMap::new();
    answer.insert(
        header::CACHE_CONTROL,
        // a year, the longest that RFC 9111 advises; by then the name is another
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // the name says what is in the file, and the coding what is sent of it
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{name}{}\"", coding.ending())) {
        let is_known = is_known(&headers, &tag);
        answer.insert(header::ETAG, tag);
        if is_known {
            return (StatusCode::NOT_MODIFIED, answer).into_response();
        }
    }
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&name)));
    if let Some(coding) = coding.name() {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    let body: Cow<'static, [u8]> = file.data;
    (answer, body).into_response()
}

fn coded(name: &str, coding: Coding) -> Option<(Coding, EmbeddedFile)> {
    let file = Site::get(&format!("pkg/{name}{}", coding.ending()))?;
    Some((coding, file))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// How a file is compressed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Brotli,
    Gzip,
    Identity,
}

impl Coding {
    /// Returns the smallest that the caller takes (RFC 9110, section 12.5.3); a caller who takes
    /// none gets the file as it is.
    fn preferred(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter();
        let listed: Vec<_> = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|item| item.split_once(';').unwrap_or((item, "q=1")))
            .map(|(coding, quality)| (coding.trim().to_ascii_lowercase(), is_wanted(quality)))
            .collect();
        let takes = |name: &str| {
            let found = listed.iter().find(|(coding, _)| coding == name);
            let any = || listed.iter().find(|(coding, _)| coding == "*");
            found.or_else(any).is_some_and(|(_, is_wanted)| *is_wanted)
        };
        if takes("br") {
            Self::Brotli
        } else if takes("gzip") {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// Returns what a file of this coding ends with.
    fn ending(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }

    fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// Tells whether a parameter such as `q=0.5` asks for more than nothing.
fn is_wanted(quality: &str) -> bool {
    let number = quality.trim().strip_prefix("q=").map(str::trim);
    number.and_then(|number| number.parse::<f32>().ok()).is_some_and(|quality| quality > 0.0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, Coding::Identity)]
    #[case(Some(""), Coding::Identity)]
    #[case(Some("gzip, deflate, br, zstd"), Coding::Brotli)]
    #[case(Some("gzip, deflate"), Coding::Gzip)]
    #[case(Some("GZIP;q=0.5"), Coding::Gzip)]
    #[case(Some("br;q=0, gzip;q=0.001"), Coding::Gzip)]
    #[case(Some("br ; q=0 , *"), Coding::Gzip)]
    #[case(Some("*"), Coding::Brotli)]
    #[case(Some("*;q=0"), Coding::Identity)]
    #[case(Some("identity;q=0"), Coding::Identity)]
    #[case(Some("deflate, zstd"), Coding::Identity)]
    #[case(Some("br;q=x"), Coding::Identity)]
    fn the_smallest_coding_is_sent_that_the_caller_takes(
        #[case] accepted: Option<&'static str>,
        #[case] expected: Coding,
    ) {
        let accepted = accepted.map(HeaderValue::from_static);
        let headers = accepted.map(|value| (header::ACCEPT_ENCODING, value)).into_iter().collect();

        assert_eq!(Coding::preferred(&headers), expected);
    }
}
