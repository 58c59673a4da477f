//! Random but possible histories of a network, for properties.

use super::{account, batch, emitted, from_contract, later, network, Chain, EPOCH_MS, GENESIS_MS};
use bizkey_primitives::{
    events::*,
    party::{Capital, Status},
    receipt::{Channel, Rail, Receipt},
    report::{Payout, Report, SideReport},
    signature::PublicKey,
    AccountId, Hash, Side,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use std::collections::BTreeMap;

/// Devices of the made-up network; device d belongs to shop d.
pub const DEVICES: u32 = 4;
/// Accounts that move tokens.
const ACCOUNTS: u8 = 6;

/// Something that may happen in a block.
#[derive(Clone, Debug)]
pub enum Step {
    Batch { device: u32, receipts: Vec<Receipt>, cut: Option<usize> },
    Void { device: u32, seq: u64, index: u16 },
    Transfer { from: u8, to: u8, value: u128, time: bool },
    Lock { device: u32, amount: u128 },
    Release { device: u32 },
    Customer,
    Status { merchant: u32, status: u8 },
    Capital { merchant: u32, area_m2: u32 },
    Device { device: u32, active: bool },
    Account { merchant: u32, to: u8 },
    Hold { merchant: u32 },
    Return { device: u32 },
    Penalise { device: u32, amount: u128 },
    Move { device: u32, to: u32 },
    Depositor { device: u32, to: u8 },
    Seize { device: u32, amount: u128 },
    Later(later::Step),
}

/// A block: epochs passed since the one before it, and what happens.
pub type Plan = Vec<(u32, Vec<Step>)>;

/// None, one of few, which come again, or one of its own.
fn reference() -> impl Strategy<Value = [u8; 16]> {
    prop_oneof![1 => Just([0; 16]), 2 => (1u8..6).prop_map(|byte| [byte; 16]), 2 => any::<[u8; 16]>()]
}

prop_compose! {
    pub fn receipt()(
        delta_seconds: u32, size in 0u8..3, amount: u64, customer in 0u32..6, outside: bool,
        rail in 0usize..8, reference in reference(),
    ) -> Receipt {
        let channel = if outside { Channel::Outside } else { Channel::InStore };
        // A few that count for nothing, some about as large as a clamp, and any.
        let amount = match size {
            0 => amount % 3,
            1 => amount % 100,
            _ => amount,
        };
        Receipt { delta_seconds, amount, customer, channel, rail: Rail::ALL[rail], reference }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let device = || 1..=DEVICES;
    let value = || prop_oneof![Just(0u128), 1..1_000u128];
    prop_oneof![
        4 => (device(), prop::collection::vec(receipt(), 1..40), prop::option::weighted(0.2, 0usize..400))
            .prop_map(|(device, receipts, cut)| Step::Batch { device, receipts, cut }),
        2 => (device(), 0u64..4, 0u16..40).prop_map(|(device, seq, index)| Step::Void { device, seq, index }),
        4 => (1..=ACCOUNTS, 1..=ACCOUNTS, value(), any::<bool>())
            .prop_map(|(from, to, value, time)| Step::Transfer { from, to, value, time }),
        2 => (device(), 1..500u128).prop_map(|(device, amount)| Step::Lock { device, amount }),
        1 => device().prop_map(|device| Step::Release { device }),
        1 => Just(Step::Customer),
        1 => (device(), 0u8..4).prop_map(|(merchant, status)| Step::Status { merchant, status }),
        1 => (device(), 0u32..100).prop_map(|(merchant, area_m2)| Step::Capital { merchant, area_m2 }),
        1 => (device(), any::<bool>()).prop_map(|(device, active)| Step::Device { device, active }),
        1 => (device(), 1..=ACCOUNTS).prop_map(|(merchant, to)| Step::Account { merchant, to }),
        1 => device().prop_map(|merchant| Step::Hold { merchant }),
        1 => device().prop_map(|device| Step::Return { device }),
        1 => (device(), 1..50u128).prop_map(|(device, amount)| Step::Penalise { device, amount }),
        1 => (device(), device()).prop_map(|(device, to)| Step::Move { device, to }),
        1 => (device(), 1..=ACCOUNTS).prop_map(|(device, to)| Step::Depositor { device, to }),
        1 => (device(), 1..50u128).prop_map(|(device, amount)| Step::Seize { device, amount }),
        20 => later(later::Kind::ALL),
        2 => later(&[later::Kind::Algorithm, later::Kind::Clamp, later::Kind::CapitalFloor]),
    ]
}

fn later(kinds: &'static [later::Kind]) -> impl Strategy<Value = Step> {
    (prop::sample::select(kinds), 0usize..8, 1u32..100, any::<bool>())
        .prop_map(|(kind, pick, amount, flag)| Step::Later(later::Step { kind, pick, amount, flag }))
}

pub fn plan(blocks: usize) -> impl Strategy<Value = Plan> {
    let gap = prop_oneof![4 => Just(0u32), 2 => Just(1), 1 => 2u32..4];
    prop::collection::vec((gap, prop::collection::vec(step(), 0..12)), 1..blocks)
}

/// A plan of exactly so many blocks.
pub fn long_plan(runner: &mut TestRunner, blocks: usize) -> Plan {
    let mut long = Plan::new();
    while long.len() < blocks {
        long.extend(plan(20).new_tree(runner).unwrap().current());
    }
    long.truncate(blocks);
    long
}

/// A chain of so many blocks after the deployment, the same each time.
pub fn long_chain(blocks: usize) -> Chain {
    chain_of(&long_plan(&mut TestRunner::deterministic(), blocks))
}

/// What the world would refuse is left out, as the contracts would.
#[derive(Default)]
pub struct World {
    next_seq: BTreeMap<u32, u64>,
    bzky: BTreeMap<AccountId, u128>,
    time: BTreeMap<AccountId, u128>,
    /// Whose deposit of how much each device has.
    locked: BTreeMap<u32, (AccountId, u128)>,
    customers: u32,
    /// What there is beside receipts.
    pub later: later::World,
}

/// Depositor of a device.
pub fn depositor(device: u32) -> AccountId {
    account(1 + (device % 2) as u8)
}

impl World {
    fn events(&mut self, epoch: u32, step: &Step) -> Vec<(AccountId, Event)> {
        match step {
            Step::Later(step) => self.later.events(epoch, step).into_iter().map(emitted).collect(),
            step => self.event(epoch, step).into_iter().collect(),
        }
    }

    fn event(&mut self, epoch: u32, step: &Step) -> Option<(AccountId, Event)> {
        let event = match step.clone() {
            Step::Batch { device, receipts, cut } => {
                let seq = self.next_seq.entry(device).or_default();
                let Event::BatchRecorded(mut recorded) = batch(device, device, *seq, &receipts) else { return None };
                *seq += 1;
                if let Some(cut) = cut {
                    recorded.payload.truncate(cut);
                }
                Event::BatchRecorded(recorded)
            }
            Step::Void { device, seq, index } => {
                if self.next_seq.get(&device).copied().unwrap_or(0) <= seq {
                    return None;
                }
                Event::ReceiptVoided(ReceiptVoided { device, merchant: device, seq, index })
            }
            Step::Transfer { from, to, value, time } => {
                let (contract, balances) = if time {
                    (network().contracts.time, &mut self.time)
                } else {
                    (network().contracts.bzky, &mut self.bzky)
                };
                let (from, to) = (account(from), account(to));
                let held = balances.get_mut(&from).filter(|held| **held >= value)?;
                *held -= value;
                *balances.entry(to).or_default() += value;
                let event = Event::Transfer(Transfer { from: Some(from), to: Some(to), value });
                return Some(from_contract(contract, event));
            }
            Step::Lock { device, amount } => {
                let (depositor, locked) = self.locked.entry(device).or_insert((depositor(device), 0));
                *locked += amount;
                Event::DepositLocked(DepositLocked { device, depositor: *depositor, amount })
            }
            Step::Release { device } => {
                let (depositor, amount) = self.locked.remove(&device)?;
                Event::DepositReleased(DepositReleased { device, depositor, amount })
            }
            Step::Return { device } => {
                self.locked.get(&device)?;
                Event::ReturnConfirmed(ReturnConfirmed { device, releasable_ms: 77 + u64::from(epoch) })
            }
            Step::Penalise { device, amount } => {
                let (depositor, locked) = self.locked.get_mut(&device)?;
                *locked = locked.checked_sub(amount)?;
                let (beneficiary, rest_to) = (account(90), account(91));
                Event::DepositPenalised(DepositPenalised {
                    device,
                    depositor: *depositor,
                    amount,
                    beneficiary,
                    beneficiary_amount: amount / 2,
                    rest_to,
                })
            }
            Step::Seize { device, amount } => {
                let (depositor, locked) = self.locked.get_mut(&device)?;
                *locked = locked.checked_sub(amount)?;
                Event::DepositSeized(DepositSeized { device, depositor: *depositor, amount, to: account(91) })
            }
            Step::Later(_) => return None,
            Step::Move { device, to } => {
                let (depositor, amount) = *self.locked.get(&device).filter(|_| device != to)?;
                let releasable_ms = self.locked.contains_key(&to).then_some(99);
                if releasable_ms.is_none() {
                    self.locked.remove(&device);
                    self.locked.insert(to, (depositor, amount));
                }
                Event::DeviceTransferred(DeviceTransferred { device, to, depositor, amount, releasable_ms })
            }
            Step::Depositor { device, to } => {
                let (depositor, amount) = self.locked.get_mut(&device)?;
                let before = std::mem::replace(depositor, account(to));
                Event::DepositorChanged(DepositorChanged { device, before, account: account(to), amount: *amount })
            }
            Step::Account { merchant, to } => {
                let index = merchant;
                let (before, account) = (account(merchant as u8), account(to));
                Event::AccountChanged(AccountChanged { side: Side::Merchant, index, before, account })
            }
            Step::Hold { merchant } => {
                let (reason, until_ms) = (Hash::from([5; 32]), u64::from(epoch));
                Event::HoldPlaced(HoldPlaced { side: Side::Merchant, index: merchant, until_ms, reason })
            }
            Step::Customer => {
                self.customers += 1;
                registered(Side::Customer, self.customers)
            }
            Step::Status { merchant, status } => {
                let status =
                    [Status::Active, Status::Demoted, Status::Restricted, Status::Removed][usize::from(status)];
                let reason = Hash::from([status as u8; 32]);
                Event::StatusChanged(StatusChanged { side: Side::Merchant, index: merchant, status, reason })
            }
            Step::Capital { merchant, area_m2 } => {
                let capital = Capital { area_m2, staff: 2, rent_per_m2_month: 3, wage_month: 4 };
                Event::CapitalAttested(CapitalAttested { merchant, capital, from_epoch: epoch + 1 })
            }
            Step::Device { device, active } => Event::DeviceStateChanged(DeviceStateChanged { device, active }),
        };
        Some(emitted(event))
    }
}

fn registered(side: Side, index: u32) -> Event {
    let account = account(if side == Side::Merchant { index as u8 } else { 100 + index as u8 });
    Event::PartyRegistered(PartyRegistered { side, index, account, commitment: Hash::from([index as u8; 32]) })
}

/// The chain of a plan: deployment and registration before genesis, then the
/// plan's blocks, with a report and rewards for each epoch that is over.
pub fn chain_of(plan: &Plan) -> Chain {
    world_of(plan).0
}

/// The chain of a plan, and the world at its end.
pub fn world_of(plan: &Plan) -> (Chain, World) {
    let mut chain = Chain::default();
    let mut world = World::default();
    let contracts = network().contracts;
    let mut first = Vec::new();
    for number in 1..=ACCOUNTS {
        let mint = |value| Event::Transfer(Transfer { from: None, to: Some(account(number)), value });
        world.bzky.insert(account(number), 1_000);
        world.time.insert(account(number), 500);
        first.push(from_contract(contracts.bzky, mint(1_000)));
        first.push(from_contract(contracts.time, mint(500)));
    }
    chain.push(GENESIS_MS - 2_000, first);
    let mut second = Vec::new();
    for device in 1..=DEVICES {
        second.push(emitted(registered(Side::Merchant, device)));
        let key = PublicKey::Sr25519([device as u8; 32]);
        second.push(emitted(Event::DeviceRegistered(DeviceRegistered { device, merchant: device, key })));
    }
    let members = vec![account(50), account(51), account(52)];
    second.push(emitted(Event::CommitteeChanged(CommitteeChanged { from_epoch: 0, members })));
    // A board, and something of everything that can be looked up by a number.
    let born = [
        later::Kind::Director,
        later::Kind::Director,
        later::Kind::Director,
        later::Kind::Propose,
        later::Kind::Vote,
        later::Kind::Agent,
        later::Kind::Task,
        later::Kind::Privilege,
        later::Kind::Offer,
    ];
    for kind in born {
        second.extend(world.events(0, &Step::Later(later::Step { kind, pick: 0, amount: 3, flag: true })));
    }
    chain.push(GENESIS_MS - 1_000, second);
    let mut epoch = 0;
    for (position, (gap, steps)) in plan.iter().enumerate() {
        let mut events = Vec::new();
        if *gap > 0 {
            events.extend(settled(&mut world.later, epoch).into_iter().map(emitted));
        }
        epoch += gap;
        events.extend(steps.iter().flat_map(|step| world.events(epoch, step)));
        let within = (position as u64 * 7).min(EPOCH_MS - 1);
        let at = GENESIS_MS + u64::from(epoch) * EPOCH_MS + within;
        chain.push(at, events);
    }
    (chain, world)
}

/// What `rewards` says of an epoch from report to payment.
fn settled(world: &mut later::World, epoch: u32) -> Vec<Event> {
    let side = SideReport { root: Hash::from([epoch as u8; 32]), count: 2, sum_v1: u128::MAX - 1, sum_v2: 9 };
    let report = Report { algorithm_version: 1, merchants: side, customers: SideReport { sum_v2: 0, ..side } };
    let payout = Payout { emission: 200, reserved: 150, paid: 0 };
    let reward = |index: u32| PaidReward { index, account: account(index as u8), amount: u128::from(index) * 10 };
    let paid = vec![
        Event::EpochFinalised(EpochFinalised { epoch, merchants: payout, customers: payout }),
        Event::RewardsPaid(RewardsPaid { side: Side::Merchant, epoch, rewards: vec![reward(1), reward(2)] }),
        Event::RewardsPaid(RewardsPaid { side: Side::Customer, epoch, rewards: vec![reward(3)] }),
        Event::RewardsPaid(RewardsPaid { side: Side::Merchant, epoch, rewards: vec![reward(4)] }),
    ];
    world.settle(epoch, report, paid)
}
