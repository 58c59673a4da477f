//! The contract in ink!'s off-chain environment, which cannot ask other
//! contracts: what needs an answer of theirs is tested on the embedded chain.

use crate::{
    machine::{CLAIM_EPOCHS, DECISION_MS},
    numbers::Kind,
    rewards::Rewards,
};
use bizkey_primitives::{
    action::{rewards::Action, signed_bytes, Authorization},
    challenge::{Branch, Charge},
    errors::rewards::Error,
    party::{Contracts, HoldingIndex, PushedLeaf},
    pause::COOL_DOWN_MS,
    report::{self, EpochRecord, EpochState, LeafClaim, Payout, Report, SideReport, BIZPOWER_1, BIZPOWER_2},
    signature::Signature,
    tree::{self, Domain, Leaf, ProofStep},
    AccountId, Calendar, Epoch, Hash, Side,
};
use ink::env::{test, DefaultEnvironment};

const CALENDAR: Calendar = Calendar { genesis_ms: 1_000_000, epoch_ms: 1_000 };
const WINDOW_MS: u64 = 100;
const GENESIS: [u8; 32] = [7; 32];

/// Deployer and admin at first.
const ADMIN: u8 = 90;
const STRANGER: u8 = 91;
const RECEIPTS: u8 = 105;

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

fn members(count: u8) -> Vec<AccountId> {
    (1..=count).map(account).collect()
}

fn call_as(number: u8) {
    test::set_caller::<DefaultEnvironment>(account(number));
}

/// Moves to a moment, in a block of its own.
fn at(ms: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(ms);
    test::advance_block::<DefaultEnvironment>();
    test::set_block_timestamp::<DefaultEnvironment>(ms);
}

fn now_ms() -> u64 {
    ink::env::block_timestamp::<DefaultEnvironment>()
}

fn wait(ms: u64) {
    at(now_ms() + ms);
}

fn events() -> usize {
    test::recorded_events().count()
}

/// Three members, an hour of nothing to do, in epoch 2.
fn contract() -> Rewards {
    let contracts = Contracts {
        bzky: account(101),
        time: account(102),
        registry: account(103),
        pos_deposit: account(104),
        receipts: account(RECEIPTS),
        vault: account(106),
    };
    call_as(ADMIN);
    let rewards = Rewards::open(GENESIS.into(), CALENDAR, contracts, members(3), WINDOW_MS).unwrap();
    at(CALENDAR.start_ms(2));
    rewards
}

fn domain(side: Side, epoch: Epoch, version: u16) -> Domain {
    let contract = ink::env::account_id::<DefaultEnvironment>();
    Domain::new(&GENESIS.into(), contract.as_ref(), side, epoch, version)
}

fn leaves() -> Vec<Leaf> {
    (1..=3).map(|account| Leaf { account, v1: 10, v2: 0 }).collect()
}

fn side_report(side: Side, epoch: Epoch, leaves: &[Leaf]) -> SideReport {
    let root = tree::root(&domain(side, epoch, BIZPOWER_1), leaves).unwrap();
    let sum = |value: fn(&Leaf) -> u128| leaves.iter().map(value).sum();
    SideReport { root, count: leaves.len() as u32, sum_v1: sum(|leaf| leaf.v1), sum_v2: sum(|leaf| leaf.v2) }
}

/// A report of three merchants and nobody else.
fn report(epoch: Epoch) -> Report {
    Report {
        algorithm_version: BIZPOWER_1,
        merchants: side_report(Side::Merchant, epoch, &leaves()),
        customers: SideReport::default(),
    }
}

fn report_by(rewards: &mut Rewards, member: u8, epoch: Epoch, report: Report) -> Result<(), Error> {
    call_as(member);
    rewards.report(epoch, report)
}

/// Has two of three members report.
fn pend(rewards: &mut Rewards, epoch: Epoch, report: Report) {
    for member in [1, 2] {
        report_by(rewards, member, epoch, report).unwrap();
    }
    assert_eq!(rewards.epoch(epoch).unwrap().state, EpochState::Pending);
}

/// Puts an epoch's record there as if it had become final now.
fn make_final(rewards: &mut Rewards, epoch: Epoch, report: Report, merchants: Payout, customers: Payout) {
    let record = EpochRecord {
        state: EpochState::Final,
        round: 0,
        since_ms: now_ms(),
        since_block: 1,
        report,
        merchants,
        customers,
    };
    rewards.epochs.insert(epoch, &record);
}

