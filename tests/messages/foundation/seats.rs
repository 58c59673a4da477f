//! Who sits on the board: joining, leaving, the chair, and successor keys.

use super::steps::{account, assert_refused, refused, Board, KIND};
use bizkey_client::ContractError;
use bizkey_primitives::{
    board::{Director, Motion, Succession, SUCCESSION_MS},
    errors::foundation::Error,
    events::Event,
    AccountId, Hash,
};
use bizkey_tests::Sandbox;

fn add(network: &Sandbox, actor: &str, name: &str) -> Motion {
    Motion::AddDirector { account: account(network, actor), name: name.as_bytes().to_vec() }
}

fn numbers(network: &mut Sandbox, board: &Board) -> Vec<u32> {
    board.read::<Vec<Director>>(network, "directors", &()).iter().map(|director| director.director).collect()
}

/// Directors join, leave and follow by resolution, 3 to 32 of them, each with
/// an account and a name of its own and a number that is never given again.
pub fn joining_and_leaving(network: &mut Sandbox) {
    let mut board = Board::sized(network, 3);
    let refuses = |network: &mut Sandbox, board: &Board, motion: &Motion, error| {
        let resolution = board.pass(network, motion);
        let before = network.state.storage_of(board.address);
        assert_eq!(board.enact(network, resolution), refused(error), "{motion:?}");
        assert_eq!(network.state.storage_of(board.address), before);
    };
    refuses(network, &board, &Motion::RemoveDirector { director: 1 }, Error::TooFewDirectors);
    refuses(network, &board, &Motion::RemoveDirector { director: 9 }, Error::UnknownDirector);
    let motion = add(network, "director 2", "Another name");
    refuses(network, &board, &motion, Error::AlreadyDirector);
    let motion = add(network, "newcomer", "Director 2");
    refuses(network, &board, &motion, Error::NameTaken);
    let newcomer = account(network, "newcomer");
    let replace =
        |director, account, name: &str| Motion::ReplaceDirector { director, account, name: name.as_bytes().to_vec() };
    refuses(network, &board, &replace(9, newcomer, "Newcomer"), Error::UnknownDirector);
    refuses(network, &board, &replace(1, newcomer, "Director 2"), Error::NameTaken);
    refuses(network, &board, &replace(1, board.directors[1], "Newcomer"), Error::AlreadyDirector);

    let motion = add(network, "newcomer", "Newcomer");
    board.resolve(network, &motion).unwrap();
    assert!(
        matches!(&network.events[..], [Event::ResolutionEnacted(_), Event::DirectorSeated(seated)]
            if (seated.director, seated.account, &seated.name[..]) == (4, newcomer, b"Newcomer")),
        "{:?}",
        network.events
    );
    board.resolve(network, &Motion::RemoveDirector { director: 4 }).expect_err("two of four are no majority");
    board.directors.push(newcomer);
    board.resolve(network, &Motion::RemoveDirector { director: 4 }).unwrap();
    assert!(matches!(&network.events[..], [_, Event::DirectorLeft(left)] if left.director == 4));
    assert_eq!(board.read::<Vec<u8>>(network, "name_of", &4u32), b"");
    assert_eq!(board.read::<Option<u32>>(network, "director_of", &newcomer), None);
    let proposed: Result<u32, ContractError> =
        network.call_at(board.address, newcomer, KIND, "propose", &Motion::DismissChiefExecutive);
    assert_eq!(proposed, refused(Error::NotDirector));
    board.directors.pop();

    // The name and the account are free again, the number is not.
    let motion = add(network, "newcomer", "Newcomer");
    board.resolve(network, &motion).unwrap();
    assert_eq!(numbers(network, &board), [1, 2, 3, 5]);
    board.directors.push(newcomer);
    let other = account(network, "other");
    board.resolve(network, &replace(1, other, "Director 1")).expect("the name of who leaves is free");
    assert!(matches!(&network.events[..], [_, Event::DirectorLeft(_), Event::DirectorSeated(_)]));
    let mut seated = numbers(network, &board);
    seated.sort_unstable();
    assert_eq!(seated, [2, 3, 5, 6]);

    let full = Board::sized(network, 32);
    let motion = add(network, "newcomer", "Newcomer");
    refuses(network, &full, &motion, Error::TooManyDirectors);
    full.resolve(network, &replace(32, newcomer, "Newcomer")).expect("one for another");
}

