//! What two of three directors cannot do, whatever they resolve.

use super::{
    arguments::{Dice, Metadata},
    stage,
    steps::{account, assert_refused, call, refused, Board, ADMINISTERED, FINAL, KIND},
};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    bizpower::SCALE,
    board::{Motion, CODE_DELAY_MS},
    errors::{foundation::Error, pos_deposit},
    hash::selector,
    party::Deposit,
    redemption::MintCause,
    report::Report,
    AccountId, Balance, Hash, Side, BZKY_SUPPLY, TOKEN,
};
use bizkey_tests::{
    sandbox::{input, Raw, State, PENALTY_WINDOW},
    world::report,
    Sandbox, DAY,
};
use codec::{Decode, Encode};
use std::collections::BTreeSet;

/// What an epoch pays for one merchant that was seen.
pub const EMISSION_OF_ONE: Balance = 100 * TOKEN;

/// A network on which something waits for everybody, handed over.
pub fn launched() -> (Sandbox, Board) {
    let mut network = Sandbox::new();
    stage::set(&mut network);
    stage::hand_over(&mut network);
    let board = Board::of(&network);
    (network, board)
}

fn supply(network: &mut Sandbox) -> Balance {
    network.read(ContractKind::Bzky, "PSP22::total_supply", &())
}

/// Resolves something that its contract refuses, or that nobody answers.
fn assert_fails(network: &mut Sandbox, board: &Board, motion: &Motion) {
    let resolution = board.pass(network, motion);
    let enacted = board.enact(network, resolution);
    assert!(
        matches!(enacted, Err(ContractError::Foundation(Error::CallRefused | Error::CalleeFailed))),
        "{motion:?}: {enacted:?}"
    );
}

/// Bzky: no message of it can even be proposed, and none of them mints.
#[test]
fn the_board_cannot_mint_bzky() {
    let (mut network, board) = launched();
    let bzky = network.contracts.bzky;
    let before = supply(&mut network);
    let metadata = Metadata::read(ContractKind::Bzky);
    assert!(!metadata.mutating().iter().any(|message| message.label.contains("mint")));
    for selector in metadata.selectors() {
        let motion = Motion::Call { target: bzky, input: selector.to_vec() };
        assert_refused(&mut network, Error::TargetRefused, |network| board.propose(network, &motion));
        let motion = Motion::GrantPower { target: bzky, selector, limit: None };
        assert_refused(&mut network, Error::TargetRefused, |network| board.propose(network, &motion));
    }
    // Motions of another kind end at a message that it does not have.
    board.resolve(&mut network, &Motion::SetPausable { contracts: vec![bzky] }).unwrap();
    assert_fails(&mut network, &board, &Motion::Pause { duration_ms: DAY, skip_failing: false });
    let skipping = board.pass(&mut network, &Motion::Pause { duration_ms: DAY, skip_failing: true });
    assert_refused(&mut network, Error::NothingPaused, |network| board.enact(network, skipping));
    // The pool leaves by emission only.
    let vault = ContractKind::Vault;
    for arguments in [(1u32, TOKEN), (0, 3_000_000 * TOKEN), (0, 0)] {
        let motion = call(&network, vault, "release", &arguments);
        assert_fails(&mut network, &board, &motion);
    }
    assert_eq!(supply(&mut network), before);
    assert!(before < BZKY_SUPPLY, "some was burned");
}

