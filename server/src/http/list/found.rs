//! The mappings that a list asks for, and the page of them. Pure.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use app::api::{
    list::{Facet, Facets, ListQuery, MINE, MappingPage, Order, Sort},
    live::{ConfigState, Health, LiveMapping},
};

use super::cursor::{Cursor, Key};
use crate::{
    auth::{names::TeamName, sight::Sight},
    gateway::{
        mapping::Mapping, matching::host::HostPattern, order::OrderKey, request::Request,
        service::ServiceName,
    },
    http::{saturated, stats::live_mapping},
    publisher::Published,
    stats::tick::Tick,
};

/// Labels and teams that are counted for their facets at the most.
const LABELS_COUNTED: usize = 20;
const TEAMS_COUNTED: usize = 50;

/// The words of [`ConfigState`] in the API, the worst first.
pub(super) const CONFIG_WORDS: [&str; 4] = ["rejected", "no_nodes", "pending", "live"];

/// Who reads the list.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) sight: Sight,
    /// Their teams, by membership.
    pub(super) teams: BTreeSet<TeamName>,
    /// Names of the mappings that they have marked.
    pub(super) favourites: BTreeSet<String>,
}

/// One mapping that the text of the search has found.
struct Row<'a> {
    mapping: &'a Arc<Mapping>,
    live: Cow<'a, LiveMapping>,
}

/// All that was asked for, in order.
pub(super) struct Found<'a> {
    rows: Vec<(Key, OrderKey, Row<'a>)>,
    facets: Facets,
    order: Order,
    /// Mappings that the reader sees.
    total: usize,
    sight: Sight,
    gateway: &'a Published,
    tick: &'a Tick,
}

impl<'a> Found<'a> {
    /// Looks through all mappings.
    pub(super) fn of(
        query: &ListQuery,
        reader: &Reader,
        gateway: &'a Published,
        tick: &'a Tick,
    ) -> Self {
        let needles = Needles::of(query, gateway);
        let mut counts = Counts::default();
        let mut rows = Vec::new();
        let mut total = 0;
        let is_marked = |mapping: &Mapping| reader.favourites.contains(mapping.name().as_str());
        for (place, mapping) in gateway.table.in_order() {
            if !reader.sight.sees(&mapping.spec.team) {
                continue;
            }
            total += 1;
            if !needles.find(mapping) || (query.favourite && !is_marked(mapping)) {
                continue;
            }
            let row = Row { mapping, live: current(tick, gateway, place, mapping) };
            let is_chosen = counts.add(query, reader, &row);
            if is_chosen {
                rows.push((key(query.sort.unwrap_or_default(), &row), place.clone(), row));
            }
        }
        let order = query.order.unwrap_or_default();
        match query.sort {
            // they come in match order
            Some(Sort::Match) if order == Order::Asc => {}
            Some(Sort::Match) => rows.reverse(),
            // stable: ties stay in match order
            _ => rows.sort_by(|left, right| left.0.compare(&right.0, order)),
        }
        Self {
            rows,
            facets: counts.facets(),
            order,
            total,
            sight: reader.sight.clone(),
            gateway,
            tick,
        }
    }

