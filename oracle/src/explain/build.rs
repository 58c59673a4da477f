//! What was followed, as an explanation. Every figure is the engine's, the
//! trees' or the chain's own; the lines beside them must lead to it.

use super::{
    follow::{Closed, Follower, Party},
    model::{
        CapitalLine, Committee, CountLines, CustomerExplanation, Explanation, HoldingExplanation, MerchantExplanation,
        ReceiptLine, SalesExplanation, VoidLine,
    },
    reward,
    score::{self, Scored},
    tally::tally,
    trail::{Buyer, Fate, Judged, LaterVoid, NotCounted, Sale},
    tree,
};
use crate::scoring::{Algorithm, Sales, WeightBinding};
use bizkey_client::ss58;
use bizkey_indexer::{model::hex, scores::rules::BuyerKind};
use bizkey_primitives::{
    bizpower::Counts, receipt::Channel, report::EpochState, Calendar, CustomerIndex, Epoch, MerchantIndex, Side, Status,
};

/// Why there is no explanation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The epoch goes on.
    #[error("epoch {epoch} is not over on chain: {}", not_closed(*.open))]
    NotClosed {
        /// The epoch that was asked for.
        epoch: Epoch,
        /// The first that is open.
        open: Epoch,
    },
    /// Nobody has that index.
    #[error(
        "there is no {} {index} at the close of epoch {epoch}: give an index that `registry` had given out by then; \
         they begin with 1",
        .side.name()
    )]
    NoParty {
        /// Merchant or customer.
        side: Side,
        /// The index.
        index: u32,
        /// The epoch.
        epoch: Epoch,
    },
    /// The lines do not lead to the engine's number: a fault of this program.
    #[error("the explanation of {what} in epoch {epoch} comes to {ours}, the engine to {engine}: a fault of this program, please report it")]
    Disagrees {
        /// The figure.
        what: &'static str,
        /// The epoch.
        epoch: Epoch,
        /// What the lines add up to.
        ours: String,
        /// What the engine says.
        engine: String,
    },
}

/// What to ask for instead of an epoch that goes on; `open` is the first such.
fn not_closed(open: Epoch) -> String {
    match open.checked_sub(1) {
        None => "none is yet; wait until epoch 0 has ended and a block has been made after it".to_owned(),
        Some(last) => format!("the last one that is over is {last}; ask for it or for an earlier one"),
    }
}

impl ExplainError {
    pub(super) fn unless_equal<T: PartialEq + std::fmt::Debug>(
        what: &'static str,
        epoch: Epoch,
        ours: &T,
        engine: &T,
    ) -> Result<(), Self> {
        if ours == engine {
            return Ok(());
        }
        Err(Self::Disagrees { what, epoch, ours: format!("{ours:?}"), engine: format!("{engine:?}") })
    }
}

impl Explanation {
    /// Explains what `follower` has read.
    ///
    /// # Errors
    /// [`ExplainError`].
    pub fn of(follower: &Follower, calendar: &Calendar) -> Result<Self, ExplainError> {
        let epoch = follower.epoch();
        let closed = follower.closed().ok_or(ExplainError::NotClosed { epoch, open: follower.open_epoch() })?;
        let focus = follower.focus();
        let ours = closed.report.report();
        Ok(Self {
            weights: binding_name(closed.binding).to_owned(),
            merchant_root: hex(ours.merchants.root.as_ref()),
            customer_root: hex(ours.customers.root.as_ref()),
            epoch,
            start_ms: calendar.start_ms(epoch),
            end_ms: calendar.end_ms(epoch),
            algorithm_version: ours.algorithm_version,
            head: follower.head(),
            state: state_name(follower.state()).to_owned(),
            committee: follower
                .committee()
                .map(|(theirs, block)| Committee { block, agrees: theirs == closed.expected }),
            merchant: focus.merchant.map(|index| merchant(follower, closed, index)).transpose()?,
            customer: focus.customer.map(|index| customer(follower, closed, index)).transpose()?,
        })
    }
}

