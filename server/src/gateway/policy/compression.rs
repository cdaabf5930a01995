//! Which answers are compressed.

use app::api::policy::Compression;

use super::streams::is_token;
use crate::gateway::read::{Reader, check_text};

/// What Envoy can compress with, of what browsers understand.
const ALGORITHMS: [&str; 2] = ["gzip", "brotli"];

/// Largest size in bytes below which an answer stays as it is: 1 MiB.
const MIN_BYTES_MAX: u32 = 1 << 20;

/// Envoy's own, which need not be said.
const MIN_BYTES_DEFAULT: u32 = 30;

/// Most media types of a mapping.
const CONTENT_TYPES_MAX: usize = 30;

/// Longest media type in bytes; the longest registered ones are shorter.
const CONTENT_TYPE_MAX_BYTES: usize = 127;

pub(super) fn read(reader: &Reader<'_>) -> Compression {
    let compression = reader.object("compression", |reader| {
        let algorithms = reader.texts("algorithms", ALGORITHMS.len(), algorithm);
        if let [first, second] = algorithms.as_slice()
            && first == second
        {
            reader.wrong::<()>("algorithms", format!("has `{first}` twice"));
        }
        let mut content_types = reader.texts("content_types", CONTENT_TYPES_MAX, content_type);
        content_types.sort_unstable();
        content_types.dedup();
        let min_bytes = reader.number("min_bytes", 1..=MIN_BYTES_MAX, "bytes");
        let compression = Compression {
            algorithms,
            min_bytes: min_bytes.filter(|bytes| *bytes != MIN_BYTES_DEFAULT),
            content_types,
        };
        let asked = reader.value("algorithms").and_then(|algorithms| algorithms.as_array());
        if asked.is_none_or(Vec::is_empty) {
            for key in ["min_bytes", "content_types"].into_iter().filter(|key| reader.has(key)) {
                reader.wrong::<()>(key, "has no effect without `algorithms`");
            }
            return Compression::default();
        }
        compression
    });
    compression.unwrap_or_default()
}

fn algorithm(text: &str) -> Result<String, String> {
    match ALGORITHMS.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!("is `{text}`; `gzip` and `brotli` are allowed")),
    }
}

/// Checks `type/subtype` (RFC 9110, section 8.3.1), which is compared without case.
fn content_type(text: &str) -> Result<String, String> {
    check_text(text, &(1..=CONTENT_TYPE_MAX_BYTES))?;
    let is_type = text.split_once('/').is_some_and(|(kind, sub)| is_token(kind) && is_token(sub));
    if !is_type || text.contains('*') {
        return Err(format!(
            "is `{text}`; a media type without parameters, such as `text/html`, is allowed"
        ));
    }
    let text = text.to_ascii_lowercase();
    if text.starts_with("application/grpc") {
        return Err(format!("is `{text}`, whose messages are compressed one by one if at all"));
    }
    Ok(text)
}
