//! The sale of Time for Bzky and for fiat: the price, the caps, the payments.

use crate::quota::Quota;
use bizkey_primitives::{
    errors::redemption::Error,
    pause::Pauses,
    redemption::{bzky_cost, time_for_fiat, FiatSale, Price, RedemptionParameters},
    AccountId, Balance, Hash, Stamp,
};
use ink::storage::{Lazy, Mapping};

/// Everything that is kept of sales.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Sales {
    price: Lazy<Price>,
    for_bzky: Lazy<Quota>,
    for_fiat: Lazy<Quota>,
    /// Kept for good: a payment is never booked twice.
    payments: Mapping<Hash, FiatSale>,
}

impl Sales {
    /// Bzky's price.
    pub fn price(&self) -> Price {
        self.price.get_or_default()
    }

    /// A sale for fiat, by the hash of its payment's id.
    pub fn payment(&self, payment: Hash) -> Option<FiatSale> {
        self.payments.get(payment)
    }

    /// Says where the price starts from. It counts only once it is confirmed
    /// by [`Sales::set_price`].
    ///
    /// # Errors
    /// `ZeroAmount`.
    pub fn anchor(&mut self, today: Stamp, price: u64) -> Result<(), Error> {
        if price == 0 {
            return Err(Error::ZeroAmount);
        }
        self.price.set(&Price { price, dated_ms: 0, anchor: price, day: today });
        Ok(())
    }

    /// Moves the price, within the bounds around the last price of an earlier
    /// day. Days without a price give no more room.
    ///
    /// # Errors
    /// `BadPriceDate`, `PriceOutOfBounds`.
    pub fn set_price(
        &mut self,
        parameters: &RedemptionParameters,
        now_ms: u64,
        today: Stamp,
        price: u64,
        dated_ms: u64,
    ) -> Result<(), Error> {
        let before = self.price();
        let age_ms = now_ms.checked_sub(dated_ms).ok_or(Error::BadPriceDate)?;
        if dated_ms <= before.dated_ms || age_ms > parameters.price_age_ms {
            return Err(Error::BadPriceDate);
        }
        let anchor = if before.day == today { before.anchor } else { before.price };
        if price == 0 || !is_within(price, anchor, parameters.change_percent) {
            return Err(Error::PriceOutOfBounds);
        }
        self.price.set(&Price { price, dated_ms, anchor, day: today });
        Ok(())
    }

    /// What `amount` of Time costs in Bzky now, less `discount_percent`.
    ///
    /// # Errors
    /// `SaleClosed`, `Overflow`.
    pub fn cost(
        &self,
        parameters: &RedemptionParameters,
        now_ms: u64,
        amount: Balance,
        discount_percent: u8,
    ) -> Result<Balance, Error> {
        let Price { price, dated_ms, .. } = self.price();
        let stale = dated_ms == 0 || now_ms.saturating_sub(dated_ms) > parameters.price_age_ms;
        if stale || parameters.official_price == 0 {
            return Err(Error::SaleClosed);
        }
        let percent = 100u8.saturating_sub(discount_percent);
        bzky_cost(amount, parameters.official_price, percent, price).ok_or(Error::Overflow)
    }

    /// Sells `amount` of Time within the day's cap. Returns what it costs.
    ///
    /// # Errors
    /// `ZeroAmount`, `SaleClosed`, `Overflow`, `CostTooHigh`, `DailyCap`.
    pub fn buy(
        &mut self,
        parameters: &RedemptionParameters,
        now_ms: u64,
        today: Stamp,
        amount: Balance,
        most: Balance,
    ) -> Result<Balance, Error> {
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        let cost = self.cost(parameters, now_ms, amount, parameters.discount_percent)?;
        if cost > most {
            return Err(Error::CostTooHigh);
        }
        self.for_bzky.set(&self.for_bzky.get_or_default().take(today, amount, parameters.bzky_cap)?);
        Ok(cost)
    }

    /// Books a sale for fiat within the day's cap. Returns the Time that the
    /// payment buys.
    ///
    /// # Errors
    /// `PaymentUsed`, `SaleClosed`, `ZeroAmount`, `DailyCap`.
    pub fn book(
        &mut self,
        parameters: &RedemptionParameters,
        (now_ms, today, lock_ms): (u64, Stamp, u64),
        payment: Hash,
        to: AccountId,
        paid: u64,
    ) -> Result<Balance, Error> {
        if self.payments.contains(payment) {
            return Err(Error::PaymentUsed);
        }
        let amount = time_for_fiat(paid, parameters.official_price).ok_or(Error::SaleClosed)?;
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        self.for_fiat.set(&self.for_fiat.get_or_default().take(today, amount, parameters.fiat_cap)?);
        self.payments.insert(payment, &FiatSale::Pending { to, amount, from_ms: now_ms, lock_ms });
        Ok(amount)
    }

    /// Ends a sale whose chargeback period is over. Returns who gets how much.
    ///
    /// # Errors
    /// `UnknownPayment`, `PaymentSettled`, `WindowOpen`.
    pub fn release(&mut self, pauses: &Pauses, now_ms: u64, payment: Hash) -> Result<(AccountId, Balance), Error> {
        let (to, amount, end_ms) = self.pending(pauses, payment)?;
        if now_ms < end_ms {
            return Err(Error::WindowOpen);
        }
        self.payments.insert(payment, &FiatSale::Released);
        Ok((to, amount))
    }

    /// Ends a sale whose payment was charged back within the period.
    ///
    /// # Errors
    /// `UnknownPayment`, `PaymentSettled`, `WindowOver`.
    pub fn charge_back(&mut self, pauses: &Pauses, now_ms: u64, payment: Hash) -> Result<(), Error> {
        let (_, _, end_ms) = self.pending(pauses, payment)?;
        if now_ms >= end_ms {
            return Err(Error::WindowOver);
        }
        self.payments.insert(payment, &FiatSale::ChargedBack);
        Ok(())
    }

    /// Who gets how much for a payment that is not settled, and when its period ends.
    fn pending(&self, pauses: &Pauses, payment: Hash) -> Result<(AccountId, Balance, u64), Error> {
        match self.payments.get(payment).ok_or(Error::UnknownPayment)? {
            FiatSale::Pending { to, amount, from_ms, lock_ms } => Ok((to, amount, pauses.end_of(from_ms, lock_ms))),
            FiatSale::Released | FiatSale::ChargedBack => Err(Error::PaymentSettled),
        }
    }
}

/// Whether `price` is at most `percent` away from `anchor`, exactly.
pub fn is_within(price: u64, anchor: u64, percent: u8) -> bool {
    // Products of 64 and 8 bits.
    let times = |price: u64, percent: u8| u128::from(price).saturating_mul(u128::from(percent));
    let scaled = times(price, 100);
    times(anchor, 100u8.saturating_sub(percent)) <= scaled && scaled <= times(anchor, 100u8.saturating_add(percent))
}

/// Parts `paid` into what is burned and what stays in the ecosystem pool; the
/// burned part is rounded down, so that the pool gets the odd unit.
pub fn burned_part(paid: Balance, percent: u8) -> Balance {
    // In two parts, so that no product passes 128 bits: percent is at most 100.
    let share = |amount: Balance| amount.saturating_mul(Balance::from(percent));
    let hundreds = share(paid.div_euclid(100));
    hundreds.saturating_add(share(paid.rem_euclid(100)).div_euclid(100))
}

#[cfg(test)]
#[path = "sales_tests.rs"]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests;
