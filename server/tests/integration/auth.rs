//! Who may call a mapping, through a real Envoy: with issuers, authorities and services of the
//! tests' own.

mod client_certificate;
mod external;
mod issuer;
mod jwks;
mod jwt;
mod required;

use crate::{policy::Bench, support::docs};

#[tokio::test]
async fn the_examples_of_the_documentation_work() {
    let bench = Bench::start().await;

    docs::run(&bench.server, include_str!("../../../docs/authentication.md")).await;
}
