//! Statements for either database: one text, with `$1` placeholders and the portable subset
//! (`returning`, `on conflict`), and rows that are read the same way.
//!
//! ```text
//! sql("select … where name = $1").bind(name) ── fetch_all(on) ──▶ SQLite     ──▶ Vec<Row>
//!                                                           └───▶ PostgreSQL ──▶
//! ```
//! `sqlx::Any` would do, but knows neither times nor JSON.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    AssertSqlSafe, Database, Decode, Encode, Error, PgConnection, Postgres, Row as _, Sqlite, Type,
    postgres::PgRow, query::Query, sqlite::SqliteRow, types::Json,
};

use super::{
    StoreError,
    database::{Db, Transaction},
    postgres,
};

/// A statement and the values of its placeholders.
///
/// Text comes from the program alone; what callers have typed is always a value.
#[derive(Debug)]
#[must_use = "a statement does nothing until it is run"]
pub(super) struct Statement {
    text: Cow<'static, str>,
    values: Vec<Value>,
}

/// A value as both databases keep it.
#[derive(Debug)]
pub(super) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Time(DateTime<Utc>),
    Json(Option<serde_json::Value>),
}

/// Begins a statement.
pub(super) fn sql(text: &'static str) -> Statement {
    Statement { text: Cow::Borrowed(text), values: Vec::new() }
}

impl Statement {
    /// Gives the next placeholder its value.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Goes on with `text`.
    pub(super) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Goes on with a placeholder for `value`.
    pub(super) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let placeholder = format!("${}", self.values.len());
        self.text.to_mut().push_str(&placeholder);
        self
    }

    /// Goes on with a list of values in parentheses; nothing is in an empty one.
    pub(super) fn push_list(
        &mut self,
        values: impl IntoIterator<Item = impl Into<Value>>,
    ) -> &mut Self {
        let mut separator = "(";
        for value in values {
            self.push(separator).push_bind(value);
            separator = ", ";
        }
        // PostgreSQL knows no empty list
        self.push(if separator == "(" { "(null)" } else { ")" })
    }

    /// Runs the statement; returns how many rows it has touched.
    pub(super) async fn execute(self, on: impl Into<On<'_>>) -> Result<u64, StoreError> {
        Ok(match on.into() {
            On::Sqlite(pool) => query::<Sqlite>(self).execute(pool).await?.rows_affected(),
            On::Within(Transaction::Sqlite(within, _)) => {
                query::<Sqlite>(self).execute(&mut **within).await?.rows_affected()
            }
            On::Postgres(pool) => {
                let run = async |on: &mut PgConnection| query(self).execute(on).await;
                postgres::alone(pool, run).await?.rows_affected()
            }
            On::Within(Transaction::Postgres(within)) => {
                let run = async |on: &mut PgConnection| query(self).execute(on).await;
                within.run(run).await?.rows_affected()
            }
        })
    }

    /// Runs the statement and returns all its rows.
    pub(super) async fn fetch_all(self, on: impl Into<On<'_>>) -> Result<Vec<Row>, StoreError> {
        let of_sqlite = |rows: Vec<_>| rows.into_iter().map(Row::Sqlite).collect();
        let of_postgres = |rows: Vec<_>| rows.into_iter().map(Row::Postgres).collect();
        Ok(match on.into() {
            On::Sqlite(pool) => of_sqlite(query(self).fetch_all(pool).await?),
            On::Within(Transaction::Sqlite(within, _)) => {
                of_sqlite(query(self).fetch_all(&mut **within).await?)
            }
            On::Postgres(pool) => {
                let run = async |on: &mut PgConnection| query(self).fetch_all(on).await;
                of_postgres(postgres::alone(pool, run).await?)
            }
            On::Within(Transaction::Postgres(within)) => {
                let run = async |on: &mut PgConnection| query(self).fetch_all(on).await;
                of_postgres(within.run(run).await?)
            }
        })
    }

    /// Runs the statement and returns its first row, if it has one.
    pub(super) async fn fetch_optional(
        self,
        on: impl Into<On<'_>>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(match on.into() {
            On::Sqlite(pool) => query(self).fetch_optional(pool).await?.map(Row::Sqlite),
            On::Within(Transaction::Sqlite(within, _)) => {
                query(self).fetch_optional(&mut **within).await?.map(Row::Sqlite)
            }
            On::Postgres(pool) => {
                let run = async |on: &mut PgConnection| query(self).fetch_optional(on).await;
                postgres::alone(pool, run).await?.map(Row::Postgres)
            }
            On::Within(Transaction::Postgres(within)) => {
                let run = async |on: &mut PgConnection| query(self).fetch_optional(on).await;
                within.run(run).await?.map(Row::Postgres)
            }
        })
    }

    /// Runs the statement and returns its first row.
    pub(super) async fn fetch_one(self, on: impl Into<On<'_>>) -> Result<Row, StoreError> {
        self.fetch_optional(on).await?.ok_or_else(|| Error::RowNotFound.into())
    }
}

