//! Holds the interactive parts of the pages: what the browser's WebAssembly is made of.
//!
//! The server renders an island from its properties, which travel with the page; the browser
//! brings it to life from the same, and from then on it follows `live`. An island without
//! JavaScript shows what the server knew, and its links and forms work.

#![expect(unreachable_pub, reason = "`#[island]` writes `pub` in front of what it generates")]

pub(crate) mod board;
#[cfg(feature = "hydrate")]
mod changes;
pub(crate) mod charts;
pub(crate) mod clock;
pub(crate) mod copy;
pub(crate) mod form;
pub(crate) mod given;
pub(crate) mod mapping;
pub(crate) mod mapping_table;
pub(crate) mod pause;
pub(crate) mod resort;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod search;
pub(crate) mod shortcuts;
pub(crate) mod status;
pub(crate) mod theme_switch;
