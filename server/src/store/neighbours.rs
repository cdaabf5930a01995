//! Finds the mappings of other teams that are nearest to a place: what `Table::neighbours` finds in
//! memory, inside the transaction that relies on it.

use super::{
    StoreError,
    database::Transaction,
    rows::parsed,
    sql::{Row, Statement, sql},
};
use crate::auth::{
    claim::{HostPattern, Place, Territory},
    names::TeamName,
    ownership::Neighbours,
};

/// Finds the mappings of other teams than `team` that are nearest to a place.
pub(super) async fn neighbours(
    transaction: &mut Transaction,
    team: &TeamName,
    place: &Place,
) -> Result<Neighbours, StoreError> {
    let around = around(team, place).fetch_optional(&mut *transaction).await?;
    let inside = inside(team, place).fetch_optional(&mut *transaction).await?;
    let mut overridden = None;
    if place.may_override() {
        // rare, and asked of few: all that is near in any case of letters
        let rows = near(team, place).fetch_all(&mut *transaction).await?;
        for row in rows {
            let host = parsed(HostPattern::parse(&row.get::<String>("host")?))?;
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

fn neighbour(row: &Row) -> Result<(Territory, TeamName), StoreError> {
    let (prefix, team): (String, String) = (row.get("prefix")?, row.get("team")?);
    Ok((parsed(Territory::parse(&prefix))?, parsed(TeamName::parse(&team))?))
}

fn around(team: &TeamName, place: &Place) -> Statement {
    let mut query = of_others(team, place);
    query.push(" and (prefix in ");
    prefixes(&mut query, &place.territory);
    query.push(" or folded in ");
    prefixes(&mut query, &place.territory.folded());
    query.push(") order by length(prefix) desc limit 1");
    query
}

fn inside(team: &TeamName, place: &Place) -> Statement {
    let mut query = of_others(team, place);
    query.push(" and (");
    within(&mut query, "prefix", &place.territory);
    query.push(" or ");
    within(&mut query, "folded", &place.territory.folded());
    query.push(") order by prefix limit 1");
    query
}

fn near(team: &TeamName, place: &Place) -> Statement {
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
fn of_others(team: &TeamName, place: &Place) -> Statement {
    let mut query = sql("select host, prefix, team from mappings where team <> ");
    query.push_bind(team.as_str());
    if place.host == HostPattern::Any {
        return query;
    }
    query.push(" and (host in ");
    query.push_list(place.host.outward().into_iter().map(|host| host.to_string()));
    if let HostPattern::Below(domain) = &place.host {
        // no host has a `%` or a `_`
        query.push(" or host like ").push_bind(format!("%.{domain}"));
    }
    query.push(")");
    query
}

/// The prefixes at which a mapping lies around a place or at it, but for the root.
fn prefixes(query: &mut Statement, territory: &Territory) {
    let outward = territory.outward().filter(|around| !around.is_root());
    query.push_list(outward.flat_map(|around| {
        let base = around.as_str().trim_end_matches('/').to_owned();
        [base, around.to_string()]
    }));
}

/// What begins with a place's path and goes on.
fn within(query: &mut Statement, column: &'static str, territory: &Territory) {
    // `0` follows `/`
    let end = format!("{}0", territory.as_str().trim_end_matches('/'));
    query.push("(").push(column).push(" > ").push_bind(territory.to_string());
    query.push(" and ").push(column).push(" < ").push_bind(end).push(")");
}
