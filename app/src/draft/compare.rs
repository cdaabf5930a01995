//! Compares three versions of a mapping: what the form was filled from, what is typed, and what
//! somebody else has saved meanwhile.

use super::{Field, Typed, labels};

/// A field in which the typed version and the saved one differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub field: Field,
    pub mine: String,
    pub theirs: String,
    /// What it becomes when mine is put on top of theirs.
    pub merged: String,
    pub kind: Kind,
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
    let differing = Field::ALL.into_iter().filter(|field| !is_same(*field, mine, theirs));
    differing
        .map(|field| {
            let kind = match base {
                Some(base) if is_same(field, base, mine) => Kind::Theirs,
                Some(base) if !is_same(field, base, theirs) => Kind::Both,
                _ => Kind::Mine,
            };
            let text = |typed: &Typed| typed.get(field).to_owned();
            let merged = if kind == Kind::Theirs { text(theirs) } else { text(mine) };
            Difference { field, mine: text(mine), theirs: text(theirs), merged, kind }
        })
        .collect()
}

/// Puts what is typed on top of what was saved: a field that was not touched takes the saved text.
pub fn merge(base: Option<&Typed>, mine: &Typed, theirs: &Typed) -> Typed {
    let mut merged = theirs.clone();
    for difference in differences(base, mine, theirs) {
        merged.set(difference.field, difference.merged);
    }
    merged
}

/// Tells whether a field means the same in both: the order of labels is no difference.
fn is_same(field: Field, one: &Typed, other: &Typed) -> bool {
    let (one, other) = (one.get(field), other.get(field));
    if field != Field::Labels {
        return one == other;
    }
    let (mut one, mut other) = (labels(one), labels(other));
    one.sort_unstable();
    other.sort_unstable();
    one == other
}

#[cfg(test)]
mod tests {
    use super::*;

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

        let kinds: Vec<_> = found.iter().map(|found| (found.field, found.kind)).collect();
        assert_eq!(kinds, [(Field::Service, Kind::Mine), (Field::Labels, Kind::Theirs)]);
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
}
