//! `foundation` at its largest: 32 directors with names of 64 bytes, 64 powers,
//! 31 resolutions on code that wait, 16 contracts to pause. And a smaller board
//! in a pause, which is to be spread.

use crate::{
    case::Stage,
    site::{account, Site, Wallet, PAUSE_MS},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{
    action::foundation::Action,
    board::{BudgetLine, Motion, ResolutionId},
    hash::selector,
    party::Contracts,
    signature::Signature,
    AccountId, DeviceId, Epoch, Side, TOKEN,
};
use bizkey_tests::{party::Device, sandbox::input, WINDOW};
use codec::Encode;

const KIND: Kind = Kind::Foundation;
const TODAY: Epoch = 200;
/// When the powers are granted, and successors named.
const EARLIER: Epoch = 150;
/// When resolutions on code pass that can be carried out today.
const CODE: Epoch = 180;
const DIRECTORS: usize = 32;
const POWERS: u32 = 64;
const PENDING: usize = 31;
const PAUSABLE: usize = 16;
/// Longest input of a call by the board or the chief executive.
const INPUT: usize = 4_096;

/// A board and who acts for it.
struct Board {
    address: AccountId,
    directors: Vec<Wallet>,
    executive: Wallet,
}

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    let shop = site.party(Side::Merchant, "shop");
    let device = site.network.device(shop.index, "till");
    let pausable = pausable(&mut site, 2 * PAUSABLE + 1);
    let board = board(&mut site, "board", DIRECTORS);
    named(&mut site, &board, &pausable[..PAUSABLE]);
    let small = self::board(&mut site, "small board", 3);
    named(&mut site, &small, &pausable[PAUSABLE..=PAUSABLE]);
    let until_ms = site.network.state.now_ms() + PAUSE_MS;
    for contract in &pausable[PAUSABLE + 1..] {
        site.done_at(*contract, account("admin"), Kind::Rewards, "pause", &until_ms);
        site.done_at(*contract, account("admin"), Kind::Rewards, "hand_over", &small.address);
    }
    site.pay_many(&[board.address, account("payee")], 1_000_000 * TOKEN);
    site.network.enter_epoch(100);
    let pause = (site.network.state.now_ms() + PAUSE_MS, false);
    site.done_at(board.address, board.executive.account(), KIND, "pause", &pause);
    site.network.enter_epoch(EARLIER);
    offices(&mut site, &board);
    site.network.enter_epoch(CODE);
    let upgrade = waiting(&mut site, &board);
    // Income that is not booked yet.
    site.pay_many(&[board.address], 1_000 * TOKEN);
    site.network.enter_epoch(TODAY);
    let call = record(&site, &device);
    resolutions(&mut site, &board, &call, upgrade);
    succession(&mut site, &board);
    operation(&mut site, &board, &call);
    spread(&mut site, &small, &pausable[PAUSABLE + 1..]);
    site.stage("foundation")
}

/// Instances of the largest contract that can be paused, still the deployer's.
fn pausable(site: &mut Site, count: usize) -> Vec<AccountId> {
    let (admin, calendar, addresses) = (account("admin"), site.network.calendar, site.network.contracts);
    let around = Contracts {
        bzky: addresses.bzky,
        time: addresses.time,
        registry: addresses.registry,
        pos_deposit: addresses.pos_deposit,
        receipts: addresses.receipts,
        vault: addresses.vault,
    };
    let committee: Vec<AccountId> = (1..=3).map(|number| account(&format!("member {number}"))).collect();
    let mut instance = |number: usize| {
        // Each has a window of its own, and so an address of its own.
        let arguments = (calendar, around, &committee, WINDOW + number as u64);
        site.network.instantiate(admin, Kind::Rewards, &arguments).unwrap()
    };
    (1..=count).map(&mut instance).collect()
}

fn board(site: &mut Site, name: &str, directors: usize) -> Board {
    let directors: Vec<Wallet> = (1..=directors).map(|n| Wallet::named(&format!("{name}, director {n}"))).collect();
    let executive = Wallet::named(&format!("{name}, chief executive"));
    let names = (1..).zip(&directors).map(|(number, wallet)| (wallet.account(), long_name(number)));
    let named: Vec<(AccountId, Vec<u8>)> = names.collect();
    let (calendar, bzky) = (site.network.calendar, site.network.contracts.bzky);
    let arguments = (calendar, bzky, named, executive.account());
    let address = site.network.instantiate(account("admin"), KIND, &arguments).unwrap();
    Board { address, directors, executive }
}

