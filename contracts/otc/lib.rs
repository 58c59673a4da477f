//! Bzky against money that moves off chain, fiat or the coins of other chains:
//! the Bzky waits in escrow until the seller has the money (whitepaper 2,
//! crypto settlement; architecture.md, otc).
//!
//! | module | holds |
//! |---|---|
//! | [`terms`] | what an offer or a quote may ask |
//! | [`books`] | offers, reservations and floats, and everything in escrow |
//! | `actions` | what each action does, whoever carries it |
//! | [`outcome`] | to whom a reservation's Bzky goes |
//!
//! A maker offers Bzky, or a desk signs a quote; a taker reserves a part; the
//! buyer pays off chain and declares it; the seller confirms and the buyer has
//! the Bzky. Either side can put a declared payment before the board. Each
//! step has its time, and what happens when it passes; without the seller's
//! word or the board's no Bzky goes to the buyer.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod actions;
pub mod books;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod books_tests;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod invariants;
pub mod outcome;
pub mod terms;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;

pub use self::otc::{Otc, OtcRef};

/// The contract: events, who may call, and the door to [`books`].
#[ink::contract]
#[allow(missing_docs)] // what the macro generates; the messages are documented
pub mod otc {
    use crate::books::Books;
    use bizkey_primitives::{
        action::{otc::Action, Authorization, Nonces},
        administration::Administration,
        cross_contract::call,
        errors::otc::Error,
        events::{OtcCodeChanged, OtcDeskChanged, OtcHandedOver, OtcOssified},
        otc::{Offer, OfferId, Quote, Reservation, ReservationId, Terms, Trader},
        signature::{PublicKey, Signature},
        Calendar,
    };
    use ink::storage::{Lazy, Mapping};

