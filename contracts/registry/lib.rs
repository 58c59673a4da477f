//! Who takes part: merchants, customers, agents, devices, attestors
//! (architecture.md, registry).
//!
//! | module | holds |
//! |---|---|
//! | [`party`] | a party's standing, now and at the close of any epoch |
//! | [`parties`] | every party, as it is stored |
//! | [`appeal`] | appeals against a change of status |
//! | [`accounts`] | whom every account serves |
//! | [`recovery`] | how a party comes to another account |
//! | [`agents`] | who locks deposits for shops |
//! | [`devices`] | whose device is whose |
//! | [`capital`] | bounds of capital figures, and from when they count |
//! | [`parameters`] | bounds of the board's parameters |
//! | [`values`] | capital, trades and parameters with their history |
//! | [`series`] | the rule of that history |
//! | `acts` | what parties do for themselves, called or carried |
//! | `base` | what every message needs: roles, time, `receipts` |
//! | `history` | the search in a list that grows at its end |
//!
//! A party keeps its index for ever, whatever becomes of it.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod accounts;
mod acts;
pub mod agents;
pub mod appeal;
mod base;
pub mod capital;
pub mod devices;
mod history;
pub mod parameters;
pub mod parties;
pub mod party;
pub mod recovery;
pub mod series;
pub mod values;

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod account_tests;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod relay_tests;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod shop_tests;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;

pub use self::registry::{Registry, RegistryRef};

/// The contract.
#[ink::contract]
#[allow(missing_docs)] // what the macro generates; the messages are documented
pub mod registry {
    use crate::{
        accounts::{Accounts, Holder},
        agents::Agents,
        capital::is_within_bounds,
        devices::Devices,
        parties::Parties,
        party::Identity,
        recovery::{attest, confirm, finish, Successions},
        values::{Subject, Value, Values},
    };
    use bizkey_primitives::{
        action::{registry::Action, Authorization, Nonces},
        administration::Administration,
        cross_contract::call,
        emit::emit,
        errors::registry::Error,
        events::{
            AgentMoved, AgentRegistered, AgentStatusChanged, AppealDecided, BusinessAttested, BusinessProposed,
            CapitalAttested, CapitalFloorSet, CapitalProposed, CashCapSet, ClampSet, HoldPlaced, PartyRegistered,
            RecoveryConfirmed, RecoveryProposed, RecoverySupported, StatusChanged,
        },
        membership::{AccountProposal, Agent, Business, Clamp, Recovery, RecoveryState, StatusChange},
        party::{Capital, Claimant},
        signature::PublicKey,
        Calendar, DeviceId, Epoch, MerchantIndex, Side, Status,
    };
    use ink::{
        prelude::vec::Vec,
        storage::{Lazy, Mapping},
    };
    use scale::Encode as _;

    /// Most parties that one call can ask for, and most attestors to start with.
    pub const MAX_QUERIES: usize = 256;

