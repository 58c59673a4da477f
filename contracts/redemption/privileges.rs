//! Privileges: what Time buys at a shop (whitepaper 3.1, Spend).

use crate::{
    hours::{is_open, minute},
    tasks::{is_life, is_over},
};
use bizkey_primitives::{
    errors::redemption::Error,
    pause::Pauses,
    redemption::{Privilege, PrivilegeId, PrivilegeTerms, DAY_MINUTES, MAX_REFUND_MS},
    spend::SpendTicket,
    Calendar, MerchantIndex,
};
use ink::storage::Mapping;

/// All privileges. One that is over is gone; its number is not given again.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Privileges {
    /// The last number given.
    last: PrivilegeId,
    privileges: Mapping<PrivilegeId, Privilege>,
}

impl Privileges {
    /// A privilege that is not over.
    ///
    /// # Errors
    /// `UnknownPrivilege`.
    pub fn get(&self, privilege: PrivilegeId) -> Result<Privilege, Error> {
        self.privileges.get(privilege).ok_or(Error::UnknownPrivilege)
    }

    /// Adds a privilege. Returns its number.
    ///
    /// # Errors
    /// `BadTerms`, `NumberExhausted`.
    pub fn create(
        &mut self,
        merchant: MerchantIndex,
        terms: PrivilegeTerms,
        now_ms: u64,
    ) -> Result<PrivilegeId, Error> {
        check_terms(&terms, now_ms)?;
        self.last = self.last.checked_add(1).ok_or(Error::NumberExhausted)?;
        self.privileges.insert(self.last, &Privilege { merchant, version: 1, from_ms: now_ms, terms });
        Ok(self.last)
    }

    /// Gives a privilege other terms. Returns their version.
    ///
    /// # Errors
    /// `UnknownPrivilege`, `NotOwner`, `BadTerms`, `NumberExhausted`.
    pub fn change(
        &mut self,
        merchant: MerchantIndex,
        privilege: PrivilegeId,
        terms: PrivilegeTerms,
        now_ms: u64,
    ) -> Result<u32, Error> {
        let record = self.get(privilege)?;
        if record.merchant != merchant {
            return Err(Error::NotOwner);
        }
        check_terms(&terms, now_ms)?;
        let version = record.version.checked_add(1).ok_or(Error::NumberExhausted)?;
        self.privileges.insert(privilege, &Privilege { merchant, version, from_ms: now_ms, terms });
        Ok(version)
    }

    /// Ends a privilege.
    pub fn close(&mut self, privilege: PrivilegeId) {
        self.privileges.remove(privilege);
    }

    /// Takes one use out of the stock for a ticket. Returns the refund window, milliseconds.
    ///
    /// # Errors
    /// `UnknownPrivilege`, `NotOwner`, `OtherTerms`, `OfferExpired`,
    /// `OutsideHours`, `OutOfStock`.
    pub fn sell(
        &mut self,
        calendar: &Calendar,
        pauses: &Pauses,
        now_ms: u64,
        ticket: &SpendTicket,
    ) -> Result<u64, Error> {
        let mut record = self.get(ticket.privilege)?;
        if record.merchant != ticket.merchant {
            return Err(Error::NotOwner);
        }
        let terms = &mut record.terms;
        if record.version != ticket.version || terms.price != ticket.amount {
            return Err(Error::OtherTerms);
        }
        if is_over(pauses, now_ms, record.from_ms, terms.expires_ms) {
            return Err(Error::OfferExpired);
        }
        if !is_open(minute(calendar, now_ms), terms.opens, terms.closes) {
            return Err(Error::OutsideHours);
        }
        terms.stock = terms.stock.checked_sub(1).ok_or(Error::OutOfStock)?;
        let refund_ms = terms.refund_ms;
        self.privileges.insert(ticket.privilege, &record);
        Ok(refund_ms)
    }
}