/// `bzky`, `time`, `vesting` and `vault` have no upgrade path; the others' is
/// 14 days long, by whatever motion.
#[test]
fn the_board_cannot_change_final_code_or_shorten_the_fourteen_days() {
    let (mut network, board) = launched();
    for kind in ContractKind::ALL {
        let target = network.address(kind);
        for message in ["set_code", "ossify", "hand_over", "bind", "pause"] {
            let code_hash: [u8; 32] = network.code_hash(ContractKind::Otc).into();
            let input = [&selector(message)[..], &code_hash].concat();
            let grant = Motion::GrantPower { target, selector: selector(message), limit: Some(1) };
            for motion in [Motion::Call { target, input }, grant] {
                let proposed = board.propose(&mut network, &motion);
                let expected = [refused(Error::SelectorRefused), refused(Error::TargetRefused)];
                assert!(expected.contains(&proposed), "{kind}.{message}: {proposed:?}");
            }
        }
    }
    let code_hash = network.code_hash(ContractKind::Otc);
    let mut waiting = Vec::new();
    for kind in ADMINISTERED.into_iter().chain(FINAL).chain([KIND]) {
        let target = network.address(kind);
        for motion in [Motion::Upgrade { target, code_hash }, Motion::Ossify { target }] {
            waiting.push((kind, board.pass(&mut network, &motion), motion));
        }
    }
    let passed_ms = network.state.now_ms();
    // A change of the board, a second vote, and the chief executive make it no shorter.
    let fourth = account(&network, "fourth");
    board.resolve(&mut network, &Motion::AddDirector { account: fourth, name: b"Fourth".to_vec() }).unwrap();
    for (_, resolution, _) in &waiting {
        board.vote(&mut network, 3, *resolution, true).unwrap();
    }
    for at_ms in [passed_ms, passed_ms + DAY, passed_ms + CODE_DELAY_MS - 1] {
        network.state.set_time(at_ms);
        for (kind, resolution, _) in &waiting {
            let before = network.state.code_of(network.address(*kind));
            assert_refused(&mut network, Error::TimeLocked, |network| board.enact(network, *resolution));
            assert_eq!(network.state.code_of(network.address(*kind)), before);
        }
    }
    network.state.set_time(passed_ms + CODE_DELAY_MS);
    for (kind, resolution, motion) in waiting.into_iter().filter(|(kind, ..)| FINAL.contains(kind)) {
        let before = network.state.code_of(network.address(kind));
        if matches!(motion, Motion::Upgrade { .. }) {
            assert_refused(&mut network, Error::CalleeFailed, |network| board.enact(network, resolution));
        }
        assert_eq!(network.state.code_of(network.address(kind)), before, "{kind}");
    }
}

/// A committee of the board's own, an algorithm of its own, a tree of its own:
/// an epoch pays for the merchants that were seen, and no more.
#[test]
fn the_board_cannot_raise_an_emission() {
    let (mut network, epoch) = (Sandbox::new(), 3);
    let shop = network.merchant("shop 1").index;
    let customer = network.customer("customer 1").index;
    let mut till = network.device(shop, "till 1");
    stage::hand_over(&mut network);
    let (kind, board) = (ContractKind::Rewards, Board::of(&network));
    let cronies = [1, 2, 3].map(|n| network.actor(&format!("crony {n}")));
    let members: Vec<AccountId> = cronies.iter().map(|crony| crony.account()).collect();
    for (message, arguments) in
        [("set_committee", Encode::encode(&(epoch, members))), ("set_algorithm", Encode::encode(&(epoch, u16::MAX)))]
    {
        let motion = call(&network, kind, message, &Raw(arguments));
        board.resolve(&mut network, &motion).unwrap();
    }
    network.enter_epoch(epoch);
    network.record(&mut till, &[(customer, 1_000)]);
    network.enter_epoch(epoch + 1);
    let seen: u32 = network.read(ContractKind::Receipts, "merchants_seen", &epoch);
    assert_eq!(seen, 1);
    let merchants = network.tree_by(u16::MAX, Side::Merchant, epoch, &[(1, SCALE, 0), (2, SCALE, 0), (3, SCALE, 0)]);
    let customers = network.tree_by(u16::MAX, Side::Customer, epoch, &[(1, 1, 0), (2, 1, 0)]);
    let told = Report { algorithm_version: u16::MAX, ..report(&merchants, &customers) };
    for crony in &cronies[..2] {
        network.call::<()>(crony.account(), kind, "report", &(epoch, told)).unwrap();
    }
    network.enter_epoch(epoch + 20);
    network.void_epochs(0, epoch);
    network.finalise(epoch).unwrap();
    let record = network.record_of(epoch);
    assert_eq!(record.merchants.emission, EMISSION_OF_ONE);
    assert_eq!(record.customers.emission, 10 * TOKEN, "one receipt is one customer at most");
    // Nobody else's word mints or releases.
    let foundation = board.address;
    let minted: [(&str, Vec<u8>); 2] = [
        ("mint_many", Encode::encode(&(epoch, vec![(foundation, TOKEN)]))),
        ("mint", Encode::encode(&(MintCause::BzkySale { paid: 1 }, foundation, TOKEN))),
    ];
    for (message, arguments) in minted {
        let motion = call(&network, ContractKind::Time, message, &Raw(arguments));
        assert_fails(&mut network, &board, &motion);
    }
    let motion = call(&network, ContractKind::Vault, "release", &(epoch, EMISSION_OF_ONE));
    assert_fails(&mut network, &board, &motion);
}

