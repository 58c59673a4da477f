//! What the scores of an epoch are made of, shop by shop.

use super::references::References;
use crate::{
    model::Validity,
    scores::{rules::BuyerKind, running::Sale, Algorithm, EpochRun, Happening, Opening, What},
    store::{
        codes::{code, CHANNELS, STATUSES, VALIDITIES},
        sql::{fetch, fetch_one, values, Columns, Value},
        Store,
    },
    Result,
};
use bizkey_primitives::{
    bizpower::{Buyers, SHARE_EPOCHS},
    calendar::stamp,
    party::Status,
    CustomerIndex, Epoch, MerchantIndex, Side, Stamp,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Most shops looked up at a time.
pub(crate) const SHOPS_A_QUERY: usize = 128;
/// Pairs of shop and customer looked up by one statement.
const PAIRS_A_QUERY: usize = 256;

/// An epoch that is to be scored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scored {
    /// The epoch.
    pub epoch: Epoch,
    /// What scores it.
    pub algorithm: Algorithm,
    /// Whether a later epoch will ask which references count in this one. They
    /// are not read else under `bizpower-1`, whose scores do not depend on them.
    pub follows_references: bool,
}

/// What epochs that are scored, but not kept yet, say to later ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    first_epochs: HashMap<(MerchantIndex, CustomerIndex), Epoch>,
    buyers: HashMap<MerchantIndex, Vec<(Epoch, Buyers)>>,
    pub(super) references: References,
}

impl Carried {
    /// An epoch is over.
    pub fn close(&mut self, merchant: MerchantIndex, run: &EpochRun) {
        for customer in run.buyers() {
            self.first_epochs.entry((merchant, customer)).or_insert(run.epoch);
        }
        if run.has_leaf() {
            self.buyers.entry(merchant).or_default().push((run.epoch, run.counts().buyers()));
        }
        self.references.close(merchant, run);
    }
}

/// A receipt, and who recorded it when.
struct Recorded {
    merchant: MerchantIndex,
    block: u32,
    at_ms: u64,
    sale: Sale,
}

/// A void booked in the epoch, with its receipt.
struct Voided {
    merchant: MerchantIndex,
    block: u32,
    at_ms: u64,
    receipt_epoch: Epoch,
    sale: Sale,
}

/// A change of standing.
struct Standing {
    merchant: MerchantIndex,
    block: u32,
    at_ms: u64,
    stamp: Stamp,
    status: Status,
}

fn sale(row: &Columns) -> Result<Sale> {
    Ok(Sale {
        receipt: row.wide("id")?,
        reference: row.bytes("reference")?,
        customer: row.optional("customer")?,
        channel: row.choice("channel", &CHANNELS)?,
        amount: row.wide("amount")?,
    })
}

/// `($3, $4, $5)` for three shops after two other parameters: filled up to a
/// power of two with repeats, so that few different statements exist and all
/// of them stay prepared.
pub(crate) fn listed(merchants: &[MerchantIndex], values: &mut Vec<Value>) -> String {
    let first = values.len();
    let count = merchants.len().next_power_of_two();
    values.extend(merchants.iter().cycle().take(count).map(|merchant| Value::from(*merchant)));
    let list: Vec<_> = (first + 1..=first + count).map(|at| format!("${at}")).collect();
    format!("({})", list.join(", "))
}

impl Store {
    /// The shops with a batch in an epoch, by index, those after `after`.
    pub(crate) async fn merchants_recording(&self, epoch: Epoch, after: MerchantIndex) -> Result<Vec<MerchantIndex>> {
        let sql = "SELECT DISTINCT merchant FROM batches WHERE epoch = $1 AND merchant > $2 ORDER BY merchant LIMIT $3";
        let values = values![epoch, after, SHOPS_A_QUERY as i64];
        fetch(self.reader(), "reading shops that record", sql, values, |row| row.integer("merchant")).await
    }

