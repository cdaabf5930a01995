//! Who may do what: principals, teams, roles, claims and requests.
//!
//! ```text
//! entity ─ what is kept ─▶ access ─ all of it, immutable ─▶ principal ─ permission ─▶ may they?
//!                            ▲                                              │
//!                            └────── edits ◀─ command (pure rules) ◀────────┘
//! ```
//! Pure: no IO and no clock; the time is handed in. The exception is `oidc`, which asks a
//! provider. The store keeps the entities and carries out commands, each in one transaction with
//! its audit row; `http` finds out who calls.

pub mod names;
pub mod oidc;
pub mod role;
pub mod secret;