fn state(rewards: &Rewards, epoch: Epoch) -> (EpochState, u8) {
    let record = rewards.epoch(epoch).unwrap();
    (record.state, record.round)
}

mod governance {
    use super::*;

    #[ink::test]
    fn a_network_has_a_usable_calendar_and_committee() {
        let contracts = contract().contracts();
        let open = |calendar, members| {
            Rewards::open(GENESIS.into(), calendar, contracts, members, WINDOW_MS).map(|_| ()).unwrap_err()
        };
        assert_eq!(open(Calendar { epoch_ms: 0, ..CALENDAR }, members(3)), Error::BadCalendar);
        assert_eq!(open(CALENDAR, members(2)), Error::BadCommittee);
    }

    #[ink::test]
    fn the_deployer_hands_over_once() {
        let mut rewards = contract();
        assert_eq!(rewards.admin(), account(ADMIN));
        call_as(STRANGER);
        assert_eq!(rewards.hand_over(account(STRANGER)), Err(Error::NotDeployer));
        call_as(ADMIN);
        rewards.hand_over(account(50)).unwrap();
        assert_eq!(rewards.admin(), account(50));
        for caller in [ADMIN, 50] {
            call_as(caller);
            assert_eq!(rewards.hand_over(account(ADMIN)), Err(Error::AlreadyBound));
        }
        call_as(ADMIN);
        assert_eq!(rewards.set_bonds(1, 1), Err(Error::NotAdmin), "no power is left");
        call_as(50);
        assert_eq!(rewards.set_bonds(1, 1), Ok(()));
    }

    #[ink::test]
    fn only_the_admin_governs() {
        let mut rewards = contract();
        call_as(STRANGER);
        assert_eq!(rewards.set_code(Hash::default()), Err(Error::NotAdmin));
        assert_eq!(rewards.ossify(), Err(Error::NotAdmin));
        assert_eq!(rewards.pause(u64::MAX), Err(Error::NotAdmin));
        assert_eq!(rewards.set_committee(9, members(3)), Err(Error::NotAdmin));
        assert_eq!(rewards.set_algorithm(9, 2), Err(Error::NotAdmin));
        assert_eq!(rewards.set_bonds(1, 1), Err(Error::NotAdmin));
        assert_eq!(rewards.decide(0, true), Err(Error::NotAdmin));
        assert_eq!(rewards.settle_debt(Side::Merchant, 1, 0), Err(Error::NotAdmin));
        assert_eq!(rewards.book_debt(Side::Merchant, 1, 1, Hash::default()), Err(Error::NotAdmin));
    }

    #[ink::test]
    fn an_ossified_code_never_changes() {
        let mut rewards = contract();
        call_as(ADMIN);
        assert!(!rewards.is_ossified());
        rewards.ossify().unwrap();
        assert!(rewards.is_ossified());
        assert_eq!(rewards.ossify(), Err(Error::Ossified));
        assert_eq!(rewards.set_code(Hash::default()), Err(Error::Ossified));
        assert_eq!(rewards.set_bonds(1, 1), Ok(()), "everything else goes on");
    }

    #[ink::test]
    fn a_pause_stops_reports_finality_and_claims_only() {
        let mut rewards = contract();
        pend(&mut rewards, 0, report(0));
        call_as(ADMIN);
        assert_eq!(rewards.pause(now_ms()), Err(Error::PauseTooLong));
        rewards.pause(now_ms() + 50).unwrap();
        assert_eq!(rewards.pause(now_ms() + 60), Err(Error::PauseCoolingDown));
        assert_eq!(report_by(&mut rewards, 3, 1, report(1)), Err(Error::Paused));
        assert_eq!(rewards.finalise(0), Err(Error::Paused));
        let leaf = leaves()[0];
        let holdings = HoldingIndex::default();
        assert_eq!(rewards.claim(Side::Merchant, 0, leaf, holdings, vec![]), Err(Error::Paused));
        let claims = vec![LeafClaim { side: Side::Merchant, epoch: 0, leaf, holdings, proof: vec![] }];
        assert_eq!(rewards.claim_many(claims), Err(Error::Paused));
        let pushed = vec![PushedLeaf { leaf, holding: holdings }];
        assert_eq!(rewards.push(Side::Merchant, 0, pushed, vec![]), Err(Error::Paused));
        assert_eq!(rewards.claim_deferred(0, 1), Err(Error::Paused));
        call_as(ADMIN);
        rewards.dispute(0).unwrap();
        rewards.decide(0, false).unwrap();
        wait(50);
        assert_eq!(report_by(&mut rewards, 3, 1, report(1)), Ok(()));
        wait(COOL_DOWN_MS);
        call_as(ADMIN);
        assert_eq!(rewards.pause(now_ms() + 60), Ok(()));
    }

