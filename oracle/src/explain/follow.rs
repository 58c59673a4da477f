//! Following a network's blocks up to what has to be explained.

use super::{
    grade::GradeTrail,
    model::{BuyerLine, PaymentLine},
    tally::Rules,
    trail::{Focus, Trail, TrailEpoch},
};
use crate::{
    book::Judge,
    chain::{EpochCounts, Ledger, LedgerError},
    report::{EpochReport, Network, ReportError},
    scoring::WeightBinding,
    source::EpochFacts,
};
use bizkey_client::{ss58, Block, ContractAddresses, ContractEvent, ContractKind};
use bizkey_primitives::{
    bizpower::SHARE_EPOCHS,
    calendar::stamp,
    events::{BatchRecorded, Event},
    party::Capital,
    receipt::decode_payload,
    report::{EpochState, Payout, Report},
    AccountId, Balance, Calendar, DeviceId, Epoch, Side, Status, CUSTOMER_POOL,
};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Why blocks cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// The blocks make no sense together.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An epoch cannot be judged.
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// One party at the epoch's close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its account.
    pub account: AccountId,
    /// Its status.
    pub status: Status,
}

/// The epoch as it closed.
#[derive(Clone, Debug)]
pub struct Closed {
    /// Scores and trees, by the reading of the weights that was asked for.
    pub report: EpochReport,
    /// What the committee has to report: it reads the weights in one way.
    pub expected: Report,
    /// Whose share each weight is.
    pub binding: WeightBinding,
    /// The party's receipts.
    pub trail: TrailEpoch,
    /// The shop's figures.
    pub capital: Option<Capital>,
    /// How its receipts are added up.
    pub rules: Rules,
    /// Its capital at least, minor units a month.
    pub capital_floor: u128,
    /// The shop.
    pub merchant: Option<Party>,
    /// The customer.
    pub customer: Option<Party>,
    /// The shop's lowest free balance and lowest own deposit.
    pub lows: (Balance, Balance),
    /// The shop's buyers of the last 30 epochs that had any, this one included.
    pub buyers: Vec<BuyerLine>,
    /// The shop's grade.
    pub grades: GradeTrail,
    /// What `receipts` counted.
    pub counts: EpochCounts,
    /// The block of each batch of the epoch.
    pub blocks: HashMap<(DeviceId, u64), u32>,
    /// Receipts announced by the shop's batches that do not decode.
    pub unreadable: u64,
}

/// What there was to reserve from when the epoch was settled, or is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pools {
    /// Bzky in the vault.
    pub merchants: Balance,
    /// Time that no epoch has reserved.
    pub customers: Balance,
    /// Registered customers.
    pub registered: u32,
}

/// Reads blocks until the epoch is closed, and what the chain did with it
/// since. Give it every block from deployment on, in order.
pub struct Follower {
    contracts: ContractAddresses,
    network: Network,
    binding: WeightBinding,
    epoch: Epoch,
    focus: Focus,
    ledger: Ledger,
    judge: Judge,
    trail: Trail,
    buyers: VecDeque<BuyerLine>,
    grades: GradeTrail,
    blocks: HashMap<(DeviceId, u64), u32>,
    unreadable: u64,
    closed: Option<Closed>,
    /// Time that each settled epoch has reserved.
    reserved: BTreeMap<Epoch, Balance>,
    settled: Option<Pools>,
    state: EpochState,
    committee: Option<(Report, u32)>,
    payouts: Option<(Payout, Payout)>,
    payments: Vec<(Side, PaymentLine)>,
    head: u32,
}

impl Follower {
    /// A follower before a network's first block. `genesis` is the chain's hash.
    #[must_use]
    pub fn new(
        genesis: [u8; 32],
        contracts: ContractAddresses,
        calendar: Calendar,
        epoch: Epoch,
        focus: Focus,
    ) -> Self {
        let network = Network { genesis: genesis.into(), rewards: contracts.rewards };
        Self {
            contracts,
            network,
            binding: WeightBinding::default(),
            epoch,
            focus,
            ledger: Ledger::new(calendar),
            judge: Judge::new(network),
            trail: Trail::new(focus),
            buyers: VecDeque::new(),
            grades: GradeTrail::new(focus.merchant),
            blocks: HashMap::new(),
            unreadable: 0,
            closed: None,
            reserved: BTreeMap::new(),
            settled: None,
            state: EpochState::Open,
            committee: None,
            payouts: None,
            payments: Vec::new(),
            head: 0,
        }
    }

    /// Explains the epoch by another reading of the paper's weights. What the
    /// chain did with it, and the grade, stay those of the network.
    #[must_use]
    pub fn with_weights(self, binding: WeightBinding) -> Self {
        Self { binding, ..self }
    }

