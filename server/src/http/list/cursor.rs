//! Where a page of the list begins: the place of a row, not its number, so that rows which come
//! and go before it do not shift the pages.

use std::cmp::Ordering;

use app::api::list::{ListQuery, Order, Sort};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::gateway::order::OrderKey;

/// Longest cursor in bytes: a prefix may have 2 KiB, and a row is sorted by it, too; 20 conditions
/// may have 8 KiB.
pub(super) const MAX_BYTES: usize = 24 * 1024;

/// What a row is sorted by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Key {
    Number(f64),
    Text(String),
    /// Comes last, whatever the order.
    Unknown,
}

impl Key {
    pub(super) fn number(value: Option<f64>) -> Self {
        value.map_or(Self::Unknown, Self::Number)
    }

    /// Compares in the given order.
    pub(super) fn compare(&self, other: &Self, order: Order) -> Ordering {
        let ascending = match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (left, right) => return left.rank().cmp(&right.rank()),
        };
        match order {
            Order::Asc => ascending,
            Order::Desc => ascending.reverse(),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Unknown => 2,
        }
    }
}

/// Names a row and on which side of it the page lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The page ends before the row; otherwise it begins after it.
    is_before: bool,
    sort: Sort,
    order: Order,
    key: Key,
    /// The row's place in the match order, by which equal keys are told apart.
    place: OrderKey,
}

impl Cursor {
    /// Names the row at `key` and `place` in the list that `query` asks for.
    pub(super) fn new(query: &ListQuery, is_before: bool, key: Key, place: &OrderKey) -> Self {
        Self {
            is_before,
            sort: query.sort.unwrap_or_default(),
            order: query.order.unwrap_or_default(),
            key,
            place: place.clone(),
        }
    }

    /// Reads a cursor of the list that `query` asks for.
    ///
    /// # Errors
    /// Returns what is wrong with it.
    pub(super) fn read(text: &str, query: &ListQuery) -> Result<Self, &'static str> {
        let unreadable = "is none of ours; take it from `next_cursor` or `previous_cursor`";
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_not_base64| unreadable)?;
        let cursor: Self = serde_json::from_slice(&json).map_err(|_not_a_cursor| unreadable)?;
        let is_of_query = cursor.sort == query.sort.unwrap_or_default()
            && cursor.order == query.order.unwrap_or_default();
        if !is_of_query {
            return Err("belongs to another order; leave it out to begin anew");
        }
        Ok(cursor)
    }

    pub(super) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    pub(super) fn is_before(&self) -> bool {
        self.is_before
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn place(&self) -> &OrderKey {
        &self.place
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::table::tests::mapping_with;

    #[test]
    fn what_is_unknown_comes_last_in_either_order() {
        for order in [Order::Asc, Order::Desc] {
            let known = Key::Number(1.0);

            assert_eq!(known.compare(&Key::Unknown, order), Ordering::Less);
            assert_eq!(Key::Unknown.compare(&known, order), Ordering::Greater);
        }
    }

    #[test]
    fn a_cursor_is_read_back_by_the_same_query_only() {
        let query = ListQuery { sort: Some(Sort::Rate), ..ListQuery::default() };
        let other = ListQuery::default();
        let body = json!({"prefix": "/user/", "match": {"methods": ["GET"]}});
        let place = OrderKey::of(&mapping_with("user", &body));
        for key in [Key::Number(0.25), Key::Text("a".to_owned()), Key::Unknown] {
            let cursor = Cursor::new(&query, true, key, &place);

            assert_eq!(Cursor::read(&cursor.write(), &query), Ok(cursor.clone()));
            assert!(Cursor::read(&cursor.write(), &other).is_err());
        }
        assert!(Cursor::read("bm9uc2Vuc2U", &query).is_err());
        assert!(Cursor::read("%%%", &query).is_err());
    }
}
