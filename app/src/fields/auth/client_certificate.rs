//! Certificates of clients.

use super::super::{Field, Group, Kind};

pub(super) const GROUP: Group = Group {
    key: "auth.client_certificate",
    title: "Certificates of clients",
    fields: &[
        Field {
            key: "auth.client_certificate.names",
            label: "Names in the certificate",
            kind: Kind::Lines { most: 50, example: "billing.example.com" },
            default: "everyone may call, without a certificate",
            help: "One a line: a DNS name, *. and a DNS name, or a URI, one of which the certificate must have \
                   as a subject alternative name. The gateway’s settings must ask clients for certificates.",
            envoy: "envoy.filters.http.rbac: authenticated.principal_name",
        },
        Field {
            key: "auth.client_certificate.any",
            label: "Any certificate",
            kind: Kind::Switch,
            default: "off",
            help: "Of those that the gateway’s trust bundle is for.",
            envoy: "envoy.filters.http.rbac: authenticated",
        },
    ],
};
