//! What a connection or a request may take.

use app::api::gateway::LimitSettings;

use crate::gateway::read::Reader;

/// A day, in seconds.
const DAY_S: u32 = 24 * 60 * 60;

/// Reads the group `limits`.
pub(super) fn read(reader: &Reader<'_>) -> LimitSettings {
    let default = LimitSettings::default();
    let seconds = |key, most| reader.number(key, 1..=most, "seconds");
    LimitSettings {
        max_request_headers_kb: reader
            .number("max_request_headers_kb", 4..=1024, "KiB")
            .unwrap_or(default.max_request_headers_kb),
        max_request_headers: reader
            .number("max_request_headers", 20..=1000, "")
            .unwrap_or(default.max_request_headers),
        request_headers_timeout_s: seconds("request_headers_timeout_s", 300)
            .unwrap_or(default.request_headers_timeout_s),
        request_timeout_s: seconds("request_timeout_s", DAY_S),
        idle_timeout_s: seconds("idle_timeout_s", DAY_S).unwrap_or(default.idle_timeout_s),
        max_connection_duration_s: seconds("max_connection_duration_s", 7 * DAY_S),
        max_requests_per_connection: reader.number(
            "max_requests_per_connection",
            1..=1_000_000,
            "",
        ),
        max_concurrent_streams: reader
            .number("max_concurrent_streams", 1..=1000, "")
            .unwrap_or(default.max_concurrent_streams),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::super::tests::{is_read_back, wrong};

    #[test]
    fn what_was_written_is_read_back() {
        is_read_back(&json!({ "limits": {
            "max_request_headers_kb": 1024, "max_request_headers": 20,
            "request_headers_timeout_s": 1, "request_timeout_s": 86_400, "idle_timeout_s": 1,
            "max_connection_duration_s": 604_800, "max_requests_per_connection": 1_000_000,
            "max_concurrent_streams": 1000,
        }}));
    }

    #[rstest]
    #[case("max_request_headers_kb", 3)]
    #[case("max_request_headers", 1001)]
    #[case("request_headers_timeout_s", 0)]
    #[case("request_timeout_s", 86_401)]
    #[case("idle_timeout_s", 0)]
    #[case("max_connection_duration_s", 604_801)]
    #[case("max_requests_per_connection", 0)]
    #[case("max_concurrent_streams", 0)]
    fn a_number_that_is_out_of_bounds_is_named(#[case] field: &str, #[case] number: u32) {
        let wrong = wrong(&json!({ "limits": { field: number } }));

        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].0, format!("/limits/{field}"));
    }
}
