//! Time: the loyalty points of the whole network. They are earned by receipts
//! and given by shops, never traded (architecture.md, time).
#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod points;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;

pub use self::time::{Time, TimeRef};

/// The contract: storage, events, who may call, and the door to [`points`].
#[ink::contract]
mod time {
    use crate::points::{is_gift, Points};
    use bizkey_primitives::{
        cross_contract::call,
        errors::psp22::Error,
        events::Transfer,
        psp22::{PSP22Burnable, PSP22Metadata, PSP22},
        Calendar, Epoch, Side, DECIMALS,
    };
    use ink::{
        prelude::{string::String, vec::Vec},
        storage::Lazy,
    };

    /// The contracts that Time listens to.
    #[derive(Clone, Copy, Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub(crate) struct Binding {
        /// Mints for receipts.
        pub(crate) rewards: AccountId,
        /// Knows shops and customers.
        pub(crate) registry: AccountId,
    }

    /// Who set the contract up, and with whom it works.
    #[derive(Clone, Copy, Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    struct Roles {
        deployer: AccountId,
        binding: Option<Binding>,
    }

    /// The network's loyalty points.
    #[ink(storage)]
    pub struct Time {
        calendar: Calendar,
        points: Points,
        roles: Lazy<Roles>,
    }

    impl Time {
        /// Nothing exists yet; the caller may [`Time::bind`], once. `bzky` is
        /// asked whether `calendar` is the network's.
        ///
        /// # Errors
        /// `BadCalendar`, `CalleeFailed`.
        #[ink(constructor)]
        pub fn new(calendar: Calendar, bzky: AccountId) -> Result<Self, Error> {
            let networks: Calendar =
                call(bzky, ink::selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?;
            if networks != calendar {
                return Err(Error::BadCalendar);
            }
            Self::empty(calendar)
        }

        pub(crate) fn empty(calendar: Calendar) -> Result<Self, Error> {
            if !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let mut time = Self { calendar, points: Points::default(), roles: Lazy::default() };
            time.roles.set(&Roles { deployer: Self::env().caller(), binding: None });
            Ok(time)
        }

        /// Names the minter for receipts and the registry: once, by the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`.
        #[ink(message)]
        pub fn bind(&mut self, rewards: AccountId, registry: AccountId) -> Result<(), Error> {
            let Roles { deployer, binding } = self.roles.get().ok_or(Error::NotDeployer)?;
            if self.env().caller() != deployer {
                return Err(Error::NotDeployer);
            }
            if binding.is_some() {
                return Err(Error::AlreadyBound);
            }
            self.roles.set(&Roles { deployer, binding: Some(Binding { rewards, registry }) });
            Ok(())
        }

        /// Mints for the receipts of a closed epoch, to up to 256 accounts,
        /// all or none, with one `Transfer` event a payment. By `rewards`
        /// only. Not idempotent: `rewards` keeps who was paid.
        ///
        /// # Errors
        /// `NotBound`, `NotMinter`, `EpochNotClosed`, `TooManyPayments`,
        /// `Overflow`, `EpochCap`, `RewardCap`, `SupplyCap`.
        #[ink(message)]
        pub fn mint_many(&mut self, epoch: Epoch, payments: Vec<(AccountId, Balance)>) -> Result<(), Error> {
            if self.env().caller() != self.binding()?.rewards {
                return Err(Error::NotMinter);
            }
            if !self.calendar.is_closed(epoch, self.env().block_timestamp()) {
                return Err(Error::EpochNotClosed);
            }
            self.points.mint_many(epoch, &payments)?;
            for (to, value) in payments {
                self.env().emit_event(Transfer { from: None, to: Some(to), value });
            }
            Ok(())
        }

        /// Time minted for an epoch's receipts.
        #[ink(message)]
        pub fn minted_for(&self, epoch: Epoch) -> Balance {
            self.points.minted_for(epoch)
        }

        /// Time minted ever, by all causes; burning does not lower it.
        #[ink(message)]
        pub fn minted_total(&self) -> Balance {
            self.points.minted_total()
        }

        /// The network's calendar.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        fn binding(&self) -> Result<Binding, Error> {
            self.roles.get().and_then(|roles| roles.binding).ok_or(Error::NotBound)
        }
    }

    /// What `registry` says of an account.
    fn party_of(registry: AccountId, account: AccountId) -> Result<Option<(Side, u32)>, Error> {
        call(registry, ink::selector_bytes!("party_of"), &(account,)).map_err(|_| Error::CalleeFailed)
    }

    impl PSP22 for Time {
        #[ink(message)]
        fn total_supply(&self) -> Balance {
            self.points.supply()
        }

        #[ink(message)]
        fn balance_of(&self, owner: AccountId) -> Balance {
            self.points.balance_of(owner)
        }

        /// Nobody can spend another's Time.
        #[ink(message)]
        fn allowance(&self, _owner: AccountId, _spender: AccountId) -> Balance {
            0
        }

        /// A gift: from a shop's account to a customer's.
        #[ink(message)]
        fn transfer(&mut self, to: AccountId, value: Balance, _data: Vec<u8>) -> Result<(), Error> {
            let (from, registry) = (self.env().caller(), self.binding()?.registry);
            if !is_gift(party_of(registry, from)?, party_of(registry, to)?) {
                return Err(Error::TransferRefused);
            }
            if self.points.transfer(from, to, value)? {
                self.env().emit_event(Transfer { from: Some(from), to: Some(to), value });
            }
            Ok(())
        }

        #[ink(message)]
        fn transfer_from(
            &mut self,
            _from: AccountId,
            _to: AccountId,
            _value: Balance,
            _data: Vec<u8>,
        ) -> Result<(), Error> {
            Err(Error::TransferRefused)
        }

        #[ink(message)]
        fn approve(&mut self, _spender: AccountId, _value: Balance) -> Result<(), Error> {
            Err(Error::TransferRefused)
        }

        #[ink(message)]
        fn increase_allowance(&mut self, _spender: AccountId, _delta_value: Balance) -> Result<(), Error> {
            Err(Error::TransferRefused)
        }

        #[ink(message)]
        fn decrease_allowance(&mut self, _spender: AccountId, _delta_value: Balance) -> Result<(), Error> {
            Err(Error::TransferRefused)
        }
    }

    impl PSP22Metadata for Time {
        #[ink(message)]
        fn token_name(&self) -> Option<String> {
            Some(String::from("Time"))
        }

        #[ink(message)]
        fn token_symbol(&self) -> Option<String> {
            Some(String::from("TIME"))
        }

        #[ink(message)]
        fn token_decimals(&self) -> u8 {
            DECIMALS
        }
    }

    impl PSP22Burnable for Time {
        #[ink(message)]
        fn burn(&mut self, value: Balance) -> Result<(), Error> {
            if value == 0 {
                return Ok(());
            }
            let from = self.env().caller();
            self.points.burn(from, value)?;
            self.env().emit_event(Transfer { from: Some(from), to: None, value });
            Ok(())
        }
    }
}
