//! A match in words, as lists and plans show it.

use super::{
    Match, PathKind,
    condition::{Condition, Test},
};

impl Match {
    /// Says what is asked besides host and prefix: `POST, x-beta: 1`; empty where nothing is.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        match self.path() {
            PathKind::Prefix => {}
            PathKind::Exact => words.push("exact path".to_owned()),
            PathKind::Regex(pattern) => words.push(format!("then {}", pattern.as_str())),
        }
        if self.ignores_case() {
            words.push("any case".to_owned());
        }
        if !self.methods().is_empty() {
            words.push(self.methods().join(" or "));
        }
        words.extend(self.headers().iter().map(|header| told(header, ": ")));
        words.extend(self.query().iter().map(|query| format!("?{}", told(query, "="))));
        if self.precedence() != 0 {
            words.push(format!("precedence {}", self.precedence()));
        }
        words.join(", ")
    }
}

fn told(condition: &Condition, equals: &str) -> String {
    let name = &condition.name;
    match &condition.test {
        Test::Exact(value) => format!("{name}{equals}{value}"),
        Test::Prefix(value) => format!("{name}{equals}{value}…"),
        Test::Suffix(value) => format!("{name}{equals}…{value}"),
        Test::Contains(value) => format!("{name}{equals}…{value}…"),
        Test::Regex(pattern) => format!("{name} matches {}", pattern.as_str()),
        Test::Present => format!("{name} is there"),
        Test::Absent => format!("no {name}"),
    }
}
