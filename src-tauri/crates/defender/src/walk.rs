//! Where in a list to go on after a page: the arithmetic of paging without links, and nothing else.
//!
//! `alerts_v2` seldom gives a link to the next page, `$skip` reaches only 500 far, and an answer may be clamped
//! below the `$top` that was asked for. So a pull walks along the time of last change: the next question begins
//! where the last answer ended, that very instant included, because others may share it; what comes twice is known by
//! its id. Inside one instant `$skip` goes on. The invariants: no alert between two questions is passed over, unless
//! [`Walk::passed_over`] says so; and every walk ends.

use jiff::Timestamp;

use crate::address::Position;
use crate::query::Window;
use crate::rules::Rules;

/// Questions in a row that may bring the very same elements before the walk ends.
const PATIENCE: u32 = 2;

/// What a page was like, alerts that were known already included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// Elements of the list.
    pub(crate) length: u64,
    /// Elements that nobody had seen before.
    pub(crate) new: u64,
    /// Stands for the elements, whatever their order.
    print: u64,
    last: Option<Timestamp>,
    earliest: Option<Timestamp>,
    latest: Option<Timestamp>,
    rises: bool,
    falls: bool,
    untimed: bool,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            length: 0,
            new: 0,
            print: 0,
            last: None,
            earliest: None,
            latest: None,
            rises: true,
            falls: true,
            untimed: false,
        }
    }
}

impl Page {
    /// Notes an element and the time of its last change.
    pub(crate) fn note(&mut self, changed: Option<Timestamp>) {
        self.length += 1;
        let Some(time) = changed else {
            self.untimed = true;
            return;
        };
        if let Some(last) = self.last {
            self.rises &= last <= time;
            self.falls &= last >= time;
        }
        self.last = Some(time);
        self.earliest = Some(self.earliest.map_or(time, |it| it.min(time)));
        self.latest = Some(self.latest.map_or(time, |it| it.max(time)));
    }

    /// Notes the hash of an element's key.
    pub(crate) fn mark(&mut self, hash: u64) {
        self.print = self.print.wrapping_add(hash);
    }

    /// The same page asked for again after a cut: what was new stays new.
    pub(crate) fn again(&mut self) {
        *self = Self { new: self.new, ..Self::default() };
    }