    /// Follows one block.
    ///
    /// # Errors
    /// [`FollowError`]; the follower is of no use then.
    pub fn follow(&mut self, block: &Block) -> Result<(), FollowError> {
        self.head = block.number;
        for facts in self.ledger.enter(block)? {
            if facts.input.epoch <= self.epoch {
                self.close(facts)?;
            }
        }
        for event in &block.events {
            // Before it is booked: a settlement is paid out of what was there.
            self.note(event, block.number);
            self.ledger.apply(event)?;
        }
        Ok(())
    }

    fn close(&mut self, facts: EpochFacts) -> Result<(), ReportError> {
        let epoch = facts.input.epoch;
        let trail = self.trail.follow(&facts.input);
        let party = |side: Side, index: Option<u32>, status: Status| {
            index.and_then(|index| self.ledger.account(side, index)).map(|account| Party { account, status })
        };
        let Focus { merchant, customer } = self.focus;
        let merchant_status = merchant.map_or_else(Status::default, |index| facts.input.merchants.status(index));
        let customer_status = customer.map_or_else(Status::default, |index| facts.input.customers.status(index));
        let (shop, buyer) =
            (party(Side::Merchant, merchant, merchant_status), party(Side::Customer, customer, customer_status));
        let capital = merchant.and_then(|index| facts.input.capital.get(&index).copied());
        let clamp = merchant.and_then(|index| facts.input.clamp(index));
        let rules = Rules { algorithm: facts.input.algorithm, clamp };
        let capital_floor = merchant.map_or(0, |index| facts.input.capital_floor(index));
        let is_read_otherwise = epoch == self.epoch && self.binding != WeightBinding::default();
        let holdings = is_read_otherwise.then(|| facts.holdings.clone());
        let report = self.judge.judge(facts)?;
        self.add_buyers(&report);
        self.grades.follow(&report.scores);
        if epoch == self.epoch {
            let low = |account: &AccountId| {
                let at = stamp(epoch);
                (self.ledger.bzky().low(account, at).1, self.ledger.deposits().low(account, at).1)
            };
            let expected = report.report();
            let report = match holdings {
                None => report,
                Some(holdings) => EpochReport::build(&self.network, report.scores.bound(self.binding)?, holdings)?,
            };
            self.closed = Some(Closed {
                report,
                expected,
                binding: self.binding,
                trail,
                capital,
                rules,
                capital_floor,
                merchant: shop,
                customer: buyer,
                lows: shop.map_or((0, 0), |shop| low(&shop.account)),
                buyers: self.buyers.iter().copied().collect(),
                grades: self.grades.clone(),
                counts: self.ledger.counts(epoch),
                blocks: std::mem::take(&mut self.blocks),
                unreadable: self.unreadable,
            });
        }
        Ok(())
    }

    /// The engine's own counts of the shop, for the sums over 30 epochs.
    fn add_buyers(&mut self, report: &EpochReport) {
        let epoch = report.epoch();
        let row = report.scores.merchants.iter().find(|row| Some(row.merchant) == self.focus.merchant);
        if let Some(row) = row {
            let buyers = row.counts.buyers();
            let line = BuyerLine { epoch, first: buyers.first, repeat: buyers.repeat, outside: buyers.outside };
            self.buyers.push_back(line);
        }
        while self.buyers.front().is_some_and(|line| epoch.saturating_sub(line.epoch) >= SHARE_EPOCHS) {
            self.buyers.pop_front();
        }
    }

    fn note(&mut self, event: &ContractEvent, block: u32) {
        match (event.kind, &event.event) {
            (ContractKind::Receipts, Event::BatchRecorded(batch)) => self.batch(batch, block),
            (ContractKind::Rewards, event) => self.rewards(event, block),
            _ => {}
        }
    }

    fn batch(&mut self, batch: &BatchRecorded, block: u32) {
        if self.closed.is_some() || self.ledger.open_epoch() != self.epoch {
            return;
        }
        self.blocks.insert((batch.device, batch.seq), block);
        if Some(batch.merchant) == self.focus.merchant {
            let lost = decode_payload(batch.count, &batch.payload).map_or(batch.count, |payload| payload.undecodable);
            self.unreadable = self.unreadable.saturating_add(lost.into());
        }
    }

