//! To whom a reservation's Bzky goes when it ends.

use bizkey_primitives::{
    otc::{Ending, Reservation, Stage, Trader},
    Balance,
};

/// What becomes of everything that was put up for a reservation. The parts are
/// together its amount and all bonds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Of the escrowed amount, back where it came from.
    pub back: Balance,
    /// To the seller on top of that.
    pub seller: Balance,
    /// To the buyer.
    pub buyer: Balance,
    /// To nobody.
    pub burned: Balance,
}

/// Divides what was put up for `reservation`. `None` when a sum passes its type.
///
/// | ending | amount | buyer's bond | bond of the dispute's opener |
/// |---|---|---|---|
/// | confirmed | buyer | buyer | buyer |
/// | given up in a dispute | seller | seller | seller |
/// | decided | winner | winner | winner |
/// | undecided | seller | buyer | opener |
/// | given up, lapsed, unclaimed | seller | burned | there is none |
///
/// Without a decision nobody knows who is to blame that no payment came: a
/// seller who withholds how to pay must not earn the bond by it.
pub fn shares(reservation: &Reservation, ending: Ending) -> Option<Shares> {
    let Reservation { amount, bond, stage, .. } = *reservation;
    let (opener, opened) = match stage {
        Stage::Disputed { opener, bond, .. } => (Some(opener), bond),
        _ => (None, 0),
    };
    let winner = match ending {
        Ending::Confirmed => Some(Trader::Buyer),
        Ending::GivenUp if opener.is_some() => Some(Trader::Seller),
        Ending::Decided { winner, .. } => Some(winner),
        _ => None,
    };
    let bonds = bond.checked_add(opened)?;
    Some(match (winner, opener) {
        (Some(Trader::Buyer), _) => Shares { buyer: amount.checked_add(bonds)?, ..Shares::default() },
        (Some(Trader::Seller), _) => Shares { back: amount, seller: bonds, ..Shares::default() },
        (None, Some(Trader::Buyer)) => Shares { back: amount, buyer: bonds, ..Shares::default() },
        (None, Some(Trader::Seller)) => Shares { back: amount, seller: opened, buyer: bond, burned: 0 },
        (None, None) => Shares { back: amount, burned: bond, ..Shares::default() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizkey_primitives::{
        otc::{Currency, Origin},
        AccountId, Hash,
    };

    const RESERVED: Stage = Stage::Reserved { pay_by_ms: 1 };
    const PAID: Stage = Stage::Paid { dispute_by_ms: 1 };

    fn disputed(opener: Trader) -> Stage {
        Stage::Disputed { opener, bond: 7, decide_by_ms: 1 }
    }

    fn reservation(stage: Stage) -> Reservation {
        Reservation {
            origin: Origin::Offer(1),
            seller: AccountId::from([1; 32]),
            buyer: AccountId::from([2; 32]),
            amount: 100,
            bond: 5,
            currency: Currency([0; 12]),
            cost: 1,
            reference: Hash::default(),
            dispute_within_ms: 1,
            stage,
        }
    }

    fn decided(winner: Trader) -> Ending {
        Ending::Decided { winner, reason: Hash::default() }
    }

    #[test]
    fn every_ending_pays_as_the_table_says() {
        let (seller, buyer) = (disputed(Trader::Seller), disputed(Trader::Buyer));
        for (stage, ending, parts) in [
            (RESERVED, Ending::Confirmed, (0, 0, 105, 0)),
            (PAID, Ending::Confirmed, (0, 0, 105, 0)),
            (seller, Ending::Confirmed, (0, 0, 112, 0)),
            (buyer, Ending::Confirmed, (0, 0, 112, 0)),
            (RESERVED, Ending::GivenUp, (100, 0, 0, 5)),
            (PAID, Ending::GivenUp, (100, 0, 0, 5)),
            (seller, Ending::GivenUp, (100, 12, 0, 0)),
            (buyer, Ending::GivenUp, (100, 12, 0, 0)),
            (RESERVED, Ending::Lapsed, (100, 0, 0, 5)),
            (PAID, Ending::Unclaimed, (100, 0, 0, 5)),
            (seller, decided(Trader::Buyer), (0, 0, 112, 0)),
            (buyer, decided(Trader::Buyer), (0, 0, 112, 0)),
            (seller, decided(Trader::Seller), (100, 12, 0, 0)),
            (buyer, decided(Trader::Seller), (100, 12, 0, 0)),
            (seller, Ending::Undecided, (100, 7, 5, 0)),
            (buyer, Ending::Undecided, (100, 0, 12, 0)),
        ] {
            let Shares { back, seller, buyer, burned } = shares(&reservation(stage), ending).unwrap();
            assert_eq!((back, seller, buyer, burned), parts, "{stage:?} {ending:?}");
        }
    }

    #[test]
    fn a_sum_that_passes_its_type_is_refused() {
        let all = Reservation { amount: u128::MAX, ..reservation(PAID) };
        assert_eq!(shares(&all, Ending::Confirmed), None);
        let bond = Reservation { bond: u128::MAX, ..reservation(disputed(Trader::Buyer)) };
        assert_eq!(shares(&bond, Ending::Undecided), None);
    }
}
