//! Who joins, leaves and follows: the messages' part that changes the board.

use crate::{board::Board, chain, foundation::Foundation, names::check_name, resolutions, succession};
use bizkey_primitives::{
    board::DirectorId,
    errors::foundation::Error,
    events::{ChairChanged, DirectorLeft, DirectorSeated, MajorityLost, SeatClaimed, SeatTaken, SuccessorNamed},
    AccountId,
};
use ink::prelude::vec::Vec;

impl Foundation {
    /// One more director.
    pub(crate) fn seat(&mut self, account: AccountId, name: Vec<u8>) -> Result<(), Error> {
        let mut board = self.board();
        self.check_new_name(&board, &name, None)?;
        let director = board.add(account)?;
        self.change_board(&board);
        self.welcome(director, account, name);
        Ok(())
    }

    /// One director fewer.
    pub(crate) fn unseat(&mut self, director: DirectorId) -> Result<(), Error> {
        let mut board = self.board();
        let chair_left = board.remove(director)?;
        self.change_board(&board);
        self.part(director, chair_left);
        Ok(())
    }

    /// A director leaves and another one follows.
    pub(crate) fn reseat(&mut self, director: DirectorId, account: AccountId, name: Vec<u8>) -> Result<(), Error> {
        let mut board = self.board();
        self.check_new_name(&board, &name, Some(director))?;
        let (next, chair_left) = board.replace(director, account)?;
        self.change_board(&board);
        self.part(director, chair_left);
        self.welcome(next, account, name);
        Ok(())
    }

    /// A director in office takes the chair.
    pub(crate) fn elect(&mut self, director: DirectorId) -> Result<(), Error> {
        let mut board = self.board();
        board.elect(director)?;
        self.board.set(&board);
        chain::emit(ChairChanged { chair: Some(director) });
        Ok(())
    }

    /// `name_successor`, by `caller`.
    pub(crate) fn name_successor_as(&mut self, caller: AccountId, successor: Option<AccountId>) -> Result<(), Error> {
        let board = self.board();
        let director = board.director_of(caller).ok_or(Error::NotDirector)?;
        match successor {
            Some(account) => {
                board.check_free(account)?;
                self.successions.insert(director, &succession::named(account));
            }
            None if !self.successions.contains(director) => return Ok(()),
            None => self.successions.remove(director),
        }
        chain::emit(SuccessorNamed { director, successor });
        Ok(())
    }

    /// `claim_seat`, by `caller`.
    pub(crate) fn claim_seat_as(&mut self, caller: AccountId, director: DirectorId) -> Result<(), Error> {
        let mut succession = self.successions.get(director).ok_or(Error::NotSuccessor)?;
        let takes_over_ms = succession::claim(&mut succession, caller, chain::now_ms())?;
        self.successions.insert(director, &succession);
        chain::emit(SeatClaimed { director, successor: caller, takes_over_ms });
        Ok(())
    }

    /// A successor takes the seat that it claimed.
    pub(crate) fn succeed(&mut self, director: DirectorId) -> Result<(), Error> {
        let succession = self.successions.get(director).ok_or(Error::NotClaimed)?;
        succession::check_take(&succession, chain::now_ms())?;
        let mut board = self.board();
        let account = succession.successor;
        board.hand(director, account)?;
        self.board.set(&board);
        self.successions.remove(director);
        chain::emit(SeatTaken { director, account });
        Ok(())
    }

    /// Another board: what waits for its delay and has no majority in it has
    /// to pass again, so that whoever saw it fall is told anew. At most 32.
    fn change_board(&mut self, board: &Board) {
        self.board.set(board);
        let mut pending = self.pending.get_or_default();
        let before = pending.len();
        pending.retain(|entry| {
            let Some(mut resolution) = self.proceedings.get(entry.resolution) else { return false };
            let broke = resolutions::recount(&mut resolution, board);
            if broke {
                self.proceedings.insert(entry.resolution, &resolution);
                chain::emit(MajorityLost { resolution: entry.resolution });
            }
            !broke
        });
        if pending.len() < before {
            self.pending.set(&pending);
        }
    }

    fn welcome(&mut self, director: DirectorId, account: AccountId, name: Vec<u8>) {
        self.names.insert(director, &name);
        chain::emit(DirectorSeated { director, account, name });
    }

    fn part(&mut self, director: DirectorId, chair_left: bool) {
        self.names.remove(director);
        self.successions.remove(director);
        chain::emit(DirectorLeft { director });
        if chair_left {
            chain::emit(ChairChanged { chair: None });
        }
    }

    /// Votes are by name, so no two directors share one.
    fn check_new_name(&self, board: &Board, name: &[u8], leaving: Option<DirectorId>) -> Result<(), Error> {
        check_name(name)?;
        let taken = |director| Some(director) != leaving && self.names.get(director).is_some_and(|other| other == name);
        if board.seats.iter().any(|seat| taken(seat.director)) {
            return Err(Error::NameTaken);
        }
        Ok(())
    }
}
