//! Who a client is.

use crate::fields::{Field, Group, Kind};

pub(super) const GROUP: Group = Group {
    key: "clients",
    title: "Clients",
    fields: &[
        Field {
            key: "clients/trusted_hops",
            label: "Proxies before the gateway",
            kind: Kind::Number { least: 0, most: 10, unit: "" },
            default: "0",
            help: "So many addresses of `x-forwarded-for`, from its end, are believed.",
            envoy: "xff_num_trusted_hops",
        },
        Field {
            key: "clients/proxy_protocol",
            label: "PROXY protocol",
            kind: Kind::Choice(&[
                ("off", "off"),
                ("accepted", "accepted: connections may begin with it"),
                ("required", "required: others are closed"),
            ]),
            default: "off",
            help: "By which a load balancer says whose connection it is. Whoever can connect past it can \
                   claim any address.",
            envoy: "envoy.filters.listener.proxy_protocol",
        },
    ],
};
