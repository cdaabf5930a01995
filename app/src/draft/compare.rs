//! Compares three versions of a mapping: what the form was filled from, what is typed, and what
//! somebody else has saved meanwhile.

use serde_json::Value;

use super::{Field, Typed, labels};
use crate::fields;

/// A field in which the typed version and the saved one differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub label: String,
    pub mine: String,
    pub theirs: String,
    /// What it becomes when mine is put on top of theirs.
    pub merged: String,
    pub kind: Kind,
}

/// What is compared as one.
#[derive(Debug, Clone, Copy)]
enum Part {
    First(Field),
    More(&'static fields::Field),
    /// What no field of the form has.
    Rest,
}

impl Part {
    fn all() -> impl Iterator<Item = Self> {
        let first = Field::ALL.into_iter().map(Self::First);
        first.chain(fields::all().map(Self::More)).chain([Self::Rest])
    }

    fn label(self) -> String {
        match self {
            Self::First(field) => field.label().to_owned(),
            Self::More(field) => fields::label_of(field.key),
            Self::Rest => "Other fields".to_owned(),
        }
    }

    fn text(self, typed: &Typed) -> String {
        match self {
            Self::First(field) => typed.get(field).to_owned(),
            Self::More(field) => typed.more.whole(field),
            Self::Rest if typed.rest.is_empty() => String::new(),
            Self::Rest => Value::from(typed.rest.clone()).to_string(),
        }
    }

    fn take(self, typed: &mut Typed, from: &Typed) {
        match self {
            Self::First(field) => typed.set(field, from.get(field).to_owned()),
            Self::More(field) => typed.more.take(field, &from.more),
            Self::Rest => typed.rest.clone_from(&from.rest),
        }
    }

    /// Tells whether it means the same in both: the order of labels is no difference.
    fn is_same(self, one: &Typed, other: &Typed) -> bool {
        if !matches!(self, Self::First(Field::Labels)) {
            return self.text(one) == self.text(other);
        }
        let (mut one, mut other) = (labels(&one.labels), labels(&other.labels));
        one.sort_unstable();
        other.sort_unstable();
        one == other
    }
}

/// Who has changed a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only what is typed differs from what the form was filled from, or that is not known.
    Mine,
    /// Only what was saved differs from it.
    Theirs,
    /// Both do, in different ways.
    Both,
}

/// Lists the fields that differ, in the order of the form.
pub fn differences(base: Option<&Typed>, mine: &Typed, theirs: &Typed) -> Vec<Difference> {
    let difference = |(part, kind): (Part, Kind)| {
        let (mine, theirs) = (part.text(mine), part.text(theirs));
        let merged = if kind == Kind::Theirs { theirs.clone() } else { mine.clone() };
        Difference { label: part.label(), mine, theirs, merged, kind }
    };
    differing(base, mine, theirs).map(difference).collect()
}

fn differing<'t>(
    base: Option<&'t Typed>,
    mine: &'t Typed,
    theirs: &'t Typed,
) -> impl Iterator<Item = (Part, Kind)> {
    Part::all().filter(|part| !part.is_same(mine, theirs)).map(move |part| {
        let kind = match base {
            Some(base) if part.is_same(base, mine) => Kind::Theirs,
            Some(base) if !part.is_same(base, theirs) => Kind::Both,
            _ => Kind::Mine,
        };
        (part, kind)
    })
}

/// Puts what is typed on top of what was saved: a field that was not touched takes the saved text.
pub fn merge(base: Option<&Typed>, mine: &Typed, theirs: &Typed) -> Typed {
    let mut merged = theirs.clone();
    for (part, kind) in differing(base, mine, theirs) {
        if kind != Kind::Theirs {
            part.take(&mut merged, mine);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::texts::Texts;

    fn typed(prefix: &str, service: &str, labels: &str) -> Typed {
        Typed {
            name: "user".to_owned(),
            prefix: prefix.to_owned(),
            service: service.to_owned(),
            labels: labels.to_owned(),
            ..Typed::empty()
        }
    }

    #[test]
    fn each_keeps_what_it_alone_has_changed() {
        let base = typed("/user/", "usersvc", "");
        let mine = typed("/user/", "mine", "");
        let theirs = typed("/user/", "usersvc", "team=a");

        let found = differences(Some(&base), &mine, &theirs);

        let kinds: Vec<_> = found.iter().map(|found| (found.label.as_str(), found.kind)).collect();
        assert_eq!(kinds, [("Service", Kind::Mine), ("Labels", Kind::Theirs)]);
        assert_eq!(merge(Some(&base), &mine, &theirs), typed("/user/", "mine", "team=a"));
    }

    #[test]
    fn where_both_have_changed_it_mine_wins_and_is_marked() {
        let base = typed("/user/", "usersvc", "");
        let mine = typed("/user/", "mine", "");
        let theirs = typed("/user/", "theirs", "");

        let found = differences(Some(&base), &mine, &theirs);

        assert_eq!(found.first().map(|found| found.kind), Some(Kind::Both));
        assert_eq!(merge(Some(&base), &mine, &theirs), mine);
    }

    #[test]
    fn without_a_base_all_that_differs_is_mine() {
        let (mine, theirs) = (typed("/a/", "a", ""), typed("/b/", "a", "x"));

        assert_eq!(merge(None, &mine, &theirs), mine);
        assert_eq!(differences(None, &mine, &theirs).len(), 2);
    }

    #[test]
    fn the_same_change_by_both_is_no_difference() {
        let (base, both) = (typed("/user/", "a", ""), typed("/user/", "b", ""));

        assert!(differences(Some(&base), &both, &both).is_empty());
    }

    #[test]
    fn the_order_of_labels_is_no_difference() {
        let (mine, theirs) = (typed("/a/", "a", "x, y"), typed("/a/", "a", "y x"));

        assert!(differences(None, &mine, &theirs).is_empty());
    }

    #[test]
    fn a_field_of_the_table_is_merged_as_a_whole() {
        let with = |pairs: &[(&str, &str)]| Typed {
            more: Texts::posted(pairs.iter().copied()),
            ..typed("/user/", "a", "")
        };
        let base = with(&[("retries.attempts", "1")]);
        let mine = with(&[
            ("retries.attempts", "1"),
            ("request_headers.set.0.name", "x-a"),
            ("request_headers.set.0.value", "1"),
        ]);
        let theirs = with(&[("retries.attempts", "2")]);

        let merged = merge(Some(&base), &mine, &theirs);

        assert_eq!(merged.more.get("retries.attempts"), "2");
        assert_eq!(merged.more.get("request_headers.set.0.name"), "x-a");
        assert_eq!(differences(Some(&base), &mine, &theirs).len(), 2);
    }
}
