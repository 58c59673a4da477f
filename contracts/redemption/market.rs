//! What buyers, sellers and the price setter do: the rules of
//! [`sales`](crate::sales) with the other contracts around them.

use crate::{
    chain::{here, now_ms},
    redemption::Redemption,
    suite,
};
use bizkey_primitives::{
    emit::emit,
    errors::redemption::Error,
    events::{BzkyPriceSet, FiatSaleBooked, FiatSaleChargedBack, FiatSaleReleased, TimeSold},
    redemption::MintCause,
    AccountId, Balance, Hash, Stamp,
};

impl Redemption {
    pub(crate) fn do_buy(&mut self, buyer: AccountId, amount: Balance, most: Balance) -> Result<(), Error> {
        self.check_running()?;
        let paid = self.sales.buy(&self.parameters(), now_ms(), self.today(), amount, most)?;
        emit(&TimeSold { buyer, amount, paid });
        self.charge(buyer, paid)?;
        suite::mint_time(self.contracts.time, MintCause::BzkySale { paid }, buyer, amount)
    }

    pub(crate) fn do_set_price(&mut self, caller: AccountId, price: u64, dated_ms: u64) -> Result<(), Error> {
        if self.roles().price_setter != Some(caller) {
            return Err(Error::NotPriceSetter);
        }
        self.sales.set_price(&self.parameters(), now_ms(), self.today(), price, dated_ms)?;
        emit(&BzkyPriceSet { price, dated_ms });
        Ok(())
    }

    pub(crate) fn do_sell_for_fiat(&mut self, payment: Hash, to: AccountId, paid: u64) -> Result<Balance, Error> {
        // Time of the contract's own is nobody's.
        if to == here() {
            return Err(Error::TimeRefused);
        }
        let parameters = self.parameters();
        let lock_ms = u64::from(parameters.lock_epochs).saturating_mul(self.calendar.epoch_ms);
        let amount = self.sales.book(&parameters, (now_ms(), self.today(), lock_ms), payment, to, paid)?;
        emit(&FiatSaleBooked { payment, to, paid, amount });
        Ok(amount)
    }

    pub(crate) fn do_release_sale(&mut self, payment: Hash) -> Result<(), Error> {
        self.check_running()?;
        let (to, amount) = self.sales.release(&self.pauses, now_ms(), payment)?;
        emit(&FiatSaleReleased { payment });
        suite::mint_time(self.contracts.time, MintCause::FiatSale { payment }, to, amount)
    }

    pub(crate) fn do_charge_back(&mut self, payment: Hash) -> Result<(), Error> {
        self.sales.charge_back(&self.pauses, now_ms(), payment)?;
        emit(&FiatSaleChargedBack { payment });
        Ok(())
    }

    /// The day that caps and price bounds go by. All time before genesis is one day.
    pub(crate) fn today(&self) -> Stamp {
        self.calendar.stamp_at(now_ms())
    }
}
