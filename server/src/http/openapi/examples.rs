//! What requests and answers look like: one example for each schema.

use std::sync::LazyLock;

use http::StatusCode;
use serde_json::{Map, Value, json};

/// Examples by the name of their schema. A test reads each with the type it is of.
static EXAMPLES: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let files = [
        include_str!("examples.json"),
        include_str!("examples/ownership.json"),
        include_str!("examples/certificates.json"),
        include_str!("examples/consumers.json"),
        include_str!("examples/gateway.json"),
    ];
    let read = |file| serde_json::from_str::<Map<String, Value>>(file).unwrap_or_default();
    files.into_iter().flat_map(read).collect()
});

/// Returns the example of a schema.
pub(super) fn of(schema: &str) -> Option<Value> {
    EXAMPLES.get(schema).cloned()
}

/// Returns the example of an error by its status.
pub(super) fn problem(status: &str) -> Value {
    let (code, detail, pointer) = match status {
        "400" => ("malformed-request", "the address or a header of the request can't be read", ""),
        "401" => (
            "sign-in-required",
            "sign in first, or send an API token as `Authorization: Bearer`",
            "",
        ),
        "403" => ("forbidden", "only an owner of the team `accounts` may do this", ""),
        "404" => ("not-found", "there is no mapping named `usermapping`", ""),
        "409" => {
            ("prefix-taken", "the prefix `/user/` is already mapped by `usermapping`", "/prefix")
        }
        "412" => ("stale-revision", "`usermapping` was changed since: its revision is now 9", ""),
        "413" => ("body-too-large", "the body is longer than 65536 bytes", ""),
        "415" => (
            "unsupported-media-type",
            "the body must be JSON; send it with `Content-Type: application/json`",
            "",
        ),
        "422" => ("invalid-fields", "`prefix` must begin with `/`", "/prefix"),
        "429" => ("locked-out", "too many failed sign-ins; try again in 8 s", ""),
        "426" => ("malformed-request", "the address or a header of the request can't be read", ""),
        "503" => ("unavailable", "the database can't be written just now; try again", ""),
        _ => ("internal", "something went wrong here; the server's log says more", ""),
    };
    let title = status.parse().ok().and_then(|status: StatusCode| status.canonical_reason());
    let mut problem = json!({
        "type": "about:blank",
        "title": title.unwrap_or("Error"),
        "status": status.parse::<u16>().unwrap_or(500),
        "code": code,
        "detail": detail,
        "request_id": "0b7a5f0e-6f3c-4d0c-9f5d-6f5a3b1f2c11",
    });
    if let Some(object) = problem.as_object_mut() {
        if !pointer.is_empty() {
            let errors = json!([{ "pointer": pointer, "message": detail }]);
            object.insert("errors".to_owned(), errors);
        }
        if status == "412" {
            let current = of("Mapping").unwrap_or_default();
            object.extend([
                ("current".to_owned(), current),
                ("sent".to_owned(), of("MappingDraft").unwrap_or_default()),
            ]);
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use app::api::{
        audit, certificate, claim, consumer, gateway, list, live, mapping, node, plan, problem,
        protection, receipt, request, revision, series, service, session, team, token, user, view,
    };
    use rstest::rstest;
    use serde::{Serialize, de::DeserializeOwned};

    use super::*;

    /// Reads and writes an example with the type that it is of.
    fn again<T: Serialize + DeserializeOwned>(example: Value) -> Value {
        serde_json::to_value(serde_json::from_value::<T>(example).unwrap()).unwrap()
    }

    #[rstest]
    #[case("AuditExport", again::<audit::AuditExport>)]
    #[case("AuditPage", again::<audit::AuditPage>)]
    #[case("FavouriteList", again::<view::FavouriteList>)]
    #[case("Certificate", again::<certificate::Certificate>)]
    #[case("CertificateDraft", again::<certificate::CertificateDraft>)]
    #[case("CertificateList", again::<certificate::CertificateList>)]
    #[case("CertificatePlan", again::<certificate::CertificatePlan>)]
    #[case("TrustBundle", again::<certificate::TrustBundle>)]
    #[case("TrustBundleDraft", again::<certificate::TrustBundleDraft>)]
    #[case("TrustBundleList", again::<certificate::TrustBundleList>)]
    #[case("Consumer", again::<consumer::Consumer>)]
    #[case("ConsumerDraft", again::<consumer::ConsumerDraft>)]
    #[case("ConsumerList", again::<consumer::ConsumerList>)]
    #[case("ConsumerPlan", again::<consumer::ConsumerPlan>)]
    #[case("ConsumerKeyDraft", again::<consumer::ConsumerKeyDraft>)]
    #[case("NewConsumerKey", again::<consumer::NewConsumerKey>)]
    #[case("NewConsumerPassword", again::<consumer::NewConsumerPassword>)]
    #[case("GatewaySettings", again::<gateway::Gateway>)]
    #[case("Settings", again::<gateway::Settings>)]
    #[case("SettingsPlan", again::<gateway::SettingsPlan>)]
    #[case("Claim", again::<claim::Claim>)]
    #[case("ClaimDraft", again::<claim::ClaimDraft>)]
    #[case("ClaimPatch", again::<claim::ClaimPatch>)]
    #[case("ClaimPage", again::<claim::ClaimPage>)]
    #[case("GrantDraft", again::<claim::GrantDraft>)]
    #[case("TakeOver", again::<claim::TakeOver>)]
    #[case("UrlOwner", again::<claim::UrlOwner>)]
    #[case("Protection", again::<protection::Protection>)]
    #[case("ProtectionDraft", again::<protection::ProtectionDraft>)]
    #[case("ProtectionList", again::<protection::ProtectionList>)]
    #[case("Request", again::<request::Request>)]
    #[case("RequestDraft", again::<request::RequestDraft>)]
    #[case("RequestRefusal", again::<request::RequestRefusal>)]
    #[case("RequestPage", again::<request::RequestPage>)]
    #[case("Frame", again::<live::Frame>)]
    #[case("Full", again::<live::Full>)]
    #[case("LiveMapping", again::<live::LiveMapping>)]
    #[case("Mapping", again::<mapping::Mapping>)]
    #[case("MappingDraft", again::<mapping::MappingDraft>)]
    #[case("MappingPage", again::<list::MappingPage>)]
    #[case("NodeList", again::<node::NodeList>)]
    #[case("Plan", again::<plan::Plan>)]
    #[case("Receipt", again::<receipt::Receipt>)]
    #[case("RenderedConfig", again::<mapping::RenderedConfig>)]
    #[case("RevisionPage", again::<revision::RevisionPage>)]
    #[case("RevisionDetail", again::<revision::RevisionDetail>)]
    #[case("Comparison", again::<revision::Comparison>)]
    #[case("Restoration", again::<revision::Restoration>)]
    #[case("Series", again::<series::Series>)]
    #[case("ServiceCheck", again::<service::ServiceCheck>)]
    #[case("ServicePage", again::<service::ServicePage>)]
    #[case("Credentials", again::<session::Credentials>)]
    #[case("Me", again::<session::Me>)]
    #[case("PasswordChange", again::<session::PasswordChange>)]
    #[case("SessionList", again::<session::SessionList>)]
    #[case("SetUp", again::<session::SetUp>)]
    #[case("MemberRole", again::<team::MemberRole>)]
    #[case("Team", again::<team::Team>)]
    #[case("TeamDraft", again::<team::TeamDraft>)]
    #[case("TeamList", again::<team::TeamList>)]
    #[case("TeamPatch", again::<team::TeamPatch>)]
    #[case("NewToken", again::<token::NewToken>)]
    #[case("TokenDraft", again::<token::TokenDraft>)]
    #[case("TokenList", again::<token::TokenList>)]
    #[case("NewPassword", again::<user::NewPassword>)]
    #[case("User", again::<user::User>)]
    #[case("UserDraft", again::<user::UserDraft>)]
    #[case("UserPage", again::<user::UserPage>)]
    #[case("UserPatch", again::<user::UserPatch>)]
    #[case("SavedView", again::<view::SavedView>)]
    #[case("ViewContent", again::<view::ViewContent>)]
    #[case("ViewList", again::<view::ViewList>)]
    fn an_example_is_exactly_what_its_type_writes(
        #[case] schema: &str,
        #[case] again: fn(Value) -> Value,
    ) {
        let example = of(schema).unwrap();

        assert_eq!(again(example.clone()), example);
    }

    #[rstest]
    fn the_example_of_an_error_is_a_problem(
        #[values(
            "400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "500", "503"
        )]
        status: &str,
    ) {
        let example = problem(status);

        assert_eq!(again::<problem::Problem>(example.clone()), example);
    }
}
