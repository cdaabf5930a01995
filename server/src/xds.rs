//! Delivers the configuration to the nodes, in an order that never drops a request.
//!
//! ```text
//! publisher ─▶ watch<Arc<Published>> ─▶ stream driver ─▶ session (sans IO) ─▶ Envoy
//!                                            ▲                │ ACK, NACK
//!                                            └── nodes, receipts, feedback ──▶ publisher
//! ```
//! `resource` is what is sent, `session` decides what to send next, `stream` moves bytes. `listener`
//! is where nodes connect, and `gate` who of them may come in.

pub mod gate;
pub mod listener;
pub mod node;
pub mod resource;
pub mod session;
pub mod stream;
