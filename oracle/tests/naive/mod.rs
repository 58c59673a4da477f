//! Both algorithms a second time, written from the rules alone: no carried
//! state, every epoch from all receipts ever, fractions instead of one big
//! product.

use bizkey_oracle::scoring::{Algorithm, EpochInput, ReceiptId, ReceiptInput};
use bizkey_primitives::{
    receipt::{Channel, Rail},
    CustomerIndex, MerchantIndex, Status,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use std::collections::{BTreeMap, BTreeSet};

type Buyers = [i64; 3];

#[derive(Debug, PartialEq, Eq)]
pub struct Merchant {
    pub index: MerchantIndex,
    pub pl: i64,
    pub pm: BigInt,
    pub buyers: Buyers,
    pub uom: i64,
    pub uon: BigInt,
    pub score: BigInt,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Customer {
    pub index: CustomerIndex,
    pub sales: BigInt,
    pub has_leaf: bool,
}

pub struct Network<'a> {
    epochs: &'a [EpochInput],
    /// Whether the paper's weights are bound as printed.
    printed: bool,
    ticketed: BTreeSet<ReceiptId>,
}

impl<'a> Network<'a> {
    pub fn new(epochs: &'a [EpochInput], printed: bool) -> Self {
        let mut network = Self { epochs, printed, ticketed: BTreeSet::new() };
        let mut spent: Vec<(usize, &ReceiptInput)> = vec![];
        for epoch in 0..epochs.len() {
            for receipt in network.valid(epoch) {
                let is_spent = spent
                    .iter()
                    .any(|(e, r)| epoch - e < 8 && r.merchant == receipt.merchant && r.reference == receipt.reference);
                if receipt.customer.is_some() && receipt.reference != [0; 16] && !is_spent {
                    spent.push((epoch, receipt));
                }
            }
        }
        network.ticketed = spent.into_iter().map(|(_, receipt)| receipt.id).collect();
        network
    }

    fn hardened(&self, epoch: usize) -> bool {
        self.epochs[epoch].algorithm == Algorithm::Bizpower2
    }

    fn is_ticketed(&self, receipt: &ReceiptInput) -> bool {
        self.ticketed.contains(&receipt.id)
    }

    /// The customer as whose purchase a receipt counts in its own epoch.
    fn buyer(&self, epoch: usize, receipt: &ReceiptInput) -> Option<CustomerIndex> {
        receipt.customer.filter(|_| !self.hardened(epoch) || self.is_ticketed(receipt))
    }

    fn rewarded(status: Status) -> bool {
        status == Status::Active || status == Status::Demoted
    }

    fn valid(&self, epoch: usize) -> Vec<&'a ReceiptInput> {
        let input = &self.epochs[epoch];
        let is_valid = |r: &&ReceiptInput| {
            r.amount > 0
                && r.amount < 1 << 48
                && Self::rewarded(input.merchants.status(r.merchant))
                && !input.voids.contains(&r.id)
        };
        input.receipts.iter().filter(is_valid).collect()
    }

    fn bought_before(&self, epoch: usize, merchant: MerchantIndex, customer: CustomerIndex) -> bool {
        (0..epoch).any(|e| self.valid(e).iter().any(|r| r.merchant == merchant && self.buyer(e, r) == Some(customer)))
    }

    /// 0 first, 1 repeat, 2 outside; `None` for an unknown customer.
    fn kind(&self, epoch: usize, receipt: &ReceiptInput) -> Option<usize> {
        let customer = receipt.customer?;
        Some(match receipt.channel {
            Channel::Outside => 2,
            Channel::InStore => usize::from(self.bought_before(epoch, receipt.merchant, customer)),
        })
    }

    fn first_void(&self, from: usize, id: ReceiptId) -> Option<usize> {
        (from..self.epochs.len()).find(|e| self.epochs[*e].voids.contains(&id))
    }

    /// Valid receipts of earlier epochs that are voided in `epoch` for the first time.
    fn voided_later(&self, epoch: usize) -> Vec<(usize, &'a ReceiptInput)> {
        (0..epoch)
            .flat_map(|e| self.valid(e).into_iter().map(move |r| (e, r)))
            .filter(|(e, r)| self.first_void(*e, r.id) == Some(epoch))
            .collect()
    }

    fn orders(&self, epoch: usize, merchant: MerchantIndex, channel: Channel) -> (i64, BigInt) {
        if self.hardened(epoch) {
            return self.hardened_orders(epoch, merchant, channel);
        }
        let ours: Vec<_> =
            self.valid(epoch).into_iter().filter(|r| r.merchant == merchant && r.channel == channel).collect();
        let voided = self.voided_later(epoch);
        let taken = voided.iter().filter(|(_, r)| r.merchant == merchant && r.channel == channel).count();
        ((ours.len() as i64 - taken as i64).max(0), ours.iter().map(|r| BigInt::from(r.amount)).sum())
    }

    /// One order a buyer, and each buyer's total within the trade's clamp.
    fn hardened_orders(&self, epoch: usize, merchant: MerchantIndex, channel: Channel) -> (i64, BigInt) {
        let [first, repeat, outside] = self.buyers(epoch, merchant);
        let orders = if channel == Channel::InStore { first + repeat } else { outside };
        let mut totals: BTreeMap<CustomerIndex, BigInt> = BTreeMap::new();
        for receipt in self.valid(epoch) {
            if receipt.merchant == merchant && receipt.channel == channel && self.is_ticketed(receipt) {
                *totals.entry(receipt.customer.expect("a ticket names a customer")).or_default() += receipt.amount;
            }
        }
        let input = &self.epochs[epoch];
        let trade = input.businesses.get(&merchant).map(|business| business.trade);
        let clamp = trade.and_then(|trade| input.parameters.clamps.get(&trade));
        let within = |total: BigInt| match clamp {
            Some(clamp) if total < BigInt::from(clamp.lo) => clamp.lo.into(),
            Some(clamp) if total > BigInt::from(clamp.hi) => clamp.hi.into(),
            _ => total,
        };
        (orders, totals.into_values().map(within).sum())
    }

    fn capital(&self, epoch: usize, merchant: MerchantIndex) -> BigInt {
        let input = &self.epochs[epoch];
        let Some(attested) = input.capital.get(&merchant) else { return 0.into() };
        let total = BigInt::from(attested.area_m2) * attested.rent_per_m2_month
            + BigInt::from(attested.staff) * attested.wage_month;
        let business = input.businesses.get(&merchant);
        let floor = business.and_then(|b| input.parameters.capital_floors.get(&(b.trade, b.region)));
        match floor {
            Some(floor) if self.hardened(epoch) => total.max(BigInt::from(*floor)),
            _ => total,
        }
    }

    fn buyers(&self, epoch: usize, merchant: MerchantIndex) -> Buyers {
        let mut distinct: [BTreeSet<CustomerIndex>; 3] = Default::default();
        for receipt in self.valid(epoch).into_iter().filter(|r| r.merchant == merchant) {
            if let (Some(kind), Some(customer)) = (self.kind(epoch, receipt), self.buyer(epoch, receipt)) {
                distinct[kind].insert(customer);
            }
        }
        let mut buyers = distinct.map(|set| set.len() as i64);
        for (then, receipt) in self.voided_later(epoch).into_iter().filter(|(_, r)| r.merchant == merchant) {
            let counts = !self.hardened(epoch) || self.is_ticketed(receipt);
            if let (Some(kind), true) = (self.kind(then, receipt), counts) {
                buyers[kind] -= 1;
            }
        }
        buyers.map(|n| n.max(0))
    }

    pub fn merchants(&self, epoch: usize) -> Vec<Merchant> {
        let with_receipt: BTreeSet<MerchantIndex> = self.valid(epoch).iter().map(|r| r.merchant).collect();
        with_receipt.into_iter().map(|index| self.merchant(epoch, index)).collect()
    }

    fn merchant(&self, epoch: usize, index: MerchantIndex) -> Merchant {
        let (pl, pm) = self.orders(epoch, index, Channel::InStore);
        let (uom, uon) = self.orders(epoch, index, Channel::Outside);
        let buyers = self.buyers(epoch, index);
        let mut shares = buyers;
        if buyers.iter().sum::<i64>() < 20 {
            shares = [0; 3];
            for e in epoch.saturating_sub(29)..=epoch {
                let then = self.buyers(e, index);
                (0..3).for_each(|k| shares[k] += then[k]);
            }
        }
        let fraction = |a: &BigInt, b: &BigInt| {
            if *b == BigInt::from(0) {
                BigRational::from_integer(0.into())
            } else {
                BigRational::new(a.clone(), b.clone())
            }
        };
        let total = BigInt::from(shares.iter().sum::<i64>());
        let in_store = fraction(&pl.into(), &pm);
        let per_order = [in_store.clone(), in_store, fraction(&uom.into(), &uon)];
        let [w1, w2, w3] = shares.map(|share| fraction(&share.into(), &total));
        let weights = if self.printed && !self.hardened(epoch) { [w3, w2, w1] } else { [w1, w2, w3] };
        let sum = (0..3)
            .map(|k| BigRational::from_integer(buyers[k].into()) * &per_order[k] * &weights[k])
            .fold(BigRational::from_integer(0.into()), |a, b| a + b);
        let capital = self.capital(epoch, index);
        let scaled = sum * BigRational::from_integer(BigInt::from(10u64.pow(18)));
        let score = (scaled * fraction(&1.into(), &capital)).floor().to_integer();
        Merchant { index, pl, pm, buyers, uom, uon, score }
    }

    /// What counts of a customer's sales of an epoch, without what is voided
    /// by the end of epoch `by`.
    fn counted(&self, epoch: usize, customer: CustomerIndex, by: usize) -> BigInt {
        let (mut cash, mut other) = (BigInt::from(0), BigInt::from(0));
        for receipt in self.valid(epoch) {
            let is_left = self.first_void(epoch, receipt.id).is_none_or(|void| void > by);
            if receipt.customer == Some(customer) && self.is_ticketed(receipt) && is_left {
                let is_cash = receipt.rail == Rail::Cash || receipt.rail == Rail::External;
                *(if is_cash { &mut cash } else { &mut other }) += receipt.amount;
            }
        }
        match self.epochs[epoch].parameters.cash_cap {
            Some(cap) if self.hardened(epoch) => other + cash.min(BigInt::from(cap)),
            _ => other + cash,
        }
    }

    pub fn customers(&self, epoch: usize) -> Vec<Customer> {
        let mut rows = vec![];
        let mut debts: BTreeMap<CustomerIndex, BigInt> = BTreeMap::new();
        for e in 0..=epoch {
            rows.clear();
            let voided = self.voided_later(e);
            let touched: BTreeSet<(usize, CustomerIndex)> =
                voided.iter().filter_map(|(then, receipt)| Some((*then, receipt.customer?))).collect();
            for (then, customer) in touched {
                let less = self.counted(then, customer, e - 1) - self.counted(then, customer, e);
                *debts.entry(customer).or_default() += less;
            }
            let buyers: BTreeSet<_> = self.valid(e).into_iter().filter_map(|r| r.customer).collect();
            for index in buyers {
                let net = self.counted(e, index, e) - debts.remove(&index).unwrap_or_default();
                if net < BigInt::from(0) {
                    debts.insert(index, -net.clone());
                }
                let sales = net.max(0.into());
                let has_leaf = sales > BigInt::from(0) && Self::rewarded(self.epochs[e].customers.status(index));
                rows.push(Customer { index, sales, has_leaf });
            }
        }
        rows
    }
}
