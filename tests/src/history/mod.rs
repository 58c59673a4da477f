//! A made-up but plausible history of a network, for tests and benchmarks that
//! need many rows of every kind: some shops and customers are a hundred times
//! as busy as others, and every event that an index keeps happens. The
//! contracts would allow all of it, as far as an index can tell. The same in
//! every run.

mod board;
mod devices;
mod draws;
mod market;
mod parties;
mod requests;
mod rewards;
mod scoring;
mod spending;
mod templates;
mod trade;

pub use draws::Draws;
pub use requests::{Request, Requests};
pub use templates::LEFT_OUT;

use bizkey_primitives::{
    calendar::Calendar,
    events::{Event, Transfer},
    hash::blake2x256,
    AccountId, Balance, Epoch, Hash, Side, TOKEN,
};
use std::collections::{HashMap, VecDeque};

/// Days from the start of 2025.
pub const CALENDAR: Calendar = Calendar { genesis_ms: 1_735_689_600_000, epoch_ms: 86_400_000 };
/// Number of the first block.
pub const FIRST_BLOCK: u32 = 3;
/// Hash of block 0.
pub const GENESIS_HASH: [u8; 32] = [7; 32];

/// Who emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Contract {
    Vault,
    Bzky,
    Time,
    Registry,
    Receipts,
    PosDeposit,
    Rewards,
    Redemption,
    Vesting,
    Foundation,
    Otc,
}

impl Contract {
    /// Where it is.
    #[must_use]
    pub fn address(self) -> AccountId {
        AccountId::from([200 + self as u8; 32])
    }
}

/// How much happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Receipts; the last batch of an epoch may add a few.
    pub receipts: u64,
    /// Shops in the end, about; half of them join before genesis.
    pub shops: u32,
    /// Customers in the end, likewise.
    pub customers: u32,
    /// Epochs that are over in the end; one more has begun then, with as many
    /// receipts as any.
    pub epochs: u32,
    /// Blocks an epoch.
    pub blocks: u32,
    /// So many times as often as usual everything happens that is no receipt, no
    /// void and no registration: a small history with many rows of the other kinds.
    pub others: u32,
}

/// A block, and who emitted what in it.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Block {
    pub number: u32,
    pub hash: [u8; 32],
    pub parent_hash: [u8; 32],
    pub timestamp_ms: u64,
    pub events: Vec<(AccountId, Event)>,
}

/// Something that happens, to one of those that it can happen to.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Batch { shop: u32, receipts: u16 },
    Trade(trade::Deed),
    Party(parties::Deed),
    Spending(spending::Deed),
    Reward(rewards::Deed),
    Board(board::Deed),
    Scoring(scoring::Deed),
    Market(market::Deed),
}

/// Tokens by account.
#[derive(Debug, Default)]
struct Balances(HashMap<AccountId, Balance>);

/// The history as it is made; an iterator over its blocks. Once it has ended it
/// knows what there is to ask for, see [`History::requests`].
#[derive(Debug)]
pub struct History {
    shape: Shape,
    draws: Draws,
    /// Of the block that is being made.
    number: u32,
    parent_hash: [u8; 32],
    now_ms: u64,
    events: Vec<(AccountId, Event)>,
    done: VecDeque<Block>,
    /// Epochs that were made.
    made: u32,
    receipts: u64,
    bzky: Balances,
    time: Balances,
    parties: parties::Parties,
    trade: trade::Trade,
    rewards: rewards::Rewards,
    spending: spending::Spending,
    board: board::Board,
    market: market::Market,
}

/// An account of a kind, by number.
fn account(kind: &str, number: u64) -> AccountId {
    AccountId::from(blake2x256(format!("account {kind} {number}").as_bytes()))
}

/// A hash of a kind, by number.
fn hash(kind: &str, number: u64) -> Hash {
    Hash::from(blake2x256(format!("hash {kind} {number}").as_bytes()))
}

/// So much for every `each`, at least one.
fn one_for(each: u64, count: u64) -> u64 {
    (count / each).max(1)
}

