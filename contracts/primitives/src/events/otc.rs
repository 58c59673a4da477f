//! Events of `otc`.

use super::event_structs;
use crate::{
    otc::{Currency, Ending, OfferId, Origin, ReservationId, Terms, Trader},
    signature::PublicKey,
    AccountId, Balance, Hash,
};

event_structs! {
    /// `otc`: somebody offers Bzky.
    OtcOfferOpened {
        /// The offer's number.
        offer: OfferId,
        /// Who sells.
        maker: AccountId,
        /// Escrowed, smallest unit of Bzky.
        amount: Balance,
        /// On which terms.
        terms: Terms,
    }
    /// `otc`: an offer takes no more reservations; those that it has go on.
    OtcOfferClosed {
        /// The offer's number.
        offer: OfferId,
        /// What was not reserved and went back, smallest unit of Bzky.
        returned: Balance,
    }
    /// `otc`: a desk's quotes are signed by a key, or by none, from now on.
    OtcDeskChanged {
        /// The desk's account.
        desk: AccountId,
        /// Its key; `None` stops its quotes.
        key: Option<PublicKey>,
    }
    /// `otc`: a desk put Bzky into its float.
    OtcDeskFunded {
        /// The desk's account.
        desk: AccountId,
        /// Smallest unit of Bzky.
        amount: Balance,
    }
    /// `otc`: a desk took Bzky out of its float.
    OtcDeskWithdrew {
        /// The desk's account.
        desk: AccountId,
        /// Smallest unit of Bzky.
        amount: Balance,
    }
    /// `otc`: no more is taken by a desk's quotes of a number.
    OtcQuoteRevoked {
        /// The desk's account.
        desk: AccountId,
        /// The quotes' number.
        id: u64,
    }
    /// `otc`: somebody took a part of an offer or quote.
    OtcReserved {
        /// The reservation's number.
        reservation: ReservationId,
        /// Where the Bzky comes from.
        origin: Origin,
        /// Whose Bzky is escrowed.
        seller: AccountId,
        /// Who is to pay for it off chain.
        buyer: AccountId,
        /// Escrowed, smallest unit of Bzky.
        amount: Balance,
        /// The buyer's bond, smallest unit of Bzky.
        bond: Balance,
        /// What is to be paid.
        currency: Currency,
        /// How much, in its minor units.
        cost: u128,
        /// By what the payment is known.
        reference: Hash,
        /// First moment at which it is too late to declare the payment.
        pay_by_ms: u64,
    }
    /// `otc`: the buyer says that it has paid.
    OtcPaymentDeclared {
        /// The reservation's number.
        reservation: ReservationId,
        /// The payment's name on its own rail, or its hash.
        payment: Hash,
        /// First moment at which it is too late to open a dispute.
        dispute_by_ms: u64,
    }
    /// `otc`: the board is to decide.
    OtcDisputed {
        /// The reservation's number.
        reservation: ReservationId,
        /// Who opened the dispute.
        opener: Trader,
        /// What the opener put up for it, smallest unit of Bzky.
        bond: Balance,
        /// Hash of what the opener brings forward.
        evidence: Hash,
        /// First moment at which it is too late to decide.
        decide_by_ms: u64,
    }
    /// `otc`: a reservation ended, and its Bzky went where the ending says.
    OtcSettled {
        /// The reservation's number.
        reservation: ReservationId,
        /// How it ended.
        ending: Ending,
    }
    /// `otc`: the deployer gave the admin's role away.
    OtcHandedOver {
        /// The admin now.
        admin: AccountId,
    }
    /// `otc`: the contract runs other code from the next call on.
    OtcCodeChanged {
        /// The code's hash.
        code_hash: Hash,
    }
    /// `otc`: the code can change no more.
    OtcOssified {
        /// The code's last admin.
        admin: AccountId,
    }
}
