//! Signed batches of receipts, put on chain for good (architecture.md,
//! receipts).
//!
//! | module | holds |
//! |---|---|
//! | [`batch`] | the order of a device's batches and their rolling hash |
//! | [`counts`] | what an epoch has taken in |
//! | [`demands`] | demands to open a receipt against its customer's ticket |
//! | `opening` | what a demand asks of the other contracts |
//! | [`roles`] | who administers it |
//! | `entry` | the short way that an ordinary batch takes, on chain |
//! | `memory` | faster copies than ink!'s, on chain only |
//!
//! The contract never reads a payload, except to open one of its receipts: an
//! ordinary `record` reads two cells, the root with the epoch's counts and the
//! device, writes the device, and the root as long as its counts matter, and
//! emits the payload as it came.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod batch;
pub mod counts;
pub mod demands;
mod entry;
#[cfg(any(test, target_arch = "wasm32"))]
pub mod memory;
mod opening;
pub mod roles;
#[cfg(test)]
mod tests;

pub use self::receipts::{Receipts, ReceiptsRef};

/// The contract.
#[ink::contract]
#[allow(missing_docs)] // what the macro generates; the messages are documented
pub mod receipts {
    use crate::{
        batch::{self, ClosedHead},
        counts::{Counts, Latest},
        demands::Demands,
        entry::DEVICES_KEY,
        roles::{Bound, Setup},
    };
    use bizkey_primitives::{
        action::{receipts::Action, Authorization, Nonces},
        calendar::stamp,
        cross_contract::call,
        errors::receipts::Error,
        events::{
            BatchRecorded, DeviceRegistered, DeviceRetired, DeviceStateChanged, OpeningRulesSet, ReceiptVoided,
            ReceiptsCodeChanged, ReceiptsHandedOver, ReceiptsOssified, ReceiptsPaused,
        },
        opening::{Demand, Evidence, OpeningRules},
        party::Device,
        pause::{Pause, Pauses},
        receipt::{batch_hash, void_hash},
        signature::{PublicKey, Signature},
        ticket::Ticket,
        Calendar, DeviceId, Epoch, MerchantIndex, Stamp,
    };
    use ink::{
        prelude::vec::Vec,
        storage::{traits::ManualKey, Lazy, Mapping},
    };

    /// Devices, what each epoch has taken in, and demands.
    #[ink(storage)]
    pub struct Receipts {
        /// The network's calendar.
        pub(crate) calendar: Calendar,
        /// The chain's genesis hash, part of every signed message.
        pub(crate) genesis: Hash,
        /// Kept here, in the cell that every call reads anyway.
        latest: Latest,
        /// The last of them here too, the others in cells of their own.
        pub(crate) pauses: Pauses,
        /// Counts of epochs before the latest.
        closed_counts: Mapping<Stamp, Counts>,
        pub(crate) devices: Mapping<DeviceId, Device, ManualKey<DEVICES_KEY>>,
        /// Heads of closed epochs: device, slot.
        closed_heads: Mapping<(DeviceId, u32), ClosedHead>,
        /// The latest epoch in which a merchant recorded, as a stamp.
        last_seen: Mapping<MerchantIndex, Stamp>,
        /// Devices that record nothing more.
        retired: Mapping<DeviceId, ()>,
        pub(crate) demands: Demands,
        nonces: Nonces,
        setup: Lazy<Setup>,
    }

