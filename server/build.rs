//! Tells cargo what else the binary is made of: the migrations, and the portal's files.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
    // a debug build reads the portal's files from disk when they are asked for
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo:rerun-if-changed=../target/site");
    }
}
