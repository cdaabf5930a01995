//! `chancery user`: those who can sign in, on a database that no server runs on, or on PostgreSQL.

use std::{
    io::{BufRead, IsTerminal, Write},
    sync::Arc,
};

use clap::{Args, Subcommand};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use tokio_util::task::TaskTracker;

use super::{CliError, database::DatabaseArgs, print};
use crate::{
    auth::{
        access::is_admin,
        command::{Outcome, Scene, users},
        entity::PasswordHash,
        hasher::Hasher,
        names::UserName,
        password::Password,
        principal::{Author, Who},
        refusal::Refusal,
    },
    store::{DatabaseUrl, Rules, Store},
};

#[derive(Debug, Args)]
pub(super) struct User {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a user; the database is created if there is none.
    Create {
        /// What they sign in by.
        #[arg(value_parser = read_name)]
        name: UserName,
        /// Make them an admin of the installation.
        #[arg(long)]
        admin: bool,
        /// How people call them.
        #[arg(long, default_value = "")]
        display_name: String,
        /// Read the password from the first line of stdin instead of asking for it.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the users.
    List,
    /// Give a user a new password; their sessions end.
    SetPassword {
        #[arg(value_parser = read_name)]
        name: UserName,
        /// Read the password from the first line of stdin instead of asking for it.
        #[arg(long)]
        password_stdin: bool,
    },
}

fn read_name(text: &str) -> Result<UserName, String> {
    UserName::parse(text).map_err(|error| format!("the name {error}"))
}

impl User {
    pub(super) async fn run(self) -> Result<(), CliError> {
        let Self { database, command } = self;
        let database = database.url()?;
        match command {
            Command::Create { name, admin, display_name, password_stdin } => {
                let _hold = database.hold_alone()?;
                let password = hashed(&name, password_stdin).await?;
                let new = users::New {
                    name: name.clone(),
                    display_name,
                    email: String::new(),
                    password: Some(password),
                    is_admin: admin,
                };
                act(&database, move |scene| users::create(scene, new)).await?;
                let what = if admin { "admin" } else { "user" };
                print(&format!("made the {what} `{name}`\n"))
            }
            Command::SetPassword { name, password_stdin } => {
                database.must_exist()?;
                let _hold = database.hold_alone()?;
                let password = hashed(&name, password_stdin).await?;
                let user = name.clone();
                act(&database, move |scene| users::set_password(scene, &user, password)).await?;
                print(&format!("`{name}` has the new password; their sessions have ended\n"))
            }
            Command::List => {
                database.must_exist()?;
                list(&database).await
            }
        }
    }
}

async fn act(
    database: &DatabaseUrl,
    decision: impl FnOnce(&Scene<'_>) -> Result<Outcome, Refusal> + Send + 'static,
) -> Result<(), CliError> {
    let tasks = TaskTracker::new();
    let store = Store::open(database, Rules::default(), &tasks).await?;
    let acted = store.act(Author::of(Who::CommandLine), decision).await;
    drop(store);
    tasks.close();
    tasks.wait().await;
    acted?;
    Ok(())
}

async fn list(database: &DatabaseUrl) -> Result<(), CliError> {
    let store = Store::open(database, Rules::default(), &TaskTracker::new()).await?;
    let access = store.access().borrow().clone();
    let line = |user: &Arc<crate::auth::entity::User>| {
        let standing = match (user.is_disabled, is_admin(user)) {
            (true, _) => "disabled",
            (false, true) => "admin",
            (false, false) => "user",
        };
        format!("{}\t{standing}\t{}\n", user.name, user.display_name)
    };
    print(&access.users().map(line).collect::<String>())
}

async fn hashed(name: &UserName, is_stdin: bool) -> Result<PasswordHash, CliError> {
    let text = if is_stdin { first_line()? } else { asked_for()? };
    let password =
        Password::parse(&text, name.as_str()).map_err(|error| format!("the password {error}"))?;
    Ok(Hasher::default().hash(password).await?)
}

fn first_line() -> Result<String, CliError> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks on the terminal, twice, without showing what is typed.
fn asked_for() -> Result<String, CliError> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err("there is no terminal to ask for the password on: write it to stdin and add \
            --password-stdin"
            .into());
    }
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    silent.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    let typed = ask("Password: ").and_then(|first| Ok((first, ask("Again: ")?)));
    tcsetattr(&stdin, OptionalActions::Flush, &before)?;
    match typed? {
        (first, second) if first == second => Ok(first),
        _ => Err("the two are not the same; nothing was changed".into()),
    }
}

fn ask(question: &str) -> Result<String, CliError> {
    let mut terminal = std::io::stderr();
    terminal.write_all(question.as_bytes())?;
    terminal.flush()?;
    first_line()
}
