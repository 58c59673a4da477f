//! Changes of code: 14 days after they passed; final after two resolutions.

use super::steps::{account, assert_refused, call, refused, Board, ADMINISTERED, FINAL, KIND};
use bizkey_client::{Bundles, ContractKind};
use bizkey_primitives::{
    board::{
        Announcement, Director, Motion, PendingCode, ResolutionId, CODE_DELAY_MS, EXECUTION_MS, MAX_PENDING,
        OSSIFICATION_GAP_MS,
    },
    errors::foundation::Error,
    events::Event,
    AccountId, Hash, Side, Status,
};
use bizkey_tests::{Sandbox, DAY};

/// A section that no program reads, so that the same code has another hash.
const REMARK: [u8; 9] = [0, 7, 6, b'b', b'i', b'z', b'k', b'e', b'y'];

/// Puts a contract's code on the chain under another hash.
fn rebuilt(network: &mut Sandbox, kind: ContractKind) -> Hash {
    let bundles = Bundles::embedded().unwrap();
    let code = [&bundles.bundle(kind).code[..], &REMARK].concat();
    let stranger = account(network, "stranger");
    Hash::from(network.state.upload(stranger, code))
}

fn code_of(network: &mut Sandbox, kind: ContractKind) -> Hash {
    let address = network.address(kind);
    Hash::from(network.state.code_of(address))
}

fn pending(network: &mut Sandbox) -> Vec<ResolutionId> {
    let pending: Vec<PendingCode> = network.read(KIND, "pending_code", &());
    pending.iter().map(|entry| entry.resolution).collect()
}

/// Every administered contract gets other code 14 days after the vote, and
/// keeps its state; those without an upgrade path never do.
pub fn upgrades(network: &mut Sandbox) {
    let board = Board::of(network);
    let attestor = account(network, "attestor 1");
    let mut waiting = Vec::new();
    for kind in ADMINISTERED.into_iter().chain(FINAL) {
        let code_hash = rebuilt(network, kind);
        let before = code_of(network, kind);
        assert_ne!(code_hash, before);
        let resolution = board.pass(network, &Motion::Upgrade { target: network.address(kind), code_hash });
        let executable_ms = network.state.now_ms() + CODE_DELAY_MS;
        assert!(matches!(&network.events[..], [_, Event::ResolutionPassed(p)] if p.executable_ms == executable_ms));
        let entry = PendingCode { resolution, executable_ms, expires_ms: executable_ms + EXECUTION_MS };
        assert_eq!(network.read::<Vec<PendingCode>>(KIND, "pending_code", &()).last(), Some(&entry));
        waiting.push((kind, resolution, before, code_hash));
    }
    let passed_ms = network.state.now_ms();
    for at_ms in [passed_ms, passed_ms + 7 * DAY, passed_ms + CODE_DELAY_MS - 1] {
        network.state.set_time(at_ms);
        for (kind, resolution, before, _) in waiting.clone() {
            assert_refused(network, Error::TimeLocked, |network| board.enact(network, resolution));
            assert_eq!(code_of(network, kind), before);
        }
    }
    network.state.set_time(passed_ms + CODE_DELAY_MS);
    for (kind, resolution, before, code_hash) in waiting.clone() {
        let storage = network.state.storage_of(network.address(kind));
        if FINAL.contains(&kind) {
            assert_refused(network, Error::CalleeFailed, |network| board.enact(network, resolution));
            assert_eq!(code_of(network, kind), before, "{kind}");
        } else {
            board.enact(network, resolution).unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert_eq!(code_of(network, kind), code_hash, "{kind}");
            assert_eq!(network.read::<AccountId>(kind, "admin", &()), board.address, "{kind}");
        }
        assert!(network.state.storage_of(network.address(kind)) == storage, "{kind} keeps its state");
    }
    assert!(network.read::<bool>(ContractKind::Registry, "is_attestor", &attestor));
    let done: Vec<_> = waiting.iter().map(|(_, resolution, ..)| *resolution).collect();
    assert_eq!(pending(network), done[ADMINISTERED.len()..], "what is done waits no more");
    network.state.set_time(passed_ms + CODE_DELAY_MS + EXECUTION_MS);
    assert!(pending(network).is_empty());
    for resolution in &done[ADMINISTERED.len()..] {
        assert_refused(network, Error::ResolutionExpired, |network| board.enact(network, *resolution));
    }

    // Code that the chain does not have, and a late change.
    let target = network.contracts.otc;
    let unknown = board.pass(network, &Motion::Upgrade { target, code_hash: Hash::from([9; 32]) });
    let back = network.code_hash(ContractKind::Otc);
    let late = board.pass(network, &Motion::Upgrade { target, code_hash: back });
    network.pass(CODE_DELAY_MS);
    assert_refused(network, Error::CallRefused, |network| board.enact(network, unknown));
    network.pass(EXECUTION_MS);
    assert_refused(network, Error::ResolutionExpired, |network| board.enact(network, late));
}