    #[ink::test]
    fn a_pause_prolongs_every_window_that_it_meets() {
        let mut rewards = contract();
        let ends_ms = now_ms() + WINDOW_MS;
        pend(&mut rewards, 0, report(0));
        wait(WINDOW_MS - 10);
        call_as(ADMIN);
        rewards.pause(now_ms() + 5_000).unwrap();
        at(ends_ms + 4_999);
        // Still in its window: only the pause is in the way of finality.
        call_as(ADMIN);
        assert_eq!(rewards.dispute(0), Ok(()));
        rewards.decide(0, false).unwrap();
        // The time to report epoch 1 ends seven epochs after its end, and the pause.
        at(CALENDAR.end_ms(1) + 7_000 + 4_999);
        rewards.next_epoch.set(&1);
        assert_eq!(rewards.void_overdue(1), Err(Error::NotOverdue));
        at(CALENDAR.end_ms(1) + 7_000 + 5_000);
        assert_eq!(rewards.void_overdue(1), Ok(()));
    }

    #[ink::test]
    fn committee_and_algorithm_change_for_epochs_that_have_not_begun() {
        let mut rewards = contract();
        call_as(ADMIN);
        assert_eq!(rewards.set_committee(2, members(4)), Err(Error::EpochBegun));
        assert_eq!(rewards.set_algorithm(2, BIZPOWER_2), Err(Error::EpochBegun));
        assert_eq!(rewards.set_committee(3, members(33)), Err(Error::BadCommittee));
        rewards.set_committee(3, members(4)).unwrap();
        rewards.set_algorithm(3, BIZPOWER_2).unwrap();
        assert_eq!([2, 3].map(|epoch| rewards.committee_at(epoch).len()), [3, 4]);
        assert_eq!([2, 3].map(|epoch| rewards.algorithm_at(epoch)), [BIZPOWER_1, BIZPOWER_2]);
        at(CALENDAR.start_ms(4));
        assert_eq!(report_by(&mut rewards, 4, 2, report(2)), Err(Error::NotMember));
        assert_eq!(report_by(&mut rewards, 4, 3, report(3)), Err(Error::WrongAlgorithm));
        let hardened = Report { algorithm_version: BIZPOWER_2, ..report(3) };
        assert_eq!(report_by(&mut rewards, 4, 3, hardened), Ok(()));
        assert_eq!(report_by(&mut rewards, 1, 2, hardened), Err(Error::WrongAlgorithm));
    }
}

mod reports {
    use super::*;

    #[ink::test]
    fn the_first_cause_is_the_one_that_is_told() {
        let mut rewards = contract();
        let inconsistent = Report { customers: SideReport { sum_v2: 1, ..report(0).merchants }, ..report(0) };
        assert_eq!(report_by(&mut rewards, STRANGER, 2, inconsistent), Err(Error::EpochNotClosed));
        assert_eq!(report_by(&mut rewards, STRANGER, 0, inconsistent), Err(Error::NotMember));
        call_as(ADMIN);
        rewards.set_bonds(10, 0).unwrap();
        assert_eq!(report_by(&mut rewards, 1, 0, inconsistent), Err(Error::NotBonded));
        rewards.bonds.add(account(1), 10).unwrap();
        assert_eq!(report_by(&mut rewards, 1, 0, inconsistent), Err(Error::InconsistentReport));
        let other = Report { algorithm_version: 9, ..report(0) };
        assert_eq!(report_by(&mut rewards, 1, 0, other), Err(Error::WrongAlgorithm));
        report_by(&mut rewards, 1, 0, report(0)).unwrap();
        assert_eq!(report_by(&mut rewards, 1, 0, report(0)), Err(Error::AlreadyReported));
        rewards.bonds.add(account(2), 10).unwrap();
        report_by(&mut rewards, 2, 0, report(0)).unwrap();
        assert_eq!(report_by(&mut rewards, STRANGER, 0, inconsistent), Err(Error::ReportsClosed));
    }

