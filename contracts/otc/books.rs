//! Who has how much in escrow, and on the way to whom: the rules without the
//! chain around them. What is in escrow is at all times the remainders of the
//! offers, the reserved amounts, all bonds and the desks' floats.

use crate::{outcome::shares, terms};
use bizkey_primitives::{
    errors::otc::Error,
    otc::{Ending, Offer, OfferId, Origin, Quote, QuoteSide, Reservation, ReservationId, Stage, Terms, Trader},
    AccountId, Balance, Hash,
};
use ink::{
    prelude::vec::Vec,
    storage::{Lazy, Mapping},
};

/// Most reservations of one taker that have not ended.
pub const MAX_OPEN: u32 = 16;
/// From the opening of a dispute to the end of the board's time: 14 days.
pub const DECISION_MS: u64 = 14 * 24 * 60 * 60 * 1000;

/// Numbers given so far, and everything in escrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Totals {
    /// Last offer.
    pub offers: OfferId,
    /// Last reservation.
    pub reservations: ReservationId,
    /// Smallest unit of Bzky.
    pub escrowed: Balance,
}

/// What leaves the contract, for the caller to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaving {
    /// Whom to pay, at most two.
    pub payments: Vec<(AccountId, Balance)>,
    /// How much to burn.
    pub burned: Balance,
    /// The offer of which nothing is left, now that this reservation ended.
    pub spent_offer: Option<OfferId>,
}

/// Offers, reservations and floats. Every method changes everything that it
/// says or returns an error; an error after a change reverts with the message.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Books {
    totals: Lazy<Totals>,
    offers: Mapping<OfferId, Offer>,
    reservations: Mapping<ReservationId, Reservation>,
    /// Of desks; zero has no entry.
    floats: Mapping<AccountId, Balance>,
    /// Taken by a desk's quotes of a number; never forgotten, so that no
    /// number is filled twice.
    taken: Mapping<(AccountId, u64), Balance>,
    /// A taker's reservations that have not ended; zero has no entry.
    open: Mapping<AccountId, u32>,
}

impl Books {
    /// Numbers given so far, and everything in escrow.
    pub fn totals(&self) -> Totals {
        self.totals.get().unwrap_or_default()
    }

    /// An offer of which something is left, or may be again.
    pub fn offer(&self, offer: OfferId) -> Option<Offer> {
        self.offers.get(offer)
    }

    /// A reservation that has not ended.
    pub fn reservation(&self, reservation: ReservationId) -> Option<Reservation> {
        self.reservations.get(reservation)
    }

    /// What a desk has in its float and not reserved.
    pub fn float_of(&self, desk: AccountId) -> Balance {
        self.floats.get(desk).unwrap_or(0)
    }

    /// What was taken by a desk's quotes of a number; 2^128 − 1 once revoked.
    pub fn taken(&self, desk: AccountId, id: u64) -> Balance {
        self.taken.get((desk, id)).unwrap_or(0)
    }

    /// A taker's reservations that have not ended.
    pub fn open_of(&self, taker: AccountId) -> u32 {
        self.open.get(taker).unwrap_or(0)
    }

    /// Opens an offer of `amount`, which the maker is to put up.
    pub fn open_offer(
        &mut self,
        maker: AccountId,
        terms: Terms,
        amount: Balance,
        now_ms: u64,
    ) -> Result<OfferId, Error> {
        terms::check(&terms, now_ms)?;
        if amount < terms.minimum {
            return Err(Error::AmountOutOfBounds);
        }
        let mut totals = self.totals();
        totals.offers = totals.offers.checked_add(1).ok_or(Error::Overflow)?;
        totals.escrowed = totals.escrowed.checked_add(amount).ok_or(Error::Overflow)?;
        self.totals.set(&totals);
        self.offers.insert(totals.offers, &Offer { maker, terms, left: amount, open: 0 });
        Ok(totals.offers)
    }

