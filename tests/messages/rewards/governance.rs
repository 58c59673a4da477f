//! The constructor, the admin's powers, and that nobody else has them.

use super::stage::{account, empty_report, flat_report, refusal, refuse, refuse_others, send, Outcome, Street, KIND};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::rewards::Error, events::Event, party::Contracts, AccountId, Balance, Calendar, Epoch, Hash, Side,
};
use bizkey_tests::{Sandbox, HOUR, WINDOW};

/// Most members of a committee.
const MOST_MEMBERS: u8 = 32;
/// Most changes of the algorithm that are kept.
const MOST_ALGORITHMS: u32 = 64;

fn committee(count: u8) -> Vec<AccountId> {
    (1..=count).map(|number| AccountId::from([number; 32])).collect()
}

fn members(network: &Sandbox) -> Vec<AccountId> {
    [1, 2, 3].map(|number| account(network, &format!("member {number}"))).to_vec()
}

fn around(network: &Sandbox) -> Contracts {
    let bizkey_client::ContractAddresses { bzky, time, registry, pos_deposit, receipts, vault, .. } = network.contracts;
    Contracts { bzky, time, registry, pos_deposit, receipts, vault }
}

pub fn constructor(network: &mut Sandbox) {
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    let (calendar, contracts) = (network.calendar, around(network));
    let mut make = |calendar: Calendar, contracts: Contracts, members: &Vec<AccountId>| -> Outcome {
        network.instantiate(admin, KIND, &(calendar, contracts, members, WINDOW)).map(drop)
    };
    for other in [
        Calendar { epoch_ms: 0, ..calendar },
        Calendar { epoch_ms: calendar.epoch_ms + 1, ..calendar },
        Calendar { genesis_ms: calendar.genesis_ms + 1, ..calendar },
    ] {
        assert_eq!(make(other, contracts, &committee(3)), Err(refusal(Error::BadCalendar)), "{other:?}");
    }
    let nowhere = Contracts { bzky: stranger, ..contracts };
    assert_eq!(make(calendar, nowhere, &committee(3)), Err(refusal(Error::CalleeFailed)));
    let mut twice = committee(3);
    twice[2] = twice[0];
    for bad in [committee(0), committee(2), committee(MOST_MEMBERS + 1), twice] {
        assert_eq!(make(calendar, contracts, &bad), Err(refusal(Error::BadCommittee)), "{bad:?}");
    }
    make(calendar, contracts, &committee(MOST_MEMBERS)).unwrap();
    assert_eq!(network.read::<Contracts>(KIND, "contracts", &()), contracts);
    assert_eq!(network.read::<Calendar>(KIND, "calendar", &()), calendar);
    assert_eq!(network.read::<u64>(KIND, "window_ms", &()), WINDOW);
    assert_eq!(network.read::<(Balance, Balance)>(KIND, "required_bonds", &()), (0, 0));
    assert_eq!(network.read::<Balance>(KIND, "customer_reserved", &()), 0);
    for epoch in [0u32, 7, u32::MAX] {
        assert_eq!(network.read::<Vec<AccountId>>(KIND, "committee_at", &epoch), members(network));
        assert_eq!(network.read::<u16>(KIND, "algorithm_at", &epoch), 1);
    }
}

/// Before and after it is handed over: each power is the admin's alone, and
/// nothing of it stays with the deployer.
pub fn only_the_admin_governs(network: &mut Sandbox) {
    let _ = Street::new(network, 1);
    let (deployer, board) = (account(network, "admin"), network.contracts.foundation);
    powers(network, deployer);
    refuse_others(network, &[deployer], "hand_over", &deployer, Error::NotDeployer);
    assert_eq!(network.read::<AccountId>(KIND, "admin", &()), deployer);
    send(network, deployer, "hand_over", &board).unwrap();
    assert!(matches!(&network.events[..], [Event::RewardsHandedOver(done)] if done.admin == board));
    assert_eq!(network.read::<AccountId>(KIND, "admin", &()), board);
    refuse_others(network, &[], "hand_over", &deployer, Error::AlreadyBound);
    powers(network, board);
}

