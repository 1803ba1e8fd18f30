//! The scenarios in force, and how many of their faults have been dealt out.
//!
//! Invariant: what is dealt follows from the requests alone, never from time or chance.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::scenario::Scenario;

/// The scenarios in force, switchable while the server answers, and the faults already dealt out.
#[derive(Debug, Default)]
pub(crate) struct InForce {
    bits: AtomicU64,
    throttled: AtomicU64,
    failed: AtomicU64,
    cut: AtomicU64,
    gateway: AtomicU64,
    /// By service, so that each meets the same weather.
    weathered: [AtomicU64; 4],
}

/// What `rough-weather` does to a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Weather {
    Fine,
    Throttle,
    /// A status of the 500s.
    Failure(u16),
    /// The answer is cut after so many chunks of its body and a half.
    Cut(usize),
}

impl InForce {
    pub(crate) fn set(&self, scenarios: &[Scenario]) {
        let single = [&self.throttled, &self.failed, &self.cut, &self.gateway];
        for dealt in single.into_iter().chain(&self.weathered) {
            dealt.store(0, Ordering::SeqCst);
        }
        let bits = scenarios.iter().fold(0, |bits, scenario| bits | scenario.bit());
        self.bits.store(bits, Ordering::SeqCst);
    }

    pub(crate) fn has(&self, scenario: Scenario) -> bool {
        self.bits.load(Ordering::SeqCst) & scenario.bit() != 0
    }

    pub(crate) fn list(&self) -> Vec<Scenario> {
        Scenario::ALL.iter().copied().filter(|scenario| self.has(*scenario)).collect()
    }

    /// Whether this request is one of the first two under `throttled`.
    pub(crate) fn deal_throttle(&self) -> bool {
        self.has(Scenario::Throttled) && self.throttled.fetch_add(1, Ordering::SeqCst) < 2
    }

    /// Whether this request is one of the first two under `server-errors`.
    pub(crate) fn deal_failure(&self) -> bool {
        self.has(Scenario::ServerErrors) && self.failed.fetch_add(1, Ordering::SeqCst) < 2
    }

    /// Whether this request is one of the first two under `gateway-errors`.
    pub(crate) fn deal_gateway_error(&self) -> bool {
        self.has(Scenario::GatewayErrors) && self.gateway.fetch_add(1, Ordering::SeqCst) < 2
    }

    /// What `rough-weather` does to this request of one of the four services. It follows from how many came before; no two
    /// neighbours are hit, so that every request gets through at its second try.
    pub(crate) fn weather(&self, service: usize) -> Weather {
        if !self.has(Scenario::RoughWeather) {
            return Weather::Fine;
        }
        let number = self.weathered[service % 4].fetch_add(1, Ordering::SeqCst);
        let turn = |period: u64, of: usize| usize::try_from(number / period).unwrap_or(0) % of;
        match number {
            _ if number % 20 == 8 => Weather::Throttle,
            _ if number % 15 == 3 => Weather::Failure([500, 502, 504][turn(15, 3)]),
            _ if number.is_multiple_of(5) => Weather::Cut([150, 0, 17, 1000][turn(5, 4)]),
            _ => Weather::Fine,
        }
    }

    /// Whether this answer is the one that `cut-connection` cuts.
    pub(crate) fn deal_cut(&self) -> bool {
        self.has(Scenario::CutConnection) && self.cut.fetch_add(1, Ordering::SeqCst) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weather_never_hits_two_requests_in_a_row() {
        let in_force = InForce::default();
        assert_eq!(in_force.weather(0), Weather::Fine);
        in_force.set(&[Scenario::RoughWeather]);
        let weather: Vec<_> = (0..300).map(|_| in_force.weather(0)).collect();
        assert!(weather.windows(2).all(|pair| pair.contains(&Weather::Fine)), "{weather:?}");
        for wanted in [Weather::Throttle, Weather::Failure(504), Weather::Cut(0), Weather::Cut(1000)] {
            assert!(weather.contains(&wanted), "{wanted:?}");
        }
    }

    #[test]
    fn switching_scenarios_deals_the_faults_anew() {
        let in_force = InForce::default();
        in_force.set(&[Scenario::Throttled]);
        assert_eq!(
            [in_force.deal_throttle(), in_force.deal_throttle(), in_force.deal_throttle()],
            [true, true, false]
        );
        in_force.set(&[Scenario::Throttled, Scenario::Slow]);
        assert!(in_force.deal_throttle());
        assert_eq!(in_force.list(), [Scenario::Throttled, Scenario::Slow]);
    }
}
