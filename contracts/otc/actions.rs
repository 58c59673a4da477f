//! What each action does, whoever carries it: the shared half of a direct
//! message and its signed form. The books first, then the event, then `bzky`.

use crate::{books::Leaving, otc::Otc, terms};
use bizkey_primitives::{
    cross_contract::{call, CalleeFailed},
    errors::{otc::Error, psp22},
    events::{
        OtcDeskFunded, OtcDeskWithdrew, OtcDisputed, OtcOfferClosed, OtcOfferOpened, OtcPaymentDeclared,
        OtcQuoteRevoked, OtcReserved, OtcSettled,
    },
    otc::{Ending, OfferId, Quote, QuoteSide, Reservation, ReservationId, Stage, Terms},
    signature::{PublicKey, Signature},
    AccountId, Balance, Hash,
};
use ink::{
    codegen::Env,
    prelude::{vec, vec::Vec},
};

impl Otc {
    pub(crate) fn open_offer_of(&mut self, maker: AccountId, terms: Terms, amount: Balance) -> Result<OfferId, Error> {
        let offer = self.books.open_offer(maker, terms, amount, self.now_ms())?;
        self.env().emit_event(OtcOfferOpened { offer, maker, amount, terms });
        self.pull(maker, amount)?;
        Ok(offer)
    }

    pub(crate) fn close_offer_of(&mut self, caller: AccountId, offer: OfferId) -> Result<(), Error> {
        let (maker, returned) = self.books.close_offer(caller, offer, self.now_ms())?;
        self.env().emit_event(OtcOfferClosed { offer, returned });
        self.pay(vec![(maker, returned)])
    }

    pub(crate) fn reserve_for(
        &mut self,
        taker: AccountId,
        offer: OfferId,
        amount: Balance,
        reference: Hash,
    ) -> Result<ReservationId, Error> {
        let (number, reservation) = self.books.reserve(taker, offer, amount, reference, self.now_ms())?;
        self.reserved(number, &reservation);
        self.pull(taker, reservation.bond)?;
        Ok(number)
    }

    pub(crate) fn take_quote_for(
        &mut self,
        taker: AccountId,
        quote: &Quote,
        signature: &Signature,
        amount: Balance,
        reference: Hash,
    ) -> Result<ReservationId, Error> {
        let key = self.key_of(quote.desk)?;
        let (genesis, now_ms) = (self.setup()?.genesis, self.now_ms());
        terms::check_quote(quote, &genesis, &self.env().account_id(), &taker, now_ms)?;
        if !signature.verify(&quote.hash(), &key) {
            return Err(Error::BadQuoteSignature);
        }
        let (number, reservation) = self.books.take_quote(taker, quote, amount, reference, now_ms)?;
        self.reserved(number, &reservation);
        let put_up = match quote.side {
            QuoteSide::Sell => reservation.bond,
            QuoteSide::Buy => reservation.amount,
        };
        self.pull(taker, put_up)?;
        Ok(number)
    }

    pub(crate) fn declare_paid_by(
        &mut self,
        caller: AccountId,
        reservation: ReservationId,
        payment: Hash,
    ) -> Result<(), Error> {
        let dispute_by_ms = self.books.declare_paid(caller, reservation, self.now_ms())?;
        self.env().emit_event(OtcPaymentDeclared { reservation, payment, dispute_by_ms });
        Ok(())
    }

    pub(crate) fn confirm_by(&mut self, caller: AccountId, reservation: ReservationId) -> Result<(), Error> {
        let leaving = self.books.confirm(caller, reservation)?;
        self.settled(reservation, Ending::Confirmed, leaving)
    }

    pub(crate) fn give_up_by(&mut self, caller: AccountId, reservation: ReservationId) -> Result<(), Error> {
        let leaving = self.books.give_up(caller, reservation)?;
        self.settled(reservation, Ending::GivenUp, leaving)
    }

    pub(crate) fn dispute_by(
        &mut self,
        caller: AccountId,
        reservation: ReservationId,
        evidence: Hash,
    ) -> Result<(), Error> {
        let (opener, bond, decide_by_ms) = self.books.dispute(caller, reservation, self.now_ms())?;
        self.env().emit_event(OtcDisputed { reservation, opener, bond, evidence, decide_by_ms });
        self.pull(caller, bond)
    }

    pub(crate) fn fund_of(&mut self, desk: AccountId, amount: Balance) -> Result<(), Error> {
        self.key_of(desk)?;
        self.books.fund(desk, amount)?;
        self.env().emit_event(OtcDeskFunded { desk, amount });
        self.pull(desk, amount)
    }

    pub(crate) fn withdraw_of(&mut self, desk: AccountId, amount: Balance) -> Result<(), Error> {
        self.books.withdraw(desk, amount)?;
        self.env().emit_event(OtcDeskWithdrew { desk, amount });
        self.pay(vec![(desk, amount)])
    }

    pub(crate) fn revoke_quote_of(&mut self, desk: AccountId, id: u64) -> Result<(), Error> {
        self.key_of(desk)?;
        if self.books.revoke_quote(desk, id) {
            self.env().emit_event(OtcQuoteRevoked { desk, id });
        }
        Ok(())
    }

    fn key_of(&self, desk: AccountId) -> Result<PublicKey, Error> {
        self.desks.get(desk).ok_or(Error::UnknownDesk)
    }

    /// Tells of a reservation that was just made.
    fn reserved(&self, number: ReservationId, reservation: &Reservation) {
        let Reservation { origin, seller, buyer, amount, bond, currency, cost, reference, stage, .. } = *reservation;
        let Stage::Reserved { pay_by_ms } = stage else {
            return;
        };
        self.env().emit_event(OtcReserved {
            reservation: number,
            origin,
            seller,
            buyer,
            amount,
            bond,
            currency,
            cost,
            reference,
            pay_by_ms,
        });
    }

    /// Tells of a reservation's end, and sends away what leaves with it.
    pub(crate) fn settled(&self, reservation: ReservationId, ending: Ending, leaving: Leaving) -> Result<(), Error> {
        self.env().emit_event(OtcSettled { reservation, ending });
        if let Some(offer) = leaving.spent_offer {
            self.env().emit_event(OtcOfferClosed { offer, returned: 0 });
        }
        self.pay(leaving.payments)?;
        if leaving.burned == 0 {
            return Ok(());
        }
        done(call(self.setup()?.bzky, ink::selector_bytes!("PSP22Burnable::burn"), &(leaving.burned,)))
    }

    /// Takes what somebody puts up, by its allowance.
    fn pull(&self, from: AccountId, amount: Balance) -> Result<(), Error> {
        if amount == 0 {
            return Ok(());
        }
        let arguments = (from, self.env().account_id(), amount, Vec::<u8>::new());
        done(call(self.setup()?.bzky, ink::selector_bytes!("PSP22::transfer_from"), &arguments))
    }

    fn pay(&self, mut payments: Vec<(AccountId, Balance)>) -> Result<(), Error> {
        payments.retain(|(_, amount)| *amount > 0);
        if payments.is_empty() {
            return Ok(());
        }
        done(call(self.setup()?.bzky, ink::selector_bytes!("transfer_many"), &(payments,)))
    }
}

/// What `bzky` said to a transfer or burn.
fn done(answer: Result<Result<(), psp22::Error>, CalleeFailed>) -> Result<(), Error> {
    answer.map_err(|_| Error::CalleeFailed)?.map_err(|_| Error::PaymentRefused)
}