/// `seize` takes what the device has, as documented; no other way leads to a
/// shop's deposit, be the platform the board's friend.
#[test]
fn the_board_takes_of_a_deposit_what_seize_takes_and_no_more() {
    let (mut network, board) = launched();
    let (kind, friend, shop) = (ContractKind::PosDeposit, account(&network, "friend"), account(&network, "shop 1"));
    let locked = |network: &mut Sandbox, device: u32| {
        network.read::<Option<Deposit>>(kind, "deposit_of", &device).map(|deposit| deposit.amount)
    };
    let pos_deposit = network.contracts.pos_deposit;
    let deposits = network.bzky_of(pos_deposit);
    for motion in [
        call(&network, kind, "penalise", &(1u32, TOKEN, friend, TOKEN, friend)),
        call(&network, kind, "pledge", &(shop, TOKEN, 9u32)),
        call(&network, kind, "release", &1u32),
        call(&network, kind, "offer_transfer", &(1u32, Some(4u32))),
        call(&network, kind, "confirm_return", &1u32),
        call(&network, kind, "lock", &(4u32, TOKEN)),
    ] {
        assert_fails(&mut network, &board, &motion);
    }
    let direct = (pos_deposit, friend, TOKEN, Vec::<u8>::new());
    let motion = call(&network, ContractKind::Bzky, "PSP22::transfer_from", &direct);
    assert_refused(&mut network, Error::TargetRefused, |network| board.propose(network, &motion));

    let motion = call(&network, kind, "set_platform", &friend);
    board.resolve(&mut network, &motion).unwrap();
    network.call::<()>(friend, kind, "confirm_return", &1u32).unwrap();
    let elsewhere = network.call::<()>(friend, kind, "confirm_transfer", &(2u32, 4u32));
    assert_eq!(elsewhere, Err(ContractError::PosDeposit(pos_deposit::Error::NotOffered)));
    network.pass(PENALTY_WINDOW);
    let held = network.bzky_of(shop);
    let released =
        network.state.rolled_back(|state| state.execute(friend, pos_deposit, input("release", &1u32)).result.is_ok());
    assert!(released, "to the shop, whoever asks");

    let motion = call(&network, kind, "seize", &(1u32, Balance::MAX, friend));
    board.resolve(&mut network, &motion).unwrap();
    assert_eq!(network.bzky_of(friend), 100 * TOKEN, "what that device had");
    assert_eq!(locked(&mut network, 2), Some(100 * TOKEN), "not that of another");
    assert_eq!(network.bzky_of(pos_deposit), deposits - 100 * TOKEN);
    assert_eq!(network.bzky_of(shop), held, "what is not locked is out of reach");
    board.resolve(&mut network, &motion).unwrap();
    assert_eq!(network.bzky_of(friend), 100 * TOKEN, "nothing is left there");
}

