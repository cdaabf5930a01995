//! By what the gateway knows the address of a client.

use app::api::{
    gateway::{ClientSettings, ProxyProtocol, Settings},
    problem::FieldError,
};

use crate::gateway::read::Reader;

/// Proxies before the gateway at the most.
const HOPS_MAX: u8 = 10;

/// Reads the group `clients`.
pub(super) fn read(reader: &Reader<'_>) -> ClientSettings {
    let proxy_protocol = [
        ("off", ProxyProtocol::Off),
        ("accepted", ProxyProtocol::Accepted),
        ("required", ProxyProtocol::Required),
    ];
    ClientSettings {
        trusted_hops: reader.number("trusted_hops", 0..=HOPS_MAX, "").unwrap_or_default(),
        proxy_protocol: reader.choice("proxy_protocol", &proxy_protocol).unwrap_or_default(),
    }
}

/// Checks what does not go with other groups.
pub(super) fn check(reader: &Reader<'_>, settings: &Settings) {
    if settings.clients.proxy_protocol != ProxyProtocol::Off && settings.tls.http3 {
        // a client could come by UDP past the load balancer
        let message = "must be `off` while `tls.http3` is on: QUIC has no PROXY protocol";
        reader.take_in(vec![FieldError::new("clients/proxy_protocol", message.to_owned())]);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::tests::{is_read_back, wrong};

    #[test]
    fn what_was_written_is_read_back() {
        is_read_back(&json!({ "clients": { "trusted_hops": 10, "proxy_protocol": "required" } }));
    }

    #[rstest]
    #[case(json!({ "clients": { "trusted_hops": 11 } }), "/clients/trusted_hops")]
    #[case(json!({ "clients": { "proxy_protocol": "on" } }), "/clients/proxy_protocol")]
    #[case(
        json!({ "clients": { "proxy_protocol": "accepted" }, "tls": { "http3": true } }),
        "/clients/proxy_protocol"
    )]
    fn what_can_not_be_set_is_named(#[case] body: Value, #[case] pointer: &str) {
        let wrong = wrong(&body);

        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].0, pointer);
    }
}
