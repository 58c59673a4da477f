//! Who takes part: merchants, customers, devices, attestors (architecture.md,
//! registry).
//!
//! | module | holds |
//! |---|---|
//! | [`party`] | a party's standing, now and at the close of any epoch |
//! | [`capital`] | a shop's capital figures, for any epoch |
//! | `history` | the search both use |
//!
//! A party keeps its index for ever, whatever becomes of it.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod capital;
mod history;
pub mod party;
#[cfg(test)]
mod tests;

pub use self::registry::{Registry, RegistryRef};

/// The contract.
#[ink::contract]
#[allow(missing_docs)] // what the macro generates; the messages are documented
pub mod registry {
    use crate::{
        capital::{is_within_bounds, Figures, Latest, Proposal},
        party::{HoldRefused, Identity, Party, Standing},
    };
    use bizkey_primitives::{
        calendar::stamp,
        cross_contract::call,
        errors::{receipts, registry::Error},
        events::{AttestorChanged, CapitalAttested, CapitalProposed, HoldPlaced, PartyRegistered, StatusChanged},
        party::{Capital, Claimant},
        signature::PublicKey,
        Calendar, DeviceId, Epoch, MerchantIndex, Side, Stamp, Status,
    };
    use ink::{prelude::vec::Vec, storage::Mapping};

    /// Most parties that one call can ask for, and most attestors to start with.
    pub const MAX_QUERIES: usize = 256;

    /// Side, index, and position in the party's list.
    type StandingKey = (Side, u32, u32);

    /// Parties, devices and who attests them.
    #[ink(storage)]
    pub struct Registry {
        /// The network's calendar.
        calendar: Calendar,
        /// The chain's genesis hash, for messages signed by wallets.
        genesis: Hash,
        /// Who deployed it, and decides standings.
        admin: AccountId,
        /// The contract that keeps devices' keys; bound once.
        receipts: Option<AccountId>,
        /// Merchants so far, which is the last index.
        merchants: u32,
        /// Customers so far, which is the last index.
        customers: u32,
        /// Devices so far, which is the last number.
        devices: DeviceId,
        parties: Mapping<(Side, u32), Party>,
        identities: Mapping<(Side, u32), Identity>,
        /// Standings that ended with an epoch.
        standings: Mapping<StandingKey, Standing>,
        parties_of_accounts: Mapping<AccountId, (Side, u32)>,
        parties_of_nullifiers: Mapping<(Side, Hash), u32>,
        attestors: Mapping<AccountId, ()>,
        proposals: Mapping<MerchantIndex, Proposal>,
        capitals: Mapping<MerchantIndex, Latest>,
        /// Figures that later ones followed: merchant, position.
        earlier_figures: Mapping<(MerchantIndex, u32), Figures>,
        merchants_of_devices: Mapping<DeviceId, MerchantIndex>,
    }

    impl Registry {
        /// A registry on `bzky`'s calendar; the caller becomes its admin.
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
            if self.env().caller() != self.admin {
                return Err(Error::NotDeployer);
            }
            if self.receipts.is_some() {
                return Err(Error::AlreadyBound);
            }
            self.receipts = Some(receipts);
            Ok(())
        }

        /// Makes an account an attestor, or no longer one. Saying it twice
        /// changes nothing.
        ///
        /// # Errors
        /// `NotAdmin`.
        #[ink(message)]
        pub fn set_attestor(&mut self, attestor: AccountId, active: bool) -> Result<(), Error> {
            self.only_admin()?;
            if self.attestors.contains(attestor) == active {
                return Ok(());
            }
            if active {
                self.attestors.insert(attestor, &());
            } else {
                self.attestors.remove(attestor);
            }
            self.env().emit_event(AttestorChanged { attestor, active });
            Ok(())
        }

        /// Registers a merchant or customer under the next index of its side,
        /// from 1. Attestors only.
        ///
        /// # Errors
        /// `NotAttestor`, `ZeroAccount`, `NullifierUsed` on this side,
        /// `AccountUsed` on either side, `IndexExhausted`.
        #[ink(message)]
        pub fn register(
            &mut self,
            side: Side,
            account: AccountId,
            nullifier: Hash,
            commitment: Hash,
        ) -> Result<u32, Error> {
            self.only_attestor()?;
            if account == AccountId::from([0; 32]) {
                return Err(Error::ZeroAccount);
            }
            if self.parties_of_nullifiers.contains((side, nullifier)) {
                return Err(Error::NullifierUsed);
            }
            if self.parties_of_accounts.contains(account) {
                return Err(Error::AccountUsed);
            }
            let now = self.now();
            let count = self.count_mut(side);
            let index = count.checked_add(1).ok_or(Error::IndexExhausted)?;
            *count = index;
            self.parties.insert((side, index), &Party::new(account, now));
            self.identities.insert((side, index), &Identity { nullifier, commitment });
            self.parties_of_accounts.insert(account, &(side, index));
            self.parties_of_nullifiers.insert((side, nullifier), &index);
            self.env().emit_event(PartyRegistered { side, index, account, commitment });
            Ok(index)
        }

