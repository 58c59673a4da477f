//! Opening of a receipt against its customer's ticket (architecture.md,
//! customer ticket): what somebody shows to demand it, and what `receipts`
//! keeps until it is settled.
// The codec's derive casts the constant indices of enums.
#![allow(clippy::cast_possible_truncation)]

use crate::{
    hash::blake2x256,
    receipt::{next_head, receipt_at, Receipt},
    ticket::{Reference, Ticket, REFERENCE_EPOCHS},
    AccountId, Balance, CustomerIndex, DeviceId, Epoch, MerchantIndex, TOKEN,
};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};

/// Most batches of an epoch that can follow the one shown.
pub const MAX_LATER: usize = 1_023;
/// Most demands that can be open against one shop at a time.
pub const MAX_OPEN_DEMANDS: u32 = 256;
/// The bond doubles with every so many demands open against the shop.
pub const BOND_DOUBLES_EVERY: u32 = 16;
/// Largest bond that the admin can set, smallest unit of Bzky.
pub const MAX_BOND: Balance = 100_000 * TOKEN;
/// Largest penalty that the admin can set, smallest unit of Bzky.
pub const MAX_PENALTY: Balance = 1_000_000 * TOKEN;
/// Longest time to open, in epochs.
pub const MAX_OPENING_EPOCHS: u32 = 30;
/// Prefix of the message whose hash is the reason of a debt after a failed opening.
pub const FAILED_OPENING_CONTEXT: &[u8] = b"bizkey/failed-opening/1";

/// What a demand costs, and what a failed opening does; the board sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct OpeningRules {
    /// Bond of a demand against a shop with fewer than 16 open, smallest unit of Bzky.
    pub bond: Balance,
    /// Penalty of a failed opening, smallest unit of Bzky.
    pub penalty: Balance,
    /// How long a shop has to open, in epochs.
    pub epochs: u32,
}

impl Default for OpeningRules {
    /// What holds until the board decides: 10 Bzky, 100 Bzky, 7 epochs.
    fn default() -> Self {
        Self { bond: TOKEN.saturating_mul(10), penalty: TOKEN.saturating_mul(100), epochs: 7 }
    }
}

impl OpeningRules {
    /// Whether the figures lie within their bounds: a bond above zero, at
    /// least one epoch, and none past its maximum.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.bond > 0
            && self.bond <= MAX_BOND
            && self.penalty <= MAX_PENALTY
            && self.epochs > 0
            && self.epochs <= MAX_OPENING_EPOCHS
    }

    /// The bond of the next demand against a shop with `open` demands open;
    /// `None` when no more are taken. It doubles with every 16, so that a shop
    /// can neither be flooded cheaply nor keep others out by cheap demands of
    /// its own, whose bonds come back to it.
    #[must_use]
    pub const fn bond_with(&self, open: u32) -> Option<Balance> {
        if open >= MAX_OPEN_DEMANDS {
            return None;
        }
        let Some(doublings) = open.checked_div(BOND_DOUBLES_EVERY) else { return None };
        // At most 15 doublings.
        let Some(factor) = 1u128.checked_shl(doublings) else { return None };
        self.bond.checked_mul(factor)
    }
}

/// Shows that one receipt was recorded in a closed epoch, by what leads from
/// its batch to the head that `receipts` keeps.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
pub struct Evidence {
    /// The device that recorded it.
    pub device: DeviceId,
    /// The closed epoch, one of the last 32.
    pub epoch: Epoch,
    /// Sequence number of the batch.
    pub seq: u64,
    /// Receipts that the batch announced.
    pub count: u16,
    /// Position of the receipt in the batch.
    pub index: u16,
    /// The rolling hash before the batch; 32 zero bytes for the epoch's first.
    pub head_before: [u8; 32],
    /// Hashes of the device's later batches of that epoch, in order; at most 1,023.
    pub later: Vec<[u8; 32]>,
    /// The batch's payload.
    pub payload: Vec<u8>,
}

impl Evidence {
    /// The head to which the evidence leads, if `batch` is the hash of its batch.
    #[must_use]
    pub fn head(&self, batch: &[u8; 32]) -> [u8; 32] {
        self.later.iter().fold(next_head(&self.head_before, batch), |head, later| next_head(&head, later))
    }