fn check_terms(terms: &PrivilegeTerms, now_ms: u64) -> Result<(), Error> {
    let hours = terms.opens < DAY_MINUTES && terms.closes < DAY_MINUTES;
    if terms.price > 0 && hours && terms.refund_ms <= MAX_REFUND_MS && is_life(now_ms, terms.expires_ms) {
        Ok(())
    } else {
        Err(Error::BadTerms)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::{redemption::MAX_LIFE_MS, Hash};

    const SHOP: MerchantIndex = 7;
    const DAY_MS: u64 = 86_400_000;
    const CALENDAR: Calendar = Calendar { genesis_ms: 0, epoch_ms: DAY_MS };

    fn fair() -> PrivilegeTerms {
        PrivilegeTerms {
            conditions: Hash::from([1; 32]),
            price: 5,
            stock: 1,
            expires_ms: DAY_MS,
            opens: 0,
            closes: 0,
            refund_ms: 9,
        }
    }

    fn ticket(privilege: PrivilegeId, version: u32, amount: u128) -> SpendTicket {
        SpendTicket {
            genesis: Hash::from([9; 32]),
            contract: [8; 32],
            merchant: SHOP,
            privilege,
            version,
            customer: 3,
            nonce: 0,
            amount,
            expires_ms: 0,
        }
    }

    #[ink::test]
    fn terms_have_their_bounds() {
        let mut privileges = Privileges::default();
        let bad = [
            PrivilegeTerms { price: 0, ..fair() },
            PrivilegeTerms { opens: DAY_MINUTES, ..fair() },
            PrivilegeTerms { closes: DAY_MINUTES, ..fair() },
            PrivilegeTerms { refund_ms: MAX_REFUND_MS + 1, ..fair() },
            PrivilegeTerms { expires_ms: 10, ..fair() },
            PrivilegeTerms { expires_ms: 11 + MAX_LIFE_MS, ..fair() },
        ];
        for terms in bad {
            assert_eq!(privileges.create(SHOP, terms, 10), Err(Error::BadTerms));
        }
        assert_eq!(privileges.create(SHOP, fair(), 10), Ok(1));
        assert_eq!(privileges.change(SHOP, 1, bad[0], 10), Err(Error::BadTerms));
    }

    #[ink::test]
    fn a_ticket_buys_what_it_names_at_its_price_and_version() {
        let (mut privileges, pauses) = (Privileges::default(), Pauses::default());
        privileges.create(SHOP, fair(), 10).unwrap();
        let mut sell = |now_ms, ticket| privileges.sell(&CALENDAR, &pauses, now_ms, &ticket);
        assert_eq!(sell(10, ticket(2, 1, 5)), Err(Error::UnknownPrivilege));
        assert_eq!(sell(10, SpendTicket { merchant: 8, ..ticket(1, 1, 5) }), Err(Error::NotOwner));
        assert_eq!(sell(10, ticket(1, 2, 5)), Err(Error::OtherTerms));
        assert_eq!(sell(10, ticket(1, 1, 6)), Err(Error::OtherTerms));
        assert_eq!(sell(DAY_MS, ticket(1, 1, 5)), Err(Error::OfferExpired));
        assert_eq!(sell(10, ticket(1, 1, 5)), Ok(9));
        assert_eq!(sell(10, ticket(1, 1, 5)), Err(Error::OutOfStock));
    }

    #[ink::test]
    fn other_terms_are_another_version_that_earlier_tickets_do_not_buy() {
        let (mut privileges, pauses) = (Privileges::default(), Pauses::default());
        privileges.create(SHOP, fair(), 10).unwrap();
        assert_eq!(privileges.change(8, 1, fair(), 10), Err(Error::NotOwner));
        assert_eq!(privileges.change(SHOP, 2, fair(), 10), Err(Error::UnknownPrivilege));
        assert_eq!(privileges.change(SHOP, 1, PrivilegeTerms { refund_ms: 0, ..fair() }, 10), Ok(2));
        assert_eq!(privileges.sell(&CALENDAR, &pauses, 10, &ticket(1, 1, 5)), Err(Error::OtherTerms));
        assert_eq!(privileges.sell(&CALENDAR, &pauses, 10, &ticket(1, 2, 5)), Ok(0));
        privileges.close(1);
        assert_eq!(privileges.get(1), Err(Error::UnknownPrivilege));
        assert_eq!(privileges.create(SHOP, fair(), 10), Ok(2), "a number is not given again");
    }

    #[ink::test]
    fn a_privilege_is_bought_in_its_hours_only() {
        let (mut privileges, pauses) = (Privileges::default(), Pauses::default());
        let terms = PrivilegeTerms { opens: 540, closes: 600, stock: 2, ..fair() };
        privileges.create(SHOP, terms, 10).unwrap();
        let (nine, ten) = (540 * 60_000, 600 * 60_000);
        for closed in [nine - 1, ten] {
            assert_eq!(privileges.sell(&CALENDAR, &pauses, closed, &ticket(1, 1, 5)), Err(Error::OutsideHours));
        }
        assert_eq!(privileges.sell(&CALENDAR, &pauses, nine, &ticket(1, 1, 5)), Ok(9));
        assert_eq!(privileges.sell(&CALENDAR, &pauses, ten - 1, &ticket(1, 1, 5)), Ok(9));
    }

    #[ink::test]
    fn a_pause_makes_a_privilege_last_longer() {
        let (mut privileges, mut pauses) = (Privileges::default(), Pauses::default());
        privileges.create(SHOP, fair(), 10).unwrap();
        pauses.begin(20, 120).unwrap();
        assert_eq!(privileges.sell(&CALENDAR, &pauses, DAY_MS + 100, &ticket(1, 1, 5)), Err(Error::OfferExpired));
        assert_eq!(privileges.sell(&CALENDAR, &pauses, DAY_MS + 99, &ticket(1, 1, 5)), Ok(9));
    }
}
