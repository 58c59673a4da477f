//! What the lines of `vesting` are paid, held against the table of whitepaper
//! 3.3 as this file reads it, every day of ten years, and on the last millisecond
//! before each date. Nothing here is the contract's own arithmetic.

use super::{call, refused, KIND};
use bizkey_primitives::{
    errors::vesting::Error,
    vesting::{Line, Tranche},
    AccountId, Balance,
};
use bizkey_tests::{Sandbox, DAY};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

/// One percent of all Bzky: of 10^10 tokens of 10^12 units.
const POINT: Balance = 100_000_000_000_000_000_000;
/// What the merchants do not get, which is here at first.
const SEVENTY_PERCENT: Balance = 70 * POINT;
const YEARS: u64 = 10;
const MONTH_DAYS: u64 = 30;
const HALF_YEAR_DAYS: u64 = 6 * MONTH_DAYS;
/// Hundredths of a point that the partners have had when this many times three
/// months have passed: 0.5 at issue, then 0.5, 0.5, 0.75, 0.75, 1 and 1.
const PARTNERS: [Balance; 7] = [50, 100, 150, 225, 300, 400, 500];

/// What the table has released of a line `days` whole days after issue; the
/// listing was `listed` days after it. The foundation's line has no such sum.
fn promised(line: Line, days: u64, listed: Option<u64>) -> Balance {
    // `total` evenly over so many months, of which so many days have passed.
    let evenly = |total: Balance, months: u64, days: u64| {
        total * Balance::from((days / MONTH_DAYS).min(months)) / Balance::from(months)
    };
    match line {
        Line::EarlySupporters => {
            let since_listing = listed.and_then(|listed| days.checked_sub(listed));
            3 * POINT + since_listing.map_or(0, |days| evenly(17 * POINT, 12, days))
        }
        Line::Team => evenly(15 * POINT, 18, days),
        Line::Partners => {
            let quarters = (days / (3 * MONTH_DAYS)).min(6);
            PARTNERS[usize::try_from(quarters).unwrap()] * POINT / 100
        }
        Line::Foundation => unreachable!("the foundation chooses"),
    }
}

/// The foundation's line: what it has left, and its last half-year.
struct Holdings {
    left: Balance,
    last: u64,
}

impl Holdings {
    fn may_take(&self, days: u64) -> Balance {
        if days / HALF_YEAR_DAYS > self.last {
            self.left / 10
        } else {
            0
        }
    }
}

/// The sandbox with an account for each line, and what each has been paid.
struct Lines {
    network: Sandbox,
    issued_ms: u64,
    listed: Option<u64>,
    paid: [(Line, AccountId, Balance); 3],
    holdings: Holdings,
}

impl Lines {
    fn new() -> Self {
        let mut network = Sandbox::new();
        let treasury = network.actor("treasury").account();
        let paid = [(Line::EarlySupporters, "supporters"), (Line::Team, "team"), (Line::Partners, "partners")];
        let paid = paid.map(|(line, name)| {
            let account = network.actor(name).account();
            call::<()>(&mut network, treasury, "propose_beneficiary", &(line, account)).unwrap();
            call::<()>(&mut network, account, "accept_beneficiary", &line).unwrap();
            // The sandbox has the supporters' three points paid at issue, to the treasury.
            (line, account, network.read::<Balance>(KIND, "released", &line))
        });
        assert_eq!(paid.map(|(_, _, amount)| amount), [3 * POINT, 0, 0]);
        let issued_ms = network.read(KIND, "issued_ms", &());
        Self { network, issued_ms, listed: None, paid, holdings: Holdings { left: 30 * POINT, last: 0 } }
    }

    fn at(&mut self, days: u64) {
        self.network.state.set_time(self.issued_ms + days * DAY);
    }

    fn list(&mut self, in_days: u64, listed: u64) {
        self.at(in_days);
        let (foundation, listing_ms) = (self.network.contracts.foundation, self.issued_ms + listed * DAY);
        call::<()>(&mut self.network, foundation, "set_listing_date", &listing_ms).unwrap();
        self.listed = Some(listed);
    }

