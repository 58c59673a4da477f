//! What each line has been paid, and what it is paid next: the rules without
//! the chain around them.

use crate::schedule::{foundation_cap, Clock};
use bizkey_primitives::{
    errors::vesting::Error,
    vesting::{Line, Tranche},
    Balance, Calendar,
};
use ink::{
    prelude::{vec, vec::Vec},
    storage::Mapping,
};

/// Dates and sums. Every method changes everything that it says or returns an
/// error; an error after a change reverts with the message.
#[ink::storage_item]
#[derive(Debug)]
pub struct Ledger {
    clock: Clock,
    /// The last half-year in which the foundation's line was paid; 0 = none.
    last_half_year: u64,
    /// Paid to each line so far.
    released: Mapping<Line, Balance>,
}

impl Ledger {
    /// Nothing is paid yet; `now_ms` is the issue.
    pub fn new(calendar: &Calendar, now_ms: u64) -> Self {
        Self { clock: Clock::new(calendar, now_ms), last_half_year: 0, released: Mapping::default() }
    }

    /// When the contract was instantiated, the listing date, and a month's length.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Paid to a line so far.
    pub fn released(&self, line: Line) -> Balance {
        self.released.get(line).unwrap_or(0)
    }

    /// What a line is paid now if somebody asks; for the foundation's, the
    /// most that it may ask for.
    pub fn due(&self, line: Line, now_ms: u64) -> Balance {
        let released = self.released(line);
        match line {
            Line::Foundation if self.clock.half_years(now_ms) <= self.last_half_year => 0,
            Line::Foundation => foundation_cap(released),
            _ => self.clock.vested(line, now_ms).saturating_sub(released),
        }
    }

    /// The dates of a line; of the foundation's only the one that is open, or
    /// else the next, with the most that it may take.
    pub fn schedule(&self, line: Line, now_ms: u64) -> Vec<Tranche> {
        if line != Line::Foundation {
            return self.clock.tranches(line);
        }
        let half_year = self.clock.half_years(now_ms).max(self.last_half_year.saturating_add(1));
        let due_ms = Some(self.clock.half_year_ms(half_year));
        vec![Tranche { due_ms, amount: foundation_cap(self.released(line)) }]
    }

    /// Books everything that is due to a beneficiary's line. Returns it.
    pub fn release(&mut self, line: Line, now_ms: u64) -> Result<Balance, Error> {
        if line == Line::Foundation {
            return Err(Error::FoundationLine);
        }
        let due = self.due(line, now_ms);
        if due == 0 {
            return Err(Error::NothingDue);
        }
        self.book(line, due)?;
        Ok(due)
    }

    /// Books `amount` of the foundation's line. A half-year that was missed is
    /// gone: however late it comes, the line never takes more than one tenth
    /// for each date that has passed.
    pub fn release_foundation(&mut self, amount: Balance, now_ms: u64) -> Result<(), Error> {
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        let half_year = self.clock.half_years(now_ms);
        if half_year <= self.last_half_year {
            return Err(Error::NothingDue);
        }
        if amount > foundation_cap(self.released(Line::Foundation)) {
            return Err(Error::OverCap);
        }
        self.last_half_year = half_year;
        self.book(Line::Foundation, amount)
    }

    /// Sets the listing date, once.
    pub fn list(&mut self, listing_ms: u64, now_ms: u64) -> Result<(), Error> {
        if self.clock.listing_ms.is_some() {
            return Err(Error::AlreadyListed);
        }
        if !self.clock.may_list(listing_ms, now_ms) {
            return Err(Error::BadListingDate);
        }
        self.clock.listing_ms = Some(listing_ms);
        Ok(())
    }

