//! Samples, their percentiles, and how a size's figures are printed.

#![expect(clippy::print_stdout, reason = "the figures are what the benchmark is for")]

use std::time::Duration;

use crate::{
    portal::{Asked, Viewed},
    replicas::Ways,
};

/// Durations of one kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn push(&mut self, sample: Duration) {
        self.0.push(sample);
        self.0.sort_unstable();
    }

    /// Returns the sample below which `percent` of all lie, in milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let sample = self.0.get(last * percent / 100).copied().unwrap_or_default();
        sample.as_secs_f64() * 1_000.0
    }
}

/// One change: from its answer, and from its request, to the first right answer through Envoy.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) after_answer: Duration,
    pub(crate) after_request: Duration,
    /// Answers on the way that were neither 404 nor 200.
    pub(crate) wrong_answers: usize,
}

/// All figures of one size.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) size: usize,
    /// From the server's start to an Envoy that has everything.
    pub(crate) loaded: Duration,
    pub(crate) answered: Samples,
    pub(crate) requested: Samples,
    /// The same for a mapping to a service that no mapping has used before.
    pub(crate) own_service: Samples,
    /// From a bare push to the first right answer.
    pub(crate) floor: Samples,
    pub(crate) commit: Samples,
    pub(crate) wrong: usize,
    pub(crate) bytes_per_change: u64,
    pub(crate) cpu_per_change: Duration,
    pub(crate) rss_bytes: u64,
    /// Requests a second on the first and on the last route.
    pub(crate) sharded: (f64, f64),
    pub(crate) flat: Option<(f64, f64)>,
}

pub(crate) fn commit(commit: &Samples) {
    println!(
        "one durable commit: p50 {:.2} ms, p99 {:.2} ms",
        commit.percentile(50),
        commit.percentile(99)
    );
    println!();
    println!(
        "| mappings | POST's answer → 200, p50 / p99 ms | POST → 200, p50 / p99 ms | the same to a new service, p50 / p99 ms | floor: push → 200, p50 / p99 ms | POST → 200 ÷ (floor + commit), p50 / p99 | bytes a change | CPU a change, ms | RSS, MB | start → all loaded, s | first / last route, req/s | the same as one list, req/s | wrong answers |"
    );
    println!("|{}", " --- |".repeat(13));
}

pub(crate) fn row(row: &Row) {
    let ratio = |percent| {
        row.requested.percentile(percent)
            / (row.floor.percentile(percent) + row.commit.percentile(percent))
    };
    let both = |samples: &Samples| {
        format!("{:.2} / {:.2}", samples.percentile(50), samples.percentile(99))
    };
    let rates = |(first, last): (f64, f64)| format!("{first:.0} / {last:.0}");
    println!(
        "| {} | {} | {} | {} | {} | {:.2} / {:.2} | {} | {:.2} | {:.0} | {:.2} | {} | {} | {} |",
        row.size,
        both(&row.answered),
        both(&row.requested),
        both(&row.own_service),
        both(&row.floor),
        ratio(50),
        ratio(99),
        row.bytes_per_change,
        row.cpu_per_change.as_secs_f64() * 1_000.0,
        row.rss_bytes as f64 / 1e6,
        row.loaded.as_secs_f64(),
        rates(row.sharded),
        row.flat.map_or_else(|| "–".to_owned(), rates),
        row.wrong,
    );
}

/// Prints what the portal's requests take, and what viewers cost.
pub(crate) fn portal(size: usize, asked: &[Asked], viewed: &[Viewed]) {
    println!("| {size} mappings: request | p50 / p99 ms |");
    println!("|{}", " --- |".repeat(2));
    for Asked { what, took } in asked {
        println!("| {what} | {:.2} / {:.2} |", took.percentile(50), took.percentile(99));
    }
    println!();
    println!(
        "| {size} mappings: who watches | viewers | CPU, of one core | kB a viewer and second |"
    );
    println!("|{}", " --- |".repeat(4));
    for Viewed { what, viewers, cpu_share, bytes_per_second } in viewed {
        let percent = cpu_share * 100.0;
        println!("| {what} | {viewers} | {percent:.1} % | {:.2} |", bytes_per_second / 1e3);
    }
    println!();
}

/// Prints how long a change takes by way of either replica.
pub(crate) fn replicas(ways: &Ways) {
    println!("| two replicas: POST at | POST → 200, p50 / p99 ms |");
    println!("|{}", " --- |".repeat(2));
    for (at, took) in [("the node's own replica", &ways.own), ("the other one", &ways.other)] {
        println!("| {at} | {:.2} / {:.2} |", took.percentile(50), took.percentile(99));
    }
}