fn merchant(follower: &Follower, closed: &Closed, index: MerchantIndex) -> Result<MerchantExplanation, ExplainError> {
    let epoch = follower.epoch();
    let side = Side::Merchant;
    let Party { account, status } = closed.merchant.ok_or(ExplainError::NoParty { side, index, epoch })?;
    let of_shop = |judged: &&Judged| judged.receipt.merchant == index;
    let row = closed.report.scores.merchants.iter().find(|row| row.merchant == index);
    let score = match row {
        None => None,
        Some(row) => {
            let tally = tally(&closed.trail, index, closed.rules);
            ExplainError::unless_equal("the counts", epoch, &tally.left, &row.counts)?;
            Some(score::explain(epoch, &Scored { row, tally: &tally, closed })?)
        }
    };
    let holding = row.map(|_| closed.report.holding(index).map_or(0, |holding| holding.amount));
    if let Some(holding) = holding {
        // Both are parts of the supply of Bzky.
        ExplainError::unless_equal("the holding", epoch, &closed.lows.0.saturating_add(closed.lows.1), &holding)?;
    }
    Ok(MerchantExplanation {
        merchant: index,
        account: ss58(&account),
        status: status_name(status).to_owned(),
        receipts: closed.trail.receipts.iter().filter(of_shop).map(|judged| receipt(closed, judged)).collect(),
        unreadable: closed.unreadable,
        later_voids: voids(closed, |void| void.receipt.merchant == index, false),
        score,
        holding: holding.map(|holding| HoldingExplanation {
            balance_low: closed.lows.0,
            deposit_low: closed.lows.1,
            holding,
        }),
        grade: closed.grades.explain(epoch, status),
        tree: tree::explain(follower, closed, side, index)?,
        reward: reward::explain(follower, closed, side, index)?,
    })
}

fn customer(follower: &Follower, closed: &Closed, index: CustomerIndex) -> Result<CustomerExplanation, ExplainError> {
    let epoch = follower.epoch();
    let side = Side::Customer;
    let Party { account, status } = closed.customer.ok_or(ExplainError::NoParty { side, index, epoch })?;
    let of_customer = |judged: &&Judged| judged.receipt.customer == Some(index);
    let gross = closed.trail.gross.counted();
    let debt_before = closed.trail.debt_before;
    // Amounts are below 2^48 and receipts fewer than 2^64.
    let debt_added: u128 = closed.trail.later_voids.iter().filter_map(|void| void.carried).sum();
    let debt = debt_before.saturating_add(debt_added);
    let sales = gross.saturating_sub(debt);
    let row = closed.report.scores.customers.iter().find(|row| row.customer == index);
    ExplainError::unless_equal("the sales", epoch, &sales, &row.map_or(0, |row| row.sales))?;
    let debt_after = debt.saturating_sub(gross);
    Ok(CustomerExplanation {
        customer: index,
        account: ss58(&account),
        status: status_name(status).to_owned(),
        receipts: closed.trail.receipts.iter().filter(of_customer).map(|judged| receipt(closed, judged)).collect(),
        later_voids: voids(closed, |void| void.receipt.customer == Some(index), true),
        sales: SalesExplanation {
            cash: closed.trail.gross.cash,
            // The board's cap is a u64.
            cash_cap: closed.trail.gross.cap.and_then(|cap| u64::try_from(cap).ok()),
            other: closed.trail.gross.other,
            gross,
            debt_before,
            debt_added,
            sales,
            debt_after,
        },
        tree: tree::explain(follower, closed, side, index)?,
        reward: reward::explain(follower, closed, side, index)?,
    })
}

fn voids(closed: &Closed, ours: impl Fn(&LaterVoid) -> bool, of_customer: bool) -> Vec<VoidLine> {
    let is_first = closed.rules.algorithm == Algorithm::Bizpower1;
    let line = |void: &LaterVoid| VoidLine {
        device: void.receipt.id.device,
        seq: void.receipt.id.seq,
        index: void.receipt.id.index,
        merchant: void.receipt.merchant,
        epoch: void.epoch,
        channel: channel_name(void.receipt.channel).to_owned(),
        takes_order: is_first || void.sales > 0,
        buyer: void.buyer.filter(|_| is_first || void.sales > 0).map(|kind| kind_name(kind).to_owned()),
        carried: void.carried.filter(|_| of_customer).map(|carried| carried.to_string()),
    };
    closed.trail.later_voids.iter().filter(|void| ours(void)).map(line).collect()
}