    impl Receipts {
        /// Takes receipts on `bzky`'s calendar from devices that `registry`
        /// names. The deployer binds, and administers until it hands over.
        ///
        /// # Errors
        /// `BadCalendar` if the calendar is unusable or not `bzky`'s,
        /// `CalleeFailed` if `bzky` does not answer.
        #[ink(constructor)]
        pub fn new(calendar: Calendar, bzky: AccountId, registry: AccountId) -> Result<Self, Error> {
            let theirs: Calendar =
                call(bzky, ink::selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?;
            if theirs != calendar || !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let genesis = call(bzky, ink::selector_bytes!("genesis"), &()).map_err(|_| Error::CalleeFailed)?;
            Ok(Self::open(calendar, genesis, Setup::new(Self::env().caller(), bzky, registry)))
        }

        /// Names the contracts that a failed opening needs, once, by the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`.
        #[ink(message)]
        pub fn bind(&mut self, pos_deposit: AccountId, rewards: AccountId, vault: AccountId) -> Result<(), Error> {
            self.change_setup(|setup, caller| setup.bind(caller, Bound { pos_deposit, rewards, vault }))
        }

        /// Names the administrator for good, once, by the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`.
        #[ink(message)]
        pub fn hand_over(&mut self, admin: AccountId) -> Result<(), Error> {
            self.change_setup(|setup, caller| Ok(setup.administration.hand_over(caller, admin)?))?;
            self.env().emit_event(ReceiptsHandedOver { admin });
            Ok(())
        }

        /// Runs other code from the next call on. Admin only; the delay and
        /// the votes are `foundation`'s to keep.
        ///
        /// # Errors
        /// `NotAdmin`, `Ossified`, `UnknownCode`.
        #[ink(message)]
        pub fn set_code(&mut self, code_hash: Hash) -> Result<(), Error> {
            self.setup()?.administration.may_change_code(self.env().caller())?;
            self.env().set_code_hash(&code_hash).map_err(|_| Error::UnknownCode)?;
            self.env().emit_event(ReceiptsCodeChanged { code_hash });
            Ok(())
        }

        /// Makes the code final. Admin only; not to be undone.
        ///
        /// # Errors
        /// `NotAdmin`; `Ossified` if it is already.
        #[ink(message)]
        pub fn ossify(&mut self) -> Result<(), Error> {
            self.change_setup(|setup, caller| Ok(setup.administration.ossify(caller)?))?;
            self.env().emit_event(ReceiptsOssified {});
            Ok(())
        }

        /// Stops `record` until `until_ms`, and nothing else. Every time to
        /// open a receipt that is running is longer by it. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `PauseTooLong`, `PauseCoolingDown`.
        #[ink(message)]
        pub fn pause(&mut self, until_ms: u64) -> Result<(), Error> {
            self.setup()?.administration.only_admin(self.env().caller())?;
            self.pauses.begin(self.env().block_timestamp(), until_ms)?;
            self.env().emit_event(ReceiptsPaused { until_ms });
            Ok(())
        }

        /// Sets bond, penalty and time to open of later demands. Saying it
        /// twice is no error. Admin only.
        ///
        /// # Errors
        /// `NotAdmin`, `BadRules`.
        #[ink(message)]
        pub fn set_opening_rules(&mut self, rules: OpeningRules) -> Result<(), Error> {
            self.change_setup(|setup, caller| {
                setup.administration.only_admin(caller)?;
                if !rules.is_valid() {
                    return Err(Error::BadRules);
                }
                setup.rules = rules;
                Ok(())
            })?;
            self.env().emit_event(OpeningRulesSet { rules });
            Ok(())
        }

        /// Lets a new device record, from sequence number 0. `registry` only.
        ///
        /// # Errors
        /// `NotRegistry`, `DeviceExists`.
        #[ink(message)]
        pub fn add_device(&mut self, device: DeviceId, merchant: MerchantIndex, key: PublicKey) -> Result<(), Error> {
            self.only_registry()?;
            if self.devices.contains(device) {
                return Err(Error::DeviceExists);
            }
            self.devices.insert(device, &batch::new_device(merchant, key));
            self.env().emit_event(DeviceRegistered { device, merchant, key });
            Ok(())
        }

        /// Stops or starts a device. Saying it twice changes nothing.
        /// `registry` only.
        ///
        /// # Errors
        /// `NotRegistry`, `UnknownDevice`; `DeviceRetired` to start one that was.
        #[ink(message)]
        pub fn set_device_active(&mut self, device: DeviceId, active: bool) -> Result<(), Error> {
            self.only_registry()?;
            let mut record = self.known(device)?;
            if active && self.retired.contains(device) {
                return Err(Error::DeviceRetired);
            }
            if record.active != active {
                record.active = active;
                self.devices.insert(device, &record);
                self.env().emit_event(DeviceStateChanged { device, active });
            }
            Ok(())
        }

        /// Stops a lost or broken device for good. What it recorded stays, and
        /// its sequence number too: the shop's next device starts from 0 under
        /// another number. Saying it twice changes nothing. `registry` only.
        ///
        /// # Errors
        /// `NotRegistry`, `UnknownDevice`.
        #[ink(message)]
        pub fn retire_device(&mut self, device: DeviceId) -> Result<(), Error> {
            self.only_registry()?;
            let record = self.known(device)?;
            if !self.retired.contains(device) {
                self.retired.insert(device, &());
                self.devices.insert(device, &Device { active: false, ..record });
                self.env().emit_event(DeviceRetired { device, next_seq: record.next_seq });
            }
            Ok(())
        }

        /// Puts a device's next batch on chain. Anybody may submit it. Not
        /// idempotent, but a second try changes nothing: `SequenceReplayed`.
        ///
        /// # Errors
        /// The first that applies of `BeforeGenesis`, `Paused`,
        /// `UnknownDevice`, `DeviceStopped`, `BadCount`, `PayloadTooLarge`,
        /// `SequenceReplayed`, `SequenceGap`, `TooManyBatches`, `BadSignature`.
        #[ink(message)]
        pub fn record(
            &mut self,
            device: DeviceId,
            seq: u64,
            count: u16,
            payload: Vec<u8>,
            signature: Signature,
        ) -> Result<(), Error> {
            let now_ms = self.env().block_timestamp();
            let now = self.calendar.stamp_at(now_ms);
            if now == 0 {
                return Err(Error::BeforeGenesis);
            }
            if self.pauses.is_on(now_ms) {
                return Err(Error::Paused);
            }
            let mut record = self.known(device)?;
            batch::check(&record, now, seq, count, payload.len())?;
            let hash = batch_hash(&self.genesis, &self.address(), device, seq, count, &payload);
            if !signature.verify(&hash, &record.key) {
                return Err(Error::BadSignature);
            }

            let merchant = record.merchant;
            // A device that recorded in this epoch has had its merchant counted.
            let new_merchant = record.head_stamp != now && self.first_batch_of(merchant, now);
            if let Some(closed) = batch::book(&mut record, now, &hash) {
                self.closed_heads.insert((device, batch::slot(closed.stamp)), &closed);
            }
            self.devices.insert(device, &record);
            self.env().emit_event(BatchRecorded { device, merchant, seq, count, payload });
            if let Some((stamp, counts)) = self.latest.book(now, new_merchant, count) {
                self.closed_counts.insert(stamp, &counts);
            }
            Ok(())
        }

        /// Says that one recorded receipt no longer counts, by the word of the
        /// device that signed it. Anybody may submit it; a repeat means
        /// nothing, and so does a position that the batch does not have.
        ///
        /// # Errors
        /// The first that applies of `UnknownDevice`, `DeviceStopped`,
        /// `SequenceUnknown`, `BadSignature`.
        #[ink(message)]
        pub fn void_receipt(
            &mut self,
            device: DeviceId,
            seq: u64,
            index: u16,
            signature: Signature,
        ) -> Result<(), Error> {
            let record = self.known(device)?;
            // The key of a stopped device may be in foreign hands.
            if !record.active {
                return Err(Error::DeviceStopped);
            }
            self.check_recorded(&record, seq)?;
            if !signature.verify(&void_hash(&self.genesis, &self.address(), device, seq, index), &record.key) {
                return Err(Error::BadSignature);
            }
            self.env().emit_event(ReceiptVoided { device, merchant: record.merchant, seq, index });
            Ok(())
        }

        /// Says that one recorded receipt no longer counts, by the account of
        /// the device's shop, also for a device that was stopped or retired. A
        /// repeat means nothing, and so does a position that the batch does
        /// not have.
        ///
        /// # Errors
        /// The first that applies of `UnknownDevice`, `SequenceUnknown`,
        /// `CalleeFailed`, `NotDeviceMerchant`.
        #[ink(message)]
        pub fn void_by_merchant(&mut self, device: DeviceId, seq: u64, index: u16) -> Result<(), Error> {
            self.void_as(self.env().caller(), device, seq, index)
        }

        /// Gives a bond, by allowance, for the ticket of a receipt of one of
        /// the last 32 closed epochs to be shown. Anybody may; not idempotent:
        /// a receipt is demanded once, ever.
        ///
        /// # Errors
        /// The first that applies of `NotBound`, `UnknownDevice`,
        /// `EpochNotKept`, `BadEvidence`, `NoTicket`, `TooManyDemands`,
        /// `AlreadyDemanded`, `CalleeFailed`, `PaymentRefused`.
        #[ink(message)]
        pub fn demand_opening(&mut self, evidence: Evidence) -> Result<(), Error> {
            self.demand_as(self.env().caller(), &evidence)
        }

        /// Shows a demanded receipt's ticket: the bond goes to the shop.
        /// Anybody may submit it, in time. Not idempotent: `NotDemanded`.
        ///
        /// # Errors
        /// The first that applies of `NotDemanded`, `OpeningOver`,
        /// `BadTicket`, `CalleeFailed`, `BadSignature`, `PaymentRefused`.
        #[ink(message)]
        pub fn open_receipt(
            &mut self,
            device: DeviceId,
            seq: u64,
            index: u16,
            ticket: Ticket,
            signature: Signature,
        ) -> Result<(), Error> {
            self.open_with((device, seq, index), &ticket, &signature)
        }

        /// States that a demanded receipt was not opened in time. The bond
        /// goes back with half of the penalty, the receipt is void, and what
        /// the device's deposit cannot pay becomes the shop's debt. Anybody
        /// may. Not idempotent: `NotDemanded`.
        ///
        /// # Errors
        /// The first that applies of `NotDemanded`, `OpeningRuns`, `NotBound`,
        /// `CalleeFailed`, `PaymentRefused`.
        #[ink(message)]
        pub fn fail_opening(&mut self, device: DeviceId, seq: u64, index: u16) -> Result<(), Error> {
            self.fail((device, seq, index))
        }

        /// Forgets a settled demand whose receipt nobody can show any more,
        /// its epoch being no longer among the last 32. Anybody may; the
        /// storage deposit is theirs.
        ///
        /// # Errors
        /// `NotDemanded`, `DemandKept`.
        #[ink(message)]
        pub fn forget_demand(&mut self, device: DeviceId, seq: u64, index: u16) -> Result<(), Error> {
            let now = self.calendar.stamp_at(self.env().block_timestamp());
            self.demands.forget((device, seq, index), now)
        }

        /// Does what an account signed, carried by anybody. Once: the nonce is
        /// used up.
        ///
        /// # Errors
        /// `Expired`, `BadNonce`, `BadSignature`, and those of the action.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<(), Error> {
            let now_ms = self.env().block_timestamp();
            let contract = self.env().account_id();
            let account = self.nonces.spend(&self.genesis, &contract, now_ms, &authorization, &action)?;
            match action {
                Action::VoidByMerchant { device, seq, index } => self.void_as(account, device, seq, index),
                Action::DemandOpening(evidence) => self.demand_as(account, &evidence),
            }
        }

