//! The sample teams and users of the demo, so that roles can be tried.

use tokio_util::task::TaskTracker;

use super::super::CliError;
use crate::{
    auth::{
        access::Access,
        command::{Scene, teams, users},
        entity::PasswordHash,
        hasher::Hasher,
        names::{TeamName, UserName},
        password::Password,
        principal::{Author, Who},
        role::Role,
        secret::Secret,
        settings::Sample,
    },
    clock::Clock,
    store::{DatabaseUrl, Rules, Store},
};

/// What the mail addresses of the demo's users end with (RFC 2606: nobody has one there). By it they
/// are known again.
const MAIL: &str = "@demo.invalid";

/// Characters of a password; six random bits each.
const PASSWORD_CHARACTERS: usize = 16;

/// A team, and the role in it.
type In = (&'static str, Role);

/// Name, full name, team and role; who is in none is the admin.
const USERS: [(&str, &str, Option<In>); 5] = [
    ("admin", "Demo Admin", None),
    ("ada", "Ada Lovelace", Some(("accounts", Role::Owner))),
    ("alan", "Alan Turing", Some(("accounts", Role::Editor))),
    ("grace", "Grace Hopper", Some(("shop", Role::Owner))),
    ("edsger", "Edsger Dijkstra", Some(("shop", Role::Viewer))),
];

/// Name, title and contact.
const TEAMS: [(&str, &str, &str); 2] =
    [("accounts", "Accounts", "#accounts"), ("shop", "Shop", "shop@demo.invalid")];

/// Makes the sample teams and users in a database without users, and gives those of an earlier demo
/// new passwords: they are told each time, and known to nobody who was not told.
pub(super) async fn seed(database: &DatabaseUrl, clock: &Clock) -> Result<Vec<Sample>, CliError> {
    let _hold = database.hold_alone()?;
    let tasks = TaskTracker::new();
    let rules = Rules { clock: clock.clone(), ..Rules::default() };
    let store = Store::open(database, rules, &tasks).await?;
    let samples = people(&store).await;
    drop(store);
    tasks.close();
    tasks.wait().await;
    samples
}

async fn people(store: &Store) -> Result<Vec<Sample>, CliError> {
    let access = store.access().borrow().clone();
    let is_new = access.users().next().is_none();
    let hasher = Hasher::default();
    let mut samples = Vec::new();
    for (name, display_name, place) in USERS {
        let user = UserName::parse(name)?;
        if !is_new && !is_ours(&access, &user) {
            continue;
        }
        let (text, password) = password(&hasher, name).await?;
        let author = Author::of(Who::CommandLine);
        if is_new {
            let new = users::New {
                name: user,
                display_name: display_name.to_owned(),
                email: format!("{name}{MAIL}"),
                password: Some(password),
                is_admin: place.is_none(),
            };
            store.act(author, move |scene| users::create(scene, new)).await?;
        } else {
            let decided = move |scene: &Scene<'_>| users::set_password(scene, &user, password);
            store.act(author, decided).await?;
        }
        let says = match place {
            Some((team, role)) => format!("{role} of the team {team}"),
            None => "admin of the installation".to_owned(),
        };
        samples.push(Sample { user: name.to_owned(), password: text, says });
    }
    if is_new {
        make_teams(store).await?;
    }
    Ok(samples)
}

fn is_ours(access: &Access, user: &UserName) -> bool {
    access.user(user).is_some_and(|user| user.email.ends_with(MAIL))
}

async fn password(hasher: &Hasher, user: &str) -> Result<(String, PasswordHash), CliError> {
    let text: String = Secret::random("").reveal().chars().take(PASSWORD_CHARACTERS).collect();
    let password = Password::parse(&text, user)?;
    Ok((text, hasher.hash(password).await?))
}

async fn make_teams(store: &Store) -> Result<(), CliError> {
    for (team, title, contact) in TEAMS {
        let name = TeamName::parse(team)?;
        if store.access().borrow().team(&name).is_none() {
            let (title, contact) = (title.to_owned(), contact.to_owned());
            let new = teams::New { name: name.clone(), title, contact, owner: None };
            let author = Author::of(Who::CommandLine);
            store.act(author, move |scene| teams::create(scene, new)).await?;
        }
        for (user, _, place) in USERS {
            if let Some((its, role)) = place
                && its == team
            {
                let (name, user) = (name.clone(), UserName::parse(user)?);
                let author = Author::of(Who::CommandLine);
                let decided = move |scene: &Scene<'_>| teams::put_member(scene, &name, &user, role);
                store.act(author, decided).await?;
            }
        }
    }
    Ok(())
}
