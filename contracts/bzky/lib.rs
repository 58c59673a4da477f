//! Bzky: PSP22, 10^10 tokens minted once, and for every account the lowest and
//! closing balance of each epoch (architecture.md, bzky).
#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod ledger;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod relay_tests;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;

pub use self::bzky::{Bzky, BzkyRef};

/// The contract: storage, events and the door to [`ledger`].
#[ink::contract]
mod bzky {
    use crate::ledger::Ledger;
    use bizkey_primitives::{
        action::{bzky::Action, Authorization, Nonces},
        errors::psp22::Error,
        events::{Approval, Transfer},
        holdings::MAX_QUERIES,
        psp22::{PSP22Burnable, PSP22Metadata, PSP22},
        Calendar, Epoch, Stamp, BZKY_SUPPLY, DECIMALS, MERCHANT_POOL,
    };
    use ink::{
        prelude::{string::String, vec::Vec},
        storage::Lazy,
    };

    /// The network's token. Its root holds little, since every call loads it.
    #[ink(storage)]
    pub struct Bzky {
        calendar: Calendar,
        ledger: Ledger,
        genesis: Lazy<Hash>,
        nonces: Nonces,
    }

    impl Bzky {
        /// Mints the whole supply, once: the merchant pool to `vault`, the
        /// rest to `treasury`. `genesis` is the chain's genesis hash, which no
        /// contract can ask for.
        ///
        /// # Errors
        /// `BadCalendar`.
        #[ink(constructor)]
        pub fn new(genesis: Hash, calendar: Calendar, treasury: AccountId, vault: AccountId) -> Result<Self, Error> {
            if !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let mut bzky =
                Self { calendar, ledger: Ledger::default(), genesis: Lazy::default(), nonces: Nonces::default() };
            bzky.genesis.set(&genesis);
            bzky.mint(vault, MERCHANT_POOL)?;
            bzky.mint(treasury, BZKY_SUPPLY.saturating_sub(MERCHANT_POOL))?;
            Ok(bzky)
        }

        /// Genesis hash of the chain, for the domains of trees and signatures.
        #[ink(message)]
        pub fn genesis(&self) -> Hash {
            self.genesis.get_or_default()
        }

        /// The network's calendar.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        /// Pays up to 256 accounts in one debit, all or none, with one
        /// `Transfer` event a payment. Not idempotent.
        ///
        /// # Errors
        /// `TooManyPayments`, `Overflow`; `InsufficientBalance` when the
        /// caller holds less than all payments together.
        #[ink(message)]
        pub fn transfer_many(&mut self, payments: Vec<(AccountId, Balance)>) -> Result<(), Error> {
            let (now, from) = (self.now(), self.env().caller());
            self.ledger.transfer_many(now, from, &payments)?;
            for (to, value) in payments {
                self.env().emit_event(Transfer { from: Some(from), to: Some(to), value });
            }
            Ok(())
        }

        /// Transfers, approves or burns as its signer could have done itself.
        /// Anybody may carry it, once.
        ///
        /// # Errors
        /// `Expired`, `BadNonce`, `BadSignature`; `InsufficientBalance`.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<(), Error> {
            let (genesis, contract, now_ms) =
                (self.genesis.get_or_default(), self.env().account_id(), self.env().block_timestamp());
            let signer = self.nonces.spend(&genesis, &contract, now_ms, &authorization, &action)?;
            match action {
                Action::Transfer { to, value } => self.pay(signer, to, value),
                Action::Approve { spender, value } => {
                    self.set_allowance(signer, spender, value);
                    Ok(())
                }
                Action::Burn { value } => self.destroy(signer, value),
            }
        }

