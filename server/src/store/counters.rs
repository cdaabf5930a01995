//! Writes and reads the checkpoints of the counters.

use std::str::FromStr;

use sqlx::{Row, Sqlite, SqlitePool, Transaction, sqlite::SqliteRow};

use super::{
    StoreError,
    rows::{parsed, signed, unsigned},
};
use crate::stats::{checkpoint::Checkpoint, counters::Counts};

pub(super) async fn save_counters(
    transaction: &mut Transaction<'_, Sqlite>,
    checkpoint: &Checkpoint,
) -> Result<(), StoreError> {
    // first: what the new process has reported since must stay
    for node in &checkpoint.restarted {
        sqlx::query("delete from stat_seen where node = $1")
            .bind(node.as_ref())
            .execute(&mut **transaction)
            .await?;
    }
    for (node, source) in &checkpoint.unseen {
        sqlx::query("delete from stat_seen where node = $1 and target = $2")
            .bind(node.as_ref())
            .bind(source.to_string())
            .execute(&mut **transaction)
            .await?;
    }
    for (target, counts) in &checkpoint.totals {
        sqlx::query(
            "insert into stat_totals (target, ok, c4xx, bad) values ($1, $2, $3, $4)
             on conflict (target) do update set
                 ok = excluded.ok, c4xx = excluded.c4xx, bad = excluded.bad",
        )
        .bind(target.to_string())
        .bind(signed(counts.ok))
        .bind(signed(counts.c4xx))
        .bind(signed(counts.bad))
        .execute(&mut **transaction)
        .await?;
    }
    for ((node, source), counts) in &checkpoint.seen {
        sqlx::query(
            "insert into stat_seen (node, target, ok, c4xx, bad) values ($1, $2, $3, $4, $5)
             on conflict (node, target) do update set
                 ok = excluded.ok, c4xx = excluded.c4xx, bad = excluded.bad",
        )
        .bind(node.as_ref())
        .bind(source.to_string())
        .bind(signed(counts.ok))
        .bind(signed(counts.c4xx))
        .bind(signed(counts.bad))
        .execute(&mut **transaction)
        .await?;
    }
    for target in &checkpoint.gone {
        sqlx::query("delete from stat_totals where target = $1")
            .bind(target.to_string())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

pub(super) async fn load_counters(pool: &SqlitePool) -> Result<Checkpoint, StoreError> {
    let mut transaction = pool.begin().await?;
    let mut checkpoint = Checkpoint::default();
    let totals = sqlx::query("select target, ok, c4xx, bad from stat_totals")
        .fetch_all(&mut *transaction)
        .await?;
    for row in &totals {
        checkpoint.totals.push((kept_for(row)?, counts(row)?));
    }
    let seen = sqlx::query("select node, target, ok, c4xx, bad from stat_seen")
        .fetch_all(&mut *transaction)
        .await?;
    for row in &seen {
        let node: String = row.try_get("node")?;
        checkpoint.seen.push(((node.into(), kept_for(row)?), counts(row)?));
    }
    Ok(checkpoint)
}

/// Reads what a row of counters is kept for: a target, or what a node counts by itself.
fn kept_for<T: FromStr<Err = String>>(row: &SqliteRow) -> Result<T, StoreError> {
    let text: String = row.try_get("target")?;
    parsed(text.parse())
}

fn counts(row: &SqliteRow) -> Result<Counts, StoreError> {
    Ok(Counts {
        ok: unsigned(row.try_get("ok")?),
        c4xx: unsigned(row.try_get("c4xx")?),
        bad: unsigned(row.try_get("bad")?),
    })
}
