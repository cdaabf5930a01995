//! What is at a place of the URL space: claims and protections, from the innermost outward.

use std::{ops::Bound, sync::Arc};

use super::{
    super::{
        claim::{HostPattern, Territory},
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
    pub fn claim_at(&self, host: &HostPattern, territory: &Territory) -> Option<&Arc<Claim>> {
        let id = self.by_place.get(&(territory.clone(), host.clone()))?;
        self.claims.get(id)
    }

    /// Returns the claim that decides whose a place is, if any covers it: of the most specific
    /// host, and there the innermost.
    pub fn owner_of(&self, host: &HostPattern, territory: &Territory) -> Option<&Arc<Claim>> {
        let hosts = host.outward();
        hosts
            .iter()
            .find_map(|host| territory.outward().find_map(|around| self.claim_at(host, &around)))
    }

    /// Returns the claims that lie inside a place, itself included, for hosts that meet `host`.
    pub fn claims_inside<'a>(
        &'a self,
        host: &'a HostPattern,
        territory: &'a Territory,
    ) -> impl Iterator<Item = &'a Arc<Claim>> {
        self.by_place
            .range((territory.clone(), HostPattern::Any)..)
            .take_while(|((inside, _), _)| territory.covers(inside))
            .filter(|((_, its), _)| its.meets(host))
            .filter_map(|(_, id)| self.claims.get(id))
    }

    /// Returns the claims around a place for some of its hosts only.
    pub fn claims_around<'a>(
        &'a self,
        host: &'a HostPattern,
        territory: &'a Territory,
    ) -> impl Iterator<Item = &'a Arc<Claim>> {
        territory.outward().flat_map(move |around| {
            let at = self.by_place.range((around.clone(), HostPattern::Any)..);
            at.take_while(move |((place, _), _)| *place == around)
                .filter(move |((_, its), _)| its != host && host.covers(its))
                .filter_map(|(_, id)| self.claims.get(id))
        })
    }

    /// Returns the claims after a place, in the order of places.
    pub fn claims_after(
        &self,
        place: Option<(Territory, HostPattern)>,
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
