//! What an offer or a quote may ask, and what of it may be taken.

use bizkey_primitives::{
    emission::mul_div,
    errors::otc::Error,
    otc::{Quote, QuoteSide, Terms},
    AccountId, Balance, Hash,
};

/// Largest bond: 10 % of the amount, in hundredths of a percent.
pub const MAX_BOND_BPS: u16 = 1_000;
/// Shortest time to pay: one minute.
pub const MIN_PAY_MS: u64 = 60 * 1000;
/// Longest time to pay, in which the seller's Bzky is blocked: 72 hours.
pub const MAX_PAY_MS: u64 = 72 * 60 * 60 * 1000;
/// Shortest time to open a dispute: one hour. A buyer who paid and finds no
/// confirmation needs it.
pub const MIN_DISPUTE_MS: u64 = 60 * 60 * 1000;
/// Longest time to open a dispute: 14 days.
pub const MAX_DISPUTE_MS: u64 = 14 * 24 * 60 * 60 * 1000;

/// Hundredths of a percent in a whole.
const BPS: u128 = 10_000;

/// Checks terms that somebody sets at `now_ms`.
pub fn check(terms: &Terms, now_ms: u64) -> Result<(), Error> {
    let sound = terms.currency.is_valid()
        && terms.price.minor_units > 0
        && terms.price.tokens > 0
        && terms.minimum > 0
        && terms.bond_bps <= MAX_BOND_BPS
        && (MIN_PAY_MS..=MAX_PAY_MS).contains(&terms.pay_within_ms)
        && (MIN_DISPUTE_MS..=MAX_DISPUTE_MS).contains(&terms.dispute_within_ms);
    if !sound {
        return Err(Error::BadTerms);
    }
    if now_ms >= terms.expires_ms {
        return Err(Error::TermsExpired);
    }
    Ok(())
}

/// Checks that `taker` may take a part of the quote at `now_ms`. The desk's
/// signature is another matter.
pub fn check_quote(
    quote: &Quote,
    genesis: &Hash,
    contract: &AccountId,
    taker: &AccountId,
    now_ms: u64,
) -> Result<(), Error> {
    if quote.genesis != *genesis || quote.contract != *contract {
        return Err(Error::ForeignQuote);
    }
    if quote.taker.is_some_and(|addressee| addressee != *taker) {
        return Err(Error::NotAddressee);
    }
    if quote.desk == *taker {
        return Err(Error::SelfTrade);
    }
    check(&quote.terms, now_ms)?;
    if now_ms < quote.not_before_ms {
        return Err(Error::QuoteNotYet);
    }
    // A bond that a desk loses could be drained out of its float by whoever
    // stole its key; the board appoints the desk, and can stop it.
    if quote.side == QuoteSide::Buy && quote.terms.bond_bps != 0 {
        return Err(Error::BadTerms);
    }
    Ok(())
}

/// Checks that `amount` of `left` may be taken under the terms. The last part
/// may be smaller than the minimum, or it could never be sold.
pub fn check_amount(terms: &Terms, amount: Balance, left: Balance) -> Result<(), Error> {
    if amount == 0 || amount > left || (amount < terms.minimum && amount != left) {
        return Err(Error::AmountOutOfBounds);
    }
    Ok(())
}

