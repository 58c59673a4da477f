//! Bzky locked for terminals instead of buying them. It stays its depositor's
//! and counts as its holding, but moves only when the platform has the device
//! back and the penalty window has passed (architecture.md, pos_deposit).
#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod deposits;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;

pub use self::pos_deposit::{PosDeposit, PosDepositRef};

/// The contract: storage, events, who may call, and the door to [`deposits`].
#[ink::contract]
mod pos_deposit {
    use crate::deposits::Deposits;
    use bizkey_primitives::{
        cross_contract::call,
        errors::{pos_deposit::Error, psp22},
        events::{DepositLocked, DepositReleased, ReturnConfirmed},
        holdings::MAX_QUERIES,
        party::Deposit,
        Calendar, DeviceId, Epoch, MerchantIndex, Side,
    };
    use ink::{prelude::vec::Vec, storage::Lazy};

    /// Whom the contract works with; set when it is instantiated.
    #[derive(Clone, Copy, Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub(crate) struct Setup {
        /// Holds what is locked.
        pub(crate) bzky: AccountId,
        /// Knows devices, shops and holds.
        pub(crate) registry: AccountId,
        /// Confirms that a device came back.
        pub(crate) platform: AccountId,
        /// From that confirmation to the release.
        pub(crate) penalty_window_ms: u64,
    }

    /// Deposits for terminals.
    #[ink(storage)]
    pub struct PosDeposit {
        calendar: Calendar,
        deposits: Deposits,
        setup: Lazy<Setup>,
    }

    impl PosDeposit {
        /// No deposit yet; the caller is the platform. `bzky` is asked
        /// whether `calendar` is the network's.
        ///
        /// # Errors
        /// `BadCalendar`, `CalleeFailed`.
        #[ink(constructor)]
        pub fn new(
            calendar: Calendar,
            bzky: AccountId,
            registry: AccountId,
            penalty_window_ms: u64,
        ) -> Result<Self, Error> {
            let networks: Calendar =
                call(bzky, ink::selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?;
            if networks != calendar {
                return Err(Error::BadCalendar);
            }
            Self::empty(calendar, Setup { bzky, registry, platform: Self::env().caller(), penalty_window_ms })
        }

        pub(crate) fn empty(calendar: Calendar, setup: Setup) -> Result<Self, Error> {
            if !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let mut contract = Self { calendar, deposits: Deposits::default(), setup: Lazy::default() };
            contract.setup.set(&setup);
            Ok(contract)
        }

        /// Locks `amount` of the caller's Bzky for a device of its shop, out
        /// of an allowance to this contract. More can be added until the
        /// device is back. Only the shop itself may lock: else a stranger's
        /// smallest unit would shut it out. Not idempotent.
        ///
        /// # Errors
        /// `ZeroAmount`, `UnknownDevice`, `NotDeviceMerchant`,
        /// `ReturnConfirmed`, `OtherDepositor`, `PaymentRefused`, `Overflow`,
        /// `CalleeFailed`.
        #[ink(message)]
        pub fn lock(&mut self, device: DeviceId, amount: Balance) -> Result<(), Error> {
            if amount == 0 {
                return Err(Error::ZeroAmount);
            }
            let (depositor, setup) = (self.env().caller(), self.setup()?);
            let merchant: Option<MerchantIndex> =
                call(setup.registry, ink::selector_bytes!("merchant_of_device"), &(device,))
                    .map_err(|_| Error::CalleeFailed)?;
            let merchant = merchant.ok_or(Error::UnknownDevice)?;
            let party: Option<(Side, u32)> = call(setup.registry, ink::selector_bytes!("party_of"), &(depositor,))
                .map_err(|_| Error::CalleeFailed)?;
            if party != Some((Side::Merchant, merchant)) {
                return Err(Error::NotDeviceMerchant);
            }
            let now = self.calendar.stamp_at(self.env().block_timestamp());
            self.deposits.lock(now, device, depositor, amount)?;
            self.env().emit_event(DepositLocked { device, depositor, amount });
            let arguments = (depositor, self.env().account_id(), amount, Vec::<u8>::new());
            let paid: Result<(), psp22::Error> =
                call(setup.bzky, ink::selector_bytes!("PSP22::transfer_from"), &arguments)
                    .map_err(|_| Error::CalleeFailed)?;
            paid.map_err(|_| Error::PaymentRefused)
        }

        /// Says that the platform has the device back, which starts the
        /// penalty window. By the platform only.
        ///
        /// # Errors
        /// `NotPlatform`, `NoDeposit`, `ReturnConfirmed`, `Overflow`.
        #[ink(message)]
        pub fn confirm_return(&mut self, device: DeviceId) -> Result<(), Error> {
            let setup = self.setup()?;
            if self.env().caller() != setup.platform {
                return Err(Error::NotPlatform);
            }
            let now_ms = self.env().block_timestamp();
            let releasable_ms = self.deposits.confirm_return(device, now_ms, setup.penalty_window_ms)?;
            self.env().emit_event(ReturnConfirmed { device, releasable_ms });
            Ok(())
        }

        /// Sends a returned device's deposit back to its depositor, after the
        /// penalty window and unless the depositor is under a hold. Anybody
        /// may ask.
        ///
        /// # Errors
        /// `NoDeposit`, `ReturnNotConfirmed`, `WindowOpen`, `Held`,
        /// `PaymentRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn release(&mut self, device: DeviceId) -> Result<(), Error> {
            let now_ms = self.env().block_timestamp();
            let deposit = self.deposits.releasable(device, now_ms)?;
            let setup = self.setup()?;
            let held: bool = call(setup.registry, ink::selector_bytes!("is_held"), &(deposit.depositor,))
                .map_err(|_| Error::CalleeFailed)?;
            if held {
                return Err(Error::Held);
            }
            self.deposits.release(self.calendar.stamp_at(now_ms), device, &deposit)?;
            let Deposit { depositor, amount, .. } = deposit;
            self.env().emit_event(DepositReleased { device, depositor, amount });
            let arguments = (depositor, amount, Vec::<u8>::new());
            let paid: Result<(), psp22::Error> = call(setup.bzky, ink::selector_bytes!("PSP22::transfer"), &arguments)
                .map_err(|_| Error::CalleeFailed)?;
            paid.map_err(|_| Error::PaymentRefused)
        }

        /// What is locked for a device.
        #[ink(message)]
        pub fn deposit_of(&self, device: DeviceId) -> Option<Deposit> {
            self.deposits.of(device)
        }

        /// What an account has locked for all its devices, smallest unit of Bzky.
        #[ink(message)]
        pub fn balance_of(&self, account: AccountId) -> Balance {
            self.deposits.holdings.balance_of(account)
        }

        /// Lowest amounts that up to 256 accounts had locked in a closed
        /// epoch, in the order asked, each with the index that
        /// [`PosDeposit::checkpoint_index`] says; `None` where the index is
        /// not the one that covers the epoch.
        ///
        /// # Errors
        /// `TooManyQueries`, `EpochNotClosed`.
        #[ink(message)]
        pub fn lows_at(&self, epoch: Epoch, queries: Vec<(AccountId, u32)>) -> Result<Vec<Option<Balance>>, Error> {
            if queries.len() > MAX_QUERIES {
                return Err(Error::TooManyQueries);
            }
            if !self.calendar.is_closed(epoch, self.env().block_timestamp()) {
                return Err(Error::EpochNotClosed);
            }
            Ok(self.deposits.holdings.lows_at(epoch, &queries))
        }

        /// The index that [`PosDeposit::lows_at`] wants: up to 32 reads, for
        /// readers off chain.
        #[ink(message)]
        pub fn checkpoint_index(&self, account: AccountId, epoch: Epoch) -> u32 {
            self.deposits.holdings.checkpoint_index(account, epoch)
        }

        /// The network's calendar.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        /// From the confirmation of a return to the release, milliseconds.
        #[ink(message)]
        pub fn penalty_window_ms(&self) -> u64 {
            self.setup.get().map_or(0, |setup| setup.penalty_window_ms)
        }

        /// The constructor sets it; without it nothing could be asked.
        fn setup(&self) -> Result<Setup, Error> {
            self.setup.get().ok_or(Error::CalleeFailed)
        }
    }
}
