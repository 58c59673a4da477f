//! Who sits on the board (whitepaper 8): 3 to 32 directors, one of them in the chair.

use bizkey_primitives::{
    board::{DirectorId, MAX_DIRECTORS, MIN_DIRECTORS},
    errors::foundation::Error,
    AccountId,
};
use ink::prelude::vec::Vec;

/// A director's place at the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Seat {
    /// The director's number.
    pub director: DirectorId,
    /// The account that it acts with.
    pub account: AccountId,
}

/// The directors in office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Board {
    /// Every director in office, all accounts and numbers different.
    pub seats: Vec<Seat>,
    /// The highest number given so far.
    pub last: DirectorId,
    /// Who chairs it; a director in office.
    pub chair: Option<DirectorId>,
}

impl Board {
    /// The director that acts with an account.
    pub fn director_of(&self, account: AccountId) -> Option<DirectorId> {
        self.seats.iter().find(|seat| seat.account == account).map(|seat| seat.director)
    }

    /// Whether a director is in office.
    pub fn has(&self, director: DirectorId) -> bool {
        self.seats.iter().any(|seat| seat.director == director)
    }

    /// Gives a seat and the next number to an account.
    ///
    /// # Errors
    /// `TooManyDirectors`, `ZeroAccount`, `AlreadyDirector`, `Overflow`.
    pub fn add(&mut self, account: AccountId) -> Result<DirectorId, Error> {
        if self.seats.len() >= MAX_DIRECTORS {
            return Err(Error::TooManyDirectors);
        }
        let seat = self.next_seat(account)?;
        self.seats.push(seat);
        Ok(seat.director)
    }

    /// Takes a seat away. Returns whether the chair falls vacant.
    ///
    /// # Errors
    /// `UnknownDirector`, `TooFewDirectors`.
    pub fn remove(&mut self, director: DirectorId) -> Result<bool, Error> {
        let position = self.position(director)?;
        if self.seats.len() <= MIN_DIRECTORS {
            return Err(Error::TooFewDirectors);
        }
        self.seats.remove(position);
        Ok(self.vacate(director))
    }

    /// Gives a seat to another account under the next number. Returns the
    /// number and whether the chair falls vacant.
    ///
    /// # Errors
    /// `UnknownDirector`, `ZeroAccount`, `AlreadyDirector`, `Overflow`.
    pub fn replace(&mut self, director: DirectorId, account: AccountId) -> Result<(DirectorId, bool), Error> {
        let position = self.position(director)?;
        let next = self.next_seat(account)?;
        if let Some(seat) = self.seats.get_mut(position) {
            *seat = next;
        }
        Ok((next.director, self.vacate(director)))
    }

    /// Hands a seat to another account under the same number, so that its
    /// votes and the chair stay with it.
    ///
    /// # Errors
    /// `UnknownDirector`, `ZeroAccount`, `AlreadyDirector`.
    pub fn hand(&mut self, director: DirectorId, account: AccountId) -> Result<(), Error> {
        let position = self.position(director)?;
        self.check_free(account)?;
        if let Some(seat) = self.seats.get_mut(position) {
            seat.account = account;
        }
        Ok(())
    }

    /// Puts a director in the chair.
    ///
    /// # Errors
    /// `UnknownDirector`.
    pub fn elect(&mut self, director: DirectorId) -> Result<(), Error> {
        self.position(director)?;
        self.chair = Some(director);
        Ok(())
    }

    /// Checks that an account could be a director's.
    ///
    /// # Errors
    /// `ZeroAccount`, `AlreadyDirector`.
    pub fn check_free(&self, account: AccountId) -> Result<(), Error> {
        if account == AccountId::from([0; 32]) {
            return Err(Error::ZeroAccount);
        }
        match self.director_of(account) {
            Some(_) => Err(Error::AlreadyDirector),
            None => Ok(()),
        }
    }

    fn next_seat(&mut self, account: AccountId) -> Result<Seat, Error> {
        self.check_free(account)?;
        self.last = self.last.checked_add(1).ok_or(Error::Overflow)?;
        Ok(Seat { director: self.last, account })
    }

    fn position(&self, director: DirectorId) -> Result<usize, Error> {
        self.seats.iter().position(|seat| seat.director == director).ok_or(Error::UnknownDirector)
    }