    /// Who governs the contract, and with whom it works.
    #[derive(Clone, Copy, Debug)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub(crate) struct Setup {
        pub(crate) calendar: Calendar,
        /// The chain's genesis hash, for quotes and signed actions.
        pub(crate) genesis: Hash,
        /// Holds the escrow.
        pub(crate) bzky: AccountId,
        /// Who governs, and whether the code is final.
        pub(crate) administration: Administration,
    }

    /// The desk of everybody, and those of the network.
    #[ink(storage)]
    pub struct Otc {
        setup: Lazy<Setup>,
        pub(crate) books: Books,
        /// The keys that sign desks' quotes.
        pub(crate) desks: Mapping<AccountId, PublicKey>,
        nonces: Nonces,
    }

    impl Otc {
        /// No offer and no desk yet; the caller is the admin until it hands
        /// over. `bzky` is asked whether `calendar` is the network's.
        ///
        /// # Errors
        /// `BadCalendar`, `CalleeFailed`.
        #[ink(constructor)]
        pub fn new(calendar: Calendar, bzky: AccountId) -> Result<Self, Error> {
            let networks: Calendar =
                call(bzky, ink::selector_bytes!("calendar"), &()).map_err(|_| Error::CalleeFailed)?;
            if networks != calendar || !calendar.is_valid() {
                return Err(Error::BadCalendar);
            }
            let genesis = call(bzky, ink::selector_bytes!("genesis"), &()).map_err(|_| Error::CalleeFailed)?;
            Ok(Self::open(calendar, genesis, bzky, Self::env().caller()))
        }

        pub(crate) fn open(calendar: Calendar, genesis: Hash, bzky: AccountId, deployer: AccountId) -> Self {
            let mut contract = Self {
                setup: Lazy::default(),
                books: Books::default(),
                desks: Mapping::default(),
                nonces: Nonces::default(),
            };
            let administration = Administration::new(deployer);
            contract.setup.set(&Setup { calendar, genesis, bzky, administration });
            contract
        }

        /// Gives the admin's role to `foundation`, once, by the deployer.
        ///
        /// # Errors
        /// `NotDeployer`, `AlreadyBound`.
        #[ink(message)]
        pub fn hand_over(&mut self, admin: AccountId) -> Result<(), Error> {
            let mut setup = self.setup()?;
            setup.administration.hand_over(self.env().caller(), admin)?;
            self.setup.set(&setup);
            self.env().emit_event(OtcHandedOver { admin });
            Ok(())
        }

        /// Runs other code from the next call on. By the admin, until
        /// [`Otc::ossify`].
        ///
        /// # Errors
        /// `NotAdmin`, `Ossified`, `BadCode`.
        #[ink(message)]
        pub fn set_code(&mut self, code_hash: Hash) -> Result<(), Error> {
            self.setup()?.administration.may_change_code(self.env().caller())?;
            self.env().set_code_hash(&code_hash).map_err(|_| Error::BadCode)?;
            self.env().emit_event(OtcCodeChanged { code_hash });
            Ok(())
        }

        /// Keeps the present code for good. By the admin. A repeat is refused:
        /// `Ossified`.
        ///
        /// # Errors
        /// `NotAdmin`, `Ossified`.
        #[ink(message)]
        pub fn ossify(&mut self) -> Result<(), Error> {
            let mut setup = self.setup()?;
            setup.administration.ossify(self.env().caller())?;
            self.setup.set(&setup);
            self.env().emit_event(OtcOssified { admin: setup.administration.admin });
            Ok(())
        }

        /// Names the key that signs a desk's quotes, or stops its quotes. Its
        /// float stays the desk's, and its reservations go on. By the admin.
        /// Saying it twice changes nothing.
        ///
        /// # Errors
        /// `NotAdmin`.
        #[ink(message)]
        pub fn set_desk(&mut self, desk: AccountId, key: Option<PublicKey>) -> Result<(), Error> {
            self.only_admin()?;
            if self.desks.get(desk) == key {
                return Ok(());
            }
            match key {
                Some(key) => {
                    self.desks.insert(desk, &key);
                }
                None => self.desks.remove(desk),
            }
            self.env().emit_event(OtcDeskChanged { desk, key });
            Ok(())
        }

        /// Decides a dispute within 14 days of its opening: the winner has the
        /// amount and all bonds. By the admin. Not idempotent, but a repeat is
        /// refused: `UnknownReservation`.
        ///
        /// # Errors
        /// `NotAdmin`, `UnknownReservation`, `NotDisputed`, `TooLate`,
        /// `PaymentRefused`, `Overflow`, `CalleeFailed`.
        #[ink(message)]
        pub fn decide(&mut self, reservation: ReservationId, winner: Trader, reason: Hash) -> Result<(), Error> {
            self.only_admin()?;
            let (ending, leaving) = self.books.decide(reservation, winner, reason, self.now_ms())?;
            self.settled(reservation, ending, leaving)
        }

        /// Offers `amount` of the caller's Bzky, out of an allowance to this
        /// contract. Returns the offer's number. Not idempotent: a repeat is
        /// another offer.
        ///
        /// # Errors
        /// `BadTerms`, `TermsExpired`, `AmountOutOfBounds` below the minimum,
        /// `PaymentRefused`, `Overflow`, `CalleeFailed`.
        #[ink(message)]
        pub fn open_offer(&mut self, terms: Terms, amount: Balance) -> Result<OfferId, Error> {
            self.open_offer_of(self.env().caller(), terms, amount)
        }

        /// Closes an offer and gives back what is not reserved: its maker at
        /// any time, anybody once it has expired. Its reservations go on, and
        /// what of them is not sold goes to the maker. A repeat is refused:
        /// `UnknownOffer`.
        ///
        /// # Errors
        /// `UnknownOffer`, `NotMaker`, `PaymentRefused`, `Overflow`,
        /// `CalleeFailed`.
        #[ink(message)]
        pub fn close_offer(&mut self, offer: OfferId) -> Result<(), Error> {
            self.close_offer_of(self.env().caller(), offer)
        }

        /// Reserves a part of an offer for the caller, who puts up the bond
        /// out of an allowance to this contract. `reference` is by what the
        /// payment will be known. Returns the reservation's number. Not
        /// idempotent: a repeat is another reservation.
        ///
        /// # Errors
        /// `UnknownOffer`, `TermsExpired`, `SelfTrade`, `AmountOutOfBounds`,
        /// `TooManyReservations`, `PaymentRefused`, `Overflow`, `CalleeFailed`.
        #[ink(message)]
        pub fn reserve(&mut self, offer: OfferId, amount: Balance, reference: Hash) -> Result<ReservationId, Error> {
            self.reserve_for(self.env().caller(), offer, amount, reference)
        }

        /// Takes a part of a desk's quote, which becomes a reservation like
        /// one of an offer. From a desk that sells, the Bzky comes out of its
        /// float and the caller puts up the bond; to a desk that buys, the
        /// caller puts up the Bzky. Not idempotent: a repeat takes another
        /// part, as long as the quote's maximum has room.
        ///
        /// # Errors
        /// `UnknownDesk`, `ForeignQuote`, `NotAddressee`, `SelfTrade`,
        /// `BadTerms`, `TermsExpired`, `QuoteNotYet`, `BadQuoteSignature`,
        /// `AmountOutOfBounds`, `FloatTooLow`, `TooManyReservations`,
        /// `PaymentRefused`, `Overflow`, `CalleeFailed`.
        #[ink(message)]
        pub fn take_quote(
            &mut self,
            quote: Quote,
            signature: Signature,
            amount: Balance,
            reference: Hash,
        ) -> Result<ReservationId, Error> {
            self.take_quote_for(self.env().caller(), &quote, &signature, amount, reference)
        }

        /// Says that the caller, the buyer, has paid; `payment` is the
        /// payment's name on its own rail, or its hash. Starts the time in
        /// which either side may dispute it. If the seller does not confirm, a
        /// buyer who paid must dispute in that time, or the Bzky goes back. A
        /// repeat is refused: `AlreadyPaid`.
        ///
        /// # Errors
        /// `UnknownReservation`, `NotBuyer`, `AlreadyPaid`, `TooLate`.
        #[ink(message)]
        pub fn declare_paid(&mut self, reservation: ReservationId, payment: Hash) -> Result<(), Error> {
            self.declare_paid_by(self.env().caller(), reservation, payment)
        }

        /// Says that the caller, the seller, has the payment: the buyer has
        /// the Bzky and all bonds. At any time before the reservation ends. A
        /// repeat is refused: `UnknownReservation`.
        ///
        /// # Errors
        /// `UnknownReservation`, `NotSeller`, `PaymentRefused`, `Overflow`,
        /// `CalleeFailed`.
        #[ink(message)]
        pub fn confirm(&mut self, reservation: ReservationId) -> Result<(), Error> {
            self.confirm_by(self.env().caller(), reservation)
        }

        /// Says that the caller, the buyer, wants the reservation no more: the
        /// Bzky goes back and the bond burns; in a dispute the seller has all
        /// bonds. At any time before the reservation ends. A repeat is
        /// refused: `UnknownReservation`.
        ///
        /// # Errors
        /// `UnknownReservation`, `NotBuyer`, `PaymentRefused`, `Overflow`,
        /// `CalleeFailed`.
        #[ink(message)]
        pub fn give_up(&mut self, reservation: ReservationId) -> Result<(), Error> {
            self.give_up_by(self.env().caller(), reservation)
        }

        /// Puts a declared payment before the board: by the seller or the
        /// buyer, who puts up as much as the buyer's bond out of an allowance
        /// to this contract. A repeat is refused: `AlreadyDisputed`.
        ///
        /// # Errors
        /// `UnknownReservation`, `NotParty`, `NotPaid`, `AlreadyDisputed`,
        /// `TooLate`, `PaymentRefused`, `Overflow`, `CalleeFailed`.
        #[ink(message)]
        pub fn dispute(&mut self, reservation: ReservationId, evidence: Hash) -> Result<(), Error> {
            self.dispute_by(self.env().caller(), reservation, evidence)
        }

        /// Ends a reservation whose time is over; anybody may ask. No payment
        /// declared in time, or one that nobody confirmed or disputed: the
        /// Bzky goes back and the bond burns. A dispute that the board did not
        /// decide in 14 days: the Bzky goes back, and so does each bond to who
        /// put it up. A repeat is refused: `UnknownReservation`.
        ///
        /// # Errors
        /// `UnknownReservation`, `WindowOpen`, `PaymentRefused`, `Overflow`,
        /// `CalleeFailed`.
        #[ink(message)]
        pub fn settle(&mut self, reservation: ReservationId) -> Result<(), Error> {
            let (ending, leaving) = self.books.settle(reservation, self.now_ms())?;
            self.settled(reservation, ending, leaving)
        }

        /// Puts Bzky of the caller, a desk, into its float, out of an
        /// allowance to this contract. Not idempotent.
        ///
        /// # Errors
        /// `UnknownDesk`, `ZeroAmount`, `PaymentRefused`, `Overflow`,
        /// `CalleeFailed`.
        #[ink(message)]
        pub fn fund(&mut self, amount: Balance) -> Result<(), Error> {
            self.fund_of(self.env().caller(), amount)
        }

        /// Takes Bzky out of the caller's float, also once its quotes are
        /// stopped. Not idempotent.
        ///
        /// # Errors
        /// `ZeroAmount`, `FloatTooLow`, `PaymentRefused`, `CalleeFailed`.
        #[ink(message)]
        pub fn withdraw(&mut self, amount: Balance) -> Result<(), Error> {
            self.withdraw_of(self.env().caller(), amount)
        }

        /// Lets no more be taken by quotes of a number of the caller, a desk.
        /// A repeat changes nothing.
        ///
        /// # Errors
        /// `UnknownDesk`.
        #[ink(message)]
        pub fn revoke_quote(&mut self, id: u64) -> Result<(), Error> {
            self.revoke_quote_of(self.env().caller(), id)
        }

        /// Does what a maker, taker or desk signed. Anybody may carry it, once.
        ///
        /// # Errors
        /// `Expired`, `BadNonce`, `BadSignature`, and those of the message
        /// that the action stands for.
        #[ink(message)]
        pub fn relay(&mut self, action: Action, authorization: Authorization) -> Result<(), Error> {
            let (genesis, contract) = (self.setup()?.genesis, self.env().account_id());
            let account = self.nonces.spend(&genesis, &contract, self.now_ms(), &authorization, &action)?;
            match action {
                Action::OpenOffer { terms, amount } => self.open_offer_of(account, terms, amount).map(drop),
                Action::CloseOffer { offer } => self.close_offer_of(account, offer),
                Action::Reserve { offer, amount, reference } => {
                    self.reserve_for(account, offer, amount, reference).map(drop)
                }
                Action::TakeQuote { quote, signature, amount, reference } => {
                    self.take_quote_for(account, &quote, &signature, amount, reference).map(drop)
                }
                Action::DeclarePaid { reservation, payment } => self.declare_paid_by(account, reservation, payment),
                Action::Confirm { reservation } => self.confirm_by(account, reservation),
                Action::GiveUp { reservation } => self.give_up_by(account, reservation),
                Action::Dispute { reservation, evidence } => self.dispute_by(account, reservation, evidence),
                Action::Fund { amount } => self.fund_of(account, amount),
                Action::Withdraw { amount } => self.withdraw_of(account, amount),
                Action::RevokeQuote { id } => self.revoke_quote_of(account, id),
            }
        }

        /// An offer of which something is left, or may be again.
        #[ink(message)]
        pub fn offer(&self, offer: OfferId) -> Option<Offer> {
            self.books.offer(offer)
        }

        /// A reservation that has not ended.
        #[ink(message)]
        pub fn reservation(&self, reservation: ReservationId) -> Option<Reservation> {
            self.books.reservation(reservation)
        }

        /// Offers and reservations so far, which are the last numbers.
        #[ink(message)]
        pub fn counts(&self) -> (OfferId, ReservationId) {
            let totals = self.books.totals();
            (totals.offers, totals.reservations)
        }

        /// Everything in escrow: remainders of offers, reserved amounts, bonds
        /// and floats. This contract's balance in `bzky` is never less. Smallest unit.
        #[ink(message)]
        pub fn escrowed(&self) -> Balance {
            self.books.totals().escrowed
        }

        /// The key that signs a desk's quotes.
        #[ink(message)]
        pub fn desk_key(&self, desk: AccountId) -> Option<PublicKey> {
            self.desks.get(desk)
        }

        /// What a desk has in its float and not reserved, smallest unit of Bzky.
        #[ink(message)]
        pub fn float_of(&self, desk: AccountId) -> Balance {
            self.books.float_of(desk)
        }

        /// What was taken by a desk's quotes of a number, smallest unit of
        /// Bzky; 2^128 − 1 once revoked.
        #[ink(message)]
        pub fn quote_taken(&self, desk: AccountId, id: u64) -> Balance {
            self.books.taken(desk, id)
        }

        /// A taker's reservations that have not ended; at most 16.
        #[ink(message)]
        pub fn open_reservations(&self, taker: AccountId) -> u32 {
            self.books.open_of(taker)
        }

        /// Who decides disputes, names desks and changes the code.
        ///
        /// # Panics
        /// Never: the constructor sets it.
        #[ink(message)]
        pub fn admin(&self) -> AccountId {
            match self.setup.get() {
                Some(setup) => setup.administration.admin,
                None => panic!("not set up"),
            }
        }

        /// Whether the code can change no more.
        #[ink(message)]
        pub fn is_ossified(&self) -> bool {
            self.setup.get().is_some_and(|setup| setup.administration.ossified)
        }

        /// The nonce that an account's next authorization must have.
        #[ink(message)]
        pub fn nonce_of(&self, account: AccountId) -> u64 {
            self.nonces.next(account)
        }

        /// The token that offers are of.
        #[ink(message)]
        pub fn bzky(&self) -> Option<AccountId> {
            self.setup.get().map(|setup| setup.bzky)
        }

        /// The network's calendar.
        ///
        /// # Panics
        /// Never: the constructor sets it.
        #[ink(message)]
        pub fn calendar(&self) -> Calendar {
            match self.setup.get() {
                Some(setup) => setup.calendar,
                None => panic!("not set up"),
            }
        }

        pub(crate) fn now_ms(&self) -> u64 {
            self.env().block_timestamp()
        }

        /// The constructor sets it; without it nothing could be asked.
        pub(crate) fn setup(&self) -> Result<Setup, Error> {
            self.setup.get().ok_or(Error::CalleeFailed)
        }

        fn only_admin(&self) -> Result<Setup, Error> {
            let setup = self.setup()?;
            setup.administration.only_admin(self.env().caller())?;
            Ok(setup)
        }
    }
}
