//! The operator that tallies each merchant's receipts.

use super::{
    carried,
    error::within,
    exchange::{Chunks, Part, Scatter},
    operator::Work,
    state::{History, State, StateAddress},
    tally::{part_of, ReceiptRow, Tally},
    voids::{self, column, is_cash, optional, references, LaterVoid, OUTSIDE},
};
use crate::scoring::{Algorithm, EpochInput, Standing};
use bizkey_primitives::{membership::Clamp, receipt::MAX_AMOUNT, Epoch, MerchantIndex};
use datafusion::{
    arrow::{
        datatypes::{UInt32Type, UInt64Type, UInt8Type},
        record_batch::RecordBatch,
    },
    error::{DataFusionError, Result},
};
use std::{fmt, ops::Range, sync::Arc};

/// What the operator knows of the epoch, beside its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct TallyRules {
    /// The epoch.
    pub epoch: Epoch,
    /// The algorithm that scores it.
    pub algorithm: Algorithm,
    /// Numbers of its receipts.
    pub ids: Range<u64>,
    /// Merchants at the epoch's close.
    pub merchants: Standing,
    /// Between what a customer's total counts, for merchants of a trade that
    /// has a clamp; ascending by merchant.
    pub clamps: Vec<(MerchantIndex, Clamp)>,
    /// Voided receipts of earlier epochs, ascending by part of their merchants.
    pub voids: Vec<LaterVoid>,
}

impl TallyRules {
    /// The rules of an epoch's facts.
    #[must_use]
    pub fn new(facts: &EpochInput, ids: Range<u64>, voids: Vec<LaterVoid>) -> Self {
        let clamp = |merchant: &MerchantIndex| Some((*merchant, facts.clamp(*merchant)?));
        let clamps = facts.businesses.keys().filter_map(clamp).collect();
        Self { epoch: facts.epoch, algorithm: facts.algorithm, ids, merchants: facts.merchants.clone(), clamps, voids }
    }

    pub(super) fn clamp(&self, merchant: MerchantIndex) -> Option<Clamp> {
        let found = self.clamps.binary_search_by_key(&merchant, |(merchant, _)| *merchant).ok()?;
        self.clamps.get(found).map(|(_, clamp)| *clamp)
    }
}

/// Receipts in, of the columns of [`RECEIPT_COLUMNS`]; merchants' and
/// customers' figures out.
#[derive(Debug)]
pub(super) struct MerchantTally {
    pub(super) rules: TallyRules,
    pub(super) past: Past,
}

/// Where earlier epochs are known, and where goes what later ones need.
#[derive(Debug)]
pub(super) enum Past {
    /// In memory, both.
    Here(Arc<State>),
    /// In the state's folder; what later epochs need leaves as rows.
    Elsewhere(StateAddress),
}

/// The columns that are read.
pub(super) const RECEIPT_COLUMNS: [&str; 8] =
    ["id", "merchant", "customer", "channel", "rail", "amount", "reference", "voided_epoch"];

/// Receipts into rows by part.
struct Receipts {
    epoch: Epoch,
    ids: Range<u64>,
}

impl Scatter<ReceiptRow> for Receipts {
    fn scatter(&self, batch: &RecordBatch, parts: &mut [Chunks<ReceiptRow>]) -> Result<()> {
        let ids = column::<UInt64Type>(batch, "id")?;
        let merchants = column::<UInt32Type>(batch, "merchant")?;
        let customers = optional(batch, "customer")?;
        let channels = column::<UInt8Type>(batch, "channel")?;
        let rails = column::<UInt8Type>(batch, "rail")?;
        let amounts = column::<UInt64Type>(batch, "amount")?;
        let references = references(batch)?;
        let voided = optional(batch, "voided_epoch")?;
        let none_voided = voided.is_empty();
        for (row, ((&id, &merchant), &amount)) in ids.iter().zip(merchants).zip(amounts).enumerate() {
            if !self.ids.contains(&id) {
                return Err(DataFusionError::Execution(format!(
                    "receipt {id} is none of the epoch's, which are {} to {}",
                    self.ids.start, self.ids.end
                )));
            }
            let is_valid = (1..=MAX_AMOUNT).contains(&amount) && (none_voided || !voided.is(row, self.epoch));
            let (outside, cash) = (channels[row] == OUTSIDE, is_cash(rails[row]));
            parts[part_of(merchant)].push(ReceiptRow {
                id,
                amount: if is_valid { ReceiptRow::amount_with(amount, outside, cash) } else { 0 },
                reference: references.get(row),
                merchant,
                customer: customers.get(row),
            });
        }
        Ok(())
    }
}

impl Work for MerchantTally {
    type Row = ReceiptRow;
    const NAME: &'static str = "MerchantTallyExec";
    const KEY: &'static str = "merchant";
    const INPUT: &'static str = "decode";
    const PARTS: &'static str = "tally";

    fn describe(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TallyRules { epoch, algorithm, .. } = &self.rules;
        write!(formatter, ": epoch={epoch}, algorithm={}", algorithm.version())
    }

    fn scatter(&self) -> Arc<dyn Scatter<ReceiptRow>> {
        Arc::new(Receipts { epoch: self.rules.epoch, ids: self.rules.ids.clone() })
    }

    fn worker(self: Arc<Self>) -> impl FnMut(usize, &Part<ReceiptRow>) -> Result<RecordBatch> + Send + 'static {
        let mut tally = Tally::default();
        let mut opened = None;
        move |number, rows| {
            check(rows)?;
            let history = match &self.past {
                Past::Here(state) => state.history(),
                Past::Elsewhere(state) => open(state, &mut opened)?,
            };
            let history = history.part(number).map_err(within)?;
            let voids = voids::of_part(&self.rules.voids, number);
            let mut made = tally.part(rows, voids, &history, &self.rules);
            match &self.past {
                Past::Here(state) => state.keep(number, made.carry),
                Past::Elsewhere(_) => carried::push(number, &made.carry, &mut made.figures),
            }
            made.figures.into_batch()
        }
    }
}

/// Opens the state at the first part.
fn open<'h>(state: &StateAddress, opened: &'h mut Option<History>) -> Result<&'h History> {
    if opened.is_none() {
        *opened = Some(state.open().map_err(within)?);
    }
    opened.as_ref().ok_or_else(|| DataFusionError::Internal("the state is not open".to_owned()))
}

/// Places within a part have 31 bits.
fn check(rows: &Part<ReceiptRow>) -> Result<()> {
    let count: usize = rows.iter().map(Chunks::len).sum();
    if count < 1 << 31 {
        return Ok(());
    }
    Err(DataFusionError::Execution(format!("one part of the merchants has {count} receipts, 2^31 or more")))
}