fn receipt(closed: &Closed, judged: &Judged) -> ReceiptLine {
    let Judged { receipt, fate } = judged;
    let (counted, reason, sales, sales_reason) = match fate {
        Fate::Not(not) => (false, not_counted_reason(*not), 0, "it does not count".to_owned()),
        Fate::Counted { buyer, sale } => {
            let (sales, why) = sale_reason(*sale);
            let counts = closed.rules.algorithm == Algorithm::Bizpower1
                || matches!(buyer, Buyer::First | Buyer::Repeat(_) | Buyer::Outside | Buyer::Already);
            (counts, buyer_reason(*buyer, closed.rules.algorithm), sales, why)
        }
    };
    ReceiptLine {
        block: closed.blocks.get(&(receipt.id.device, receipt.id.seq)).copied().unwrap_or_default(),
        device: receipt.id.device,
        seq: receipt.id.seq,
        index: receipt.id.index,
        merchant: receipt.merchant,
        customer: receipt.customer,
        channel: channel_name(receipt.channel).to_owned(),
        amount: receipt.amount,
        is_cash: Sales::is_cash(receipt.rail),
        counted,
        reason,
        sales,
        sales_reason,
    }
}

fn not_counted_reason(not: NotCounted) -> String {
    match not {
        NotCounted::NoAmount => "its amount is zero".into(),
        NotCounted::AmountTooLarge => "its amount passes 2^48 - 1".into(),
        NotCounted::Voided => "voided in the same epoch".into(),
        NotCounted::Merchant(status) => format!("the shop is {} at the epoch's close", status_name(status)),
    }
}

fn buyer_reason(buyer: Buyer, algorithm: Algorithm) -> String {
    let is_first = algorithm == Algorithm::Bizpower1;
    match buyer {
        Buyer::First => "an order, and a first-time buyer".into(),
        Buyer::Repeat(since) => format!("an order, and a repeat buyer (since epoch {since})"),
        Buyer::Outside => "an order, and an outside buyer".into(),
        Buyer::Already if is_first => "an order; its buyer is counted already".into(),
        Buyer::Already => "a part of its buyer's total; order and buyer are counted already".into(),
        Buyer::Unknown if is_first => "an order; no registered customer, so no buyer".into(),
        Buyer::Unknown => "no registered customer".into(),
        Buyer::NoTicket => "no ticket that counts".into(),
    }
}

fn sale_reason(sale: Sale) -> (u64, String) {
    match sale {
        Sale::Adds(amount) => (amount, "with a ticket".into()),
        Sale::NoTicket => (0, "no ticket".into()),
        Sale::Spent(epoch) => (0, format!("its ticket counted in epoch {epoch} already")),
        Sale::Unknown => (0, "no registered customer".into()),
    }
}

pub(super) const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::InStore => "in store",
        Channel::Outside => "outside",
    }
}

const fn kind_name(kind: BuyerKind) -> &'static str {
    match kind {
        BuyerKind::First => "first-time",
        BuyerKind::Repeat => "repeat",
        BuyerKind::Outside => "outside",
    }
}

/// A reading of the paper's weights as the command line has it.
const fn binding_name(binding: WeightBinding) -> &'static str {
    match binding {
        WeightBinding::OwnShare => "own",
        WeightBinding::Printed => "printed",
    }
}

/// The status in messages.
#[must_use]
pub const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Demoted => "demoted",
        Status::Restricted => "restricted",
        Status::Removed => "removed",
    }
}

/// The state in messages.
#[must_use]
pub const fn state_name(state: EpochState) -> &'static str {
    match state {
        EpochState::Open => "open",
        EpochState::Pending => "pending",
        EpochState::Final => "final",
        EpochState::Disputed => "disputed",
        EpochState::Void => "void",
    }
}

impl From<Counts> for CountLines {
    fn from(counts: Counts) -> Self {
        let Counts { pl, pm, um, un, uo, uom, uon } = counts;
        Self { pl, pm, um, un, uo, uom, uon }
    }
}

impl From<bizkey_primitives::party::Capital> for CapitalLine {
    fn from(capital: bizkey_primitives::party::Capital) -> Self {
        Self {
            area_m2: capital.area_m2,
            rent_per_m2_month: capital.rent_per_m2_month,
            staff: capital.staff,
            wage_month: capital.wage_month,
        }
    }
}
