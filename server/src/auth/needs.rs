//! What each operation of the API needs: the table that the permission check is asked by.
//!
//! An operation that is not in it is refused to everyone.

use super::role::Role;

/// What a caller must be before an operation is begun.
///
/// Where the store decides on what a request names, `Decided` lets everyone who has signed in come
/// that far: the decision makes the same check, within its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Whoever reaches the server.
    Anyone,
    /// Signed in; what is shown is what they see.
    SignedIn,
    /// Signed in; what they may do is decided on what the request says.
    Decided,
    /// This role in the team of the mapping in the address.
    Mapping(Role),
    /// This role in the team of the mapping in the address, if there is one: it may be created.
    MappingIfAny(Role),
    /// This role in the team in the address.
    Team(Role),
    /// This role in the installation; its owner is the admin.
    Installation(Role),
}

/// Returns what an operation needs, by its id in the OpenAPI document.
pub fn of(operation_id: &str) -> Option<Need> {
    Some(match operation_id {
        // what says nothing of anyone
        "livez" | "readyz" | "getOpenapi" | "ambassadorHealth" => Need::Anyone,
        // what one signs in by, and what says who one is
        "getSession" | "signIn" | "signOut" | "setUp" => Need::Anyone,
        // one's own, where one is a user
        "listSessions" | "endSession" | "endSessions" | "changePassword" => Need::SignedIn,
        "listUsers" | "createUser" | "getUser" | "patchUser" | "deleteUser" | "setPassword"
        | "createTeam" | "deleteTeam" => Need::Installation(Role::Owner),
        "listTeams" => Need::SignedIn,
        // who leaves ends their own membership
        "getTeam" | "deleteMember" => Need::Team(Role::Viewer),
        "patchTeam" | "putMember" => Need::Team(Role::Owner),
        "listTokens" | "createToken" | "deleteToken" => Need::Decided,
        // what is shown is what the caller sees
        "listMappings"
        | "listServices"
        | "checkService"
        | "getGateway"
        | "listNodes"
        | "listRevisions"
        | "listMappingRevisions"
        | "getMappingRevision"
        | "compareMappingRevisions"
        | "getSeries"
        | "getStats"
        | "listAudit"
        | "exportAudit"
        | "followLive"
        | "ambassadorMappings"
        | "ambassadorStats" => Need::SignedIn,
        // to whom a place belongs is no secret; of requests each sees their own
        "getOwner" | "listClaims" | "getClaim" | "listProtections" | "listRequests"
        | "getRequest" => Need::SignedIn,
        // what a server shows to every client is no secret
        "listCertificates" | "getCertificate" | "listTrustBundles" | "getTrustBundle" => {
            Need::SignedIn
        }
        "putCertificate" | "deleteCertificate" | "putTrustBundle" | "deleteTrustBundle" => {
            Need::Decided
        }
        // mappings of every team may name a consumer; its keys are for its team
        "listConsumers" | "getConsumer" => Need::SignedIn,
        "putConsumer"
        | "deleteConsumer"
        | "createConsumerKey"
        | "deleteConsumerKey"
        | "createConsumerPassword"
        | "deleteConsumerPassword" => Need::Decided,
        // what is restored may be gone: its history says whose it was
        "createMapping" | "restoreMapping" => Need::Decided,
        // what is a user's own
        "listFavourites" | "unmarkFavourite" | "listViews" | "saveView" | "deleteView" => {
            Need::SignedIn
        }
        "markFavourite" => Need::Mapping(Role::Viewer),
        "createClaim" | "patchClaim" | "deleteClaim" | "createGrant" | "deleteGrant"
        | "takeOverMapping" | "createRequest" | "approveRequest" | "refuseRequest"
        | "withdrawRequest" => Need::Decided,
        "putGateway" | "patchGateway" | "createProtection" | "deleteProtection" => {
            Need::Installation(Role::Owner)
        }
        "getMapping"
        | "getLiveMapping"
        | "getMappingSeries"
        | "getMappingConfig"
        | "getReceipt"
        | "ambassadorGetMapping"
        | "cloneMapping" => Need::Mapping(Role::Viewer),
        "patchMapping" | "deleteMapping" => Need::Mapping(Role::Editor),
        "putMapping"
        | "ambassadorPutMapping"
        | "ambassadorPostMapping"
        | "ambassadorDeleteMapping" => Need::MappingIfAny(Role::Editor),
        // it tells of all mappings
        "getConfig" | "downloadConfig" | "metrics" => Need::Installation(Role::Viewer),
        _ => return None,
    })
}