        /// Everything kept of a device.
        #[ink(message)]
        pub fn device(&self, device: DeviceId) -> Option<Device> {
            self.devices.get(device)
        }

        /// The sequence number of a device's next batch.
        #[ink(message)]
        pub fn next_seq(&self, device: DeviceId) -> Option<u64> {
            self.devices.get(device).map(|record| record.next_seq)
        }

        /// Whether a device was retired.
        #[ink(message)]
        pub fn is_retired(&self, device: DeviceId) -> bool {
            self.retired.contains(device)
        }

        /// The rolling hash of a device's batches in one of the last 32 closed
        /// epochs; `None` for any other epoch, or if it recorded nothing in it.
        #[ink(message)]
        pub fn head(&self, device: DeviceId, epoch: Epoch) -> Option<Hash> {
            self.closed_head(&self.devices.get(device)?, device, epoch).map(Hash::from)
        }

        /// Merchants with a batch in an epoch; 30,000 stands for that many or more.
        #[ink(message)]
        pub fn merchants_seen(&self, epoch: Epoch) -> u32 {
            self.counts(epoch).merchants
        }

        /// Receipts that an epoch's batches announce; 100,000 stands for that
        /// many or more.
        #[ink(message)]
        pub fn receipts_in(&self, epoch: Epoch) -> u64 {
            self.counts(epoch).receipts
        }

