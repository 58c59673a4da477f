//! A small network as blocks of events, without a chain: what honest contracts
//! and an honest committee would emit.

use bizkey_client::{Block, ContractAddresses, ContractEvent, ContractKind};
use bizkey_oracle::{
    book::Judge,
    chain::Ledger,
    report::{EpochReport, Network},
};
use bizkey_primitives::{
    emission::{blend, emission, reserved},
    events::*,
    party::Capital,
    receipt::{encode_payload, Channel, Header, Rail, Receipt, PAYLOAD_VERSION},
    report::Payout,
    AccountId, Balance, Calendar, Hash, Side, BZKY_SUPPLY, CUSTOMER_POOL, MERCHANT_POOL, TOKEN,
};

pub const CALENDAR: Calendar = Calendar { genesis_ms: 1_000_000, epoch_ms: 1_000 };
pub const GENESIS: [u8; 32] = [9; 32];
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

/// Blocks under construction.
pub struct Town {
    pub blocks: Vec<Block>,
    ledger: Ledger,
    judge: Judge,
    pub reports: Vec<EpochReport>,
    vault: Balance,
    customer_pool: Balance,
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

    /// A batch of one merchant's device, which has the merchant's number.
    pub fn sales(&mut self, epoch: u32, merchant: u32, seq: u64, sales: &[(u32, u64)]) {
        let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms: 0 };
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
        let payload = encode_payload(&header, &receipts);
        let batch = BatchRecorded { device: merchant, merchant, seq, count: sales.len() as u16, payload };
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
        let pending = ReportPending { epoch, round: 0, report };
        self.block(now, vec![(ContractKind::Rewards, Event::ReportPending(pending))]);

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

        let pay = |side, payout: &Payout| {
            let report = &self.reports[epoch as usize];
            let paid: Vec<PaidReward> = report
                .tree(side)
                .leaves()
                .iter()
                .map(|leaf| PaidReward {
                    index: leaf.account,
                    account: if side == Side::Merchant { merchant(leaf.account) } else { customer(leaf.account) },
                    amount: report.reward(side, leaf.account, payout),
                })
                .collect();
            let mut events: Vec<(ContractKind, Event)> =
                vec![(ContractKind::Rewards, Event::RewardsPaid(RewardsPaid { side, epoch, rewards: paid.clone() }))];
            for reward in paid {
                events.push(match side {
                    Side::Merchant => bzky(Some(contracts().rewards), reward.account, reward.amount),
                    Side::Customer => {
                        let minted = Transfer { from: None, to: Some(reward.account), value: reward.amount };
                        (ContractKind::Time, Event::Transfer(minted))
                    }
                });
            }
            events
        };
        let payments = vec![pay(Side::Merchant, &merchants), pay(Side::Customer, &customers)];
        self.transactions(now, payments);
    }
}

fn hash(number: u32) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_le_bytes());
    hash
}

pub fn bzky(from: Option<AccountId>, to: AccountId, value: Balance) -> (ContractKind, Event) {
    (ContractKind::Bzky, Event::Transfer(Transfer { from, to: Some(to), value }))
}