    /// The epoch of each of these shops, at most [`SHOPS_A_QUERY`], as far as
    /// it is stored. Every epoch before must be kept or `carried`.
    pub(crate) async fn epoch_runs(
        &self,
        scored: Scored,
        merchants: &[MerchantIndex],
        carried: &Carried,
    ) -> Result<BTreeMap<MerchantIndex, EpochRun>> {
        let Scored { epoch, algorithm, .. } = scored;
        let is_hardened = algorithm == Algorithm::Bizpower2;
        let recorded = self.recorded_in(epoch, merchants).await?;
        let voided = self.voided_in(epoch, merchants).await?;
        let standings = self.standings_of(epoch, merchants).await?;
        let status_at = |merchant, epoch: Epoch| {
            let of_shop = standings.iter().rev().filter(|change| change.merchant == merchant);
            of_shop.map(|change| (change.stamp, change.status)).find(|(at, _)| *at <= stamp(epoch))
        };
        let status_at = |merchant, epoch| status_at(merchant, epoch).map_or(Status::default(), |(_, status)| status);
        let pairs: HashSet<_> = recorded
            .iter()
            .map(|receipt| (receipt.merchant, receipt.sale.customer))
            .chain(voided.iter().map(|void| (void.merchant, void.sale.customer)))
            .filter_map(|(merchant, customer)| Some((merchant, customer?)))
            .collect();
        let mut first_epochs = self.first_epochs(&pairs).await?;
        for (pair, first) in &carried.first_epochs {
            first_epochs.entry(*pair).or_insert(*first);
        }
        let known = |merchant, customer, epoch: Epoch| {
            first_epochs.get(&(merchant, customer)).is_some_and(|first| *first < epoch)
        };
        let mut known_here: HashMap<MerchantIndex, HashSet<CustomerIndex>> = HashMap::new();
        for (merchant, customer) in pairs.iter().filter(|(merchant, customer)| known(*merchant, *customer, epoch)) {
            known_here.entry(*merchant).or_default().insert(*customer);
        }
        let capitals = self.capitals_in(epoch, merchants).await?;
        let mut parameters = BTreeMap::new();
        if is_hardened {
            parameters = self.shop_parameters(epoch, merchants).await?;
        }
        let mut spent = None;
        if is_hardened || scored.follows_references {
            let sales = recorded.iter().map(|receipt| (receipt.merchant, &receipt.sale));
            spent = Some(self.spent_before(epoch, sales, &carried.references).await?);
        }
        let last_epochs = self.last_epochs(epoch, merchants, carried).await?;

        let mut runs = BTreeMap::new();
        for merchant in merchants {
            let parameters = parameters.get(merchant).copied().unwrap_or_default();
            let opening = Opening {
                status: epoch.checked_sub(1).map_or(Status::default(), |before| status_at(*merchant, before)),
                algorithm,
                clamp: parameters.clamp,
                // Without any figures attested, the floor is none either.
                capital: capitals.get(merchant).map_or(0, |capital| capital.total().max(parameters.capital_floor)),
                known: known_here.remove(merchant).unwrap_or_default(),
                spent: spent.as_mut().map(|spent| spent.remove(merchant).unwrap_or_default()),
                last_epochs: last_epochs.get(merchant).copied().unwrap_or_default(),
            };
            runs.insert(*merchant, (EpochRun::new(epoch, opening), Vec::new()));
        }
        let mut repeated = HashSet::new();
        if is_hardened {
            let later = voided.iter().filter(|void| void.receipt_epoch != epoch && void.sale.has_ticket());
            repeated = self.repeated_among(later.map(|void| void.sale.receipt), &carried.references).await?;
        }
        let mut happens = |merchant: MerchantIndex, block, at_ms, what| {
            if let Some((_, happenings)) = runs.get_mut(&merchant) {
                happenings.push(Happening { block, at_ms, what });
            }
        };
        for receipt in recorded {
            happens(receipt.merchant, receipt.block, receipt.at_ms, What::Receipt(receipt.sale));
        }
        for void in voided {
            let Voided { merchant, receipt_epoch, sale, .. } = void;
            if receipt_epoch == epoch {
                happens(merchant, void.block, void.at_ms, What::Voided(sale));
            } else if status_at(merchant, receipt_epoch).is_rewarded() {
                let is_ticketed = || sale.has_ticket() && !repeated.contains(&sale.receipt);
                let buyer = sale.customer.filter(|_| !is_hardened || is_ticketed());
                let kind = |customer| BuyerKind::of(sale.channel, known(merchant, customer, receipt_epoch));
                let what = What::LaterVoided { channel: sale.channel, buyer: buyer.map(kind) };
                happens(merchant, void.block, void.at_ms, what);
            }
        }
        for change in standings.iter().filter(|change| change.stamp == stamp(epoch)) {
            happens(change.merchant, change.block, change.at_ms, What::Standing(change.status));
        }
        let played = runs.into_iter().map(|(merchant, (mut run, mut happenings))| {
            // Within a block, the order of each kind stays.
            happenings.sort_by_key(|happening| happening.block);
            run.extend(&happenings);
            (merchant, run)
        });
        Ok(played.collect())
    }

