//! What is deployed: that a real API server takes every manifest, and what all of them promise.

mod accepted;
mod chart;
mod drain;
mod image;
mod metrics;
mod options;
mod promised;
mod secrets;
mod sets;
