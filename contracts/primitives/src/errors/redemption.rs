//! Errors of `redemption`.

use codec::{Decode, Encode};

/// Why a message of `redemption` is refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub enum Error {
    /// The calendar is unusable or not the network's.
    BadCalendar,
    /// Only the admin may do this.
    NotAdmin,
    /// Only the deployer may hand over.
    NotDeployer,
    /// Handed over before.
    AlreadyBound,
    /// The code never changes again.
    Ossified,
    /// No such code is on the chain.
    UnknownCode,
    /// Earning, collecting and minting stand still for a while.
    Paused,
    /// A pause ends in the future and lasts at most 72 hours.
    PauseTooLong,
    /// The last pause ended less than 30 days ago, or still runs.
    PauseCoolingDown,
    /// The authorization's time is over.
    Expired,
    /// The authorization is not the signer's next one: carried before, or another is missing.
    BadNonce,
    /// The signature is not the signer's over this, or its s is high.
    BadSignature,
    /// A figure is outside its bounds.
    BadParameters,
    /// The official price of Time is set once.
    OfficialPriceFixed,
    /// Only the price setter may do this.
    NotPriceSetter,
    /// The price moves too far from the last one of an earlier day.
    PriceOutOfBounds,
    /// The price is dated in the future, before the present one, or too old to count.
    BadPriceDate,
    /// No official price, no price of Bzky, or one that is too old.
    SaleClosed,
    /// It costs more than the buyer said.
    CostTooHigh,
    /// The day's sales would pass their cap.
    DailyCap,
    /// Only the seller for fiat may do this.
    NotFiatSeller,
    /// This payment was booked before.
    PaymentUsed,
    /// No such payment.
    UnknownPayment,
    /// The Time of this payment was minted, or the payment was charged back.
    PaymentSettled,
    /// The window has not passed.
    WindowOpen,
    /// The window has passed.
    WindowOver,
    /// Nothing of this is zero.
    ZeroAmount,
    /// The account is no shop's.
    NotShop,
    /// No such device.
    UnknownDevice,
    /// The device may not act.
    DeviceStopped,
    /// No such merchant or customer.
    UnknownParty,
    /// The party is not in good standing, or under a hold.
    NotPayable,
    /// No such task.
    UnknownTask,
    /// The task is still there.
    TaskOpen,
    /// No such privilege.
    UnknownPrivilege,
    /// It belongs to somebody else.
    NotOwner,
    /// The terms are empty or outside their bounds.
    BadTerms,
    /// None is left.
    OutOfStock,
    /// The task or privilege has expired.
    OfferExpired,
    /// It cannot be bought at this time of day.
    OutsideHours,
    /// The customer fulfilled this task before.
    AlreadyFulfilled,
    /// The ticket is for another chain, contract or shop.
    WrongTicket,
    /// The ticket's time is over, or ends more than 10 minutes from now.
    TicketExpired,
    /// The ticket names another version or price than the privilege's.
    OtherTerms,
    /// The ticket was used before.
    TicketUsed,
    /// No such collection.
    UnknownCollection,
    /// Nothing of it is held: it was given back before.
    NothingHeld,
    /// More entries than one call takes: split it.
    TooMany,
    /// `bzky` refused: balance or allowance is too low.
    PaymentRefused,
    /// `time` refused: the balance is too low, or minting would pass a cap or is paused.
    TimeRefused,
    /// No number is left.
    NumberExhausted,
    /// A sum passes its type.
    Overflow,
    /// Another contract of the suite did not answer.
    CalleeFailed,
}

refusals!(ActionError, PauseRefused, AdministrationError);
