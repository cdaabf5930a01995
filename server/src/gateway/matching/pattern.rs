//! Regular expressions that Envoy (RE2) and we read alike.
//!
//! What the two engines read differently, or one of them not at all, is refused: look-around and
//! back references, Unicode classes, set operations, and flags other than `i` and `s`.

use std::{fmt, sync::Arc};

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::{
    AssertionKind, Ast, ClassSetItem, Flag, FlagsItemKind, GroupKind, RepetitionKind,
    RepetitionRange, parse::Parser,
};

/// Longest regular expression in bytes.
pub const PATTERN_MAX_BYTES: usize = 256;

/// Steps of the compiled program at the most, by an estimate that is never below RE2's own count
/// for what is allowed here. The nodes' bound is Envoy's `re2.max_program_size`.
pub const PROGRAM_MAX: u64 = 2000;

/// Longest repetition that RE2 knows.
const REPEAT_MAX: u32 = 1000;

/// Says why a text is no regular expression that Envoy could use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("is empty; it must be a regular expression (RE2)")]
    Empty,
    #[error("is {0} bytes long; at most {PATTERN_MAX_BYTES} are allowed")]
    TooLong(usize),
    #[error("must have printable ASCII characters only")]
    Character,
    #[error("is no regular expression: {0}")]
    Syntax(String),
    #[error("has {0}, which Envoy's regular expressions (RE2) do not know or read otherwise")]
    Foreign(&'static str),
    #[error("is too large: it comes to {0} steps, and {PROGRAM_MAX} are allowed")]
    TooLarge(u64),
}

/// A regular expression that must match a text wholly.
#[derive(Clone)]
pub struct Pattern {
    text: Arc<str>,
    compiled: Regex,
}

impl Pattern {
    /// Parses a regular expression in the syntax that RE2 and we have in common.
    ///
    /// # Errors
    /// Returns what is wrong with it, or what RE2 lacks.
    pub fn parse(text: &str, ignore_case: bool) -> Result<Self, PatternError> {
        match text.len() {
            0 => return Err(PatternError::Empty),
            1..=PATTERN_MAX_BYTES => {}
            longer => return Err(PatternError::TooLong(longer)),
        }
        if !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            return Err(PatternError::Character);
        }
        let syntax = |error: &dyn fmt::Display| PatternError::Syntax(last_line(&error.to_string()));
        let ast = Parser::new().parse(text).map_err(|error| syntax(error.kind()))?;
        let steps = steps(&ast)?;
        if steps > PROGRAM_MAX {
            return Err(PatternError::TooLarge(steps));
        }
        let compiled = RegexBuilder::new(&format!(r"\A(?:{text})\z"))
            .unicode(false)
            .case_insensitive(ignore_case)
            .build()
            .map_err(|error| syntax(&error))?;
        Ok(Self { text: text.into(), compiled })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether it matches the whole of `text`.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.is_match(text.as_bytes())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({})", self.text)
    }
}

/// The crate draws errors over several lines; the last says what is wrong.
fn last_line(error: &str) -> String {
    let line = error.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    line.trim().trim_start_matches("error: ").to_owned()
}

/// Steps of what may stand for any character, in UTF-8.
const ANY_STEPS: u64 = 20;

/// Checks that all parts mean the same to RE2, and counts its steps.
fn steps(ast: &Ast) -> Result<u64, PatternError> {
    match ast {
        Ast::Empty(_) | Ast::Literal(_) => Ok(1),
        Ast::Flags(set) => {
            flags(&set.flags.items.iter().map(|item| &item.kind).collect::<Vec<_>>())
        }
        Ast::Dot(_) => Ok(ANY_STEPS),
        Ast::Assertion(assertion) => match assertion.kind {
            AssertionKind::StartLine | AssertionKind::EndLine => Ok(1),
            _ => Err(PatternError::Foreign("an assertion other than `^` and `$`")),
        },
        Ast::ClassUnicode(_) => Err(PatternError::Foreign("a Unicode class")),
        Ast::ClassPerl(_) => Ok(ANY_STEPS),
        Ast::ClassBracketed(class) => {
            let regex_syntax::ast::ClassSet::Item(item) = &class.kind else {
                return Err(PatternError::Foreign("a set operation in a class"));
            };
            Ok(class_steps(item)? + if class.negated { ANY_STEPS } else { 0 })
        }
        Ast::Repetition(repetition) => {
            if !matches!(*repetition.ast, Ast::Literal(_) | Ast::Dot(_) | Ast::ClassPerl(_))
                && !matches!(*repetition.ast, Ast::ClassBracketed(_) | Ast::Group(_))
            {
                return Err(PatternError::Foreign("a repetition of what can't be repeated"));
            }
            let times = times(&repetition.op.kind)?;
            Ok((steps(&repetition.ast)? + 1).saturating_mul(times))
        }
        Ast::Group(group) => {
            let own = match &group.kind {
                GroupKind::CaptureIndex(_) => 2,
                GroupKind::CaptureName { .. } => {
                    return Err(PatternError::Foreign("a named group"));
                }
                GroupKind::NonCapturing(set) => {
                    flags(&set.items.iter().map(|item| &item.kind).collect::<Vec<_>>())?
                }
            };
            Ok(own + steps(&group.ast)?)
        }
        Ast::Alternation(alternation) => sum(&alternation.asts, 1),
        Ast::Concat(concat) => sum(&concat.asts, 0),
    }
}