impl History {
    /// The history of this shape.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        let mut history = Self {
            shape,
            draws: Draws::new(1),
            number: FIRST_BLOCK,
            parent_hash: [1; 32],
            now_ms: CALENDAR.genesis_ms - 3_600_000,
            events: Vec::new(),
            done: VecDeque::new(),
            made: 0,
            receipts: 0,
            bzky: Balances::default(),
            time: Balances::default(),
            parties: parties::Parties::default(),
            trade: trade::Trade::default(),
            rewards: rewards::Rewards::default(),
            spending: spending::Spending::default(),
            board: board::Board::default(),
            market: market::Market::default(),
        };
        history.begin();
        history
    }

    /// Receipts so far.
    #[must_use]
    pub fn receipts(&self) -> u64 {
        self.receipts
    }

    /// The last block that was made.
    #[must_use]
    pub fn last_block(&self) -> u32 {
        self.number - 1
    }

    /// The epoch that is being made.
    fn epoch(&self) -> Epoch {
        self.made
    }

    /// What there is before genesis.
    fn begin(&mut self) {
        self.mint(Contract::Bzky, treasury(), bizkey_primitives::BZKY_SUPPLY);
        self.mint(Contract::Time, treasury(), 1_000_000 * TOKEN);
        self.found();
        for shop in 1..=self.shape.shops.div_ceil(2) {
            self.join(Side::Merchant);
            self.close_every(shop, 100);
        }
        for customer in 1..=self.shape.customers.div_ceil(2) {
            self.join(Side::Customer);
            self.close_every(customer, 500);
        }
        self.close_block();
    }

    /// Blocks hold no more than so many registrations.
    fn close_every(&mut self, count: u32, every: u32) {
        if count.is_multiple_of(every) {
            self.close_block();
        }
    }

    /// One day: what happens in it, spread over its blocks.
    fn make_epoch(&mut self) {
        let epoch = self.epoch();
        let mut deeds = self.deeds();
        self.draws.shuffle(&mut deeds);
        let slots = u64::from(self.shape.blocks.max(1));
        let (start_ms, count) = (CALENDAR.start_ms(epoch), deeds.len() as u64);
        let time_of = |slot: u64| start_ms + slot * (CALENDAR.epoch_ms / slots);
        self.now_ms = time_of(0);
        self.settle_epochs();
        let mut slot = 0;
        for (position, deed) in (0u64..).zip(deeds) {
            while slot < position * slots / count {
                self.close_block();
                slot += 1;
                self.now_ms = time_of(slot);
            }
            self.perform(deed);
        }
        self.close_block();
        self.made += 1;
    }

    fn deeds(&mut self) -> Vec<Deed> {
        let (receipts, shops) = (self.shape.receipts / u64::from(self.shape.epochs + 1), u64::from(self.shape.shops));
        let mut deeds = Vec::new();
        let mut left = receipts;
        while left > 0 {
            let (shop, receipts) = self.draw_batch();
            deeds.push(Deed::Batch { shop, receipts });
            left = left.saturating_sub(u64::from(receipts));
        }
        let mut add = |count: u64, deed: Deed| deeds.extend((0..count).map(|_| deed));
        add(one_for(200, receipts), Deed::Trade(trade::Deed::Void));
        let joining = |count: u32| u64::from(count / 2 / self.shape.epochs.max(1));
        add(joining(self.shape.shops), Deed::Party(parties::Deed::Join(Side::Merchant)));
        add(joining(self.shape.customers), Deed::Party(parties::Deed::Join(Side::Customer)));
        let others = u64::from(self.shape.others);
        let mut add = |count: u64, deed: Deed| add(count * others, deed);
        trade::Deed::counts(receipts).into_iter().for_each(|(count, deed)| add(count, Deed::Trade(deed)));
        parties::Deed::counts(shops).into_iter().for_each(|(count, deed)| add(count, Deed::Party(deed)));
        spending::Deed::counts(receipts, shops).into_iter().for_each(|(count, deed)| add(count, Deed::Spending(deed)));
        rewards::Deed::counts(shops).into_iter().for_each(|(count, deed)| add(count, Deed::Reward(deed)));
        board::Deed::COUNTS.iter().for_each(|(count, deed)| add(*count, Deed::Board(*deed)));
        scoring::Deed::COUNTS.iter().for_each(|(count, deed)| add(*count, Deed::Scoring(*deed)));
        market::Deed::counts(receipts, shops).into_iter().for_each(|(count, deed)| add(count, Deed::Market(deed)));
        deeds
    }

    /// What can happen to nobody does not happen.
    fn perform(&mut self, deed: Deed) {
        let _ = match deed {
            Deed::Batch { shop, receipts } => self.record(shop, receipts),
            Deed::Trade(deed) => self.perform_trade(deed),
            Deed::Party(deed) => self.perform_party(deed),
            Deed::Spending(deed) => self.perform_spending(deed),
            Deed::Reward(deed) => self.perform_reward(deed),
            Deed::Board(deed) => self.perform_board(deed),
            Deed::Scoring(deed) => self.perform_scoring(deed),
            Deed::Market(deed) => self.perform_market(deed),
        };
    }

    fn emit(&mut self, contract: Contract, event: Event) {
        self.events.push((contract.address(), event));
    }

    fn mint(&mut self, token: Contract, to: AccountId, value: Balance) {
        *self.balances(token).0.entry(to).or_default() += value;
        self.emit(token, Event::Transfer(Transfer { from: None, to: Some(to), value }));
    }

    /// Moves tokens; not more than there are.
    fn pay(&mut self, token: Contract, from: AccountId, to: AccountId, value: Balance) -> Option<()> {
        let balances = self.balances(token);
        let held = balances.0.get_mut(&from).filter(|held| **held >= value)?;
        *held -= value;
        *balances.0.entry(to).or_default() += value;
        self.emit(token, Event::Transfer(Transfer { from: Some(from), to: Some(to), value }));
        Some(())
    }

    fn balances(&mut self, token: Contract) -> &mut Balances {
        if token == Contract::Time {
            &mut self.time
        } else {
            &mut self.bzky
        }
    }

    fn close_block(&mut self) {
        let number = self.number;
        let hash = blake2x256(format!("block {number}").as_bytes());
        let parent_hash = std::mem::replace(&mut self.parent_hash, hash);
        let events = std::mem::take(&mut self.events);
        self.done.push_back(Block { number, hash, parent_hash, timestamp_ms: self.now_ms, events });
        self.number += 1;
    }
}

