//! Where every Bzky is, and how much Time there is: double entry, and what
//! must hold after every day.

use bizkey_primitives::{vesting::VESTED_SUPPLY, Balance, BZKY_SUPPLY, CUSTOMER_POOL, MERCHANT_POOL, TIME_CAP};
use std::fmt;

/// Whose hands Bzky can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Not released by `vesting` yet.
    Vesting,
    /// The merchants' pool, reserved by no epoch.
    Pool,
    /// Reserved by an epoch, not claimed yet.
    Claimable,
    /// The foundation's, not spent yet.
    Treasury,
    /// Deposits for terminals, those on their way back included.
    Locked,
    /// The ecosystem pool of `redemption`.
    Ecosystem,
    /// Burned.
    Burned,
    /// Everybody else's.
    Float,
}

impl Place {
    /// Every place, in the order of the books.
    pub const ALL: [Place; 8] = [
        Place::Vesting,
        Place::Pool,
        Place::Claimable,
        Place::Treasury,
        Place::Locked,
        Place::Ecosystem,
        Place::Burned,
        Place::Float,
    ];
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Vesting => "vesting",
            Place::Pool => "the merchants' pool",
            Place::Claimable => "claimable rewards",
            Place::Treasury => "the treasury",
            Place::Locked => "deposits",
            Place::Ecosystem => "the ecosystem pool",
            Place::Burned => "what is burned",
            Place::Float => "the float",
        })
    }
}

/// What the books of a day contradict. It is a mistake of the simulation or
/// of the network's functions, never of parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BooksError {
    /// More is taken from a place than is there.
    #[error("{needed} units of Bzky were to leave {place}, which has {has}")]
    Short {
        /// The place.
        place: Place,
        /// What was to leave.
        needed: Balance,
        /// What is there.
        has: Balance,
    },
    /// All places together are not the supply.
    #[error("all Bzky together are {sum} units instead of {}", BZKY_SUPPLY)]
    Supply {
        /// The sum; `u128::MAX` if it does not fit.
        sum: Balance,
    },
    /// What `vesting` has left is not what the table says.
    #[error("vesting has {left} units of Bzky left, but its lines released {released} of {}", VESTED_SUPPLY)]
    Vesting {
        /// What is left.
        left: Balance,
        /// What the lines released.
        released: Balance,
    },
    /// The merchants' pool, what is claimable of it and what was paid are not
    /// what it began with and what seized deposits added.
    #[error(
        "the merchants' pool, claimable and paid rewards are {sum} units instead of {} and the {seized} seized",
        MERCHANT_POOL
    )]
    MerchantPool {
        /// Pool, claimable and paid.
        sum: Balance,
        /// Seized deposits that went to the pool.
        seized: Balance,
    },
    /// The customers' pool, what is claimable of it and what was minted for
    /// receipts are not what it began with.
    #[error("the customers' pool, claimable and minted rewards are {sum} units of Time instead of {}", CUSTOMER_POOL)]
    CustomerPool {
        /// Pool, claimable and minted.
        sum: Balance,
    },
    /// More Time was minted than ever may be.
    #[error("{minted} units of Time were minted, above the cap of {}", TIME_CAP)]
    TimeCap {
        /// All that was minted.
        minted: Balance,
    },
    /// More Time was burned than there is.
    #[error("{burned} units of Time were to be burned of {outstanding}")]
    TimeBurned {
        /// What was to be burned.
        burned: Balance,
        /// What there is.
        outstanding: Balance,
    },
    /// A day emitted more than an epoch may.
    #[error("an epoch reserved {reserved} units, above its cap of {cap}")]
    EmissionCap {
        /// What it reserved.
        reserved: Balance,
        /// The most that it may.
        cap: Balance,
    },
}

/// All Bzky.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BzkyBooks {
    balances: [Balance; Place::ALL.len()],
    /// Rewards that were paid.
    pub paid: Balance,
    /// Seized deposits that went to the pool.
    pub seized: Balance,
}

impl Default for BzkyBooks {
    fn default() -> Self {
        let mut balances = [0; Place::ALL.len()];
        balances[Place::Vesting as usize] = VESTED_SUPPLY;
        balances[Place::Pool as usize] = MERCHANT_POOL;
        Self { balances, paid: 0, seized: 0 }
    }
}

impl BzkyBooks {
    /// What is at a place.
    #[must_use]
    pub fn at(&self, place: Place) -> Balance {
        self.balances[place as usize]
    }

    /// Moves `amount` from one place to another.
    ///
    /// # Errors
    /// [`BooksError::Short`]; nothing is moved then.
    pub fn pay(&mut self, from: Place, to: Place, amount: Balance) -> Result<(), BooksError> {
        let has = self.at(from);
        let left = has.checked_sub(amount).ok_or(BooksError::Short { place: from, needed: amount, has })?;
        self.balances[from as usize] = left;
        // All places together are the supply, so no sum passes it.
        self.balances[to as usize] += amount;
        Ok(())
    }