        /// Both counts of an epoch: merchants, receipts.
        #[ink(message)]
        pub fn epoch_counts(&self, epoch: Epoch) -> (u32, u64) {
            let counts = self.counts(epoch);
            (counts.merchants, counts.receipts)
        }

        /// The demand about a receipt, also a settled one that is still kept.
        #[ink(message)]
        pub fn demand_of(&self, device: DeviceId, seq: u64, index: u16) -> Option<Demand> {
            self.demands.of((device, seq, index))
        }

        /// When the time to open a demanded receipt ends, Unix milliseconds,
        /// pauses so far counted in; `None` if the demand is settled or unknown.
        #[ink(message)]
        pub fn opening_ends(&self, device: DeviceId, seq: u64, index: u16) -> Option<u64> {
            self.demands.waiting((device, seq, index)).ok().map(|demand| self.end_of(&demand))
        }

        /// Demands open against a shop.
        #[ink(message)]
        pub fn open_demands(&self, merchant: MerchantIndex) -> u32 {
            self.demands.open_against(merchant)
        }

        /// The bond of the next demand against a shop, smallest unit of Bzky;
        /// `None` while no more are taken.
        #[ink(message)]
        pub fn demand_bond(&self, merchant: MerchantIndex) -> Option<Balance> {
            self.demands.bond(&self.opening_rules(), merchant).ok()
        }

