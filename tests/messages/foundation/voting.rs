//! How a resolution passes, fails, lapses and is taken back.

use super::steps::{account, assert_refused, refused, Board, KIND};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    board::{
        BudgetLine, Motion, Resolution, ResolutionId, ResolutionState, Vote, EXECUTION_MS, MAX_INPUT_BYTES,
        MAX_PAUSABLE, VOTING_MS,
    },
    errors::foundation::Error,
    events::Event,
    hash::selector,
    pause::MAX_PAUSE_MS,
    AccountId, Hash,
};
use bizkey_tests::{
    sandbox::{Layouts, Raw},
    Sandbox, DAY,
};
use codec::Encode;

/// A motion that does nothing but be carried out.
fn text() -> Motion {
    Motion::AdoptText { text: Hash::from([1; 32]) }
}

fn state(network: &mut Sandbox, board: &Board, resolution: ResolutionId) -> ResolutionState {
    board.read::<Option<Resolution>>(network, "resolution", &resolution).expect("a resolution").state
}

fn votes(network: &mut Sandbox, board: &Board, resolution: ResolutionId) -> Vec<(u32, bool)> {
    let votes: Vec<Vote> = board.read(network, "votes_of", &resolution);
    votes.iter().map(|vote| (vote.director, vote.in_favour)).collect()
}

/// Only directors propose and vote; a proposal is no vote.
pub fn who_may(network: &mut Sandbox) {
    let board = Board::of(network);
    let motion = text();
    let resolution = board.propose(network, &motion).unwrap();
    assert!(
        matches!(&network.events[..], [Event::ResolutionProposed(proposed)]
            if (proposed.resolution, proposed.director) == (resolution, 1) && proposed.motion == motion),
        "{:?}",
        network.events
    );
    let proposed_ms = network.state.now_ms();
    let expected =
        Resolution { proposer: 1, proposed_ms, delayed: false, state: ResolutionState::Open, votes: Vec::new() };
    assert_eq!(board.read::<Option<Resolution>>(network, "resolution", &resolution), Some(expected));
    assert_eq!(board.read::<Option<Motion>>(network, "motion_of", &resolution), Some(motion));
    assert_eq!(board.read::<u32>(network, "resolutions", &()), resolution);

    let names = ["admin", "chief executive", "treasury", "attestor 1", "member 1", "stranger", "shop", "customer"];
    let mut others: Vec<AccountId> = names.map(|name| account(network, name)).to_vec();
    others.extend(ContractKind::ALL.map(|kind| network.address(kind)));
    for origin in others {
        let refuses = |network: &mut Sandbox, message: &str, arguments: Vec<u8>| {
            let arguments = Raw(arguments);
            let done: Result<(), _> = network.call(origin, KIND, message, &arguments);
            assert_eq!(done, refused(Error::NotDirector), "{message}");
        };
        refuses(network, "propose", text().encode());
        refuses(network, "vote", (resolution, true).encode());
        refuses(network, "vote", (resolution, false).encode());
        refuses(network, "name_successor", None::<AccountId>.encode());
    }
    assert_eq!(votes(network, &board, resolution), []);
    assert_eq!(board.enact(network, resolution), refused(Error::NotPassed));
    for unknown in [0, resolution + 1, u32::MAX] {
        assert_refused(network, Error::UnknownResolution, |network| board.vote(network, 1, unknown, true));
        assert_refused(network, Error::UnknownResolution, |network| board.enact(network, unknown));
        assert_eq!(board.read::<Option<Resolution>>(network, "resolution", &unknown), None);
        assert_eq!(board.read::<Option<Motion>>(network, "motion_of", &unknown), None);
        assert_eq!(votes(network, &board, unknown), []);
    }
}

