//! The merchant pool: 30 % of all Bzky, which only `rewards` can take out, an
//! epoch at a time and within a cap, whatever `rewards` says (architecture.md, vault).
#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod pool;

pub use self::vault::{Vault, VaultRef};

/// The contract: storage, events, who may call, and the door to [`pool`].
#[ink::contract]
mod vault {
    use crate::pool;
    use bizkey_primitives::{
        cross_contract::call,
        errors::{psp22, vault::Error},
        events::PoolReleased,
        Calendar, Epoch, Stamp,
    };
    use ink::{prelude::vec::Vec, storage::Lazy};

    /// The contracts that the vault works with.
    #[derive(Clone, Copy, Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    struct Binding {
        /// Holds the vault's balance.
        bzky: AccountId,
        /// May take from it.
        rewards: AccountId,
    }

    /// Who set the contract up, and with whom it works.
    #[derive(Clone, Copy, Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    struct Roles {
        deployer: AccountId,
        binding: Option<Binding>,
    }

    /// The pool. What it holds is its balance in `bzky`; returns are plain
    /// transfers to its address.
    #[ink(storage)]
    pub struct Vault {
        calendar: Calendar,
        /// Last epoch that took from the pool.
        last: Stamp,
        roles: Lazy<Roles>,
    }

    impl Vault {
        /// A vault that knows nobody yet; the caller may [`Vault::bind`], once.
        ///
        /// # Errors
        /// `BadCalendar`.
        #[ink(constructor)]
        pub fn new(calendar: Calendar) -> Result<Self, Error> {
            if !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let mut vault = Self { calendar, last: 0, roles: Lazy::default() };
            vault.roles.set(&Roles { deployer: Self::env().caller(), binding: None });
            Ok(vault)
        }

        /// Names the token and who may take it: once, by the deployer. `bzky`
        /// is asked whether the calendar is the network's.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`, `BadCalendar`, `CalleeFailed`.
        #[ink(message)]
        pub fn bind(&mut self, bzky: AccountId, rewards: AccountId) -> Result<(), Error> {
            let Roles { deployer, binding } = self.roles.get().ok_or(Error::NotDeployer)?;
            if self.env().caller() != deployer {
                return Err(Error::NotDeployer);
            }
            if binding.is_some() {
                return Err(Error::AlreadyBound);
            }
            let networks: Calendar =
                call(bzky, ink::selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?;
            if networks != self.calendar {
                return Err(Error::BadCalendar);
            }
            self.roles.set(&Roles { deployer, binding: Some(Binding { bzky, rewards }) });
            Ok(())
        }

        /// Sends an epoch's merchant rewards to `rewards`, which alone may
        /// ask: for a closed epoch, once each, ascending, at most 3,000,000
        /// Bzky. Zero counts as the epoch's turn.
        ///
        /// # Errors
        /// `NotBound`, `NotRewards`, `EpochNotClosed`, `EpochReleased`,
        /// `OverCap`, `PoolExhausted`, `CalleeFailed`.
        #[ink(message)]
        pub fn release(&mut self, epoch: Epoch, amount: Balance) -> Result<(), Error> {
            let Binding { bzky, rewards } = self.binding()?;
            if self.env().caller() != rewards {
                return Err(Error::NotRewards);
            }
            self.last = pool::release(self.calendar, self.env().block_timestamp(), self.last, epoch, amount)?;
            self.env().emit_event(PoolReleased { epoch, amount });
            if amount == 0 {
                return Ok(());
            }
            let paid: Result<(), psp22::Error> =
                call(bzky, ink::selector_bytes!("PSP22::transfer"), &(rewards, amount, Vec::<u8>::new()))
                    .map_err(|_| Error::CalleeFailed)?;
            paid.map_err(|_| Error::PoolExhausted)
        }

        /// Bzky in the pool, smallest unit.
        ///
        /// # Panics
        /// Before [`Vault::bind`], and when `bzky` does not answer: a zero in
        /// place of the figure could make an epoch pay nothing, for good.
        #[ink(message)]
        pub fn available(&self) -> Balance {
            let pool = self.binding().and_then(|Binding { bzky, .. }| {
                call(bzky, ink::selector_bytes!("PSP22::balance_of"), &(self.env().account_id(),))
                    .map_err(|_| Error::CalleeFailed)
            });
            match pool {
                Ok(balance) => balance,
                Err(_) => panic!("not bound, or bzky does not answer"),
            }
        }

        /// The token and who may take it; `None` before [`Vault::bind`].
        #[ink(message)]
        pub fn contracts(&self) -> Option<(AccountId, AccountId)> {
            self.binding().ok().map(|binding| (binding.bzky, binding.rewards))
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

    #[cfg(test)]
    mod tests {
        use super::*;
        use ink::env::{test, DefaultEnvironment};

        const CALENDAR: Calendar = Calendar { genesis_ms: 1_000, epoch_ms: 100 };

        #[ink::test]
        fn an_unusable_calendar_is_refused() {
            let refused = Vault::new(Calendar { genesis_ms: 0, epoch_ms: 0 }).map(|_| ());
            assert_eq!(refused, Err(Error::BadCalendar));
        }

        #[ink::test]
        fn before_it_is_bound_it_gives_nothing_to_anybody() {
            let mut vault = Vault::new(CALENDAR).unwrap();
            assert_eq!(vault.release(0, 1), Err(Error::NotBound));
        }

        #[ink::test]
        #[should_panic(expected = "not bound")]
        fn an_unknown_pool_is_not_taken_for_an_empty_one() {
            let _ = Vault::new(CALENDAR).unwrap().available();
        }

        #[ink::test]
        fn only_the_deployer_binds_and_once() {
            let accounts = test::default_accounts::<DefaultEnvironment>();
            let mut vault = Vault::new(CALENDAR).unwrap();
            test::set_caller::<DefaultEnvironment>(accounts.bob);
            assert_eq!(vault.bind(accounts.bob, accounts.bob), Err(Error::NotDeployer));
            let binding = Some(Binding { bzky: accounts.charlie, rewards: accounts.bob });
            vault.roles.set(&Roles { deployer: accounts.alice, binding });
            test::set_caller::<DefaultEnvironment>(accounts.alice);
            assert_eq!(vault.bind(accounts.bob, accounts.bob), Err(Error::AlreadyBound));
        }

        #[ink::test]
        fn only_rewards_takes_and_a_zero_takes_the_epochs_turn() {
            let accounts = test::default_accounts::<DefaultEnvironment>();
            let mut vault = Vault::new(CALENDAR).unwrap();
            let binding = Some(Binding { bzky: accounts.charlie, rewards: accounts.bob });
            vault.roles.set(&Roles { deployer: accounts.alice, binding });
            test::set_block_timestamp::<DefaultEnvironment>(1_100);
            assert_eq!(vault.release(0, 0), Err(Error::NotRewards));
            test::set_caller::<DefaultEnvironment>(accounts.bob);
            assert_eq!(vault.release(1, 0), Err(Error::EpochNotClosed));
            vault.release(0, 0).unwrap();
            assert_eq!(vault.release(0, 1), Err(Error::EpochReleased));
        }
    }
}