    fn vacate(&mut self, director: DirectorId) -> bool {
        let was_chair = self.chair == Some(director);
        if was_chair {
            self.chair = None;
        }
        was_chair
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    /// Directors 1 to `count` with the accounts of the same numbers.
    pub fn board(count: u8) -> Board {
        let mut board = Board::default();
        for n in 1..=count {
            assert_eq!(board.add(account(n)), Ok(u32::from(n)));
        }
        board
    }

    #[test]
    fn a_board_never_passes_its_bounds() {
        let mut three = board(3);
        assert_eq!(three.remove(9), Err(Error::UnknownDirector));
        assert_eq!(three.remove(2), Err(Error::TooFewDirectors));
        let mut full = board(32);
        assert_eq!(full.add(account(99)), Err(Error::TooManyDirectors));
        assert_eq!(full.replace(32, account(99)), Ok((33, false)), "a full board can still replace");
        assert_eq!(full.add(account(32)), Err(Error::TooManyDirectors));
        assert_eq!(full.remove(1), Ok(false));
        assert_eq!(full.add(account(1)), Ok(34), "the number is not reused");
    }

    #[test]
    fn nobody_sits_twice_and_nobody_is_the_zero_account() {
        let mut board = board(4);
        assert_eq!(board.add(account(4)), Err(Error::AlreadyDirector));
        assert_eq!(board.add(account(0)), Err(Error::ZeroAccount));
        assert_eq!(board.replace(1, account(2)), Err(Error::AlreadyDirector));
        assert_eq!(board.replace(1, account(1)), Err(Error::AlreadyDirector));
        assert_eq!(board.hand(1, account(2)), Err(Error::AlreadyDirector));
        assert_eq!(board.hand(1, account(0)), Err(Error::ZeroAccount));
        assert_eq!(board.hand(7, account(9)), Err(Error::UnknownDirector));
    }

    #[test]
    fn the_chair_goes_with_the_director_and_stays_with_the_seat() {
        let mut board = board(5);
        assert_eq!(board.elect(6), Err(Error::UnknownDirector));
        board.elect(2).unwrap();
        board.hand(2, account(20)).unwrap();
        assert_eq!((board.chair, board.director_of(account(20))), (Some(2), Some(2)));
        assert_eq!(board.director_of(account(2)), None);
        assert_eq!(board.remove(1), Ok(false));
        assert_eq!(board.chair, Some(2));
        assert_eq!(board.replace(2, account(30)), Ok((6, true)));
        assert_eq!(board.chair, None);
        board.elect(6).unwrap();
        assert_eq!(board.remove(6), Ok(true));
        assert_eq!(board.chair, None);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Add(u8),
        Remove(u32),
        Replace(u32, u8),
        Hand(u32, u8),
        Elect(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0u8..50).prop_map(Step::Add),
            (0u32..60).prop_map(Step::Remove),
            (0u32..60, 0u8..50).prop_map(|(d, a)| Step::Replace(d, a)),
            (0u32..60, 0u8..50).prop_map(|(d, a)| Step::Hand(d, a)),
            (0u32..60).prop_map(Step::Elect),
        ]
    }

    proptest! {
        /// Whatever is tried: 3 to 32 seats, all accounts and numbers
        /// different, none zero, and the chair in office.
        #[test]
        fn the_invariants_hold_after_every_step(steps in proptest::collection::vec(step(), 0..120)) {
            let mut board = board(3);
            for step in steps {
                let before = board.clone();
                let refused = match step {
                    Step::Add(a) => board.add(account(a)).is_err(),
                    Step::Remove(d) => board.remove(d).is_err(),
                    Step::Replace(d, a) => board.replace(d, account(a)).is_err(),
                    Step::Hand(d, a) => board.hand(d, account(a)).is_err(),
                    Step::Elect(d) => board.elect(d).is_err(),
                };
                prop_assert!(!refused || board == before, "a refusal leaves no trace");
                prop_assert!((3..=32).contains(&board.seats.len()));
                for (i, seat) in board.seats.iter().enumerate() {
                    prop_assert!(seat.account != account(0) && seat.director <= board.last);
                    prop_assert!(board.seats[..i].iter().all(|s| s.account != seat.account && s.director != seat.director));
                }
                prop_assert!(board.chair.is_none_or(|chair| board.has(chair)));
            }
        }
    }
}
