//! What an operator says about the provider. Pure.

use std::{fmt, net::IpAddr, str::FromStr};

use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl, url::Url};

use super::groups::GroupRule;

/// Where the provider sends browsers back to, below the portal's public URL.
pub const CALLBACK_PATH: &str = "/auth/oidc/callback";

/// What is asked for besides `openid`, unless the operator says otherwise. Not `groups`: some
/// providers refuse a scope that they do not know.
pub const DEFAULT_SCOPES: &str = "profile email";

/// Where groups are looked for, unless the operator says otherwise.
pub const DEFAULT_GROUPS_CLAIM: &str = "groups";

/// How to sign people in at an OIDC provider.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// What people call the provider: "Sign in with …".
    pub name: String,
    pub issuer: Issuer,
    pub client_id: ClientId,
    /// Absent for a public client. It prints itself as redacted.
    pub client_secret: Option<ClientSecret>,
    /// Asked for besides `openid`.
    pub scopes: Vec<String>,
    /// The claim that has the groups; a JSON pointer when it begins with `/`.
    pub groups_claim: String,
    pub groups: Vec<GroupRule>,
}

/// The provider's name, which is also where its configuration is found.
#[derive(Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Compared byte for byte with what the provider says.
    name: IssuerUrl,
    url: Url,
}

impl Issuer {
    pub(super) fn name(&self) -> &IssuerUrl {
        &self.name
    }

    pub fn as_str(&self) -> &str {
        self.name.as_str()
    }

    /// Returns the name or address of its host.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Tells whether the provider runs on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Tells whether one of the provider's addresses can be trusted to be the provider's: by TLS,
    /// or because nothing leaves this machine.
    pub(super) fn allows(&self, url: &Url) -> bool {
        url.scheme() == "https"
            || (url.scheme() == "http" && is_loopback(url) && self.is_loopback())
    }
}

impl FromStr for Issuer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|error| format!("`{text}` is no URL: {error}"))?;
        let is_plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_plain {
            return Err("an issuer has no query, no fragment and no user in its URL".to_owned());
        }
        let name = IssuerUrl::new(text.to_owned()).map_err(|error| error.to_string())?;
        let issuer = Self { name, url };
        if issuer.allows(&issuer.url) {
            return Ok(issuer);
        }
        Err(format!("`{text}` must begin with `https://`, or lead to this machine"))
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({})", self.as_str())
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Returns where the provider sends browsers back to.
///
/// # Errors
/// Returns why `public_url` is no address of a portal.
pub(super) fn redirect_url(public_url: &str) -> Result<RedirectUrl, String> {
    let url = Url::parse(public_url).map_err(|error| format!("`{public_url}` {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("`{public_url}` must begin with `https://` or `http://`"));
    }
    let text = format!("{}{CALLBACK_PATH}", public_url.trim_end_matches('/'));
    RedirectUrl::new(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://id.example.com")]
    #[case("https://id.example.com/realms/shop/")]
    #[case("http://localhost:8080/realms/shop")]
    #[case("http://127.0.0.1:4000")]
    #[case("http://[::1]:4000")]
    fn an_issuer_is_kept_as_it_is_written(#[case] text: &str) {
        assert_eq!(text.parse::<Issuer>().unwrap().as_str(), text);
    }

    #[rstest]
    #[case("id.example.com")]
    #[case("http://id.example.com")]
    #[case("http://localhost.example.com")]
    #[case("ftp://localhost")]
    #[case("https://id.example.com/?tenant=1")]
    #[case("https://id.example.com/#a")]
    #[case("https://user:word@id.example.com")]
    fn an_issuer_that_anyone_could_stand_in_for_is_refused(#[case] text: &str) {
        assert!(text.parse::<Issuer>().is_err());
    }

    #[test]
    fn a_provider_behind_tls_has_no_address_without() {
        let issuer: Issuer = "https://id.example.com".parse().unwrap();
        let allows = |text: &str| issuer.allows(&Url::parse(text).unwrap());

        assert!(allows("https://keys.example.net/jwks"));
        assert!(!allows("http://id.example.com/token"));
        assert!(!allows("http://127.0.0.1/token"));
    }

    #[rstest]
    #[case("https://portal.example.com")]
    #[case("https://portal.example.com/")]
    fn browsers_come_back_below_the_public_url(#[case] public_url: &str) {
        let redirect = redirect_url(public_url).unwrap();

        assert_eq!(redirect.as_str(), "https://portal.example.com/auth/oidc/callback");
    }

    #[test]
    fn settings_show_no_secret_when_they_are_printed() {
        let settings = OidcSettings {
            name: "Example".into(),
            issuer: "https://id.example.com".parse().unwrap(),
            client_id: ClientId::new("portal".into()),
            client_secret: Some(ClientSecret::new("canary-5b1f".into())),
            scopes: Vec::new(),
            groups_claim: DEFAULT_GROUPS_CLAIM.into(),
            groups: Vec::new(),
        };

        let printed = format!("{settings:?}");

        assert!(
            printed.contains("id.example.com") && !printed.contains("canary-5b1f"),
            "{printed}"
        );
    }
}