/// More than half of all directors, not of the votes; half is not enough.
pub fn majorities(network: &mut Sandbox) {
    for (size, needed, blocking) in [(3, 2, 2), (4, 3, 2), (5, 3, 3), (32, 17, 16)] {
        let board = Board::sized(network, size);
        let resolution = board.propose(network, &text()).unwrap();
        for director in 1..needed {
            board.vote(network, director, resolution, true).unwrap();
            assert!(matches!(&network.events[..], [Event::VoteCast(_)]), "{director} of {size}");
            assert_eq!(board.enact(network, resolution), refused(Error::NotPassed), "{director} of {size}");
        }
        board.vote(network, needed, resolution, true).unwrap();
        let now_ms = network.state.now_ms();
        assert!(
            matches!(&network.events[..], [Event::VoteCast(vote), Event::ResolutionPassed(passed)]
                if vote.director as usize == needed && vote.in_favour && passed.executable_ms == now_ms),
            "{:?}",
            network.events
        );
        board.enact(network, resolution).unwrap();
        assert!(matches!(&network.events[..], [Event::ResolutionEnacted(done)] if done.resolution == resolution));
        assert_eq!(state(network, &board, resolution), ResolutionState::Enacted);
        assert_eq!(board.enact(network, resolution), refused(Error::ResolutionClosed), "once");
        assert_eq!(board.vote(network, 1, resolution, false), refused(Error::ResolutionClosed));

        // One fewer against it than blocks it: all others can still pass it.
        let resolution = board.propose(network, &text()).unwrap();
        for director in 1..blocking {
            board.vote(network, director, resolution, false).unwrap();
        }
        for director in blocking..=size {
            board.vote(network, director, resolution, true).unwrap();
        }
        assert!(matches!(state(network, &board, resolution), ResolutionState::Passed { .. }), "of {size}");

        let resolution = board.propose(network, &text()).unwrap();
        for director in 1..=blocking {
            assert_eq!(state(network, &board, resolution), ResolutionState::Open);
            board.vote(network, director, resolution, false).unwrap();
        }
        assert!(matches!(&network.events[..], [Event::VoteCast(_), Event::ResolutionFailed(_)]), "of {size}");
        assert_eq!(state(network, &board, resolution), ResolutionState::Failed);
        assert_eq!(board.vote(network, 1, resolution, true), refused(Error::ResolutionClosed), "for good");
        assert_eq!(board.enact(network, resolution), refused(Error::ResolutionClosed));
    }
}

/// Nobody votes on what can never be carried out.
pub fn what_can_never_be_carried_out(network: &mut Sandbox) {
    let board = Board::of(network);
    let (zero, other) = (AccountId::from([0; 32]), account(network, "stranger"));
    let (own, bzky, registry) = (board.address, network.contracts.bzky, network.contracts.registry);
    let line = BudgetLine::Research;
    let call = |target, input: Vec<u8>| Motion::Call { target, input };
    let grant = |target, message: &str, limit| Motion::GrantPower { target, selector: selector(message), limit };
    let pay = |to, amount| Motion::Pay { line, to, amount };
    let pause = |duration_ms| Motion::Pause { duration_ms, skip_failing: true };
    let many: Vec<AccountId> = (1..=MAX_PAUSABLE as u8 + 1).map(|n| AccountId::from([n; 32])).collect();
    let mut motions = vec![
        (Motion::AppointChiefExecutive { account: zero }, Error::ZeroAccount),
        (Motion::AddDirector { account: zero, name: b"Zero".to_vec() }, Error::ZeroAccount),
        (Motion::AddDirector { account: other, name: Vec::new() }, Error::BadName),
        (Motion::ReplaceDirector { director: 1, account: zero, name: b"Zero".to_vec() }, Error::ZeroAccount),
        (Motion::ReplaceDirector { director: 1, account: other, name: b" ".to_vec() }, Error::BadName),
        (call(registry, vec![1; 3]), Error::BadInput),
        (call(registry, vec![1; MAX_INPUT_BYTES + 1]), Error::BadInput),
        (call(own, vec![1; 4]), Error::TargetRefused),
        (call(bzky, vec![1; 4]), Error::TargetRefused),
        (grant(own, "vote", None), Error::TargetRefused),
        (grant(bzky, "PSP22::transfer", None), Error::TargetRefused),
        (grant(registry, "set_status", Some(0)), Error::BadLimit),
        (Motion::SetShares { shares: [2_000, 3_000, 2_000, 2_000, 999] }, Error::BadShares),
        (Motion::SetShares { shares: [u16::MAX; 5] }, Error::BadShares),
        (pay(zero, 1), Error::ZeroAccount),
        (pay(own, 1), Error::BadPayment),
        (pay(other, 0), Error::BadPayment),
        (Motion::MoveFunds { from: line, to: line, amount: 1 }, Error::BadPayment),
        (Motion::MoveFunds { from: line, to: BudgetLine::Reserve, amount: 0 }, Error::BadPayment),
        (pause(0), Error::PauseTooLong),
        (pause(MAX_PAUSE_MS + 1), Error::PauseTooLong),
        (Motion::SetPausable { contracts: vec![registry, registry] }, Error::BadPausable),
        (Motion::SetPausable { contracts: vec![own] }, Error::BadPausable),
        (Motion::SetPausable { contracts: many }, Error::BadPausable),
    ];
    for message in ["set_code", "ossify", "hand_over", "bind", "pause"] {
        motions.push((call(registry, selector(message).to_vec()), Error::SelectorRefused));
        motions.push((call(registry, [&selector(message)[..], &[0; 40]].concat()), Error::SelectorRefused));
        motions.push((grant(registry, message, Some(1)), Error::SelectorRefused));
    }
    for (motion, error) in motions {
        assert_refused(network, error, |network| board.propose(network, &motion));
    }
    board.propose(network, &call(registry, vec![1; MAX_INPUT_BYTES])).expect("what depends on the day is proposed");
}