/// Every message of the admin's is refused to everybody else and carried out
/// for the admin.
fn powers(network: &mut Sandbox, admin: AccountId) {
    let receipts = network.contracts.receipts;
    let until = network.state.now_ms() + HOUR;
    let code = network.code_hash(KIND);
    let debt = (Side::Merchant, 1u32, 5u128);
    refuse_others(network, &[admin], "set_code", &code, Error::NotAdmin);
    refuse_others(network, &[admin], "ossify", &(), Error::NotAdmin);
    refuse_others(network, &[admin], "pause", &until, Error::NotAdmin);
    refuse_others(network, &[admin], "set_committee", &(1u32, committee(3)), Error::NotAdmin);
    refuse_others(network, &[admin], "set_algorithm", &(1u32, 2u16), Error::NotAdmin);
    refuse_others(network, &[admin], "set_bonds", &(1u128, 1u128), Error::NotAdmin);
    refuse_others(network, &[admin], "decide", &(0u32, true), Error::NotAdmin);
    refuse_others(network, &[admin], "settle_debt", &debt, Error::NotAdmin);
    let booked = (Side::Merchant, 1u32, 5u128, Hash::from([7; 32]));
    refuse_others(network, &[admin, receipts], "book_debt", &booked, Error::NotAdmin);
    network.rolled_back(|network| {
        for origin in [admin, receipts] {
            send(network, origin, "book_debt", &booked).unwrap();
        }
        assert_eq!(network.read::<Balance>(KIND, "debt_of", &(Side::Merchant, 1u32)), 10);
        send(network, admin, "settle_debt", &debt).unwrap();
        send(network, admin, "set_bonds", &(1u128, 2u128)).unwrap();
        assert!(matches!(&network.events[..], [Event::BondsSet(set)] if (set.member_bond, set.dispute_bond) == (1, 2)));
        assert_eq!(network.read::<(Balance, Balance)>(KIND, "required_bonds", &()), (1, 2));
        send(network, admin, "set_algorithm", &(1u32, 2u16)).unwrap();
        send(network, admin, "set_committee", &(1u32, committee(3))).unwrap();
        refuse(network, admin, "decide", &(0u32, true), Error::NotDisputed);
        send(network, admin, "set_code", &code).unwrap();
        send(network, admin, "ossify", &()).unwrap();
        send(network, admin, "pause", &until).unwrap();
    });
}

/// Other code from the next call on, until it is final for good.
pub fn code(network: &mut Sandbox) {
    let (admin, rewards) = (account(network, "admin"), network.contracts.rewards);
    let (ours, vaults) = (network.code_hash(KIND), network.code_hash(ContractKind::Vault));
    refuse(network, admin, "set_code", &Hash::from([1; 32]), Error::UnknownCode);
    network.rolled_back(|network| {
        send(network, admin, "set_code", &vaults).unwrap();
        assert!(matches!(&network.events[..], [Event::RewardsCodeChanged(done)] if done.code_hash == vaults));
        assert_eq!(network.state.code_of(rewards), <[u8; 32]>::from(vaults));
    });
    send(network, admin, "set_code", &ours).unwrap();
    send(network, admin, "set_code", &ours).unwrap();
    assert!(!network.read::<bool>(KIND, "is_ossified", &()));
    send(network, admin, "ossify", &()).unwrap();
    assert!(matches!(&network.events[..], [Event::RewardsOssified(_)]));
    assert!(network.read::<bool>(KIND, "is_ossified", &()));
    refuse(network, admin, "set_code", &ours, Error::Ossified);
    refuse(network, admin, "ossify", &(), Error::Ossified);
}

