//! Passwords: what may be one. How one is kept and compared is in `hasher`.
//!
//! Length is what makes a password hard to guess (NIST SP 800-63B, section 5.1.1.2), so there are
//! no rules about kinds of characters. Refused is what guessers try first: a list, and whatever is
//! made only of sequences, repetitions and the words that stand nearest.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// Fewest characters: with a wait after each few failures, that is beyond guessing over the network,
/// and with argon2id expensive for who has stolen the hashes.
pub const PASSWORD_MIN_CHARACTERS: usize = 12;

/// Most characters; a bound for what is hashed, and no one types more.
pub const PASSWORD_MAX_CHARACTERS: usize = 128;

/// Fewest characters that must remain when every sequence, repetition and well-known word counts as
/// one: `password2024!!` says as much as six characters do.
const SAYS_AT_LEAST: usize = 8;

/// Longest part whose repetition is no password.
const REPEATED_MAX: usize = 6;

/// Fewest characters of a run, such as `4567`, that count as one.
const RUN_MIN: usize = 4;

/// Shortest part of a user's name that is looked for: `a` and `al` are in any text.
const NAME_PART_MIN: usize = 3;

/// Lower-case, each of at least 12 characters or the word that remains of one without its number.
const WORST: &str = include_str!("worst_passwords.txt");

/// What stands nearest when one is asked for a password here.
const WORDS: [&str; 21] = [
    "chancery",
    "ambassador",
    "envoy",
    "gateway",
    "portal",
    "password",
    "passwort",
    "passw0rd",
    "administrator",
    "admin",
    "root",
    "welcome",
    "changeme",
    "letmein",
    "iloveyou",
    "default",
    "secret",
    "login",
    "example",
    "localhost",
    "test",
];

/// Orders that fingers and heads follow, forwards and backwards, from any place and around the end.
const ROWS: [&str; 11] = [
    "0123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890qwertyuiop",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
];

/// Says why a text may not be a password; nothing of the text is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error(
        "is {0} characters long; at least {PASSWORD_MIN_CHARACTERS} are needed, any characters: a few unrelated words are easy to remember"
    )]
    TooShort(usize),
    #[error("is {0} characters long; at most {PASSWORD_MAX_CHARACTERS} are allowed")]
    TooLong(usize),
    #[error("is among the passwords that are tried first; a few unrelated words are a better one")]
    Worst,
    #[error(
        "is little more than a repetition, a sequence of keys, or a name that is near; a few unrelated words are a better one"
    )]
    Guessable,
}

