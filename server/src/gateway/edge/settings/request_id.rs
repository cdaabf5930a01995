//! What becomes of `x-request-id`.

use app::api::gateway::RequestIdSettings;

use crate::gateway::read::Reader;

/// Reads the group `request_id`.
pub(super) fn read(reader: &Reader<'_>) -> RequestIdSettings {
    RequestIdSettings {
        keep_from_clients: reader.flag("keep_from_clients"),
        in_responses: reader.flag("in_responses"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{is_read_back, wrong};

    #[test]
    fn what_was_written_is_read_back_and_what_is_no_flag_is_named() {
        is_read_back(&json!({ "request_id": { "keep_from_clients": true, "in_responses": true } }));
        let wrong = wrong(&json!({ "request_id": { "in_responses": "yes" } }));
        assert_eq!(wrong[0].0, "/request_id/in_responses");
    }
}