    #[ink::test]
    fn a_bond_is_held_as_long_as_a_report_may_be_challenged() {
        let mut rewards = contract();
        call_as(1);
        assert_eq!(rewards.unbond(), Err(Error::NoBond));
        rewards.bonds.add(account(1), 10).unwrap();
        report_by(&mut rewards, 1, 0, report(0)).unwrap();
        assert_eq!(rewards.bond_of(account(1)).amount, 10);
        assert_eq!(rewards.unbond(), Err(Error::ReportsUnsettled));
        assert_eq!(rewards.withdraw_bond(account(1)), Err(Error::NoBond), "not asked back");
        rewards.next_epoch.set(&1);
        let before = events();
        rewards.unbond().unwrap();
        assert_eq!(events(), before + 1);
        assert_eq!(report_by(&mut rewards, 1, 1, report(1)), Err(Error::NotBonded));
        let hold_ms = 7 * CALENDAR.epoch_ms + 2 * WINDOW_MS + DECISION_MS;
        wait(hold_ms - 1);
        assert_eq!(rewards.withdraw_bond(account(1)), Err(Error::BondLocked));
        assert_eq!(rewards.withdraw_bond(account(2)), Err(Error::NoBond));
    }

    #[ink::test]
    fn turns_pass_in_order() {
        let mut rewards = contract();
        pend(&mut rewards, 1, report(1));
        wait(WINDOW_MS);
        assert_eq!(rewards.finalise(1), Err(Error::EarlierEpochOpen));
        assert_eq!(rewards.finalise(0), Err(Error::NotPending));
        assert_eq!(rewards.void_overdue(0), Err(Error::NotOverdue));
        at(CALENDAR.end_ms(0) + 7_000);
        assert_eq!(rewards.void_overdue(1), Err(Error::ReportsClosed));
        assert_eq!(rewards.void_overdue(2), Err(Error::EarlierEpochOpen));
        rewards.void_overdue(0).unwrap();
        assert_eq!(rewards.next_epoch(), 1);
        assert_eq!(rewards.void_overdue(0), Err(Error::ReportsClosed));
        assert_eq!(report_by(&mut rewards, 1, 0, report(0)), Err(Error::ReportsClosed));
    }
}

mod disputes {
    use super::*;

    #[ink::test]
    fn a_stranger_disputes_with_a_bond_only() {
        let mut rewards = contract();
        pend(&mut rewards, 0, report(0));
        call_as(STRANGER);
        assert_eq!(rewards.dispute(0), Err(Error::NotAdmin), "no bond is set");
        assert_eq!(rewards.dispute(1), Err(Error::NotPending));
        call_as(ADMIN);
        rewards.dispute(0).unwrap();
        assert_eq!(state(&rewards, 0), (EpochState::Disputed, 0));
        assert_eq!(rewards.dispute(0), Err(Error::NotPending));
    }

    #[ink::test]
    fn a_report_is_disputed_in_its_window_and_once() {
        let mut rewards = contract();
        pend(&mut rewards, 0, report(0));
        wait(WINDOW_MS);
        call_as(ADMIN);
        assert_eq!(rewards.dispute(0), Err(Error::WindowOver));
        pend(&mut rewards, 1, report(1));
        call_as(ADMIN);
        rewards.dispute(1).unwrap();
        assert_eq!(rewards.decide(0, false), Err(Error::NotDisputed));
        wait(DECISION_MS - 1);
        rewards.decide(1, false).unwrap();
        assert_eq!(state(&rewards, 1), (EpochState::Pending, 0));
        assert_eq!(rewards.epoch(1).unwrap().since_ms, now_ms(), "a window of its own");
        assert_eq!(rewards.dispute(1), Err(Error::AlreadyDisputed));
        rewards.next_epoch.set(&1);
        assert_eq!(rewards.finalise(1), Err(Error::WindowOpen));
    }

    #[ink::test]
    fn a_dispute_that_nobody_decides_voids_the_epoch() {
        let mut rewards = contract();
        pend(&mut rewards, 0, report(0));
        call_as(ADMIN);
        rewards.dispute(0).unwrap();
        wait(DECISION_MS - 1);
        assert_eq!(rewards.void_overdue(0), Err(Error::NotOverdue));
        wait(1);
        assert_eq!(rewards.decide(0, true), Err(Error::DecisionOverdue));
        call_as(STRANGER);
        rewards.void_overdue(0).unwrap();
        assert_eq!((state(&rewards, 0), rewards.next_epoch()), ((EpochState::Void, 0), 1));
    }

