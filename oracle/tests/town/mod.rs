//! A small network as blocks of events, without a chain: what honest contracts
//! and an honest committee would emit.
#![allow(dead_code)] // each test takes the part that it needs

use bizkey_client::{Block, ContractAddresses, ContractEvent, ContractKind};
use bizkey_oracle::{
    book::Judge,
    chain::Ledger,
    report::{EpochReport, Network},
};
use bizkey_primitives::{
    emission::{blend, emission, reserved},
    events::*,
    membership::{Business, Clamp},
    party::Capital,
    receipt::{encode_payload, Channel, Header, Rail, Receipt, PAYLOAD_VERSION},
    report::{Payout, BIZPOWER_2},
    AccountId, Balance, Calendar, Epoch, Hash, Side, BZKY_SUPPLY, CUSTOMER_POOL, MERCHANT_POOL, TOKEN,
};
use std::collections::BTreeMap;

pub const CALENDAR: Calendar = Calendar { genesis_ms: 1_000_000, epoch_ms: 1_000 };
pub const GENESIS: [u8; 32] = [9; 32];
/// The challenge window, milliseconds: one block.
pub const WINDOW: u64 = 0;
const TREASURY: [u8; 32] = [50; 32];

pub fn contracts() -> ContractAddresses {
    let account = |n: u8| AccountId::from([n; 32]);
    ContractAddresses {
        vault: account(101),
        bzky: account(102),
        time: account(103),
        registry: account(104),
        receipts: account(105),
        pos_deposit: account(106),
        rewards: account(107),
        vesting: account(240),
        redemption: account(241),
        otc: account(242),
        foundation: account(243),
    }
}

pub fn merchant(index: u32) -> AccountId {
    AccountId::from([index as u8; 32])
}

pub fn customer(index: u32) -> AccountId {
    AccountId::from([index as u8 + 20; 32])
}

/// The committee's members.
pub fn member(number: u8) -> AccountId {
    AccountId::from([number + 60; 32])
}

/// Blocks under construction.
pub struct Town {
    pub blocks: Vec<Block>,
    ledger: Ledger,
    judge: Judge,
    pub reports: Vec<EpochReport>,
    vault: Balance,
    customer_pool: Balance,
    debts: BTreeMap<(Side, u32), Balance>,
    /// Merchants' rewards that wait.
    deferred: BTreeMap<(Epoch, u32), Balance>,
}

impl Town {
    /// `merchants` shops with capital and 1,000 Bzky each, and `customers`
    /// customers, all set up before genesis.
    pub fn new(merchants: u32, customers: u32) -> Self {
        let network = Network { genesis: GENESIS.into(), rewards: contracts().rewards };
        let mut town = Self {
            blocks: vec![],
            ledger: Ledger::new(CALENDAR),
            judge: Judge::new(network),
            reports: vec![],
            vault: MERCHANT_POOL,
            customer_pool: CUSTOMER_POOL,
            debts: BTreeMap::new(),
            deferred: BTreeMap::new(),
        };
        let treasury = AccountId::from(TREASURY);
        let mut events =
            vec![bzky(None, contracts().vault, MERCHANT_POOL), bzky(None, treasury, BZKY_SUPPLY - MERCHANT_POOL)];
        let joined = |side, index, account| {
            Event::PartyRegistered(PartyRegistered { side, index, account, commitment: Hash::default() })
        };
        for index in 1..=merchants {
            events.push((ContractKind::Registry, joined(Side::Merchant, index, merchant(index))));
            events.push(bzky(Some(treasury), merchant(index), 1_000 * TOKEN));
            let capital = Capital { area_m2: index, staff: 1, rent_per_m2_month: 100, wage_month: 1_000 };
            let attested = CapitalAttested { merchant: index, capital, from_epoch: 0 };
            events.push((ContractKind::Registry, Event::CapitalAttested(attested)));
        }
        for index in 1..=customers {
            events.push((ContractKind::Registry, joined(Side::Customer, index, customer(index))));
        }
        let committee = CommitteeChanged { from_epoch: 0, members: (1..=3).map(member).collect() };
        events.push((ContractKind::Rewards, Event::CommitteeChanged(committee)));
        town.block(CALENDAR.genesis_ms - 1, events);
        town
    }

    /// A block, each event in a transaction of its own.
    pub fn block(&mut self, timestamp_ms: u64, events: Vec<(ContractKind, Event)>) {
        self.transactions(timestamp_ms, events.into_iter().map(|event| vec![event]).collect());
    }

    pub fn transactions(&mut self, timestamp_ms: u64, transactions: Vec<Vec<(ContractKind, Event)>>) {
        let number = self.blocks.len() as u32;
        let events = (0u32..)
            .zip(transactions)
            .flat_map(|(extrinsic, events)| events.into_iter().map(move |(kind, event)| (extrinsic, kind, event)));
        let events = (0u32..).zip(events).map(|(index, (extrinsic, kind, event))| ContractEvent {
            index,
            extrinsic: Some(extrinsic),
            contract: *contracts().get(kind),
            kind,
            event,
        });
        let block = Block {
            number,
            hash: hash(number),
            parent_hash: hash(number.wrapping_sub(1)),
            timestamp_ms,
            events: events.collect(),
        };
        for facts in self.ledger.enter(&block).expect("blocks in order") {
            self.reports.push(self.judge.judge(facts).expect("an epoch that can be judged"));
        }
        for event in &block.events {
            self.ledger.apply(event).expect("events that make sense");
        }
        self.blocks.push(block);
    }