    /// What the contract was given, read where it is needed only.
    #[derive(Clone, Copy, Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub(crate) struct Setup {
        /// The chain's genesis hash, for messages signed by wallets.
        pub(crate) genesis: Hash,
        /// The contract that keeps devices' keys; bound once.
        pub(crate) receipts: Option<AccountId>,
    }

    /// Parties, agents, devices, and who attests them. The root holds little,
    /// since every call loads it: the calendar and four counts.
    #[ink(storage)]
    pub struct Registry {
        pub(crate) calendar: Calendar,
        pub(crate) setup: Lazy<Setup>,
        pub(crate) roles: Lazy<Administration>,
        /// Whether it attests; `false` for one that was dismissed.
        pub(crate) attestors: Mapping<AccountId, bool>,
        pub(crate) accounts: Accounts,
        pub(crate) parties: Parties,
        pub(crate) successions: Successions,
        pub(crate) agents: Agents,
        pub(crate) devices: Devices,
        pub(crate) values: Values,
        pub(crate) nonces: Nonces,
    }

    /// Deployment and administration.
    impl Registry {
        /// A registry on `bzky`'s calendar; the caller becomes its admin until
        /// it hands over.
        ///
        /// # Errors
        /// `BadCalendar` if the calendar is unusable or not `bzky`'s,
        /// `CalleeFailed` if `bzky` does not answer, `TooManyQueries` for more
        /// than 256 attestors.
        #[ink(constructor)]
        pub fn new(calendar: Calendar, bzky: AccountId, attestors: Vec<AccountId>) -> Result<Self, Error> {
            let theirs: Calendar =
                call(bzky, ink::selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?;
            if theirs != calendar || !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let genesis = call(bzky, ink::selector_bytes!("genesis"), &()).map_err(|_| Error::CalleeFailed)?;
            Self::open(calendar, genesis, &attestors)
        }

        /// Names the contract that keeps devices' keys, once, by the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`.
        #[ink(message)]
        pub fn bind(&mut self, receipts: AccountId) -> Result<(), Error> {
            if self.env().caller() != self.roles()?.deployer {
                return Err(Error::NotDeployer);
            }
            let setup = self.setup()?;
            if setup.receipts.is_some() {
                return Err(Error::AlreadyBound);
            }
            self.setup.set(&Setup { receipts: Some(receipts), ..setup });
            Ok(())
        }

        /// Names who governs it from now on, once and for good, by the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`, `ZeroAccount`.
        #[ink(message)]
        pub fn hand_over(&mut self, admin: AccountId) -> Result<(), Error> {
            self.hand_over_to(admin)
        }

        /// Runs other code from the next call on, with the same storage. Admin
        /// only. `foundation` waits 14 days before it says so.
        ///
        /// # Errors
        /// `NotAdmin`, `Ossified`, `UnknownCode`.
        #[ink(message)]
        pub fn set_code(&mut self, code_hash: Hash) -> Result<(), Error> {
            self.change_code(code_hash)
        }

        /// Makes the code final, for good. Admin only. A repeat changes nothing.
        ///
        /// # Errors
        /// `NotAdmin`.
        #[ink(message)]
        pub fn ossify(&mut self) -> Result<(), Error> {
            self.make_final()
        }

        /// Makes an account an attestor, or no longer one, which voids what it
        /// proposed and what recoveries it supports, for good: who comes back
        /// comes with another account. Saying it twice changes nothing. Admin
        /// only.
        ///
        /// # Errors
        /// `NotAdmin`; `AccountUsed` for one that was dismissed.
        #[ink(message)]
        pub fn set_attestor(&mut self, attestor: AccountId, active: bool) -> Result<(), Error> {
            self.by_admin()?;
            self.change_attestor(attestor, active)
        }
    }

    /// Registration, by attestors.
    impl Registry {
        /// Registers a merchant or customer under the next index of its side,
        /// from 1. A company can be both, under two accounts: nullifiers are
        /// unique a side. Attestors only.
        ///
        /// # Errors
        /// `NotAttestor`, `ZeroAccount`; `AccountUsed` if the account serves or
        /// ever served somebody; `NullifierUsed` on this side, `IndexExhausted`.
        #[ink(message)]
        pub fn register(
            &mut self,
            side: Side,
            account: AccountId,
            nullifier: Hash,
            commitment: Hash,
        ) -> Result<u32, Error> {
            self.only_attestor()?;
            self.accounts.check_free(account)?;
            let index = self.parties.register(side, account, Identity { nullifier, commitment }, self.now())?;
            self.accounts.assign(account, Holder::Party(side, index));
            emit(&PartyRegistered { side, index, account, commitment });
            Ok(index)
        }

        /// Registers an agent, who locks deposits for shops, under the next
        /// number, from 1. Attestors only.
        ///
        /// # Errors
        /// `NotAttestor`, `ZeroAccount`; `AccountUsed` if the account serves or
        /// ever served somebody; `NullifierUsed` by an agent, `IndexExhausted`.
        #[ink(message)]
        pub fn register_agent(&mut self, account: AccountId, nullifier: Hash, commitment: Hash) -> Result<u32, Error> {
            self.only_attestor()?;
            self.accounts.check_free(account)?;
            let agent = self.agents.register(account, nullifier, commitment)?;
            self.accounts.assign(account, Holder::Agent(agent));
            emit(&AgentRegistered { agent, account, commitment });
            Ok(agent)
        }

        /// States a shop's capital. The first attestor proposes; a second one
        /// who states the same figures sets them; other figures replace the
        /// proposal. First figures count from the next epoch, later ones from
        /// the next month. Attestors only.
        ///
        /// # Errors
        /// `CapitalOutOfBounds`, `NotAttestor`, `UnknownParty`; `SameAttestor`
        /// if the caller has proposed these figures already.
        #[ink(message)]
        pub fn attest_capital(&mut self, merchant: MerchantIndex, capital: Capital) -> Result<(), Error> {
            if !is_within_bounds(&capital) {
                return Err(Error::CapitalOutOfBounds);
            }
            let (attestor, agreed) = self.state(merchant, Subject::Capital(merchant), Value::Capital(capital))?;
            match agreed {
                None => emit(&CapitalProposed { merchant, attestor, capital }),
                Some(from_epoch) => emit(&CapitalAttested { merchant, capital, from_epoch }),
            }
            Ok(())
        }

        /// States a shop's trade and region, by which the board's parameters
        /// apply to it; two attestors and dates as for `attest_capital`.
        ///
        /// # Errors
        /// `NotAttestor`, `UnknownParty`; `SameAttestor` if the caller has
        /// proposed this already.
        #[ink(message)]
        pub fn attest_business(&mut self, merchant: MerchantIndex, business: Business) -> Result<(), Error> {
            let (attestor, agreed) = self.state(merchant, Subject::Business(merchant), Value::Business(business))?;
            match agreed {
                None => emit(&BusinessProposed { merchant, attestor, business }),
                Some(from_epoch) => emit(&BusinessAttested { merchant, business, from_epoch }),
            }
            Ok(())
        }

        /// Gives a shop a device under the next number, from 1, and tells
        /// `receipts` its key. Attestors only.
        ///
        /// # Errors
        /// `NotAttestor`, `UnknownParty`, `NotBound`, `IndexExhausted`,
        /// `CalleeFailed` if `receipts` does not take it.
        #[ink(message)]
        pub fn register_device(&mut self, merchant: MerchantIndex, key: PublicKey) -> Result<DeviceId, Error> {
            self.only_attestor()?;
            self.parties.only_known((Side::Merchant, merchant))?;
            let device = self.devices.register(merchant)?;
            self.tell_receipts(ink::selector_bytes!("add_device"), (device, merchant, key).encode())?;
            Ok(device)
        }

        /// Stops or starts a device in `receipts`. Attestors only.
        ///
        /// # Errors
        /// `NotAttestor`, `UnknownDevice`, `DeviceRetired`, `NotBound`,
        /// `CalleeFailed` if `receipts` does not take it.
        #[ink(message)]
        pub fn set_device_active(&mut self, device: DeviceId, active: bool) -> Result<(), Error> {
            self.only_attestor()?;
            self.devices.only_in_use(device)?;
            self.tell_receipts(ink::selector_bytes!("set_device_active"), (device, active).encode())
        }
    }

    /// The ladder, holds and parameters, by the admin.
    impl Registry {
        /// Moves a party on the ladder, from this epoch on. Saying it twice
        /// changes nothing. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `UnknownParty`; `AppealPending` while the last change
        /// is appealed.
        #[ink(message)]
        pub fn set_status(&mut self, side: Side, index: u32, status: Status, reason: Hash) -> Result<(), Error> {
            self.by_admin()?;
            let now_ms = self.env().block_timestamp();
            if self.parties.set_status((side, index), status, reason, self.now(), now_ms)? {
                emit(&StatusChanged { side, index, status, reason });
            }
            Ok(())
        }

        /// Decides the appeal that waits. If granted, the status before the
        /// change counts again, from this epoch on; epochs that are over stay
        /// as they were. Admin only. Not idempotent: the second is refused.
        ///
        /// # Errors
        /// `NotAdmin`, `UnknownParty`, `NothingToAppeal` if no appeal waits.
        #[ink(message)]
        pub fn decide_appeal(&mut self, side: Side, index: u32, granted: bool, reason: Hash) -> Result<(), Error> {
            self.by_admin()?;
            let restored = self.parties.decide_appeal((side, index), granted, reason, self.now())?;
            emit(&AppealDecided { side, index, granted, reason });
            if let Some(status) = restored {
                emit(&StatusChanged { side, index, status, reason });
            }
            Ok(())
        }

        /// Stops a party's claims and deposit release until `until_ms`, for at
        /// most 14 days. It cannot be renewed, and the next can begin 180 days
        /// after its end. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `UnknownParty`, `HoldTooLong`, `HoldNotRenewable`.
        #[ink(message)]
        pub fn place_hold(&mut self, side: Side, index: u32, until_ms: u64, reason: Hash) -> Result<(), Error> {
            self.by_admin()?;
            self.parties.place_hold((side, index), self.env().block_timestamp(), until_ms)?;
            emit(&HoldPlaced { side, index, until_ms, reason });
            Ok(())
        }

        /// Removes an agent, who then locks no more deposits, or takes it
        /// back. Saying it twice changes nothing. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `UnknownAgent`.
        #[ink(message)]
        pub fn set_agent_status(&mut self, agent: u32, active: bool, reason: Hash) -> Result<(), Error> {
            self.by_admin()?;
            if self.agents.set_active(agent, active)? {
                emit(&AgentStatusChanged { agent, active, reason });
            }
            Ok(())
        }

        /// Gives an agent another account, when it lost the one it had. Admin
        /// only. Not idempotent: the second is refused.
        ///
        /// # Errors
        /// `NotAdmin`, `UnknownAgent`, `ZeroAccount`, `AccountUsed`.
        #[ink(message)]
        pub fn move_agent(&mut self, agent: u32, account: AccountId) -> Result<(), Error> {
            self.by_admin()?;
            self.accounts.check_free(account)?;
            let before = self.agents.set_account(agent, account)?;
            self.accounts.replace(before, account, Holder::Agent(agent));
            emit(&AgentMoved { agent, before, account });
            Ok(())
        }

        /// Sets between what a customer's total at a shop of this trade counts,
        /// from a coming epoch on; replaces a decision that has not begun.
        /// Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `BadClamp`, `EpochBegun`.
        #[ink(message)]
        pub fn set_clamp(&mut self, trade: u16, clamp: Clamp, from_epoch: Epoch) -> Result<(), Error> {
            self.decide(Subject::Clamp(trade), Value::Clamp(clamp), from_epoch)?;
            emit(&ClampSet { trade, clamp, from_epoch });
            Ok(())
        }

        /// Sets the least capital, minor units a month, by which a shop of this
        /// trade in this region is scored, from a coming epoch on; replaces a
        /// decision that has not begun. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `CapitalOutOfBounds`, `EpochBegun`.
        #[ink(message)]
        pub fn set_capital_floor(&mut self, business: Business, floor: u128, from_epoch: Epoch) -> Result<(), Error> {
            self.decide(Subject::Floor(business), Value::Floor(floor), from_epoch)?;
            emit(&CapitalFloorSet { business, floor, from_epoch });
            Ok(())
        }

        /// Sets how much of a customer's cash and external payments counts an
        /// epoch, minor units, from a coming epoch on; replaces a decision that
        /// has not begun. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `EpochBegun`.
        #[ink(message)]
        pub fn set_cash_cap(&mut self, cap: u64, from_epoch: Epoch) -> Result<(), Error> {
            self.decide(Subject::CashCap, Value::CashCap(cap), from_epoch)?;
            emit(&CashCapSet { cap, from_epoch });
            Ok(())
        }
    }

    /// What parties do for themselves, and recovery.
    impl Registry {
        /// Appeals the last change of the caller's status: once, for the worse
        /// only, and within 30 days. `statement` is the hash of what it says.
        /// Not idempotent: the second is refused.
        ///
        /// # Errors
        /// `NotParty`, `NothingToAppeal`, `AppealTooLate`.
        #[ink(message)]
        pub fn appeal(&mut self, statement: Hash) -> Result<(), Error> {
            self.act(self.env().caller(), Action::Appeal { statement })
        }

        /// Says that the caller's party wants to be known by another account,
        /// which has 7 days to accept. Replaces an earlier proposal; with its
        /// own account the caller withdraws it.
        ///
        /// # Errors
        /// `NotParty`, `ZeroAccount`, `AccountUsed`.
        #[ink(message)]
        pub fn propose_account(&mut self, account: AccountId) -> Result<(), Error> {
            self.act(self.env().caller(), Action::ProposeAccount { account })
        }

        /// Takes the caller as the account of the party that proposed it, from
        /// this epoch on: rewards go to it, and its holdings count. The account
        /// before serves nobody any more. An open recovery is cancelled. Not
        /// idempotent: the second is refused.
        ///
        /// # Errors
        /// `NotProposed`, `Expired`, `AccountUsed`; `ChangedThisEpoch` if the
        /// party has another account since this epoch already.
        #[ink(message)]
        pub fn accept_account(&mut self, side: Side, index: u32) -> Result<(), Error> {
            self.act(self.env().caller(), Action::AcceptAccount { side, index })
        }

        /// Says that a party lost its account and another one is to take over.
        /// The first attestor proposes; a second one who names the same account
        /// starts the 7 days after which it can be finished; another account
        /// replaces a proposal. Attestors only.
        ///
        /// # Errors
        /// `NotAttestor`, `UnknownParty`, `ZeroAccount`, `AccountUsed`,
        /// `RecoveryPending`; `SameAttestor` if the caller has proposed this
        /// already.
        #[ink(message)]
        pub fn attest_recovery(&mut self, side: Side, index: u32, account: AccountId) -> Result<(), Error> {
            let attestor = self.only_attestor()?;
            let (key, now_ms) = ((side, index), self.env().block_timestamp());
            self.parties.only_known(key)?;
            self.accounts.check_free(account)?;
            let before = self.successions.recoveries.get(key);
            let recovery = attest(before, attestor, account, now_ms, |of| self.is_attestor(of))?;
            self.successions.recoveries.insert(key, &recovery);
            let ready_ms = recovery.ready_ms;
            match recovery.second {
                None => emit(&RecoveryProposed { side, index, attestor, account }),
                Some(_) => emit(&RecoverySupported { side, index, attestor, account, ready_ms }),
            }
            Ok(())
        }

        /// The caller agrees to take over from a lost account. A repeat changes
        /// nothing.
        ///
        /// # Errors
        /// `NoRecovery`, `NotProposed`.
        #[ink(message)]
        pub fn consent_recovery(&mut self, side: Side, index: u32) -> Result<(), Error> {
            self.act(self.env().caller(), Action::ConsentRecovery { side, index })
        }

        /// Cancels a recovery: by the party's present account, which is not
        /// lost then, unless the admin has confirmed it; or by the admin. A
        /// repeat by the account changes nothing.
        ///
        /// # Errors
        /// `NoRecovery`, `NotParty`; `NotAdmin` for one that is confirmed.
        #[ink(message)]
        pub fn cancel_recovery(&mut self, side: Side, index: u32) -> Result<(), Error> {
            self.act(self.env().caller(), Action::CancelRecovery { side, index })
        }

        /// Confirms a recovery that two attestors support, also one that the
        /// old account has cancelled: its key is in foreign hands. Admin only.
        /// A repeat changes nothing.
        ///
        /// # Errors
        /// `NotAdmin`, `NoRecovery`, `NotProposed` if it is for another
        /// account, `RecoveryNotReady` before the second attestor's word,
        /// `Expired`.
        #[ink(message)]
        pub fn confirm_recovery(&mut self, side: Side, index: u32, account: AccountId) -> Result<(), Error> {
            self.by_admin()?;
            let before = self.successions.recoveries.get((side, index));
            let recovery = confirm(before, account, self.env().block_timestamp())?;
            if before.is_some_and(|before| before.state != RecoveryState::Confirmed) {
                self.successions.recoveries.insert((side, index), &recovery);
                emit(&RecoveryConfirmed { side, index, account });
            }
            Ok(())
        }

        /// Lets the new account take over, once the 7 days have passed and it
        /// agreed, and within 30 days then. Anybody may ask. Not idempotent:
        /// the second is refused.
        ///
        /// # Errors
        /// `NoRecovery`, `RecoveryNotReady`, `Expired`, `NotConsented`,
        /// `AccountUsed`; `NotAttestor` if one of the two is none any more.
        #[ink(message)]
        pub fn finish_recovery(&mut self, side: Side, index: u32) -> Result<(), Error> {
            let (key, now_ms) = ((side, index), self.env().block_timestamp());
            let recovery = self.successions.recoveries.get(key);
            let account = finish(recovery, now_ms, |of| self.is_attestor(of))?;
            self.successions.recoveries.remove(key);
            self.succeed(key, account)
        }

        /// Retires the caller's device for good: it is lost, broken or given
        /// back. `receipts` takes nothing from it any more. Not idempotent: the
        /// second is refused.
        ///
        /// # Errors
        /// `UnknownDevice`, `DeviceRetired`, `NotDeviceMerchant`, `NotBound`,
        /// `CalleeFailed` if `receipts` does not take it.
        #[ink(message)]
        pub fn retire_device(&mut self, device: DeviceId) -> Result<(), Error> {
            self.act(self.env().caller(), Action::RetireDevice { device })
        }

        /// Does what the signer could have called itself. Anybody may carry
        /// it, once.
        ///
        /// # Errors
        /// `Expired`, `BadNonce`, `BadSignature`, and those of the action.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<(), Error> {
            let (genesis, contract) = (self.setup()?.genesis, self.env().account_id());
            let now_ms = self.env().block_timestamp();
            let account = self.nonces.spend(&genesis, &contract, now_ms, &authorization, &action)?;
            self.act(account, action)
        }
    }

    /// Reads.
    impl Registry {
        /// Who governs it.
        #[ink(message)]
        pub fn admin(&self) -> AccountId {
            // The constructor sets it; without it nobody is, which the zero account says.
            self.roles().map_or(AccountId::from([0; 32]), |roles| roles.admin)
        }

        /// Whether the code is final.
        #[ink(message)]
        pub fn is_ossified(&self) -> bool {
            self.roles.get().is_some_and(|roles| roles.ossified)
        }

        /// The contract that keeps devices' keys; `None` before it is bound.
        #[ink(message)]
        pub fn receipts(&self) -> Option<AccountId> {
            self.setup.get().and_then(|setup| setup.receipts)
        }

        /// The nonce that an account's next authorization must have.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
        }

        /// Whether an account attests.
        #[ink(message)]
        pub fn is_attestor(&self, account: AccountId) -> bool {
            self.attestors.get(account).unwrap_or(false)
        }

        /// Merchants or customers ever registered; also the highest index.
        #[ink(message)]
        pub fn count(&self, side: Side) -> u32 {
            self.parties.count(side)
        }

        /// A party's account now.
        #[ink(message)]
        pub fn account_of(&self, side: Side, index: u32) -> Option<AccountId> {
            self.parties.get((side, index)).ok().map(|party| party.standing.account)
        }

        /// The party whose account this is now.
        #[ink(message)]
        pub fn party_of(&self, account: AccountId) -> Option<(Side, u32)> {
            self.accounts.party(account)
        }

        /// The present account of whoever an account serves or served; an
        /// account of nobody stands for itself. What is owed to an account that
        /// was given up or lost goes there.
        #[ink(message)]
        pub fn current_account(&self, account: AccountId) -> AccountId {
            let present = match self.accounts.holder(account) {
                Some(Holder::Party(side, index)) => self.account_of(side, index),
                Some(Holder::Agent(agent)) => self.agents.get(agent).map(|agent| agent.account),
                None => None,
            };
            present.unwrap_or(account)
        }

        /// The commitment to a party's identity papers.
        #[ink(message)]
        pub fn commitment_of(&self, side: Side, index: u32) -> Option<Hash> {
            self.parties.identity((side, index)).map(|identity| identity.commitment)
        }

        /// A party's status now.
        #[ink(message)]
        pub fn status_of(&self, side: Side, index: u32) -> Option<Status> {
            self.parties.get((side, index)).ok().map(|party| party.standing.status)
        }

        /// A party's status at the close of an epoch, or now if the epoch is
        /// not over; `None` if it joined later or never.
        #[ink(message)]
        pub fn status_at(&self, side: Side, index: u32, epoch: Epoch) -> Option<Status> {
            self.parties.standing_at((side, index), epoch).map(|standing| standing.status)
        }

        /// A party's account at the close of an epoch, as `status_at`.
        #[ink(message)]
        pub fn account_at(&self, side: Side, index: u32, epoch: Epoch) -> Option<AccountId> {
            self.parties.standing_at((side, index), epoch).map(|standing| standing.account)
        }

        /// The last change of a party's status, with its appeal, decided or not.
        #[ink(message)]
        pub fn last_change(&self, side: Side, index: u32) -> Option<StatusChange> {
            self.parties.last_change((side, index))
        }

        /// Whether the party that an account serves or served is under a hold
        /// now; an account of nobody is not. Another account does not free a
        /// party of its hold.
        #[ink(message)]
        pub fn is_held(&self, account: AccountId) -> bool {
            match self.accounts.holder(account) {
                Some(Holder::Party(side, index)) => self.is_party_held(side, index),
                _ => false,
            }
        }

        /// Whether a party is under a hold now.
        #[ink(message)]
        pub fn is_party_held(&self, side: Side, index: u32) -> bool {
            self.parties.is_held((side, index), self.env().block_timestamp())
        }

        /// What a claim for an epoch needs to know of each party, in the order
        /// asked; `None` for one that had not joined by the epoch's close. An
        /// empty answer if more than 256 are asked for.
        #[ink(message)]
        pub fn claimants(&self, side: Side, epoch: Epoch, indices: Vec<u32>) -> Vec<Option<Claimant>> {
            if indices.len() > MAX_QUERIES {
                return Vec::new();
            }
            let now_ms = self.env().block_timestamp();
            indices.into_iter().map(|index| self.parties.claimant((side, index), epoch, now_ms)).collect()
        }

        /// The account that a party proposed, accepted or not.
        #[ink(message)]
        pub fn proposed_account(&self, side: Side, index: u32) -> Option<AccountProposal> {
            self.successions.proposals.get((side, index))
        }

        /// A party's recovery that is not finished.
        #[ink(message)]
        pub fn recovery_of(&self, side: Side, index: u32) -> Option<Recovery> {
            self.successions.recoveries.get((side, index))
        }

        /// Agents ever registered; also the highest number.
        #[ink(message)]
        pub fn agent_count(&self) -> u32 {
            self.agents.count()
        }

        /// An agent.
        #[ink(message)]
        pub fn agent(&self, agent: u32) -> Option<Agent> {
            self.agents.get(agent)
        }

        /// The agent whose account this is now.
        #[ink(message)]
        pub fn agent_of(&self, account: AccountId) -> Option<u32> {
            self.accounts.agent(account)
        }

        /// Whether this is the account of an agent who may lock deposits.
        #[ink(message)]
        pub fn is_agent(&self, account: AccountId) -> bool {
            self.agent_of(account).and_then(|agent| self.agents.get(agent)).is_some_and(|agent| agent.active)
        }

        /// A device's shop, also of one that was retired.
        #[ink(message)]
        pub fn merchant_of_device(&self, device: DeviceId) -> Option<MerchantIndex> {
            self.devices.merchant(device)
        }

        /// Whether a device was retired.
        #[ink(message)]
        pub fn is_retired(&self, device: DeviceId) -> bool {
            self.devices.is_retired(device)
        }

        /// The figures by which a shop is scored in an epoch; final once the
        /// epoch has begun. `None` before its first ones count.
        #[ink(message)]
        pub fn capital_of(&self, merchant: MerchantIndex, epoch: Epoch) -> Option<Capital> {
            match self.values.at(Subject::Capital(merchant), epoch)? {
                Value::Capital(value) => Some(value),
                _ => None,
            }
        }

        /// A shop's trade and region in an epoch, as `capital_of`.
        #[ink(message)]
        pub fn business_of(&self, merchant: MerchantIndex, epoch: Epoch) -> Option<Business> {
            match self.values.at(Subject::Business(merchant), epoch)? {
                Value::Business(value) => Some(value),
                _ => None,
            }
        }

        /// A trade's clamp in an epoch; final once the epoch has begun. `None`
        /// before the first one counts: then totals are not clamped.
        #[ink(message)]
        pub fn clamp_of(&self, trade: u16, epoch: Epoch) -> Option<Clamp> {
            match self.values.at(Subject::Clamp(trade), epoch)? {
                Value::Clamp(value) => Some(value),
                _ => None,
            }
        }

        /// The least capital of a trade in a region in an epoch, minor units a
        /// month, as `clamp_of`; `None` if there is none.
        #[ink(message)]
        pub fn capital_floor(&self, business: Business, epoch: Epoch) -> Option<u128> {
            match self.values.at(Subject::Floor(business), epoch)? {
                Value::Floor(value) => Some(value),
                _ => None,
            }
        }

        /// How much of a customer's cash and external payments counts in an
        /// epoch, minor units, as `clamp_of`; `None` if there is no cap.
        #[ink(message)]
        pub fn cash_cap(&self, epoch: Epoch) -> Option<u64> {
            match self.values.at(Subject::CashCap, epoch)? {
                Value::CashCap(value) => Some(value),
                _ => None,
            }
        }

        /// The calendar given at deployment.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        /// The chain's genesis hash, as `bzky` knows it.
        #[ink(message)]
        pub fn genesis(&self) -> Hash {
            self.setup.get().map(|setup| setup.genesis).unwrap_or_default()
        }
    }
}
