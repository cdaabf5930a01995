//! What is at a place of the URL space: claims and protections, from the innermost outward.

use std::{ops::Bound, sync::Arc};

use super::{
    super::{
        claim::{Host, Territory},
        entity::{Claim, Id, Protection},
    },
    Access,
};

impl Access {
    pub fn claims(&self) -> impl Iterator<Item = &Arc<Claim>> {
        self.claims.values()
    }

    pub fn claim(&self, id: Id) -> Option<&Arc<Claim>> {
        self.claims.get(&id)
    }

    /// Returns the claim at exactly this place.
    pub fn claim_at(&self, host: &Host, territory: &Territory) -> Option<&Arc<Claim>> {
        let id = self.by_place.get(&(territory.clone(), host.clone()))?;
        self.claims.get(id)
    }

    /// Returns the innermost claim that covers a place, if any does.
    pub fn owner_of(&self, host: &Host, territory: &Territory) -> Option<&Arc<Claim>> {
        territory.outward().find_map(|around| {
            self.claim_at(host, &around).or_else(|| self.claim_at(&Host::Any, &around))
        })
    }

    /// Returns the claims that lie inside a place, itself included, for hosts that meet `host`.
    pub fn claims_inside<'a>(
        &'a self,
        host: &'a Host,
        territory: &'a Territory,
    ) -> impl Iterator<Item = &'a Arc<Claim>> {
        self.by_place
            .range((territory.clone(), Host::Any)..)
            .take_while(|((inside, _), _)| territory.covers(inside))
            .filter(|((_, its), _)| its.meets(host))
            .filter_map(|(_, id)| self.claims.get(id))
    }

    /// Returns the claims for single hosts that lie around a place, where it is one for every host.
    pub fn claims_around<'a>(
        &'a self,
        host: &'a Host,
        territory: &'a Territory,
    ) -> impl Iterator<Item = &'a Arc<Claim>> {
        let around = territory.outward().filter(|_| *host == Host::Any);
        around.flat_map(move |around| {
            let at = self.by_place.range((around.clone(), Host::Any)..);
            at.take_while(move |((place, _), _)| *place == around)
                .filter(|((_, host), _)| *host != Host::Any)
                .filter_map(|(_, id)| self.claims.get(id))
        })
    }

    /// Returns the claims after a place, in the order of places.
    pub fn claims_after(
        &self,
        place: Option<(Territory, Host)>,
    ) -> impl Iterator<Item = &Arc<Claim>> {
        let after = match place {
            Some(place) => Bound::Excluded(place),
            None => Bound::Unbounded,
        };
        let all = self.by_place.range((after, Bound::Unbounded));
        all.filter_map(|(_, id)| self.claims.get(id))
    }

    pub fn protections(&self) -> impl Iterator<Item = &Arc<Protection>> {
        self.protections.values()
    }

    pub fn protection(&self, id: Id) -> Option<&Arc<Protection>> {
        self.protections.values().find(|protection| protection.id == id)
    }

    /// Returns the innermost protection that covers a place, if any does.
    pub fn protection_of(&self, territory: &Territory) -> Option<&Arc<Protection>> {
        territory.outward().find_map(|around| self.protections.get(&around))
    }
}
