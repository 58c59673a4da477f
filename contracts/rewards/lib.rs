//! Epoch reports, finality and claims (whitepaper 3.4; architecture.md,
//! Rewards, exactly).
//!
//! A bonded committee reports each closed epoch as the roots of two Merkle-sum
//! trees. Once more than half agree, anybody may challenge what breaks a rule,
//! or dispute the rest before the board; once the window has passed, the epoch
//! is finalised in its turn, its rewards are reserved, and every leaf can be
//! claimed once.
//!
//! | module | holds |
//! |---|---|
//! | [`machine`] | how an epoch moves from its first report to its last claim |
//! | [`committee`] | who reports, under which algorithm, and the votes |
//! | [`bonds`] | what members put at stake |
//! | [`settlement`] | how much an epoch pays |
//! | [`claims`] | which leaves are paid, and how much each |
//! | [`debts`] | what is withheld |
//! | [`numbers`], [`bitmap`] | single numbers in storage, and sets of them |
//! | [`suite`] | what is asked of the other contracts |
//! | [`log`] | how events are emitted |
//! | [`admin`], [`epochs`], [`paying`] | the messages' common parts |
#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod admin;
mod bitmap;
mod bonds;
mod claims;
mod committee;
mod debts;
mod epochs;
mod machine;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod model;
mod numbers;
mod paying;
mod settlement;
mod suite;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;

/// The contract: storage, and the door to the modules beside it.
#[ink::contract]
mod rewards {
    use crate::{
        admin::Governance,
        bitmap,
        bonds::Bonds,
        committee::Committees,
        debts,
        epochs::Dispute,
        numbers::{Kind, Numbers},
        paying::{Scope, MAX_CLAIMS},
        suite,
    };
    use bizkey_primitives::{
        action::{rewards::Action, Authorization, Nonces},
        calendar::Calendar,
        challenge::{Branch, Charge},
        emit::emit,
        errors::rewards::Error,
        events::{AlgorithmSet, BondsSet, CommitteeChanged, DebtBooked, DebtPaid},
        party::{Contracts, HoldingIndex, PushedLeaf},
        pause::Pauses,
        report::{Bond, EpochRecord, LeafClaim, Report},
        tree::{Leaf, ProofStep, SUBTREE_LEAVES},
        Epoch, MerchantIndex, Side,
    };
    use ink::{prelude::vec, prelude::vec::Vec, storage::Lazy, storage::Mapping};

    /// Result of a message.
    pub type Result<T> = core::result::Result<T, Error>;

    /// Reports, finality and claims.
    ///
    /// Of what lies in the root cell only a pause changes, so that every other
    /// message can leave it unwritten.
    #[ink(storage)]
    pub struct Rewards {
        pub(crate) genesis: Hash,
        pub(crate) calendar: Calendar,
        pub(crate) contracts: Contracts,
        /// Challenge window, milliseconds.
        pub(crate) window_ms: u64,
        pub(crate) pauses: Pauses,
        pub(crate) governance: Lazy<Governance>,
        /// First epoch whose turn to be settled has not come.
        pub(crate) next_epoch: Lazy<Epoch>,
        pub(crate) committees: Committees,
        pub(crate) bonds: Bonds,
        pub(crate) epochs: Mapping<Epoch, EpochRecord>,
        /// By epoch and round; kept, since a round is disputed once.
        pub(crate) disputes: Mapping<(Epoch, u8), Dispute>,
        /// Claims and debts.
        pub(crate) numbers: Numbers,
        /// Time reserved for customers so far, of their pool.
        pub(crate) customer_reserved: Lazy<Balance>,
        pub(crate) nonces: Nonces,
    }

    impl Rewards {
        /// Starts with `committee` for every epoch from 0 on, without bonds,
        /// and with the caller as admin. `window_ms` is the challenge window;
        /// a window of 0 still lasts one block.
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
            if calendar != network {
                return Err(Error::BadCalendar);
            }
            Self::open(genesis, calendar, contracts, committee, window_ms)
        }