/// A vote can be changed until the resolution is carried out; said twice it
/// only counts anew.
pub fn changes_of_mind(network: &mut Sandbox) {
    let board = Board::sized(network, 5);
    let resolution = board.pass(network, &text());
    assert!(matches!(state(network, &board, resolution), ResolutionState::Passed { .. }));
    board.vote(network, 3, resolution, true).unwrap();
    assert_eq!(network.events, [], "the same vote again");
    board.vote(network, 3, resolution, false).unwrap();
    assert!(matches!(&network.events[..], [Event::VoteCast(vote), Event::MajorityLost(_)] if !vote.in_favour));
    assert_eq!(state(network, &board, resolution), ResolutionState::Open);
    assert_eq!(board.enact(network, resolution), refused(Error::NotPassed));
    board.vote(network, 4, resolution, true).unwrap();
    assert_eq!(votes(network, &board, resolution), [(1, true), (2, true), (3, false), (4, true)]);
    board.vote(network, 5, resolution, false).unwrap();
    assert!(matches!(&network.events[..], [Event::VoteCast(_)]), "three of five are still for it");
    board.enact(network, resolution).unwrap();
    assert_eq!(board.vote(network, 1, resolution, false), refused(Error::ResolutionClosed), "too late");
}

/// 14 days to vote; 14 more to carry out what passed.
pub fn deadlines(network: &mut Sandbox) {
    let board = Board::of(network);
    let proposed_ms = network.state.now_ms();
    let (late, kept) = (board.propose(network, &text()).unwrap(), board.propose(network, &text()).unwrap());
    board.vote(network, 1, late, true).unwrap();
    board.vote(network, 1, kept, true).unwrap();
    network.state.set_time(proposed_ms + VOTING_MS - 1);
    board.vote(network, 2, kept, true).unwrap();
    let passed_ms = network.state.now_ms();
    network.pass(1);
    assert_refused(network, Error::ResolutionExpired, |network| board.vote(network, 2, late, true));
    assert_refused(network, Error::NotPassed, |network| board.enact(network, late));
    network.state.set_time(passed_ms + EXECUTION_MS - 1);
    board.vote(network, 3, kept, false).expect("a passed one can be voted on as long as it can be carried out");
    network.state.set_time(passed_ms + EXECUTION_MS);
    assert_refused(network, Error::ResolutionExpired, |network| board.enact(network, kept));
    assert_refused(network, Error::ResolutionExpired, |network| board.vote(network, 3, kept, true));

    let in_time = board.pass(network, &text());
    network.pass(EXECUTION_MS - 1);
    board.enact(network, in_time).unwrap();

    // A majority that is lost after the 14 days of voting does not come again.
    let lost = board.pass(network, &text());
    network.pass(VOTING_MS - 1);
    board.vote(network, 2, lost, false).unwrap();
    network.pass(1);
    assert_refused(network, Error::ResolutionExpired, |network| board.vote(network, 2, lost, true));
}

