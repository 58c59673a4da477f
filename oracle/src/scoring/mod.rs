//! BizPower from receipts: a pure engine, fed one epoch after the other.
//!
//! It does no input or output and depends on nothing but what it is given, so
//! that everybody who feeds it the same chain gets the same bits. The rules
//! are those of architecture.md, "BizPower, exactly". Each epoch is scored by
//! the algorithm in force in it, and what is carried from epoch to epoch goes
//! on when the algorithm changes. Where the rules are silent, these readings
//! hold.
//!
//! ## Both versions
//! - **Not stopped.** A device's state is judged when it records:
//!   `receipts` refuses a stopped device, so every batch on chain passed. A
//!   merchant is stopped when its status at the epoch's close is restricted or
//!   removed ("may not trade for rewards"): its receipts of that epoch are
//!   valid for nobody.
//! - **Known.** Device, merchant and customer are known when they were
//!   registered before the receipt was recorded, whatever their status. What
//!   an index bought before it was registered makes no history. Whoever feeds
//!   the engine sees to this.
//! - **Ticketed.** A receipt is ticketed when the customer is known, the
//!   reference is not zero, and no receipt with this reference at this
//!   merchant was ticketed in this epoch or the seven before. The first in
//!   chain order is. Only ticketed receipts add to their customer's sales.
//! - **Leaves.** A merchant has one for any valid receipt, ticketed or not.
//! - **Thirty epochs** are counted by the calendar, quiet epochs included.
//! - **Carried amounts.** A void carries against the customer exactly what the
//!   receipt had added to that customer's sales: nothing for a receipt that
//!   was not ticketed, else a shop could harm customers by voiding sales that
//!   never were. The epoch of the void is the first that pays for it.
//!
//! ## `bizpower-1`
//! - **History.** Any valid receipt of an earlier epoch at the merchant, in
//!   store or outside. A later void does not undo it; a receipt voided in its
//!   own epoch never was one. A shop's counts do not depend on references.
//! - **Void in a later epoch.** The counts of the epoch of the void are first
//!   summed from that epoch's receipts, then reduced, each not below zero.
//!   What is left of a reduction is forgotten. The shares of that epoch, and
//!   the sums over 30 epochs, use the reduced counts. Each void takes one
//!   order and one buyer, even when several receipts of one customer are
//!   voided.
//! - **Weights.** [`WeightBinding`] chooses whose share each weight is.
//!
//! ## `bizpower-2`
//! - **Buyers and orders.** Only ticketed receipts make buyers, and each buyer
//!   of a channel is one order: Pl = Um + Un, Uom = Uo. So receipts without a
//!   ticket change neither counts nor shares nor history.
//! - **Sums.** Pm and Uon add up, for each buyer of that channel, the total of
//!   its ticketed receipts of that channel at that merchant in the epoch,
//!   clamped to [lo, hi] of the merchant's trade. The total is clamped, not
//!   each receipt, so splitting a sale changes nothing. A merchant without an
//!   attested trade, or of a trade without a clamp, is not clamped.
//! - **History** grows by what makes buyers under the algorithm of the epoch:
//!   any valid receipt of a known customer in one scored by `bizpower-1`,
//!   ticketed ones in one scored by `bizpower-2`. The sums over 30 epochs
//!   likewise take each epoch's buyers as that epoch counted them.
//! - **Capital** is the larger of what is attested and the floor of the
//!   merchant's trade and region. The floor guards against figures that are
//!   too small. It is no figure of its own: without any attested ones the
//!   capital is zero, and so is the score, else a shop that nobody has looked
//!   at would score by the board's guess. Figures attested at zero are raised
//!   to the floor like any others.
//! - **Void in a later epoch.** It goes by the algorithm of the epoch of the
//!   void: under `bizpower-2` it takes one buyer of its kind, and so one
//!   order, if its receipt was ticketed, and nothing else. The kind is the
//!   one that the receipt had in its own epoch. Sums stay.
//! - **Cash.** A customer's sales are its ticketed sales by other rails, and
//!   those by cash or external terminals, over all shops, up to the epoch's
//!   cap. A later void carries by how much less would have counted without
//!   the receipt and those voided before it: nothing while what is left still
//!   passes the cap. So the voids of one epoch's cash never carry more than it
//!   counted, in whatever order they come.

mod count;
mod engine;
mod input;
mod output;
mod rules;
mod sales;

pub(crate) use engine::merchant_row;
pub use engine::{Engine, ScoringError};
pub use input::{EpochInput, ReceiptId, ReceiptInput, Standing};
pub use output::{CustomerRow, EpochScores, MerchantRow};
pub use rules::{Algorithm, Parameters, UnknownAlgorithm, WeightBinding};
pub(crate) use sales::{Capped, Debts, Sales, Settled};