/// A password that may be kept; never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes `text` as the password of the user named `user`, character by character as it is.
    ///
    /// # Errors
    /// Returns the first rule that it breaks.
    pub fn parse(text: &str, user: &str) -> Result<Self, PasswordError> {
        let length = text.chars().count();
        if length < PASSWORD_MIN_CHARACTERS {
            return Err(PasswordError::TooShort(length));
        }
        if length > PASSWORD_MAX_CHARACTERS {
            return Err(PasswordError::TooLong(length));
        }
        let lower = text.to_lowercase();
        if is_among_the_worst(&lower) {
            return Err(PasswordError::Worst);
        }
        let characters: Vec<char> = lower.chars().map(as_letter).collect();
        if is_repetition(&characters) || says(&characters, user) < SAYS_AT_LEAST {
            return Err(PasswordError::Guessable);
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// What someone presents as their password, right or wrong; never printed by accident.
#[derive(Clone)]
pub struct Presented(String);

impl Presented {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for [`Password::parse`] and for comparing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented")
    }
}

impl<'de> Deserialize<'de> for Presented {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// Looks for a text in the list: as it is, without marks, and without the numbers around it.
fn is_among_the_worst(lower: &str) -> bool {
    let plain: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let word = plain.trim_matches(|c: char| c.is_numeric());
    WORST
        .lines()
        .filter(|line| !line.starts_with("# "))
        .any(|worst| worst == lower || worst == plain || worst == word)
}

/// Reads the two marks that stand for letters everywhere.
fn as_letter(mark: char) -> char {
    match mark {
        '@' => 'a',
        '$' => 's',
        other => other,
    }
}

/// Tells whether a text is a short part again and again, the last time perhaps not to its end.
fn is_repetition(characters: &[char]) -> bool {
    (1..=REPEATED_MAX).any(|period| {
        let shifted = characters.iter().skip(period);
        shifted.zip(characters).all(|(later, earlier)| later == earlier)
    })
}

/// Counts what a text says: each run and each known word as one character, each mark once.
fn says(characters: &[char], user: &str) -> usize {
    let user = user.to_lowercase();
    let parts = user.split(|c: char| !c.is_alphanumeric());
    let whole: String = user.chars().filter(|c| c.is_alphanumeric()).collect();
    let near: Vec<Vec<char>> = parts
        .chain([whole.as_str()])
        .filter(|part| part.chars().count() >= NAME_PART_MIN)
        .chain(WORDS)
        .map(|word| word.chars().collect())
        .collect();
    let rows = rows();
    let plain: Vec<char> = characters.iter().copied().filter(|c| c.is_alphanumeric()).collect();
    let mut marks: Vec<char> =
        characters.iter().copied().filter(|c| !c.is_alphanumeric()).collect();
    marks.sort_unstable();
    marks.dedup();

    let mut rest: &[char] = &plain;
    let mut said = marks.len();
    while !rest.is_empty() {
        let words = near.iter().filter(|word| rest.starts_with(word)).map(Vec::len);
        let runs = rows.iter().map(|row| run(rest, row)).chain([same(rest)]);
        let known = words.chain(runs.filter(|length| *length >= RUN_MIN)).max().unwrap_or(1);
        rest = rest.get(known..).unwrap_or_default();
        said += 1;
    }
    said
}

/// Returns each row twice in both directions, so that a run may begin anywhere.
fn rows() -> Vec<Vec<char>> {
    let forwards = ROWS.iter().map(|row| row.chars().collect::<Vec<_>>());
    let both = forwards.flat_map(|row| [row.iter().rev().copied().collect(), row]);
    both.map(|row| row.repeat(2)).collect()
}

/// Returns how many characters at the beginning follow each other in `row`.
fn run(text: &[char], row: &[char]) -> usize {
    let starts = 0..row.len();
    let common = |start| {
        let there = row.iter().skip(start);
        text.iter().zip(there).take_while(|(here, there)| here == there).count()
    };
    starts.map(common).max().unwrap_or_default()
}

/// Returns how many characters at the beginning are the same.
fn same(text: &[char]) -> usize {
    text.iter().take_while(|c| Some(*c) == text.first()).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("maple otter drizzle")]
    #[case("Tr0ub4dor&3xyzzy")]
    #[case("chancery-prod-violet")]
    #[case("пароль на каждый день")]
    #[case("合言葉は山と川と海と空だよね")]
    #[case("  spaces at both ends  ")]
    #[case("gH7$kLp0Zq!v")]
    fn a_long_text_of_any_characters_is_a_password(#[case] text: &str) {
        assert_eq!(Password::parse(text, "ada").unwrap().reveal(), text);
    }

    #[rstest]
    #[case("elevenchars", PasswordError::TooShort(11))]
    #[case("ééééééééééé", PasswordError::TooShort(11))]
    #[case("", PasswordError::TooShort(0))]
    #[case("correct horse battery staple", PasswordError::Worst)]
    #[case("CorrectHorseBatteryStaple", PasswordError::Worst)]
    #[case("Administrator2026!", PasswordError::Worst)]
    #[case("!@#$%^&*()_+", PasswordError::Worst)]
    #[case("password2024!!", PasswordError::Worst)]
    #[case("P@ssw0rd-2026", PasswordError::Guessable)]
    #[case("welcome-chancery", PasswordError::Guessable)]
    #[case("Chancery12345", PasswordError::Guessable)]
    #[case("zzzzzzzzzzzz", PasswordError::Guessable)]
    #[case("            ", PasswordError::Guessable)]
    #[case("xyzzy1xyzzy1xyzzy1", PasswordError::Guessable)]
    #[case("123456789012", PasswordError::Guessable)]
    #[case("fedcba987654", PasswordError::Guessable)]
    #[case("qwertyuiopasdf", PasswordError::Guessable)]
    #[case("1qaz2wsx3edc", PasswordError::Guessable)]
    #[case("poiuytrewq4321", PasswordError::Guessable)]
    #[case("ada.lovelace1815", PasswordError::Guessable)]
    #[case("AdaLovelaceAda", PasswordError::Guessable)]
    fn a_text_that_is_tried_first_is_none(#[case] text: &str, #[case] error: PasswordError) {
        assert_eq!(Password::parse(text, "ada.lovelace"), Err(error));
    }

    #[test]
    fn length_is_counted_in_characters_up_to_128() {
        let longest: String = ('一'..).take(PASSWORD_MAX_CHARACTERS).collect();

        assert!(Password::parse(&longest, "ada").is_ok());
        assert_eq!(
            Password::parse(&format!("{longest}x"), "ada"),
            Err(PasswordError::TooLong(PASSWORD_MAX_CHARACTERS + 1))
        );
    }

    #[test]
    fn the_list_is_lower_case_and_of_what_is_long_enough_to_be_chosen() {
        let words: Vec<_> = WORST.lines().filter(|line| !line.starts_with("# ")).collect();

        assert!(words.len() >= 150, "{}", words.len());
        for word in words {
            assert_eq!(word, word.to_lowercase());
            let is_whole = word.chars().count() >= PASSWORD_MIN_CHARACTERS;
            let chosen = if is_whole { word.to_owned() } else { format!("{word}-2026") };
            assert_eq!(Password::parse(&chosen, "ada"), Err(PasswordError::Worst), "{word}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let password = Password::parse("maple otter drizzle", "ada").unwrap();
        let presented = Presented::new("maple otter drizzle");

        assert_eq!(format!("{password:?} {presented:?}"), "Password Presented");
    }

    /// What password managers draw from, each character as often as any other; a class of a regular
    /// expression would draw its ranges as often, and so mostly marks.
    fn drawn() -> impl Strategy<Value = String> {
        let letters = ('a'..='z').chain('A'..='Z').chain('0'..='9');
        let all: Vec<char> = letters.chain("!#%+:=?@".chars()).collect();
        let characters = prop::collection::vec(prop::sample::select(all), 20);
        characters.prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn no_text_and_no_name_make_the_rules_fail(text in ".{0,140}", user in ".{0,50}") {
            let length = text.chars().count();
            match Password::parse(&text, &user) {
                Ok(password) => prop_assert_eq!(password.reveal(), text),
                Err(PasswordError::TooShort(n)) => prop_assert!(n == length && n < 12),
                Err(PasswordError::TooLong(n)) => prop_assert!(n == length && n > 128),
                Err(_) => prop_assert!((12..=128).contains(&length)),
            }
        }

        /// Random passwords, as managers make them, are never refused.
        #[test]
        fn what_a_password_manager_makes_is_accepted(text in drawn()) {
            prop_assert!(Password::parse(&text, "ada").is_ok());
        }
    }
}
