//! Tokens of an issuer.

use super::super::{Column, Field, Group, Kind, Shape};

/// Longest name of a claim in bytes.
const CLAIM: Kind = Kind::Text { most: 128, example: "sub" };

pub(super) const GROUP: Group = Group {
    key: "auth.jwt",
    title: "Tokens",
    fields: &[
        Field {
            key: "auth.jwt.issuer",
            label: "Issuer",
            kind: Kind::Text { most: 256, example: "https://login.example.com/" },
            default: "everyone may call, without a token",
            help: "What the claim iss must be. Tokens that have expired, or that never do, are refused.",
            envoy: "envoy.filters.http.jwt_authn: issuer",
        },
        Field {
            key: "auth.jwt.audiences",
            label: "Audiences",
            kind: Kind::Lines { most: 20, example: "accounts" },
            default: "any",
            help: "One a line; the claim aud must have one of them. Without, a token that the issuer has made \
                   for something else will do.",
            envoy: "audiences",
        },
        Field {
            key: "auth.jwt.jwks_url",
            label: "Where the keys are",
            kind: Kind::Text {
                most: 512,
                example: "https://login.example.com/.well-known/jwks.json",
            },
            default: "the keys below",
            help: "Envoy fetches the issuer’s public keys from there, before the first request and then again \
                   and again. While it can’t, it uses those that it has.",
            envoy: "remote_jwks",
        },
        Field {
            key: "auth.jwt.cache_s",
            label: "Fetched again after",
            kind: Kind::Number { least: 1, most: 86_400, unit: "s" },
            default: "300",
            help: "A new key is known after so long at the latest, and one that is gone is used no longer.",
            envoy: "remote_jwks.cache_duration",
        },
        Field {
            key: "auth.jwt.jwks",
            label: "The keys themselves",
            kind: Kind::Area { most: 16_384, example: "{ \"keys\": [ … ] }" },
            default: "fetched",
            help: "Public keys as a JWK set (RFC 7517), instead of an address: RSA of 2048 bits or more, \
                   P-256, P-384, Ed25519.",
            envoy: "local_jwks",
        },
        Field {
            key: "auth.jwt.from.header",
            label: "Header with the token",
            kind: Kind::Text { most: 64, example: "x-token" },
            default: "Authorization: Bearer …",
            help: "",
            envoy: "from_headers",
        },
        Field {
            key: "auth.jwt.from.query",
            label: "Parameter with the token",
            kind: Kind::Text { most: 64, example: "access_token" },
            default: "none",
            help: "URLs are logged and kept in histories; better is a header.",
            envoy: "from_params",
        },
        Field {
            key: "auth.jwt.from.cookie",
            label: "Cookie with the token",
            kind: Kind::Text { most: 64, example: "session" },
            default: "none",
            help: "",
            envoy: "from_cookies",
        },
        Field {
            key: "auth.jwt.forward",
            label: "The service sees the token",
            kind: Kind::Switch,
            default: "off",
            help: "A token in a cookie it sees in any case.",
            envoy: "forward",
        },
        Field {
            key: "auth.jwt.claims_to_headers",
            label: "Claims for the service",
            kind: Kind::Rows {
                most: 20,
                shape: Shape::Objects,
                columns: &[
                    Column { key: "claim", label: "Claim", kind: CLAIM },
                    Column {
                        key: "header",
                        label: "Header",
                        kind: Kind::Text { most: 64, example: "x-user" },
                    },
                ],
            },
            default: "none",
            help: "A claim of the token, told to the service in a header; a client’s own header of this name is \
                   removed. a.b is b inside of a, unless the name is a URL. Lists and objects come as \
                   base64 of their JSON.",
            envoy: "claim_to_headers",
        },
        Field {
            key: "auth.jwt.required_claims",
            label: "Required claims",
            kind: Kind::Rows {
                most: 20,
                shape: Shape::Objects,
                columns: &[
                    Column {
                        key: "claim",
                        label: "Claim",
                        kind: Kind::Text { most: 128, example: "scope" },
                    },
                    Column {
                        key: "values",
                        label: "One of",
                        kind: Kind::Words { most: 20, example: "accounts:read | accounts:admin" },
                    },
                ],
            },
            default: "none",
            help: "Every claim must be, or contain, one of its values, which are typed with | between them; \
                   others are refused with 403. scope and scp may be words in one text.",
            envoy: "envoy.filters.http.rbac",
        },
    ],
};
