//! Receipts, voids, demands.

use super::{account, Contract, History, CALENDAR};
use bizkey_primitives::{
    events::*,
    receipt::{encode_payload, Channel, Header, Rail, Receipt, PAYLOAD_VERSION},
    CustomerIndex, DeviceId, Epoch, Side, TOKEN,
};
use std::collections::{BTreeSet, VecDeque};

/// Batches that may still be voided or demanded.
const RECENT: usize = 4_096;
/// Batches of busy shops are large, those of the others small.
const LARGE: std::ops::RangeInclusive<u32> = 50..=300;
const SMALL: u32 = 15;
/// One shop in so many is busy; one batch in ten is one of these shops'.
const BUSY: u32 = 100;

#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Void,
    Demand,
    EndDemand,
}

impl Deed {
    /// How often each happens in an epoch of so many receipts, but for voids:
    /// one receipt in 200 is voided.
    pub fn counts(receipts: u64) -> Vec<(u64, Deed)> {
        let of = |each: u64, deed: Deed| (super::one_for(each, receipts), deed);
        vec![of(2_000, Deed::Demand), of(2_500, Deed::EndDemand)]
    }
}

/// A batch that was recorded.
#[derive(Clone, Copy, Debug)]
struct Batch {
    device: DeviceId,
    merchant: u32,
    seq: u64,
    count: u16,
    epoch: Epoch,
    customer: CustomerIndex,
}

#[derive(Debug, Default)]
pub(super) struct Trade {
    recent: VecDeque<Batch>,
    /// Receipts that were voided or demanded, so that none is twice.
    touched: BTreeSet<(DeviceId, u64, u16)>,
    demands: Vec<ReceiptDemanded>,
    /// Shops and customers of the running epoch.
    pub sellers: BTreeSet<u32>,
    pub buyers: BTreeSet<u32>,
}

impl History {
    /// A shop that sells, and how much of it is in one batch.
    pub(super) fn draw_batch(&mut self) -> (u32, u16) {
        let busiest = self.shape.shops.div_ceil(BUSY);
        let rank = self.draws.skewed(self.shape.shops);
        let receipts = if rank < busiest {
            LARGE.start() + self.draws.below(LARGE.end() - LARGE.start() + 1)
        } else {
            self.draws.one_to(SMALL)
        };
        (self.busy_of_rank(Side::Merchant, rank), receipts as u16)
    }

    pub(super) fn record(&mut self, shop: u32, count: u16) -> Option<()> {
        let device = self.parties.device_of(shop)?;
        let found = self.parties.device(device)?;
        let (merchant, seq) = (found.merchant, found.next_seq);
        found.next_seq += 1;
        let receipts: Vec<Receipt> = (0..count).map(|_| self.receipt(shop)).collect();
        // Minutes before the block, as devices collect.
        let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms: self.now_ms - 3_600_000 };
        let payload = encode_payload(&header, &receipts);
        let buyers = receipts.iter().map(|receipt| receipt.customer).filter(|customer| *customer > 0);
        let customer = buyers.clone().next().unwrap_or(0);
        self.trade.buyers.extend(buyers.take(2));
        self.trade.sellers.insert(shop);
        self.receipts += u64::from(count);
        let epoch = self.epoch();
        self.trade.recent.push_back(Batch { device, merchant, seq, count, epoch, customer });
        if self.trade.recent.len() > RECENT {
            self.trade.recent.pop_front();
        }
        let recorded = BatchRecorded { device, merchant, seq, count, payload };
        self.emit(Contract::Receipts, Event::BatchRecorded(recorded));
        Some(())
    }

    /// Two in three to a known customer, mostly to one that lives near; one in
    /// ten outside; one in a thousand without an amount.
    fn receipt(&mut self, shop: u32) -> Receipt {
        let (one, two) = (self.draws.any().to_le_bytes(), self.draws.any().to_le_bytes());
        let mut reference = [0; 16];
        reference[..8].copy_from_slice(&one);
        reference[8..].copy_from_slice(&two);
        let customer = if self.draws.once_in(3) {
            reference = [0; 16];
            0
        } else if self.draws.once_in(3) {
            self.busy(Side::Customer)
        } else {
            self.neighbour(shop)
        };
        let amount = if self.draws.once_in(1_000) { 0 } else { 100 + self.draws.skewed(50_000) };
        Receipt {
            delta_seconds: self.draws.below(60),
            amount: u64::from(amount),
            customer,
            channel: if self.draws.once_in(10) { Channel::Outside } else { Channel::InStore },
            rail: Rail::ALL[self.draws.below(8) as usize],
            reference,
        }
    }

    /// One of some thousand customers that live near a shop.
    pub(super) fn neighbour(&mut self, shop: u32) -> CustomerIndex {
        let near = self.draws.skewed(2_000.min(self.shape.customers));
        let first = u64::from(shop) * 499;
        1 + ((first + u64::from(near)) % u64::from(self.parties.customers.max(1))) as u32
    }

    /// A receipt of a recent batch that nothing happened to yet.
    fn recent(&mut self) -> Option<(Batch, u16)> {
        let at = self.draws.below(self.trade.recent.len() as u32) as usize;
        let batch = *self.trade.recent.get(at)?;
        let index = self.draws.below(u32::from(batch.count)) as u16;
        self.trade.touched.insert((batch.device, batch.seq, index)).then_some((batch, index))
    }

    pub(super) fn perform_trade(&mut self, deed: Deed) -> Option<()> {
        match deed {
            Deed::Void => {
                let (Batch { device, merchant, seq, .. }, index) = self.recent()?;
                let event = ReceiptVoided { device, merchant, seq, index };
                self.emit(Contract::Receipts, Event::ReceiptVoided(event));
            }
            Deed::Demand => {
                let (Batch { device, merchant, seq, epoch, customer, .. }, index) = self.recent()?;
                let demander = account("demander", u64::from(self.draws.below(50)));
                let (bond, until_ms) = (5 * TOKEN, self.now_ms + 3 * CALENDAR.epoch_ms);
                let demanded =
                    ReceiptDemanded { device, merchant, seq, index, epoch, customer, demander, bond, until_ms };
                self.trade.demands.push(demanded.clone());
                self.emit(Contract::Receipts, Event::ReceiptDemanded(demanded));
            }
            Deed::EndDemand => {
                let at = self.draws.below(self.trade.demands.len() as u32) as usize;
                if at >= self.trade.demands.len() {
                    return None;
                }
                let demanded = self.trade.demands.swap_remove(at);
                self.end_demand(&demanded);
            }
        }
        Some(())
    }

    fn end_demand(&mut self, demanded: &ReceiptDemanded) {
        let ReceiptDemanded { device, merchant, seq, index, demander, bond, .. } = *demanded;
        if !self.draws.once_in(4) {
            let account = self.parties.account(Side::Merchant, merchant);
            let event = ReceiptOpened { device, merchant, seq, index, account, bond };
            return self.emit(Contract::Receipts, Event::ReceiptOpened(event));
        }
        let debt = 20 * TOKEN;
        self.owe(Side::Merchant, merchant, debt);
        let event = OpeningFailed { device, merchant, seq, index, demander, taken: 0, debt };
        self.emit(Contract::Receipts, Event::OpeningFailed(event));
        self.emit(Contract::Receipts, Event::ReceiptVoided(ReceiptVoided { device, merchant, seq, index }));
    }
}
