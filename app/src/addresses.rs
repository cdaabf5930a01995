//! Writes the addresses of the pages about what a mapping was.

use crate::api::client::encode_segment;
use crate::draft::mapping_address;

/// Returns the address of the list that says of a mapping that it was deleted.
pub fn deleted_address(name: &str) -> String {
    format!("/mappings?deleted={}", encode_segment(name))
}

/// Returns the address of the page that compares two revisions of a mapping; without `to`, the
/// newest is the other.
pub fn compare_address(name: &str, from: u64, to: Option<u64>) -> String {
    let to = to.map(|to| format!("&to={to}")).unwrap_or_default();
    format!("{}/compare?from={from}{to}", mapping_address(name))
}

/// Returns the address of the page that shows what a change has changed.
pub fn compare_change_address(name: &str, revision: u64) -> String {
    format!("{}/compare?to={revision}", mapping_address(name))
}

/// Returns the address of the page that restores a revision.
pub fn restore_address(name: &str, revision: u64) -> String {
    format!("{}/restore?revision={revision}", mapping_address(name))
}
