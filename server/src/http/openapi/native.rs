//! Shapes of the native API that no type of `app::api` has, for the document only.

#![expect(dead_code, reason = "only the schemas are used")]

use app::api::{
    certificate::{Certificate, CertificatePlan, TrustBundle},
    consumer::{Consumer, ConsumerPlan},
    gateway::{Gateway, SettingsPlan},
    mapping::{Backend, Mapping},
    plan::Plan,
};
use utoipa::ToSchema;

/// Some fields of a mapping: those that are absent stay, `null` means the default.
#[derive(ToSchema)]
pub(in crate::http) struct MappingPatch {
    name: Option<String>,
    prefix: Option<String>,
    service: Option<String>,
    rewrite: Option<String>,
    labels: Option<Vec<String>>,
    team: Option<String>,
    /// `null` ends the sharing: `service` gets all requests.
    #[schema(max_items = 10)]
    backends: Option<Vec<Backend>>,
}

/// The whole content of a mapping. Its name is in the address; it may be here, too, if it is the
/// same.
#[derive(ToSchema)]
pub(in crate::http) struct MappingContent {
    name: Option<String>,
    /// Requests at or below it are served by the mapping.
    prefix: String,
    /// Where they go: `[scheme://]name[.namespace][:port]`; absent with `redirect` or `respond`.
    service: Option<String>,
    /// Replaces the prefix; absent means `/`, the empty text leaves the path as it is.
    rewrite: Option<String>,
    /// What the mapping is found by; absent means none.
    labels: Option<Vec<String>>,
    /// The team whose it is; absent means the team that it has, or the caller's.
    team: Option<String>,
    /// The services among which the requests are shared: 2 to 10, the first is `service`; absent
    /// means that `service` gets them all.
    #[schema(max_items = 10)]
    backends: Option<Vec<Backend>>,
}

/// The mapping as it is now, or what would be done if it were not a dry run.
#[derive(ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum MappingOrPlan {
    Mapping(Box<Mapping>),
    Plan(Plan),
}

/// The settings as they are now, or what would differ if it were not a dry run.
#[derive(ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum GatewayOrPlan {
    Gateway(Box<Gateway>),
    Plan(SettingsPlan),
}

/// The certificate as it is now, or what would be done if it were not a dry run.
#[derive(ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum CertificateOrPlan {
    Certificate(Box<Certificate>),
    Plan(CertificatePlan),
}

/// The trust bundle as it is now, or what would be done if it were not a dry run.
#[derive(ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum TrustBundleOrPlan {
    TrustBundle(TrustBundle),
    Plan(CertificatePlan),
}

/// The consumer as it is now, or what would be done if it were not a dry run.
#[derive(ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum ConsumerOrPlan {
    Consumer(Box<Consumer>),
    Plan(ConsumerPlan),
}

/// The states of configuration, as the list is asked for them.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum ConfigWord {
    Live,
    Pending,
    Rejected,
    NoNodes,
}