        /// The state that the constructor leaves.
        pub(crate) fn open(
            genesis: Hash,
            calendar: Calendar,
            contracts: Contracts,
            committee: Vec<AccountId>,
            window_ms: u64,
        ) -> Result<Self> {
            if !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let mut rewards = Self {
                genesis,
                calendar,
                contracts,
                window_ms,
                pauses: Pauses::default(),
                governance: Lazy::default(),
                next_epoch: Lazy::default(),
                committees: Committees::default(),
                bonds: Bonds::default(),
                epochs: Mapping::default(),
                disputes: Mapping::default(),
                numbers: Numbers::default(),
                customer_reserved: Lazy::default(),
                nonces: Nonces::default(),
            };
            rewards.committees.change(0, &committee)?;
            let admin = Self::env().caller();
            rewards.governance.set(&Governance { admin, handed_over: false, ossified: false });
            emit(&CommitteeChanged { from_epoch: 0, members: committee });
            Ok(rewards)
        }

        // Governance.

        /// Makes `admin` the one who governs this contract, for good: once, by
        /// the deployer. A repeat is refused.
        ///
        /// # Errors
        /// [`Error::AlreadyBound`], [`Error::NotDeployer`].
        #[ink(message)]
        pub fn hand_over(&mut self, admin: AccountId) -> Result<()> {
            self.hand_over_to(admin)?;
            done(())
        }

        /// Runs other code, which must be on the chain, from the next call on.
        /// A repeat changes nothing. Admin only.
        ///
        /// # Errors
        /// [`Error::NotAdmin`], [`Error::Ossified`], [`Error::UnknownCode`].
        #[ink(message)]
        pub fn set_code(&mut self, code_hash: Hash) -> Result<()> {
            self.change_code(code_hash)?;
            done(())
        }

        /// Makes the code final. A repeat is refused. Admin only.
        ///
        /// # Errors
        /// [`Error::NotAdmin`], [`Error::Ossified`].
        #[ink(message)]
        pub fn ossify(&mut self) -> Result<()> {
            self.fix_code()?;
            done(())
        }

        /// Stops `report`, `finalise` and all claims until `until_ms`, Unix
        /// milliseconds: for 72 hours at most, 30 days after the last pause at
        /// the earliest, so that a repeat is refused. Every window is longer by
        /// it. Admin only.
        ///
        /// # Errors
        /// [`Error::NotAdmin`], [`Error::PauseTooLong`], [`Error::PauseCoolingDown`].
        #[ink(message)]
        pub fn pause(&mut self, until_ms: u64) -> Result<()> {
            // The pause lies in the root cell: it is written back.
            self.pause_until(until_ms)
        }

        /// Has `members` report the epochs from one on that has not begun; a
        /// committee set for that epoch or a later one is dropped. Saying it
        /// twice changes nothing. Admin only.
        ///
        /// # Errors
        /// [`Error::NotAdmin`], [`Error::EpochBegun`], [`Error::BadCommittee`].
        #[ink(message)]
        pub fn set_committee(&mut self, from_epoch: Epoch, members: Vec<AccountId>) -> Result<()> {
            self.only_admin()?;
            self.only_future(from_epoch)?;
            self.committees.change(from_epoch, &members)?;
            emit(&CommitteeChanged { from_epoch, members });
            done(())
        }

        /// Has an algorithm score the epochs from one on that has not begun;
        /// an algorithm set for that epoch or a later one is dropped. Saying
        /// it twice changes nothing. Admin only.
        ///
        /// # Errors
        /// [`Error::NotAdmin`], [`Error::EpochBegun`], [`Error::TooManyVersions`].
        #[ink(message)]
        pub fn set_algorithm(&mut self, from_epoch: Epoch, version: u16) -> Result<()> {
            self.only_admin()?;
            self.only_future(from_epoch)?;
            self.committees.set_algorithm(from_epoch, version)?;
            emit(&AlgorithmSet { from_epoch, version });
            done(())
        }

        /// Sets what a member must have bonded to report, and what a dispute
        /// puts at stake, both in the smallest unit of Bzky. While the latter
        /// is 0 only the admin can dispute. A repeat changes nothing. Admin only.
        ///
        /// # Errors
        /// [`Error::NotAdmin`].
        #[ink(message)]
        pub fn set_bonds(&mut self, member_bond: Balance, dispute_bond: Balance) -> Result<()> {
            self.only_admin()?;
            self.bonds.require(member_bond, dispute_bond);
            emit(&BondsSet { member_bond, dispute_bond });
            done(())
        }

        // What somebody else carries.

