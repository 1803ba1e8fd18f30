//! Everything that a running practice tenant knows, shared by all requests.
//!
//! Invariant: what changes lives behind one lock ([`Ledger`]), held for a moment and never across an await.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::alerts::incident::Grouping;
use crate::alerts::{Feed, Habits};
use crate::announcement::Addresses;
use crate::api::rates::Rates;
use crate::clock;
use crate::directory::{Directory, House};
use crate::in_force::InForce;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::scenario::Scenario;
use crate::stranger::Stranger;

/// The state of one server.
pub(crate) struct World {
    pub(crate) addresses: Addresses,
    pub(crate) directory: Directory,
    pub(crate) keys: &'static Keys,
    pub(crate) in_force: InForce,
    pub(crate) stranger: Stranger,
    pub(crate) rates: Rates,
    feed: Feed,
    ledger: Mutex<Ledger>,
}

impl World {
    pub(crate) fn new(
        addresses: Addresses,
        directory: Directory,
        keys: &'static Keys,
        feed: Feed,
        stranger: Stranger,
    ) -> Self {
        Self {
            addresses,
            directory,
            keys,
            in_force: InForce::default(),
            stranger,
            rates: Rates::default(),
            feed,
            ledger: Mutex::new(Ledger::default()),
        }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Every change of the ledger is one step, so a panic elsewhere leaves nothing half-done.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn has(&self, scenario: Scenario) -> bool {
        self.in_force.has(scenario)
    }

    /// The alerts, as the scenarios in force arrange them.
    pub(crate) fn feed(&self) -> Feed {
        let large = self.has(Scenario::LargeIncidents);
        self.feed.with(Habits {
            empty: self.has(Scenario::NoAlerts),
            burst: self.has(Scenario::SameTimestamp),
            grouping: if large { Grouping::Large } else { Grouping::Usual },
        })
    }

    /// Microsoft's clock.
    pub(crate) fn now(&self) -> Timestamp {
        let now = clock::now();
        if self.has(Scenario::ClockSkew) { now + clock::SKEW } else { now }
    }

    /// The issuer of v2 id tokens.
    pub(crate) fn issuer_v2(&self, house: House) -> String {
        format!("{}/{}/v2.0", self.addresses.login, self.directory.tenant_id(house))
    }

    /// The issuer of v1 tokens. Entra's own v1 issuer is on another host; the practice tenant stays on one origin.
    pub(crate) fn issuer_v1(&self, house: House) -> String {
        format!("{}/{}/", self.addresses.login, self.directory.tenant_id(house))
    }
}
