//! Bzky and Time of the whole network, day by day.
//!
//! | module | holds |
//! |---|---|
//! | `growth` | shops and customers between the paper's stages |
//! | `schedule` | when the lines of `vesting` are released |
//! | `books` | where every Bzky is, and what must hold |
//! | `flows` | what moves on a day |
//! | `row` | a day as a row of a file |
//! | `summary` | what a founder asks of all days |
//!
//! A day is an epoch. What no contract decides, how many shops there are and
//! what they buy, are parameters ([`EconomyParameters`]); emissions, pools and
//! prices are the network's own functions.

mod books;
mod flows;
mod growth;
mod row;
mod schedule;
mod summary;

pub use books::{BooksError, Place};
pub use growth::Growth;
pub use row::DayRow;
pub use summary::{Summary, Year, YEAR};

use super::EconomyParameters;
use bizkey_primitives::{Balance, Epoch};
use books::{BzkyBooks, TimeBooks};
use flows::Queues;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Longest simulation, days: a hundred years.
pub const MOST_DAYS: u32 = 36_500;

/// Why an economy cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EconomyError {
    /// The stages' days do not ascend.
    #[error("stages 1, 2 and 3 must be reached one after the other, but their days are {0}, {1} and {2}")]
    Stages(u64, u64, u64),
    /// More claims than rewards.
    #[error("{at_once} % of the rewards claimed at once and {late} % late are more than all of them")]
    Claims {
        /// Percent claimed at once.
        at_once: u64,
        /// Percent claimed late.
        late: u64,
    },
    /// A day that is beyond [`MOST_DAYS`].
    #[error("day {0} is beyond the {most} days that can be played", most = MOST_DAYS)]
    TooLong(u32),
    /// The books of a day do not agree.
    #[error("day {day}: {source}")]
    Books {
        /// The day.
        day: u32,
        /// What they contradict.
        source: BooksError,
    },
}

/// The economy after some days.
#[derive(Clone, Debug)]
pub struct Economy {
    parameters: EconomyParameters,
    shops: Growth,
    customers: Growth,
    random: ChaCha8Rng,
    next_day: Epoch,
    bzky: BzkyBooks,
    time: TimeBooks,
    queues: Queues,
    /// Taken by the foundation of its line.
    foundation_taken: Balance,
    deposits: Deposits,
    carried: Carried,
}

/// Deposits of shops that trade.
#[derive(Clone, Copy, Debug, Default)]
struct Deposits {
    /// Shops with one.
    shops: u64,
    /// What they have locked; less than all that is locked, since deposits on
    /// their way back are not in it.
    amount: Balance,
}

/// Fractions of whole things that earlier days left over, so that a tenth of a
/// shop a day is a shop in ten days.
#[derive(Clone, Copy, Debug, Default)]
struct Carried {
    closing: u64,
    seized: u64,
    tasks: u64,
}

impl Economy {
    /// An economy before its first day.
    ///
    /// # Errors
    /// [`EconomyError::Stages`], [`EconomyError::Claims`].
    pub fn new(parameters: EconomyParameters, seed: u64) -> Result<Self, EconomyError> {
        let p = &parameters;
        let days = (p.stage_1_day, p.stage_2_day, p.stage_3_day);
        let growth = |numbers: [u64; 4]| {
            Growth::new(&[(0, numbers[0]), (days.0, numbers[1]), (days.1, numbers[2]), (days.2, numbers[3])])
                .ok_or(EconomyError::Stages(days.0, days.1, days.2))
        };
        let shops = growth([p.launch_shops, p.stage_1_shops, p.stage_2_shops, p.stage_3_shops])?;
        let customers = growth([p.launch_customers, p.stage_1_customers, p.stage_2_customers, p.stage_3_customers])?;
        if p.claimed_at_once_percent + p.claimed_late_percent > 100 {
            let (at_once, late) = (p.claimed_at_once_percent, p.claimed_late_percent);
            return Err(EconomyError::Claims { at_once, late });
        }
        Ok(Self {
            parameters,
            shops,
            customers,
            random: ChaCha8Rng::seed_from_u64(seed),
            next_day: 0,
            bzky: BzkyBooks::default(),
            time: TimeBooks::default(),
            queues: Queues::default(),
            foundation_taken: 0,
            deposits: Deposits::default(),
            carried: Carried::default(),
        })
    }

    /// Plays the next day and checks the books.
    ///
    /// # Errors
    /// [`EconomyError::TooLong`]; [`EconomyError::Books`], after which the
    /// economy is of no use.
    pub fn play_day(&mut self) -> Result<DayRow, EconomyError> {
        let day = self.next_day;
        if day >= MOST_DAYS {
            return Err(EconomyError::TooLong(day));
        }
        let row = self.flow(day).and_then(|row| self.check(day).map(|()| row));
        self.next_day = day + 1;
        row.map_err(|source| EconomyError::Books { day, source })
    }

    /// What the lines of `vesting` have released by `day`, the foundation's included.
    fn released(&self, day: Epoch) -> Balance {
        let lines = bizkey_primitives::vesting::Line::ALL;
        let listing_day = self.parameters.listing_day;
        let others: Balance = lines.iter().map(|line| schedule::released(*line, day.into(), listing_day)).sum();
        others + self.foundation_taken
    }

    fn check(&self, day: Epoch) -> Result<(), BooksError> {
        self.bzky.check(self.released(day))?;
        self.time.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(mut economy: Economy, days: u32) -> Vec<DayRow> {
        (0..days).map(|_| economy.play_day().unwrap()).collect()
    }

    #[test]
    fn a_stray_unit_stops_the_economy_with_an_error_that_names_the_day() {
        let mut economy = Economy::new(EconomyParameters::default(), 1).unwrap();
        economy.play_day().unwrap();
        economy.bzky.paid += 1;
        let error = economy.play_day().unwrap_err();
        assert!(matches!(error, EconomyError::Books { day: 1, source: BooksError::MerchantPool { .. } }), "{error}");
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let unsound = EconomyParameters { stage_2_day: 365, ..EconomyParameters::default() };
        assert_eq!(Economy::new(unsound, 1).unwrap_err(), EconomyError::Stages(365, 365, 1_460));
        let unsound = EconomyParameters { claimed_late_percent: 26, ..EconomyParameters::default() };
        assert_eq!(Economy::new(unsound, 1).unwrap_err(), EconomyError::Claims { at_once: 75, late: 26 });
    }

    #[test]
    fn two_runs_of_a_seed_are_the_same_and_another_seed_differs() {
        let run = |seed| played(Economy::new(EconomyParameters::default(), seed).unwrap(), 200);
        assert_eq!(run(5), run(5));
        assert_ne!(run(5), run(6));
    }
}
