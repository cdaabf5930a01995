//! What a request must be like to be served by a mapping.

pub mod pattern;
