//! The PSP22 token standard as `bzky` and `time` speak it (feature `ink`).
//!
//! Selectors are the standard's (`PSP22::transfer`, …), so wallets and
//! explorers know both tokens; errors are the suite's own enum, without strings.

use crate::{errors::psp22::Error, AccountId, Balance};
use alloc::{string::String, vec::Vec};

/// What every token can do.
#[ink::trait_definition]
pub trait PSP22 {
    /// Tokens in existence, smallest unit.
    #[ink(message)]
    fn total_supply(&self) -> Balance;

    /// Balance of `owner`, smallest unit.
    #[ink(message)]
    fn balance_of(&self, owner: AccountId) -> Balance;

    /// What `spender` may still move from `owner`.
    #[ink(message)]
    fn allowance(&self, owner: AccountId, spender: AccountId) -> Balance;

    /// Moves `value` from the caller to `to`; `data` is not interpreted.
    /// Zero, or a transfer to oneself, does nothing and has no event.
    ///
    /// # Errors
    /// `InsufficientBalance`; on `time` also `TransferRefused`.
    #[ink(message)]
    fn transfer(&mut self, to: AccountId, value: Balance, data: Vec<u8>) -> Result<(), Error>;

    /// Moves `value` from `from` to `to` out of the caller's allowance.
    ///
    /// # Errors
    /// `InsufficientAllowance`, `InsufficientBalance`; on `time` always `TransferRefused`.
    #[ink(message)]
    fn transfer_from(&mut self, from: AccountId, to: AccountId, value: Balance, data: Vec<u8>) -> Result<(), Error>;

    /// Sets what `spender` may move from the caller.
    ///
    /// # Errors
    /// None on `bzky`; on `time` always `TransferRefused`.
    #[ink(message)]
    fn approve(&mut self, spender: AccountId, value: Balance) -> Result<(), Error>;

    /// Raises what `spender` may move from the caller.
    ///
    /// # Errors
    /// `Overflow`; on `time` always `TransferRefused`.
    #[ink(message)]
    fn increase_allowance(&mut self, spender: AccountId, delta_value: Balance) -> Result<(), Error>;

    /// Lowers what `spender` may move from the caller.
    ///
    /// # Errors
    /// `InsufficientAllowance`; on `time` always `TransferRefused`.
    #[ink(message)]
    fn decrease_allowance(&mut self, spender: AccountId, delta_value: Balance) -> Result<(), Error>;
}

/// How a token is shown.
#[ink::trait_definition]
pub trait PSP22Metadata {
    /// Full name.
    #[ink(message)]
    fn token_name(&self) -> Option<String>;

    /// Ticker.
    #[ink(message)]
    fn token_symbol(&self) -> Option<String>;

    /// Decimals of an amount: [`crate::DECIMALS`].
    #[ink(message)]
    fn token_decimals(&self) -> u8;
}

/// A token that its holder can destroy.
#[ink::trait_definition]
pub trait PSP22Burnable {
    /// Destroys `value` of the caller's tokens. Zero does nothing.
    ///
    /// # Errors
    /// `InsufficientBalance`.
    #[ink(message)]
    fn burn(&mut self, value: Balance) -> Result<(), Error>;
}