/// Who has what nobody else has.
fn treasury() -> AccountId {
    account("treasury", 0)
}

impl Iterator for History {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        while self.done.is_empty() && self.made <= self.shape.epochs {
            self.make_epoch();
        }
        self.done.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SMALL: Shape = Shape { receipts: 60_000, shops: 200, customers: 2_000, epochs: 24, blocks: 100, others: 1 };

    #[test]
    fn blocks_follow_each_other_and_every_kind_of_event_happens() {
        let mut history = History::new(SMALL);
        let (mut kinds, mut receipts, mut last) = (BTreeSet::new(), 0, None::<Block>);
        for block in &mut history {
            if let Some(last) = &last {
                assert_eq!((block.number, block.parent_hash), (last.number + 1, last.hash));
                assert!(block.timestamp_ms >= last.timestamp_ms);
            }
            for (_, event) in &block.events {
                kinds.insert(event.name());
                if let Event::BatchRecorded(batch) = event {
                    receipts += u64::from(batch.count);
                }
            }
            last = Some(block);
        }
        let last = last.unwrap();
        assert_eq!(history.receipts(), receipts);
        assert_eq!(history.last_block(), last.number);
        assert!((60_000 - 25..63_000).contains(&receipts), "{receipts}");
        assert_eq!(CALENDAR.epoch_at(last.timestamp_ms), Some(SMALL.epochs));
        // As many as the index has rows for (its `Writer::emitter`), and transfers.
        assert_eq!(kinds.len(), 81, "{kinds:?}");
    }
}
