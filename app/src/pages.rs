//! Holds the pages, one file each. A page decides what is shown and calls the REST API; the pieces
//! are in `components`.

#![expect(unreachable_pub, reason = "`#[component]` writes `pub` in front of what it generates")]

pub(crate) mod delete_mapping;
pub(crate) mod mappings;
pub mod new_mapping;
pub(crate) mod not_found;
