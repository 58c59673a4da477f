//! The contracts' messages, one file a contract (contracts/README.md).
//!
//! A read is an `async fn` that asks a block, the last final one if none is
//! named: it is free and needs no key. A write is a [`crate::Call`], sent by
//! [`crate::Call::send`] or [`crate::Call::submit`]. The errors listed with
//! each message are the contract's own; all can also fail on the way there
//! ([`crate::ClientError`]).

mod bzky;
mod foundation;
mod otc;
mod pos_deposit;
mod receipts;
mod redemption;
mod registry;
mod rewards;
mod time;
mod vault;
mod vesting;

pub use bzky::Bzky;
pub use foundation::Foundation;
pub use otc::Otc;
pub use pos_deposit::PosDeposit;
pub use receipts::Receipts;
pub use redemption::Redemption;
pub use registry::Registry;
pub use rewards::Rewards;
pub use time::Time;
pub use vault::Vault;
pub use vesting::Vesting;

/// Lets a handle make [`crate::Call`]s and reads of its contract.
macro_rules! handle {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub(crate) crate::Suite);

        impl $name {
            const KIND: crate::ContractKind = crate::ContractKind::$name;

            /// Where the contract lives.
            #[must_use]
            pub fn address(&self) -> bizkey_primitives::AccountId {
                *self.0.deployment().contracts.get(Self::KIND)
            }

            /// A message that changes something.
            fn write<V: codec::Decode>(&self, name: &'static str, arguments: &impl codec::Encode) -> crate::Call<V> {
                crate::Call::new(&self.0, crate::call::Message::checked(Self::KIND, name, arguments))
            }

            /// A message that cannot be refused.
            #[allow(dead_code)]
            async fn read<V: codec::Decode>(
                &self,
                name: &'static str,
                arguments: &impl codec::Encode,
                at: Option<crate::BlockHash>,
            ) -> crate::Result<V> {
                crate::call::read(&self.0, crate::call::Message::plain(Self::KIND, name, arguments), at).await
            }

            /// A message that changes nothing and can be refused.
            #[allow(dead_code)]
            async fn read_checked<V: codec::Decode>(
                &self,
                name: &'static str,
                arguments: &impl codec::Encode,
                at: Option<crate::BlockHash>,
            ) -> crate::Result<V> {
                crate::call::read(&self.0, crate::call::Message::checked(Self::KIND, name, arguments), at).await
            }
        }
    };
}
use handle;

/// Messages of every contract that the foundation administers.
macro_rules! administered {
    ($name:ident) => {
        impl $name {
            /// Gives the deployer's powers to the foundation; once, for good.
            ///
            /// Errors: `NotDeployer`, `AlreadyBound`.
            pub fn hand_over(&self, admin: bizkey_primitives::AccountId) -> crate::Call<()> {
                self.write("hand_over", &admin)
            }

            /// Who administers it: the deployer, and the foundation once it was handed over.
            ///
            /// # Errors
            /// None of its own.
            pub async fn admin(&self, at: Option<crate::BlockHash>) -> crate::Result<bizkey_primitives::AccountId> {
                self.read("admin", &(), at).await
            }
        }
    };
}
use administered;

/// Messages that `bzky` and `time` share: PSP22 reads, its metadata, burning.
macro_rules! token {
    ($name:ident) => {
        impl $name {
            /// Tokens there are, smallest unit.
            ///
            /// # Errors
            /// None of its own.
            pub async fn total_supply(
                &self,
                at: Option<crate::BlockHash>,
            ) -> crate::Result<bizkey_primitives::Balance> {
                self.read("PSP22::total_supply", &(), at).await
            }

            /// Tokens of an account, smallest unit.
            ///
            /// # Errors
            /// None of its own.
            pub async fn balance_of(
                &self,
                owner: bizkey_primitives::AccountId,
                at: Option<crate::BlockHash>,
            ) -> crate::Result<bizkey_primitives::Balance> {
                self.read("PSP22::balance_of", &owner, at).await
            }

            /// What `spender` may spend of `owner`'s tokens, smallest unit.
            ///
            /// # Errors
            /// None of its own.
            pub async fn allowance(
                &self,
                owner: bizkey_primitives::AccountId,
                spender: bizkey_primitives::AccountId,
                at: Option<crate::BlockHash>,
            ) -> crate::Result<bizkey_primitives::Balance> {
                self.read("PSP22::allowance", &(owner, spender), at).await
            }

            /// The token's name.
            ///
            /// # Errors
            /// None of its own.
            pub async fn token_name(&self, at: Option<crate::BlockHash>) -> crate::Result<Option<String>> {
                self.read("PSP22Metadata::token_name", &(), at).await
            }

            /// The token's symbol.
            ///
            /// # Errors
            /// None of its own.
            pub async fn token_symbol(&self, at: Option<crate::BlockHash>) -> crate::Result<Option<String>> {
                self.read("PSP22Metadata::token_symbol", &(), at).await
            }

            /// Decimals of an amount: 12.
            ///
            /// # Errors
            /// None of its own.
            pub async fn token_decimals(&self, at: Option<crate::BlockHash>) -> crate::Result<u8> {
                self.read("PSP22Metadata::token_decimals", &(), at).await
            }

            /// Destroys `value` of the caller's tokens, smallest unit.
            ///
            /// Errors: `InsufficientBalance`.
            pub fn burn(&self, value: bizkey_primitives::Balance) -> crate::Call<()> {
                self.write("PSP22Burnable::burn", &value)
            }
        }
    };
}
use token;
