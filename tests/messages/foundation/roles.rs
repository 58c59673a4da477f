//! After the hand-over the deployer can do nothing at all, and the board can
//! do what the deployer could, except what has a motion of its own.

use super::{
    arguments::{Dice, Metadata},
    lists::{ONCE, OTHERS},
    stage::{self, Held, Holder, HOLDERS},
    steps::{account, call, refused, Board, ADMINISTERED},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    board::{Motion, Power},
    errors::foundation::Error,
    AccountId, Hash, TOKEN,
};
use bizkey_tests::{
    sandbox::{input, Executed, Raw},
    Sandbox,
};
use codec::Encode;
use std::collections::BTreeSet;

/// Tries of each message with made-up arguments.
const TRIES: u64 = 12;

/// Executes bytes and undoes it.
pub fn tried(network: &mut Sandbox, origin: AccountId, kind: ContractKind, input: &[u8]) -> Executed {
    let address = network.address(kind);
    network.state.rolled_back(|state| state.execute(origin, address, input.to_vec()))
}

/// All that the suite keeps.
fn everything(network: &mut Sandbox) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut cells = Vec::new();
    for kind in ContractKind::ALL {
        cells.extend(network.state.storage_of(network.address(kind)));
    }
    cells
}

/// The arguments with which each of these was called when the network was made.
fn first_arguments(network: &Sandbox, kind: ContractKind, message: &str) -> Vec<u8> {
    let of = &network.contracts;
    match (kind, message) {
        (_, "hand_over") => account(network, "admin").encode(),
        (ContractKind::Vault, _) => (of.bzky, of.rewards).encode(),
        (ContractKind::Vesting, _) => (of.bzky, of.foundation).encode(),
        (ContractKind::Time, _) => (of.rewards, of.registry, of.redemption, of.foundation).encode(),
        (ContractKind::Registry, _) => of.receipts.encode(),
        (ContractKind::Receipts, _) => (of.pos_deposit, of.rewards, of.vault).encode(),
        (ContractKind::PosDeposit, _) => (of.receipts, of.rewards).encode(),
        _ => vec![of.receipts].encode(),
    }
}

/// Every message that changes state is on exactly one of the lists, so that a
/// new one cannot be forgotten here.
fn assert_lists_are_complete(held: &[Held]) {
    let held: Vec<(ContractKind, &str)> = held.iter().map(|held| (held.kind, held.message)).collect();
    for (kind, others) in OTHERS {
        let of_this = held.iter().chain(&ONCE).filter(|(of, _)| *of == kind).map(|(_, message)| *message);
        let mut listed: Vec<String> = of_this.chain(others.iter().copied()).map(str::to_owned).collect();
        let mut declared: Vec<String> =
            Metadata::read(kind).mutating().into_iter().map(|message| message.label).collect();
        listed.sort();
        declared.sort();
        assert_eq!(listed, declared, "{kind}: what is not on exactly one list");
    }
}