    /// Closes an offer: its maker at any time, anybody once it has expired.
    /// Returns what goes back to the maker. Its reservations go on.
    pub fn close_offer(
        &mut self,
        caller: AccountId,
        offer: OfferId,
        now_ms: u64,
    ) -> Result<(AccountId, Balance), Error> {
        let Offer { maker, terms, left, .. } = self.offer(offer).ok_or(Error::UnknownOffer)?;
        if caller != maker && now_ms < terms.expires_ms {
            return Err(Error::NotMaker);
        }
        self.offers.remove(offer);
        self.subtract(left)?;
        Ok((maker, left))
    }

    /// Reserves a part of an offer. The taker is to put up the bond.
    pub fn reserve(
        &mut self,
        taker: AccountId,
        id: OfferId,
        amount: Balance,
        reference: Hash,
        now_ms: u64,
    ) -> Result<(ReservationId, Reservation), Error> {
        let mut offer = self.offer(id).ok_or(Error::UnknownOffer)?;
        if now_ms >= offer.terms.expires_ms {
            return Err(Error::TermsExpired);
        }
        if taker == offer.maker {
            return Err(Error::SelfTrade);
        }
        terms::check_amount(&offer.terms, amount, offer.left)?;
        let reservation = reserved(Origin::Offer(id), offer.maker, taker, amount, &offer.terms, reference, now_ms)?;
        let number = self.admit(taker, &reservation, reservation.bond)?;
        offer.left = offer.left.saturating_sub(amount);
        offer.open = offer.open.checked_add(1).ok_or(Error::Overflow)?;
        self.offers.insert(id, &offer);
        Ok((number, reservation))
    }

    /// Takes a part of a quote that [`terms::check_quote`] allows and the
    /// desk's key signed. The taker is to put up the bond, or, to a desk that
    /// buys, the amount.
    pub fn take_quote(
        &mut self,
        taker: AccountId,
        quote: &Quote,
        amount: Balance,
        reference: Hash,
        now_ms: u64,
    ) -> Result<(ReservationId, Reservation), Error> {
        let Quote { desk, id, side, terms, .. } = *quote;
        let taken = self.taken(desk, id);
        terms::check_amount(&terms, amount, quote.maximum.saturating_sub(taken))?;
        let (origin, seller, buyer) = match side {
            QuoteSide::Sell => (Origin::DeskSells(id), desk, taker),
            QuoteSide::Buy => (Origin::DeskBuys(id), taker, desk),
        };
        let reservation = reserved(origin, seller, buyer, amount, &terms, reference, now_ms)?;
        let number = match side {
            QuoteSide::Sell => {
                let left = self.float_of(desk).checked_sub(amount).ok_or(Error::FloatTooLow)?;
                let number = self.admit(taker, &reservation, reservation.bond)?;
                self.set_float(desk, left);
                number
            }
            QuoteSide::Buy => self.admit(taker, &reservation, amount)?,
        };
        self.taken.insert((desk, id), &taken.checked_add(amount).ok_or(Error::Overflow)?);
        Ok((number, reservation))
    }

    /// Notes that the buyer has paid. Returns the end of the time to dispute it.
    pub fn declare_paid(&mut self, caller: AccountId, id: ReservationId, now_ms: u64) -> Result<u64, Error> {
        let mut reservation = self.known(id)?;
        if caller != reservation.buyer {
            return Err(Error::NotBuyer);
        }
        let Stage::Reserved { pay_by_ms } = reservation.stage else {
            return Err(Error::AlreadyPaid);
        };
        if now_ms >= pay_by_ms {
            return Err(Error::TooLate);
        }
        let dispute_by_ms = now_ms.saturating_add(reservation.dispute_within_ms);
        reservation.stage = Stage::Paid { dispute_by_ms };
        self.reservations.insert(id, &reservation);
        Ok(dispute_by_ms)
    }

    /// Puts a declared payment before the board. Returns who opened it, what
    /// the opener is to put up, and the end of the board's time.
    pub fn dispute(
        &mut self,
        caller: AccountId,
        id: ReservationId,
        now_ms: u64,
    ) -> Result<(Trader, Balance, u64), Error> {
        let mut reservation = self.known(id)?;
        let opener = if caller == reservation.seller {
            Trader::Seller
        } else if caller == reservation.buyer {
            Trader::Buyer
        } else {
            return Err(Error::NotParty);
        };
        match reservation.stage {
            Stage::Reserved { .. } => return Err(Error::NotPaid),
            Stage::Disputed { .. } => return Err(Error::AlreadyDisputed),
            Stage::Paid { dispute_by_ms } if now_ms >= dispute_by_ms => return Err(Error::TooLate),
            Stage::Paid { .. } => (),
        }
        let (bond, decide_by_ms) = (reservation.bond, now_ms.saturating_add(DECISION_MS));
        reservation.stage = Stage::Disputed { opener, bond, decide_by_ms };
        self.reservations.insert(id, &reservation);
        self.add(bond)?;
        Ok((opener, bond, decide_by_ms))
    }

