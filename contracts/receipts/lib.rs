//! Signed batches of receipts, put on chain for good (architecture.md,
//! receipts).
//!
//! | module | holds |
//! |---|---|
//! | [`batch`] | the order of a device's batches and their rolling hash |
//! | [`counts`] | what an epoch has taken in |
//! | `memory` | faster copies than ink!'s, on chain only |
//!
//! The contract never reads a payload: an ordinary `record` reads and writes
//! two cells, the root with the epoch's counts and the device, and emits the
//! payload as it came.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod batch;
pub mod counts;
#[cfg(any(test, target_arch = "wasm32"))]
pub mod memory;
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
    };
    use bizkey_primitives::{
        calendar::stamp,
        cross_contract::call,
        errors::receipts::Error,
        events::{BatchRecorded, DeviceRegistered, DeviceStateChanged, ReceiptVoided},
        party::Device,
        receipt::{batch_hash, void_hash},
        signature::{PublicKey, Signature},
        Calendar, DeviceId, Epoch, MerchantIndex, Stamp,
    };
    use ink::{prelude::vec::Vec, storage::Mapping};

    /// Devices, and what each epoch has taken in.
    #[ink(storage)]
    pub struct Receipts {
        /// The network's calendar.
        calendar: Calendar,
        /// The chain's genesis hash, part of every signed message.
        genesis: Hash,
        /// The contract that names devices.
        registry: AccountId,
        /// Kept here, in the cell that every call reads anyway.
        latest: Latest,
        /// Counts of epochs before the latest.
        closed_counts: Mapping<Stamp, Counts>,
        devices: Mapping<DeviceId, Device>,
        /// Heads of closed epochs: device, slot.
        closed_heads: Mapping<(DeviceId, u32), ClosedHead>,
        /// The latest epoch in which a merchant recorded, as a stamp.
        last_seen: Mapping<MerchantIndex, Stamp>,
    }

    impl Receipts {
        /// Takes receipts on `bzky`'s calendar from devices that `registry` names.
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
            Ok(Self::open(calendar, genesis, registry))
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
        /// `NotRegistry`, `UnknownDevice`.
        #[ink(message)]
        pub fn set_device_active(&mut self, device: DeviceId, active: bool) -> Result<(), Error> {
            self.only_registry()?;
            let mut record = self.devices.get(device).ok_or(Error::UnknownDevice)?;
            if record.active != active {
                record.active = active;
                self.devices.insert(device, &record);
                self.env().emit_event(DeviceStateChanged { device, active });
            }
            Ok(())
        }

        /// Puts a device's next batch on chain. Anybody may submit it. Not
        /// idempotent, but a second try changes nothing: `SequenceReplayed`.
        ///
        /// # Errors
        /// The first that applies of `BeforeGenesis`, `UnknownDevice`,
        /// `DeviceStopped`, `BadCount`, `PayloadTooLarge`, `SequenceReplayed`,
        /// `SequenceGap`, `TooManyBatches`, `BadSignature`.
        #[ink(message)]
        pub fn record(
            &mut self,
            device: DeviceId,
            seq: u64,
            count: u16,
            payload: Vec<u8>,
            signature: Signature,
        ) -> Result<(), Error> {
            let now = self.calendar.stamp_at(self.env().block_timestamp());
            if now == 0 {
                return Err(Error::BeforeGenesis);
            }
            let mut record = self.devices.get(device).ok_or(Error::UnknownDevice)?;
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
            if let Some((stamp, counts)) = self.latest.book(now, new_merchant, count) {
                self.closed_counts.insert(stamp, &counts);
            }
            self.env().emit_event(BatchRecorded { device, merchant, seq, count, payload });
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
            let record = self.devices.get(device).ok_or(Error::UnknownDevice)?;
            // The key of a stopped device may be in foreign hands.
            if !record.active {
                return Err(Error::DeviceStopped);
            }
            if seq >= record.next_seq {
                return Err(Error::SequenceUnknown);
            }
            if !signature.verify(&void_hash(&self.genesis, &self.address(), device, seq, index), &record.key) {
                return Err(Error::BadSignature);
            }
            self.env().emit_event(ReceiptVoided { device, merchant: record.merchant, seq, index });
            Ok(())
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

        /// The rolling hash of a device's batches in one of the last 32 closed
        /// epochs; `None` for any other epoch, or if it recorded nothing in it.
        #[ink(message)]
        pub fn head(&self, device: DeviceId, epoch: Epoch) -> Option<Hash> {
            let now = self.calendar.stamp_at(self.env().block_timestamp());
            let record = self.devices.get(device)?;
            batch::closed_head(&record, stamp(epoch), now, |slot| self.closed_heads.get((device, slot))).map(Hash::from)
        }

        /// Merchants with a batch in an epoch.
        #[ink(message)]
        pub fn merchants_seen(&self, epoch: Epoch) -> u32 {
            self.counts(epoch).merchants
        }

        /// Receipts that an epoch's batches announce.
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
        pub(crate) fn open(calendar: Calendar, genesis: Hash, registry: AccountId) -> Self {
            Self {
                calendar,
                genesis,
                registry,
                latest: Latest::default(),
                closed_counts: Mapping::new(),
                devices: Mapping::new(),
                closed_heads: Mapping::new(),
                last_seen: Mapping::new(),
            }
        }

        fn only_registry(&self) -> Result<(), Error> {
            if self.env().caller() == self.registry {
                Ok(())
            } else {
                Err(Error::NotRegistry)
            }
        }

        /// This contract's address, as it enters signed messages.
        fn address(&self) -> [u8; 32] {
            *AsRef::<[u8; 32]>::as_ref(&self.env().account_id())
        }

        /// Notes that a merchant records now; whether it does so for the first
        /// time in this epoch.
        fn first_batch_of(&mut self, merchant: MerchantIndex, now: Stamp) -> bool {
            let first = self.last_seen.get(merchant) != Some(now);
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