    /// The alerts came in an order that was not asked for.
    pub(crate) fn breaks_order(&self, newest_first: bool) -> bool {
        if newest_first { !self.falls } else { !self.rises }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Walk {
    rules: &'static Rules,
    position: Position,
    /// Longest page so far: what the server is known to give at once.
    capacity: u64,
    without_news: u32,
    last_print: Option<u64>,
    /// The order that was seen where several times occurred; nothing while all were the same.
    order: Option<Order>,
    passed_over: bool,
    /// Instants with more alerts than can be had here, left behind.
    crowded: Vec<Timestamp>,
    pages_with_news: u32,
    latest: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Rising,
    Falling,
    None,
}

impl Walk {
    /// Begins at one end of a window.
    pub(crate) fn new(rules: &'static Rules, window: Window, newest_first: bool, top: u64) -> Self {
        let position = Position {
            window,
            after_since: false,
            before_until: false,
            newest_first,
            skip: 0,
            top: top.clamp(1, rules.most_top),
            expands: true,
        };
        Self {
            rules,
            position,
            capacity: 0,
            without_news: 0,
            last_print: None,
            order: None,
            passed_over: false,
            crowded: Vec::new(),
            pages_with_news: 0,
            latest: None,
        }
    }

    /// What to ask.
    pub(crate) fn position(&self) -> &Position {
        &self.position
    }

    /// More alerts share one instant than the API can give.
    pub(crate) fn passed_over(&self) -> bool {
        self.passed_over || !self.crowded.is_empty()
    }

    /// Instants that were left behind half-read since the last call.
    pub(crate) fn crowded(&mut self) -> Vec<Timestamp> {
        std::mem::take(&mut self.crowded)
    }

    /// How it is asked.
    pub(crate) fn rules(&self) -> &'static Rules {
        self.rules
    }

    /// Whether `$expand` is sent.
    pub(crate) fn expand(&mut self, expands: bool) {
        self.position.expands = expands;
    }

    /// Where to look once more after a walk from the newest to the oldest: an alert that changes meanwhile leaves the
    /// part that is still to come for the part that was read.
    pub(crate) fn changed_meanwhile(&self) -> Option<Timestamp> {
        (self.order == Some(Order::Falling) && self.pages_with_news > 1).then_some(self.latest).flatten()
    }

    /// Asks for less at once; false when it cannot be less.
    pub(crate) fn shrink(&mut self) -> bool {
        let smaller = (self.position.top / 5).max(1);
        let shrinks = smaller < self.position.top;
        self.position.top = smaller;
        // What was known about full pages is about the larger ones.
        self.capacity = 0;
        shrinks
    }

    /// Asks for the elements alone, without what `$expand` would add to them, and for full pages again.
    pub(crate) fn contract(&mut self) {
        self.position.expands = false;
        self.position.top = self.rules.most_top;
        self.capacity = 0;
    }

    /// Keeps up with pages that links bring, so that a walk can go on from here where a link fails.
    pub(crate) fn follow(&mut self, page: &Page) {
        self.learn(page);
        self.latest = self.latest.max(page.latest);
        let window = &mut self.position.window;
        match self.order {
            Some(Order::Rising) => window.since = window.since.max(page.latest),
            Some(Order::Falling) => {
                window.until = window.until.into_iter().chain(page.earliest).min();
            }
            Some(Order::None) | None => {}
        }
    }

    /// Goes on after a page that named no next one; false at the end of the list.
    pub(crate) fn go_on(&mut self, page: &Page) -> bool {
        if page.length == 0 {
            return false;
        }
        let full = page.length >= self.capacity.min(self.position.top);
        self.capacity = self.capacity.max(page.length);
        self.latest = self.latest.max(page.latest);
        let same = self.last_print.replace(page.print) == Some(page.print);
        if page.new > 0 {
            self.without_news = 0;
            self.pages_with_news += 1;
        } else {
            if !full {
                return false;
            }
            // Elements that were known already may well lie on the way; the same ones again do not.
            self.without_news = if same { self.without_news + 1 } else { 0 };
            if self.without_news >= PATIENCE {
                // The server does not go on where it was asked to.
                self.passed_over |= page.length >= self.position.top;
                return false;
            }
        }
        self.learn(page);
        let Some(order) = self.order else {
            // One instant so far: in which direction the list goes on cannot be known yet.
            return self.skip(page) || (full && self.step_over(page, self.position.newest_first));
        };
        match order {
            Order::Rising => self.forward(page, full),
            Order::Falling => self.backward(page, full),
            Order::None => self.skip(page) || self.give_up(full),
        }
    }

    fn learn(&mut self, page: &Page) {
        let seen = match (page.rises, page.falls) {
            _ if page.untimed => Order::None,
            (true, true) => return,
            (true, false) => Order::Rising,
            (false, true) => Order::Falling,
            (false, false) => Order::None,
        };
        self.order = Some(match self.order {
            Some(known) if known != seen => Order::None,
            Some(_) | None => seen,
        });
    }

    fn forward(&mut self, page: &Page, full: bool) -> bool {
        let Some(latest) = page.latest else { return self.skip(page) };
        if self.position.window.since.is_none_or(|since| since < latest) {
            self.position.window.since = Some(latest);
            self.position.after_since = false;
            self.position.skip = 0;
            return true;
        }
        self.skip(page) || (full && self.step_over(page, false))
    }

    fn backward(&mut self, page: &Page, full: bool) -> bool {
        let Some(earliest) = page.earliest else { return self.skip(page) };
        if self.position.window.until.is_none_or(|until| earliest < until) {
            self.position.window.until = Some(earliest);
            self.position.before_until = false;
            self.position.skip = 0;
            return true;
        }
        self.skip(page) || (full && self.step_over(page, true))
    }

    /// Leaves an instant that has more alerts than can be had.
    fn step_over(&mut self, page: &Page, newest_first: bool) -> bool {
        let instant = if newest_first { page.earliest } else { page.latest };
        match instant {
            Some(instant) => self.crowded.push(instant),
            None => self.passed_over = true,
        }
        self.position.skip = 0;
        if newest_first {
            self.position.window.until = page.earliest;
            self.position.before_until = true;
            page.earliest.is_some()
        } else {
            self.position.window.since = page.latest;
            self.position.after_since = true;
            page.latest.is_some()
        }
    }

    fn give_up(&mut self, full: bool) -> bool {
        self.passed_over |= full;
        false
    }

    /// Goes on inside an instant; false where `$skip` reaches no further.
    fn skip(&mut self, page: &Page) -> bool {
        match self.rules.most_skip {
            Some(most) if self.position.skip >= most => false,
            Some(most) => {
                self.position.skip = (self.position.skip + page.length).min(most);
                true
            }
            None => {
                self.position.skip += page.length;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use catalog::SourceId;
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::{Page, Walk};
    use crate::address::Position;
    use crate::query::Window;
    use crate::rules::{self, Rules};

    /// A server without links: alerts are (second, id).
    struct Server {
        alerts: Vec<(i64, u32)>,
        clamp: usize,
        /// `$orderby` is not understood: newest first, always.
        stubborn: bool,
    }

    impl Server {
        fn answer(&self, rules: &Rules, position: &Position) -> Vec<(i64, u32)> {
            assert!(position.top <= rules.most_top);
            assert!(
                rules.most_skip.is_none_or(|most| position.skip <= most),
                "$skip beyond what the API allows"
            );
            let seconds = |time: Option<Timestamp>| time.map(Timestamp::as_second);
            let mut found: Vec<_> = self
                .alerts
                .iter()
                .copied()
                .filter(|(at, _)| {
                    seconds(position.window.since)
                        .is_none_or(|it| if position.after_since { *at > it } else { *at >= it })
                })
                .filter(|(at, _)| {
                    seconds(position.window.until)
                        .is_none_or(|it| if position.before_until { *at < it } else { *at <= it })
                })
                .collect();
            found.sort_unstable();
            if self.stubborn || position.newest_first || !rules.orders {
                found.reverse();
            }
            let top = usize::try_from(position.top).unwrap().min(self.clamp);
            found.into_iter().skip(usize::try_from(position.skip).unwrap()).take(top).collect()
        }

        fn walk(&self, source: SourceId, newest_first: bool) -> (Vec<u32>, bool, u32) {
            let rules = rules::odata(source).unwrap();
            let mut walk = Walk::new(rules, Window::default(), newest_first, rules.most_top);
            let mut seen = BTreeSet::new();
            let mut order = Vec::new();
            let mut questions = 0;
            loop {
                questions += 1;
                assert!(questions < 10_000, "the walk does not end");
                let mut page = Page::default();
                for (at, id) in self.answer(rules, walk.position()) {
                    page.note(Some(Timestamp::from_second(at).unwrap()));
                    page.mark(u64::from(id) + 1);
                    if seen.insert(id) {
                        page.new += 1;
                        order.push(id);
                    }
                }
                if !walk.go_on(&page) {
                    return (order, walk.passed_over(), questions);
                }
            }
        }
    }

    fn numbered(times: impl IntoIterator<Item = i64>) -> Vec<(i64, u32)> {
        times.into_iter().zip(0..).collect()
    }

    #[test]
    fn a_short_list_costs_one_question_more_than_an_empty_one() {
        let server = Server { alerts: numbered(0..30), clamp: 1000, stubborn: false };
        assert_eq!(server.walk(SourceId::GraphAlerts, false).2, 2);
        let server = Server { alerts: Vec::new(), clamp: 1000, stubborn: false };
        assert_eq!(server.walk(SourceId::GraphAlerts, false).2, 1);
    }

    #[test]
    fn an_instant_larger_than_a_page_is_read_as_far_as_skip_reaches() {
        let server = Server {
            alerts: numbered([0; 20].into_iter().chain([7; 1400]).chain(8..30)),
            clamp: 1000,
            stubborn: false,
        };
        let (found, passed_over, _) = server.walk(SourceId::GraphAlerts, false);
        assert_eq!((found.len(), passed_over), (1442, false));
    }

    #[test]
    fn an_instant_beyond_all_reach_is_passed_over_and_said_to_be() {
        let server =
            Server { alerts: numbered([7; 1600].into_iter().chain(8..30)), clamp: 1000, stubborn: false };
        let (found, passed_over, _) = server.walk(SourceId::GraphAlerts, false);
        assert_eq!((found.len(), passed_over), (1522, true));
    }

    #[test]
    fn a_server_that_ignores_filter_and_skip_ends_the_walk() {
        let rules = rules::odata(SourceId::GraphAlerts).unwrap();
        let mut walk = Walk::new(rules, Window::default(), false, 1000);
        let mut page = Page { new: 2, ..Page::default() };
        page.note(Some(Timestamp::from_second(1).unwrap()));
        page.note(Some(Timestamp::from_second(2).unwrap()));
        let mut questions = 1;
        while walk.go_on(&page) {
            page.new = 0;
            questions += 1;
        }
        assert_eq!((questions, walk.passed_over()), (3, false));
    }

    proptest! {
        #[test]
        fn no_alert_is_lost_whatever_shares_an_instant_and_whatever_the_server_clamps(
            times in prop::collection::vec(0i64..12, 0..120),
            clamp in 1usize..40,
            stubborn: bool,
            newest_first: bool,
            source in prop::sample::select(vec![SourceId::GraphAlerts, SourceId::DefenderAlerts, SourceId::XdrIncidents]),
        ) {
            let server = Server { alerts: numbered(times), clamp, stubborn };
            let newest_first = newest_first || !rules::odata(source).unwrap().orders;
            let (mut found, passed_over, _) = server.walk(source, newest_first);
            found.sort_unstable();
            prop_assert_eq!(found, server.alerts.iter().map(|it| it.1).collect::<Vec<_>>());
            prop_assert!(!passed_over);
        }
    }
}
