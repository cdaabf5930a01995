//! How much of a service a node may use at once.

use app::api::policy::{CircuitBreakers, Retries};

use crate::gateway::read::Reader;

/// More than any node has: a limit that is higher is none.
pub const LIMIT_MAX: u32 = 1_000_000;

pub(super) fn read(reader: &Reader<'_>, retries: &Retries) -> CircuitBreakers {
    let breakers = reader.object("circuit_breakers", |reader| {
        let limit = |key| reader.number(key, 1..=LIMIT_MAX, "");
        if reader.has("max_retries") {
            if retries.on.is_empty() {
                reader.wrong::<()>("max_retries", "has no effect without `retries.on`");
            } else if retries.budget_percent.or(retries.budget_min).is_some() {
                let message = "must be absent where `retries` has a budget, which is used instead";
                reader.wrong::<()>("max_retries", message);
            }
        }
        CircuitBreakers {
            max_connections: limit("max_connections"),
            max_pending: limit("max_pending"),
            max_requests: limit("max_requests"),
            max_retries: limit("max_retries"),
        }
    });
    breakers.unwrap_or_default()
}
