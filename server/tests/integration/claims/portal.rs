//! The pages of ownership: what their plain forms do.