/// Committees and algorithms change for epochs that have not begun, and each
/// epoch keeps its own.
pub fn committees_and_algorithms(network: &mut Sandbox) {
    let admin = account(network, "admin");
    let old = members(network);
    let new = vec![old[0], account(network, "member 4"), account(network, "member 5")];
    let start = network.calendar.start_ms(2);
    network.state.set_time(start - 1);
    send(network, admin, "set_committee", &(2u32, &new)).unwrap();
    assert!(
        matches!(&network.events[..], [Event::CommitteeChanged(set)] if (set.from_epoch, &set.members) == (2, &new))
    );
    let once = network.state.storage_of(network.contracts.rewards);
    send(network, admin, "set_committee", &(2u32, &new)).unwrap();
    assert!(once == network.state.storage_of(network.contracts.rewards), "saying it twice changes nothing");
    send(network, admin, "set_committee", &(9u32, committee(7))).unwrap();
    refuse(network, admin, "set_committee", &(9u32, committee(2)), Error::BadCommittee);
    network.state.set_time(start);
    for epoch in [0u32, 1, 2] {
        refuse(network, admin, "set_committee", &(epoch, &old), Error::EpochBegun);
        refuse(network, admin, "set_algorithm", &(epoch, 2u16), Error::EpochBegun);
    }
    let of = |network: &mut Sandbox, epoch: Epoch| network.read::<Vec<AccountId>>(KIND, "committee_at", &epoch);
    assert_eq!([0, 1, 2, 8, 9].map(|epoch| of(network, epoch).len()), [3, 3, 3, 3, 7]);
    assert_eq!((of(network, 1), of(network, 2)), (old.clone(), new.clone()));
    send(network, admin, "set_committee", &(5u32, committee(4))).unwrap();
    assert_eq!([4, 5, 9].map(|epoch| of(network, epoch).len()), [3, 4, 4], "the later one is dropped");

    network.enter_epoch(3);
    let report = empty_report();
    refuse(network, new[1], "report", &(1u32, report), Error::NotMember);
    refuse(network, old[1], "report", &(2u32, report), Error::NotMember);
    for (member, epoch) in [(old[1], 1u32), (new[1], 2), (old[0], 2)] {
        send(network, member, "report", &(epoch, report)).unwrap();
    }
    algorithms(network);
}

fn algorithms(network: &mut Sandbox) {
    let admin = account(network, "admin");
    let of = |network: &mut Sandbox, epoch: Epoch| network.read::<u16>(KIND, "algorithm_at", &epoch);
    send(network, admin, "set_algorithm", &(4u32, 2u16)).unwrap();
    assert!(matches!(&network.events[..], [Event::AlgorithmSet(set)] if (set.from_epoch, set.version) == (4, 2)));
    send(network, admin, "set_algorithm", &(6u32, 3u16)).unwrap();
    assert_eq!([3, 4, 5, 6, 99].map(|epoch| of(network, epoch)), [1, 2, 2, 3, 3]);
    send(network, admin, "set_algorithm", &(5u32, 9u16)).unwrap();
    assert_eq!([4, 5, 6].map(|epoch| of(network, epoch)), [2, 9, 9], "the later one is dropped");
    let kept = 2;
    for more in 0..MOST_ALGORITHMS - kept {
        send(network, admin, "set_algorithm", &(10 + more, 1u16)).unwrap();
    }
    refuse(network, admin, "set_algorithm", &(99u32, 2u16), Error::TooManyVersions);
    send(network, admin, "set_algorithm", &(10u32, 4u16)).unwrap();
    assert_eq!(of(network, 99), 4, "in the place of later ones there is room");

    network.enter_epoch(5);
    let mut report = flat_report(network, 4, 1, 1);
    refuse(network, account(network, "member 1"), "report", &(4u32, report), Error::WrongAlgorithm);
    report.algorithm_version = 2;
    let reported = send(network, account(network, "member 1"), "report", &(4u32, report));
    assert_eq!(reported, Ok(()));
    network.enter_epoch(6);
    report.algorithm_version = 9;
    for member in [1, 2] {
        // The committee that was set for epoch 5.
        send(network, AccountId::from([member; 32]), "report", &(5u32, report)).unwrap();
    }
    assert!(network.read::<Option<bizkey_primitives::report::EpochRecord>>(KIND, "epoch", &5u32).is_none(), "2 of 4");
}
