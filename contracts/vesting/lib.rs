//! The 70 % of all Bzky that does not reward merchants, released by the
//! whitepaper's table (3.3) to the unit; no admin, no upgrade, no way to take
//! it faster (architecture.md, vesting).
//!
//! | module | holds |
//! |---|---|
//! | [`schedule`] | the table: when how much of a line is due |
//! | [`ledger`] | what each line was paid, and the listing date |
//! | [`recipient`] | who a line is paid to |
//!
//! Issue is the block time of this contract's instantiation; a month is the
//! network's, 30 epochs.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod ledger;
pub mod recipient;
pub mod schedule;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;

pub use self::vesting::{Vesting, VestingRef};

/// The contract: storage, events, who may call, and the door to [`ledger`].
#[ink::contract]
#[allow(missing_docs)] // what the macro generates; the messages are documented
pub mod vesting {
    use crate::{ledger::Ledger, recipient::Recipient};
    use bizkey_primitives::{
        action::{vesting::Action, Authorization, Nonces},
        cross_contract::call,
        errors::{psp22, vesting::Error},
        events::{ListingDateSet, VestingBeneficiaryChanged, VestingBeneficiaryProposed, VestingReleased},
        vesting::{Beneficiaries, Line, Tranche, VESTED_SUPPLY},
        Calendar,
    };
    use ink::{
        prelude::vec::Vec,
        storage::{Lazy, Mapping},
    };