/// The foundation's own code waits just so. A majority that a vote broke
/// begins the 14 days again.
pub fn of_the_foundation_itself(network: &mut Sandbox) {
    let board = Board::of(network);
    let code_hash = rebuilt(network, KIND);
    let unknown = board.pass(network, &Motion::Upgrade { target: board.address, code_hash: Hash::from([9; 32]) });
    let resolution = board.pass(network, &Motion::Upgrade { target: board.address, code_hash });
    let first_ms = network.state.now_ms();
    network.pass(5 * DAY);
    board.vote(network, 2, resolution, false).unwrap();
    assert_eq!(pending(network), [unknown]);
    network.pass(DAY);
    board.vote(network, 3, resolution, true).unwrap();
    let again_ms = network.state.now_ms();
    assert_eq!(pending(network), [unknown, resolution]);
    network.state.set_time(first_ms + CODE_DELAY_MS);
    assert_refused(network, Error::UnknownCode, |network| board.enact(network, unknown));
    assert_refused(network, Error::TimeLocked, |network| board.enact(network, resolution));
    network.state.set_time(again_ms + CODE_DELAY_MS - 1);
    assert_refused(network, Error::TimeLocked, |network| board.enact(network, resolution));
    network.pass(1);
    let directors: Vec<Director> = network.read(KIND, "directors", &());
    board.enact(network, resolution).unwrap();
    assert!(
        matches!(&network.events[..], [_, Event::FoundationCodeChanged(changed)] if changed.code_hash == code_hash)
    );
    assert_eq!(code_of(network, KIND), code_hash);
    assert_eq!(network.read::<Vec<Director>>(KIND, "directors", &()), directors);
    board.resolve(network, &Motion::AdoptText { text: code_hash }).expect("it goes on");
    assert_refused(network, Error::ResolutionClosed, |network| board.enact(network, resolution));
}

/// The first resolution announces, a second one that passed 90 days later
/// makes final; until then the first can be taken back.
pub fn ossification(network: &mut Sandbox) {
    let board = Board::of(network);
    let targets: Vec<ContractKind> = ADMINISTERED.into_iter().chain([KIND, ContractKind::Bzky]).collect();
    let pass_all = |network: &mut Sandbox, board: &Board| -> Vec<(ContractKind, ResolutionId)> {
        let pass = |kind: &ContractKind| {
            let target = network.address(*kind);
            (*kind, board.pass(network, &Motion::Ossify { target }))
        };
        targets.iter().map(pass).collect()
    };
    let passed_ms = network.state.now_ms();
    let first = pass_all(network, &board);
    network.pass(CODE_DELAY_MS - 1);
    for (_, resolution) in &first {
        assert_refused(network, Error::TimeLocked, |network| board.enact(network, *resolution));
    }
    network.pass(1);
    for (kind, resolution) in &first {
        let target = network.address(*kind);
        assert_eq!(network.read::<Option<Announcement>>(KIND, "ossification_of", &target), None);
        board.enact(network, *resolution).unwrap();
        let second_from_ms = passed_ms + OSSIFICATION_GAP_MS;
        assert!(
            matches!(&network.events[..], [_, Event::OssificationAnnounced(a)] if a.second_from_ms == second_from_ms)
        );
        let expected = Announcement { resolution: *resolution, passed_ms };
        assert_eq!(network.read::<Option<Announcement>>(KIND, "ossification_of", &target), Some(expected));
    }
    withdrawal(network, &board, first[0].1);

    network.state.set_time(passed_ms + OSSIFICATION_GAP_MS - 1);
    let early = pass_all(network, &board);
    network.pass(1);
    let second = pass_all(network, &board);
    network.pass(CODE_DELAY_MS);
    for ((kind, early), (_, second)) in early.into_iter().zip(second).skip(1) {
        assert_refused(network, Error::OssificationTooSoon, |network| board.enact(network, early));
        if kind == ContractKind::Bzky {
            assert_refused(network, Error::CalleeFailed, |network| board.enact(network, second));
            continue;
        }
        assert!(!network.read::<bool>(kind, "is_ossified", &()), "{kind}");
        board.enact(network, second).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert!(network.read::<bool>(kind, "is_ossified", &()), "{kind}");
        let target = network.address(kind);
        assert_eq!(network.read::<Option<Announcement>>(KIND, "ossification_of", &target), None);
    }
    assert!(!network.read::<bool>(ContractKind::Registry, "is_ossified", &()), "it was taken back");
    final_code_stays(network, &board);
}

