//! The users of `usersvc`: in memory, or in PostgreSQL, where the article's service kept them.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::sync::RwLock;
use uuid::Uuid;

use crate::envelope::Refusal;

/// Enough for a demo; it bounds the memory to about 2 MB.
pub(crate) const MAX_USERS: usize = 1_000;
/// Enough for a demo, and few of what a small PostgreSQL has.
const MAX_CONNECTIONS: u32 = 5;
/// How long a request waits for the database before it is answered with 503.
const PATIENCE: Duration = Duration::from_secs(5);

const TABLE: &str = "create table if not exists users (
    username text primary key,
    uuid text not null,
    fullname text not null
)";

/// One that is there keeps its `uuid`; one too many is not made, and there is no row then.
const SAVE: &str = "insert into users (username, uuid, fullname)
    select $1, $2, $3
    where exists (select from users where username = $1) or (select count(*) from users) < $4
    on conflict (username) do update set fullname = excluded.fullname
    returning uuid";

/// What is known of a user.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) uuid: String,
    pub(crate) fullname: String,
}

/// Where users are kept.
pub(crate) enum Users {
    Memory(RwLock<BTreeMap<String, User>>),
    Postgres(PgPool),
}

impl Users {
    pub(crate) fn in_memory() -> Self {
        Self::Memory(RwLock::default())
    }

    /// Connects to the database at `url`, and makes its table if there is none.
    pub(crate) async fn in_postgres(url: &str) -> Result<Self, sqlx::Error> {
        let options = PgPoolOptions::new().max_connections(MAX_CONNECTIONS);
        let pool = options.acquire_timeout(PATIENCE).connect(url).await?;
        sqlx::query(TABLE).execute(&pool).await?;
        Ok(Self::Postgres(pool))
    }

    pub(crate) async fn get(&self, username: &str) -> Result<Option<User>, Refusal> {
        match self {
            Self::Memory(users) => Ok(users.read().await.get(username).cloned()),
            Self::Postgres(pool) => {
                let select = "select uuid, fullname from users where username = $1";
                let row: Option<(String, String)> =
                    sqlx::query_as(select).bind(username).fetch_optional(pool).await?;
                Ok(row.map(|(uuid, fullname)| User { uuid, fullname }))
            }
        }
    }

    /// Keeps a user; tells whether there was none of this name, and the `uuid`, which stays.
    pub(crate) async fn save(
        &self,
        username: String,
        fullname: String,
    ) -> Result<(bool, String), Refusal> {
        let new = Uuid::new_v4().to_string();
        let kept = match self {
            Self::Memory(users) => {
                let mut users = users.write().await;
                let known = users.get(&username).map(|user| user.uuid.clone());
                if known.is_none() && users.len() >= MAX_USERS {
                    None
                } else {
                    let uuid = known.unwrap_or_else(|| new.clone());
                    users.insert(username, User { uuid: uuid.clone(), fullname });
                    Some(uuid)
                }
            }
            Self::Postgres(pool) => {
                let most = i64::try_from(MAX_USERS).unwrap_or(i64::MAX);
                let save = sqlx::query_scalar(SAVE).bind(username).bind(&new).bind(fullname);
                save.bind(most).fetch_optional(pool).await?
            }
        };
        let uuid = kept.ok_or_else(|| Refusal::full("users", MAX_USERS))?;
        Ok((uuid == new, uuid))
    }
}
