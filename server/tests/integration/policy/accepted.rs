//! What the API accepts, Envoy accepts: any policy, many in one configuration.

use std::sync::Arc;

use chancery::{
    auth::names::TeamName,
    envoy::{
        json::{Format, print},
        render::static_config,
        upstream_tls::{NodeCaFile, Trust},
    },
    gateway::{
        edge::{
            EdgeName, GatewaySettings, TrustBundle,
            settings::{OnFailure, RateLimitService, Settings},
        },
        fields::{NameFrom, read_spec},
        mapping::{Change, ChangeKind, Mapping, Revision, Spec},
        policy::Policy,
        table::Table,
    },
};
use chrono::DateTime;
use proptest::{
    prelude::prop,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Map, Value};

use super::generate;
use crate::support::{envoy, tls::Authority};

/// Mappings in one configuration: starting Envoy is what costs.
const MAPPINGS: usize = 60;

#[test]
fn envoy_accepts_every_policy_that_the_api_accepts() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cases = prop::collection::vec(generate::mapping(), MAPPINGS);
    let config = Config {
        cases: 12,
        max_shrink_iters: 200,
        source_file: Some(file!()),
        ..Config::default()
    };

    let outcome = TestRunner::new(config).run(&cases, |bodies| {
        let mut table = Table::default();
        for (index, body) in bodies.iter().enumerate() {
            let spec = spec(index, body)?;
            let at = DateTime::UNIX_EPOCH;
            let revision = Revision(1);
            let mapping = Mapping { spec, revision, created_at: at, updated_at: at };
            table.apply(&Change { revision, kind: ChangeKind::Put(Arc::new(mapping)) });
        }
        let (system, bundles) = (NodeCaFile::default(), [bundle()]);
        let trust = Trust { system: &system, written: Some(&bundles) };
        let address = "127.0.0.1:0".parse().unwrap();
        let config = static_config(&table, address, &settings(), trust, |_service| None);
        let text = print(&config, Format::Json).unwrap();
        runtime.block_on(envoy::validate(&text)).map_err(TestCaseError::fail)
    });

    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Allows all that mappings can ask for.
fn settings() -> GatewaySettings {
    let service = "ratelimit:8081".to_owned();
    let counter = RateLimitService { service, fail: OnFailure::Closed, ..Default::default() };
    GatewaySettings {
        values: Settings {
            fault_injection: true,
            rate_limit_service: Some(counter),
            ..Settings::default()
        },
        ..GatewaySettings::default()
    }
}

/// Returns the trust bundle that the mappings name.
fn bundle() -> Arc<TrustBundle> {
    let at = DateTime::UNIX_EPOCH;
    Arc::new(TrustBundle {
        name: EdgeName::parse(generate::BUNDLE).unwrap(),
        team: None,
        pem: Authority::new("Internal").pem().to_owned(),
        authorities: Vec::new(),
        revision: 1,
        created_at: at,
        updated_at: at,
        updated_by: String::new(),
    })
}

/// Reads a body, which must be accepted, and checks that what is stored of it reads as it was.
fn spec(index: usize, body: &Map<String, Value>) -> Result<Spec, TestCaseError> {
    let name = format!("m{index}");
    let mut body = body.clone();
    body.insert("prefix".to_owned(), format!("/p{index}/").into());
    let spec = read_spec(NameFrom::Url(&name), &body, |_| Some(TeamName::default_team()))
        .map_err(|errors| TestCaseError::fail(format!("{errors:?} in {}", Value::from(body))))?;
    let stored = Policy::parse(&spec.policy.json());
    if stored.as_ref() != Ok(&spec.policy) {
        return Err(TestCaseError::fail(format!("{stored:?} is not {:?}", spec.policy)));
    }
    Ok(spec)
}