    #[ink::test]
    fn a_struck_report_is_followed_by_one_of_the_then_committee() {
        let mut rewards = contract();
        pend(&mut rewards, 0, report(0));
        call_as(ADMIN);
        rewards.set_committee(3, members(5)[2..].to_vec()).unwrap();
        rewards.dispute(0).unwrap();
        at(CALENDAR.start_ms(3));
        rewards.decide(0, true).unwrap();
        assert_eq!(state(&rewards, 0), (EpochState::Open, 1));
        assert_eq!(rewards.committee_at(0), members(5)[2..]);
        assert_eq!(report_by(&mut rewards, 1, 0, report(0)), Err(Error::NotMember));
        for member in [3, 4] {
            report_by(&mut rewards, member, 0, report(0)).unwrap();
        }
        assert_eq!(state(&rewards, 0), (EpochState::Pending, 1));
        // The second round can be disputed too; struck again, it is void.
        call_as(ADMIN);
        rewards.dispute(0).unwrap();
        rewards.decide(0, true).unwrap();
        assert_eq!(state(&rewards, 0), (EpochState::Void, 1));
        assert_eq!(rewards.next_epoch(), 0, "its turn is still to pass");
        rewards.finalise(0).unwrap();
        assert_eq!(rewards.next_epoch(), 1);
        assert_eq!(rewards.finalise(0), Err(Error::NotPending));
    }

    #[ink::test]
    fn a_second_round_without_a_majority_voids_the_epoch_seven_epochs_after_the_strike() {
        let mut rewards = contract();
        pend(&mut rewards, 0, report(0));
        call_as(ADMIN);
        rewards.dispute(0).unwrap();
        at(CALENDAR.start_ms(20));
        rewards.decide(0, true).unwrap();
        wait(7 * CALENDAR.epoch_ms - 1);
        assert_eq!(rewards.void_overdue(0), Err(Error::NotOverdue));
        wait(1);
        rewards.void_overdue(0).unwrap();
        assert_eq!(state(&rewards, 0), (EpochState::Void, 1));
    }
}

mod challenges {
    use super::*;

    fn branch(epoch: Epoch, leaves: &[Leaf]) -> Branch {
        Branch {
            top: tree::top(&domain(Side::Merchant, epoch, BIZPOWER_1), leaves).unwrap(),
            descents: vec![],
            leaf: (leaves.len() == 1).then(|| leaves[0]),
        }
    }

    #[ink::test]
    fn a_sound_tree_stands() {
        let mut rewards = contract();
        let sound = branch(0, &leaves());
        let challenge = |rewards: &mut Rewards, branch, charge| rewards.challenge(0, Side::Merchant, branch, charge);
        assert_eq!(challenge(&mut rewards, sound.clone(), Charge::Structure), Err(Error::NotPending));
        pend(&mut rewards, 0, report(0));
        call_as(STRANGER);
        assert_eq!(challenge(&mut rewards, sound.clone(), Charge::Structure), Err(Error::NoViolation));
        assert_eq!(challenge(&mut rewards, sound, Charge::Status), Err(Error::NoViolation), "no leaf is shown");
        let other = branch(0, &leaves()[..2]);
        assert_eq!(challenge(&mut rewards, other, Charge::Structure), Err(Error::BadProof));
        assert_eq!(state(&rewards, 0), (EpochState::Pending, 0));
    }

    #[ink::test]
    fn false_totals_are_struck_at_once_pending_or_disputed() {
        let false_report = |epoch| {
            let merchants = SideReport { sum_v1: 31, ..report(epoch).merchants };
            Report { merchants, ..report(epoch) }
        };
        let mut rewards = contract();
        for (epoch, disputed) in [(0, false), (1, true)] {
            let challenge = |rewards: &mut Rewards| {
                call_as(STRANGER);
                rewards.challenge(epoch, Side::Merchant, branch(epoch, &leaves()), Charge::Structure)
            };
            pend(&mut rewards, epoch, false_report(epoch));
            if disputed {
                call_as(ADMIN);
                rewards.dispute(epoch).unwrap();
            }
            challenge(&mut rewards).unwrap();
            assert_eq!(state(&rewards, epoch), (EpochState::Open, 1));
            pend(&mut rewards, epoch, false_report(epoch));
            challenge(&mut rewards).unwrap();
            assert_eq!(state(&rewards, epoch), (EpochState::Void, 1));
            assert_eq!(challenge(&mut rewards), Err(Error::NotPending));
        }
    }

