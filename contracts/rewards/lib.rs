//! Epoch reports, finality and claims (whitepaper 3.4; architecture.md,
//! Rewards, exactly).
//!
//! A committee reports each closed epoch as the roots of two Merkle-sum trees.
//! Once more than half agree and the challenge window has passed, the epoch is
//! finalised in its turn, its rewards are reserved, and every leaf can be
//! claimed once.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod bitmap;
mod claims;
mod settlement;
mod suite;
mod votes;

#[ink::contract]
mod rewards {
    use crate::{
        bitmap,
        claims::Terms,
        settlement::{self, Moment},
        suite,
        votes::{self, Committee},
    };
    use bizkey_primitives::{
        calendar::Calendar,
        emission,
        errors::rewards::Error,
        events::{
            CommitteeChanged, EpochFinalised, EpochVoided, PaidReward, ReportPending, ReportSubmitted, RewardsPaid,
        },
        hash::blake2x256,
        party::{Contracts, HoldingIndex, PushedLeaf},
        report::{self, EpochRecord, EpochState, Payout, Report},
        tree::{self, Domain, Leaf, ProofStep, SUBTREE_LEAVES},
        Epoch, Side,
    };
    use ink::{prelude::vec, prelude::vec::Vec, storage::Lazy, storage::Mapping};

    /// A member's report: epoch, round, who.
    type VoteKey = (Epoch, u8, AccountId);
    /// What a report is counted under: epoch, round, its hash.
    type TallyKey = (Epoch, u8, Hash);
    /// 128 leaves of a tree: side, epoch, number of the word.
    type WordKey = (Side, Epoch, u32);

    /// Result of a message.
    pub type Result<T> = core::result::Result<T, Error>;

    /// Reports, finality and claims.
    ///
    /// The first five fields never change, so that a message can leave the
    /// root record unwritten; everything that changes lies outside it.
    #[ink(storage)]
    pub struct Rewards {
        genesis: Hash,
        calendar: Calendar,
        contracts: Contracts,
        /// Challenge window, milliseconds.
        window_ms: u64,
        /// First epoch whose turn to be settled has not come.
        next_epoch: Lazy<Epoch>,
        committee_versions: Lazy<u32>,
        committees: Mapping<u32, Committee>,
        epochs: Mapping<Epoch, EpochRecord>,
        /// Hash of each member's report.
        votes: Mapping<VoteKey, Hash>,
        /// Members behind each report.
        tallies: Mapping<TallyKey, u32>,
        /// Claimed leaves, lowest bit first.
        claimed: Mapping<WordKey, u128>,
        /// Time reserved for customers so far, of their pool.
        customer_reserved: Lazy<Balance>,
    }

    impl Rewards {
        /// Starts with `committee` for every epoch from 0 on. `window_ms` is
        /// the challenge window; a window of 0 still lasts one block.
        ///
        /// # Errors
        /// [`Error::BadCalendar`] when `calendar` is not the one of `bzky`,
        /// [`Error::BadCommittee`], [`Error::CalleeFailed`].
        #[ink(constructor)]
        pub fn new(
            calendar: Calendar,
            contracts: Contracts,
            committee: Vec<AccountId>,
            window_ms: u64,
        ) -> Result<Self> {
            let (genesis, network) = suite::network(&contracts)?;
            if !calendar.is_valid() || calendar != network {
                return Err(Error::BadCalendar);
            }
            votes::check_members(&committee)?;
            let mut rewards = Self {
                genesis,
                calendar,
                contracts,
                window_ms,
                next_epoch: Lazy::default(),
                committee_versions: Lazy::default(),
                committees: Mapping::default(),
                epochs: Mapping::default(),
                votes: Mapping::default(),
                tallies: Mapping::default(),
                claimed: Mapping::default(),
                customer_reserved: Lazy::default(),
            };
            rewards.committees.insert(0, &Committee { from_epoch: 0, members: committee.clone() });
            rewards.committee_versions.set(&1);
            Self::env().emit_event(CommitteeChanged { from_epoch: 0, members: committee });
            Ok(rewards)
        }

