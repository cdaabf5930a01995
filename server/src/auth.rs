//! Who may do what: principals, teams, roles, claims and requests.
//!
//! ```text
//! entity ─ what is kept ─▶ access ─ all of it, immutable ─▶ principal ─ permission ─▶ may they?
//!                            ▲                                              │
//!                            └────── edits ◀─ command (pure rules) ◀────────┘
//! ```
//! Pure: no IO and no clock; the time is handed in. The exceptions are `hasher`, which keeps the
//! work of hashing off the other tasks, and `oidc`, which asks a provider. The store keeps the
//! entities and carries out commands, each in one transaction with its audit row; `http` finds out
//! who calls.

pub mod access;
pub mod audit;
pub mod claim;
pub mod command;
pub mod entity;
pub mod hasher;
pub mod lockout;
pub mod names;
pub mod needs;
pub mod oidc;
pub mod ownership;
pub mod password;
pub mod permission;
pub mod principal;
pub mod refusal;
pub mod role;
pub mod seal;
pub mod secret;
pub mod settings;
pub mod sight;
