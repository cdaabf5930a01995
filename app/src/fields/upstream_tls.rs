//! How services with the scheme `https` prove who they are, and the gateway to them.

use super::{Field, Group, Kind, Section};

pub(super) const SECTION: Section = Section {
    id: "upstream-tls",
    title: "TLS to services",
    about: "For services that begin with https://: how they prove who they are, and the gateway to them",
    groups: &[Group {
        key: "upstream_tls",
        title: "TLS to services",
        fields: &[
            Field {
                key: "upstream_tls.verify",
                label: "Certificate of the service",
                kind: Kind::Choice(&[("full", "verified"), ("off", "not verified")]),
                default: "verified",
                help: "Who has signed it, until when it is valid, and which name it is for. Not verified: \
                       whoever is between the gateway and the service can pass for it.",
                envoy: "validation_context",
            },
            Field {
                key: "upstream_tls.trust_bundle",
                label: "Signed by",
                kind: Kind::Text { most: 64, example: "internal-ca" },
                default: "an authority that the nodes’ system trusts",
                help: "A trust bundle of your team’s or the installation’s.",
                envoy: "validation_context_sds_secret_config",
            },
            Field {
                key: "upstream_tls.server_name",
                label: "Name of the service",
                kind: Kind::Text { most: 253, example: "images.internal" },
                default: "the service’s host",
                help: "Asked for in the handshake (SNI); the certificate must be for it.",
                envoy: "sni, match_typed_subject_alt_names",
            },
            Field {
                key: "upstream_tls.client_certificate",
                label: "Certificate of the gateway",
                kind: Kind::Text { most: 64, example: "gateway-client" },
                default: "none",
                help: "A certificate of your team’s or the installation’s, by which the service knows who \
                       asks.",
                envoy: "tls_certificate_sds_secret_configs",
            },
        ],
    }],
};