fn long_name(number: usize) -> Vec<u8> {
    format!("{number:0>64}").into_bytes()
}

/// Makes contracts the ones that a board pauses.
fn named(site: &mut Site, board: &Board, contracts: &[AccountId]) {
    for contract in contracts {
        site.done_at(*contract, account("admin"), Kind::Rewards, "hand_over", &board.address);
    }
    site.done_at(board.address, account("admin"), KIND, "bind", &contracts.to_vec());
}

/// Proposes a motion and passes it.
fn pass(site: &mut Site, board: &Board, motion: &Motion) -> ResolutionId {
    let proposer = board.directors[0].account();
    let proposed = site.network.call_at(board.address, proposer, KIND, "propose", motion);
    let id: ResolutionId = proposed.expect("a director's motion");
    for director in &board.directors[..board.directors.len() / 2 + 1] {
        site.done_at(board.address, director.account(), KIND, "vote", &(id, true));
    }
    id
}

/// Passes a motion and carries it out.
fn enact(site: &mut Site, board: &Board, motion: &Motion) {
    let id = pass(site, board, motion);
    site.done_at(board.address, account("stranger"), KIND, "enact", &id);
}

/// A chair, successors, powers and a spending limit.
fn offices(site: &mut Site, board: &Board) {
    let last = DIRECTORS as u32;
    enact(site, board, &Motion::ElectChair { director: last });
    let receipts = site.network.contracts.receipts;
    let others = (1..POWERS).map(u32::to_le_bytes);
    for selector in others.chain([selector("record")]) {
        enact(site, board, &Motion::GrantPower { target: receipts, selector, limit: Some(u32::MAX) });
    }
    let limit = 1_000 * TOKEN;
    enact(site, board, &Motion::SetSpendingLimit { line: BudgetLine::Research, limit });
    for director in [&board.directors[1], &board.directors[2], &board.directors[DIRECTORS - 1]] {
        let successor = Some(successor(director).account());
        site.done_at(board.address, director.account(), KIND, "name_successor", &successor);
    }
    let claimant = successor(&board.directors[2]);
    site.done_at(board.address, claimant.account(), KIND, "claim_seat", &3u32);
}

fn successor(director: &Wallet) -> Wallet {
    Wallet::named(&format!("successor of {:?}", director.account()))
}

/// Resolutions on code that wait; the last of them.
fn waiting(site: &mut Site, board: &Board) -> ResolutionId {
    let (target, code_hash) = (site.network.contracts.rewards, site.network.code_hash(Kind::Rewards));
    site.done(account("admin"), Kind::Rewards, "hand_over", &board.address);
    let upgrade = Motion::Upgrade { target, code_hash };
    (0..PENDING).map(|_| pass(site, board, &upgrade)).last().expect("one of them")
}

/// A batch of receipts whose call is as long as a call of the board can be.
fn record(site: &Site, device: &Device) -> Vec<u8> {
    let fixed = (0 as DeviceId, 0u64, 0u16, Vec::<u8>::new(), Signature::Ecdsa([0; 65])).encode().len() + 1;
    let payload = vec![7; INPUT - 4 - fixed];
    let batch = super::receipts_batches::batch(site, device, 0, 1, payload);
    let call = input("record", &batch);
    assert_eq!(call.len(), INPUT);
    call
}

fn resolutions(site: &mut Site, board: &Board, call: &[u8], upgrade: ResolutionId) {
    let Board { address, directors, .. } = board;
    let target = site.network.contracts.receipts;
    let motion = Motion::Call { target, input: call.to_vec() };
    let called = pass(site, board, &motion);
    site.case_at(*address, KIND, "propose", "a call of 4,096 bytes", directors[0].account(), &motion);
    site.relayed_at(*address, KIND, "Propose, a call of 4,096 bytes", &directors[0], &Action::Propose { motion });
    let (last, name) = (DIRECTORS as u32, long_name(DIRECTORS + 1));
    let replace = Motion::ReplaceDirector { director: last, account: account("another director"), name };
    let replaced = pass(site, board, &replace);
    let duration_ms = PAUSE_MS;
    let paused = pass(site, board, &Motion::Pause { duration_ms, skip_failing: true });
    let pay = Motion::Pay { line: BudgetLine::Research, to: account("payee"), amount: TOKEN };
    let paid = pass(site, board, &pay);
    let stranger = account("stranger");
    for (situation, resolution) in [
        ("a call of 4,096 bytes: a batch of receipts; another message costs what it costs", called),
        ("the chair is replaced, on a board of 32 with names of 64 bytes", replaced),
        ("a pause of 16 contracts, not their first", paused),
        ("a payment, after income that was not booked", paid),
        ("another code, 31 of which waited", upgrade),
    ] {
        site.case_at(*address, KIND, "enact", situation, stranger, &resolution);
    }
    vote(site, board);
}

