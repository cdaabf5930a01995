//! A request as the gateway compares it with mappings.

use std::borrow::Cow;

use super::request_path::normalized;

/// What of a request decides which mapping serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// In lower case, without a port; empty where none is known.
    pub host: String,
    pub method: Cow<'static, str>,
    /// Normalized, without the query.
    pub path: String,
    /// As sent, without the question mark.
    pub query: String,
    /// Names in lower case; a repeated header has an entry for each value.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// Returns a GET of a normalized path, for no host in particular.
    pub fn of_path(path: &str) -> Self {
        Self {
            host: String::new(),
            method: Cow::Borrowed("GET"),
            path: path.to_owned(),
            query: String::new(),
            headers: Vec::new(),
        }
    }

    /// Reads what one pastes: `https://host/path?query`, or a path.
    pub fn of_url(text: &str) -> Self {
        let text = text.trim();
        let rest = text.split_once("://").map(|(_, rest)| rest);
        let end = rest.map_or(0, |rest| rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (authority, target) = rest.unwrap_or(text).split_at_checked(end).unwrap_or_default();
        let target = target.split('#').next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Self {
            host: host_of(authority),
            query: query.to_owned(),
            ..Self::of_path(&normalized(path))
        }
    }

    /// Returns the request that a browser asks about before it sends it (a preflight of CORS).
    pub fn asked_about(&self) -> Option<Self> {
        let said = |name| self.header(name).find(|value| !value.is_empty());
        let method = said("access-control-request-method")?;
        said("origin")?;
        let is_question = self.method == "OPTIONS";
        is_question.then(|| Self { method: Cow::Owned(method.to_owned()), ..self.clone() })
    }

    /// Returns the values of a header.
    pub fn header(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the first value of a query parameter, as it was sent: it is not decoded.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let parameters = self.query.split('&').filter(|parameter| !parameter.is_empty());
        let mut pairs = parameters.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// Returns the host of an authority as Envoy compares it: in lower case, without the port.
pub fn host_of(authority: &str) -> String {
    let host = match authority.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|byte| byte.is_ascii_digit())
                && (host.ends_with(']') || !host.contains(':')) =>
        {
            host
        }
        _ => authority,
    };
    host.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://API.example.com:8443/user//42?x=1&y#a", "api.example.com", "/user/42", "x=1&y")]
    #[case("http://gateway", "gateway", "/", "")]
    #[case("http://gateway?a", "gateway", "/", "a")]
    #[case("http://[::1]:80/a", "[::1]", "/a", "")]
    #[case("http://me:secret@a.example/", "a.example", "/", "")]
    #[case("/user/42?x=1", "", "/user/42", "x=1")]
    fn what_one_pastes_is_a_request(
        #[case] url: &str,
        #[case] host: &str,
        #[case] path: &str,
        #[case] query: &str,
    ) {
        let request = Request::of_url(url);

        assert_eq!((&*request.host, &*request.path, &*request.query), (host, path, query));
    }

    #[test]
    fn a_parameter_is_the_first_of_its_name_and_not_decoded() {
        let request = Request::of_url("/?a=1&a=2&b&c=%20&&d=x=y");

        assert_eq!(request.parameter("a"), Some("1"));
        assert_eq!(request.parameter("b"), Some(""));
        assert_eq!(request.parameter("c"), Some("%20"));
        assert_eq!(request.parameter("d"), Some("x=y"));
        assert_eq!(request.parameter("e"), None);
    }
}