    fn book(&mut self, line: Line, amount: Balance) -> Result<(), Error> {
        let sum = self.released(line).checked_add(amount).ok_or(Error::Overflow)?;
        // No schedule passes the share; were it wrong, this would hold.
        if sum > line.share() {
            return Err(Error::Overflow);
        }
        self.released.insert(line, &sum);
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::TOKEN;
    use ink::env::{test, DefaultEnvironment};
    use proptest::prelude::*;

    const CALENDAR: Calendar = Calendar { genesis_ms: 1_000, epoch_ms: 100 };
    const MONTH_MS: u64 = 3_000;
    const HALF_YEAR_MS: u64 = 6 * MONTH_MS;
    const BENEFICIARIES: [Line; 3] = [Line::EarlySupporters, Line::Team, Line::Partners];

    #[ink::test]
    fn what_is_due_is_paid_once() {
        let mut ledger = Ledger::new(&CALENDAR, 0);
        assert_eq!(ledger.release(Line::Team, MONTH_MS - 1), Err(Error::NothingDue));
        assert_eq!(ledger.release(Line::Team, MONTH_MS), Ok(83_333_333_333_333_333_333));
        assert_eq!(ledger.release(Line::Team, MONTH_MS), Err(Error::NothingDue));
        // Two months later both are paid, and the rounding is made up.
        assert_eq!(ledger.release(Line::Team, 3 * MONTH_MS), Ok(166_666_666_666_666_666_667));
        assert_eq!(ledger.released(Line::Team), 250_000_000 * TOKEN);
        assert_eq!(ledger.release(Line::Foundation, HALF_YEAR_MS), Err(Error::FoundationLine));
    }

    #[ink::test]
    fn the_listing_date_is_set_once_and_not_in_the_past() {
        let mut ledger = Ledger::new(&CALENDAR, 0);
        assert_eq!(ledger.list(499, 500), Err(Error::BadListingDate));
        assert_eq!(ledger.list(501 + 12 * MONTH_MS, 500), Err(Error::BadListingDate));
        ledger.list(600, 500).unwrap();
        assert_eq!(ledger.clock().listing_ms, Some(600));
        assert_eq!(ledger.list(600, 500), Err(Error::AlreadyListed));
        assert_eq!(ledger.list(700, 500), Err(Error::AlreadyListed));
    }

    #[ink::test]
    fn the_foundation_takes_once_a_half_year_and_a_tenth_at_most() {
        let mut ledger = Ledger::new(&CALENDAR, 0);
        let tenth = 300_000_000 * TOKEN;
        assert_eq!(ledger.release_foundation(1, HALF_YEAR_MS - 1), Err(Error::NothingDue));
        assert_eq!(ledger.release_foundation(0, HALF_YEAR_MS), Err(Error::ZeroAmount));
        assert_eq!(ledger.release_foundation(tenth + 1, HALF_YEAR_MS), Err(Error::OverCap));
        ledger.release_foundation(tenth, HALF_YEAR_MS).unwrap();
        assert_eq!(ledger.release_foundation(1, 2 * HALF_YEAR_MS - 1), Err(Error::NothingDue));
        assert_eq!(ledger.release_foundation(tenth, 2 * HALF_YEAR_MS), Err(Error::OverCap), "a tenth of what is left");
        // A part uses the half-year up.
        ledger.release_foundation(1, 2 * HALF_YEAR_MS).unwrap();
        assert_eq!(ledger.release_foundation(1, 2 * HALF_YEAR_MS), Err(Error::NothingDue));
    }

    #[ink::test]
    fn half_years_that_were_missed_do_not_add_up() {
        let mut ledger = Ledger::new(&CALENDAR, 0);
        let tenth = 300_000_000 * TOKEN;
        assert_eq!(ledger.release_foundation(tenth + 1, 5 * HALF_YEAR_MS), Err(Error::OverCap));
        ledger.release_foundation(tenth, 5 * HALF_YEAR_MS).unwrap();
        assert_eq!(ledger.release_foundation(1, 6 * HALF_YEAR_MS - 1), Err(Error::NothingDue));
    }

    #[ink::test]
    fn the_foundations_schedule_is_its_open_or_next_date() {
        let mut ledger = Ledger::new(&CALENDAR, 7);
        let tenth = 300_000_000 * TOKEN;
        let next = |ledger: &Ledger, now_ms| ledger.schedule(Line::Foundation, now_ms);
        let first = vec![Tranche { due_ms: Some(7 + HALF_YEAR_MS), amount: tenth }];
        assert_eq!(next(&ledger, 7), first);
        assert_eq!(next(&ledger, 7 + HALF_YEAR_MS), first);
        ledger.release_foundation(tenth, 7 + HALF_YEAR_MS).unwrap();
        let second = vec![Tranche { due_ms: Some(7 + 2 * HALF_YEAR_MS), amount: tenth / 10 * 9 }];
        assert_eq!(next(&ledger, 7 + HALF_YEAR_MS), second);
        assert_eq!(ledger.due(Line::Foundation, 7 + HALF_YEAR_MS), 0);
        assert_eq!(ledger.due(Line::Foundation, 7 + 2 * HALF_YEAR_MS), tenth / 10 * 9);
    }

    /// One step of a random history.
    #[derive(Clone, Debug)]
    enum Step {
        Wait(u64),
        Release(usize),
        List(u64),
        /// In thousandths of the cap, up to one fifth more than it.
        Foundation(u128),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..2 * HALF_YEAR_MS).prop_map(Step::Wait),
            3 => (0..3usize).prop_map(Step::Release),
            1 => (0..MONTH_MS).prop_map(Step::List),
            2 => (0..1_200u128).prop_map(Step::Foundation),
        ]
    }

    proptest! {
        /// In any order of calls: no line is paid more than its table says by
        /// then, sums only grow, the foundation never takes twice in a
        /// half-year nor more than a tenth, and in the end every beneficiary
        /// has its share to the unit.
        #[test]
        fn no_order_of_calls_pays_more_than_the_table(steps in proptest::collection::vec(step(), 1..60)) {
            test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
            let issued_ms = 77;
            let (mut ledger, mut now_ms) = (Ledger::new(&CALENDAR, issued_ms), issued_ms);
            let mut used = Vec::new();
            for step in steps {
                let before = Line::ALL.map(|line| ledger.released(line));
                match step {
                    Step::Wait(ms) => now_ms += ms,
                    Step::Release(line) => {
                        let line = BENEFICIARIES[line];
                        let due = ledger.due(line, now_ms);
                        let paid = ledger.release(line, now_ms);
                        prop_assert_eq!(paid, if due == 0 { Err(Error::NothingDue) } else { Ok(due) });
                        prop_assert_eq!(ledger.released(line), ledger.clock().vested(line, now_ms));
                    }
                    Step::List(ahead_ms) => {
                        let listed = ledger.clock().listing_ms;
                        prop_assert_eq!(ledger.list(now_ms + ahead_ms, now_ms).is_ok(), listed.is_none());
                    }
                    Step::Foundation(thousandths) => {
                        let left = Line::Foundation.share() - ledger.released(Line::Foundation);
                        let amount = left / 10 * thousandths / 1_000;
                        let half_year = (now_ms - issued_ms) / HALF_YEAR_MS;
                        let allowed = amount > 0 && amount * 10 <= left && half_year > 0 && !used.contains(&half_year);
                        prop_assert_eq!(ledger.release_foundation(amount, now_ms).is_ok(), allowed);
                        if allowed { used.push(half_year); }
                    }
                }
                for (line, before) in Line::ALL.into_iter().zip(before) {
                    prop_assert!(before <= ledger.released(line) && ledger.released(line) <= line.share());
                }
            }
            let _ = ledger.list(now_ms, now_ms);
            let end_ms = now_ms + 40 * MONTH_MS;
            for line in BENEFICIARIES {
                let _ = ledger.release(line, end_ms);
                prop_assert_eq!(ledger.released(line), line.share());
            }
        }
    }
}