/// The buyer's bond for `amount`, rounded down.
pub fn bond(terms: &Terms, amount: Balance) -> Balance {
    mul_div(amount, u128::from(terms.bond_bps), BPS)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use bizkey_primitives::otc::{Currency, Price};

    pub(crate) fn terms() -> Terms {
        Terms {
            currency: Currency(*b"CNY\0\0\0\0\0\0\0\0\0"),
            price: Price { minor_units: 350, tokens: 10 },
            minimum: 100,
            bond_bps: 500,
            pay_within_ms: MIN_PAY_MS,
            dispute_within_ms: MIN_DISPUTE_MS,
            expires_ms: 1_000_000,
            instructions: Hash::from([3; 32]),
        }
    }

    fn account(number: u8) -> AccountId {
        AccountId::from([number; 32])
    }

    fn quote() -> Quote {
        let (genesis, contract) = (Hash::from([9; 32]), account(8));
        let terms = Terms { bond_bps: 0, ..terms() };
        let side = QuoteSide::Buy;
        Quote {
            genesis,
            contract,
            desk: account(1),
            id: 1,
            side,
            taker: None,
            maximum: 1_000,
            not_before_ms: 50,
            terms,
        }
    }

    #[test]
    fn each_term_has_its_bounds() {
        let sound = terms();
        check(&sound, 999_999).unwrap();
        check(&Terms { bond_bps: 0, pay_within_ms: MAX_PAY_MS, dispute_within_ms: MAX_DISPUTE_MS, ..sound }, 0)
            .unwrap();
        check(&Terms { bond_bps: MAX_BOND_BPS, minimum: 1, ..sound }, 0).unwrap();
        for wrong in [
            Terms { currency: Currency([0; 12]), ..sound },
            Terms { price: Price { minor_units: 0, tokens: 1 }, ..sound },
            Terms { price: Price { minor_units: 1, tokens: 0 }, ..sound },
            Terms { minimum: 0, ..sound },
            Terms { bond_bps: MAX_BOND_BPS + 1, ..sound },
            Terms { pay_within_ms: MIN_PAY_MS - 1, ..sound },
            Terms { pay_within_ms: MAX_PAY_MS + 1, ..sound },
            Terms { dispute_within_ms: MIN_DISPUTE_MS - 1, ..sound },
            Terms { dispute_within_ms: MAX_DISPUTE_MS + 1, ..sound },
        ] {
            assert_eq!(check(&wrong, 0), Err(Error::BadTerms), "{wrong:?}");
        }
        assert_eq!(check(&sound, 1_000_000), Err(Error::TermsExpired));
    }

    #[test]
    fn a_quote_is_for_one_contract_one_time_and_maybe_one_taker() {
        let quote = quote();
        let take = |quote: &Quote, taker, now_ms| {
            check_quote(quote, &Hash::from([9; 32]), &account(8), &account(taker), now_ms)
        };
        take(&quote, 2, 50).unwrap();
        assert_eq!(take(&quote, 2, 49), Err(Error::QuoteNotYet));
        assert_eq!(take(&quote, 2, 1_000_000), Err(Error::TermsExpired));
        assert_eq!(take(&quote, 1, 50), Err(Error::SelfTrade));
        assert_eq!(take(&Quote { genesis: Hash::from([1; 32]), ..quote }, 2, 50), Err(Error::ForeignQuote));
        assert_eq!(take(&Quote { contract: account(7), ..quote }, 2, 50), Err(Error::ForeignQuote));
        let addressed = Quote { taker: Some(account(2)), ..quote };
        take(&addressed, 2, 50).unwrap();
        assert_eq!(take(&addressed, 3, 50), Err(Error::NotAddressee));
        let bonded = Quote { terms: Terms { bond_bps: 1, ..quote.terms }, ..quote };
        assert_eq!(take(&bonded, 2, 50), Err(Error::BadTerms), "a desk puts up no bond");
        take(&Quote { side: QuoteSide::Sell, ..bonded }, 2, 50).unwrap();
    }

    #[test]
    fn a_part_is_the_minimum_or_more_or_all_that_is_left() {
        let terms = terms();
        for (amount, left, allowed) in
            [(0, 0, false), (0, 500, false), (99, 500, false), (100, 500, true), (501, 500, false), (99, 99, true)]
        {
            assert_eq!(check_amount(&terms, amount, left).is_ok(), allowed, "{amount} of {left}");
        }
    }

    #[test]
    fn a_bond_is_a_share_of_the_amount() {
        assert_eq!(bond(&terms(), 1_999), 99);
        assert_eq!(bond(&Terms { bond_bps: 0, ..terms() }, u128::MAX), 0);
        assert_eq!(bond(&Terms { bond_bps: MAX_BOND_BPS, ..terms() }, u128::MAX), u128::MAX / 10);
    }
}