/// What only the deployer could do it cannot do any more: it is refused just
/// like a stranger, and so is whoever holds another role; the board, or the
/// platform that was named, can.
#[test]
fn after_the_hand_over_the_deployer_has_no_power_left() {
    let mut network = Sandbox::new();
    let held = stage::set(&mut network);
    assert_lists_are_complete(&held);
    let [admin, stranger, platform] = ["admin", "stranger", "platform"].map(|name| account(&network, name));
    for power in &held {
        let Held { kind, message, .. } = power;
        let before = tried(&mut network, admin, *kind, &power.input()).result;
        assert!(before.is_ok(), "{kind}.{message} was no power of the deployer's: {before:?}");
    }

    stage::hand_over(&mut network);
    let board = Board::of(&network);
    let whole = everything(&mut network);
    for power in &held {
        let Held { kind, message, holder, .. } = power;
        let by = |network: &mut Sandbox, origin| tried(network, origin, *kind, &power.input()).result;
        // Not undone: nothing must come of it.
        let attempt = network.state.execute(admin, network.address(*kind), power.input());
        let refused_to_it = attempt.result.expect_err("the deployer could still do that");
        assert_eq!(Err(refused_to_it), by(&mut network, stranger), "{kind}.{message}: better than a stranger");
        for name in HOLDERS.into_iter().filter(|name| (*name, *holder) != ("platform", Holder::Platform)) {
            if (*message, name) == ("create_task", "shop 1") {
                continue; // A shop's own task, paid with its own Bzky and Time.
            }
            let origin = account(&network, name);
            assert!(by(&mut network, origin).is_err(), "{kind}.{message} by {name}");
        }
        match holder {
            Holder::Platform => {
                by(&mut network, platform).unwrap_or_else(|error| panic!("{kind}.{message}: {error:?}"));
                by(&mut network, board.address).expect_err("that is the platform's");
            }
            Holder::Board => {
                by(&mut network, board.address).unwrap_or_else(|error| panic!("{kind}.{message}: {error:?}"));
            }
        }
    }
    for (kind, message) in ONCE {
        let input = [&input(message, &())[..], &first_arguments(&network, kind, message)].concat();
        for origin in [admin, stranger, board.address] {
            let done = network.state.execute(origin, network.address(kind), input.clone()).result;
            assert!(done.is_err(), "{kind}.{message} can be done again");
        }
    }
    assert!(everything(&mut network) == whole, "something was left behind");
    by_resolution(network, &board, &held);
}

/// What was the deployer's is done by resolution, except code and pauses,
/// which have motions of their own with delays and bounds.
fn by_resolution(mut network: Sandbox, board: &Board, held: &[Held]) {
    let vote = |id: u32| input("vote", &(id, true));
    for Held { kind, message, arguments, .. } in held.iter().filter(|held| held.holder == Holder::Board) {
        let motion = call(&network, *kind, message, &Raw(arguments.clone()));
        if ["set_code", "ossify", "pause"].contains(message) {
            assert_eq!(board.propose(&mut network, &motion), refused(Error::SelectorRefused), "{kind}.{message}");
            continue;
        }
        let id = network.read::<u32>(ContractKind::Foundation, "resolutions", &()) + 1;
        let stranger = account(&network, "stranger");
        let (address, directors) = (board.address, board.directors.clone());
        // Undone each time: some of them exclude one another.
        let (early, enacted) = network.state.rolled_back(|state| {
            state.execute(directors[0], address, input("propose", &motion)).result.unwrap();
            state.execute(directors[0], address, vote(id)).result.unwrap();
            let early = state.execute(stranger, address, input("enact", &id)).result;
            state.execute(directors[1], address, vote(id)).result.unwrap();
            (early, state.execute(stranger, address, input("enact", &id)).result)
        });
        assert!(early.is_err(), "{kind}.{message} by one director of three");
        assert!(enacted.is_ok(), "{kind}.{message}: {enacted:?}");
    }
}