    /// Whether the books agree with the supply, the table of `vesting` (its
    /// lines have `released` so much) and the history of the pool.
    ///
    /// # Errors
    /// [`BooksError::Supply`], [`BooksError::Vesting`], [`BooksError::MerchantPool`].
    pub fn check(&self, released: Balance) -> Result<(), BooksError> {
        let sum = |parts: &[Balance]| parts.iter().try_fold(0u128, |sum, part| sum.checked_add(*part));
        let supply = sum(&self.balances).unwrap_or(Balance::MAX);
        if supply != BZKY_SUPPLY {
            return Err(BooksError::Supply { sum: supply });
        }
        let left = self.at(Place::Vesting);
        if left.checked_add(released) != Some(VESTED_SUPPLY) {
            return Err(BooksError::Vesting { left, released });
        }
        let pool = sum(&[self.at(Place::Pool), self.at(Place::Claimable), self.paid]).unwrap_or(Balance::MAX);
        if Some(pool) != MERCHANT_POOL.checked_add(self.seized) {
            return Err(BooksError::MerchantPool { sum: pool, seized: self.seized });
        }
        Ok(())
    }
}

/// All Time, smallest unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeBooks {
    /// The customers' pool, reserved by no epoch.
    pub pool: Balance,
    /// Reserved by an epoch, not claimed yet.
    pub claimable: Balance,
    /// Minted for receipts.
    pub minted_rewards: Balance,
    /// Minted for sales and for Bizkey's own tasks.
    pub minted_others: Balance,
    /// Burned.
    pub burned: Balance,
}

impl Default for TimeBooks {
    fn default() -> Self {
        Self { pool: CUSTOMER_POOL, claimable: 0, minted_rewards: 0, minted_others: 0, burned: 0 }
    }
}

impl TimeBooks {
    /// All that was ever minted.
    #[must_use]
    pub fn minted(&self) -> Balance {
        self.minted_rewards.saturating_add(self.minted_others)
    }

    /// What there is.
    #[must_use]
    pub fn outstanding(&self) -> Balance {
        self.minted().saturating_sub(self.burned)
    }

    /// What may still be minted for other causes than receipts, whose whole
    /// pool is kept free.
    #[must_use]
    pub fn room(&self) -> Balance {
        (TIME_CAP - CUSTOMER_POOL).saturating_sub(self.minted_others)
    }

    /// Burns what was spent.
    ///
    /// # Errors
    /// [`BooksError::TimeBurned`] for more than there is.
    pub fn burn(&mut self, burned: Balance) -> Result<(), BooksError> {
        let outstanding = self.outstanding();
        if burned > outstanding {
            return Err(BooksError::TimeBurned { burned, outstanding });
        }
        self.burned += burned;
        Ok(())
    }

    /// Whether the books agree with the cap and the pool.
    ///
    /// # Errors
    /// [`BooksError::TimeCap`], [`BooksError::CustomerPool`].
    pub fn check(&self) -> Result<(), BooksError> {
        let minted = self.minted();
        if minted > TIME_CAP {
            return Err(BooksError::TimeCap { minted });
        }
        let sum = self.pool.saturating_add(self.claimable).saturating_add(self.minted_rewards);
        if sum != CUSTOMER_POOL {
            return Err(BooksError::CustomerPool { sum });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_books_agree_and_a_stray_unit_is_found() {
        let mut books = BzkyBooks::default();
        assert_eq!(books.check(0), Ok(()));
        books.balances[Place::Float as usize] += 1;
        assert_eq!(books.check(0), Err(BooksError::Supply { sum: BZKY_SUPPLY + 1 }));
    }

    #[test]
    fn what_leaves_vesting_or_the_pool_has_to_be_accounted_for() {
        let mut books = BzkyBooks::default();
        books.pay(Place::Vesting, Place::Float, 5).unwrap();
        assert_eq!(books.check(4), Err(BooksError::Vesting { left: VESTED_SUPPLY - 5, released: 4 }));
        assert_eq!(books.check(5), Ok(()));
        books.pay(Place::Pool, Place::Float, 7).unwrap();
        assert!(matches!(books.check(5), Err(BooksError::MerchantPool { .. })));
        books.paid = 7;
        assert_eq!(books.check(5), Ok(()));
    }

    #[test]
    fn nothing_is_paid_that_is_not_there() {
        let mut books = BzkyBooks::default();
        let refused = books.pay(Place::Float, Place::Burned, 1);
        assert_eq!(refused, Err(BooksError::Short { place: Place::Float, needed: 1, has: 0 }));
        assert_eq!(books, BzkyBooks::default());
    }

    #[test]
    fn time_has_a_cap_and_a_pool() {
        let mut books = TimeBooks::default();
        assert_eq!(books.check(), Ok(()));
        assert!(books.burn(1).is_err());
        books.minted_rewards = 1;
        assert!(matches!(books.check(), Err(BooksError::CustomerPool { .. })));
        books.pool -= 1;
        assert_eq!(books.check(), Ok(()));
        books.minted_others = TIME_CAP;
        assert!(matches!(books.check(), Err(BooksError::TimeCap { .. })));
    }
}