/// The last of 32 votes, which passes a resolution on code.
fn vote(site: &mut Site, board: &Board) {
    let Board { address, directors, .. } = board;
    let (target, code_hash) = (site.network.contracts.rewards, site.network.code_hash(Kind::Rewards));
    let motion = Motion::Upgrade { target, code_hash };
    let proposed = site.network.call_at(*address, directors[0].account(), KIND, "propose", &motion);
    let resolution: ResolutionId = proposed.expect("a director's motion");
    let (decisive, others) = directors.split_last().expect("32 directors");
    // From the last to the first, so that each is found late.
    for (position, director) in others.iter().enumerate().rev() {
        site.done_at(*address, director.account(), KIND, "vote", &(resolution, position >= DIRECTORS / 2 - 1));
    }
    let situation = "the last of 32, passes a resolution on code, 31 others wait";
    site.case_at(*address, KIND, "vote", situation, decisive.account(), &(resolution, true));
    let action = Action::Vote { resolution, in_favour: true };
    site.relayed_at(*address, KIND, "Vote, the last of 32", decisive, &action);
}

fn succession(site: &mut Site, board: &Board) {
    let Board { address, directors, .. } = board;
    let name = Some(account("a successor"));
    site.case_at(*address, KIND, "name_successor", "nobody before", directors[3].account(), &name);
    let action = Action::NameSuccessor { successor: name };
    site.relayed_at(*address, KIND, "NameSuccessor", &directors[3], &action);
    let claimant = successor(&directors[1]);
    site.case_at(*address, KIND, "claim_seat", "the only time", claimant.account(), &2u32);
    site.relayed_at(*address, KIND, "ClaimSeat", &claimant, &Action::ClaimSeat { director: 2 });
    let situation = "on a board of 32";
    site.case_at(*address, KIND, "take_seat", situation, account("stranger"), &3u32);
}

fn operation(site: &mut Site, board: &Board, call: &[u8]) {
    let Board { address, executive, .. } = board;
    let (origin, target, input) = (executive.account(), site.network.contracts.receipts, call.to_vec());
    let situation = "the last of 64 powers, 4,096 bytes: a batch of receipts; another message costs what it costs";
    site.case_at(*address, KIND, "execute", situation, origin, &(target, &input));
    let action = Action::Execute { target, input };
    site.relayed_at(*address, KIND, "Execute, the last of 64 powers, 4,096 bytes", executive, &action);
    let (line, to, amount) = (BudgetLine::Research, account("payee"), TOKEN);
    let situation = "after income that was not booked";
    site.case_at(*address, KIND, "spend", situation, origin, &(line, to, amount));
    site.relayed_at(*address, KIND, "Spend", executive, &Action::Spend { line, to, amount });
    site.case_at(*address, KIND, "book_income", "something came in", account("stranger"), &());
    let until_ms = site.network.state.now_ms() + PAUSE_MS;
    let situation = "16 contracts, not their first pause";
    site.case_at(*address, KIND, "pause", situation, origin, &(until_ms, true));
    let action = Action::Pause { until_ms, skip_failing: true };
    site.relayed_at(*address, KIND, "Pause of 16 contracts", executive, &action);
}

/// A pause of one contract, after which the board names 16 others.
fn spread(site: &mut Site, board: &Board, others: &[AccountId]) {
    let pause = (site.network.state.now_ms() + PAUSE_MS, false);
    site.done_at(board.address, board.executive.account(), KIND, "pause", &pause);
    enact(site, board, &Motion::SetPausable { contracts: others.to_vec() });
    let situation = "16 contracts that were named since, not their first pause";
    site.case_at(board.address, KIND, "spread_pause", situation, account("stranger"), &());
}
