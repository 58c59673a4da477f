//! The foundation's board, and what vesting released.

use super::{Place, Writer};
use crate::{
    model::ResolutionState,
    store::{
        codes::{code, LINES, RESOLUTION_STATES},
        relations,
        sql::values,
    },
    Result,
};
use bizkey_primitives::{
    board::ResolutionId,
    events::{ChairChanged, DirectorLeft, DirectorSeated, ResolutionProposed, SeatTaken, VestingReleased, VoteCast},
};
use codec::Encode;

impl Writer<'_> {
    pub(super) async fn director_seated(&mut self, place: Place, event: &DirectorSeated) -> Result<()> {
        let sql = "INSERT INTO directors (director, name, block, account) VALUES ($1, $2, $3, $4)";
        let values = values![event.director, &event.name[..], place.block, &event.account];
        self.add(&relations::DIRECTORS, "storing a director", sql, values).await
    }

    pub(super) async fn director_left(&mut self, place: Place, event: &DirectorLeft) -> Result<()> {
        let sql = "UPDATE directors SET left_block = $2 WHERE director = $1";
        let values = values![event.director, place.block];
        self.change(&relations::DIRECTORS, "storing that a director left", sql, values).await
    }

    pub(super) async fn seat_taken(&mut self, event: &SeatTaken) -> Result<()> {
        let sql = "UPDATE directors SET account = $2 WHERE director = $1";
        let values = values![event.director, &event.account];
        self.change(&relations::DIRECTORS, "storing a director's account", sql, values).await
    }

    pub(super) async fn chair_changed(&mut self, place: Place, event: &ChairChanged) -> Result<()> {
        let sql = "INSERT INTO chairs (block, event, director) VALUES ($1, $2, $3)";
        let values = values![place.block, place.event, event.chair];
        self.add(&relations::CHAIRS, "storing the chair", sql, values).await
    }

    pub(super) async fn resolution_proposed(&mut self, place: Place, event: &ResolutionProposed) -> Result<()> {
        let sql = "INSERT INTO resolutions (resolution, director, motion, proposed_ms, block, state, since_block)
                   VALUES ($1, $2, $3, $4, $5, $6, $5)";
        let values = values![
            event.resolution,
            event.director,
            event.motion.encode(),
            self.block.timestamp_ms,
            place.block,
            code(&RESOLUTION_STATES, &ResolutionState::Open),
        ];
        self.add(&relations::RESOLUTIONS, "storing a resolution", sql, values).await
    }

    /// A director's last vote counts.
    pub(super) async fn vote_cast(&mut self, place: Place, event: &VoteCast) -> Result<()> {
        let sql = "INSERT INTO votes (resolution, director, in_favour, block, event) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (resolution, director) DO UPDATE
                   SET in_favour = excluded.in_favour, block = excluded.block, event = excluded.event";
        let values = values![event.resolution, event.director, event.in_favour, place.block, place.event];
        self.change(&relations::VOTES, "storing a vote", sql, values).await
    }

    /// Puts a resolution into a state, from this block on; with it, from when
    /// on it can be carried out.
    pub(super) async fn resolution_is(
        &mut self,
        place: Place,
        resolution: ResolutionId,
        state: ResolutionState,
        executable_ms: Option<u64>,
    ) -> Result<()> {
        let sql = "UPDATE resolutions SET state = $2, since_block = $3, executable_ms = $4 WHERE resolution = $1";
        let values = values![resolution, code(&RESOLUTION_STATES, &state), place.block, executable_ms];
        self.change(&relations::RESOLUTIONS, "storing a resolution's state", sql, values).await
    }

    pub(super) async fn vesting_released(&mut self, place: Place, event: &VestingReleased) -> Result<()> {
        let sql = "INSERT INTO vesting_releases (block, event, line, account, amount) VALUES ($1, $2, $3, $4, $5)";
        let values = values![place.block, place.event, code(&LINES, &event.line), &event.account, event.amount];
        self.add(&relations::VESTING_RELEASES, "storing a release", sql, values).await
    }
}