    #[ink::test]
    fn a_challenge_after_the_boards_time_voids_the_epoch() {
        let mut rewards = contract();
        let merchants = SideReport { count: 4, ..report(0).merchants };
        pend(&mut rewards, 0, Report { merchants, ..report(0) });
        call_as(ADMIN);
        rewards.dispute(0).unwrap();
        wait(DECISION_MS);
        rewards.challenge(0, Side::Merchant, branch(0, &leaves()), Charge::Structure).unwrap();
        assert_eq!(state(&rewards, 0), (EpochState::Void, 0));
    }

    #[ink::test]
    fn a_customer_that_holds_something_is_found() {
        let mut rewards = contract();
        // The totals hide it, as they must to be reported at all.
        let leaf = Leaf { account: 1, v1: 1, v2: 5 };
        let domain = domain(Side::Customer, 0, BIZPOWER_1);
        let customers = SideReport { sum_v2: 0, ..side_report(Side::Customer, 0, &[leaf]) };
        pend(&mut rewards, 0, Report { customers, ..report(0) });
        let branch = Branch { top: leaf.tuple(&domain).unwrap(), descents: vec![], leaf: Some(leaf) };
        rewards.challenge(0, Side::Customer, branch, Charge::Structure).unwrap();
        assert_eq!(state(&rewards, 0), (EpochState::Open, 1));
    }
}

mod claims {
    use super::*;

    fn proof(position: usize) -> Vec<ProofStep> {
        let domain = domain(Side::Merchant, 0, BIZPOWER_1);
        let leaves = leaves();
        let step = |sibling_is_left, range: &[Leaf]| ProofStep {
            sibling_is_left,
            sibling: tree::top(&domain, range).unwrap(),
        };
        match position {
            0 => vec![step(false, &leaves[1..2]), step(false, &leaves[2..])],
            1 => vec![step(true, &leaves[..1]), step(false, &leaves[2..])],
            _ => vec![step(true, &leaves[..2])],
        }
    }

    fn settled() -> Rewards {
        let mut rewards = contract();
        let payout = Payout { emission: 300, reserved: 300, paid: 0 };
        make_final(&mut rewards, 0, report(0), payout, Payout::default());
        rewards
    }

    fn claim(rewards: &mut Rewards, position: usize) -> Result<u128, Error> {
        let leaf = leaves()[position];
        rewards.claim(Side::Merchant, 0, leaf, HoldingIndex::default(), proof(position))
    }

    fn push(rewards: &mut Rewards, leaves: &[Leaf], proof: Vec<ProofStep>) -> Result<u32, Error> {
        let pushed = leaves.iter().map(|leaf| PushedLeaf { leaf: *leaf, holding: HoldingIndex::default() }).collect();
        rewards.push(Side::Merchant, 0, pushed, proof)
    }

    #[ink::test]
    fn nothing_is_paid_before_an_epoch_is_final() {
        let mut rewards = contract();
        assert_eq!(claim(&mut rewards, 0), Err(Error::NotFinal));
        pend(&mut rewards, 0, report(0));
        assert_eq!(claim(&mut rewards, 0), Err(Error::NotFinal));
        assert_eq!(rewards.claim_deferred(0, 1), Err(Error::NotFinal));
        assert_eq!(rewards.expire(0), Err(Error::NotFinal));
    }

    #[ink::test]
    fn a_leaf_is_spent_by_its_bit() {
        let mut rewards = settled();
        rewards.numbers.set(Kind::Claimed, Side::Merchant, 0, 0, 0b010);
        assert_eq!(claim(&mut rewards, 1), Err(Error::AlreadyClaimed));
        assert_eq!([0, 1, 2].map(|position| rewards.is_claimed(Side::Merchant, 0, position)), [false, true, false]);
        assert!(!rewards.is_claimed(Side::Customer, 0, 1));
        rewards.numbers.set(Kind::Claimed, Side::Merchant, 0, 0, 0b111);
        assert_eq!(push(&mut rewards, &leaves(), vec![]), Ok(0), "nothing is left to push");
    }

