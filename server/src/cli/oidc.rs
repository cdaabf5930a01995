//! The options of sign-in at an OIDC provider.

use std::{fs, path::PathBuf};

use clap::Args;

use super::CliError;
use crate::auth::oidc::{
    ClientId, ClientSecret, DEFAULT_GROUPS_CLAIM, DEFAULT_SCOPES, GroupRule, Issuer, OidcSettings,
};

/// Above these options in `--help`.
const HEADING: &str = "Sign-in at an OpenID Connect provider";

/// Sign-in at an OIDC provider; without an issuer there is none.
#[derive(Debug, Args)]
pub(super) struct OidcArgs {
    /// The provider: the URL below which it serves `.well-known/openid-configuration`.
    #[arg(
        long = "oidc-issuer",
        help_heading = HEADING,
        env = "CHANCERY_OIDC_ISSUER",
        value_name = "URL",
        requires = "client_id"
    )]
    issuer: Option<Issuer>,
    /// What people call it, on the button "Sign in with …"; its host when absent.
    #[arg(
        long = "oidc-name",
        help_heading = HEADING,
        env = "CHANCERY_OIDC_NAME",
        value_name = "NAME",
        requires = "issuer",
        value_parser = clap::builder::NonEmptyStringValueParser::new()
    )]
    name: Option<String>,
    /// How the provider knows this portal. Register the portal's public URL followed by
    /// `/auth/oidc/callback` there as its redirect URI.
    #[arg(
        long = "oidc-client-id",
        help_heading = HEADING,
        env = "CHANCERY_OIDC_CLIENT_ID",
        value_name = "ID",
        requires = "issuer"
    )]
    client_id: Option<String>,
    /// What proves it. Other users of this machine can read options: better in the environment,
    /// or in a file.
    #[arg(
        long = "oidc-client-secret",
        help_heading = HEADING,
        env = "CHANCERY_OIDC_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true,
        requires = "issuer",
        conflicts_with = "client_secret_file",
        value_parser = secret
    )]
    client_secret: Option<ClientSecret>,
    /// A file that has it, alone.
    #[arg(
        long = "oidc-client-secret-file",
        help_heading = HEADING,
        env = "CHANCERY_OIDC_CLIENT_SECRET_FILE",
        value_name = "FILE",
        requires = "issuer"
    )]
    client_secret_file: Option<PathBuf>,
    /// Scopes to ask for besides `openid`, separated by spaces.
    #[arg(
        long = "oidc-scopes",
        help_heading = HEADING,
        env = "CHANCERY_OIDC_SCOPES",
        value_name = "SCOPES",
        default_value = DEFAULT_SCOPES
    )]
    scopes: String,
    /// The claim that has someone's groups; a JSON pointer such as `/realm_access/roles` when it
    /// begins with a slash.
    #[arg(
        long = "oidc-groups-claim",
        help_heading = HEADING,
        env = "CHANCERY_OIDC_GROUPS_CLAIM",
        value_name = "CLAIM",
        default_value = DEFAULT_GROUPS_CLAIM
    )]
    groups_claim: String,
    /// What the members of a group are: GROUP=TEAM:ROLE, where a role is `viewer`, `editor` or
    /// `owner`, or GROUP=admin; may be repeated, in the environment separated by semicolons.
    #[arg(
        long = "oidc-group",
        help_heading = HEADING,
        env = "CHANCERY_OIDC_GROUPS",
        value_name = "GROUP=…",
        value_delimiter = ';',
        requires = "issuer"
    )]
    groups: Vec<GroupRule>,
}

impl OidcArgs {
    /// Returns the settings, if there is a provider.
    pub(super) fn settings(self) -> Result<Option<OidcSettings>, CliError> {
        let (Some(issuer), Some(client_id)) = (self.issuer, self.client_id) else {
            return Ok(None);
        };
        let client_secret = match self.client_secret_file {
            Some(file) => Some(secret_in(&file)?),
            None => self.client_secret,
        };
        Ok(Some(OidcSettings {
            name: self.name.unwrap_or_else(|| issuer.host().to_owned()),
            issuer,
            client_id: ClientId::new(client_id),
            client_secret,
            scopes: self.scopes.split_whitespace().map(str::to_owned).collect(),
            groups_claim: self.groups_claim,
            groups: self.groups,
        }))
    }
}

fn secret(text: &str) -> Result<ClientSecret, String> {
    if text.is_empty() {
        return Err("is empty; leave it out for a public client".to_owned());
    }
    Ok(ClientSecret::new(text.to_owned()))
}

fn secret_in(file: &PathBuf) -> Result<ClientSecret, String> {
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| format!("can't read --oidc-client-secret-file `{name}`: {error}"))?;
    secret(text.trim()).map_err(|reason| format!("`{name}` {reason}"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use tempfile::TempDir;

    use super::*;
    use crate::auth::{names::TeamName, oidc::Gives, role::Role};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        oidc: OidcArgs,
    }

    const PROVIDER: [&str; 2] = ["--oidc-issuer=https://id.example.com", "--oidc-client-id=portal"];

    fn settings(options: &[&str]) -> Result<Option<OidcSettings>, String> {
        let line = Line::try_parse_from([&["chancery"], options].concat());
        line.map_err(|error| error.to_string())?.oidc.settings().map_err(|error| error.to_string())
    }

    #[test]
    fn without_an_issuer_there_is_no_provider() {
        assert!(settings(&[]).unwrap().is_none());
    }

    #[test]
    fn a_provider_is_described_by_options() {
        let more = [
            "--oidc-client-secret=canary-7f3a",
            "--oidc-scopes=profile  groups",
            "--oidc-group=devs=payments:editor",
            "--oidc-group=ops=admin",
        ];

        let settings = settings(&[&PROVIDER[..], &more].concat()).unwrap().unwrap();

        assert_eq!(settings.issuer.as_str(), "https://id.example.com");
        assert_eq!(settings.name, "id.example.com");
        assert_eq!(settings.client_secret.unwrap().secret(), "canary-7f3a");
        assert_eq!(settings.scopes, ["profile", "groups"]);
        assert_eq!(settings.groups_claim, "groups");
        let payments = TeamName::parse("payments").unwrap();
        let gives: Vec<_> = settings.groups.into_iter().map(|rule| rule.gives).collect();
        assert_eq!(gives, [Gives::Member(payments, Role::Editor), Gives::Admin]);
    }

    #[test]
    fn the_secret_can_come_from_a_file() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("secret");
        let option = format!("--oidc-client-secret-file={}", file.display());
        let read = || settings(&[&PROVIDER[..], &[&option]].concat());

        let absent = read().unwrap_err();
        fs::write(&file, "\n").unwrap();
        let empty = read().unwrap_err();
        fs::write(&file, "canary-7f3a\n").unwrap();
        let there = read().unwrap().unwrap();

        assert!(absent.contains("can't read"), "{absent}");
        assert!(empty.contains("is empty"), "{empty}");
        assert_eq!(there.client_secret.unwrap().secret(), "canary-7f3a");
    }

    #[test]
    fn half_a_provider_is_refused() {
        for options in [
            &["--oidc-issuer=https://id.example.com"][..],
            &["--oidc-client-id=portal"],
            &["--oidc-group=devs=payments:editor"],
            &["--oidc-issuer=http://id.example.com", "--oidc-client-id=portal"],
        ] {
            assert!(settings(options).is_err(), "{options:?}");
        }
    }
}
