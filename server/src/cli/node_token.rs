//! `chancery node-token`: the tokens by which nodes prove who they are, in a file that the server
//! reads again when it changes.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};

use super::{CliError, print};
use crate::{
    auth::secret::{NODE_TOKEN_PREFIX, Secret},
    xds::gate::{
        NodePattern, text_of,
        tokens::{self, TOKENS_MAX, Token},
    },
};

/// Of a file that is made: the server may run as another user, and no token follows from a hash.
const FILE_MODE: u32 = 0o644;

#[derive(Debug, Args)]
pub(super) struct NodeToken {
    /// The file that `serve --xds-tokens` names.
    #[arg(
        long,
        global = true,
        env = "CHANCERY_XDS_TOKENS",
        value_name = "FILE",
        default_value = "xds-tokens"
    )]
    file: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and print it, this once: the file, which is made if there is none, gets its
    /// hash.
    Create {
        /// The id of the node that it is for, or what the ids of several begin with: `edge-*`.
        #[arg(value_parser = read_nodes)]
        node: NodePattern,
    },
    /// List the tokens: the node, and by what a token is told from others of the node.
    List,
    /// Take tokens out of the file: within seconds the streams of who uses them end.
    Revoke {
        /// The node, as the tokens were made for.
        #[arg(value_parser = read_nodes)]
        node: NodePattern,
        /// Only the one that `list` shows with this fingerprint.
        fingerprint: Option<String>,
    },
}

fn read_nodes(text: &str) -> Result<NodePattern, String> {
    NodePattern::parse(text).map_err(|error| format!("the node id {error}"))
}

impl NodeToken {
    pub(super) fn run(self) -> Result<(), CliError> {
        let Self { file, command } = self;
        match command {
            Command::Create { node } => create(&file, node),
            Command::List => list(&file),
            Command::Revoke { node, fingerprint } => revoke(&file, &node, fingerprint.as_deref()),
        }
    }
}

fn create(file: &Path, nodes: NodePattern) -> Result<(), CliError> {
    let _alone = alone_in_the_folder_of(file)?;
    let text = match text_of(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|error| of_file(file, &format!("can't be read: {error}")))?,
    };
    let known = tokens::list(&text).map_err(|error| of_file(file, &error))?;
    if known.len() >= TOKENS_MAX {
        let full = format!(
            "has {TOKENS_MAX} tokens, and no more are allowed; one can be for several nodes, such as `edge-*`"
        );
        return Err(of_file(file, &full));
    }
    let secret = Secret::random(NODE_TOKEN_PREFIX);
    let line = Token { nodes, hash: secret.hash() }.line();
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    replace(file, &[text.as_str(), end, &line].concat())?;
    print(&format!("{}\n", secret.reveal()))
}

fn list(file: &Path) -> Result<(), CliError> {
    let line = |token: &Token| format!("{}\t{}\n", token.nodes, token.fingerprint());
    print(&known(file)?.1.iter().map(line).collect::<String>())
}

fn revoke(file: &Path, nodes: &NodePattern, fingerprint: Option<&str>) -> Result<(), CliError> {
    let _alone = alone_in_the_folder_of(file)?;
    let (text, _) = known(file)?;
    let (rest, removed) =
        tokens::without(&text, nodes, fingerprint).map_err(|error| of_file(file, &error))?;
    if removed == 0 {
        let which = fingerprint.map(|it| format!(" with the fingerprint `{it}`"));
        let none = format!("has no token for `{nodes}`{}", which.unwrap_or_default());
        return Err(of_file(file, &none));
    }
    replace(file, &rest)?;
    let tokens = if removed == 1 { "token" } else { "tokens" };
    print(&format!("revoked {removed} {tokens} of `{nodes}`\n"))
}

/// Reads a file that must be there.
fn known(file: &Path) -> Result<(String, Vec<Token>), CliError> {
    let text = text_of(file).map_err(|error| of_file(file, &format!("can't be read: {error}")))?;
    let tokens = tokens::list(&text).map_err(|error| of_file(file, &error))?;
    Ok((text, tokens))
}

fn of_file(file: &Path, what: &dyn std::fmt::Display) -> CliError {
    format!("the file `{}` (--file) {what}", file.display()).into()
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Keeps others who would change the file out until it is dropped: of two changes at once, one
/// would be lost. Locks the folder, since the file itself is replaced.
fn alone_in_the_folder_of(file: &Path) -> Result<File, CliError> {
    let opened = File::open(folder_of(file)).and_then(|folder| folder.lock().map(|()| folder));
    opened.map_err(|error| of_file(file, &format!("is in a folder that can't be used: {error}")))
}

/// Puts another file in its place, so that nobody reads half of it; its mode stays.
fn replace(file: &Path, text: &str) -> Result<(), CliError> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = write(&part, text, mode_of(file)).and_then(|()| fs::rename(&part, file));
    written.map_err(|error| of_file(file, &format!("can't be written: {error}")))
}

fn mode_of(file: &Path) -> u32 {
    fs::metadata(file).map_or(FILE_MODE, |metadata| metadata.permissions().mode() & 0o777)
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