    /// Events of one contract in a block at an epoch's start.
    pub fn set(&mut self, epoch: u32, kind: ContractKind, events: Vec<Event>) {
        self.block(CALENDAR.start_ms(epoch), events.into_iter().map(|event| (kind, event)).collect());
    }

    /// A party owes more.
    pub fn owe(&mut self, epoch: u32, side: Side, index: u32, amount: Balance) {
        *self.debts.entry((side, index)).or_default() += amount;
        let booked = DebtBooked { side, index, amount, reason: Hash::default() };
        self.set(epoch, ContractKind::Rewards, vec![Event::DebtBooked(booked)]);
    }

    /// A batch of one merchant's device, which has the merchant's number.
    pub fn sales(&mut self, epoch: u32, merchant: u32, seq: u64, sales: &[(u32, u64)]) {
        let receipts: Vec<Receipt> = (0u8..)
            .zip(sales)
            .map(|(position, (customer, amount))| Receipt {
                delta_seconds: 0,
                amount: *amount,
                customer: *customer,
                channel: Channel::InStore,
                rail: Rail::Cash,
                reference: [merchant as u8, seq as u8, position, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
            })
            .collect();
        self.batch(epoch, merchant, seq, &receipts);
    }

    /// Likewise, of any receipts.
    pub fn batch(&mut self, epoch: u32, merchant: u32, seq: u64, receipts: &[Receipt]) {
        let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms: 0 };
        let payload = encode_payload(&header, receipts);
        let batch = BatchRecorded { device: merchant, merchant, seq, count: receipts.len() as u16, payload };
        self.block(CALENDAR.start_ms(epoch), vec![(ContractKind::Receipts, Event::BatchRecorded(batch))]);
    }

    pub fn void(&mut self, epoch: u32, merchant: u32, seq: u64, index: u16) {
        let void = ReceiptVoided { device: merchant, merchant, seq, index };
        self.block(CALENDAR.start_ms(epoch), vec![(ContractKind::Receipts, Event::ReceiptVoided(void))]);
    }

    /// Reports, finalises and pays a closed epoch, in a block of the next.
    pub fn settle(&mut self, epoch: u32) {
        let now = CALENDAR.end_ms(epoch);
        self.block(now, vec![]);
        let report = self.reports[epoch as usize].report();
        let mut reported: Vec<_> = (1..=2)
            .map(|number| {
                let submitted = ReportSubmitted { epoch, round: 0, member: member(number), report };
                (ContractKind::Rewards, Event::ReportSubmitted(submitted))
            })
            .collect();
        reported.push((ContractKind::Rewards, Event::ReportPending(ReportPending { epoch, round: 0, report })));
        self.block(now, reported);

        let counts = self.ledger.counts(epoch);
        let payout = |side, participants, pool| {
            let totals = report.side(side);
            let emission = emission(side, participants, pool);
            Payout { emission, reserved: reserved(emission, blend(side, epoch), totals.sum_v1, totals.sum_v2), paid: 0 }
        };
        let merchants = payout(Side::Merchant, report.merchants.count.min(counts.merchants_seen), self.vault);
        let customers = payout(Side::Customer, report.customers.count, self.customer_pool);
        self.vault -= merchants.reserved;
        self.customer_pool -= customers.reserved;
        let mut settled =
            vec![(ContractKind::Rewards, Event::EpochFinalised(EpochFinalised { epoch, merchants, customers }))];
        if merchants.reserved > 0 {
            let released = PoolReleased { epoch, amount: merchants.reserved };
            settled.push((ContractKind::Vault, Event::PoolReleased(released)));
            settled.push(bzky(Some(contracts().vault), contracts().rewards, merchants.reserved));
        }
        self.transactions(now, vec![settled]);

        let payments = vec![self.push(Side::Merchant, epoch, &merchants), self.push(Side::Customer, epoch, &customers)];
        self.transactions(now, payments);
    }