    async fn recorded_in(&self, epoch: Epoch, merchants: &[MerchantIndex]) -> Result<Vec<Recorded>> {
        let range = self.receipts_range(epoch).await?;
        let mut values = values![range.start, range.end, code(&VALIDITIES, &Validity::Valid), epoch];
        let sql = format!(
            "SELECT r.id, r.merchant, r.block, b.timestamp_ms, r.customer, r.channel, r.amount, r.reference
             FROM receipts r JOIN blocks b ON b.number = r.block
             WHERE r.id >= $1 AND r.id < $2 AND r.epoch = $4 AND r.validity = $3 AND r.merchant IN {} ORDER BY r.id",
            listed(merchants, &mut values)
        );
        fetch(self.reader(), "reading a shop's epoch", sql, values, |row| {
            Ok(Recorded {
                merchant: row.integer("merchant")?,
                block: row.integer("block")?,
                at_ms: row.wide("timestamp_ms")?,
                sale: sale(row)?,
            })
        })
        .await
    }

    async fn voided_in(&self, epoch: Epoch, merchants: &[MerchantIndex]) -> Result<Vec<Voided>> {
        let mut values = values![epoch, code(&VALIDITIES, &Validity::Valid)];
        let sql = format!(
            "SELECT r.id, v.merchant, v.block, b.timestamp_ms, r.epoch, r.customer, r.channel, r.amount, r.reference
             FROM voids v JOIN receipts r ON r.id = v.receipt JOIN blocks b ON b.number = v.block
             WHERE v.epoch = $1 AND r.validity = $2 AND v.merchant IN {} ORDER BY v.block, v.event",
            listed(merchants, &mut values)
        );
        fetch(self.reader(), "reading a shop's voids", sql, values, |row| {
            Ok(Voided {
                merchant: row.integer("merchant")?,
                block: row.integer("block")?,
                at_ms: row.wide("timestamp_ms")?,
                receipt_epoch: row.integer("epoch")?,
                sale: sale(row)?,
            })
        })
        .await
    }

    /// Every change of standing of these shops up to the end of an epoch.
    async fn standings_of(&self, epoch: Epoch, merchants: &[MerchantIndex]) -> Result<Vec<Standing>> {
        let mut values = values![Side::Merchant, stamp(epoch)];
        let sql = format!(
            "SELECT s.party, s.block, b.timestamp_ms, s.stamp, s.status
             FROM statuses s JOIN blocks b ON b.number = s.block
             WHERE s.side = $1 AND s.stamp <= $2 AND s.party IN {} ORDER BY s.block, s.event",
            listed(merchants, &mut values)
        );
        fetch(self.reader(), "reading standings", sql, values, |row| {
            Ok(Standing {
                merchant: row.integer("party")?,
                block: row.integer("block")?,
                at_ms: row.wide("timestamp_ms")?,
                stamp: row.integer("stamp")?,
                status: row.choice("status", &STATUSES)?,
            })
        })
        .await
    }

