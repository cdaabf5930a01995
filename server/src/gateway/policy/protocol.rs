//! The version of HTTP that a service speaks.

use app::api::policy::Protocol;

use crate::gateway::read::Reader;

pub(super) fn read(reader: &Reader<'_>) -> Protocol {
    let known = [("http1", Protocol::Http1), ("http2", Protocol::Http2)];
    reader.choice("protocol", &known).unwrap_or_default()
}