        /// States a shop's capital. The first attestor proposes; a second one
        /// who states the same figures sets them; other figures replace the
        /// proposal. Attestors only.
        ///
        /// # Errors
        /// `NotAttestor`, `UnknownParty`, `CapitalOutOfBounds`; `SameAttestor`
        /// if the caller has proposed these figures already.
        #[ink(message)]
        pub fn attest_capital(&mut self, merchant: MerchantIndex, capital: Capital) -> Result<(), Error> {
            let attestor = self.only_attestor()?;
            self.only_known(Side::Merchant, merchant)?;
            if !is_within_bounds(&capital) {
                return Err(Error::CapitalOutOfBounds);
            }
            match self.proposals.get(merchant) {
                Some(proposal) if proposal.capital == capital && proposal.attestor == attestor => {
                    return Err(Error::SameAttestor);
                }
                // The word of somebody who is no attestor any more does not count.
                Some(proposal) if proposal.capital == capital && self.attestors.contains(proposal.attestor) => {}
                _ => {
                    self.proposals.insert(merchant, &Proposal { attestor, capital });
                    self.env().emit_event(CapitalProposed { merchant, attestor, capital });
                    return Ok(());
                }
            }
            let (latest, ended) = Latest::set(self.capitals.get(merchant), self.now(), capital);
            if let Some((position, figures)) = ended {
                self.earlier_figures.insert((merchant, position), &figures);
            }
            self.proposals.remove(merchant);
            self.capitals.insert(merchant, &latest);
            self.env().emit_event(CapitalAttested { merchant, capital, from_epoch: latest.figures.from });
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
            self.only_known(Side::Merchant, merchant)?;
            let device = self.devices.checked_add(1).ok_or(Error::IndexExhausted)?;
            self.devices = device;
            self.merchants_of_devices.insert(device, &merchant);
            self.tell_receipts(ink::selector_bytes!("add_device"), &(device, merchant, key))?;
            Ok(device)
        }

        /// Stops or starts a device in `receipts`. Attestors only.
        ///
        /// # Errors
        /// `NotAttestor`, `UnknownDevice`, `NotBound`, `CalleeFailed` if
        /// `receipts` does not take it.
        #[ink(message)]
        pub fn set_device_active(&mut self, device: DeviceId, active: bool) -> Result<(), Error> {
            self.only_attestor()?;
            if !self.merchants_of_devices.contains(device) {
                return Err(Error::UnknownDevice);
            }
            self.tell_receipts(ink::selector_bytes!("set_device_active"), &(device, active))
        }

        /// Moves a party on the ladder, from this epoch on. Saying it twice
        /// changes nothing. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `UnknownParty`.
        #[ink(message)]
        pub fn set_status(&mut self, side: Side, index: u32, status: Status, reason: Hash) -> Result<(), Error> {
            self.only_admin()?;
            let mut party = self.party(side, index)?;
            if party.standing.status == status {
                return Ok(());
            }
            if let Some((position, ended)) = party.change(self.now(), party.standing.account, status) {
                self.standings.insert((side, index, position), &ended);
            }
            self.parties.insert((side, index), &party);
            self.env().emit_event(StatusChanged { side, index, status, reason });
            Ok(())
        }

        /// Stops a party's claims and deposit release until `until_ms`, once
        /// and for at most 14 days. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `UnknownParty`, `HoldTooLong`, `HoldNotRenewable`.
        #[ink(message)]
        pub fn place_hold(&mut self, side: Side, index: u32, until_ms: u64, reason: Hash) -> Result<(), Error> {
            self.only_admin()?;
            let mut party = self.party(side, index)?;
            party.hold(self.env().block_timestamp(), until_ms).map_err(|refused| match refused {
                HoldRefused::TooLong => Error::HoldTooLong,
                HoldRefused::NotRenewable => Error::HoldNotRenewable,
            })?;
            self.parties.insert((side, index), &party);
            self.env().emit_event(HoldPlaced { side, index, until_ms, reason });
            Ok(())
        }

        /// Merchants or customers ever registered; also the highest index.
        #[ink(message)]
        pub fn count(&self, side: Side) -> u32 {
            match side {
                Side::Merchant => self.merchants,
                Side::Customer => self.customers,
            }
        }

        /// A party's account now.
        #[ink(message)]
        pub fn account_of(&self, side: Side, index: u32) -> Option<AccountId> {
            self.parties.get((side, index)).map(|party| party.standing.account)
        }

        /// The party that an account belongs to.
        #[ink(message)]
        pub fn party_of(&self, account: AccountId) -> Option<(Side, u32)> {
            self.parties_of_accounts.get(account)
        }

        /// A party's status now.
        #[ink(message)]
        pub fn status_of(&self, side: Side, index: u32) -> Option<Status> {
            self.parties.get((side, index)).map(|party| party.standing.status)
        }

        /// A party's status at the close of an epoch, or now if the epoch is
        /// not over; `None` if it joined later or never.
        #[ink(message)]
        pub fn status_at(&self, side: Side, index: u32, epoch: Epoch) -> Option<Status> {
            self.standing_at(side, index, epoch).map(|standing| standing.status)
        }