    fn rewards(&mut self, event: &Event, block: u32) {
        match event {
            Event::EpochFinalised(done) => {
                self.settle(done.epoch, done.merchants, done.customers, Some(EpochState::Final));
            }
            Event::EpochReserved(done) => self.settle(done.epoch, done.merchants, done.customers, None),
            Event::ClaimsExpired(over) => {
                let reserved = self.reserved.entry(over.epoch).or_default();
                *reserved = reserved.saturating_sub(over.customers);
                if over.epoch == self.epoch {
                    self.pay(Side::Merchant, block, "claims ended; the rest went back", over.merchants, None);
                    self.pay(Side::Customer, block, "claims ended; the rest went back", over.customers, None);
                }
            }
            Event::EpochVoided(void) => {
                self.reserved.remove(&void.epoch);
                if void.epoch == self.epoch {
                    self.state = EpochState::Void;
                }
            }
            Event::ReportPending(pending) if pending.epoch == self.epoch => {
                self.state = EpochState::Pending;
                self.committee = Some((pending.report, block));
            }
            Event::ReportDisputed(disputed) if disputed.epoch == self.epoch => self.state = EpochState::Disputed,
            Event::DisputeDecided(decided) if decided.epoch == self.epoch && !decided.upheld => {
                self.state = EpochState::Pending;
            }
            Event::ReportStruck(struck) if struck.epoch == self.epoch => {
                self.state = if struck.round == 0 { EpochState::Open } else { EpochState::Void };
                self.committee = None;
            }
            Event::RewardsPaid(paid) if paid.epoch == self.epoch => {
                let ours = self.index(paid.side);
                for reward in paid.rewards.iter().filter(|reward| Some(reward.index) == ours) {
                    self.pay(paid.side, block, "paid", reward.amount, Some(reward.account));
                }
            }
            Event::RewardDeferred(deferred)
                if deferred.epoch == self.epoch && Some(deferred.index) == self.focus.merchant =>
            {
                self.pay(Side::Merchant, block, "deferred", deferred.amount, None);
            }
            Event::DeferredRewardPaid(paid) if paid.epoch == self.epoch && Some(paid.index) == self.focus.merchant => {
                self.pay(Side::Merchant, block, "deferred part paid", paid.amount, Some(paid.account));
            }
            Event::DebtPaid(debt) if debt.epoch == Some(self.epoch) && Some(debt.index) == self.index(debt.side) => {
                self.pay(debt.side, block, "withheld for a debt", debt.amount, None);
            }
            _ => {}
        }
    }

    fn index(&self, side: Side) -> Option<u32> {
        match side {
            Side::Merchant => self.focus.merchant,
            Side::Customer => self.focus.customer,
        }
    }

    fn pay(&mut self, side: Side, block: u32, what: &str, amount: Balance, account: Option<AccountId>) {
        let account = account.map(|account| ss58(&account));
        self.payments.push((side, PaymentLine { block, what: what.to_owned(), amount, account }));
    }

    fn settle(&mut self, epoch: Epoch, merchants: Payout, customers: Payout, state: Option<EpochState>) {
        if epoch == self.epoch {
            // What is left counts when the epoch's turn comes, which may be before it is final.
            self.settled.get_or_insert(Self::pools_of(&self.ledger, &self.contracts, &self.reserved));
            self.payouts = Some((merchants, customers));
            self.state = state.unwrap_or(self.state);
        }
        self.reserved.insert(epoch, customers.reserved);
    }

    fn pools_of(ledger: &Ledger, contracts: &ContractAddresses, reserved: &BTreeMap<Epoch, Balance>) -> Pools {
        // Parts of a supply.
        let taken = reserved.values().fold(0, |sum: Balance, part| sum.saturating_add(*part));
        Pools {
            merchants: ledger.bzky().balance(&contracts.vault),
            customers: CUSTOMER_POOL.saturating_sub(taken),
            registered: ledger.registered(Side::Customer),
        }
    }

    /// The epoch that is explained.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Whose epoch it is.
    #[must_use]
    pub fn focus(&self) -> Focus {
        self.focus
    }

    /// The epoch as it closed; `None` before.
    #[must_use]
    pub fn closed(&self) -> Option<&Closed> {
        self.closed.as_ref()
    }

    /// The first epoch that is not closed.
    #[must_use]
    pub fn open_epoch(&self) -> Epoch {
        self.ledger.open_epoch()
    }

    /// What there was to reserve from at its settlement; now, before that.
    #[must_use]
    pub fn pools(&self) -> Pools {
        self.settled.unwrap_or_else(|| Self::pools_of(&self.ledger, &self.contracts, &self.reserved))
    }

    /// Where the epoch stands.
    #[must_use]
    pub fn state(&self) -> EpochState {
        self.state
    }

    /// The committee's report and the block of its majority.
    #[must_use]
    pub fn committee(&self) -> Option<(Report, u32)> {
        self.committee
    }

    /// What the chain pays for one side, once it has settled it.
    #[must_use]
    pub fn payout(&self, side: Side) -> Option<Payout> {
        self.payouts.map(|(merchants, customers)| if side == Side::Merchant { merchants } else { customers })
    }

    /// What the chain did with the party's reward.
    #[must_use]
    pub fn payments(&self, side: Side) -> Vec<PaymentLine> {
        self.payments.iter().filter(|(of, _)| *of == side).map(|(_, line)| line.clone()).collect()
    }

    /// The last block followed.
    #[must_use]
    pub fn head(&self) -> u32 {
        self.head
    }
}
