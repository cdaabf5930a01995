//! What to say when the API server does not do what is asked of it.

use kube::core::Status;

use super::index::{Source, What};
use crate::quoted::causes;

/// What is asked of the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    List,
    Watch,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Watch => "watch",
        }
    }

    /// Says which request it is, as the beginning of a sentence.
    pub(super) fn of(self, source: &Source) -> String {
        let place = match &source.namespace {
            Some(namespace) => format!("the namespace `{namespace}`"),
            None => "all namespaces".to_owned(),
        };
        format!("{} {} in {place}", self.name(), source.what.resource())
    }
}

impl What {
    /// Returns how RBAC names it.
    fn resource(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Slices => "endpointslices",
        }
    }

    fn group(self) -> &'static str {
        match self {
            Self::Services => "",
            Self::Slices => "discovery.k8s.io",
        }
    }
}

/// Says what failed and, where the operator can do something, what.
pub(super) fn words(source: &Source, verb: Verb, error: &kube::Error) -> String {
    let asked = verb.of(source);
    match error {
        kube::Error::Api(status) if status.code == 403 => forbidden(source, &asked, status),
        kube::Error::Api(status) if status.code == 401 => format!(
            "{asked}: the API server does not take the credentials of the kubeconfig or of the \
             service account: {}",
            status.message
        ),
        kube::Error::Api(status) => {
            format!("{asked}: the API server says {}: {}", status.code, status.message)
        }
        error => format!("{asked}: {}", causes(error)),
    }
}

/// Names the rule that is missing.
fn forbidden(source: &Source, asked: &str, status: &Status) -> String {
    let role = match &source.namespace {
        Some(namespace) => format!("a Role in the namespace `{namespace}`"),
        None => "a ClusterRole".to_owned(),
    };
    format!(
        "{asked}: forbidden; {role} must have the rule {{apiGroups: [\"{}\"], resources: \
         [\"{}\"], verbs: [\"list\", \"watch\"]}} ({})",
        source.what.group(),
        source.what.resource(),
        status.message
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &Source) -> String {
        let message = "services is forbidden: User \"system:serviceaccount:chancery:chancery\" \
                       cannot list resource";
        let status = Status::failure(message, "Forbidden").with_code(403);
        words(source, Verb::List, &kube::Error::Api(status.boxed()))
    }

    #[test]
    fn what_is_forbidden_is_told_with_the_rule_that_allows_it() {
        let everywhere = refused(&Source { what: What::Services, namespace: None });
        let in_shop = refused(&Source { what: What::Slices, namespace: Some("shop".into()) });

        assert_eq!(
            everywhere,
            "list services in all namespaces: forbidden; a ClusterRole must have the rule \
             {apiGroups: [\"\"], resources: [\"services\"], verbs: [\"list\", \"watch\"]} (services \
             is forbidden: User \"system:serviceaccount:chancery:chancery\" cannot list resource)"
        );
        assert!(
            in_shop.starts_with(
                "list endpointslices in the namespace `shop`: forbidden; a Role in the namespace \
                 `shop` must have the rule {apiGroups: [\"discovery.k8s.io\"]"
            ),
            "{in_shop}"
        );
    }
}
