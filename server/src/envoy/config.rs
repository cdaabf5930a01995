//! Small messages that many of Envoy's resources are made of.

use std::{net::SocketAddr, time::Duration};

use super::{
    proto::config::core::v3::{
        Address, AggregatedConfigSource, ApiVersion, ConfigSource, SocketAddress,
        address::Address as AddressKind,
        config_source::ConfigSourceSpecifier,
        socket_address::{PortSpecifier, Protocol},
    },
    protobuf,
};

/// Returns the source of everything that a node is told over its one stream to us.
pub(super) fn ads() -> ConfigSource {
    ConfigSource {
        resource_api_version: ApiVersion::V3.into(),
        config_source_specifier: Some(ConfigSourceSpecifier::Ads(AggregatedConfigSource {})),
        ..ConfigSource::default()
    }
}

pub(super) fn socket_address(address: SocketAddr) -> Address {
    host_address(&address.ip().to_string(), address.port())
}

/// Returns an address for datagrams.
pub(super) fn udp_address(address: SocketAddr) -> Address {
    Address {
        address: Some(AddressKind::SocketAddress(SocketAddress {
            protocol: Protocol::Udp.into(),
            address: address.ip().to_string(),
            port_specifier: Some(PortSpecifier::PortValue(address.port().into())),
            ..SocketAddress::default()
        })),
    }
}

pub(super) fn host_address(host: &str, port: u16) -> Address {
    Address {
        address: Some(AddressKind::SocketAddress(SocketAddress {
            address: host.to_owned(),
            port_specifier: Some(PortSpecifier::PortValue(port.into())),
            ..SocketAddress::default()
        })),
    }
}

/// Converts a duration of ours, all of which are far below the 292 years that fit.
pub(super) fn duration(duration: Duration) -> protobuf::Duration {
    protobuf::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(duration.subsec_nanos()).unwrap_or_default(),
    }
}

pub(super) fn yes() -> Option<protobuf::BoolValue> {
    Some(protobuf::BoolValue { value: true })
}

pub(super) fn no() -> Option<protobuf::BoolValue> {
    Some(protobuf::BoolValue { value: false })
}

pub(super) fn number(value: u32) -> Option<protobuf::UInt32Value> {
    Some(protobuf::UInt32Value { value })
}