    /// Cuts out the page that the cursor names, or the first.
    pub(super) fn page(
        self,
        query: &ListQuery,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> MappingPage {
        let matched = self.rows.len();
        let (start, end) = match cursor {
            None => (0, limit.min(matched)),
            Some(cursor) => {
                let is_at = |is: fn(Ordering) -> bool| {
                    self.rows.partition_point(|(key, at, _)| {
                        is(self.compare(query, (key, at), (cursor.key(), cursor.place())))
                    })
                };
                if cursor.is_before() {
                    let end = is_at(Ordering::is_lt);
                    (end.saturating_sub(limit), end)
                } else {
                    let start = is_at(Ordering::is_le);
                    (start, (start + limit).min(matched))
                }
            }
        };
        let shown = self.rows.get(start..end).unwrap_or_default();
        let place = |row: Option<&(Key, OrderKey, Row<'_>)>, is_before| {
            let (key, place, _) = row?;
            Some(Cursor::new(query, is_before, key.clone(), place).write())
        };
        MappingPage {
            items: shown.iter().map(|(_, _, row)| self.item(row)).collect(),
            total: saturated(self.total),
            matched: saturated(matched),
            first: if shown.is_empty() { 0 } else { saturated(start + 1) },
            next_cursor: (end < matched).then(|| place(shown.last(), false)).flatten(),
            previous_cursor: (start > 0).then(|| place(shown.first(), true)).flatten(),
            facets: self.facets.clone(),
            revision: self.gateway.table.revision().0,
            epoch: self.tick.seen(&self.sight).epoch.clone(),
            seq: self.tick.seq,
        }
    }

    /// Compares two rows as they are sorted: by their keys, and then by match order.
    fn compare(
        &self,
        query: &ListQuery,
        left: (&Key, &OrderKey),
        right: (&Key, &OrderKey),
    ) -> Ordering {
        let is_reversed = query.sort == Some(Sort::Match) && self.order == Order::Desc;
        let by_place = left.1.cmp(right.1);
        let by_place = if is_reversed { by_place.reverse() } else { by_place };
        left.0.compare(right.0, self.order).then(by_place)
    }

    fn item(&self, row: &Row<'_>) -> LiveMapping {
        // warnings follow discovery, which may be ahead of the tick
        let mapping = self.gateway.view(row.mapping);
        LiveMapping { mapping, ..row.live.clone().into_owned() }
    }
}

/// Returns the live numbers: those of the tick, unless the mapping is newer than that.
fn current<'a>(
    tick: &'a Tick,
    gateway: &Published,
    place: &OrderKey,
    mapping: &Arc<Mapping>,
) -> Cow<'a, LiveMapping> {
    match tick.entries.get(place) {
        Some(entry) if entry.live.mapping.revision == mapping.revision.0 => {
            Cow::Borrowed(&entry.live)
        }
        _ => Cow::Owned(live_mapping(tick, gateway, mapping)),
    }
}

/// What the text of the search asks for.
struct Needles {
    words: Vec<String>,
    /// The mapping that serves the URL which was pasted; `Some(None)` when none does.
    serving: Option<Option<Arc<Mapping>>>,
    service: Option<Result<ServiceName, String>>,
}

impl Needles {
    fn of(query: &ListQuery, gateway: &Published) -> Self {
        let serving = is_url(query.q.trim()).then(|| {
            let request = Request::of_url(&query.q);
            gateway.table.explain(&request).map(|(mapping, _)| Arc::clone(mapping))
        });
        let words = match serving {
            Some(_) => Vec::new(),
            None => query.q.split_whitespace().map(str::to_ascii_lowercase).collect(),
        };
        let service = query
            .service
            .as_ref()
            .map(|text| ServiceName::parse(text).map_err(|_no_service| text.to_ascii_lowercase()));
        Self { words, serving, service }
    }

    fn find(&self, mapping: &Mapping) -> bool {
        let spec = &mapping.spec;
        let is_serving = self.serving.as_ref().is_none_or(|serving| {
            serving.as_ref().is_some_and(|serving| serving.name() == mapping.name())
        });
        let has_service = self.service.as_ref().is_none_or(|wanted| match wanted {
            Ok(service) => spec.reached_services().any(|used| used == service),
            Err(text) => spec.named_services().any(|used| contains(&used.text, text)),
        });
        let has = |word: &String| {
            contains(spec.prefix.as_str(), word)
                || (spec.host != HostPattern::Any && contains(&spec.host.to_string(), word))
                || contains(spec.name.as_str(), word)
                || spec.named_services().any(|service| contains(&service.text, word))
                || spec.labels.iter().any(|label| contains(label, word))
        };
        is_serving && has_service && self.words.iter().all(has)
    }
}

/// Tells whether a URL was pasted: whose host and query count, too.
fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Tells whether `text` contains `word`, which is in lower case.
fn contains(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    word.is_empty() || text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

/// Counts by what the rows could be told apart further.
#[derive(Default)]
struct Counts<'a> {
    health: HashMap<&'static str, u32>,
    config: HashMap<&'static str, u32>,
    labels: HashMap<&'a str, u32>,
    teams: HashMap<&'a str, u32>,
}