    /// Pays all leaves of a side, as a push does: debts first, and under
    /// bizpower-2 a merchant's reward waits.
    fn push(&mut self, side: Side, epoch: u32, payout: &Payout) -> Vec<(ContractKind, Event)> {
        let report = &self.reports[epoch as usize];
        let waits = side == Side::Merchant && report.report().algorithm_version >= BIZPOWER_2;
        let leaves = report.tree(side).leaves().iter();
        let due: Vec<(u32, Balance)> =
            leaves.map(|leaf| (leaf.account, report.reward(side, leaf.account, payout))).collect();
        let (mut events, mut paid) = (vec![], vec![]);
        for (index, due) in due {
            let mut amount = due - self.withhold(&mut events, side, epoch, index, due);
            if waits && amount > 0 {
                let deferred = RewardDeferred { epoch, index, amount };
                events.push((ContractKind::Rewards, Event::RewardDeferred(deferred)));
                self.deferred.insert((epoch, index), amount);
                amount = 0;
            }
            let account = if side == Side::Merchant { merchant(index) } else { customer(index) };
            paid.push(PaidReward { index, account, amount });
        }
        let rewards = RewardsPaid { side, epoch, rewards: paid.clone() };
        events.push((ContractKind::Rewards, Event::RewardsPaid(rewards)));
        for reward in paid.into_iter().filter(|reward| reward.amount > 0) {
            events.push(match side {
                Side::Merchant => bzky(Some(contracts().rewards), reward.account, reward.amount),
                Side::Customer => {
                    let minted = Transfer { from: None, to: Some(reward.account), value: reward.amount };
                    (ContractKind::Time, Event::Transfer(minted))
                }
            });
        }
        events
    }

    /// Takes a debt out of a reward; returns how much.
    fn withhold(
        &mut self,
        events: &mut Vec<(ContractKind, Event)>,
        side: Side,
        epoch: u32,
        index: u32,
        due: Balance,
    ) -> Balance {
        let debt = self.debts.entry((side, index)).or_default();
        let amount = due.min(*debt);
        *debt -= amount;
        if amount > 0 {
            let paid = DebtPaid { side, index, amount, epoch: Some(epoch) };
            events.push((ContractKind::Rewards, Event::DebtPaid(paid)));
        }
        amount
    }

    /// Pays up to `most` of a reward that waits, in a block of epoch `now`.
    pub fn pay_deferred(&mut self, now: u32, epoch: u32, index: u32, most: Balance) {
        let deferred = self.deferred.remove(&(epoch, index)).expect("a reward that waits");
        let mut events = vec![];
        let due = deferred - self.withhold(&mut events, Side::Merchant, epoch, index, deferred);
        let amount = due.min(most);
        if due > amount {
            self.deferred.insert((epoch, index), due - amount);
        }
        let paid = DeferredRewardPaid { epoch, index, account: merchant(index), amount };
        events.push((ContractKind::Rewards, Event::DeferredRewardPaid(paid)));
        if amount > 0 {
            events.push(bzky(Some(contracts().rewards), merchant(index), amount));
        }
        self.transactions(CALENDAR.start_ms(now), vec![events]);
    }

    /// What of a merchant's reward waits.
    pub fn waiting(&self, epoch: u32, index: u32) -> Balance {
        self.deferred.get(&(epoch, index)).copied().unwrap_or(0)
    }
}

/// The first shop's, by which the parameters apply to it.
const BUSINESS: Business = Business { trade: 7, region: 2 };

/// Four epochs, the last two by version 2: parameters, rewards that wait, a
/// merchant and a customer who owe something.
pub fn switched() -> Town {
    let mut town = Town::new(2, 4);
    let attested = BusinessAttested { merchant: 1, business: BUSINESS, from_epoch: 1 };
    let clamp = ClampSet { trade: 7, clamp: Clamp { lo: 200, hi: 600 }, from_epoch: 2 };
    let floor = CapitalFloorSet { business: BUSINESS, floor: 1_300, from_epoch: 2 };
    let cap = |cap, from_epoch| Event::CashCapSet(CashCapSet { cap, from_epoch });
    let set = vec![
        Event::BusinessAttested(attested),
        Event::ClampSet(clamp),
        Event::CapitalFloorSet(floor),
        cap(5, 2),
        cap(450, 2),
    ];
    town.set(0, ContractKind::Registry, set);
    let algorithm = AlgorithmSet { from_epoch: 2, version: 2 };
    town.set(0, ContractKind::Rewards, vec![Event::AlgorithmSet(algorithm)]);
    town.sales(0, 1, 0, &[(1, 500), (2, 700), (0, 100)]);
    town.settle(0);
    town.sales(1, 1, 1, &[(1, 300), (4, 50)]);
    town.owe(1, Side::Customer, 1, TOKEN);
    town.settle(1);
    town.sales(2, 1, 2, &[(1, 900), (2, 100), (2, 50), (3, 300), (0, 100)]);
    town.sales(2, 2, 0, &[(1, 100), (4, 700)]);
    town.void(2, 1, 1, 1);
    town.settle(2);
    town.owe(3, Side::Merchant, 1, 3 * TOKEN);
    town.pay_deferred(3, 2, 1, 10 * TOKEN);
    town.pay_deferred(3, 2, 2, u128::MAX);
    town.pay_deferred(3, 2, 1, u128::MAX);
    town.sales(3, 1, 3, &[(1, 400)]);
    town.owe(3, Side::Merchant, 1, 5 * TOKEN);
    town.settle(3);
    town
}

fn hash(number: u32) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_le_bytes());
    hash
}

pub fn bzky(from: Option<AccountId>, to: AccountId, value: Balance) -> (ContractKind, Event) {
    (ContractKind::Bzky, Event::Transfer(Transfer { from, to: Some(to), value }))
}