        /// A committee member's report of a closed epoch. Until a majority
        /// agrees a member may replace it by another one.
        ///
        /// # Errors
        /// [`Error::EpochNotClosed`], [`Error::ReportsClosed`],
        /// [`Error::NotMember`], [`Error::InconsistentReport`],
        /// [`Error::AlreadyReported`] for the same report again.
        #[ink(message)]
        pub fn report(&mut self, epoch: Epoch, report: Report) -> Result<()> {
            let now = self.now();
            if !self.calendar.is_closed(epoch, now.ms) {
                return Err(Error::EpochNotClosed);
            }
            let round = match self.epochs.get(epoch) {
                None => 0,
                Some(EpochRecord { state: EpochState::Open, round, .. }) => round,
                Some(_) => return Err(Error::ReportsClosed),
            };
            let member = self.env().caller();
            let members = self.committee_at(epoch);
            if !members.contains(&member) {
                return Err(Error::NotMember);
            }
            if !report.is_consistent() {
                return Err(Error::InconsistentReport);
            }
            let tally = self.vote(epoch, round, member, &report)?;
            self.env().emit_event(ReportSubmitted { epoch, round, member, report });
            if votes::is_majority(tally, members.len()) {
                let record = settlement::enter(EpochState::Pending, now, round, report);
                self.epochs.insert(epoch, &record);
                self.env().emit_event(ReportPending { epoch, round, report });
            }
            done(())
        }

        /// Settles the next epoch: reserves its rewards and opens its claims.
        /// Anybody may call it.
        ///
        /// # Errors
        /// [`Error::EarlierEpochOpen`], [`Error::NotPending`],
        /// [`Error::WindowOpen`], [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn finalise(&mut self, epoch: Epoch) -> Result<()> {
            self.require_turn(epoch)?;
            let now = self.now();
            let pending = self.epochs.get(epoch).filter(|record| record.state == EpochState::Pending);
            let pending = pending.ok_or(Error::NotPending)?;
            if !settlement::window_is_over(&pending, self.window_ms, now) {
                return Err(Error::WindowOpen);
            }
            let (merchants, customers) = self.payouts(epoch, &pending.report)?;
            let mut record = settlement::enter(EpochState::Final, now, pending.round, pending.report);
            record.merchants = merchants;
            record.customers = customers;
            self.settle(epoch, &record)?;
            if customers.reserved > 0 {
                let reserved = self.customer_reserved.get_or_default().checked_add(customers.reserved);
                self.customer_reserved.set(&reserved.ok_or(Error::Overflow)?);
            }
            self.env().emit_event(EpochFinalised { epoch, merchants, customers });
            if merchants.reserved > 0 {
                suite::release(&self.contracts, epoch, merchants.reserved)?;
            }
            done(())
        }

        /// Voids the next epoch when it found no majority within 7 epochs
        /// after its end: it pays nothing, for good. Anybody may call it.
        ///
        /// # Errors
        /// [`Error::EarlierEpochOpen`], [`Error::ReportsClosed`] when a
        /// report is pending, [`Error::NotOverdue`].
        #[ink(message)]
        pub fn void_overdue(&mut self, epoch: Epoch) -> Result<()> {
            let now = self.now();
            let round = match self.epochs.get(epoch) {
                None => 0,
                Some(EpochRecord { state: EpochState::Open, round, .. }) => round,
                Some(_) => return Err(Error::ReportsClosed),
            };
            self.require_turn(epoch)?;
            if !settlement::is_overdue(&self.calendar, epoch, now.ms) {
                return Err(Error::NotOverdue);
            }
            self.settle(epoch, &settlement::enter(EpochState::Void, now, round, settlement::no_report()))?;
            self.env().emit_event(EpochVoided { epoch });
            done(())
        }