impl<'a> Counts<'a> {
    /// Counts a row; returns whether it is among the chosen.
    fn add(&mut self, query: &ListQuery, reader: &Reader, row: &Row<'a>) -> bool {
        let (health, config) = (health_word(row.live.health), config_word(&row.live.config));
        let (labels, team) = (&row.mapping.spec.labels, &row.mapping.spec.team);
        let is_health = query.health.as_deref().is_none_or(|wanted| wanted == health);
        let is_config = query.config.as_deref().is_none_or(|wanted| wanted == config);
        let has_label = query.label.as_deref().is_none_or(|wanted| labels.contains(wanted));
        let is_of_team = query.team.as_deref().is_none_or(|wanted| match wanted {
            MINE => reader.teams.contains(team),
            wanted => wanted == team.as_str(),
        });
        // what a facet counts leaves its own choice out
        if is_config && has_label && is_of_team {
            *self.health.entry(health).or_default() += 1;
        }
        if is_health && has_label && is_of_team {
            *self.config.entry(config).or_default() += 1;
        }
        if is_health && is_config && is_of_team {
            for label in labels.iter() {
                *self.labels.entry(label).or_default() += 1;
            }
        }
        if is_health && is_config && has_label {
            *self.teams.entry(team.as_str()).or_default() += 1;
        }
        is_health && is_config && has_label && is_of_team
    }

    fn facets(self) -> Facets {
        let words =
            [Health::Failing, Health::Degraded, Health::Stale, Health::Idle, Health::Healthy];
        Facets {
            health: facet(words.map(health_word), &self.health),
            config: facet(CONFIG_WORDS, &self.config),
            labels: most(self.labels, LABELS_COUNTED),
            teams: most(self.teams, TEAMS_COUNTED),
        }
    }
}

/// Writes the highest counts, the highest first.
fn most(counts: HashMap<&str, u32>, max: usize) -> Vec<Facet> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
    counts.truncate(max);
    counts.into_iter().map(|(value, count)| Facet { value: value.to_owned(), count }).collect()
}

/// Writes the counts in the order of `words`; what there is none of is left out.
fn facet<const N: usize>(
    words: [&'static str; N],
    counts: &HashMap<&'static str, u32>,
) -> Vec<Facet> {
    let counted = words.into_iter().filter_map(|word| Some((word, *counts.get(word)?)));
    counted.map(|(word, count)| Facet { value: word.to_owned(), count }).collect()
}

/// Returns the word of a health in the API.
pub(super) fn health_word(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::Degraded => "degraded",
        Health::Failing => "failing",
        Health::Idle => "idle",
        Health::Stale => "stale",
    }
}

fn config_word(config: &ConfigState) -> &'static str {
    match config {
        ConfigState::Live { .. } => "live",
        ConfigState::Pending { .. } => "pending",
        ConfigState::Rejected { .. } => "rejected",
        ConfigState::NoNodes => "no_nodes",
    }
}

fn key(sort: Sort, row: &Row<'_>) -> Key {
    let spec = &row.mapping.spec;
    let live = &row.live;
    let rank = |rank: u8| Key::Number(f64::from(rank));
    match sort {
        Sort::Prefix => Key::Text(spec.prefix.to_string()),
        Sort::Name => Key::Text(spec.name.to_string()),
        Sort::Service => Key::Text(spec.service_text().to_owned()),
        Sort::Health => rank(match live.health {
            Health::Failing => 0,
            Health::Degraded => 1,
            Health::Stale => 2,
            Health::Idle => 3,
            Health::Healthy => 4,
        }),
        Sort::Config => {
            let word = config_word(&live.config);
            let place = CONFIG_WORDS.iter().position(|known| *known == word);
            rank(place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX))
        }
        Sort::Rate => Key::number(live.rate),
        Sort::OkPercent => Key::number(live.ok_percent),
        Sort::BadRate => Key::number(live.bad_rate),
        Sort::P95 => Key::number(live.latency.map(|latency| f64::from(latency.p95_ms))),
        Sort::Members => Key::number(live.members.map(|members| {
            f64::from(members.healthy_members) / f64::from(members.total_members.max(1))
        })),
        // whole microseconds are exact up to the year 2255
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2⁵³ microseconds")]
        Sort::Updated => Key::Number(row.mapping.updated_at.timestamp_micros() as f64),
        Sort::Match => Key::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_any_case_of_letters() {
        assert!(contains("UserSvc", "rsv"));
        assert!(contains("a", ""));
        assert!(!contains("a", "ab"));
    }
}
