//! As which nodes somebody may speak.

use std::{fmt, sync::Arc};

use tonic::{Request, Status};

use super::{
    pattern::NodePattern,
    refused::{Reason, Refused},
};
use crate::xds::node::NodeId;

/// What somebody has shown to prove who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// A certificate of an authority that we trust, and which nodes it is for.
    Certificate(Arc<[NodePattern]>),
    /// A token that we know, and which nodes it is for.
    Token(NodePattern),
}

impl Shown {
    fn covers(&self, id: &str) -> bool {
        match self {
            Self::Certificate(nodes) => nodes.iter().any(|nodes| nodes.covers(id)),
            Self::Token(nodes) => nodes.covers(id),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(nodes) => write!(f, "this token is for `{nodes}`"),
            Self::Certificate(nodes) if nodes.is_empty() => {
                f.write_str("this certificate names no node")
            }
            Self::Certificate(nodes) => {
                f.write_str("this certificate is for ")?;
                for (place, nodes) in nodes.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    write!(f, "{comma}`{nodes}`")?;
                }
                Ok(())
            }
        }
    }
}

/// Who a request comes from. It is in the extensions of every request that the gate lets in.
#[derive(Debug, Clone)]
pub struct Identity {
    /// All of it must be for a node; nothing, where nobody is asked.
    shown: Arc<[Shown]>,
    refused: Refused,
}

impl Identity {
    pub(super) fn new(shown: Vec<Shown>, refused: Refused) -> Self {
        Self { shown: shown.into(), refused }
    }

    /// Returns who a request comes from.
    ///
    /// # Errors
    /// Refuses a request that has not come through the gate.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let identity = request.extensions().get::<Self>().cloned();
        identity.ok_or_else(|| Status::unauthenticated("nobody has asked who you are"))
    }

    /// Lets somebody speak as the node with this id.
    ///
    /// # Errors
    /// Refuses with `PERMISSION_DENIED`, naming both, when what they have shown is for other nodes.
    pub fn admit(&self, id: &str) -> Result<NodeId, Status> {
        let node = NodeId::reported(id);
        match self.shown.iter().find(|shown| !shown.covers(id)) {
            None => Ok(node),
            Some(other) => {
                self.refused.count(Reason::Node);
                Err(Status::permission_denied(format!("you say to be the node `{node}`: {other}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use tonic::Code;

    use super::*;

    fn nodes(text: &str) -> NodePattern {
        NodePattern::parse(text).unwrap()
    }

    fn certificate(names: &[&str]) -> Shown {
        Shown::Certificate(names.iter().map(|name| nodes(name)).collect())
    }

    #[rstest]
    #[case(vec![], "anyone", None)]
    #[case(vec![Shown::Token(nodes("a"))], "a", None)]
    #[case(vec![Shown::Token(nodes("a"))], "b", Some("you say to be the node `b`: this token is for `a`"))]
    #[case(vec![certificate(&["a", "b"])], "b", None)]
    #[case(vec![certificate(&["a", "b"])], "c", Some("you say to be the node `c`: this certificate is for `a`, `b`"))]
    #[case(vec![certificate(&[])], "a", Some("you say to be the node `a`: this certificate names no node"))]
    #[case(vec![certificate(&["a"]), Shown::Token(nodes("b"))], "a", Some("you say to be the node `a`: this token is for `b`"))]
    fn all_that_is_shown_must_be_for_the_node(
        #[case] shown: Vec<Shown>,
        #[case] id: &str,
        #[case] refusal: Option<&str>,
    ) {
        let admitted = Identity::new(shown, Refused::default()).admit(id);

        match refusal {
            None => assert_eq!(admitted.unwrap().as_str(), id),
            Some(message) => {
                let status = admitted.unwrap_err();
                assert_eq!((status.code(), status.message()), (Code::PermissionDenied, message));
            }
        }
    }
}