        /// Pays one leaf of a final epoch to the leaf's present account;
        /// returns how much, in the smallest unit. Anybody may call it. A
        /// reward of zero is spent like any other. `holdings` is not read
        /// when the epoch pays nothing for the leaf's holding.
        ///
        /// # Errors
        /// [`Error::NotFinal`], [`Error::BadProof`],
        /// [`Error::AlreadyClaimed`], [`Error::UnknownParty`],
        /// [`Error::NotPayable`], [`Error::WrongCheckpoint`],
        /// [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn claim(
            &mut self,
            side: Side,
            epoch: Epoch,
            leaf: Leaf,
            holdings: HoldingIndex,
            proof: Vec<ProofStep>,
        ) -> Result<Balance> {
            let record = self.final_record(epoch)?;
            let domain = self.domain(side, epoch, &record);
            let start = leaf.tuple(&domain).map_err(|_| Error::BadProof)?;
            let terms = Terms::new(side, epoch, &record);
            let place = bitmap::place(terms.prove(&domain, start, &proof)?);
            let word = self.claimed_words(side, epoch, place.word);
            if bitmap::is_set(word, place.bit) {
                return Err(Error::AlreadyClaimed);
            }
            let pushed = PushedLeaf { leaf, holding: holdings };
            let outcomes = terms.decide(&self.contracts, &[pushed])?;
            let reward = outcomes.into_iter().next().ok_or(Error::CalleeFailed)??;
            let word = bitmap::set(word, place.bit);
            self.pay(side, epoch, record, (place.word, word), vec![reward])?;
            done(reward.amount)
        }

        /// Pays the leaves of an aligned subtree, 1 to 128 of them from a
        /// position that is a multiple of 128; returns how many were paid.
        /// Leaves that cannot be paid are skipped and stay unclaimed. Anybody
        /// may call it; calling it again pays only what was skipped before.
        ///
        /// # Errors
        /// [`Error::NotFinal`], [`Error::BadSubtree`], [`Error::BadProof`],
        /// [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn push(
            &mut self,
            side: Side,
            epoch: Epoch,
            leaves: Vec<PushedLeaf>,
            proof: Vec<ProofStep>,
        ) -> Result<u32> {
            if leaves.is_empty() || leaves.len() > SUBTREE_LEAVES as usize {
                return Err(Error::BadSubtree);
            }
            let record = self.final_record(epoch)?;
            let domain = self.domain(side, epoch, &record);
            let bare: Vec<Leaf> = leaves.iter().map(|pushed| pushed.leaf).collect();
            let start = tree::top(&domain, &bare).map_err(|_| Error::BadProof)?;
            let terms = Terms::new(side, epoch, &record);
            let place = bitmap::place(terms.prove(&domain, start, &proof)?);
            if place.bit != 0 {
                return Err(Error::BadSubtree);
            }
            let mut word = self.claimed_words(side, epoch, place.word);
            let (bits, open): (Vec<u32>, Vec<PushedLeaf>) =
                (0u32..).zip(leaves).filter(|(bit, _)| !bitmap::is_set(word, *bit)).unzip();
            if open.is_empty() {
                return done(0);
            }
            let outcomes = terms.decide(&self.contracts, &open)?;
            let mut rewards = Vec::with_capacity(open.len());
            for (bit, outcome) in bits.into_iter().zip(outcomes) {
                if let Ok(reward) = outcome {
                    word = bitmap::set(word, bit);
                    rewards.push(reward);
                }
            }
            // At most 128.
            #[allow(clippy::cast_possible_truncation)]
            let paid = rewards.len() as u32;
            if paid > 0 {
                self.pay(side, epoch, record, (place.word, word), rewards)?;
            }
            done(paid)
        }

        /// Everything kept of an epoch; `None` before its first majority.
        #[ink(message)]
        pub fn epoch(&self, epoch: Epoch) -> Option<EpochRecord> {
            self.epochs.get(epoch)
        }

        /// First epoch whose turn to be settled has not come.
        #[ink(message)]
        pub fn next_epoch(&self) -> Epoch {
            self.next_epoch.get_or_default()
        }

        /// Who reports `epoch`.
        #[ink(message)]
        pub fn committee_at(&self, epoch: Epoch) -> Vec<AccountId> {
            let count = self.committee_versions.get_or_default();
            let from_epoch = |version| self.committees.get(version).map(|committee: Committee| committee.from_epoch);
            votes::version_at(count, epoch, from_epoch)
                .and_then(|version| self.committees.get(version))
                .map(|committee| committee.members)
                .unwrap_or_default()
        }

        /// Hash of a member's present report of an epoch and round.
        #[ink(message)]
        pub fn vote_of(&self, epoch: Epoch, round: u8, member: AccountId) -> Option<Hash> {
            self.votes.get((epoch, round, member))
        }

        /// Whether the leaf at `position` of a tree was claimed.
        #[ink(message)]
        pub fn is_claimed(&self, side: Side, epoch: Epoch, position: u32) -> bool {
            let place = bitmap::place(position);
            bitmap::is_set(self.claimed_words(side, epoch, place.word), place.bit)
        }

        /// The claims of positions `128 · word` to `128 · word + 127`, lowest bit first.
        #[ink(message)]
        pub fn claimed_words(&self, side: Side, epoch: Epoch, word: u32) -> u128 {
            self.claimed.get((side, epoch, word)).unwrap_or_default()
        }

        /// Time reserved for customers so far, of their pool. Smallest unit.
        #[ink(message)]
        pub fn customer_reserved(&self) -> Balance {
            self.customer_reserved.get_or_default()
        }

        /// The contracts it works with.
        #[ink(message)]
        pub fn contracts(&self) -> Contracts {
            self.contracts
        }

        /// The network's calendar.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        /// The challenge window, milliseconds.
        #[ink(message)]
        pub fn window_ms(&self) -> u64 {
            self.window_ms
        }

        fn now(&self) -> Moment {
            Moment { ms: self.env().block_timestamp(), block: self.env().block_number() }
        }

        fn domain(&self, side: Side, epoch: Epoch, record: &EpochRecord) -> Domain {
            report::domain(&self.genesis, self.env().account_id().as_ref(), side, epoch, &record.report)
        }

        fn final_record(&self, epoch: Epoch) -> Result<EpochRecord> {
            self.epochs.get(epoch).filter(|record| record.state == EpochState::Final).ok_or(Error::NotFinal)
        }

        /// Books a member's report; returns how many members are behind it.
        fn vote(&mut self, epoch: Epoch, round: u8, member: AccountId, report: &Report) -> Result<u32> {
            let hash: Hash = blake2x256(&scale::Encode::encode(report)).into();
            let key = (epoch, round, member);
            if let Some(earlier) = votes::cast(self.votes.get(key), hash)? {
                let behind = self.tallies.get((epoch, round, earlier)).unwrap_or_default();
                self.tallies.insert((epoch, round, earlier), &behind.saturating_sub(1));
            }
            let behind = self.tallies.get((epoch, round, hash)).unwrap_or_default();
            let behind = behind.checked_add(1).ok_or(Error::Overflow)?;
            self.votes.insert(key, &hash);
            self.tallies.insert((epoch, round, hash), &behind);
            Ok(behind)
        }

        fn require_turn(&self, epoch: Epoch) -> Result<()> {
            match epoch.cmp(&self.next_epoch.get_or_default()) {
                core::cmp::Ordering::Equal => Ok(()),
                core::cmp::Ordering::Greater => Err(Error::EarlierEpochOpen),
                core::cmp::Ordering::Less => Err(Error::NotPending),
            }
        }

        /// Stores a record whose turn it was, and gives the turn to the next epoch.
        fn settle(&mut self, epoch: Epoch, record: &EpochRecord) -> Result<()> {
            self.epochs.insert(epoch, record);
            self.next_epoch.set(&epoch.checked_add(1).ok_or(Error::Overflow)?);
            Ok(())
        }

        /// What an epoch pays on both sides, whatever its report claims.
        fn payouts(&self, epoch: Epoch, report: &Report) -> Result<(Payout, Payout)> {
            let (seen, receipts) = suite::epoch_counts(&self.contracts, epoch)?;
            let blend = |side| emission::blend(side, epoch);
            let merchants = match settlement::merchants_paid_for(report, seen) {
                0 => Payout::default(),
                count => {
                    let pool = suite::merchant_pool(&self.contracts)?;
                    settlement::payout(Side::Merchant, blend(Side::Merchant), count, pool, &report.merchants)
                }
            };
            let registered = suite::registered_customers(&self.contracts)?;
            let count = settlement::customers_paid_for(report, receipts, registered);
            let pool = settlement::customer_pool_left(self.customer_reserved.get_or_default());
            let customers = settlement::payout(Side::Customer, blend(Side::Customer), count, pool, &report.customers);
            Ok((merchants, customers))
        }

        /// Books rewards and the word of claims that they leave, then pays.
        fn pay(
            &mut self,
            side: Side,
            epoch: Epoch,
            mut record: EpochRecord,
            (position, word): (u32, u128),
            rewards: Vec<PaidReward>,
        ) -> Result<()> {
            let payments: Vec<(AccountId, Balance)> = rewards
                .iter()
                .filter(|reward| reward.amount > 0)
                .map(|reward| (reward.account, reward.amount))
                .collect();
            settlement::pay(settlement::payout_mut(&mut record, side), payments.iter().map(|(_, amount)| *amount))?;
            self.claimed.insert((side, epoch, position), &word);
            if !payments.is_empty() {
                self.epochs.insert(epoch, &record);
            }
            self.env().emit_event(RewardsPaid { side, epoch, rewards });
            if payments.is_empty() {
                return Ok(());
            }
            suite::pay(&self.contracts, side, epoch, &payments)
        }
    }

    /// Ends a message that succeeded without writing the root record back: it
    /// never changes, and the write would be a seventh of a claim's own cost.
    fn done<T: scale::Encode>(value: T) -> Result<T> {
        #[cfg(not(feature = "std"))]
        ink::env::return_value::<ink::MessageResult<Result<T>>>(ink::env::ReturnFlags::empty(), &Ok(Ok(value)));
        #[cfg(feature = "std")]
        Ok(value)
    }
}