        /// Does what a member or a disputer signed, as if it had called itself.
        /// Anybody may carry it, once.
        ///
        /// # Errors
        /// [`Error::Expired`], [`Error::BadNonce`], [`Error::BadSignature`],
        /// and those of the action's own message.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<()> {
            let contract = self.env().account_id();
            let now_ms = self.env().block_timestamp();
            let signer = self.nonces.spend(&self.genesis, &contract, now_ms, &authorization, &action)?;
            match action {
                Action::Report { epoch, report } => self.report_by(signer, epoch, report),
                Action::Bond { amount } => self.bond_by(signer, amount),
                Action::Unbond => self.unbond_by(signer),
                Action::Dispute { epoch } => self.dispute_by(signer, epoch),
            }?;
            done(())
        }

        /// The nonce of an account's next authorization.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
        }

        // Bonds.

        /// Puts `amount` more of the caller's Bzky at stake, out of an
        /// allowance to this contract. Who was leaving stays. Not idempotent.
        ///
        /// # Errors
        /// [`Error::PaymentRefused`], [`Error::Overflow`], [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn bond(&mut self, amount: Balance) -> Result<()> {
            self.bond_by(self.env().caller(), amount)?;
            done(())
        }

        /// Says that the caller reports no more and wants its bond back, once
        /// every epoch that it reported has had its turn. A repeat changes nothing.
        ///
        /// # Errors
        /// [`Error::NoBond`], [`Error::ReportsUnsettled`].
        #[ink(message)]
        pub fn unbond(&mut self) -> Result<()> {
            self.unbond_by(self.env().caller())?;
            done(())
        }

        /// Pays a bond that was asked back, after 7 epochs, 14 days and two
        /// challenge windows: so long a report of the member's can be
        /// challenged. Anybody may call it; a repeat is refused.
        ///
        /// # Errors
        /// [`Error::NoBond`], [`Error::BondLocked`], [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn withdraw_bond(&mut self, member: AccountId) -> Result<()> {
            self.give_bond_back(member)?;
            done(())
        }

        // Reports.

        /// A committee member's report of a closed epoch. Until a majority
        /// agrees a member may replace it by another one.
        ///
        /// # Errors
        /// In this order: [`Error::Paused`], [`Error::EpochNotClosed`],
        /// [`Error::ReportsClosed`], [`Error::NotMember`], [`Error::NotBonded`],
        /// [`Error::InconsistentReport`], [`Error::WrongAlgorithm`],
        /// [`Error::AlreadyReported`] for the same report again.
        #[ink(message)]
        pub fn report(&mut self, epoch: Epoch, report: Report) -> Result<()> {
            self.report_by(self.env().caller(), epoch, report)?;
            done(())
        }

        /// Freezes a report that is in its challenge window, once a round,
        /// with the dispute's bond out of an allowance to this contract, until
        /// the board decides, 14 days at most. A repeat is refused.
        ///
        /// # Errors
        /// [`Error::NotPending`], [`Error::WindowOver`],
        /// [`Error::AlreadyDisputed`], [`Error::NotAdmin`] while no bond is
        /// set, [`Error::PaymentRefused`], [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn dispute(&mut self, epoch: Epoch) -> Result<()> {
            self.dispute_by(self.env().caller(), epoch)?;
            done(())
        }

        /// Decides a dispute. Upheld: the report is struck, the disputer gets
        /// its bond back, and half of the bonds of those who reported it. Not
        /// upheld: the bond burns, and the report is pending for another
        /// window. A repeat is refused. Admin only.
        ///
        /// # Errors
        /// [`Error::NotAdmin`], [`Error::NotDisputed`],
        /// [`Error::DecisionOverdue`], [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn decide(&mut self, epoch: Epoch, upheld: bool) -> Result<()> {
            self.decide_on(epoch, upheld)?;
            done(())
        }

        /// Shows that a report that is not final breaks a rule: it is struck
        /// at once, and the caller gets half of the bonds of those who
        /// reported it. The branch's hashes must lead from the report's root
        /// to what is wrong; a broken tree counts under any charge. A repeat is
        /// refused: the report is gone.
        ///
        /// # Errors
        /// [`Error::NotPending`]; [`Error::BadProof`] when the branch does not
        /// belong to the report; [`Error::NoViolation`];
        /// [`Error::UnknownParty`] and [`Error::WrongCheckpoint`] for a charge
        /// of a holding; [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn challenge(&mut self, epoch: Epoch, side: Side, branch: Branch, charge: Charge) -> Result<()> {
            self.challenge_by(self.env().caller(), epoch, side, &branch, charge)?;
            done(())
        }

        /// Settles the next epoch: reserves its rewards and opens its claims.
        /// A disputed epoch is reserved only, and one that is void already
        /// lets its turn pass. An epoch whose turn passed in a dispute becomes
        /// final in the same way, with no more than it reserved. Anybody may
        /// call it; a repeat is refused.
        ///
        /// # Errors
        /// [`Error::Paused`], [`Error::EarlierEpochOpen`],
        /// [`Error::NotPending`], [`Error::WindowOpen`], [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn finalise(&mut self, epoch: Epoch) -> Result<()> {
            self.finalise_or_reserve(epoch)?;
            done(())
        }

        /// Voids an epoch that found no majority in 7 epochs after its end, or
        /// after its first report was struck, or whose dispute was not decided
        /// in 14 days: it pays nothing, for good. In turn, like finalising. An
        /// undecided dispute's bond burns by half. Anybody may call it; a
        /// repeat is refused.
        ///
        /// # Errors
        /// [`Error::ReportsClosed`] when a report is pending or the epoch is
        /// settled, [`Error::EarlierEpochOpen`], [`Error::NotOverdue`],
        /// [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn void_overdue(&mut self, epoch: Epoch) -> Result<()> {
            self.void_if_overdue(epoch)?;
            done(())
        }

        // Claims.

        /// Pays one leaf of a final epoch to the leaf's present account;
        /// returns how much, in the smallest unit. Anybody may call it; a
        /// repeat is refused. A reward of zero is spent like any other. `holdings` is not read
        /// when the epoch pays nothing for the leaf's holding. Debt is paid
        /// first. Under bizpower-2 a merchant gets at once what its deposit
        /// can be pledged for; the rest opens in [`Rewards::claim_deferred`].
        ///
        /// # Errors
        /// [`Error::Paused`], [`Error::NotFinal`], [`Error::ClaimsExpired`],
        /// [`Error::BadProof`], [`Error::AlreadyClaimed`],
        /// [`Error::UnknownParty`], [`Error::NotPayable`],
        /// [`Error::WrongCheckpoint`], [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn claim(
            &mut self,
            side: Side,
            epoch: Epoch,
            leaf: Leaf,
            holdings: HoldingIndex,
            proof: Vec<ProofStep>,
        ) -> Result<Balance> {
            let leaves = vec![PushedLeaf { leaf, holding: holdings }];
            let (_, amount) = self.take(Scope::Single, side, epoch, leaves, &proof)?;
            done(amount)
        }

        /// Up to 16 claims, of several epochs or leaves, each as
        /// [`Rewards::claim`] does it; all, or none if one of them is refused.
        /// Returns how much each was paid.
        ///
        /// # Errors
        /// [`Error::TooManyClaims`], and those of [`Rewards::claim`].
        #[ink(message)]
        pub fn claim_many(&mut self, claims: Vec<LeafClaim>) -> Result<Vec<Balance>> {
            if claims.len() > MAX_CLAIMS {
                return Err(Error::TooManyClaims);
            }
            let mut amounts = Vec::with_capacity(claims.len());
            for LeafClaim { side, epoch, leaf, holdings, proof } in claims {
                let leaves = vec![PushedLeaf { leaf, holding: holdings }];
                amounts.push(self.take(Scope::Single, side, epoch, leaves, &proof)?.1);
            }
            done(amounts)
        }

        /// Pays the leaves of an aligned subtree, 1 to 128 of them from a
        /// position that is a multiple of 128; returns how many were paid.
        /// Leaves that cannot be paid are skipped and stay unclaimed. Anybody
        /// may call it; calling it again pays only what was skipped before.
        /// Debt is paid first. Under bizpower-2 all of a merchant's reward is
        /// deferred, as if its deposit could not be pledged.
        ///
        /// # Errors
        /// [`Error::BadSubtree`], [`Error::Paused`], [`Error::NotFinal`],
        /// [`Error::ClaimsExpired`], [`Error::BadProof`], [`Error::CalleeFailed`].
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
            let (count, _) = self.take(Scope::Subtree, side, epoch, leaves, &proof)?;
            done(count)
        }

        /// Pays what is deferred of a merchant's reward, less its debt, to its
        /// present account: all of it once the epoch's receipts cannot be
        /// demanded any more, before that what its deposit can be pledged for.
        /// Returns how much, smallest unit of Bzky. Anybody may call it; a
        /// repeat is refused unless more can be paid.
        ///
        /// # Errors
        /// [`Error::Paused`], [`Error::NotFinal`], [`Error::ClaimsExpired`],
        /// [`Error::NothingDeferred`], [`Error::UnknownParty`],
        /// [`Error::NotPayable`], [`Error::StillDeferred`],
        /// [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn claim_deferred(&mut self, epoch: Epoch, merchant: MerchantIndex) -> Result<Balance> {
            let amount = self.take_deferred(epoch, merchant)?;
            done(amount)
        }

        /// Gives what an epoch reserved and did not pay back to the pools, 400
        /// epochs after it became final. Anybody may call it, once.
        ///
        /// # Errors
        /// [`Error::NotFinal`], [`Error::ClaimsOpen`],
        /// [`Error::ClaimsExpired`] when nothing is left, [`Error::CalleeFailed`].
        #[ink(message)]
        pub fn expire(&mut self, epoch: Epoch) -> Result<()> {
            self.expire_claims(epoch)?;
            done(())
        }

        // Debts.

        /// Has a party owe more, in its side's token: by resolution, or by
        /// `receipts` when an opening failed and the deposit was not enough.
        /// Not idempotent.
        ///
        /// # Errors
        /// [`Error::NotAdmin`], [`Error::Overflow`].
        #[ink(message)]
        pub fn book_debt(&mut self, side: Side, index: u32, amount: Balance, reason: Hash) -> Result<()> {
            if self.env().caller() != self.contracts.receipts {
                self.only_admin()?;
            }
            debts::book(&mut self.numbers, side, index, amount)?;
            emit(&DebtBooked { side, index, amount, reason });
            done(())
        }

        /// Has a party owe less, after that much was recovered otherwise: from
        /// its deposit by `pos_deposit.seize`. Admin only; not idempotent.
        ///
        /// # Errors
        /// [`Error::NotAdmin`], [`Error::NoDebt`] when it owes less than that.
        #[ink(message)]
        pub fn settle_debt(&mut self, side: Side, index: u32, amount: Balance) -> Result<()> {
            self.only_admin()?;
            debts::settle(&mut self.numbers, side, index, amount)?;
            emit(&DebtPaid { side, index, amount, epoch: None });
            done(())
        }

        // Reads.

        /// Who governs this contract.
        #[ink(message)]
        pub fn admin(&self) -> AccountId {
            // The constructor sets it; nobody has the key of zeros.
            self.governance().map_or(AccountId::from([0; 32]), |governance| governance.admin)
        }

        /// Whether the code is final.
        #[ink(message)]
        pub fn is_ossified(&self) -> bool {
            self.governance().is_ok_and(|governance| governance.ossified)
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

        /// Who reports `epoch`; in its second round, the committee of the
        /// epoch in which its first report was struck.
        #[ink(message)]
        pub fn committee_at(&self, epoch: Epoch) -> Vec<AccountId> {
            self.committees.of(epoch)
        }

        /// The algorithm that a report of `epoch` must carry.
        #[ink(message)]
        pub fn algorithm_at(&self, epoch: Epoch) -> u16 {
            self.committees.algorithm_at(epoch)
        }

        /// Hash of a member's present report of an epoch and round.
        #[ink(message)]
        pub fn vote_of(&self, epoch: Epoch, round: u8, member: AccountId) -> Option<Hash> {
            self.committees.vote_of(epoch, round, member)
        }

        /// What an account has at stake, and whether it leaves.
        #[ink(message)]
        pub fn bond_of(&self, member: AccountId) -> Bond {
            self.bonds.of(member)
        }

        /// What a member and a disputer must put at stake, smallest unit of Bzky.
        #[ink(message)]
        pub fn required_bonds(&self) -> (Balance, Balance) {
            self.bonds.required()
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
            self.numbers.get(Kind::Claimed, side, epoch, word)
        }

        /// What a merchant claimed for an epoch and has not been paid yet.
        /// Smallest unit of Bzky.
        #[ink(message)]
        pub fn deferred_of(&self, epoch: Epoch, merchant: MerchantIndex) -> Balance {
            self.numbers.get(Kind::Deferred, Side::Merchant, epoch, merchant)
        }

        /// What a party owes, smallest unit of its side's token.
        #[ink(message)]
        pub fn debt_of(&self, side: Side, index: u32) -> Balance {
            debts::of(&self.numbers, side, index)
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
    }

    /// Ends a message that succeeded without writing the root record back: it
    /// did not change, and the write would be a seventh of a claim's own cost.
    fn done<T: scale::Encode>(value: T) -> Result<T> {
        #[cfg(not(feature = "std"))]
        ink::env::return_value::<ink::MessageResult<Result<T>>>(ink::env::ReturnFlags::empty(), &Ok(Ok(value)));
        #[cfg(feature = "std")]
        Ok(value)
    }
}
