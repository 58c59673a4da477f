//! Pauses: begun by the chief executive or by the board, over by themselves.

use super::steps::{account, assert_refused, call, Board, KIND};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    board::Motion,
    errors::{foundation::Error, psp22, receipts, redemption, rewards},
    events::Event,
    pause::{Pause, COOL_DOWN_MS, MAX_PAUSE_MS},
    redemption::MintCause,
    AccountId, Balance, Hash,
};
use bizkey_tests::{party::DeviceKey, Sandbox, HOUR};

/// Which of the four pausable contracts stand still now, told by refusals
/// that name the pause before anything else.
fn stand_still(network: &mut Sandbox) -> [bool; 4] {
    let (stranger, redemption) = (account(network, "stranger"), network.contracts.redemption);
    let signature = DeviceKey::sr25519("nobody's").sign(&[0; 32]);
    let batch = (9_999u32, 0u64, 1u16, vec![0u8; 100], signature);
    let recorded = network.call::<()>(stranger, ContractKind::Receipts, "record", &batch);
    let finalised = network.call::<()>(stranger, ContractKind::Rewards, "finalise", &0u32);
    let cause = MintCause::FiatSale { payment: Hash::default() };
    let minted = network.call::<()>(redemption, ContractKind::Time, "mint", &(cause, stranger, 0 as Balance));
    let bought = network.call::<()>(stranger, ContractKind::Redemption, "buy", &(0 as Balance, 0 as Balance));
    [
        recorded == Err(ContractError::Receipts(receipts::Error::Paused)),
        finalised == Err(ContractError::Rewards(rewards::Error::Paused)),
        minted == Err(ContractError::Time(psp22::Error::Paused)),
        bought == Err(ContractError::Redemption(redemption::Error::Paused)),
    ]
}

fn pausable(network: &Sandbox) -> Vec<AccountId> {
    let contracts = &network.contracts;
    vec![contracts.receipts, contracts.rewards, contracts.time, contracts.redemption]
}

fn pause(network: &mut Sandbox, until_ms: u64, skip_failing: bool) -> Result<(), ContractError> {
    let chief = account(network, "chief executive");
    network.call(chief, KIND, "pause", &(until_ms, skip_failing))
}

fn spread(network: &mut Sandbox) -> Result<(), ContractError> {
    let stranger = account(network, "stranger");
    network.call(stranger, KIND, "spread_pause", &())
}

/// The contracts that the last call paused.
fn paused(network: &Sandbox) -> Vec<AccountId> {
    match network.events.last() {
        Some(Event::NetworkPaused(paused)) => paused.contracts.clone(),
        other => panic!("no pause: {other:?}"),
    }
}

/// Moves to the first moment at which the network can be paused again.
fn cool_down(network: &mut Sandbox) {
    let last: Pause = network.read(KIND, "pause_state", &());
    network.state.set_time(last.until_ms + COOL_DOWN_MS);
}

/// At most 72 hours, over by itself, then not for 30 days.
pub fn by_the_chief_executive(network: &mut Sandbox) {
    let board = Board::of(network);
    let now_ms = network.state.now_ms();
    let until_ms = now_ms + MAX_PAUSE_MS;
    assert_eq!(stand_still(network), [false; 4]);
    for name in ["admin", "director 1", "stranger", "attestor 1", "member 1", "treasury"] {
        let origin = account(network, name);
        let attempt = |network: &mut Sandbox| network.call::<()>(origin, KIND, "pause", &(until_ms, false));
        assert_refused(network, Error::NotChiefExecutive, attempt);
    }
    assert_refused(network, Error::NotPaused, spread);
    for wrong_ms in [0, now_ms, until_ms + 1, u64::MAX] {
        assert_refused(network, Error::PauseTooLong, |network| pause(network, wrong_ms, false));
    }
    board.resolve(network, &Motion::SetPausePower { granted: false }).unwrap();
    assert!(matches!(&network.events[..], [_, Event::PausePowerChanged(changed)] if !changed.granted));
    assert!(!network.read::<bool>(KIND, "may_pause", &()));
    assert_refused(network, Error::PauseNotGranted, |network| pause(network, until_ms, false));
    board.resolve(network, &Motion::SetPausePower { granted: true }).unwrap();

    pause(network, until_ms, false).unwrap();
    assert_eq!(paused(network), pausable(network));
    assert_eq!(network.read::<Pause>(KIND, "pause_state", &()), Pause { since_ms: now_ms, until_ms });
    assert_eq!(stand_still(network), [true; 4]);
    assert_refused(network, Error::NothingPaused, spread);
    assert_refused(network, Error::PauseCoolingDown, |network| pause(network, until_ms, true));
    network.state.set_time(until_ms - 1);
    assert_eq!(stand_still(network), [true; 4]);
    let longer = board.pass(network, &Motion::Pause { duration_ms: HOUR, skip_failing: true });
    assert_refused(network, Error::PauseCoolingDown, |network| board.enact(network, longer));

    network.state.set_time(until_ms);
    assert_eq!(stand_still(network), [false; 4], "by itself");
    assert_refused(network, Error::NotPaused, spread);
    network.state.set_time(until_ms + COOL_DOWN_MS - 1);
    let again_ms = network.state.now_ms() + HOUR;
    assert_refused(network, Error::PauseCoolingDown, |network| pause(network, again_ms, true));
    let by_board = board.pass(network, &Motion::Pause { duration_ms: HOUR, skip_failing: true });
    assert_refused(network, Error::PauseCoolingDown, |network| board.enact(network, by_board));
    network.pass(1);
    pause(network, again_ms, false).unwrap();
}