/// Votes count by the directors in office: who leaves takes its vote along,
/// and who follows starts without one.
pub fn who_leaves(network: &mut Sandbox) {
    let mut board = Board::sized(network, 4);
    let resolution = board.pass(network, &text());
    let follower = account(network, "follower");
    let replace = Motion::ReplaceDirector { director: 3, account: follower, name: b"Follower".to_vec() };
    board.resolve(network, &replace).unwrap();
    assert_eq!(board.enact(network, resolution), refused(Error::NotPassed));
    assert_eq!(votes(network, &board, resolution), [(1, true), (2, true), (3, true)], "until the next vote");
    assert_eq!(board.vote(network, 3, resolution, true), refused(Error::NotDirector), "who left");
    board.directors[2] = follower;
    board.vote(network, 4, resolution, false).unwrap();
    assert!(matches!(&network.events[..], [Event::VoteCast(_), Event::MajorityLost(_)]));
    assert_eq!(votes(network, &board, resolution), [(1, true), (2, true), (4, false)]);
    board.vote(network, 3, resolution, true).unwrap();
    assert_eq!(votes(network, &board, resolution).last(), Some(&(5, true)), "under a number of its own");
    board.enact(network, resolution).unwrap();

    // A smaller board needs fewer votes, once somebody counts them anew.
    let open = board.propose(network, &text()).unwrap();
    board.vote(network, 1, open, true).unwrap();
    board.vote(network, 2, open, true).unwrap();
    let other = board.propose(network, &text()).unwrap();
    board.vote(network, 4, other, true).unwrap();
    board.resolve(network, &Motion::RemoveDirector { director: 4 }).unwrap();
    board.directors.truncate(3);
    assert_eq!(board.enact(network, open), refused(Error::NotPassed));
    board.vote(network, 2, open, true).unwrap();
    assert!(matches!(&network.events[..], [Event::ResolutionPassed(_)]), "{:?}", network.events);

    // And a larger one needs more at once.
    let joined = account(network, "director 4");
    board.resolve(network, &Motion::AddDirector { account: joined, name: b"Fourth".to_vec() }).unwrap();
    assert_eq!(board.enact(network, open), refused(Error::NotPassed), "two of four");
    network.pass(DAY);
    board.vote(network, 3, open, true).unwrap();
    board.enact(network, open).unwrap();
    // Who comes back is somebody else: what it voted before counts no more.
    board.vote(network, 1, other, true).unwrap();
    assert_eq!(votes(network, &board, other), [(1, true)]);
}

/// A later resolution takes back what was not carried out.
pub fn taking_back(network: &mut Sandbox) {
    let board = Board::of(network);
    let (open, passed) = (board.propose(network, &text()).unwrap(), board.pass(network, &text()));
    for resolution in [open, passed] {
        board.resolve(network, &Motion::Cancel { resolution }).unwrap();
        assert!(
            matches!(&network.events[..], [Event::ResolutionEnacted(_), Event::ResolutionCancelled(cancelled)]
                if cancelled.resolution == resolution),
            "{:?}",
            network.events
        );
        assert_eq!(state(network, &board, resolution), ResolutionState::Cancelled);
        assert_refused(network, Error::ResolutionClosed, |network| board.vote(network, 3, resolution, true));
        assert_refused(network, Error::ResolutionClosed, |network| board.enact(network, resolution));
    }
    let done = board.pass(network, &text());
    board.enact(network, done).unwrap();
    let unknown = board.read::<u32>(network, "resolutions", &()) + 100;
    let refusals =
        [(open, Error::ResolutionClosed), (done, Error::ResolutionClosed), (unknown, Error::UnknownResolution)];
    for (resolution, error) in refusals {
        let again = board.pass(network, &Motion::Cancel { resolution });
        assert_refused(network, error, |network| board.enact(network, again));
        assert!(matches!(state(network, &board, again), ResolutionState::Passed { .. }), "and can be tried again");
    }
}

/// Numbers are never given twice, not even the last one.
pub fn the_last_number(network: &mut Sandbox) {
    let board = Board::of(network);
    let key = Layouts::read().key(KIND, "last_resolution");
    let foundation = board.address;
    let cells = network.state.storage_of(foundation);
    let (cell, value) = cells.into_iter().find(|(cell, _)| cell.ends_with(&key)).expect("a number was given");
    network.state.overwrite(foundation, &cell, &(u32::MAX - 1).encode());
    assert_eq!(board.propose(network, &text()), Ok(u32::MAX));
    let full: Result<ResolutionId, ContractError> = board.propose(network, &text());
    assert_eq!(full, refused(Error::Overflow));
    network.state.overwrite(foundation, &cell, &value);
}