    /// The seller has the payment, whatever was said before.
    pub fn confirm(&mut self, caller: AccountId, id: ReservationId) -> Result<Leaving, Error> {
        let reservation = self.known(id)?;
        if caller != reservation.seller {
            return Err(Error::NotSeller);
        }
        self.end(id, &reservation, Ending::Confirmed)
    }

    /// The buyer wants it no more, whatever was said before.
    pub fn give_up(&mut self, caller: AccountId, id: ReservationId) -> Result<Leaving, Error> {
        let reservation = self.known(id)?;
        if caller != reservation.buyer {
            return Err(Error::NotBuyer);
        }
        self.end(id, &reservation, Ending::GivenUp)
    }

    /// The board decides a dispute, in its time.
    pub fn decide(
        &mut self,
        id: ReservationId,
        winner: Trader,
        reason: Hash,
        now_ms: u64,
    ) -> Result<(Ending, Leaving), Error> {
        let reservation = self.known(id)?;
        let Stage::Disputed { decide_by_ms, .. } = reservation.stage else {
            return Err(Error::NotDisputed);
        };
        if now_ms >= decide_by_ms {
            return Err(Error::TooLate);
        }
        let ending = Ending::Decided { winner, reason };
        Ok((ending, self.end(id, &reservation, ending)?))
    }

    /// Ends a reservation whose time is over.
    pub fn settle(&mut self, id: ReservationId, now_ms: u64) -> Result<(Ending, Leaving), Error> {
        let reservation = self.known(id)?;
        let (end_ms, ending) = match reservation.stage {
            Stage::Reserved { pay_by_ms } => (pay_by_ms, Ending::Lapsed),
            Stage::Paid { dispute_by_ms } => (dispute_by_ms, Ending::Unclaimed),
            Stage::Disputed { decide_by_ms, .. } => (decide_by_ms, Ending::Undecided),
        };
        if now_ms < end_ms {
            return Err(Error::WindowOpen);
        }
        Ok((ending, self.end(id, &reservation, ending)?))
    }

    /// Adds to a desk's float what the desk is to put up.
    pub fn fund(&mut self, desk: AccountId, amount: Balance) -> Result<(), Error> {
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        self.add(amount)?;
        self.add_float(desk, amount)
    }

    /// Takes out of a desk's float what goes to the desk.
    pub fn withdraw(&mut self, desk: AccountId, amount: Balance) -> Result<(), Error> {
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        let left = self.float_of(desk).checked_sub(amount).ok_or(Error::FloatTooLow)?;
        self.set_float(desk, left);
        self.subtract(amount)
    }

    /// No more is taken by a desk's quotes of a number. Returns whether that
    /// is news.
    pub fn revoke_quote(&mut self, desk: AccountId, id: u64) -> bool {
        let news = self.taken(desk, id) != Balance::MAX;
        self.taken.insert((desk, id), &Balance::MAX);
        news
    }

    fn known(&self, id: ReservationId) -> Result<Reservation, Error> {
        self.reservation(id).ok_or(Error::UnknownReservation)
    }

    /// Numbers a reservation and books what its taker is to put up.
    fn admit(&mut self, taker: AccountId, reservation: &Reservation, put_up: Balance) -> Result<ReservationId, Error> {
        let open = self.open_of(taker);
        if open >= MAX_OPEN {
            return Err(Error::TooManyReservations);
        }
        let mut totals = self.totals();
        totals.reservations = totals.reservations.checked_add(1).ok_or(Error::Overflow)?;
        totals.escrowed = totals.escrowed.checked_add(put_up).ok_or(Error::Overflow)?;
        self.totals.set(&totals);
        self.open.insert(taker, &open.saturating_add(1));
        self.reservations.insert(totals.reservations, reservation);
        Ok(totals.reservations)
    }

