//! Serves [`chancery_demo::gruesvc`] on an address of its own.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    chancery_demo::serve("gruesvc", chancery_demo::gruesvc()).await
}
