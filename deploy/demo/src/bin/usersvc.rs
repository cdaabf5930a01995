//! Serves [`chancery_demo::usersvc`] on an address of its own.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    chancery_demo::serve("usersvc", chancery_demo::usersvc()).await
}
