//! `bizpower-1` a second time, written from the rules alone: no carried state,
//! every epoch from all receipts ever, fractions instead of one big product.

use bizkey_oracle::scoring::{EpochInput, ReceiptId, ReceiptInput};
use bizkey_primitives::{receipt::Channel, CustomerIndex, MerchantIndex, Status};
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

pub struct Network<'a>(pub &'a [EpochInput]);

impl Network<'_> {
    fn rewarded(status: Status) -> bool {
        status == Status::Active || status == Status::Demoted
    }

    fn valid(&self, epoch: usize) -> Vec<&ReceiptInput> {
        let input = &self.0[epoch];
        let is_valid = |r: &&ReceiptInput| {
            r.amount > 0
                && r.amount < 1 << 48
                && Self::rewarded(input.merchants.status(r.merchant))
                && !input.voids.contains(&r.id)
        };
        input.receipts.iter().filter(is_valid).collect()
    }

    fn bought_before(&self, epoch: usize, merchant: MerchantIndex, customer: CustomerIndex) -> bool {
        (0..epoch).any(|e| self.valid(e).iter().any(|r| r.merchant == merchant && r.customer == Some(customer)))
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
        (from..self.0.len()).find(|e| self.0[*e].voids.contains(&id))
    }

    /// Valid receipts of earlier epochs that are voided in `epoch` for the first time.
    fn voided_later(&self, epoch: usize) -> Vec<(usize, &ReceiptInput)> {
        (0..epoch)
            .flat_map(|e| self.valid(e).into_iter().map(move |r| (e, r)))
            .filter(|(e, r)| self.first_void(*e, r.id) == Some(epoch))
            .collect()
    }

    fn orders(&self, epoch: usize, merchant: MerchantIndex, channel: Channel) -> (i64, BigInt) {
        let ours: Vec<_> =
            self.valid(epoch).into_iter().filter(|r| r.merchant == merchant && r.channel == channel).collect();
        let voided = self.voided_later(epoch);
        let taken = voided.iter().filter(|(_, r)| r.merchant == merchant && r.channel == channel).count();
        ((ours.len() as i64 - taken as i64).max(0), ours.iter().map(|r| BigInt::from(r.amount)).sum())
    }

    fn buyers(&self, epoch: usize, merchant: MerchantIndex) -> Buyers {
        let mut distinct: [BTreeSet<CustomerIndex>; 3] = Default::default();
        for receipt in self.valid(epoch).into_iter().filter(|r| r.merchant == merchant) {
            if let (Some(kind), Some(customer)) = (self.kind(epoch, receipt), receipt.customer) {
                distinct[kind].insert(customer);
            }
        }
        let mut buyers = distinct.map(|set| set.len() as i64);
        for (then, receipt) in self.voided_later(epoch).into_iter().filter(|(_, r)| r.merchant == merchant) {
            if let Some(kind) = self.kind(then, receipt) {
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
        let sum = (0..3)
            .map(|k| BigRational::from_integer(buyers[k].into()) * &per_order[k] * fraction(&shares[k].into(), &total))
            .fold(BigRational::from_integer(0.into()), |a, b| a + b);
        let capital = self.0[epoch].capital.get(&index).map_or(BigInt::from(0), |c| {
            BigInt::from(c.area_m2) * c.rent_per_m2_month + BigInt::from(c.staff) * c.wage_month
        });
        let scaled = sum * BigRational::from_integer(BigInt::from(10u64.pow(18)));
        let score = (scaled * fraction(&1.into(), &capital)).floor().to_integer();
        Merchant { index, pl, pm, buyers, uom, uon, score }
    }

    /// Every receipt that adds to its customer's sales, with its epoch.
    fn counting(&self) -> Vec<(usize, &ReceiptInput)> {
        let mut counting: Vec<(usize, &ReceiptInput)> = vec![];
        for epoch in 0..self.0.len() {
            for receipt in self.valid(epoch) {
                let spent = counting
                    .iter()
                    .any(|(e, r)| epoch - e < 8 && r.merchant == receipt.merchant && r.reference == receipt.reference);
                if receipt.customer.is_some() && receipt.reference != [0; 16] && !spent {
                    counting.push((epoch, receipt));
                }
            }
        }
        counting
    }

    pub fn customers(&self, epoch: usize) -> Vec<Customer> {
        let counting = self.counting();
        let mut rows = vec![];
        let mut debts: BTreeMap<CustomerIndex, BigInt> = BTreeMap::new();
        for e in 0..=epoch {
            rows.clear();
            for (then, receipt) in &counting {
                let is_later = self.first_void(*then, receipt.id) == Some(e) && *then < e;
                if is_later {
                    let customer = receipt.customer.expect("a counting receipt has a customer");
                    *debts.entry(customer).or_default() += receipt.amount;
                }
            }
            let buyers: BTreeSet<_> = self.valid(e).into_iter().filter_map(|r| r.customer).collect();
            for index in buyers {
                let gross: BigInt = counting
                    .iter()
                    .filter(|(then, r)| *then == e && r.customer == Some(index))
                    .map(|(_, r)| BigInt::from(r.amount))
                    .sum();
                let net = gross - debts.remove(&index).unwrap_or_default();
                if net < BigInt::from(0) {
                    debts.insert(index, -net.clone());
                }
                let sales = net.max(0.into());
                let has_leaf = sales > BigInt::from(0) && Self::rewarded(self.0[e].customers.status(index));
                rows.push(Customer { index, sales, has_leaf });
            }
        }
        rows
    }
}
