//! Files on the machines of the nodes, of which we know the names alone.

use std::{fmt, str::FromStr, sync::Arc};

use super::proto::config::core::v3::{DataSource, WatchedDirectory, data_source::Specifier};

/// Longest path that Linux takes, in bytes.
const PATH_MAX_BYTES: usize = 4095;

/// An absolute path on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFile(Arc<str>);

impl NodeFile {
    /// Takes a path that is known to be absolute.
    pub(super) fn fixed(path: &'static str) -> Self {
        Self(path.into())
    }

    /// Returns a file inside this folder.
    pub fn join(&self, name: &str) -> Self {
        Self(format!("{}/{name}", self.0.trim_end_matches('/')).into())
    }

    /// Returns what a node reads once.
    pub(super) fn source(&self) -> DataSource {
        let file = Specifier::Filename(self.to_string());
        DataSource { specifier: Some(file), ..DataSource::default() }
    }

    /// Returns where a node notices that another file was moved into this one's place: in its
    /// folder, since Kubernetes moves a link to folders there.
    pub(super) fn watched(&self) -> WatchedDirectory {
        let folder = self.0.rsplit_once('/').map(|(folder, _)| folder);
        let path = folder.filter(|folder| !folder.is_empty()).unwrap_or("/").to_owned();
        WatchedDirectory { path, ..WatchedDirectory::default() }
    }
}

impl FromStr for NodeFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') {
            return Err("must be an absolute path, since it is a file on the nodes".to_owned());
        }
        if text.len() > PATH_MAX_BYTES || text.chars().any(char::is_control) {
            return Err(format!("must be a path of at most {PATH_MAX_BYTES} bytes"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for NodeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/etc/chancery/tls.crt", "/etc/chancery")]
    #[case("/tls.crt", "/")]
    fn a_file_is_watched_in_its_folder(#[case] file: &str, #[case] folder: &str) {
        assert_eq!(file.parse::<NodeFile>().unwrap().watched().path, folder);
    }

    #[test]
    fn a_file_on_the_nodes_is_named_absolutely() {
        assert!("tls.crt".parse::<NodeFile>().is_err());
        assert!(format!("/{}", "x".repeat(PATH_MAX_BYTES)).parse::<NodeFile>().is_err());
        assert_eq!("/a/".parse::<NodeFile>().unwrap().join("b").to_string(), "/a/b");
    }
}
