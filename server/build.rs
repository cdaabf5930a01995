//! Tells cargo that the embedded migrations are a source of the binary.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
