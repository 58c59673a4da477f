//! Errors of `otc`.

use codec::{Decode, Encode};

/// Why a message of `otc` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// Another contract of the suite did not answer.
    CalleeFailed,
    /// Only the deployer may hand over.
    NotDeployer,
    /// Handed over before; that is done once.
    AlreadyBound,
    /// Only the admin may do this.
    NotAdmin,
    /// The contract's code can change no more.
    Ossified,
    /// There is no such code on chain.
    BadCode,
    /// Currency, price, minimum, bond or a window is out of its bounds.
    BadTerms,
    /// The time of the offer or quote is over.
    TermsExpired,
    /// No such offer, or nothing of it is left.
    UnknownOffer,
    /// Before its expiry only its maker closes an offer.
    NotMaker,
    /// Nobody trades with itself.
    SelfTrade,
    /// Zero, more than is left, or less than the minimum and not all that is left.
    AmountOutOfBounds,
    /// The taker has 16 reservations that have not ended.
    TooManyReservations,
    /// No such reservation, or it has ended.
    UnknownReservation,
    /// Only the seller may do this.
    NotSeller,
    /// Only the buyer may do this.
    NotBuyer,
    /// Only the seller or the buyer may do this.
    NotParty,
    /// The window for this is over.
    TooLate,
    /// The window has not passed.
    WindowOpen,
    /// The buyer has not declared a payment.
    NotPaid,
    /// The buyer has declared the payment before.
    AlreadyPaid,
    /// The dispute is open already.
    AlreadyDisputed,
    /// Nobody has opened a dispute.
    NotDisputed,
    /// No desk has this account.
    UnknownDesk,
    /// The quote is for another network or contract.
    ForeignQuote,
    /// The quote cannot be taken yet.
    QuoteNotYet,
    /// The quote is for somebody else.
    NotAddressee,
    /// The signature is not the desk's over this quote, or its s is high.
    BadQuoteSignature,
    /// The desk's float holds less.
    FloatTooLow,
    /// The amount is more than zero.
    ZeroAmount,
    /// `bzky` refused the transfer: balance or allowance is too low.
    PaymentRefused,
    /// A sum passes its type.
    Overflow,
    /// The authorization's time is over.
    Expired,
    /// The authorization is not the signer's next one: carried before, or another is missing.
    BadNonce,
    /// The signature is not the account's over this action, or its s is high.
    BadSignature,
}

refusals!(ActionError, AdministrationError);