    /// Everything that can be read is what the table says `days` days after issue.
    fn check(&mut self, days: u64) {
        for (line, _, paid) in self.paid {
            let due = promised(line, days, self.listed) - paid;
            assert_eq!(self.network.read::<Balance>(KIND, "due", &line), due, "{line:?} on day {days}");
        }
        let most = self.holdings.may_take(days);
        assert_eq!(self.network.read::<Balance>(KIND, "due", &Line::Foundation), most, "day {days}");
    }

    /// Asks for a line, which is paid to the unit or has nothing due.
    fn ask(&mut self, which: usize, days: u64) {
        let (line, account, paid) = self.paid[which];
        let due = promised(line, days, self.listed) - paid;
        let stranger = self.network.actor("stranger").account();
        let before = self.network.bzky_of(account);
        let outcome = call::<Balance>(&mut self.network, stranger, "release", &line);
        assert_eq!(outcome, if due == 0 { refused(Error::NothingDue) } else { Ok(due) }, "{line:?} on day {days}");
        assert_eq!(self.network.bzky_of(account), before + due, "{line:?} on day {days}");
        self.paid[which].2 += due;
    }

    /// The foundation asks for so much, and gets it or nothing.
    fn take(&mut self, amount: Balance, days: u64) {
        let (foundation, most) = (self.network.contracts.foundation, self.holdings.may_take(days));
        let outcome = call::<()>(&mut self.network, foundation, "release_foundation", &amount);
        if amount == 0 || amount > most {
            assert!(outcome.is_err(), "{amount} on day {days} with {} left", self.holdings.left);
            return;
        }
        assert_eq!(outcome, Ok(()), "{amount} on day {days}");
        assert!(amount * 10 <= self.holdings.left, "more than 10 % of what it then holds");
        self.holdings = Holdings { left: self.holdings.left - amount, last: days / HALF_YEAR_DAYS };
    }

    /// What is here is what nobody was paid.
    fn balance_is_the_rest(&mut self) {
        let paid: Balance = self.paid.iter().map(|(_, _, amount)| amount).sum();
        let vesting = self.network.contracts.vesting;
        let left = SEVENTY_PERCENT - paid - (30 * POINT - self.holdings.left);
        assert_eq!(self.network.bzky_of(vesting), left);
    }
}

/// Every day of ten years: the team's line is asked for daily, the partners'
/// every 17 days, the supporters' every 41, and the foundation takes its most,
/// nothing, a part late, or its most on the last day.
#[test]
fn ten_years_pay_the_table_to_the_unit() {
    const ANNOUNCED: u64 = 20;
    const LISTED: u64 = 47;
    let mut lines = Lines::new();
    for day in 0..=YEARS * 365 {
        if day == ANNOUNCED {
            lines.list(day, LISTED);
        }
        // Still the day before: where the next begins something, and on others here and there.
        let begins = |count: u64| count % MONTH_DAYS == 0;
        if day > 0 && (begins(day) || begins(day + MONTH_DAYS - LISTED % MONTH_DAYS) || day % 11 == 0) {
            lines.network.state.set_time(lines.issued_ms + day * DAY - 1);
            lines.check(day - 1);
        }
        lines.at(day);
        lines.check(day);
        for (which, every) in [(0, 41), (1, 1), (2, 17)] {
            if day % every == 0 {
                lines.ask(which, day);
            }
        }
        let (half_year, within) = (day / HALF_YEAR_DAYS, day % HALF_YEAR_DAYS);
        let most = lines.holdings.may_take(day);
        match (half_year % 4, within) {
            (1, 0) | (0, 179) => {
                lines.take(most + 1, day);
                lines.take(most, day);
                lines.take(1, day);
                lines.balance_is_the_rest();
            }
            (3, 100) => lines.take(most / 2, day),
            _ => (),
        }
    }
    let shares = [20 * POINT, 15 * POINT, 5 * POINT];
    assert_eq!(lines.paid.map(|(_, _, amount)| amount), shares, "every beneficiary has its share");
    // Of the 19 half-years that are over and one that is open, every fourth took nothing and one of four a half.
    let left = (1..20u32).fold(30 * POINT, |left, half_year| match half_year % 4 {
        0 | 1 => left - left / 10,
        2 => left,
        _ => left - left / 10 / 2,
    });
    assert_eq!(lines.holdings.left, left);
    lines.balance_is_the_rest();
}

