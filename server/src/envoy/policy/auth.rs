//! Who may call: the filters by which Envoy finds out, one file for each way.

mod api_key;
mod basic;
mod client_certificate;
mod external;
mod jwt;

use envoy_types::util::pack_any;
use prost::{Message, Name};

use super::super::{
    filters::{Piece, Step},
    proto::{
        config::{
            common::mutation_rules::v3::{HeaderMutation, header_mutation::Action},
            core::v3::{
                DataSource, HeaderValue, HeaderValueOption, TypedExtensionConfig,
                data_source::Specifier, header_value_option::HeaderAppendAction,
            },
        },
        extensions::filters::http::{
            basic_auth::v3::BasicAuth,
            header_mutation::v3::{HeaderMutation as HeaderFilter, Mutations},
        },
    },
};
pub use crate::gateway::edge::consumer::HEADER as CONSUMER_HEADER;
use crate::gateway::{
    edge::{Credentials, consumer::CredentialHash, credentials::Valid},
    policy::Policy,
};

/// Names the filter that compares; the others are named after it.
const FILTER: &str = "chancery.auth";

/// Returns the filters of a mapping's way of proving who one is, if it has one.
pub(super) fn pieces(policy: &Policy, credentials: &Credentials) -> Vec<Piece> {
    let auth = &policy.auth;
    let by_token = auth.jwt.iter().flat_map(|it| jwt::filters(it, policy.other_clusters()));
    let by_key = auth.api_key.iter().flat_map(|it| api_key::filters(it, credentials));
    let by_password = auth.basic.iter().flat_map(|it| basic::filters(it, credentials));
    let by_certificate = auth.client_certificate.iter().map(client_certificate::filter);
    let filters = by_token.chain(by_key).chain(by_password).chain(by_certificate);
    let asked = auth.external.iter().zip(&policy.other_clusters().external);
    let asked = asked.flat_map(|(external, cluster)| external::filters(external, cluster));
    let filters = filters.map(|filter| (Step::Authentication, filter));
    filters.chain(asked.map(|filter| (Step::Authorization, filter))).collect()
}

/// Returns the list of those who may call, in the form of htpasswd. It begins with a remark, since
/// Envoy takes no empty list.
fn users<'c>(
    names: &'c [String],
    credentials: &'c Credentials,
    known_by: impl Fn(&'c str, &'c Valid) -> Vec<(&'c str, &'c CredentialHash)>,
) -> DataSource {
    let mut list = format!("# consumers: {}", names.join(", "));
    let all = names.iter().filter_map(|name| Some((name, credentials.get(name)?)));
    for (user, hash) in all.flat_map(|(name, valid)| known_by(name, valid)) {
        list.extend(["\n", user, ":", hash.reveal()]);
    }
    DataSource { specifier: Some(Specifier::InlineString(list)), ..DataSource::default() }
}

fn comparing(filter: BasicAuth) -> TypedExtensionConfig {
    let forward_username_header = CONSUMER_HEADER.to_owned();
    extension(FILTER.to_owned(), BasicAuth { forward_username_header, ..filter })
}

/// Changes headers before or after the comparison, which `place` says.
fn changing(
    place: &str,
    request_mutations: Vec<HeaderMutation>,
    response_mutations: Vec<HeaderMutation>,
) -> TypedExtensionConfig {
    let mutations = Mutations { request_mutations, response_mutations, ..Mutations::default() };
    let filter = HeaderFilter { mutations: Some(mutations), ..HeaderFilter::default() };
    extension(format!("{FILTER}.{place}"), filter)
}

fn extension<M: Message + Name>(name: String, message: M) -> TypedExtensionConfig {
    TypedExtensionConfig { name, typed_config: Some(pack_any(message)) }
}

fn set(header: &str, value: String) -> HeaderMutation {
    put(header, value, HeaderAppendAction::OverwriteIfExistsOrAdd)
}

fn removed(header: &str) -> HeaderMutation {
    HeaderMutation { action: Some(Action::Remove(header.to_owned())) }
}

/// Says how one may authenticate where Envoy has refused; what a service says of it stays.
fn challenge(scheme: &str, realm: &str) -> HeaderMutation {
    let header = "www-authenticate";
    let value = format!(
        "%CEL(response.code_details.endsWith('_for_basic_auth') ? '{scheme} realm=\"{realm}\"' : \
         response.headers['{header}'])%"
    );
    put(header, value, HeaderAppendAction::OverwriteIfExists)
}

fn put(key: &str, value: String, append_action: HeaderAppendAction) -> HeaderMutation {
    HeaderMutation {
        action: Some(Action::Append(HeaderValueOption {
            header: Some(HeaderValue { key: key.to_owned(), value, ..HeaderValue::default() }),
            append_action: append_action.into(),
            ..HeaderValueOption::default()
        })),
    }
}
