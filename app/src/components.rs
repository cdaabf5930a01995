//! Holds the pieces that pages and islands are made of. None of them fetches; they show what they
//! are given.

#![expect(unreachable_pub, reason = "`#[component]` writes `pub` in front of what it generates")]

#[cfg(feature = "ssr")]
pub(crate) mod action;
#[cfg(feature = "ssr")]
pub(crate) mod actor;
pub(crate) mod card;
pub(crate) mod chart;
pub(crate) mod chip;
pub(crate) mod diff;
#[cfg(feature = "ssr")]
pub(crate) mod empty;
#[cfg(feature = "ssr")]
pub(crate) mod find;
#[cfg(feature = "ssr")]
pub(crate) mod frame;
pub(crate) mod icon;
#[cfg(feature = "ssr")]
pub(crate) mod message;
#[cfg(feature = "ssr")]
pub(crate) mod note;
#[cfg(feature = "ssr")]
pub(crate) mod page_head;
#[cfg(feature = "ssr")]
pub(crate) mod pager;
#[cfg(feature = "ssr")]
pub(crate) mod plan;
pub(crate) mod reason;
#[cfg(feature = "ssr")]
pub(crate) mod refused;
#[cfg(feature = "ssr")]
pub(crate) mod tabs;
pub(crate) mod time;
#[cfg(feature = "ssr")]
pub(crate) mod undo;
