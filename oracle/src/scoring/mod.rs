//! BizPower from receipts: a pure engine, fed one epoch after the other.
//!
//! It does no input or output and depends on nothing but what it is given, so
//! that everybody who feeds it the same chain gets the same bits. The rules
//! are those of architecture.md, "BizPower, exactly", `bizpower-1`. Where they
//! are silent, these readings hold:
//!
//! - **Not stopped.** A device's state is judged when it records:
//!   `receipts` refuses a stopped device, so every batch on chain passed. A
//!   merchant is stopped when its status at the epoch's close is restricted or
//!   removed ("may not trade for rewards"): its receipts of that epoch are
//!   valid for nobody.
//! - **Known.** Device, merchant and customer are known when they were
//!   registered before the receipt was recorded, whatever their status. What
//!   an index bought before it was registered makes no history. Whoever feeds
//!   the engine sees to this.
//! - **History.** Any valid receipt of an earlier epoch at the merchant, in
//!   store or outside. A later void does not undo it; a receipt voided in its
//!   own epoch never was one.
//! - **Void in a later epoch.** The counts of the epoch of the void are first
//!   summed from that epoch's receipts, then reduced, each not below zero.
//!   What is left of a reduction is forgotten. The shares of that epoch, and
//!   the sums over 30 epochs, use the reduced counts. Each void takes one
//!   buyer, even when several receipts of one customer are voided.
//! - **Carried amounts.** A void carries against the customer exactly what the
//!   receipt had added to that customer's sales: nothing for a receipt without
//!   a counting reference, else a shop could harm customers by voiding sales
//!   that never were. The epoch of the void is the first that pays for it.
//! - **References.** A receipt adds to its customer's sales when the customer
//!   is known, the reference is not zero, and no receipt with this reference
//!   at this merchant has added to sales in this epoch or the seven before.
//!   The first in chain order counts. A shop's own counts do not depend on
//!   references in version 1.
//! - **Thirty epochs** are counted by the calendar, quiet epochs included.

mod engine;
mod input;
mod output;

pub use engine::{Engine, ScoringError};
pub use input::{EpochInput, ReceiptId, ReceiptInput, Standing};
pub use output::{CustomerRow, EpochScores, MerchantRow};