fn sum(asts: &[Ast], each: u64) -> Result<u64, PatternError> {
    asts.iter().try_fold(0_u64, |sum, ast| Ok(sum.saturating_add(steps(ast)? + each)))
}

fn times(kind: &RepetitionKind) -> Result<u64, PatternError> {
    let most = match kind {
        RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore => 1,
        RepetitionKind::OneOrMore => 2,
        RepetitionKind::Range(RepetitionRange::Exactly(times)) => *times,
        RepetitionKind::Range(RepetitionRange::AtLeast(times)) => times.saturating_add(1),
        RepetitionKind::Range(RepetitionRange::Bounded(_, most)) => *most,
    };
    if most > REPEAT_MAX {
        return Err(PatternError::Foreign("a repetition of more than 1000 times"));
    }
    Ok(u64::from(most).max(1))
}

fn class_steps(item: &ClassSetItem) -> Result<u64, PatternError> {
    match item {
        ClassSetItem::Empty(_) => Ok(0),
        ClassSetItem::Literal(_) | ClassSetItem::Range(_) => Ok(2),
        ClassSetItem::Ascii(_) | ClassSetItem::Perl(_) => Ok(ANY_STEPS),
        ClassSetItem::Unicode(_) => Err(PatternError::Foreign("a Unicode class")),
        ClassSetItem::Bracketed(_) => Err(PatternError::Foreign("a class in a class")),
        ClassSetItem::Union(union) => {
            union.items.iter().try_fold(0, |sum, item| Ok(sum + class_steps(item)?))
        }
    }
}

fn flags(kinds: &[&FlagsItemKind]) -> Result<u64, PatternError> {
    let is_known = |kind: &&FlagsItemKind| {
        matches!(
            kind,
            FlagsItemKind::Negation
                | FlagsItemKind::Flag(Flag::CaseInsensitive | Flag::DotMatchesNewLine)
        )
    };
    if kinds.iter().all(is_known) {
        return Ok(0);
    }
    Err(PatternError::Foreign("a flag other than `i` and `s`"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("[0-9]+(/.*)?", "42/orders", true)]
    #[case("[0-9]+(/.*)?", "42x", false)]
    #[case("a|ab", "ab", true)]
    #[case("^v[12]$", "v1", true)]
    #[case("(?i)beta", "BETA", true)]
    #[case(r"[^/]{1,30}\.json", "a.json", true)]
    #[case(r"\d{4}-\d{2}", "2026-11", true)]
    #[case("[[:alpha:]]+", "abc", true)]
    fn a_pattern_matches_the_whole_text(
        #[case] pattern: &str,
        #[case] text: &str,
        #[case] matches: bool,
    ) {
        assert_eq!(Pattern::parse(pattern, false).unwrap().matches(text), matches);
    }

    #[rstest]
    #[case("")]
    #[case("(")]
    #[case("a**")]
    #[case("[a&&b]")]
    #[case("[a[b]]")]
    #[case(r"\pL")]
    #[case(r"\bword")]
    #[case("(?x)a b")]
    #[case("(?=a)")]
    #[case(r"(a)\1")]
    #[case("(?P<n>a)")]
    #[case("a{1001}")]
    #[case("(.{100}){100}")]
    #[case("é")]
    fn what_re2_reads_otherwise_or_not_at_all_is_refused(#[case] pattern: &str) {
        assert!(Pattern::parse(pattern, false).is_err());
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(Pattern::parse(&"a".repeat(PATTERN_MAX_BYTES), false).is_ok());
        assert_eq!(
            Pattern::parse(&"a".repeat(PATTERN_MAX_BYTES + 1), false),
            Err(PatternError::TooLong(PATTERN_MAX_BYTES + 1))
        );
    }
}
