//! Holds the pieces that pages are made of. None of them fetches; they show what they are given,
//! or the live state of the page.

#![expect(unreachable_pub, reason = "`#[component]` writes `pub` in front of what it generates")]

pub(crate) mod chip;
pub(crate) mod field;
pub(crate) mod frame;
pub(crate) mod heading;
pub(crate) mod icon;
pub(crate) mod loaded;
pub(crate) mod mapping_row;
pub(crate) mod message;
pub(crate) mod status;
pub(crate) mod theme_switch;