    /// The receipt, if a ticket can be asked for it: it decodes, is one that
    /// the batch announces, names a customer and carries a reference.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        if self.index >= self.count {
            return None;
        }
        let receipt = receipt_at(&self.payload, self.index)?;
        (receipt.customer != 0 && receipt.reference != [0; 16]).then_some(receipt)
    }
}

/// What became of a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub enum DemandState {
    /// The shop has not answered yet.
    Open,
    /// It showed the customer's ticket.
    Opened,
    /// It did not in time.
    Failed,
}

/// A demand as `receipts` keeps it. Bond, penalty and time to open are those
/// of the day on which it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
#[cfg_attr(feature = "std", derive(scale_info::TypeInfo))]
#[cfg_attr(all(feature = "std", feature = "ink"), derive(ink::storage::traits::StorageLayout))]
pub struct Demand {
    /// Who asks, and gave the bond.
    pub demander: AccountId,
    /// Smallest unit of Bzky.
    pub bond: Balance,
    /// Smallest unit of Bzky.
    pub penalty: Balance,
    /// When it was made, Unix milliseconds.
    pub since_ms: u64,
    /// Time to open, milliseconds, pauses not counted.
    pub window_ms: u64,
    /// The shop.
    pub merchant: MerchantIndex,
    /// The epoch in which the receipt was recorded.
    pub epoch: Epoch,
    /// The customer that the receipt names.
    pub customer: CustomerIndex,
    /// The receipt's amount, minor units.
    pub amount: u64,
    /// The ticket's reference in the receipt.
    pub reference: Reference,
    /// What became of it.
    pub state: DemandState,
}

impl Demand {
    /// Whether `ticket` is the one that the receipt refers to: of this network
    /// and contract, this shop and customer, this amount, in force in the
    /// receipt's epoch and no longer than 7 epochs after it, and with the
    /// receipt's reference. The signature is the caller's to check.
    #[must_use]
    pub fn is_met_by(&self, ticket: &Ticket, genesis: &crate::Hash, contract: &[u8; 32]) -> bool {
        ticket.genesis == *genesis
            && ticket.contract == *contract
            && ticket.merchant == self.merchant
            && ticket.customer == self.customer
            && ticket.amount == self.amount
            && ticket.expiry >= self.epoch
            && ticket.expiry.saturating_sub(self.epoch) < REFERENCE_EPOCHS
            && ticket.reference() == self.reference
    }
}

