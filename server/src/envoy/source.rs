//! What a node counts by itself, apart from all else that it counts.

use std::{fmt, str::FromStr, sync::Arc};

use crate::gateway::{backends::Side, mapping::MappingName, upstream::Upstream};

/// What a node counts by itself. Several may belong to one mapping or one
/// service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The requests of one side of a mapping, in one virtual host.
    Route {
        mapping: MappingName,
        side: Side,
        /// `None` for the virtual host of all hosts.
        host: Option<Arc<str>>,
    },
    /// The requests to a cluster.
    Cluster(Upstream),
}

impl Source {
    /// Returns the requests of a mapping that has one service and takes requests of all hosts.
    pub fn of_mapping(mapping: MappingName) -> Self {
        Self::Route { mapping, side: Side::FIRST, host: None }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route { mapping, side, host } => {
                write!(f, "mapping/{mapping}")?;
                if *side != Side::FIRST {
                    write!(f, "@{side}")?;
                }
                host.iter().try_for_each(|host| write!(f, "/{host}"))
            }
            Self::Cluster(upstream) => write!(f, "service/{upstream}"),
        }
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = match text.split_once('/') {
            Some(("mapping", rest)) => route(rest),
            Some(("service", rest)) => Upstream::parse(rest).ok().map(Self::Cluster),
            _ => None,
        };
        parsed.ok_or_else(|| format!("`{text}` is nothing that a node counts"))
    }
}

fn route(text: &str) -> Option<Source> {
    let (route, host) = match text.split_once('/') {
        Some((route, host)) => (route, Some(host.into())),
        None => (text, None),
    };
    let (mapping, side) = split_side(route)?;
    Some(Source::Route { mapping, side, host })
}

/// Reads `name` or `name@2`: the text by which Envoy counts a side.
pub fn split_side(text: &str) -> Option<(MappingName, Side)> {
    let (name, side) = match text.split_once('@') {
        Some((name, side)) => (name, Side::parse(side)?),
        None => (text, Side::FIRST),
    };
    Some((MappingName::parse(name).ok()?, side))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_counts_survives_its_text_and_one_of_an_older_version_is_understood() {
        for text in [
            "mapping/user.v1",
            "mapping/user.v1@2",
            "mapping/user.v1/api~example~com",
            "mapping/user.v1@10/*~example~com",
            "service/https://images.shop",
            "service/[::1]:9000+5f0c6a1e9b24d873",
        ] {
            assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
        }
        let user = MappingName::parse("user").unwrap();
        assert_eq!("mapping/user".parse(), Ok(Source::of_mapping(user)));
        assert!("mapping/user@1".parse::<Source>().is_err(), "written in one way only");
    }
}