        /// The nonce that an account's next authorization must have.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
        }

        /// Lowest balance of `account` in a closed epoch, the opening balance
        /// included. `index` is what [`Bzky::checkpoint_index`] says.
        ///
        /// # Errors
        /// `EpochNotClosed`, `WrongCheckpoint`.
        #[ink(message)]
        pub fn low_at(&self, account: AccountId, epoch: Epoch, index: u32) -> Result<Balance, Error> {
            self.check_closed(epoch)?;
            self.ledger.holdings.low_at(account, epoch, index).ok_or(Error::WrongCheckpoint)
        }

        /// [`Bzky::low_at`] of up to 256 accounts, in the order asked; `None`
        /// where the index is not the one that covers the epoch.
        ///
        /// # Errors
        /// `TooManyPayments`, `EpochNotClosed`.
        #[ink(message)]
        pub fn lows_at(&self, epoch: Epoch, queries: Vec<(AccountId, u32)>) -> Result<Vec<Option<Balance>>, Error> {
            if queries.len() > MAX_QUERIES {
                return Err(Error::TooManyPayments);
            }
            self.check_closed(epoch)?;
            Ok(self.ledger.holdings.lows_at(epoch, &queries))
        }

        /// The index that [`Bzky::low_at`] wants: up to 32 reads, for readers off chain.
        #[ink(message)]
        pub fn checkpoint_index(&self, account: AccountId, epoch: Epoch) -> u32 {
            self.ledger.holdings.checkpoint_index(account, epoch)
        }

        fn now(&self) -> Stamp {
            self.calendar.stamp_at(self.env().block_timestamp())
        }

        fn check_closed(&self, epoch: Epoch) -> Result<(), Error> {
            if self.calendar.is_closed(epoch, self.env().block_timestamp()) {
                Ok(())
            } else {
                Err(Error::EpochNotClosed)
            }
        }

        fn mint(&mut self, to: AccountId, value: Balance) -> Result<(), Error> {
            let now = self.now();
            self.ledger.mint(now, to, value)?;
            self.env().emit_event(Transfer { from: None, to: Some(to), value });
            Ok(())
        }

        /// The owner needs no allowance, so one for itself is not kept.
        fn set_allowance(&mut self, owner: AccountId, spender: AccountId, amount: Balance) {
            if owner != spender {
                self.ledger.approve(owner, spender, amount);
                self.env().emit_event(Approval { owner, spender, amount });
            }
        }

        fn pay(&mut self, from: AccountId, to: AccountId, value: Balance) -> Result<(), Error> {
            if self.ledger.transfer(self.now(), from, to, value)? {
                self.env().emit_event(Transfer { from: Some(from), to: Some(to), value });
            }
            Ok(())
        }

        fn destroy(&mut self, from: AccountId, value: Balance) -> Result<(), Error> {
            if value != 0 {
                self.ledger.burn(self.now(), from, value)?;
                self.env().emit_event(Transfer { from: Some(from), to: None, value });
            }
            Ok(())
        }
    }

    impl PSP22 for Bzky {
        #[ink(message)]
        fn total_supply(&self) -> Balance {
            self.ledger.supply()
        }

        #[ink(message)]
        fn balance_of(&self, owner: AccountId) -> Balance {
            self.ledger.holdings.balance_of(owner)
        }

        #[ink(message)]
        fn allowance(&self, owner: AccountId, spender: AccountId) -> Balance {
            self.ledger.allowance(owner, spender)
        }

        #[ink(message)]
        fn transfer(&mut self, to: AccountId, value: Balance, _data: Vec<u8>) -> Result<(), Error> {
            self.pay(self.env().caller(), to, value)
        }

        #[ink(message)]
        fn transfer_from(
            &mut self,
            from: AccountId,
            to: AccountId,
            value: Balance,
            _data: Vec<u8>,
        ) -> Result<(), Error> {
            let (now, spender) = (self.now(), self.env().caller());
            let (moved, left) = self.ledger.transfer_from(now, spender, from, to, value)?;
            if let Some(amount) = left {
                self.env().emit_event(Approval { owner: from, spender, amount });
            }
            if moved {
                self.env().emit_event(Transfer { from: Some(from), to: Some(to), value });
            }
            Ok(())
        }

        #[ink(message)]
        fn approve(&mut self, spender: AccountId, value: Balance) -> Result<(), Error> {
            self.set_allowance(self.env().caller(), spender, value);
            Ok(())
        }

        #[ink(message)]
        fn increase_allowance(&mut self, spender: AccountId, delta_value: Balance) -> Result<(), Error> {
            let owner = self.env().caller();
            if owner != spender && delta_value != 0 {
                let amount = self.ledger.allowance(owner, spender).checked_add(delta_value).ok_or(Error::Overflow)?;
                self.set_allowance(owner, spender, amount);
            }
            Ok(())
        }

        #[ink(message)]
        fn decrease_allowance(&mut self, spender: AccountId, delta_value: Balance) -> Result<(), Error> {
            let owner = self.env().caller();
            if owner != spender && delta_value != 0 {
                let before = self.ledger.allowance(owner, spender);
                let amount = before.checked_sub(delta_value).ok_or(Error::InsufficientAllowance)?;
                self.set_allowance(owner, spender, amount);
            }
            Ok(())
        }
    }

    impl PSP22Metadata for Bzky {
        #[ink(message)]
        fn token_name(&self) -> Option<String> {
            Some(String::from("Bzky"))
        }

        #[ink(message)]
        fn token_symbol(&self) -> Option<String> {
            Some(String::from("BZKY"))
        }

        #[ink(message)]
        fn token_decimals(&self) -> u8 {
            DECIMALS
        }
    }

    impl PSP22Burnable for Bzky {
        #[ink(message)]
        fn burn(&mut self, value: Balance) -> Result<(), Error> {
            self.destroy(self.env().caller(), value)
        }
    }
}