    /// The contracts that it works with.
    #[derive(Clone, Copy, Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub(crate) struct Binding {
        /// Holds what is not released yet.
        pub(crate) bzky: AccountId,
        /// Takes the foundation's line and sets the listing date.
        pub(crate) foundation: AccountId,
        /// The chain's genesis hash, for signed actions.
        pub(crate) genesis: Hash,
    }

    /// Who set the contract up, and with whom it works.
    #[derive(Clone, Copy, Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub(crate) struct Roles {
        pub(crate) deployer: AccountId,
        pub(crate) binding: Option<Binding>,
    }

    /// The table's lines. What they have left is this contract's balance in
    /// `bzky`; what somebody sends on top of it stays here for good.
    #[ink(storage)]
    pub struct Vesting {
        calendar: Calendar,
        ledger: Ledger,
        recipients: Mapping<Line, Recipient>,
        pub(crate) roles: Lazy<Roles>,
        nonces: Nonces,
    }

    impl Vesting {
        /// Opens the lines; now is the issue, from which months count. The
        /// caller may [`Vesting::bind`], once. Two lines may have one account.
        ///
        /// # Errors
        /// `BadCalendar`, `ZeroAccount`.
        #[ink(constructor)]
        pub fn new(calendar: Calendar, beneficiaries: Beneficiaries) -> Result<Self, Error> {
            if !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let mut contract = Self {
                calendar,
                ledger: Ledger::new(&calendar, Self::env().block_timestamp()),
                recipients: Mapping::default(),
                roles: Lazy::default(),
                nonces: Nonces::default(),
            };
            let Beneficiaries { early_supporters, team, partners } = beneficiaries;
            for (line, account) in
                [(Line::EarlySupporters, early_supporters), (Line::Team, team), (Line::Partners, partners)]
            {
                contract.recipients.insert(line, &Recipient::new(account)?);
            }
            contract.roles.set(&Roles { deployer: Self::env().caller(), binding: None });
            Ok(contract)
        }

        /// Names the token and who takes the foundation's line: once, by the
        /// deployer. `bzky` is asked whether the calendar is the network's and
        /// whether this contract holds all that the table releases.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`, `ZeroAccount`, `BadCalendar`,
        /// `Underfunded`, `CalleeFailed`.
        #[ink(message)]
        pub fn bind(&mut self, bzky: AccountId, foundation: AccountId) -> Result<(), Error> {
            let Roles { deployer, binding } = self.roles.get().ok_or(Error::NotDeployer)?;
            if self.env().caller() != deployer {
                return Err(Error::NotDeployer);
            }
            if binding.is_some() {
                return Err(Error::AlreadyBound);
            }
            if foundation == AccountId::from([0; 32]) {
                return Err(Error::ZeroAccount);
            }
            let networks: Calendar =
                call(bzky, ink::selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?;
            if networks != self.calendar {
                return Err(Error::BadCalendar);
            }
            let genesis: Hash = call(bzky, ink::selector_bytes!("genesis"), &()).map_err(|_| Error::CalleeFailed)?;
            let held: Balance = call(bzky, ink::selector_bytes!("PSP22::balance_of"), &(self.env().account_id(),))
                .map_err(|_| Error::CalleeFailed)?;
            if held < VESTED_SUPPLY {
                return Err(Error::Underfunded);
            }
            self.roles.set(&Roles { deployer, binding: Some(Binding { bzky, foundation, genesis }) });
            Ok(())
        }

        /// Pays a beneficiary's line everything that is due. Anybody may ask.
        /// Returns what was paid. A repeat finds nothing due: `NothingDue`.
        ///
        /// # Errors
        /// `NotBound`, `FoundationLine`, `NothingDue`, `PaymentRefused`,
        /// `Overflow`, `CalleeFailed`.
        #[ink(message)]
        pub fn release(&mut self, line: Line) -> Result<Balance, Error> {
            let Binding { bzky, .. } = self.bound()?;
            let amount = self.ledger.release(line, self.env().block_timestamp())?;
            let Recipient { account, .. } = self.recipient(line)?;
            self.pay(bzky, line, account, amount)?;
            Ok(amount)
        }

        /// Pays `amount` of the foundation's line to `foundation`, which alone
        /// may ask: once a half-year, after the first one, and at most 10 % of
        /// what the line still has here. Whatever the amount, the half-year is
        /// used; one that was missed is gone. A repeat is refused: `NothingDue`.
        ///
        /// # Errors
        /// `NotBound`, `NotFoundation`, `ZeroAmount`, `NothingDue`, `OverCap`,
        /// `PaymentRefused`, `Overflow`, `CalleeFailed`.
        #[ink(message)]
        pub fn release_foundation(&mut self, amount: Balance) -> Result<(), Error> {
            let Binding { bzky, foundation, .. } = self.only_foundation()?;
            self.ledger.release_foundation(amount, self.env().block_timestamp())?;
            self.pay(bzky, Line::Foundation, foundation, amount)
        }

        /// Sets the listing date, Unix milliseconds: once, by `foundation`,
        /// from now to 12 months ahead. A repeat is refused: `AlreadyListed`.
        ///
        /// # Errors
        /// `NotBound`, `NotFoundation`, `AlreadyListed`, `BadListingDate`.
        #[ink(message)]
        pub fn set_listing_date(&mut self, listing_ms: u64) -> Result<(), Error> {
            self.only_foundation()?;
            self.ledger.list(listing_ms, self.env().block_timestamp())?;
            self.env().emit_event(ListingDateSet { listing_ms });
            Ok(())
        }

        /// Names the account that is to follow the caller as a line's
        /// beneficiary once it accepts; the caller itself withdraws an earlier
        /// proposal. A repeat changes nothing.
        ///
        /// # Errors
        /// `FoundationLine`, `NotBeneficiary`, `ZeroAccount`.
        #[ink(message)]
        pub fn propose_beneficiary(&mut self, line: Line, account: AccountId) -> Result<(), Error> {
            self.propose(self.env().caller(), line, account)
        }

        /// Makes the caller a line's beneficiary, as the present one proposed.
        /// What is due and not released yet goes to the caller too. A repeat
        /// is refused: `NotProposed`.
        ///
        /// # Errors
        /// `FoundationLine`, `NotProposed`.
        #[ink(message)]
        pub fn accept_beneficiary(&mut self, line: Line) -> Result<(), Error> {
            self.accept(self.env().caller(), line)
        }

        /// Does what a beneficiary signed. Anybody may carry it, once.
        ///
        /// # Errors
        /// `NotBound`, `Expired`, `BadNonce`, `BadSignature`, and those of the
        /// message that the action stands for.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<(), Error> {
            let genesis = self.bound()?.genesis;
            let (contract, now_ms) = (self.env().account_id(), self.env().block_timestamp());
            let account = self.nonces.spend(&genesis, &contract, now_ms, &authorization, &action)?;
            match action {
                Action::ProposeBeneficiary { line, account: next } => self.propose(account, line, next),
                Action::AcceptBeneficiary { line } => self.accept(account, line),
            }
        }

        /// A line's dates and amounts. Of the foundation's only the date that
        /// is open, or else the next, with the most that it may take then.
        #[ink(message)]
        pub fn schedule(&self, line: Line) -> Vec<Tranche> {
            self.ledger.schedule(line, self.env().block_timestamp())
        }

        /// What a line is paid if it is released now; for the foundation's the
        /// most that it may take. Smallest unit of Bzky.
        #[ink(message)]
        pub fn due(&self, line: Line) -> Balance {
            self.ledger.due(line, self.env().block_timestamp())
        }

        /// Paid to a line so far, smallest unit of Bzky.
        #[ink(message)]
        pub fn released(&self, line: Line) -> Balance {
            self.ledger.released(line)
        }

        /// The issue, Unix milliseconds: when this contract was instantiated.
        #[ink(message)]
        pub fn issued_ms(&self) -> u64 {
            self.ledger.clock().issued_ms
        }

        /// The listing date, Unix milliseconds.
        #[ink(message)]
        pub fn listing_date(&self) -> Option<u64> {
            self.ledger.clock().listing_ms
        }

        /// Who a line is paid to; `None` for the foundation's before [`Vesting::bind`].
        #[ink(message)]
        pub fn beneficiary_of(&self, line: Line) -> Option<AccountId> {
            match line {
                Line::Foundation => self.foundation(),
                _ => self.recipients.get(line).map(|recipient| recipient.account),
            }
        }

        /// Who follows a line's beneficiary once it accepts.
        #[ink(message)]
        pub fn proposed_beneficiary(&self, line: Line) -> Option<AccountId> {
            self.recipients.get(line).and_then(|recipient| recipient.proposed)
        }

        /// The token; `None` before [`Vesting::bind`].
        #[ink(message)]
        pub fn bzky(&self) -> Option<AccountId> {
            self.binding().map(|binding| binding.bzky)
        }

        /// Who takes the foundation's line; `None` before [`Vesting::bind`].
        #[ink(message)]
        pub fn foundation(&self) -> Option<AccountId> {
            self.binding().map(|binding| binding.foundation)
        }

        /// The nonce that an account's next authorization must have.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
        }

        /// The network's calendar.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            self.calendar
        }

        fn propose(&mut self, caller: AccountId, line: Line, account: AccountId) -> Result<(), Error> {
            let mut recipient = self.recipient(line)?;
            let before = recipient;
            recipient.propose(caller, account)?;
            if recipient != before {
                self.recipients.insert(line, &recipient);
                self.env().emit_event(VestingBeneficiaryProposed { line, account: recipient.proposed });
            }
            Ok(())
        }

        fn accept(&mut self, caller: AccountId, line: Line) -> Result<(), Error> {
            let mut recipient = self.recipient(line)?;
            recipient.accept(caller)?;
            self.recipients.insert(line, &recipient);
            self.env().emit_event(VestingBeneficiaryChanged { line, account: caller });
            Ok(())
        }

        /// The constructor sets one for every line but the foundation's.
        fn recipient(&self, line: Line) -> Result<Recipient, Error> {
            self.recipients.get(line).ok_or(Error::FoundationLine)
        }

        fn binding(&self) -> Option<Binding> {
            self.roles.get().and_then(|roles| roles.binding)
        }

        fn bound(&self) -> Result<Binding, Error> {
            self.binding().ok_or(Error::NotBound)
        }

        fn only_foundation(&self) -> Result<Binding, Error> {
            let binding = self.bound()?;
            if self.env().caller() != binding.foundation {
                return Err(Error::NotFoundation);
            }
            Ok(binding)
        }

        fn pay(&self, bzky: AccountId, line: Line, account: AccountId, amount: Balance) -> Result<(), Error> {
            self.env().emit_event(VestingReleased { line, account, amount });
            let paid: Result<(), psp22::Error> =
                call(bzky, ink::selector_bytes!("PSP22::transfer"), &(account, amount, Vec::<u8>::new()))
                    .map_err(|_| Error::CalleeFailed)?;
            paid.map_err(|_| Error::PaymentRefused)
        }
    }
}
