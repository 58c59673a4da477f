//! BizPower: a merchant's score from its counts (whitepaper ch. 3.2;
//! architecture.md, BizPower, exactly).

use primitive_types::U512;

/// Scale of a score: a score of 1 is stored as 10^18.
pub const SCALE: u128 = 1_000_000_000_000_000_000;

/// Below this many buyers in an epoch, shares come from the last 30 epochs.
pub const MIN_BUYERS_FOR_SHARES: u64 = 20;

/// Epochs from which shares are taken when an epoch alone has too few buyers,
/// the epoch itself included.
pub const SHARE_EPOCHS: u32 = 30;

/// A merchant's epoch in numbers. The field names are the whitepaper's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pl: in-store orders.
    pub pl: u64,
    /// Pm: in-store sales, minor units.
    pub pm: u128,
    /// Um: distinct first-time in-store buyers.
    pub um: u64,
    /// Un: distinct repeat in-store buyers.
    pub un: u64,
    /// Uo: distinct outside buyers.
    pub uo: u64,
    /// Uom: outside orders.
    pub uom: u64,
    /// Uon: outside sales, minor units.
    pub uon: u128,
}

/// Buyers by kind, from which the shares f, r and o are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buyers {
    /// First-time in-store buyers.
    pub first: u64,
    /// Repeat in-store buyers.
    pub repeat: u64,
    /// Outside buyers.
    pub outside: u64,
}

impl Buyers {
    /// T: all three kinds; who buys both ways counts in both.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.first.saturating_add(self.repeat).saturating_add(self.outside)
    }
}

impl Counts {
    /// The epoch's own buyers.
    #[must_use]
    pub fn buyers(&self) -> Buyers {
        Buyers { first: self.um, repeat: self.un, outside: self.uo }
    }

    /// The buyers whose proportions weigh this epoch: its own, or those of
    /// the last 30 epochs (`last_epochs`, this one included) when it has
    /// fewer than 20.
    #[must_use]
    pub fn share_buyers(&self, last_epochs: Buyers) -> Buyers {
        let own = self.buyers();
        if own.total() < MIN_BUYERS_FOR_SHARES {
            last_epochs
        } else {
            own
        }
    }

    /// `floor(10^18 · (Um·(Pl/Pm)·f + Un·(Pl/Pm)·r + Uo·(Uom/Uon)·o) / capital)`
    /// with f, r, o the proportions in `shares`; exact until the one floor.
    /// A term with a zero denominator is zero; zero capital scores zero.
    ///
    /// `capital` is area · rent + staff · wage in minor units a month.
    /// `None` when the result passes `u128`, which valid receipts cannot
    /// reach: amounts are at least 1, so Pl/Pm and Uom/Uon are at most 1.
    #[must_use]
    pub fn score(&self, shares: Buyers, capital: u128) -> Option<u128> {
        let total = shares.total();
        if capital == 0 || total == 0 {
            return Some(0);
        }
        let wide = |value: u128| U512::from(value);
        let mul = |a: U512, b: U512| a.checked_mul(b);
        let add = |a: U512, b: U512| a.checked_add(b);
        let weigh = |buyers: u64, share: u64| mul(wide(buyers.into()), wide(share.into()));

        let in_store = if self.pm == 0 {
            U512::zero()
        } else {
            mul(add(weigh(self.um, shares.first)?, weigh(self.un, shares.repeat)?)?, wide(self.pl.into()))?
        };
        let outside =
            if self.uon == 0 { U512::zero() } else { mul(weigh(self.uo, shares.outside)?, wide(self.uom.into()))? };
        // A zero denominator made its term zero above; 1 keeps the fraction whole.
        let (pm, uon) = (wide(self.pm.max(1)), wide(self.uon.max(1)));
        let numerator = mul(add(mul(in_store, uon)?, mul(outside, pm)?)?, wide(SCALE))?;
        let denominator = mul(mul(pm, uon)?, mul(wide(total.into()), wide(capital))?)?;
        u128::try_from(numerator.checked_div(denominator)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use proptest::prelude::*;

    fn exact(counts: &Counts, shares: Buyers, capital: u128) -> BigInt {
        let ratio = |a: u128, b: u128| {
            if b == 0 {
                BigRational::from_integer(0.into())
            } else {
                BigRational::new(a.into(), b.into())
            }
        };
        let t = u128::from(shares.total());
        let in_store = ratio(counts.pl.into(), counts.pm);
        let outside = ratio(counts.uom.into(), counts.uon);
        let whole = |n: u64| BigRational::from_integer(n.into());
        let sum = whole(counts.um) * &in_store * ratio(shares.first.into(), t)
            + whole(counts.un) * &in_store * ratio(shares.repeat.into(), t)
            + whole(counts.uo) * &outside * ratio(shares.outside.into(), t);
        if capital == 0 {
            return 0.into();
        }
        (sum * BigRational::from_integer(SCALE.into()) / BigRational::from_integer(capital.into())).floor().to_integer()
    }

    proptest! {
        #[test]
        fn a_score_is_the_exact_fraction_rounded_down_once(
            pl in 0u64..1 << 32, average in 1u128..1 << 48, um in 0u64..1 << 32, un in 0u64..1 << 32, uo in 0u64..1 << 32,
            uom in 0u64..1 << 32, outside_average in 1u128..1 << 48, capital in 0u128..1 << 97,
            shares in (0u64..1 << 37, 0u64..1 << 37, 0u64..1 << 37),
        ) {
            let counts = Counts { pl, pm: u128::from(pl) * average, um, un, uo, uom, uon: u128::from(uom) * outside_average };
            let shares = Buyers { first: shares.0, repeat: shares.1, outside: shares.2 };
            let ours = counts.score(shares, capital).unwrap();
            prop_assert_eq!(BigInt::from(ours), exact(&counts, shares, capital));
        }
    }

    #[test]
    fn few_buyers_take_their_shares_from_the_last_thirty_epochs() {
        let last = Buyers { first: 30, repeat: 60, outside: 10 };
        let few = Counts { um: 10, un: 5, uo: 4, ..Counts::default() };
        assert_eq!(few.share_buyers(last), last);
        let enough = Counts { um: 10, un: 5, uo: 5, ..Counts::default() };
        assert_eq!(enough.share_buyers(last), enough.buyers());
    }

    #[test]
    fn nothing_to_divide_by_scores_zero() {
        let counts = Counts { pl: 1, pm: 5, um: 1, ..Counts::default() };
        assert_eq!(counts.score(counts.buyers(), 0), Some(0));
        assert_eq!(counts.score(Buyers::default(), 10), Some(0));
        assert_eq!(Counts::default().score(counts.buyers(), 10), Some(0));
        assert_eq!(counts.score(counts.buyers(), 1), Some(SCALE / 5));
    }
}