        /// Bond, penalty and time to open of later demands.
        #[ink(message)]
        pub fn opening_rules(&self) -> OpeningRules {
            self.setup.get().map_or_else(OpeningRules::default, |setup| setup.rules)
        }

        /// Who administers, and what it works with.
        #[ink(message)]
        pub fn settings(&self) -> Option<Setup> {
            self.setup.get()
        }

        /// Who administers.
        #[ink(message)]
        pub fn admin(&self) -> AccountId {
            // The constructor sets it; nobody has the key of zeros.
            self.setup.get().map_or(AccountId::from([0; 32]), |setup| setup.administration.admin)
        }

        /// Whether the code is final.
        #[ink(message)]
        pub fn is_ossified(&self) -> bool {
            self.setup.get().is_some_and(|setup| setup.administration.ossified)
        }

        /// The last pause; zeros before the first.
        #[ink(message)]
        pub fn last_pause(&self) -> Pause {
            self.pauses.last()
        }

        /// The nonce of an account's next authorization.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
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
        pub(crate) fn open(calendar: Calendar, genesis: Hash, setup: Setup) -> Self {
            let mut receipts = Self {
                calendar,
                genesis,
                latest: Latest::default(),
                pauses: Pauses::default(),
                closed_counts: Mapping::new(),
                devices: Mapping::new(),
                closed_heads: Mapping::new(),
                last_seen: Mapping::new(),
                retired: Mapping::new(),
                demands: Demands::default(),
                nonces: Nonces::default(),
                setup: Lazy::new(),
            };
            receipts.setup.set(&setup);
            receipts
        }

        /// The constructor sets it.
        pub(crate) fn setup(&self) -> Result<Setup, Error> {
            self.setup.get().ok_or(Error::NotBound)
        }

        fn change_setup(
            &mut self,
            change: impl FnOnce(&mut Setup, AccountId) -> Result<(), Error>,
        ) -> Result<(), Error> {
            let mut setup = self.setup()?;
            change(&mut setup, self.env().caller())?;
            self.setup.set(&setup);
            Ok(())
        }

        fn only_registry(&self) -> Result<(), Error> {
            if self.env().caller() == self.setup()?.registry {
                Ok(())
            } else {
                Err(Error::NotRegistry)
            }
        }

        pub(crate) fn known(&self, device: DeviceId) -> Result<Device, Error> {
            self.devices.get(device).ok_or(Error::UnknownDevice)
        }

        pub(crate) fn check_recorded(&self, record: &Device, seq: u64) -> Result<(), Error> {
            if seq < record.next_seq {
                Ok(())
            } else {
                Err(Error::SequenceUnknown)
            }
        }

        /// The head with which a closed epoch ended, if it is kept.
        pub(crate) fn closed_head(&self, record: &Device, device: DeviceId, epoch: Epoch) -> Option<[u8; 32]> {
            let now = self.calendar.stamp_at(self.env().block_timestamp());
            batch::closed_head(record, stamp(epoch), now, |slot| self.closed_heads.get((device, slot)))
        }

        /// This contract's address, as it enters signed messages.
        pub(crate) fn address(&self) -> [u8; 32] {
            *AsRef::<[u8; 32]>::as_ref(&self.env().account_id())
        }

        /// Notes that a merchant records now; whether it does so for the first
        /// time in this epoch, as far as that is counted.
        fn first_batch_of(&mut self, merchant: MerchantIndex, now: Stamp) -> bool {
            let first = self.latest.counts_merchants(now) && self.last_seen.get(merchant) != Some(now);
            if first {
                self.last_seen.insert(merchant, &now);
            }
            first
        }

        fn counts(&self, epoch: Epoch) -> Counts {
            self.latest.at(stamp(epoch), |closed| self.closed_counts.get(closed))
        }
    }
}
