//! Where spans of requests are sent.

use serde::{Deserialize, Serialize};

/// Which requests are traced, and who is told: a collector that takes OTLP by gRPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TracingSettings {
    /// Where the collector is: it is found as services of mappings are. Absent: nothing is traced.
    #[cfg_attr(feature = "ssr", schema(example = "otel-collector:4317"))]
    pub service: Option<String>,
    /// How many of the requests begin a trace, by chance. Those that bring a `traceparent` go by
    /// what it says.
    #[cfg_attr(feature = "ssr", schema(maximum = 100))]
    pub sampled_percent: u8,
    /// What the spans say that the gateway is: their `service.name`.
    #[cfg_attr(feature = "ssr", schema(min_length = 1, max_length = 128))]
    pub service_name: String,
}

impl Default for TracingSettings {
    fn default() -> Self {
        Self { service: None, sampled_percent: 1, service_name: "chancery".to_owned() }
    }
}
