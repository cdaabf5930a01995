//! `chancery push-cert FULLCHAIN PRIVKEY`: gives a certificate to a server that runs.

use std::path::{Path, PathBuf};

use app::api::{
    certificate::{Certificate, CertificatePlan},
    plan::Action,
};
use clap::Args;
use reqwest::Method;
use serde_json::json;

use super::{
    CliError, print,
    remote::{Remote, RemoteArgs},
};
use crate::gateway::edge::{EdgeName, chain};

#[derive(Debug, Args)]
pub(super) struct PushCert {
    /// File with the certificate and its intermediates, as PEM: `fullchain.pem`.
    fullchain: PathBuf,
    /// File with its private key, as PEM: `privkey.pem`.
    privkey: PathBuf,
    /// What it is called; without it, its first host, with `wildcard.` for `*.`. The same name
    /// again replaces it.
    #[arg(long, value_parser = name)]
    name: Option<EdgeName>,
    /// The team that is to look after it; without it, as it is.
    #[arg(long)]
    team: Option<String>,
    /// Only say what it would do.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    remote: RemoteArgs,
}

fn name(text: &str) -> Result<EdgeName, String> {
    EdgeName::parse(text).map_err(|error| format!("the name {error}"))
}

impl PushCert {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let chain = read(&self.fullchain).await?;
        let key = read(&self.privkey).await?;
        let name = match self.name {
            Some(name) => name,
            None => chain::default_name(&chain).map_err(|reason| {
                format!("`{}` {reason}; name it with --name", self.fullchain.display())
            })?,
        };
        let remote = Remote::new(self.remote)?;
        let mut body = json!({ "chain": chain, "private_key": key });
        if let (Some(team), Some(body)) = (self.team, body.as_object_mut()) {
            body.insert("team".to_owned(), json!(team));
        }
        let path = format!("/api/v1/certificates/{name}");
        if self.dry_run {
            let plan = remote.send(Method::PUT, &format!("{path}?dry_run=true"), &body).await?;
            return print(&planned(&plan));
        }
        let certificate = remote.send(Method::PUT, &path, &body).await?;
        print(&served(&certificate))
    }
}

async fn read(path: &Path) -> Result<String, CliError> {
    let failed = |reason: &dyn std::fmt::Display| -> CliError {
        format!("can't read `{}`: {reason}", path.display()).into()
    };
    let bytes = tokio::fs::read(path).await.map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|_repeats_it| {
        failed(&"it is no PEM but binary; `openssl x509` and `openssl pkey` convert from DER with `-inform der`")
    })
}

/// Says what is served now, and until when.
fn served(certificate: &Certificate) -> String {
    let Certificate { name, facts, days_left, revision, .. } = certificate;
    let hosts: Vec<_> =
        facts.dns_names.iter().chain(&facts.ip_addresses).map(String::as_str).collect();
    let until = facts.leaf.not_after.format("%F %H:%M UTC");
    let days = if *days_left == 1 { "day" } else { "days" };
    format!(
        "`{name}` (revision {revision}) is served for {}\nuntil {until}, for {days_left} {days}\n",
        hosts.join(", ")
    )
}

/// Says what would be done.
fn planned(plan: &CertificatePlan) -> String {
    let name = &plan.name;
    let mut text = match plan.action {
        Action::Create => format!("`{name}` would be new\n"),
        Action::Unchanged => format!("`{name}` is there already; nothing would change\n"),
        Action::Replace | Action::Delete => format!("`{name}` would be replaced\n"),
    };
    for change in &plan.diff {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        let (before, after) = (value(&change.before), value(&change.after));
        text.extend([format!("  {}: {before} → {after}\n", change.field)]);
    }
    text.extend(plan.warnings.iter().map(|warning| format!("  warning: {warning}\n")));
    text
}
