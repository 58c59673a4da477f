//! Counts tests from what `cargo test` prints.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed, and steps that failed without a test.
    pub failed: u64,
    /// Tests that were ignored.
    pub skipped: u64,
}

impl Tally {
    /// Reads a line like
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; ...`;
    /// nothing if it is another line.
    pub fn of_line(line: &str) -> Option<Self> {
        let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
        let mut tally = Self::default();
        for part in counts.split(';') {
            let mut words = part.split_whitespace();
            let (Some(number), Some(kind)) = (words.next(), words.next()) else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match kind {
                "passed" => tally.passed = number,
                "failed" => tally.failed = number,
                "ignored" => tally.skipped = number,
                _ => {}
            }
        }
        Some(tally)
    }

    /// Moves tests that were left out from the passed to the skipped: a test
    /// runner counts them as passed, since they ended without failing.
    pub fn leave_out(&mut self, tests: u64) {
        let moved = tests.min(self.passed);
        self.passed = self.passed.saturating_sub(moved);
        self.skipped = self.skipped.saturating_add(moved);
    }

    /// One failure that no test runner counted.
    pub const FAILED_STEP: Self = Self { passed: 0, failed: 1, skipped: 0 };
}

/// What a test says that does not run: `left out: NAME needs dev_* controls`.
/// A runner may have put the test's name before it.
pub fn left_out(line: &str) -> Option<&str> {
    line.split_once("left out: ").map(|(_, what)| what.trim())
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_read_and_others_are_not() {
        let line = "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; \
                    5 filtered out; finished in 0.01s";
        let tally = Tally { passed: 12, failed: 3, skipped: 4 };
        assert_eq!(Tally::of_line(line), Some(tally));
        assert_eq!(Tally::of_line("running 3 tests"), None);
        assert_eq!(Tally::of_line("test result: odd"), None);
    }

    #[test]
    fn a_test_that_is_left_out_is_named_and_is_no_passed_one() {
        let line = "test a_demo ... left out: the demo needs dev_* controls";
        assert_eq!(left_out(line), Some("the demo needs dev_* controls"));
        assert_eq!(left_out("test a_demo ... ok"), None);
        let mut tally = Tally { passed: 3, failed: 1, skipped: 0 };
        tally.leave_out(2);
        assert_eq!(tally, Tally { passed: 1, failed: 1, skipped: 2 });
    }

    #[test]
    fn the_sum_is_one_plain_line() {
        let mut sum = Tally { passed: 1, failed: 0, skipped: 2 };
        sum += Tally { passed: 3, failed: 1, skipped: 0 };
        assert_eq!(sum.to_string(), "4 passed, 1 failed, 2 skipped");
    }
}