    #[ink::test]
    fn only_what_leads_to_the_root_is_looked_at() {
        let mut rewards = settled();
        let forged = Leaf { v1: 11, ..leaves()[0] };
        let claimed = rewards.claim(Side::Merchant, 0, forged, HoldingIndex::default(), proof(0));
        assert_eq!(claimed, Err(Error::BadProof));
        assert_eq!(push(&mut rewards, &[], vec![]), Err(Error::BadSubtree));
        assert_eq!(push(&mut rewards, &vec![leaves()[0]; 129], vec![]), Err(Error::BadSubtree));
        assert_eq!(push(&mut rewards, &leaves()[2..], proof(2)), Err(Error::BadSubtree), "at no multiple of 128");
        let claim = |position: usize| LeafClaim {
            side: Side::Merchant,
            epoch: 0,
            leaf: leaves()[position],
            holdings: HoldingIndex::default(),
            proof: vec![],
        };
        assert_eq!(rewards.claim_many(vec![claim(0); 17]), Err(Error::TooManyClaims));
        assert_eq!(rewards.claim_many(vec![claim(0)]), Err(Error::BadProof));
        assert_eq!(rewards.claim_many(vec![]), Ok(vec![]));
    }

    #[ink::test]
    fn claims_are_open_for_400_epochs_and_pauses() {
        let mut rewards = contract();
        let customers = Payout { emission: 90, reserved: 90, paid: 20 };
        make_final(&mut rewards, 0, report(0), Payout { emission: 9, reserved: 9, paid: 9 }, customers);
        rewards.numbers.set(Kind::Claimed, Side::Merchant, 0, 0, 0b111);
        rewards.customer_reserved.set(&1_000);
        let end_ms = now_ms() + CLAIM_EPOCHS * CALENDAR.epoch_ms;
        call_as(ADMIN);
        rewards.pause(now_ms() + 77).unwrap();
        at(end_ms + 76);
        assert_eq!(claim(&mut rewards, 0), Err(Error::AlreadyClaimed));
        assert_eq!(rewards.expire(0), Err(Error::ClaimsOpen));
        at(end_ms + 77);
        assert_eq!(claim(&mut rewards, 0), Err(Error::ClaimsExpired), "before anybody calls `expire`");
        let before = events();
        rewards.expire(0).unwrap();
        assert_eq!(events(), before + 1);
        assert_eq!(rewards.customer_reserved(), 930, "70 were not paid");
        assert_eq!(rewards.epoch(0).unwrap().customers.reserved, 20);
        assert_eq!(rewards.expire(0), Err(Error::ClaimsExpired));
        assert_eq!(claim(&mut rewards, 0), Err(Error::ClaimsExpired));
    }

    #[ink::test]
    fn only_what_is_deferred_can_be_claimed_later() {
        let mut rewards = settled();
        assert_eq!(rewards.claim_deferred(0, 1), Err(Error::NothingDeferred));
        rewards.numbers.set(Kind::Deferred, Side::Merchant, 0, 1, 5);
        assert_eq!(rewards.deferred_of(0, 1), 5);
        assert_eq!(rewards.deferred_of(1, 1), 0);
        wait(CLAIM_EPOCHS * CALENDAR.epoch_ms);
        assert_eq!(rewards.claim_deferred(0, 1), Err(Error::ClaimsExpired));
    }
}

#[ink::test]
fn debts_are_booked_by_admin_or_receipts_and_settled_by_the_admin() {
    let mut rewards = contract();
    let reason = Hash::from([9; 32]);
    for caller in [ADMIN, RECEIPTS] {
        call_as(caller);
        rewards.book_debt(Side::Merchant, 4, 10, reason).unwrap();
    }
    assert_eq!(rewards.debt_of(Side::Merchant, 4), 20);
    assert_eq!(rewards.debt_of(Side::Customer, 4), 0);
    assert_eq!(rewards.settle_debt(Side::Merchant, 4, 1), Err(Error::NotAdmin), "receipts cannot forgive");
    assert_eq!(rewards.book_debt(Side::Merchant, 4, u128::MAX, reason), Err(Error::Overflow));
    call_as(ADMIN);
    assert_eq!(rewards.settle_debt(Side::Merchant, 4, 21), Err(Error::NoDebt));
    rewards.settle_debt(Side::Merchant, 4, 20).unwrap();
    assert_eq!(rewards.debt_of(Side::Merchant, 4), 0);
}

