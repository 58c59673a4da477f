//! The constructor, `bind`, and what a new board says of itself.

use super::steps::{account, assert_refused, refused, Board, KIND};
use bizkey_client::ContractError;
use bizkey_primitives::{
    board::{Budget, Director, Motion, Power, INITIAL_SHARES, MAX_NAME_BYTES, MAX_PAUSABLE},
    errors::foundation::Error,
    events::Event,
    pause::Pause,
    AccountId, Calendar, Hash,
};
use bizkey_tests::Sandbox;

type Seats = Vec<(AccountId, Vec<u8>)>;

/// Seats for actors, each called what it is given.
fn seats(network: &Sandbox, named: &[(&str, &str)]) -> Seats {
    named.iter().map(|(actor, name)| (account(network, actor), name.as_bytes().to_vec())).collect()
}

fn instantiate(network: &mut Sandbox, directors: &Seats) -> Result<(), ContractError> {
    let (admin, chief) = (account(network, "admin"), account(network, "chief executive"));
    let arguments = (network.calendar, network.contracts.bzky, directors, chief);
    network.instantiate(admin, KIND, &arguments).map(drop)
}

pub fn constructor(network: &mut Sandbox) {
    let (admin, chief) = (account(network, "admin"), account(network, "chief executive"));
    let three = seats(network, &[("one", "Ada"), ("two", "Berta"), ("three", "Carla")]);
    let bzky = network.contracts.bzky;
    let unusable = Calendar { epoch_ms: 0, ..network.calendar };
    let other = Calendar { genesis_ms: network.calendar.genesis_ms + 1, ..network.calendar };
    for calendar in [unusable, other] {
        let made = network.instantiate(admin, KIND, &(calendar, bzky, &three, chief));
        assert_eq!(made, refused(Error::BadCalendar), "{calendar:?}");
    }
    let no_token = (network.calendar, account(network, "stranger"), &three, chief);
    assert_eq!(network.instantiate(admin, KIND, &no_token), refused(Error::CalleeFailed));
    let nobody = (network.calendar, bzky, &three, AccountId::from([0; 32]));
    assert_eq!(network.instantiate(admin, KIND, &nobody), refused(Error::ZeroAccount));

    assert_eq!(instantiate(network, &three[..2].to_vec()), refused(Error::TooFewDirectors));
    let many = |network: &Sandbox, count: u32| -> Seats {
        (1..=count).map(|n| (account(network, &format!("of many {n}")), n.to_string().into_bytes())).collect()
    };
    let too_many = many(network, 33);
    assert_eq!(instantiate(network, &too_many), refused(Error::TooManyDirectors));
    let most = many(network, 32);
    instantiate(network, &most).unwrap();
    let twice = seats(network, &[("one", "Ada"), ("two", "Berta"), ("one", "Carla")]);
    assert_eq!(instantiate(network, &twice), refused(Error::AlreadyDirector));
    let alike = seats(network, &[("one", "Ada"), ("two", "Berta"), ("three", "Ada")]);
    assert_eq!(instantiate(network, &alike), refused(Error::NameTaken));
    let zero = vec![three[0].clone(), three[1].clone(), (AccountId::from([0; 32]), b"Nobody".to_vec())];
    assert_eq!(instantiate(network, &zero), refused(Error::ZeroAccount));
    names(network, &three);
}

/// Votes are by name, so a name is readable, and looks like no other.
fn names(network: &mut Sandbox, three: &Seats) {
    let longest = "n".repeat(MAX_NAME_BYTES);
    let too_long = "n".repeat(MAX_NAME_BYTES + 1);
    for name in ["", &too_long, " Ada", "Ada ", "A\nda", "A\u{202e}da", "A\u{200b}da"] {
        let mut directors = three.clone();
        directors[2].1 = name.as_bytes().to_vec();
        assert_eq!(instantiate(network, &directors), refused(Error::BadName), "{name:?}");
    }
    let mut directors = three.clone();
    directors[2].1 = vec![b'A', 0xff];
    assert_eq!(instantiate(network, &directors), refused(Error::BadName), "no UTF-8");
    directors[1].1 = longest.into_bytes();
    directors[2].1 = "김민준".as_bytes().to_vec();
    instantiate(network, &directors).unwrap();
}

