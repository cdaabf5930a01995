//! What the document says in more than one place.

/// The groups of the operations.
pub(in crate::http) mod tag {
    pub(in crate::http) const NATIVE: &str = "Native API";
    pub(in crate::http) const GATEWAY: &str = "Gateway";
    pub(in crate::http) const TLS: &str = "Certificates";
    pub(in crate::http) const CONSUMERS: &str = "Consumers";
    pub(in crate::http) const OWNERSHIP: &str = "Ownership";
    pub(in crate::http) const PEOPLE: &str = "People";
    pub(in crate::http) const AMBASSADOR: &str = "Ambassador API";
    pub(in crate::http) const OPERATIONS: &str = "Operations";
}

/// The groups in the order of the document, each with what it is for.
pub(super) const TAGS: [(&str, &str); 8] = [
    (
        tag::NATIVE,
        "What the portal uses and new programs should: typed answers, problems with a pointer to \
         the field (RFC 9457), revisions as entity tags.",
    ),
    (tag::GATEWAY, "The settings of the gateway as a whole: what holds for all mappings."),
    (
        tag::TLS,
        "What the gateway shows to clients that come by TLS, and whom it trusts. A private key is \
         only ever sent to the server.",
    ),
    (
        tag::CONSUMERS,
        "Who calls what the gateway leads to, by API keys and passwords. Each is shown once; mappings \
         name the consumers that they let in.",
    ),
    (
        tag::OWNERSHIP,
        "Which team owns which part of the URL space, who else may use it, and what others must \
         agree to.",
    ),
    (
        tag::PEOPLE,
        "Signing in, users, teams and API tokens. A program sends its token as \
         `Authorization: Bearer`; a browser has a cookie.",
    ),
    (
        tag::AMBASSADOR,
        "The API of Ambassador 0.8, for scripts that exist: the same operations in its shapes. \
         Every answer has the envelope `hostname`, `ok`, `resolvedname`, `version`.",
    ),
    (tag::OPERATIONS, "Health, metrics, and this document."),
];

pub(super) const ABOUT: &str = "\
Maps URL prefixes to services behind Envoy, and shows their traffic live.

A write is answered once it is durable and every later read shows it. Whether the Envoys run it is \
in the mapping's `config`: usually a few milliseconds later.

Who calls is known by an API token (`Authorization: Bearer`) or by a browser's session. What a \
caller may not know exists is 404. A server that wants no sign-in answers on loopback addresses \
only. Requests that another website makes a browser send are refused.";

/// Describes the query parameter `dry_run`.
pub(in crate::http) const DRY_RUN: &str =
    "`true`: nothing is written; the answer says what would be";

/// Describes the query parameter `limit` of a list.
pub(in crate::http) const LIMIT: &str = "Most items of the answer, 1 to 200; 50 unless given";

/// Describes the query parameter `cursor` of a list.
pub(in crate::http) const CURSOR: &str =
    "Where to go on: `next_cursor` or `previous_cursor` of another answer to the same question";

/// Describes the path parameter `name`.
pub(in crate::http) const NAME: &str = "Name of the mapping";

/// Describes the path parameter `user`.
pub(in crate::http) const USER: &str = "Name of the user";

/// Describes the path parameter `team`.
pub(in crate::http) const TEAM: &str = "Name of the team";

/// The header that every answer has: its name, its meaning, an example.
pub(super) const REQUEST_ID: (&str, &str, &str) = (
    "x-request-id",
    "Names the request in the server's log: the caller's own `x-request-id`, or a new one",
    "0b7a5f0e-6f3c-4d0c-9f5d-6f5a3b1f2c11",
);

/// Refusals that are given before or after the handlers: status, name, meaning.
pub(super) const EDGE: [(&str, &str, &str); 7] = [
    ("400", "Malformed", "A part of the request can't be read, or a token is in its URL"),
    ("401", "SignIn", "Nobody has signed in, or the session or token has ended"),
    (
        "403",
        "Forbidden",
        "The caller may not do it, the host is not ours, or another website makes the request",
    ),
    ("413", "TooLarge", "The body is longer than 65,536 bytes"),
    ("415", "MediaType", "The body is of another type"),
    ("500", "Internal", "A fault in the server; its log says more"),
    ("503", "Unavailable", "The database can't be written just now; try again"),
];

/// Describes the response headers that several operations have.
pub(super) const RESPONSE_HEADERS: [(&str, &str, &str); 4] = [
    ("etag", "Tags the content; that of a mapping is its revision", "\"7\""),
    ("location", "Where it is that was made", "/api/v1/mappings/usermapping"),
    ("retry-after", "Seconds to wait", "8"),
    (
        "set-cookie",
        "The cookie of the session, which no script can read",
        "chancery_session=…; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800",
    ),
];

/// Describes the request headers that several operations take.
pub(super) const REQUEST_HEADERS: [(&str, &str, &str); 3] = [
    (
        "if-match",
        "Does it only if the mapping has this revision still (its `ETag`); `*`: if there is one. \
         Else 412, with the mapping as it is now",
        "\"7\"",
    ),
    (
        "if-none-match",
        "Read: answers 304 when the content has this `ETag` still. Write: `*` does it only if \
         there is no such mapping yet",
        "\"7\"",
    ),
    (
        "idempotency-key",
        "The same key with the same body gets the first answer again, for 24 hours and across \
         restarts: a request whose answer was lost can be sent again. With another body: 422",
        "6f1c0a4e-create-usermapping",
    ),
];
