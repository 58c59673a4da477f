//! Bzky against money that moves off chain.

use bizkey_primitives::{
    otc::{Currency, Ending, OfferId, Origin, ReservationId, Terms, Trader},
    AccountId, Balance, Hash,
};

/// An offer of Bzky.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its number.
    pub offer: OfferId,
    /// Who sells.
    pub maker: AccountId,
    /// Escrowed at first, smallest unit of Bzky, here and below.
    pub amount: Balance,
    /// On which terms.
    pub terms: Terms,
    /// Escrowed and not reserved.
    pub left: Balance,
    /// Reservations of it that have not ended.
    pub open: u32,
    /// The block that opened it.
    pub block: u32,
    /// The block from which on it takes no more reservations.
    pub closed_block: Option<u32>,
    /// What went back then.
    pub returned: Option<Balance>,
}

/// Which offers to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfferFilter {
    /// Of one seller.
    pub maker: Option<AccountId>,
    /// For one currency.
    pub currency: Option<Currency>,
    /// Closed or not. One that expired is open until somebody closes it.
    pub open: Option<bool>,
}

/// How far a reservation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationStage {
    /// The buyer is to pay.
    Reserved,
    /// The buyer says that it has paid; the seller is to confirm.
    Paid,
    /// The board is to decide.
    Disputed,
    /// It ended.
    Ended,
}

impl ReservationStage {
    /// The name that APIs and files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ReservationStage::Reserved => "reserved",
            ReservationStage::Paid => "paid",
            ReservationStage::Disputed => "disputed",
            ReservationStage::Ended => "ended",
        }
    }
}

/// A part of an offer or quote that somebody took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Its number.
    pub reservation: ReservationId,
    /// Where the Bzky comes from.
    pub origin: Origin,
    /// Whose Bzky is escrowed.
    pub seller: AccountId,
    /// Who pays for it off chain.
    pub buyer: AccountId,
    /// Escrowed, smallest unit of Bzky.
    pub amount: Balance,
    /// The buyer's bond, smallest unit of Bzky.
    pub bond: Balance,
    /// What is paid off chain.
    pub currency: Currency,
    /// How much, in its minor units.
    pub cost: u128,
    /// By what the payment is known.
    pub reference: Hash,
    /// The block that holds it.
    pub block: u32,
    /// How far it has come.
    pub stage: ReservationStage,
    /// First moment at which it is too late for what the stage waits for, Unix
    /// milliseconds: the payment, a dispute, the decision. Of one that ended,
    /// the last stage's.
    pub until_ms: u64,
    /// The payment's name on its own rail, or its hash, once declared.
    pub payment: Option<Hash>,
    /// The dispute, if there was one.
    pub dispute: Option<ReservationDispute>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// The block in which it ended.
    pub settled_block: Option<u32>,
}

/// A dispute of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservationDispute {
    /// Who opened it.
    pub opener: Trader,
    /// What the opener put up for it, smallest unit of Bzky.
    pub bond: Balance,
    /// Hash of what the opener brings forward.
    pub evidence: Hash,
}

/// Which reservations to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReservationFilter {
    /// Of one offer.
    pub offer: Option<OfferId>,
    /// In which one account sells or buys.
    pub trader: Option<AccountId>,
}
