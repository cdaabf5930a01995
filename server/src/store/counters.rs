//! Writes and reads the checkpoints of the counters.

use std::str::FromStr;

use super::{
    StoreError,
    database::{Db, Transaction},
    rows::parsed,
    sql::{Row, sql},
};
use crate::stats::{checkpoint::Checkpoint, counters::Counts};

pub(super) async fn save_counters(
    transaction: &mut Transaction,
    checkpoint: &Checkpoint,
) -> Result<(), StoreError> {
    // first: what the new process has reported since must stay
    for node in &checkpoint.restarted {
        sql("delete from stat_seen where node = $1")
            .bind(node.as_ref())
            .execute(&mut *transaction)
            .await?;
    }
    for (node, source) in &checkpoint.unseen {
        sql("delete from stat_seen where node = $1 and target = $2")
            .bind(node.as_ref())
            .bind(source.to_string())
            .execute(&mut *transaction)
            .await?;
    }
    for (target, counts) in &checkpoint.totals {
        sql("insert into stat_totals (target, ok, c4xx, bad) values ($1, $2, $3, $4)
             on conflict (target) do update set
                 ok = excluded.ok, c4xx = excluded.c4xx, bad = excluded.bad")
        .bind(target.to_string())
        .bind(counts.ok)
        .bind(counts.c4xx)
        .bind(counts.bad)
        .execute(&mut *transaction)
        .await?;
    }
    for ((node, source), counts) in &checkpoint.seen {
        sql("insert into stat_seen (node, target, ok, c4xx, bad) values ($1, $2, $3, $4, $5)
             on conflict (node, target) do update set
                 ok = excluded.ok, c4xx = excluded.c4xx, bad = excluded.bad")
        .bind(node.as_ref())
        .bind(source.to_string())
        .bind(counts.ok)
        .bind(counts.c4xx)
        .bind(counts.bad)
        .execute(&mut *transaction)
        .await?;
    }
    for target in &checkpoint.gone {
        sql("delete from stat_totals where target = $1")
            .bind(target.to_string())
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

pub(super) async fn load_counters(db: &Db) -> Result<Checkpoint, StoreError> {
    let mut transaction = db.begin_read().await?;
    let mut checkpoint = Checkpoint::default();
    let totals =
        sql("select target, ok, c4xx, bad from stat_totals").fetch_all(&mut transaction).await?;
    for row in &totals {
        checkpoint.totals.push((kept_for(row)?, counts(row)?));
    }
    let seen = sql("select node, target, ok, c4xx, bad from stat_seen")
        .fetch_all(&mut transaction)
        .await?;
    transaction.end_read().await?;
    for row in &seen {
        let node: String = row.get("node")?;
        checkpoint.seen.push(((node.into(), kept_for(row)?), counts(row)?));
    }
    Ok(checkpoint)
}

/// Reads what a row of counters is kept for: a target, or what a node counts by itself.
fn kept_for<T: FromStr<Err = String>>(row: &Row) -> Result<T, StoreError> {
    let text: String = row.get("target")?;
    parsed(text.parse())
}

fn counts(row: &Row) -> Result<Counts, StoreError> {
    Ok(Counts { ok: row.count("ok")?, c4xx: row.count("c4xx")?, bad: row.count("bad")? })
}