/// Whatever the arguments, the deployer fares as a stranger does: every
/// message of every bundle that changes state, called with arguments made up
/// of its own metadata.
#[test]
fn the_deployer_fares_as_a_stranger_with_every_message() {
    let mut network = Sandbox::new();
    stage::set(&mut network);
    stage::hand_over(&mut network);
    let [admin, stranger] = ["admin", "stranger"].map(|name| account(&network, name));
    for origin in [admin, stranger] {
        network.give(origin, 1_000 * TOKEN);
        for kind in [ContractKind::Rewards, ContractKind::Redemption, ContractKind::Otc, ContractKind::PosDeposit] {
            let spender = network.address(kind);
            network.approve(origin, spender, 1_000 * TOKEN);
        }
    }
    let newcomer = account(&network, "newcomer");
    let pool = stage::pool(&network, vec![newcomer]);
    let mut done = BTreeSet::new();
    for kind in ContractKind::ALL {
        let metadata = Metadata::read(kind);
        for message in metadata.mutating() {
            for seed in 0..TRIES {
                let input = metadata.input(&message, &pool, &mut Dice::new(seed + 1));
                let by_deployer = tried(&mut network, admin, kind, &input).result;
                let by_stranger = tried(&mut network, stranger, kind, &input).result;
                if by_stranger.is_ok() {
                    done.insert(format!("{kind}.{}", message.label));
                }
                if ONCE.contains(&(kind, message.label.as_str())) {
                    assert!(by_deployer.is_err(), "{kind}.{} can be done again", message.label);
                } else {
                    assert_eq!(by_deployer, by_stranger, "{kind}.{}, seed {seed}", message.label);
                }
            }
        }
    }
    // The arguments are no nonsense: what a stranger can do was done.
    for expected in ["bzky.PSP22::transfer", "bzky.PSP22::approve", "rewards.bond", "pos_deposit.follow_depositor"] {
        assert!(done.contains(expected), "{expected} was never carried out: {done:?}");
    }
}

/// The five messages that get round a delay exist only where the lists say,
/// and the contracts without an upgrade path have none of them.
#[test]
fn code_roles_and_pauses_are_behind_the_five_refused_messages() {
    let holders = |message: &str| -> Vec<ContractKind> {
        let has = |kind: &ContractKind| {
            Metadata::read(*kind).selectors().contains(&bizkey_primitives::hash::selector(message))
        };
        ContractKind::ALL.into_iter().filter(has).collect()
    };
    let sorted = |mut kinds: Vec<ContractKind>| {
        kinds.sort();
        kinds
    };
    for message in ["set_code", "ossify", "hand_over"] {
        assert_eq!(holders(message), sorted(ADMINISTERED.to_vec()), "{message}");
    }
    assert_eq!(
        holders("bind"),
        sorted(ONCE.iter().filter(|(_, message)| *message == "bind").map(|(kind, _)| *kind).collect())
    );
    let paused = [
        ContractKind::Time,
        ContractKind::Receipts,
        ContractKind::Rewards,
        ContractKind::Redemption,
        ContractKind::Foundation,
    ];
    assert_eq!(holders("pause"), paused);
    for kind in ContractKind::ALL {
        for message in Metadata::read(kind).mutating() {
            let suspicious = ["code", "upgrade", "owner", "admin", "terminate", "sudo"];
            let is_suspicious = suspicious.iter().any(|word| message.label.contains(word));
            assert!(message.label == "set_code" || !is_suspicious, "{kind}.{}", message.label);
        }
    }
}

/// A network that is fresh from its hand-over has given nobody a power of the
/// chief executive's, and its platform is not the deployer.
#[test]
fn nothing_is_granted_at_launch() {
    let mut network = Sandbox::new();
    stage::hand_over(&mut network);
    let admin = account(&network, "admin");
    for kind in ADMINISTERED {
        assert_eq!(network.read::<AccountId>(kind, "admin", &()), network.contracts.foundation, "{kind}");
    }
    assert_ne!(network.read::<Option<AccountId>>(ContractKind::PosDeposit, "platform", &()), Some(admin));
    assert_eq!(network.read::<Vec<Power>>(ContractKind::Foundation, "powers", &()), []);
    let board = Board::of(&network);
    assert_eq!(board.resolve(&mut network, &Motion::AdoptText { text: Hash::default() }), Ok(()));
}

/// README, order of instantiation: "`hand_over` ends it, once each".
#[test]
fn a_contract_is_handed_over_once() {
    let mut network = Sandbox::new();
    let admin = account(&network, "admin");
    for kind in ADMINISTERED {
        network.call::<()>(admin, kind, "hand_over", &admin).unwrap();
        let other = account(&network, "other");
        let again = network.call::<()>(admin, kind, "hand_over", &other);
        assert!(again.is_err(), "{kind} was handed over twice");
    }
}
