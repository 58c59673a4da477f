//! Moments and windows (architecture.md, Rewards, exactly; foundation: pauses).

use super::{difference::Place, Difference, Field};
use bizkey_client::Block;
use bizkey_primitives::{
    pause::{Pause, PauseRefused, COOL_DOWN_MS, MAX_PAUSE_MS},
    Calendar, Epoch,
};

/// Epochs in which a round of reports can find a majority.
const REPORT_EPOCHS: u64 = 7;
/// Time that the board has to decide a dispute, milliseconds: 14 days.
const DECISION_MS: u64 = 14 * 24 * 60 * 60 * 1000;
/// Epochs in which a final epoch can be claimed.
const CLAIM_EPOCHS: u64 = 400;

/// The block in which something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Unix time, milliseconds.
    pub(super) ms: u64,
    /// Block number.
    pub(super) block: u32,
}

/// A stretch of time from a moment on; pauses that it meets make it longer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) from_ms: u64,
    pub(super) length_ms: u64,
}

/// What time it is, and when windows end.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    calendar: Calendar,
    /// The challenge window, milliseconds.
    challenge_ms: u64,
    pauses: Vec<Pause>,
    now: Moment,
}

impl Clock {
    pub(super) fn new(calendar: Calendar, challenge_ms: u64) -> Self {
        Self { calendar, challenge_ms, pauses: Vec::new(), now: Moment::default() }
    }

    pub(super) fn enter(&mut self, block: &Block) {
        self.now = Moment { ms: block.timestamp_ms, block: block.number };
    }

    pub(super) fn now(&self) -> Moment {
        self.now
    }

    /// The epoch that runs; `None` before the first.
    pub(super) fn open_epoch(&self) -> Option<Epoch> {
        self.calendar.epoch_at(self.now.ms)
    }

    /// The contract stands still from now on: 72 hours at most, 30 days after
    /// the last time at the earliest.
    pub(super) fn pause(&mut self, until_ms: u64) -> Result<(), Difference> {
        let (place, now_ms) = (Place::block(self.now.block), self.now.ms);
        let last = self.pauses.last().copied().unwrap_or_default();
        let pause = last.next(now_ms, until_ms).map_err(|refused| match refused {
            PauseRefused::TooLong => {
                let most = now_ms.saturating_add(MAX_PAUSE_MS);
                place.number(Field::Pause, most.into(), until_ms.into())
            }
            PauseRefused::CoolingDown => {
                let opens = last.until_ms.saturating_add(COOL_DOWN_MS);
                place.number(Field::Opens, opens.into(), now_ms.into())
            }
        })?;
        self.pauses.push(pause);
        Ok(())
    }

    /// Reports, finality and claims do not happen in a pause.
    pub(super) fn check_running(&self, place: Place) -> Result<(), Difference> {
        match self.pauses.last().filter(|pause| pause.is_on(self.now.ms)) {
            None => Ok(()),
            Some(pause) => Err(place.number(Field::Opens, pause.until_ms.into(), self.now.ms.into())),
        }
    }

    /// In which the first round of an epoch's reports finds its majority.
    pub(super) fn first_round(&self, epoch: Epoch) -> Window {
        self.round_from(self.calendar.end_ms(epoch))
    }

    /// In which the second round does, if the first report was struck then.
    pub(super) fn second_round(&self, struck: Moment) -> Window {
        self.round_from(struck.ms)
    }

    fn round_from(&self, from_ms: u64) -> Window {
        Window { from_ms, length_ms: self.calendar.epoch_ms.saturating_mul(REPORT_EPOCHS) }
    }

    /// In which the board decides a dispute of then.
    pub(super) fn decision(&self, disputed: Moment) -> Window {
        Window { from_ms: disputed.ms, length_ms: DECISION_MS }
    }

    /// In which an epoch is claimed that became final then.
    pub(super) fn claims(&self, finalised: Moment) -> Window {
        Window { from_ms: finalised.ms, length_ms: self.calendar.epoch_ms.saturating_mul(CLAIM_EPOCHS) }
    }

    /// For which a bond is held that was asked back then: a second round, its
    /// challenge window twice, and a decision.
    pub(super) fn bond_held(&self, asked_ms: u64) -> Window {
        let round = self.round_from(asked_ms).length_ms;
        let twice = self.challenge_ms.saturating_mul(2);
        Window { from_ms: asked_ms, length_ms: round.saturating_add(twice).saturating_add(DECISION_MS) }
    }

    /// The first moment after a window, every pause that it meets added.
    pub(super) fn end_of(&self, window: Window) -> u64 {
        let end_ms = window.from_ms.saturating_add(window.length_ms);
        self.pauses.iter().fold(end_ms, |end_ms, pause| pause.extend(window.from_ms, end_ms))
    }

    pub(super) fn is_over(&self, window: Window) -> bool {
        self.now.ms >= self.end_of(window)
    }

    /// What happens now waits for a window's end.
    pub(super) fn check_over(&self, place: Place, window: Window) -> Result<(), Difference> {
        if self.is_over(window) {
            return Ok(());
        }
        Err(place.number(Field::Opens, self.end_of(window).into(), self.now.ms.into()))
    }

    /// What happens now has to happen inside a window.
    pub(super) fn check_within(&self, place: Place, window: Window) -> Result<(), Difference> {
        if !self.is_over(window) {
            return Ok(());
        }
        Err(place.number(Field::Closes, self.end_of(window).into(), self.now.ms.into()))
    }

    /// A report that is pending since then cannot be challenged any more. The
    /// window lasts for one block at least.
    pub(super) fn check_challenge_over(&self, place: Place, pending: Moment) -> Result<(), Difference> {
        self.check_over(place, self.challenge(pending))?;
        if self.now.block > pending.block {
            return Ok(());
        }
        let opens = pending.block.saturating_add(1);
        Err(place.number(Field::OpensBlock, opens.into(), self.now.block.into()))
    }

    /// A report that is pending since then can still be disputed.
    pub(super) fn check_challenge_open(&self, place: Place, pending: Moment) -> Result<(), Difference> {
        if self.now.block > pending.block {
            self.check_within(place, self.challenge(pending))?;
        }
        Ok(())
    }

    fn challenge(&self, pending: Moment) -> Window {
        Window { from_ms: pending.ms, length_ms: self.challenge_ms }
    }
}