/// Whatever it calls, made up of the bundles' metadata: nobody's Time moves,
/// no Bzky comes into being, and pools and balances stay whole.
#[test]
fn no_call_of_the_board_moves_what_belongs_to_others() {
    let (mut network, board) = launched();
    const TRIES: u64 = 24;
    let friend = account(&network, "friend");
    let others = ["shop 1", "shop 2", "customer 1", "maker", "taker", "desk"].map(|name| account(&network, name));
    let of = network.contracts;
    let pools = [of.vault, of.pos_deposit, of.otc, of.rewards];
    let (bzky, time) = (network.contracts.bzky, network.contracts.time);
    let balance_of = |account: &AccountId| input("PSP22::balance_of", account);
    let supply = input("PSP22::total_supply", &());
    let mut reads: Vec<(AccountId, Vec<u8>)> = vec![(bzky, supply)];
    reads.extend(others.iter().chain(&pools).map(|account| (bzky, balance_of(account))));
    reads.extend(others.iter().map(|account| (time, balance_of(account))));
    let ask = |state: &mut State| -> Vec<Balance> {
        let mut read = |(contract, input): &(AccountId, Vec<u8>)| {
            let data = state.execute(friend, *contract, input.clone()).result.unwrap();
            Decode::decode(&mut &data[1..]).unwrap()
        };
        reads.iter().map(&mut read).collect()
    };
    let before = ask(&mut network.state);
    let pool = stage::pool(&network, vec![friend]);
    let mut carried_out = BTreeSet::new();
    for kind in ContractKind::ALL.into_iter().filter(|kind| ![ContractKind::Bzky, KIND].contains(kind)) {
        let (metadata, address) = (Metadata::read(kind), network.address(kind));
        for message in metadata.mutating() {
            let label = format!("{kind}.{}", message.label);
            // These two, and the end of a trade in dispute, are what the board decides on.
            if ["pos_deposit.seize", "otc.decide"].contains(&label.as_str()) {
                continue;
            }
            for seed in 0..TRIES {
                let input = metadata.input(&message, &pool, &mut Dice::new(seed + 1_000));
                let mut by = |origin| {
                    network.state.rolled_back(|state| {
                        let done = state.execute(origin, address, input.clone()).result.is_ok();
                        done.then(|| ask(state))
                    })
                };
                let Some(after) = by(board.address) else { continue };
                carried_out.insert(label.clone());
                let grown = after[0] > before[0];
                let moved = after[1..].iter().zip(&before[1..]).any(|(after, before)| after < before);
                // What anybody does just so, like reserving an epoch's emission, is no power of the board's.
                let is_anybodys = (grown || moved) && by(friend).as_ref() == Some(&after);
                assert!(is_anybodys || !(grown || moved), "{label}, seed {seed}: {before:?} became {after:?}");
            }
        }
    }
    for expected in ["registry.set_status", "rewards.book_debt", "redemption.set_role", "otc.set_desk"] {
        assert!(carried_out.contains(expected), "{expected} is not among {carried_out:?}");
    }
}

/// One by one, what would move Time that belongs to somebody else.
#[test]
fn the_board_cannot_move_the_time_of_others() {
    let (mut network, board) = launched();
    let (shop, customer, friend) =
        (account(&network, "shop 1"), account(&network, "customer 1"), account(&network, "friend"));
    let time = ContractKind::Time;
    let redemption = network.contracts.redemption;
    let before = [shop, customer].map(|holder| network.time_of(holder));
    assert!(before.iter().all(|amount| *amount > 0));
    let none = Vec::<u8>::new();
    for motion in [
        call(&network, time, "give", &(customer, redemption, TOKEN)),
        call(&network, time, "collect", &(customer, TOKEN)),
        call(&network, time, "PSP22::transfer", &(friend, TOKEN, none.clone())),
        call(&network, time, "PSP22::transfer_from", &(customer, friend, TOKEN, none.clone())),
        call(&network, time, "PSP22::approve", &(friend, TOKEN)),
        call(&network, time, "PSP22Burnable::burn", &TOKEN),
        call(&network, ContractKind::Redemption, "refund", &Hash::default()),
        call(&network, ContractKind::Redemption, "release_sale", &Hash::default()),
    ] {
        assert_fails(&mut network, &board, &motion);
    }
    assert_eq!([shop, customer].map(|holder| network.time_of(holder)), before);
}