    /// Forgets a reservation and says where its Bzky goes. An amount that goes
    /// back joins its offer if that is still there, else it goes to the maker.
    fn end(&mut self, id: ReservationId, reservation: &Reservation, ending: Ending) -> Result<Leaving, Error> {
        let shares = shares(reservation, ending).ok_or(Error::Overflow)?;
        let Reservation { seller, buyer, .. } = *reservation;
        self.reservations.remove(id);
        let (taker, mut to_seller, mut to_buyer) = match reservation.origin {
            Origin::DeskBuys(_) => (seller, shares.seller, shares.buyer),
            Origin::Offer(_) | Origin::DeskSells(_) => (buyer, shares.seller, shares.buyer),
        };
        let open = self.open_of(taker).saturating_sub(1);
        if open == 0 {
            self.open.remove(taker);
        } else {
            self.open.insert(taker, &open);
        }
        let mut spent_offer = None;
        let back_to_seller = to_seller.checked_add(shares.back).ok_or(Error::Overflow)?;
        match reservation.origin {
            Origin::Offer(number) => match self.offer(number) {
                Some(mut offer) => {
                    offer.left = offer.left.checked_add(shares.back).ok_or(Error::Overflow)?;
                    offer.open = offer.open.saturating_sub(1);
                    if offer.left == 0 && offer.open == 0 {
                        self.offers.remove(number);
                        spent_offer = Some(number);
                    } else {
                        self.offers.insert(number, &offer);
                    }
                }
                None => to_seller = back_to_seller,
            },
            Origin::DeskSells(_) => {
                self.add_float(seller, back_to_seller)?;
                to_seller = 0;
            }
            Origin::DeskBuys(_) => {
                to_seller = back_to_seller;
                self.add_float(buyer, to_buyer)?;
                to_buyer = 0;
            }
        }
        let mut leaving = Leaving { payments: Vec::new(), burned: shares.burned, spent_offer };
        let mut sum = shares.burned;
        for (account, amount) in [(seller, to_seller), (buyer, to_buyer)] {
            if amount > 0 {
                sum = sum.checked_add(amount).ok_or(Error::Overflow)?;
                leaving.payments.push((account, amount));
            }
        }
        self.subtract(sum)?;
        Ok(leaving)
    }

    fn set_float(&mut self, desk: AccountId, amount: Balance) {
        if amount == 0 {
            self.floats.remove(desk);
        } else {
            self.floats.insert(desk, &amount);
        }
    }

    fn add_float(&mut self, desk: AccountId, amount: Balance) -> Result<(), Error> {
        let sum = self.float_of(desk).checked_add(amount).ok_or(Error::Overflow)?;
        self.set_float(desk, sum);
        Ok(())
    }

    fn add(&mut self, amount: Balance) -> Result<(), Error> {
        let totals = self.totals();
        let escrowed = totals.escrowed.checked_add(amount).ok_or(Error::Overflow)?;
        self.totals.set(&Totals { escrowed, ..totals });
        Ok(())
    }

    /// Nobody takes more than is in escrow.
    fn subtract(&mut self, amount: Balance) -> Result<(), Error> {
        let totals = self.totals();
        let escrowed = totals.escrowed.checked_sub(amount).ok_or(Error::Overflow)?;
        self.totals.set(&Totals { escrowed, ..totals });
        Ok(())
    }
}

/// A reservation that begins now.
fn reserved(
    origin: Origin,
    seller: AccountId,
    buyer: AccountId,
    amount: Balance,
    terms: &Terms,
    reference: Hash,
    now_ms: u64,
) -> Result<Reservation, Error> {
    Ok(Reservation {
        origin,
        seller,
        buyer,
        amount,
        bond: terms::bond(terms, amount),
        currency: terms.currency,
        cost: terms.price.cost(amount).ok_or(Error::Overflow)?,
        reference,
        dispute_within_ms: terms.dispute_within_ms,
        stage: Stage::Reserved { pay_by_ms: now_ms.saturating_add(terms.pay_within_ms) },
    })
}
