//! Exact fractions, as a person would write them down.

use super::model::Fraction;
use num_bigint::BigUint;
use num_rational::Ratio;

impl Fraction {
    /// `numerator / denominator`, or 0/1 where the denominator is zero: such a
    /// term is zero (architecture.md, BizPower, exactly).
    #[must_use]
    pub fn new(numerator: BigUint, denominator: BigUint) -> Self {
        if denominator == BigUint::ZERO {
            return Self::zero();
        }
        Self { numerator, denominator }
    }

    /// Nothing.
    #[must_use]
    pub fn zero() -> Self {
        Self { numerator: BigUint::ZERO, denominator: BigUint::from(1u8) }
    }

    /// Its value in lowest terms. A denominator of zero, which nothing here
    /// writes, counts as nothing.
    #[must_use]
    pub fn value(&self) -> Ratio<BigUint> {
        if self.denominator == BigUint::ZERO {
            return Ratio::from_integer(BigUint::ZERO);
        }
        Ratio::new(self.numerator.clone(), self.denominator.clone())
    }

    /// `floor(scale · fraction)`; `None` when it passes `u128`.
    #[must_use]
    pub fn floor(&self, scale: u128) -> Option<u128> {
        let scaled = self.value() * Ratio::from_integer(BigUint::from(scale));
        u128::try_from(scaled.to_integer()).ok()
    }
}

impl From<Ratio<BigUint>> for Fraction {
    fn from(ratio: Ratio<BigUint>) -> Self {
        let (numerator, denominator) = ratio.into();
        Self { numerator, denominator }
    }
}