fn bind(
    network: &mut Sandbox,
    board: &Board,
    origin: AccountId,
    pausable: &Vec<AccountId>,
) -> Result<(), ContractError> {
    network.call_at(board.address, origin, KIND, "bind", pausable)
}

pub fn binding(network: &mut Sandbox) {
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    let (rewards, time) = (network.contracts.rewards, network.contracts.time);
    let board = Board::sized(network, 3);
    assert!(!board.read::<bool>(network, "is_bound", &()));
    let many = |count: u8| -> Vec<AccountId> { (1..=count).map(|n| AccountId::from([n; 32])).collect() };
    let too_many = many(MAX_PAUSABLE as u8 + 1);
    for bad in [vec![rewards, time, rewards], vec![board.address], too_many] {
        assert_eq!(bind(network, &board, admin, &bad), refused(Error::BadPausable), "{bad:?}");
    }
    for name in ["stranger", "chief executive", "director 1"] {
        let origin = account(network, name);
        assert_eq!(bind(network, &board, origin, &vec![rewards]), refused(Error::NotDeployer), "{name}");
    }
    let most = many(MAX_PAUSABLE as u8);
    bind(network, &board, admin, &most).unwrap();
    assert!(matches!(&network.events[..], [Event::PausableChanged(changed)] if changed.contracts == most));
    assert_eq!(board.read::<Vec<AccountId>>(network, "pausable", &()), most);
    assert!(board.read::<bool>(network, "is_bound", &()));
    for origin in [admin, stranger] {
        assert_eq!(bind(network, &board, origin, &vec![time]), refused(Error::AlreadyBound));
    }

    // Once the board has decided, the deployer's part is over, too.
    let decided = Board::sized(network, 4);
    decided.resolve(network, &Motion::SetPausable { contracts: vec![time] }).unwrap();
    assert_eq!(bind(network, &decided, admin, &vec![rewards]), refused(Error::AlreadyBound));
    assert_eq!(decided.read::<Vec<AccountId>>(network, "pausable", &()), [time]);
}

/// What a board says before anything was done.
pub fn a_new_board(network: &mut Sandbox) {
    let board = Board::of(network);
    let names = ["Director 1", "Director 2", "Director 3"];
    let expected: Vec<Director> = (1..)
        .zip(board.directors.iter().zip(names))
        .map(|(director, (account, name))| Director { director, account: *account, name: name.as_bytes().to_vec() })
        .collect();
    assert_eq!(board.read::<Vec<Director>>(network, "directors", &()), expected);
    for (number, director) in (1u32..).zip(board.directors.clone()) {
        assert_eq!(board.read::<Option<u32>>(network, "director_of", &director), Some(number));
    }
    let chief = account(network, "chief executive");
    assert_eq!(board.read::<Option<u32>>(network, "director_of", &chief), None);
    assert_eq!(board.read::<Vec<u8>>(network, "name_of", &3u32), b"Director 3");
    assert_eq!(board.read::<Vec<u8>>(network, "name_of", &4u32), b"");
    assert_eq!(board.read::<Option<u32>>(network, "chair", &()), None);
    assert_eq!(board.read::<Option<AccountId>>(network, "chief_executive", &()), Some(chief));
    assert!(board.read::<bool>(network, "may_pause", &()), "and nothing else");
    assert_eq!(board.read::<Vec<Power>>(network, "powers", &()), []);
    assert_eq!(board.read::<u32>(network, "resolutions", &()), 0);
    let budget: Budget = board.read(network, "budget", &());
    assert_eq!(budget.lines.map(|line| (line.balance, line.share, line.limit)), INITIAL_SHARES.map(|s| (0, s, 0)));
    assert_eq!(board.read::<Pause>(network, "pause_state", &()), Pause::default());
    assert!(!board.read::<bool>(network, "is_ossified", &()));
    assert_eq!(board.read::<Calendar>(network, "calendar", &()), network.calendar);
    assert_eq!(board.read::<Hash>(network, "genesis", &()), network.genesis);
    let admin = account(network, "admin");
    assert_refused(network, Error::AlreadyBound, |network| bind(network, &board, admin, &vec![]));
}
