//! How a server lets people in.

use std::{fmt, str::FromStr};

use chrono::TimeDelta;
use http::{
    Uri,
    uri::{Authority, Scheme},
};

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

/// The portal's address as people know it: scheme, host and port, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: Scheme,
    authority: Authority,
}

impl PublicUrl {
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Returns the name or address of the host, without its port.
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// Tells whether a browser's `Origin` is this address.
    pub fn is_origin(&self, origin: &str) -> bool {
        origin.split_once("://").is_some_and(|(scheme, authority)| {
            scheme.eq_ignore_ascii_case(self.scheme.as_str())
                && is_same_authority(scheme, authority, self.authority.as_str())
        })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse =
            |why: &str| Err(format!("`{text}` {why}, as in `https://chancery.example.com`"));
        let Ok(uri) = text.parse::<Uri>() else { return refuse("is not a URL") };
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return refuse("must have a scheme and a host");
        };
        if scheme != Scheme::HTTPS && scheme != Scheme::HTTP {
            return refuse("must begin with `https://` or `http://`");
        }
        if authority.as_str().contains('@') {
            return refuse("must not have a user");
        }
        if parts.path_and_query.is_some_and(|path| path.as_str() != "/") {
            return refuse("must not have a path");
        }
        Ok(Self { scheme, authority })
    }
}

/// Compares two `host[:port]`, of which either may leave out the scheme's own port.
pub fn is_same_authority(scheme: &str, one: &str, other: &str) -> bool {
    let own_port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let plain = |authority: &str| {
        authority.strip_suffix(own_port).unwrap_or(authority).to_ascii_lowercase()
    };
    plain(one) == plain(other)
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: TimeDelta,
    /// In all.
    pub absolute: TimeDelta,
}

impl Default for SessionLimits {
    /// A working day, and a week.
    fn default() -> Self {
        Self { idle: TimeDelta::hours(12), absolute: TimeDelta::days(7) }
    }
}

/// What a team may claim without an admin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClaimPolicy {
    /// What belongs to nobody: whoever maps it first, owns it.
    #[default]
    FirstCome,
    /// Nothing.
    Required,
}

impl fmt::Display for ClaimPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstCome => "first-come",
            Self::Required => "required",
        })
    }
}

impl FromStr for ClaimPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "first-come" => Ok(Self::FirstCome),
            "required" => Ok(Self::Required),
            _ => Err(format!("`{text}` is neither `first-come` nor `required`")),
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
    /// Users whose passwords are no secret: those of a demo, offered at the sign-in.
    pub samples: Vec<Sample>,
}

/// A user of a demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub user: String,
    pub password: String,
    /// What one can try as them.
    pub says: String,
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
    #[case("https://chancery.example.com", "https://chancery.example.com")]
    #[case("https://chancery.example.com/", "https://chancery.example.com")]
    #[case("http://10.0.0.7:8888", "http://10.0.0.7:8888")]
    #[case("HTTPS://[2001:db8::1]:8443", "https://[2001:db8::1]:8443")]
    fn a_public_url_is_scheme_host_and_port(#[case] text: &str, #[case] read: &str) {
        assert_eq!(text.parse::<PublicUrl>().unwrap().to_string(), read);
    }

    #[rstest]
    #[case("chancery.example.com")]
    #[case("/portal")]
    #[case("ftp://chancery.example.com")]
    #[case("https://ada@chancery.example.com")]
    #[case("https://chancery.example.com/portal")]
    #[case("https://chancery.example.com?x")]
    #[case("")]
    fn anything_else_is_refused_with_an_example(#[case] text: &str) {
        let refusal = text.parse::<PublicUrl>().unwrap_err();

        assert!(refusal.ends_with(", as in `https://chancery.example.com`"), "{refusal}");
    }

    #[rstest]
    #[case("https://chancery.example.com", true)]
    #[case("https://CHANCERY.example.com:443", true)]
    #[case("http://chancery.example.com", false)]
    #[case("https://chancery.example.com:80", false)]
    #[case("https://chancery.example.com.evil.example", false)]
    #[case("https://evil.example", false)]
    #[case("null", false)]
    fn an_origin_is_the_public_url_or_another(#[case] origin: &str, #[case] same: bool) {
        let url: PublicUrl = "https://chancery.example.com".parse().unwrap();

        assert_eq!(url.is_origin(origin), same);
    }
}
