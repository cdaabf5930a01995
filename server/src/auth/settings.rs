//! How a server lets people in.

use std::{fmt, str::FromStr};

use super::access::{ClaimPolicy, SessionLimits};

/// Whether one must sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SignIn {
    /// Whoever reaches the server is its admin; only for a server that this machine alone reaches.
    #[default]
    Open,
    Required,
}

impl SignIn {
    /// Returns its word at the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Required => "required",
        }
    }
}

impl fmt::Display for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for SignIn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(Self::Open),
            "required" => Ok(Self::Required),
            _ => Err(format!("`{text}` is neither `open` nor `required`")),
        }
    }
}

/// Where people find the portal: scheme, host and port, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
}

impl PublicUrl {
    /// Returns it without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns host and port, as a `Host` header has them.
    pub fn authority(&self) -> &str {
        self.text.split_once("://").map_or("", |(_, authority)| authority)
    }

    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not like `https://portal.example.com`, without a path");
        let uri: http::Uri = text.parse().map_err(|_no_uri| wrong())?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"));
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        match (scheme, authority, uri.path()) {
            (Some(scheme), Some(authority), "/" | "") if uri.query().is_none() => {
                let authority = authority.as_str().to_ascii_lowercase();
                Ok(Self { text: format!("{scheme}://{authority}") })
            }
            _ => Err(wrong()),
        }
    }
}

/// What a server goes by.
#[derive(Debug, Clone, Default)]
pub struct AccessSettings {
    pub sign_in: SignIn,
    pub policy: ClaimPolicy,
    pub sessions: SessionLimits,
    pub public_url: Option<PublicUrl>,
    /// Proxies in front of the server whose `X-Forwarded-For` is believed.
    pub trusted_proxies: usize,
}

impl AccessSettings {
    /// Tells whether cookies may only travel over TLS.
    pub fn is_secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://Portal.example.com/", "https://portal.example.com", "portal.example.com")]
    #[case("http://127.0.0.1:8888", "http://127.0.0.1:8888", "127.0.0.1:8888")]
    fn a_public_url_is_kept_without_a_path(
        #[case] text: &str,
        #[case] kept: &str,
        #[case] authority: &str,
    ) {
        let url: PublicUrl = text.parse().unwrap();

        assert_eq!((url.as_str(), url.authority()), (kept, authority));
    }

    #[rstest]
    #[case("portal.example.com")]
    #[case("https://portal.example.com/chancery")]
    #[case("ftp://portal.example.com")]
    #[case("https://user:secret@portal.example.com")]
    fn what_is_no_origin_is_refused(#[case] text: &str) {
        assert!(text.parse::<PublicUrl>().is_err());
    }
}
