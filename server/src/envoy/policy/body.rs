//! Limits of what clients send.

use app::api::policy::Policy;

use super::{
    super::{
        config::number,
        filters::{Piece, Step},
        proto::extensions::filters::http::{
            body_size_limit::v3::BodySizeLimit, buffer::v3::Buffer,
        },
        protobuf,
    },
    piece,
};
use crate::gateway::policy::BUFFER_DEFAULT_BYTES;

/// The limit refuses by the declared length, before anything has been kept; the buffer needs one of
/// its own.
pub(super) fn pieces(policy: &Policy) -> Vec<Piece> {
    let body = &policy.body;
    let default = body.buffer.then_some(BUFFER_DEFAULT_BYTES);
    let Some(bytes) = body.max_bytes.or(default) else { return Vec::new() };
    let limit =
        BodySizeLimit { max_request_bytes: Some(protobuf::UInt64Value { value: bytes.into() }) };
    let mut pieces = vec![piece(Step::BodyLimit, "envoy.filters.http.body_size_limit", limit)];
    if body.buffer {
        let buffer = Buffer { max_request_bytes: number(bytes) };
        pieces.push(piece(Step::Buffer, "envoy.filters.http.buffer", buffer));
    }
    pieces
}