/// The board elects its chair, who has no vote of its own and leaves with its seat.
pub fn the_chair(network: &mut Sandbox) {
    let mut board = Board::sized(network, 4);
    let resolution = board.pass(network, &Motion::ElectChair { director: 9 });
    assert_eq!(board.enact(network, resolution), refused(Error::UnknownDirector));
    board.resolve(network, &Motion::ElectChair { director: 4 }).unwrap();
    assert!(matches!(&network.events[..], [_, Event::ChairChanged(changed)] if changed.chair == Some(4)));
    assert_eq!(board.read::<Option<u32>>(network, "chair", &()), Some(4));
    // Two of four, the chair among them, are no majority.
    let resolution = board.propose(network, &Motion::DismissChiefExecutive).unwrap();
    for director in [1, 4] {
        board.vote(network, director, resolution, true).unwrap();
    }
    assert_eq!(board.enact(network, resolution), refused(Error::NotPassed));

    board.resolve(network, &Motion::ElectChair { director: 3 }).unwrap();
    board.resolve(network, &Motion::RemoveDirector { director: 4 }).unwrap();
    assert_eq!(board.read::<Option<u32>>(network, "chair", &()), Some(3), "somebody else left");
    board.directors.pop();
    let newcomer = account(network, "newcomer");
    let replace = Motion::ReplaceDirector { director: 3, account: newcomer, name: b"Newcomer".to_vec() };
    board.resolve(network, &replace).unwrap();
    assert!(
        matches!(&network.events[..], [_, Event::DirectorLeft(_), Event::ChairChanged(changed), Event::DirectorSeated(_)]
            if changed.chair.is_none()),
        "{:?}",
        network.events
    );
    assert_eq!(board.read::<Option<u32>>(network, "chair", &()), None);
}

fn name(
    network: &mut Sandbox,
    board: &Board,
    director: AccountId,
    successor: Option<AccountId>,
) -> Result<(), ContractError> {
    network.call_at(board.address, director, KIND, "name_successor", &successor)
}

fn claim(network: &mut Sandbox, board: &Board, claimant: AccountId, director: u32) -> Result<(), ContractError> {
    network.call_at(board.address, claimant, KIND, "claim_seat", &director)
}

fn take(network: &mut Sandbox, board: &Board, director: u32) -> Result<(), ContractError> {
    let stranger = account(network, "stranger");
    network.call_at(board.address, stranger, KIND, "take_seat", &director)
}

fn successor_of(network: &mut Sandbox, board: &Board, director: u32) -> Option<Succession> {
    board.read(network, "successor_of", &director)
}