/// The dates that the contract tells are the table's, and each has the amount
/// that the table releases on it.
#[test]
fn the_dates_told_are_the_tables() {
    const LISTED: u64 = 10;
    let mut lines = Lines::new();
    let supporters: Vec<Tranche> = lines.network.read(KIND, "schedule", &Line::EarlySupporters);
    let undated = supporters.iter().filter(|tranche| tranche.due_ms.is_none()).count();
    assert_eq!((supporters.len(), undated), (13, 12), "nobody knows the dates before the listing");
    lines.list(LISTED, LISTED);
    for (line, tranches) in [(Line::EarlySupporters, 13), (Line::Team, 18), (Line::Partners, 7)] {
        let schedule: Vec<Tranche> = lines.network.read(KIND, "schedule", &line);
        assert_eq!(schedule.len(), tranches, "{line:?}");
        let mut sum = 0;
        for Tranche { due_ms, amount } in schedule {
            let days = (due_ms.unwrap() - lines.issued_ms) / DAY;
            assert_eq!((due_ms.unwrap() - lines.issued_ms) % DAY, 0, "{line:?}");
            let before = days.checked_sub(1).map_or(0, |day| promised(line, day, Some(LISTED)));
            assert_eq!(amount, promised(line, days, Some(LISTED)) - before, "{line:?} on day {days}");
            sum += amount;
        }
        assert_eq!(sum, promised(line, YEARS * 365, Some(LISTED)), "{line:?}");
    }
}

/// The foundation's schedule is the date that is open, or else its next one.
#[test]
fn the_foundation_is_told_its_open_or_next_date() {
    let mut lines = Lines::new();
    for (days, taken, half_year) in
        [(0, 0, 1), (180, 0, 1), (180, 3 * POINT, 2), (359, 0, 2), (360, 0, 2), (720, 0, 4), (725, POINT, 5)]
    {
        lines.at(days);
        if taken > 0 {
            lines.take(taken, days);
        }
        let due_ms = Some(lines.issued_ms + half_year * HALF_YEAR_DAYS * DAY);
        let told: Vec<Tranche> = lines.network.read(KIND, "schedule", &Line::Foundation);
        assert_eq!(told, [Tranche { due_ms, amount: lines.holdings.left / 10 }], "day {days}");
    }
}

/// A listing date that is set late or lies ahead counts from its day, and only
/// from there; without one the supporters wait.
#[test]
fn the_supporters_months_count_from_the_listing() {
    let mut lines = Lines::new();
    lines.at(700);
    lines.ask(0, 700);
    lines.check(700);
    lines.list(700, 700 + 360);
    for day in [700, 1_059, 1_060, 1_089, 1_090, 1_091, 1_419, 1_420, 3_000] {
        lines.at(day);
        lines.check(day);
        lines.ask(0, day);
    }
    assert_eq!(lines.paid[0].2, 20 * POINT);
}

/// One step of a random history; days wait first.
#[derive(Clone, Debug)]
struct Step {
    wait: u64,
    /// Index of a beneficiary's line, or beyond them the foundation's.
    which: usize,
    /// For the foundation, thousandths of its most.
    thousandths: Balance,
}

#[test]
fn no_order_of_asking_pays_more_or_less_than_the_table() {
    const CASES: u32 = 24;
    let step =
        (0u64..120, 0usize..4, 0u128..1_100).prop_map(|(wait, which, thousandths)| Step { wait, which, thousandths });
    let history = (0u64..300, 0u64..360, proptest::collection::vec(step, 1..50));
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&history, |(announced, ahead, steps)| {
        let (mut lines, mut days) = (Lines::new(), 0);
        for Step { wait, which, thousandths } in steps {
            days += wait;
            if days >= announced && lines.listed.is_none() {
                lines.list(days, days + ahead);
            }
            lines.at(days);
            lines.check(days);
            match which {
                3 => lines.take(lines.holdings.left / 10 * thousandths / 1_000, days),
                which => lines.ask(which, days),
            }
            lines.balance_is_the_rest();
        }
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}
