//! Time: the loyalty points of the whole network. They are earned, bought,
//! given by shops to customers and redeemed, never traded (architecture.md, time).
//!
//! Every Time that is minted has a cause. `rewards` mints for receipts: the
//! `Transfer`s of `mint_many` stand beside its `RewardsPaid` in the same call.
//! `redemption` mints for sales and tasks: each `Transfer` has a `TimeMinted`
//! beside it. Nobody else mints.
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
        action::{time::Action, Authorization, Nonces},
        cross_contract::call,
        errors::psp22::Error,
        events::{TimeMinted, TimePaused, Transfer},
        pause::Pauses,
        psp22::{PSP22Burnable, PSP22Metadata, PSP22},
        redemption::MintCause,
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
        /// Mints for sales and tasks, holds and collects Time.
        pub(crate) redemption: AccountId,
        /// Pauses minting.
        pub(crate) foundation: AccountId,
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
        pauses: Pauses,
        nonces: Nonces,
        roles: Lazy<Roles>,
        genesis: Lazy<Hash>,
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
            Self::empty(calendar, call(bzky, ink::selector_bytes!("genesis"), &()).map_err(|_| Error::CalleeFailed)?)
        }

        pub(crate) fn empty(calendar: Calendar, genesis: Hash) -> Result<Self, Error> {
            if !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let mut time = Self {
                calendar,
                points: Points::default(),
                pauses: Pauses::default(),
                nonces: Nonces::default(),
                roles: Lazy::default(),
                genesis: Lazy::default(),
            };
            time.genesis.set(&genesis);
            time.roles.set(&Roles { deployer: Self::env().caller(), binding: None });
            Ok(time)
        }

        /// Names the two minters, the registry, and who may pause: once, by
        /// the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`.
        #[ink(message)]
        pub fn bind(
            &mut self,
            rewards: AccountId,
            registry: AccountId,
            redemption: AccountId,
            foundation: AccountId,
        ) -> Result<(), Error> {
            let Roles { deployer, binding } = self.roles.get().ok_or(Error::NotDeployer)?;
            if self.env().caller() != deployer {
                return Err(Error::NotDeployer);
            }
            if binding.is_some() {
                return Err(Error::AlreadyBound);
            }
            let binding = Binding { rewards, registry, redemption, foundation };
            self.roles.set(&Roles { deployer, binding: Some(binding) });
            Ok(())
        }

        /// Mints for the receipts of a closed epoch, to up to 256 accounts,
        /// all or none, with one `Transfer` event a payment. By `rewards`
        /// only. Not idempotent: `rewards` keeps who was paid.
        ///
        /// # Errors
        /// `NotBound`, `NotMinter`, `Paused`, `EpochNotClosed`,
        /// `TooManyPayments`, `Overflow`, `EpochCap`, `RewardCap`, `SupplyCap`.
        #[ink(message)]
        pub fn mint_many(&mut self, epoch: Epoch, payments: Vec<(AccountId, Balance)>) -> Result<(), Error> {
            if self.env().caller() != self.binding()?.rewards {
                return Err(Error::NotMinter);
            }
            self.check_running()?;
            if !self.calendar.is_closed(epoch, self.env().block_timestamp()) {
                return Err(Error::EpochNotClosed);
            }
            self.points.mint_many(epoch, &payments)?;
            for (to, value) in payments {
                self.env().emit_event(Transfer { from: None, to: Some(to), value });
            }
            Ok(())
        }

        /// Mints for a cause other than receipts, up to 9,000,000,000 Time
        /// ever; zero does nothing. By `redemption` only. Not idempotent:
        /// `redemption` keeps what was paid for.
        ///
        /// # Errors
        /// `NotBound`, `NotMinter`, `Paused`, `SupplyCap`, `Overflow`.
        #[ink(message)]
        pub fn mint(&mut self, cause: MintCause, to: AccountId, amount: Balance) -> Result<(), Error> {
            if self.env().caller() != self.binding()?.redemption {
                return Err(Error::NotMinter);
            }
            self.check_running()?;
            if amount > 0 {
                self.points.mint(to, amount)?;
                self.env().emit_event(TimeMinted { cause, to, amount });
                self.env().emit_event(Transfer { from: None, to: Some(to), value: amount });
            }
            Ok(())
        }

        /// Moves Time into the hands of `redemption`, or out of them: one of
        /// the two accounts is its own. By `redemption` only, which so holds
        /// what a shop set aside for a task, pays it to the customer, and
        /// holds what it collected until it can no longer be given back.
        /// Zero does nothing. Not idempotent.
        ///
        /// # Errors
        /// `NotBound`, `NotRedemption`, `TransferRefused`, `InsufficientBalance`.
        #[ink(message)]
        pub fn give(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Error> {
            let redemption = self.only_redemption()?;
            if from != redemption && to != redemption {
                return Err(Error::TransferRefused);
            }
            self.transfer_between(from, to, amount)
        }

        /// Burns collected Time. By `redemption` only. Zero does nothing. Not
        /// idempotent.
        ///
        /// # Errors
        /// `NotBound`, `NotRedemption`, `InsufficientBalance`.
        #[ink(message)]
        pub fn collect(&mut self, from: AccountId, amount: Balance) -> Result<(), Error> {
            self.only_redemption()?;
            self.burn_of(from, amount)
        }

        /// Moves all Time of an account that its party gave up or lost to the
        /// account that the party has now. Anybody may; a repeat changes
        /// nothing, and so does an account that is nobody's.
        ///
        /// # Errors
        /// `NotBound`, `CalleeFailed`; `TransferRefused` for the account of
        /// `redemption`, whose Time is others'.
        #[ink(message)]
        pub fn follow_account(&mut self, account: AccountId) -> Result<(), Error> {
            let Binding { registry, redemption, .. } = self.binding()?;
            if account == redemption {
                return Err(Error::TransferRefused);
            }
            let present: AccountId = call(registry, ink::selector_bytes!("current_account"), &(account,))
                .map_err(|_| Error::CalleeFailed)?;
            self.transfer_between(account, present, self.points.balance_of(account))
        }

        /// Stops minting, and nothing else, until `until_ms`: at most 72
        /// hours, and not within 30 days of the last pause. By the foundation
        /// only. A repeat is refused.
        ///
        /// # Errors
        /// `NotBound`, `NotFoundation`, `PauseTooLong`, `PauseCoolingDown`.
        #[ink(message)]
        pub fn pause(&mut self, until_ms: u64) -> Result<(), Error> {
            if self.env().caller() != self.binding()?.foundation {
                return Err(Error::NotFoundation);
            }
            self.pauses.begin(self.env().block_timestamp(), until_ms)?;
            self.env().emit_event(TimePaused { until_ms });
            Ok(())
        }

        /// Does what a holder signed, whoever carries it. Not idempotent: a
        /// second try is `BadNonce`.
        ///
        /// # Errors
        /// `Expired`, `BadNonce`, `BadSignature`; then those of the message
        /// that does the same.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<(), Error> {
            let (contract, now_ms) = (self.env().account_id(), self.env().block_timestamp());
            let genesis = self.genesis.get_or_default();
            let account = self.nonces.spend(&genesis, &contract, now_ms, &authorization, &action)?;
            match action {
                Action::Gift { to, value } => self.gift(account, to, value),
                Action::Burn { value } => self.burn_of(account, value),
            }
        }

        /// The nonce that the account's next authorization must have.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
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

        /// `rewards`, `registry`, `redemption`, `foundation`; `None` before
        /// [`Time::bind`].
        #[ink(message)]
        pub fn contracts(&self) -> Option<(AccountId, AccountId, AccountId, AccountId)> {
            let Binding { rewards, registry, redemption, foundation } = self.roles.get()?.binding?;
            Some((rewards, registry, redemption, foundation))
        }

        /// The network's calendar.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        fn binding(&self) -> Result<Binding, Error> {
            self.roles.get().and_then(|roles| roles.binding).ok_or(Error::NotBound)
        }

        fn only_redemption(&self) -> Result<AccountId, Error> {
            let redemption = self.binding()?.redemption;
            if self.env().caller() == redemption {
                Ok(redemption)
            } else {
                Err(Error::NotRedemption)
            }
        }

        fn check_running(&self) -> Result<(), Error> {
            if self.pauses.is_on(self.env().block_timestamp()) {
                Err(Error::Paused)
            } else {
                Ok(())
            }
        }

        /// A gift: from a shop's account to a customer's.
        fn gift(&mut self, from: AccountId, to: AccountId, value: Balance) -> Result<(), Error> {
            let registry = self.binding()?.registry;
            if !is_gift(party_of(registry, from)?, party_of(registry, to)?) {
                return Err(Error::TransferRefused);
            }
            self.transfer_between(from, to, value)
        }

        fn transfer_between(&mut self, from: AccountId, to: AccountId, value: Balance) -> Result<(), Error> {
            if self.points.transfer(from, to, value)? {
                self.env().emit_event(Transfer { from: Some(from), to: Some(to), value });
            }
            Ok(())
        }

        fn burn_of(&mut self, from: AccountId, value: Balance) -> Result<(), Error> {
            if value > 0 {
                self.points.burn(from, value)?;
                self.env().emit_event(Transfer { from: Some(from), to: None, value });
            }
            Ok(())
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
            self.gift(self.env().caller(), to, value)
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
            self.burn_of(self.env().caller(), value)
        }
    }
}