    /// Buyers of the 29 epochs before this one, summed.
    async fn last_epochs(
        &self,
        epoch: Epoch,
        merchants: &[MerchantIndex],
        carried: &Carried,
    ) -> Result<HashMap<MerchantIndex, Buyers>> {
        let first = epoch.saturating_sub(SHARE_EPOCHS - 1);
        let mut values = values![first, epoch];
        let sql = format!(
            "SELECT merchant, first_buyers, repeat_buyers, outside_buyers FROM merchant_scores
             WHERE epoch >= $1 AND epoch < $2 AND merchant IN {}",
            listed(merchants, &mut values)
        );
        let read = |row: &Columns| {
            let buyers = Buyers {
                first: row.wide("first_buyers")?,
                repeat: row.wide("repeat_buyers")?,
                outside: row.wide("outside_buyers")?,
            };
            Ok((row.integer("merchant")?, buyers))
        };
        let kept = fetch(self.reader(), "reading earlier epochs' buyers", sql, values, read).await?;
        let carried = merchants.iter().flat_map(|merchant| {
            let epochs = carried.buyers.get(merchant).into_iter().flatten();
            epochs.filter(|(earlier, _)| *earlier >= first).map(|(_, buyers)| (*merchant, *buyers))
        });
        let mut sums: HashMap<MerchantIndex, Buyers> = HashMap::new();
        for (merchant, buyers) in kept.into_iter().chain(carried) {
            let sum = sums.entry(merchant).or_default();
            sum.first = sum.first.saturating_add(buyers.first);
            sum.repeat = sum.repeat.saturating_add(buyers.repeat);
            sum.outside = sum.outside.saturating_add(buyers.outside);
        }
        Ok(sums)
    }

    /// The first epoch in which each of these customers bought at each of these
    /// shops, as far as it is kept.
    async fn first_epochs(
        &self,
        pairs: &HashSet<(MerchantIndex, CustomerIndex)>,
    ) -> Result<HashMap<(MerchantIndex, CustomerIndex), Epoch>> {
        let mut pairs: Vec<_> = pairs.iter().collect();
        // In the order of the index.
        pairs.sort_unstable();
        let mut found = HashMap::with_capacity(pairs.len());
        for some in pairs.chunks(PAIRS_A_QUERY) {
            let count = some.len().next_power_of_two();
            let wanted = some.iter().cycle().take(count);
            let values = wanted.flat_map(|(merchant, customer)| values![*merchant, *customer]).collect();
            let sql = format!(
                "WITH wanted (merchant, customer) AS (VALUES {})
                 SELECT k.merchant, k.customer, k.first_epoch FROM wanted w
                 JOIN merchant_customers k ON k.merchant = w.merchant AND k.customer = w.customer",
                super::super::sql::placeholders(count, 2)
            );
            let read = |row: &Columns| {
                Ok(((row.integer("merchant")?, row.integer("customer")?), row.integer::<Epoch>("first_epoch")?))
            };
            found.extend(fetch(self.reader(), "reading known customers", sql, values, read).await?);
        }
        Ok(found)
    }

    /// The last epoch whose scores are kept; `None` before the first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn last_scored_epoch(&self) -> Result<Option<Epoch>> {
        let sql = "SELECT MAX(epoch) AS epoch FROM scored_epochs";
        let read = |row: &Columns| row.optional("epoch");
        Ok(fetch_one(self.reader(), "reading the last scored epoch", sql, values![], read).await?.flatten())
    }
}
