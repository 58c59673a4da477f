//! Bzky against money: offers and reservations.

use super::{hash, one_for, spending::trader, Contract, Draws, History, CALENDAR};
use bizkey_primitives::{
    events::*,
    otc::{Currency, Ending, Origin, Price, Terms, Trader},
    Balance, TOKEN,
};

/// Currencies that are offered for.
pub(super) const CURRENCIES: [Currency; 3] =
    [Currency(*b"CNY\0\0\0\0\0\0\0\0\0"), Currency(*b"USD\0\0\0\0\0\0\0\0\0"), Currency(*b"USDT-TRON\0\0\0")];
/// Accounts that trade.
pub(super) const TRADERS: u32 = 2_000;

#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Offer,
    CloseOffer,
    Reserve,
    Pay,
    Dispute,
    End,
}

impl Deed {
    /// How often each happens in an epoch.
    pub fn counts(receipts: u64, shops: u64) -> Vec<(u64, Deed)> {
        vec![
            (one_for(200, shops), Deed::Offer),
            (one_for(400, shops), Deed::CloseOffer),
            (one_for(300, receipts), Deed::Reserve),
            (one_for(320, receipts), Deed::Pay),
            (one_for(5_000, receipts), Deed::Dispute),
            (one_for(340, receipts), Deed::End),
        ]
    }
}

#[derive(Clone, Copy, Debug)]
struct Offer {
    maker: u32,
    left: Balance,
    currency: Currency,
    is_open: bool,
}

/// A reservation that has not ended.
#[derive(Clone, Copy, Debug)]
struct Reserved {
    number: u64,
    offer: Option<u64>,
    amount: Balance,
    is_paid: bool,
}

#[derive(Debug, Default)]
pub(super) struct Market {
    /// Offer o is the one at o - 1.
    offers: Vec<Offer>,
    pub reservations: u64,
    running: Vec<Reserved>,
}

impl Market {
    pub fn offers(&self) -> u32 {
        self.offers.len() as u32
    }

    fn open_offer(&self, draws: &mut Draws) -> Option<u64> {
        // The newest ones trade.
        let new = draws.below(self.offers().min(2_000));
        let at = self.offers().checked_sub(new + 1)?;
        self.offers.get(at as usize).filter(|offer| offer.is_open).map(|_| u64::from(at) + 1)
    }
}

impl History {
    pub(super) fn perform_market(&mut self, deed: Deed) -> Option<()> {
        let event = match deed {
            Deed::Offer => {
                let (maker, amount) = (self.draws.skewed(TRADERS), TOKEN * Balance::from(self.draws.one_to(100_000)));
                let currency = CURRENCIES[self.draws.below(3) as usize];
                self.market.offers.push(Offer { maker, left: amount, currency, is_open: true });
                let offer = u64::from(self.market.offers());
                let terms = Terms {
                    currency,
                    price: Price { minor_units: 250, tokens: 100 },
                    minimum: TOKEN,
                    bond_bps: 100,
                    pay_within_ms: 3_600_000,
                    dispute_within_ms: CALENDAR.epoch_ms,
                    expires_ms: self.now_ms + 30 * CALENDAR.epoch_ms,
                    instructions: hash("instructions", offer),
                };
                Event::OtcOfferOpened(OtcOfferOpened { offer, maker: trader(maker), amount, terms })
            }
            Deed::CloseOffer => {
                let offer = self.market.open_offer(&mut self.draws)?;
                let found = &mut self.market.offers[offer as usize - 1];
                found.is_open = false;
                let returned = std::mem::take(&mut found.left);
                Event::OtcOfferClosed(OtcOfferClosed { offer, returned })
            }
            Deed::Reserve => self.reserve()?,
            Deed::Pay => {
                let at = self.draws.below(self.market.running.len() as u32) as usize;
                let found = self.market.running.get_mut(at).filter(|found| !found.is_paid)?;
                found.is_paid = true;
                let (reservation, payment) = (found.number, hash("otc payment", found.number));
                let dispute_by_ms = self.now_ms + CALENDAR.epoch_ms;
                Event::OtcPaymentDeclared(OtcPaymentDeclared { reservation, payment, dispute_by_ms })
            }
            Deed::Dispute => {
                let paid: Vec<u64> =
                    self.market.running.iter().filter(|found| found.is_paid).map(|found| found.number).collect();
                let reservation = *self.draws.pick(&paid)?;
                let opener = if self.draws.once_in(3) { Trader::Buyer } else { Trader::Seller };
                let (evidence, decide_by_ms) = (self.reason(), self.now_ms + 7 * CALENDAR.epoch_ms);
                Event::OtcDisputed(OtcDisputed { reservation, opener, bond: TOKEN, evidence, decide_by_ms })
            }
            Deed::End => self.end_reservation()?,
        };
        self.emit(Contract::Otc, event);
        Some(())
    }

    fn reserve(&mut self) -> Option<Event> {
        self.market.reservations += 1;
        let number = self.market.reservations;
        let buyer = trader(self.draws.skewed(TRADERS));
        let pay_by_ms = self.now_ms + 3_600_000;
        let (offer, origin, seller, amount, currency) = if self.draws.once_in(5) {
            // One of a few desks.
            let quote = u64::from(self.draws.below(200));
            let origin = if self.draws.once_in(2) { Origin::DeskSells(quote) } else { Origin::DeskBuys(quote) };
            (None, origin, trader(self.draws.below(5)), TOKEN, CURRENCIES[0])
        } else {
            let offer = self.market.open_offer(&mut self.draws);
            let Some(offer) = offer else {
                // Numbers have no gaps.
                self.market.reservations -= 1;
                return None;
            };
            let found = &mut self.market.offers[offer as usize - 1];
            let amount = found.left / 4;
            found.left -= amount;
            (Some(offer), Origin::Offer(offer), trader(found.maker), amount, found.currency)
        };
        self.market.running.push(Reserved { number, offer, amount, is_paid: false });
        Some(Event::OtcReserved(OtcReserved {
            reservation: number,
            origin,
            seller,
            buyer,
            amount,
            bond: TOKEN,
            currency,
            cost: amount / TOKEN * 3,
            reference: hash("otc reference", number),
            pay_by_ms,
        }))
    }

    fn end_reservation(&mut self) -> Option<Event> {
        let at = self.draws.below(self.market.running.len() as u32) as usize;
        if at >= self.market.running.len() {
            return None;
        }
        let Reserved { number: reservation, offer, amount, is_paid } = self.market.running.swap_remove(at);
        let ending = if is_paid { Ending::Confirmed } else { Ending::Lapsed };
        let offer = offer.and_then(|offer| self.market.offers.get_mut(offer as usize - 1));
        // What nobody paid for is on offer again.
        if let Some(offer) = offer.filter(|offer| offer.is_open && !is_paid) {
            offer.left += amount;
        }
        Some(Event::OtcSettled(OtcSettled { reservation, ending }))
    }
}