        /// A party's account at the close of an epoch, as `status_at`.
        #[ink(message)]
        pub fn account_at(&self, side: Side, index: u32, epoch: Epoch) -> Option<AccountId> {
            self.standing_at(side, index, epoch).map(|standing| standing.account)
        }

        /// Whether an account's party is under a hold now; an account of
        /// nobody is not.
        #[ink(message)]
        pub fn is_held(&self, account: AccountId) -> bool {
            self.party_of(account)
                .and_then(|key| self.parties.get(key))
                .is_some_and(|party| party.is_held(self.env().block_timestamp()))
        }

        /// The figures by which a shop is scored in an epoch; final once the
        /// epoch has begun. `None` before its first ones count.
        #[ink(message)]
        pub fn capital_of(&self, merchant: MerchantIndex, epoch: Epoch) -> Option<Capital> {
            self.capitals.get(merchant)?.at(epoch, |position| self.earlier_figures.get((merchant, position)))
        }

        /// A device's shop.
        #[ink(message)]
        pub fn merchant_of_device(&self, device: DeviceId) -> Option<MerchantIndex> {
            self.merchants_of_devices.get(device)
        }

        /// What a claim for an epoch needs to know of each party, in the order
        /// asked; `None` for one that had not joined by the epoch's close. An
        /// empty answer if more than 256 are asked for.
        #[ink(message)]
        pub fn claimants(&self, side: Side, epoch: Epoch, indices: Vec<u32>) -> Vec<Option<Claimant>> {
            if indices.len() > MAX_QUERIES {
                return Vec::new();
            }
            let (at, now_ms) = (stamp(epoch), self.env().block_timestamp());
            let claimant = |index: u32| {
                let party = self.parties.get((side, index))?;
                party.claimant(at, now_ms, |position| self.standings.get((side, index, position)))
            };
            indices.into_iter().map(claimant).collect()
        }

        /// The calendar given at deployment.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        /// The chain's genesis hash, as `bzky` knows it.
        #[ink(message)]
        pub fn genesis(&self) -> Hash {
            self.genesis
        }

        /// The state that a constructor leaves.
        pub(crate) fn open(calendar: Calendar, genesis: Hash, attestors: &[AccountId]) -> Result<Self, Error> {
            if attestors.len() > MAX_QUERIES {
                return Err(Error::TooManyQueries);
            }
            let mut registry = Self {
                calendar,
                genesis,
                admin: Self::env().caller(),
                receipts: None,
                merchants: 0,
                customers: 0,
                devices: 0,
                parties: Mapping::new(),
                identities: Mapping::new(),
                standings: Mapping::new(),
                parties_of_accounts: Mapping::new(),
                parties_of_nullifiers: Mapping::new(),
                attestors: Mapping::new(),
                proposals: Mapping::new(),
                capitals: Mapping::new(),
                earlier_figures: Mapping::new(),
                merchants_of_devices: Mapping::new(),
            };
            for &attestor in attestors {
                registry.set_attestor(attestor, true)?;
            }
            Ok(registry)
        }

        fn now(&self) -> Stamp {
            self.calendar.stamp_at(self.env().block_timestamp())
        }

        fn only_admin(&self) -> Result<(), Error> {
            if self.env().caller() == self.admin {
                Ok(())
            } else {
                Err(Error::NotAdmin)
            }
        }

        fn only_attestor(&self) -> Result<AccountId, Error> {
            let caller = self.env().caller();
            if self.attestors.contains(caller) {
                Ok(caller)
            } else {
                Err(Error::NotAttestor)
            }
        }

        /// Indices are given without gaps, so the count tells who exists.
        fn only_known(&self, side: Side, index: u32) -> Result<(), Error> {
            if index >= 1 && index <= self.count(side) {
                Ok(())
            } else {
                Err(Error::UnknownParty)
            }
        }

        fn party(&self, side: Side, index: u32) -> Result<Party, Error> {
            self.parties.get((side, index)).ok_or(Error::UnknownParty)
        }

        fn standing_at(&self, side: Side, index: u32, epoch: Epoch) -> Option<Standing> {
            let party = self.parties.get((side, index))?;
            party.standing_at(stamp(epoch), |position| self.standings.get((side, index, position)))
        }

        fn count_mut(&mut self, side: Side) -> &mut u32 {
            match side {
                Side::Merchant => &mut self.merchants,
                Side::Customer => &mut self.customers,
            }
        }

        /// Everything `receipts` is told answers alike; it refuses only what
        /// this contract never asks, so a refusal is a failure.
        fn tell_receipts(&self, selector: [u8; 4], arguments: &impl scale::Encode) -> Result<(), Error> {
            let receipts = self.receipts.ok_or(Error::NotBound)?;
            let answer: Result<(), receipts::Error> =
                call(receipts, selector, arguments).map_err(|_| Error::CalleeFailed)?;
            answer.map_err(|_| Error::CalleeFailed)
        }
    }
}