/// Whom a director named takes its seat 30 days after its claim, with number,
/// name, votes and the chair.
pub fn succession(network: &mut Sandbox) {
    let board = Board::of(network);
    let (lost, new) = (board.directors[2], account(network, "new key"));
    let zero = AccountId::from([0; 32]);
    assert_refused(network, Error::ZeroAccount, |network| name(network, &board, lost, Some(zero)));
    for director in board.directors.clone() {
        assert_refused(network, Error::AlreadyDirector, |network| name(network, &board, lost, Some(director)));
    }
    name(network, &board, lost, None).unwrap();
    assert_eq!(network.events, [], "nobody was named");
    assert_refused(network, Error::NotSuccessor, |network| claim(network, &board, new, 3));

    name(network, &board, lost, Some(new)).unwrap();
    assert!(matches!(&network.events[..], [Event::SuccessorNamed(named)]
            if (named.director, named.successor) == (3, Some(new))));
    assert_eq!(successor_of(network, &board, 3), Some(Succession { successor: new, takes_over_ms: None }));
    let others = ["director 1", "director 3", "chief executive", "stranger", "admin"];
    for origin in others.map(|name| account(network, name)) {
        assert_refused(network, Error::NotSuccessor, |network| claim(network, &board, origin, 3));
    }
    assert_refused(network, Error::NotSuccessor, |network| claim(network, &board, new, 2));
    assert_refused(network, Error::NotSuccessor, |network| claim(network, &board, new, 99));
    assert_refused(network, Error::NotClaimed, |network| take(network, &board, 3));
    assert_refused(network, Error::NotClaimed, |network| take(network, &board, 99));

    claim(network, &board, new, 3).unwrap();
    let takes_over_ms = network.state.now_ms() + SUCCESSION_MS;
    assert!(matches!(&network.events[..], [Event::SeatClaimed(claimed)]
            if (claimed.director, claimed.successor, claimed.takes_over_ms) == (3, new, takes_over_ms)));
    network.pass(1);
    assert_refused(network, Error::AlreadyClaimed, |network| claim(network, &board, new, 3));
    assert_eq!(successor_of(network, &board, 3).unwrap().takes_over_ms, Some(takes_over_ms), "not from anew");
    network.state.set_time(takes_over_ms - 1);
    assert_refused(network, Error::SuccessionOpen, |network| take(network, &board, 3));
    let by_new: Result<u32, _> = network.call(new, KIND, "propose", &Motion::DismissChiefExecutive);
    assert_eq!(by_new, refused(Error::NotDirector), "not before it has the seat");

    board.resolve(network, &Motion::ElectChair { director: 3 }).unwrap();
    let resolution = board.propose(network, &Motion::AdoptText { text: Hash::default() }).unwrap();
    board.vote(network, 3, resolution, true).unwrap();
    network.pass(1);
    take(network, &board, 3).unwrap();
    assert!(matches!(&network.events[..], [Event::SeatTaken(taken)] if (taken.director, taken.account) == (3, new)));
    assert_eq!(board.read::<Option<u32>>(network, "director_of", &new), Some(3));
    assert_eq!(board.read::<Option<u32>>(network, "director_of", &lost), None);
    assert_eq!(board.read::<Vec<u8>>(network, "name_of", &3u32), b"Director 3");
    assert_eq!(board.read::<Option<u32>>(network, "chair", &()), Some(3));
    assert_eq!(successor_of(network, &board, 3), None);
    assert_refused(network, Error::NotClaimed, |network| take(network, &board, 3));
    let by_lost: Result<(), _> = network.call(lost, KIND, "vote", &(resolution, false));
    assert_eq!(by_lost, refused(Error::NotDirector), "the old key has no vote");
    board.vote(network, 1, resolution, true).unwrap();
    board.enact(network, resolution).expect("the vote of the seat counts on");

    // The old key comes back by the same way.
    name(network, &board, new, Some(lost)).unwrap();
    claim(network, &board, lost, 3).unwrap();
    network.pass(SUCCESSION_MS);
    take(network, &board, 3).unwrap();
}

/// The director can end a claim: by naming nobody, or somebody anew; so does its leaving.
pub fn a_claim_ends(network: &mut Sandbox) {
    let board = Board::sized(network, 4);
    let (director, new) = (board.directors[3], account(network, "new key"));
    name(network, &board, director, Some(new)).unwrap();
    claim(network, &board, new, 4).unwrap();
    network.pass(SUCCESSION_MS);
    name(network, &board, director, None).unwrap();
    assert!(matches!(&network.events[..], [Event::SuccessorNamed(named)] if named.successor.is_none()));
    assert_eq!(take(network, &board, 4), refused(Error::NotClaimed), "cancelled in the last moment");
    assert_eq!(claim(network, &board, new, 4), refused(Error::NotSuccessor));

    name(network, &board, director, Some(new)).unwrap();
    claim(network, &board, new, 4).unwrap();
    name(network, &board, director, Some(new)).unwrap();
    assert_eq!(successor_of(network, &board, 4), Some(Succession { successor: new, takes_over_ms: None }));
    assert_eq!(take(network, &board, 4), refused(Error::NotClaimed));

    claim(network, &board, new, 4).unwrap();
    network.pass(SUCCESSION_MS);
    board.resolve(network, &Motion::RemoveDirector { director: 4 }).unwrap();
    assert_eq!(successor_of(network, &board, 4), None);
    assert_eq!(take(network, &board, 4), refused(Error::NotClaimed), "a seat that is gone");
}

/// An account has one seat, however many directors named it.
pub fn one_successor_for_two(network: &mut Sandbox) {
    let board = Board::sized(network, 3);
    let new = account(network, "new key");
    for number in [1, 2] {
        name(network, &board, board.directors[number - 1], Some(new)).unwrap();
        claim(network, &board, new, number as u32).unwrap();
    }
    network.pass(SUCCESSION_MS);
    take(network, &board, 1).unwrap();
    assert_eq!(take(network, &board, 2), refused(Error::AlreadyDirector));
    let seats: Vec<Director> = board.read(network, "directors", &());
    assert_eq!(seats.iter().filter(|seat| seat.account == new).count(), 1);
    assert_eq!(board.read::<Option<u32>>(network, "director_of", &board.directors[1]), Some(2), "as it was");
}