/// An announcement that is taken back is no first resolution.
fn withdrawal(network: &mut Sandbox, board: &Board, first: ResolutionId) {
    let target = network.contracts.registry;
    board.resolve(network, &Motion::Cancel { resolution: first }).unwrap();
    assert!(matches!(&network.events[..], [_, Event::OssificationWithdrawn(withdrawn)] if withdrawn.target == target));
    assert_eq!(network.read::<Option<Announcement>>(KIND, "ossification_of", &target), None);
    let again = board.pass(network, &Motion::Cancel { resolution: first });
    assert_refused(network, Error::ResolutionClosed, |network| board.enact(network, again));
}

fn final_code_stays(network: &mut Sandbox, board: &Board) {
    let mut attempts = Vec::new();
    for kind in ADMINISTERED.into_iter().skip(1).chain([KIND]) {
        let (target, code_hash) = (network.address(kind), network.code_hash(kind));
        let error = if kind == KIND { Error::Ossified } else { Error::CallRefused };
        attempts.push((kind, error, board.pass(network, &Motion::Upgrade { target, code_hash })));
    }
    attempts.push((KIND, Error::Ossified, board.pass(network, &Motion::Ossify { target: board.address })));
    network.pass(CODE_DELAY_MS);
    for (kind, error, resolution) in attempts {
        let before = code_of(network, kind);
        assert_refused(network, error, |network| board.enact(network, resolution));
        assert_eq!(code_of(network, kind), before, "{kind}");
    }
    let shop = network.merchant("a shop of final contracts").index;
    let demoted = (Side::Merchant, shop, Status::Demoted, Hash::default());
    let motion = call(network, ContractKind::Registry, "set_status", &demoted);
    board.resolve(network, &motion).expect("governing goes on");
}

/// At most 32 changes wait; what lapses or is taken back makes room.
pub fn a_queue_of_changes(network: &mut Sandbox) {
    let board = Board::sized(network, 3);
    let motion = Motion::Upgrade { target: network.contracts.otc, code_hash: Hash::from([1; 32]) };
    let waiting: Vec<ResolutionId> = (0..MAX_PENDING).map(|_| board.pass(network, &motion)).collect();
    let more = board.propose(network, &motion).unwrap();
    board.vote(network, 1, more, true).unwrap();
    assert_eq!(board.vote(network, 2, more, true), refused(Error::TooManyPending));
    assert_eq!(board.enact(network, more), refused(Error::NotPassed));
    board.resolve(network, &Motion::Cancel { resolution: waiting[0] }).unwrap();
    board.vote(network, 2, more, true).expect("there is room");
    let full = board.propose(network, &motion).unwrap();
    board.vote(network, 1, full, true).unwrap();
    assert_eq!(board.vote(network, 2, full, true), refused(Error::TooManyPending));
    network.pass(CODE_DELAY_MS + EXECUTION_MS);
    assert_eq!(board.read::<Vec<PendingCode>>(network, "pending_code", &()), []);
    board.pass(network, &motion);
    assert_eq!(board.read::<Vec<PendingCode>>(network, "pending_code", &()).len(), 1);
}

/// README, foundation: "A majority that broke and comes again starts the 14
/// days before a change of code again." Here it breaks by a director that
/// joins, and comes again by its leaving, and nobody votes in between.
#[test]
fn a_majority_that_broke_begins_the_fourteen_days_again_however_it_came_back() {
    let mut network = Sandbox::new();
    network.hand_over();
    let mut board = Board::of(&network);
    let code_hash = network.code_hash(KIND);
    let resolution = board.pass(&mut network, &Motion::Upgrade { target: board.address, code_hash });
    let passed_ms = network.state.now_ms();
    network.pass(DAY);
    let fourth = account(&network, "fourth");
    board.resolve(&mut network, &Motion::AddDirector { account: fourth, name: b"Fourth".to_vec() }).unwrap();
    assert_eq!(board.enact(&mut network, resolution), refused(Error::NotPassed), "two of four");
    board.directors.push(fourth);
    network.state.set_time(passed_ms + CODE_DELAY_MS - DAY);
    board.resolve(&mut network, &Motion::RemoveDirector { director: 4 }).unwrap();
    network.state.set_time(passed_ms + CODE_DELAY_MS);
    assert_eq!(board.enact(&mut network, resolution), refused(Error::NotPassed));
}

/// Whoever sends what: no message of `bzky`, `time`, `vesting` or `vault` asks
/// the chain for other code, and none of any contract lends its storage to
/// other code or takes the contract away.
#[test]
fn final_contracts_have_no_way_to_other_code() {
    let bundles = Bundles::embedded().unwrap();
    let asks_for = |kind: ContractKind, import: &[u8]| {
        bundles.bundle(kind).code.windows(import.len()).any(|bytes| bytes == import)
    };
    for kind in ContractKind::ALL {
        assert_eq!(asks_for(kind, b"set_code_hash"), !FINAL.contains(&kind), "{kind}");
        for import in [&b"delegate_call"[..], b"terminate"] {
            assert!(!asks_for(kind, import), "{kind}: {}", String::from_utf8_lossy(import));
        }
    }
}