/// A resolution's pause begins when it is carried out, and is bound likewise.
pub fn by_the_board(network: &mut Sandbox) {
    let board = Board::of(network);
    cool_down(network);
    let resolution = board.pass(network, &Motion::Pause { duration_ms: MAX_PAUSE_MS, skip_failing: false });
    network.pass(HOUR);
    board.enact(network, resolution).unwrap();
    assert_eq!(paused(network), pausable(network));
    let now_ms = network.state.now_ms();
    let expected = Pause { since_ms: now_ms, until_ms: now_ms + MAX_PAUSE_MS };
    assert_eq!(network.read::<Pause>(KIND, "pause_state", &()), expected);
    network.pass(MAX_PAUSE_MS - 1);
    assert_eq!(stand_still(network), [true; 4]);
    network.pass(1);
    assert_eq!(stand_still(network), [false; 4]);
}

/// One contract that does not pause keeps all from pausing, or is passed over
/// and caught up with later.
pub fn contracts_that_fail(network: &mut Sandbox) {
    let board = Board::of(network);
    cool_down(network);
    // The foundation's own part is played, so that one contract cools down longer than the others.
    let receipts_until_ms = network.state.now_ms() + HOUR;
    let alone = network.call::<()>(board.address, ContractKind::Receipts, "pause", &receipts_until_ms);
    alone.unwrap();
    network.state.set_time(receipts_until_ms + COOL_DOWN_MS - 2 * HOUR);
    let until_ms = network.state.now_ms() + MAX_PAUSE_MS;
    assert_refused(network, Error::CallRefused, |network| pause(network, until_ms, false));
    assert_eq!(stand_still(network), [false; 4], "all or none");
    let strict = board.pass(network, &Motion::Pause { duration_ms: HOUR, skip_failing: false });
    assert_refused(network, Error::CallRefused, |network| board.enact(network, strict));
    pause(network, until_ms, true).unwrap();
    assert_eq!(paused(network), pausable(network)[1..]);
    assert_eq!(stand_still(network), [false, true, true, true]);
    network.pass(2 * HOUR - 1);
    assert_refused(network, Error::NothingPaused, spread);
    network.pass(1);
    spread(network).unwrap();
    assert_eq!(paused(network), [network.contracts.receipts]);
    assert_eq!(stand_still(network), [true; 4]);
    assert_refused(network, Error::NothingPaused, spread);
    network.state.set_time(until_ms);
    assert_eq!(stand_still(network), [false; 4], "all until the same end");

    cool_down(network);
    let (vault, rewards) = (network.contracts.vault, network.contracts.rewards);
    board.resolve(network, &Motion::SetPausable { contracts: vec![vault] }).unwrap();
    assert_eq!(network.read::<Vec<AccountId>>(KIND, "pausable", &()), [vault]);
    let until_ms = network.state.now_ms() + HOUR;
    assert_refused(network, Error::CalleeFailed, |network| pause(network, until_ms, false));
    assert_refused(network, Error::NothingPaused, |network| pause(network, until_ms, true));
    board.resolve(network, &Motion::SetPausable { contracts: vec![] }).unwrap();
    assert_refused(network, Error::NothingPaused, |network| pause(network, until_ms, false));
    board.resolve(network, &Motion::SetPausable { contracts: vec![vault, rewards] }).unwrap();
    pause(network, until_ms, true).unwrap();
    assert_eq!(stand_still(network), [false, true, false, false]);
    // A contract that is named while a pause runs can be caught up with, too.
    let motion = Motion::SetPausable { contracts: pausable(network) };
    board.resolve(network, &motion).unwrap();
    spread(network).unwrap();
    assert_eq!(stand_still(network), [true; 4]);
    network.state.set_time(until_ms);
    assert_eq!(stand_still(network), [false; 4]);
    // Another list is no way round the cool-down.
    let motion = Motion::SetPausable { contracts: vec![network.contracts.time] };
    board.resolve(network, &motion).unwrap();
    let later_ms = until_ms + HOUR;
    assert_refused(network, Error::PauseCoolingDown, |network| pause(network, later_ms, true));
    let motion = Motion::SetPausable { contracts: pausable(network) };
    board.resolve(network, &motion).unwrap();
    // Only a pause pauses: a call does not get round the cool-down.
    let direct = call(network, ContractKind::Rewards, "pause", &(until_ms + HOUR));
    assert_refused(network, Error::SelectorRefused, |network| board.propose(network, &direct));
}