/// The reason under which a shop's debt is booked after a failed opening:
/// `Blake2x256(context ‖ device LE ‖ seq LE ‖ index LE)`.
#[must_use]
pub fn failed_opening_reason(device: DeviceId, seq: u64, index: u16) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(48);
    bytes.extend_from_slice(FAILED_OPENING_CONTEXT);
    bytes.extend_from_slice(&device.to_le_bytes());
    bytes.extend_from_slice(&seq.to_le_bytes());
    bytes.extend_from_slice(&index.to_le_bytes());
    blake2x256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        receipt::{encode_payload, Channel, Header, Rail, PAYLOAD_VERSION},
        Hash,
    };
    use proptest::prelude::*;

    fn receipt(customer: u32, reference: Reference) -> Receipt {
        Receipt { delta_seconds: 1, amount: 500, customer, channel: Channel::InStore, rail: Rail::Card, reference }
    }

    fn evidence(receipts: &[Receipt], index: u16) -> Evidence {
        let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms: 7 };
        Evidence {
            device: 1,
            epoch: 2,
            seq: 3,
            count: receipts.len() as u16,
            index,
            head_before: [0; 32],
            later: vec![],
            payload: encode_payload(&header, receipts),
        }
    }

    fn ticket() -> Ticket {
        Ticket {
            genesis: Hash::from([9; 32]),
            contract: [8; 32],
            merchant: 7,
            customer: 6,
            nonce: 5,
            amount: 500,
            expiry: 12,
        }
    }

    fn demand(ticket: &Ticket, epoch: Epoch) -> Demand {
        Demand {
            demander: AccountId::from([1; 32]),
            bond: 1,
            penalty: 2,
            since_ms: 3,
            window_ms: 4,
            merchant: ticket.merchant,
            epoch,
            customer: ticket.customer,
            amount: ticket.amount,
            reference: ticket.reference(),
            state: DemandState::Open,
        }
    }

    #[test]
    fn only_a_receipt_with_customer_and_reference_can_be_asked_for() {
        let receipts = [receipt(1, [1; 16]), receipt(0, [1; 16]), receipt(1, [0; 16]), receipt(2, [2; 16])];
        assert_eq!(evidence(&receipts, 0).receipt(), Some(receipts[0]));
        assert_eq!(evidence(&receipts, 1).receipt(), None, "no customer");
        assert_eq!(evidence(&receipts, 2).receipt(), None, "no ticket");
        assert_eq!(evidence(&receipts, 3).receipt(), Some(receipts[3]));
        assert_eq!(evidence(&receipts, 4).receipt(), None, "past the batch");
        let fewer = Evidence { count: 3, ..evidence(&receipts, 3) };
        assert_eq!(fewer.receipt(), None, "not announced");
        let mut cut = evidence(&receipts, 3);
        cut.payload.pop();
        assert_eq!(cut.receipt(), None, "does not decode");
        let mut other = evidence(&receipts, 0);
        other.payload[0] = 2;
        assert_eq!(other.receipt(), None, "a layout of another version");
    }

    #[test]
    fn a_ticket_must_agree_in_every_part() {
        let ticket = ticket();
        let (genesis, contract) = (ticket.genesis, ticket.contract);
        let met = |demand: Demand, ticket: &Ticket| demand.is_met_by(ticket, &genesis, &contract);
        let demanded = demand(&ticket, 12);
        assert!(met(demanded, &ticket));
        for other in [
            Ticket { genesis: Hash::from([1; 32]), ..ticket },
            Ticket { contract: [1; 32], ..ticket },
            Ticket { merchant: 1, ..ticket },
            Ticket { customer: 1, ..ticket },
            Ticket { nonce: 1, ..ticket },
            Ticket { amount: 501, ..ticket },
            Ticket { expiry: 13, ..ticket },
        ] {
            assert!(!met(demanded, &other), "{other:?}");
        }
        assert!(!met(Demand { amount: 501, ..demanded }, &ticket));
        for (epoch, is_met) in [(4, false), (5, true), (12, true), (13, false)] {
            assert_eq!(met(demand(&ticket, epoch), &ticket), is_met, "a receipt of epoch {epoch}");
        }
    }

    #[test]
    fn the_bond_doubles_with_every_16_open_demands_until_none_is_taken() {
        let rules = OpeningRules { bond: 3, ..OpeningRules::default() };
        let bonds = [0, 15, 16, 31, 32, 255, 256, u32::MAX].map(|open| rules.bond_with(open));
        assert_eq!(bonds, [Some(3), Some(3), Some(6), Some(6), Some(12), Some(3 << 15), None, None]);
        assert!(OpeningRules { bond: MAX_BOND, ..rules }.bond_with(255).is_some());
    }

    #[test]
    fn rules_have_bounds() {
        let rules = OpeningRules::default();
        assert!(rules.is_valid());
        assert!(OpeningRules { bond: MAX_BOND, penalty: MAX_PENALTY, epochs: MAX_OPENING_EPOCHS }.is_valid());
        assert!(OpeningRules { penalty: 0, ..rules }.is_valid());
        for bad in [
            OpeningRules { bond: 0, ..rules },
            OpeningRules { bond: MAX_BOND + 1, ..rules },
            OpeningRules { penalty: MAX_PENALTY + 1, ..rules },
            OpeningRules { epochs: 0, ..rules },
            OpeningRules { epochs: MAX_OPENING_EPOCHS + 1, ..rules },
        ] {
            assert!(!bad.is_valid(), "{bad:?}");
        }
    }

    proptest! {
        /// Evidence leads to the head of the whole epoch from any of its batches.
        #[test]
        fn evidence_leads_to_the_epochs_head(
            batches in proptest::collection::vec(any::<[u8; 32]>(), 1..20), at: prop::sample::Index,
        ) {
            let fold = |hashes: &[[u8; 32]]| hashes.iter().fold([0; 32], |head, batch| next_head(&head, batch));
            let at = at.index(batches.len());
            let shown = Evidence {
                head_before: fold(&batches[..at]),
                later: batches[at + 1..].to_vec(),
                ..evidence(&[receipt(1, [1; 16])], 0)
            };
            prop_assert_eq!(shown.head(&batches[at]), fold(&batches));
            prop_assert_ne!(shown.head(&[0; 32]), fold(&batches));
        }
    }
}
