//! The foundation's board, and vesting.

use super::{account, hash, Contract, History, CALENDAR};
use bizkey_primitives::{board::Motion, events::*, vesting::Line, TOKEN};

/// Directors of the first day.
const DIRECTORS: u32 = 9;

#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Director,
    Leave,
    Succeed,
    Chair,
    Propose,
    Vote,
    Resolve,
    Release,
}

impl Deed {
    /// How often each happens in an epoch.
    pub const COUNTS: &'static [(u64, Deed)] = &[
        (1, Deed::Director),
        (1, Deed::Leave),
        (1, Deed::Succeed),
        (1, Deed::Chair),
        (4, Deed::Propose),
        (20, Deed::Vote),
        (4, Deed::Resolve),
        (2, Deed::Release),
    ];
}

/// Where a resolution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Passed,
    Over,
}

#[derive(Debug, Default)]
pub(super) struct Board {
    pub directors: u32,
    in_office: Vec<u32>,
    /// Resolution r is the one at r - 1.
    resolutions: Vec<State>,
    names: u64,
}

impl Board {
    pub fn resolutions(&self) -> u32 {
        self.resolutions.len() as u32
    }

    /// One of the last resolutions that is not over.
    fn live(&self, draws: &mut super::Draws) -> Option<u32> {
        let live = (1..=self.resolutions()).rev().take(40);
        let live: Vec<u32> = live.filter(|one| self.resolutions[*one as usize - 1] != State::Over).collect();
        draws.pick(&live).copied()
    }
}

impl History {
    pub(super) fn perform_board(&mut self, deed: Deed) -> Option<()> {
        self.board.names += 1;
        let name = self.board.names;
        let seated = account("director", name);
        let event = match deed {
            Deed::Director => {
                let new = if self.board.directors == 0 { DIRECTORS } else { 1 };
                for _ in 0..new {
                    self.board.directors += 1;
                    let director = self.board.directors;
                    self.board.in_office.push(director);
                    let event = DirectorSeated { director, account: seated, name: b"Somebody".to_vec() };
                    self.emit(Contract::Foundation, Event::DirectorSeated(event));
                }
                return Some(());
            }
            Deed::Leave => {
                if self.board.in_office.len() <= DIRECTORS as usize {
                    return None;
                }
                let director = self.board.in_office.remove(0);
                Event::DirectorLeft(DirectorLeft { director })
            }
            Deed::Succeed => {
                let director = *self.draws.pick(&self.board.in_office)?;
                Event::SeatTaken(SeatTaken { director, account: seated })
            }
            Deed::Chair => {
                let chair = self.draws.pick(&self.board.in_office).copied();
                Event::ChairChanged(ChairChanged { chair })
            }
            Deed::Propose => {
                let director = *self.draws.pick(&self.board.in_office)?;
                self.board.resolutions.push(State::Open);
                let (resolution, motion) = (self.board.resolutions(), Motion::AdoptText { text: hash("text", name) });
                Event::ResolutionProposed(ResolutionProposed { resolution, director, motion })
            }
            Deed::Vote => {
                let (resolution, director) =
                    (self.board.live(&mut self.draws)?, *self.draws.pick(&self.board.in_office)?);
                let in_favour = !self.draws.once_in(4);
                Event::VoteCast(VoteCast { resolution, director, in_favour })
            }
            Deed::Resolve => self.resolve()?,
            Deed::Release => {
                let line = Line::ALL[self.draws.below(4) as usize];
                let event = VestingReleased { line, account: account("beneficiary", line as u64), amount: TOKEN };
                self.emit(Contract::Vesting, Event::VestingReleased(event));
                return Some(());
            }
        };
        self.emit(Contract::Foundation, event);
        Some(())
    }

    fn resolve(&mut self) -> Option<Event> {
        let resolution = self.board.live(&mut self.draws)?;
        let executable_ms = self.now_ms + 2 * CALENDAR.epoch_ms;
        let draw = self.draws.below(8);
        let state = &mut self.board.resolutions[resolution as usize - 1];
        let (next, event) = match (*state, draw) {
            (State::Open, 0) => (State::Over, Event::ResolutionFailed(ResolutionFailed { resolution })),
            (State::Open, _) => {
                (State::Passed, Event::ResolutionPassed(ResolutionPassed { resolution, executable_ms }))
            }
            (_, 0) => (State::Open, Event::MajorityLost(MajorityLost { resolution })),
            (_, 1) => (State::Over, Event::ResolutionCancelled(ResolutionCancelled { resolution })),
            (_, _) => (State::Over, Event::ResolutionEnacted(ResolutionEnacted { resolution })),
        };
        *state = next;
        Some(event)
    }
}
