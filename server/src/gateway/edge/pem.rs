//! Texts between `-----BEGIN …-----` and `-----END …-----` (RFC 7468), read strictly: what is
//! ignored silently could be half of a file.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Bytes of base64 in a line of what we write, as RFC 7468, section 2, asks.
const LINE_BYTES: usize = 64;

/// Longest label in bytes; it is repeated in messages.
const LABEL_MAX_BYTES: usize = 40;

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// `CERTIFICATE`, `PRIVATE KEY`, …
    pub(super) label: String,
    pub(super) der: Vec<u8>,
    /// It has headers that say so (RFC 1421), as old encrypted keys do.
    pub(super) is_encrypted: bool,
}

/// Says where a text is not PEM; lines count from 1. It repeats nothing but labels: the text may be
/// a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PemError {
    #[error("has no PEM block: it must hold text from `-----BEGIN` to `-----END`")]
    None,
    #[error("has in line {0} what belongs to no PEM block; leave out what is between the blocks")]
    Between(usize),
    #[error("has a `-----BEGIN {label}-----` in line {line} that nothing ends")]
    Open { label: String, line: usize },
    #[error("has a block `{label}` in line {line} that does not hold base64")]
    Base64 { label: String, line: usize },
    #[error("has a block `{label}` in line {line} with nothing in it")]
    Empty { label: String, line: usize },
}

/// Reads all blocks of `text`.
pub(super) fn read(text: &str) -> Result<Vec<Block>, PemError> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim).zip(1..);
    while let Some((first, start)) = lines.next() {
        if first.is_empty() {
            continue;
        }
        let label = between(first, "-----BEGIN ").filter(|label| label.len() <= LABEL_MAX_BYTES);
        let Some(label) = label else {
            // a text without any block is another mistake than one with something beside it
            let is_none = blocks.is_empty() && !text.contains("-----BEGIN ");
            return Err(if is_none { PemError::None } else { PemError::Between(start) });
        };
        let (label, line) = (label.to_owned(), start);
        let mut base64 = String::new();
        let mut is_encrypted = false;
        loop {
            match lines.next() {
                None => return Err(PemError::Open { label, line }),
                Some((text, _)) if between(text, "-----END ") == Some(label.as_str()) => break,
                Some((text, _)) if text.starts_with("-----") => {
                    return Err(PemError::Open { label, line });
                }
                // a header of RFC 1421: base64 has no colon
                Some((text, _)) if text.contains(':') => is_encrypted |= text.contains("ENCRYPTED"),
                Some((text, _)) => base64.push_str(text),
            }
        }
        let der = match STANDARD.decode(&base64) {
            Ok(der) if der.is_empty() => return Err(PemError::Empty { label, line }),
            Ok(der) => der,
            // what is encrypted need not be read to be refused
            Err(_) if is_encrypted => Vec::new(),
            Err(_repeats_it) => return Err(PemError::Base64 { label, line }),
        };
        blocks.push(Block { label, der, is_encrypted });
    }
    if blocks.is_empty() { Err(PemError::None) } else { Ok(blocks) }
}

fn between<'a>(line: &'a str, begin: &str) -> Option<&'a str> {
    line.strip_prefix(begin)?.strip_suffix("-----")
}

/// Writes a block.
pub(super) fn write(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(LINE_BYTES) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn what_is_written_is_read_again_also_with_the_line_ends_of_windows() {
        let text = format!("\n{}\n{}", write("A", &[1; 100]), write("B C", &[2]));

        for text in [text.replace('\n', "\r\n"), text] {
            let blocks = read(&text).unwrap();
            let read: Vec<_> = blocks.iter().map(|b| (b.label.as_str(), b.der.len())).collect();
            assert_eq!(read, [("A", 100), ("B C", 1)]);
        }
    }

    #[rstest]
    #[case("", PemError::None)]
    #[case("hello", PemError::None)]
    #[case("hello\n-----BEGIN A-----\nAQ==\n-----END A-----", PemError::Between(1))]
    #[case("-----BEGIN A-----\nAQ==\n-----END A-----\nhello", PemError::Between(4))]
    #[case("-----BEGIN A-----\nAQ==", PemError::Open { label: "A".to_owned(), line: 1 })]
    #[case(
        "-----BEGIN A-----\nAQ==\n-----END B-----",
        PemError::Open { label: "A".to_owned(), line: 1 },
    )]
    #[case(
        "-----BEGIN A-----\n%%%\n-----END A-----",
        PemError::Base64 { label: "A".to_owned(), line: 1 },
    )]
    #[case("-----BEGIN A-----\n-----END A-----", PemError::Empty { label: "A".to_owned(), line: 1 })]
    fn junk_is_refused_with_its_line(#[case] text: &str, #[case] expected: PemError) {
        assert_eq!(read(text).unwrap_err(), expected);
    }
}
