//! `chancery openapi`

use clap::Args;

use super::{CliError, print};
use crate::http::openapi::document;

#[derive(Debug, Args)]
pub(super) struct Openapi {}

impl Openapi {
    pub(super) fn run(self) -> Result<(), CliError> {
        print(&format!("{}\n", document().to_pretty_json()?))
    }
}
