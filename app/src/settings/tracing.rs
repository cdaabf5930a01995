//! Where spans of requests are sent.

use crate::fields::{Field, Group, Kind};

pub(super) const GROUP: Group = Group {
    key: "tracing",
    title: "Tracing",
    fields: &[
        Field {
            key: "tracing/service",
            label: "Collector",
            kind: Kind::Text { most: 300, example: "otel-collector:4317" },
            default: "none: nothing is traced",
            help: "A service that takes OTLP by gRPC, such as `otel-collector:4317`.",
            envoy: "envoy.tracers.opentelemetry",
        },
        Field {
            key: "tracing/sampled_percent",
            label: "Traces begun",
            kind: Kind::Number { least: 0, most: 100, unit: "%" },
            default: "1 %",
            help: "Of requests without a `traceparent`, by chance; others go by what it says.",
            envoy: "random_sampling",
        },
        Field {
            key: "tracing/service_name",
            label: "Name of the gateway in traces",
            kind: Kind::Text { most: 128, example: "chancery" },
            default: "chancery",
            help: "",
            envoy: "service_name",
        },
    ],
};
