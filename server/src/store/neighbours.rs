//! Finds the mappings of other teams that are nearest to a place: what `Table::neighbours` finds in
//! memory, inside the transaction that relies on it.

use sqlx::{QueryBuilder, Row, Sqlite, Transaction, sqlite::SqliteRow};

use super::{StoreError, rows::parsed};
use crate::auth::{
    claim::{HostPattern, Place, Territory},
    names::TeamName,
    ownership::Neighbours,
};

/// Finds the mappings of other teams than `team` that are nearest to a place.
pub(super) async fn neighbours(
    transaction: &mut Transaction<'_, Sqlite>,
    team: &TeamName,
    place: &Place,
) -> Result<Neighbours, StoreError> {
    let around = around(team, place).build().fetch_optional(&mut **transaction).await?;
    let inside = inside(team, place).build().fetch_optional(&mut **transaction).await?;
    let mut overridden = None;
    if place.may_override() {
        // rare, and asked of few: all that is near in any case of letters
        let rows = near(team, place).build().fetch_all(&mut **transaction).await?;
        for row in rows {
            let host = parsed(HostPattern::parse(&row.try_get::<String, _>("host")?))?;
            let (territory, team) = neighbour(&row)?;
            if place.overrides(&host, &territory) {
                overridden = Some((territory, team));
                break;
            }
        }
    }
    Ok(Neighbours {
        around: around.as_ref().map(neighbour).transpose()?,
        inside: inside.as_ref().map(neighbour).transpose()?,
        overridden,
    })
}

fn neighbour(row: &SqliteRow) -> Result<(Territory, TeamName), StoreError> {
    let (prefix, team): (String, String) = (row.try_get("prefix")?, row.try_get("team")?);
    Ok((parsed(Territory::parse(&prefix))?, parsed(TeamName::parse(&team))?))
}

fn around(team: &TeamName, place: &Place) -> QueryBuilder<Sqlite> {
    let mut query = of_others(team, place);
    query.push(" and (prefix in ");
    prefixes(&mut query, &place.territory);
    query.push(" or folded in ");
    prefixes(&mut query, &place.territory.folded());
    query.push(") order by length(prefix) desc limit 1");
    query
}

fn inside(team: &TeamName, place: &Place) -> QueryBuilder<Sqlite> {
    let mut query = of_others(team, place);
    query.push(" and (");
    within(&mut query, "prefix", &place.territory);
    query.push(" or ");
    within(&mut query, "folded", &place.territory.folded());
    query.push(") order by prefix limit 1");
    query
}

fn near(team: &TeamName, place: &Place) -> QueryBuilder<Sqlite> {
    let folded = place.territory.folded();
    let mut query = of_others(team, place);
    query.push(" and (lower(prefix) in ");
    prefixes(&mut query, &folded);
    query.push(" or ");
    within(&mut query, "lower(prefix)", &folded);
    query.push(")");
    query
}

/// The mappings of other teams whose hosts meet the place's.
fn of_others(team: &TeamName, place: &Place) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("select host, prefix, team from mappings where team <> ");
    query.push_bind(team.as_str().to_owned());
    if place.host == HostPattern::Any {
        return query;
    }
    query.push(" and (host in (");
    let mut hosts = query.separated(", ");
    for host in place.host.outward() {
        hosts.push_bind(host.to_string());
    }
    query.push(")");
    if let HostPattern::Below(domain) = &place.host {
        // no host has a `%` or a `_`
        query.push(" or host like ").push_bind(format!("%.{domain}"));
    }
    query.push(")");
    query
}

/// The prefixes at which a mapping lies around a place or at it, but for the root.
fn prefixes(query: &mut QueryBuilder<Sqlite>, territory: &Territory) {
    query.push("(");
    let mut prefixes = query.separated(", ");
    for around in territory.outward().filter(|around| !around.is_root()) {
        let base = around.as_str().trim_end_matches('/').to_owned();
        prefixes.push_bind(base).push_bind(around.to_string());
    }
    query.push(")");
}

/// What begins with a place's path and goes on.
fn within(query: &mut QueryBuilder<Sqlite>, column: &str, territory: &Territory) {
    // `0` follows `/`
    let end = format!("{}0", territory.as_str().trim_end_matches('/'));
    query.push("(").push(column).push(" > ").push_bind(territory.to_string());
    query.push(" and ").push(column).push(" < ").push_bind(end).push(")");
}
