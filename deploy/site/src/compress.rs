//! Compresses as well as can be: it is done once, and read by every browser.

use std::io::{Result, Write};

use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use flate2::{Compression, GzBuilder};

/// The best that brotli has.
const BROTLI_QUALITY: i32 = 11;

/// Base-2 logarithm of brotli's window: the largest that browsers take, 16 MiB.
const BROTLI_WINDOW_BITS: i32 = 24;

/// Bytes handed to brotli at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Compresses with brotli.
pub(crate) fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let parameters = BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW_BITS,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut writer = CompressorWriter::with_params(&mut compressed, BUFFER_BYTES, &parameters);
    writer.write_all(content)?;
    writer.flush()?;
    drop(writer);
    Ok(compressed)
}

/// Compresses with gzip, with nothing in it but the content: no name and no time.
pub(crate) fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    writer.write_all(content)?;
    writer.finish()
}
