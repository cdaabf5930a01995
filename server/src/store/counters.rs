//! Writes and reads the checkpoints of the counters.

use std::str::FromStr;

use super::{
    StoreError,
    database::{Db, Transaction},
    replicas,
    rows::parsed,
    sql::{Row, Value, sql},
};
use crate::{
    fleet::replica::ReplicaId,
    stats::{
        checkpoint::Checkpoint,
        counters::Counts,
        told::{Process, Run},
    },
};

/// Rows in one statement: each has up to five values, of which SQLite takes 32,766.
const ROWS_AT_ONCE: usize = 500;

/// What became of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    Written,
    /// Another replica writes the checkpoints: it counts the same, and nothing was written.
    ByAnother,
    /// The last one was of a replica that does not run any more, so nothing was written: changes
    /// would not fit what it has left. The next must be a whole one.
    NeedsWhole,
}

/// Tells whether another replica writes the checkpoints.
pub(super) async fn are_kept_by_another(db: &Db, me: &ReplicaId) -> Result<bool, StoreError> {
    if !db.is_shared() {
        return Ok(false);
    }
    match sql(KEEPER).fetch_optional(db).await? {
        Some(row) => {
            let keeper: String = row.get("replica")?;
            Ok(keeper != me.as_str() && replicas::runs(db, &keeper).await?)
        }
        None => Ok(false),
    }
}

const KEEPER: &str = "select replica from stat_keeper";

/// Writes a checkpoint of `me`, if that is the keeper or may become it.
pub(super) async fn keep(
    transaction: &mut Transaction,
    me: &ReplicaId,
    checkpoint: &Checkpoint,
) -> Result<Saved, StoreError> {
    if transaction.is_shared() {
        let row = sql(KEEPER).fetch_optional(&mut *transaction).await?;
        let keeper: Option<String> = row.map(|row| row.get("replica")).transpose()?;
        if let Some(keeper) = keeper.filter(|keeper| keeper != me.as_str()) {
            if replicas::runs(&mut *transaction, &keeper).await? {
                return Ok(Saved::ByAnother);
            }
            if !checkpoint.is_whole {
                return Ok(Saved::NeedsWhole);
            }
        }
        sql("insert into stat_keeper (place, replica) values (1, $1)
             on conflict (place) do update set replica = excluded.replica")
        .bind(me.as_str())
        .execute(&mut *transaction)
        .await?;
    }
    save(transaction, checkpoint).await?;
    Ok(Saved::Written)
}

async fn save(transaction: &mut Transaction, checkpoint: &Checkpoint) -> Result<(), StoreError> {
    if checkpoint.is_whole {
        for table in
            ["delete from stat_totals", "delete from stat_seen", "delete from stat_processes"]
        {
            sql(table).execute(&mut *transaction).await?;
        }
    }
    // first: what the new process has reported since must stay
    for node in &checkpoint.restarted {
        sql("delete from stat_seen where node = $1")
            .bind(node.as_ref())
            .execute(&mut *transaction)
            .await?;
    }
    let processes = checkpoint.processes.iter().map(|(node, process)| {
        [node.as_ref().into(), process.run.0.into(), process.sent_at_ms.into()]
    });
    put(
        transaction,
        "insert into stat_processes (node, run, sent_at_ms) values ",
        processes.collect(),
        " on conflict (node) do update set run = excluded.run, sent_at_ms = excluded.sent_at_ms",
    )
    .await?;
    for (node, source) in &checkpoint.unseen {
        sql("delete from stat_seen where node = $1 and target = $2")
            .bind(node.as_ref())
            .bind(source.to_string())
            .execute(&mut *transaction)
            .await?;
    }
    let totals = checkpoint.totals.iter().map(|(target, counts)| {
        [target.to_string().into(), counts.ok.into(), counts.c4xx.into(), counts.bad.into()]
    });
    put(
        transaction,
        "insert into stat_totals (target, ok, c4xx, bad) values ",
        totals.collect(),
        " on conflict (target) do update set
             ok = excluded.ok, c4xx = excluded.c4xx, bad = excluded.bad",
    )
    .await?;
    let seen = checkpoint.seen.iter().map(|((node, source), counts)| {
        let Counts { ok, c4xx, bad } = *counts;
        [node.as_ref().into(), source.to_string().into(), ok.into(), c4xx.into(), bad.into()]
    });
    put(
        transaction,
        "insert into stat_seen (node, target, ok, c4xx, bad) values ",
        seen.collect(),
        " on conflict (node, target) do update set
             ok = excluded.ok, c4xx = excluded.c4xx, bad = excluded.bad",
    )
    .await?;
    for target in &checkpoint.gone {
        sql("delete from stat_totals where target = $1")
            .bind(target.to_string())
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

/// Writes rows, many at once: a whole checkpoint must not hold up the writes of all replicas.
async fn put<const COLUMNS: usize>(
    transaction: &mut Transaction,
    insert: &'static str,
    rows: Vec<[Value; COLUMNS]>,
    on_conflict: &'static str,
) -> Result<(), StoreError> {
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let mut statement = sql(insert);
        let mut separator = "";
        for row in rows.by_ref().take(ROWS_AT_ONCE) {
            statement.push(separator).push_list(row);
            separator = ", ";
        }
        statement.push(on_conflict);
        statement.execute(&mut *transaction).await?;
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
    let processes =
        sql("select node, run, sent_at_ms from stat_processes").fetch_all(&mut transaction).await?;
    transaction.end_read().await?;
    for row in &processes {
        let node: String = row.get("node")?;
        let run = Run(row.count("run")?);
        checkpoint
            .processes
            .push((node.into(), Process { run, sent_at_ms: row.get("sent_at_ms")? }));
    }
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