mod relayed {
    use super::*;

    fn keys() -> schnorrkel::Keypair {
        schnorrkel::MiniSecretKey::from_bytes(&[5; 32]).unwrap().expand_to_keypair(schnorrkel::ExpansionMode::Ed25519)
    }

    fn signer() -> AccountId {
        AccountId::from(keys().public.to_bytes())
    }

    fn authorize(nonce: u64, expires_ms: u64, action: &Action) -> Authorization {
        let contract = ink::env::account_id::<DefaultEnvironment>();
        let bytes = signed_bytes(&GENESIS.into(), &contract, &signer(), nonce, expires_ms, action);
        let signature = Signature::Sr25519(keys().sign_simple(b"substrate", &bytes).to_bytes());
        Authorization { account: signer(), nonce, expires_ms, signature }
    }

    fn with_signer_as_member() -> Rewards {
        let mut rewards = contract();
        call_as(ADMIN);
        rewards.set_committee(3, vec![account(1), account(2), signer()]).unwrap();
        at(CALENDAR.start_ms(4));
        call_as(STRANGER);
        rewards
    }

    #[ink::test]
    fn a_members_signed_report_counts_as_its_own_and_once() {
        let mut rewards = with_signer_as_member();
        let action = Action::Report { epoch: 3, report: report(3) };
        let signed = authorize(0, now_ms(), &action);
        rewards.relay(action, signed).unwrap();
        assert!(rewards.vote_of(3, 0, signer()).is_some());
        assert_eq!(rewards.vote_of(3, 0, account(STRANGER)), None, "not the carrier's");
        assert_eq!(rewards.nonce_of(signer()), 1);
        assert_eq!(rewards.relay(action, signed), Err(Error::BadNonce));
    }

    #[ink::test]
    fn a_carrier_changes_nothing_and_is_in_time() {
        let mut rewards = with_signer_as_member();
        let action = Action::Report { epoch: 3, report: report(3) };
        let signed = authorize(0, now_ms() + 5, &action);
        let other = Action::Report { epoch: 3, report: report(2) };
        assert_eq!(rewards.relay(other, signed), Err(Error::BadSignature));
        assert_eq!(rewards.relay(Action::Unbond, signed), Err(Error::BadSignature));
        let longer = Authorization { expires_ms: signed.expires_ms + 1, ..signed };
        assert_eq!(rewards.relay(action, longer), Err(Error::BadSignature));
        let of_another = Authorization { account: account(1), ..signed };
        assert_eq!(rewards.relay(action, of_another), Err(Error::BadSignature));
        wait(6);
        assert_eq!(rewards.relay(action, signed), Err(Error::Expired));
    }

    #[ink::test]
    fn every_action_is_done_for_its_signer() {
        let mut rewards = with_signer_as_member();
        pend(&mut rewards, 3, report(3));
        rewards.bonds.add(signer(), 5).unwrap();
        call_as(STRANGER);
        rewards.relay(Action::Unbond, authorize(0, now_ms(), &Action::Unbond)).unwrap();
        assert_eq!(rewards.bond_of(signer()).leaving_ms, now_ms());
        let dispute = Action::Dispute { epoch: 3 };
        assert_eq!(rewards.relay(dispute, authorize(1, now_ms(), &dispute)), Err(Error::NotAdmin));
        call_as(ADMIN);
        rewards.hand_over(signer()).unwrap();
        call_as(STRANGER);
        // Off chain an error does not revert: the nonce is used up.
        rewards.relay(dispute, authorize(2, now_ms(), &dispute)).unwrap();
        assert_eq!(rewards.disputes.get((3, 0)).unwrap().disputer, signer());
    }
}

#[ink::test]
fn a_domain_is_the_networks_the_contracts_and_the_reports() {
    let rewards = contract();
    let contract = ink::env::account_id::<DefaultEnvironment>();
    let expected = report::domain(&GENESIS.into(), contract.as_ref(), Side::Customer, 4, &report(4));
    assert_eq!(rewards.domain(Side::Customer, 4, &report(4)), expected);
    assert_eq!(expected, domain(Side::Customer, 4, BIZPOWER_1));
}