/// What a statement runs on: the pool, each by itself, or a transaction.
pub(super) enum On<'a> {
    Sqlite(&'a sqlx::SqlitePool),
    Postgres(&'a sqlx::PgPool),
    Within(&'a mut Transaction),
}

impl<'a> From<&'a Db> for On<'a> {
    fn from(db: &'a Db) -> Self {
        match db {
            Db::Sqlite(pool, _) => Self::Sqlite(pool),
            Db::Postgres(pool) => Self::Postgres(pool),
        }
    }
}

impl<'a> From<&'a mut Transaction> for On<'a> {
    fn from(transaction: &'a mut Transaction) -> Self {
        Self::Within(transaction)
    }
}

/// Makes sqlx's query of a statement.
fn query<DB: Database>(statement: Statement) -> Query<'static, DB, DB::Arguments>
where
    DB::Arguments: sqlx::IntoArguments<DB>,
    Option<i64>: for<'q> Encode<'q, DB> + Type<DB>,
    Option<String>: for<'q> Encode<'q, DB> + Type<DB>,
    DateTime<Utc>: for<'q> Encode<'q, DB> + Type<DB>,
    Option<Json<serde_json::Value>>: for<'q> Encode<'q, DB> + Type<DB>,
{
    let Statement { text, values } = statement;
    let query = match text {
        Cow::Borrowed(text) => sqlx::query(text),
        // put together from texts of the program
        Cow::Owned(text) => sqlx::query(AssertSqlSafe(text)),
    };
    values.into_iter().fold(query, |query, value| match value {
        Value::Integer(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Time(value) => query.bind(value),
        Value::Json(value) => query.bind(value.map(Json)),
    })
}

/// A row of either database.
#[derive(Debug)]
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can be read as.
pub(super) trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Column for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl Row {
    /// Reads a column.
    pub(super) fn get<T: Column>(&self, column: &str) -> Result<T, StoreError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    /// Reads a column of JSON.
    pub(super) fn json<T: DeserializeOwned + 'static>(
        &self,
        column: &str,
    ) -> Result<T, StoreError> {
        self.get::<Json<T>>(column).map(|Json(value)| value)
    }

    /// Reads a column of JSON that may be null.
    pub(super) fn json_or_null<T: DeserializeOwned + 'static>(
        &self,
        column: &str,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.get::<Option<Json<T>>>(column)?.map(|Json(value)| value))
    }

    /// Reads a count: sequences begin at 1 and counters at 0, so that none is negative.
    pub(super) fn count(&self, column: &str) -> Result<u64, StoreError> {
        Ok(unsigned(self.get(column)?))
    }

    /// Reads a count that may be null.
    pub(super) fn count_or_null(&self, column: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(unsigned))
    }
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// Makes a value of JSON.
///
/// # Errors
/// Returns [`StoreError::Unavailable`] when it can't be written as JSON, which none of our types
/// causes.
pub(super) fn json(value: &impl Serialize) -> Result<Value, StoreError> {
    let written = serde_json::to_value(value);
    let failed = |error| StoreError::Unavailable(format!("can't write JSON: {error}"));
    written.map(|value| Value::Json(Some(value))).map_err(failed)
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

/// Databases count with a sign. Sequences begin at 1, and a counter would need 10⁹ requests a
/// second for 290 years to get here, so nothing is lost.
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Integer(Some(i64::try_from(value).unwrap_or(i64::MAX)))
    }
}

impl From<Option<u64>> for Value {
    fn from(value: Option<u64>) -> Self {
        match value {
            Some(value) => value.into(),
            None => Self::Integer(None),
        }
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(Some(value.into()))
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(value: DateTime<Utc>) -> Self {
        Self::Time(value)
    }
}
