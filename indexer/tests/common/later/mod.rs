//! What the suite has beside receipts, in random but possible histories: kept
//! as the contracts keep it, so that it can be compared with the rows.

mod board;
mod otc;
mod owed;
mod redemption;
mod registry;
mod scoring;

use super::account;
use bizkey_primitives::{events::*, membership::Business, report::Report, AccountId, Hash, Side};
use std::collections::{BTreeMap, BTreeSet};

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Agent,
    AgentStatus,
    AgentMoved,
    Business,
    Appeal,
    Device,
    Retire,
    DeviceTerms,
    Task,
    Restock,
    Fulfil,
    CloseTask,
    Privilege,
    ChangePrivilege,
    ClosePrivilege,
    Collect,
    Refund,
    Settle,
    Price,
    Sale,
    FiatSale,
    EndFiatSale,
    Demand,
    EndDemand,
    Debt,
    PayDebt,
    Defer,
    PayDeferred,
    Trouble,
    Director,
    Leave,
    Succeed,
    Propose,
    Vote,
    Resolve,
    Release,
    Offer,
    CloseOffer,
    Reserve,
    Pay,
    Dispute,
    End,
    Algorithm,
    Clamp,
    CapitalFloor,
    CashCap,
}

impl Kind {
    pub const ALL: &[Kind] = &[
        Kind::Agent,
        Kind::AgentStatus,
        Kind::AgentMoved,
        Kind::Business,
        Kind::Appeal,
        Kind::Device,
        Kind::Retire,
        Kind::DeviceTerms,
        Kind::Task,
        Kind::Restock,
        Kind::Fulfil,
        Kind::CloseTask,
        Kind::Privilege,
        Kind::ChangePrivilege,
        Kind::ClosePrivilege,
        Kind::Collect,
        Kind::Refund,
        Kind::Settle,
        Kind::Price,
        Kind::Sale,
        Kind::FiatSale,
        Kind::EndFiatSale,
        Kind::Demand,
        Kind::EndDemand,
        Kind::Debt,
        Kind::PayDebt,
        Kind::Defer,
        Kind::PayDeferred,
        Kind::Trouble,
        Kind::Director,
        Kind::Leave,
        Kind::Succeed,
        Kind::Propose,
        Kind::Vote,
        Kind::Resolve,
        Kind::Release,
        Kind::Offer,
        Kind::CloseOffer,
        Kind::Reserve,
        Kind::Pay,
        Kind::Dispute,
        Kind::End,
        Kind::Algorithm,
        Kind::Clamp,
        Kind::CapitalFloor,
        Kind::CashCap,
    ];
}

/// Something that happens to one of those that it can happen to.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub kind: Kind,
    /// Which, counted round.
    pub pick: usize,
    pub amount: u32,
    pub flag: bool,
}

/// Of a task or privilege.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    pub stock: u32,
    pub version: u32,
    pub price: u128,
    pub refund_ms: u64,
    pub is_open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    pub held: u128,
    pub is_refunded: bool,
    pub is_settled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    pub state: &'static str,
    pub votes: BTreeMap<u32, bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub left: u128,
    pub open: u32,
    pub is_closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub offer: Option<u64>,
    pub amount: u128,
    /// 0 reserved, 1 paid, 2 disputed, 3 ended.
    pub stage: u8,
}

/// What goes wrong with the next epoch's report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trouble {
    #[default]
    None,
    /// A dispute that is not upheld.
    Dismissed,
    /// Struck once, then final.
    Struck,
    /// Struck twice.
    Void,
}

#[derive(Debug, Default)]
pub struct World {
    pub agents: BTreeMap<u32, (AccountId, bool)>,
    pub businesses: BTreeMap<u32, Vec<(u32, Business)>>,
    pub appeals: BTreeMap<u32, Option<bool>>,
    pub devices: BTreeMap<u32, bool>,
    pub terms: BTreeMap<u32, (Option<AccountId>, u8)>,
    pub tasks: BTreeMap<u32, Offered>,
    pub fulfilled: BTreeSet<(u32, u32)>,
    pub privileges: BTreeMap<u32, Offered>,
    pub collections: BTreeMap<[u8; 32], Collected>,
    pub prices: Vec<u64>,
    pub sales: Vec<u128>,
    pub payments: BTreeMap<[u8; 32], &'static str>,
    pub demands: BTreeMap<(u32, u64, u16), &'static str>,
    pub debts: BTreeMap<(Side, u32), u128>,
    pub deferred: BTreeMap<(u32, u32), u128>,
    pub directors: BTreeMap<u32, (AccountId, bool)>,
    pub chair: Option<u32>,
    pub resolutions: BTreeMap<u32, Resolution>,
    pub released: u128,
    pub offers: BTreeMap<u64, Offer>,
    pub reservations: BTreeMap<u64, Reservation>,
    pub slashed: u128,
    /// Epochs that are final.
    pub settled: Vec<u32>,
    pub trouble: Trouble,
    pub scoring: scoring::Scoring,
}

/// One of those that it can happen to.
fn pick<K: Clone>(pick: usize, those: impl Iterator<Item = K>) -> Option<K> {
    let those: Vec<K> = those.collect();
    those.get(pick.checked_rem(those.len())?).cloned()
}

fn hash(kind: u8, number: usize) -> Hash {
    let mut bytes = [kind; 32];
    bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
    Hash::from(bytes)
}

impl World {
    /// The events of a step; none if it can happen to nobody.
    pub fn events(&mut self, epoch: u32, step: &Step) -> Vec<Event> {
        self.registry(epoch, step)
            .or_else(|| self.redemption(step))
            .or_else(|| self.owed(epoch, step))
            .or_else(|| self.board(step))
            .or_else(|| self.otc(step))
            .or_else(|| self.scoring(epoch, step))
            .unwrap_or_default()
    }

    /// What `rewards` says of an epoch's report until it is final or void;
    /// `after` is what follows once it is final.
    pub fn settle(&mut self, epoch: u32, report: Report, after: Vec<Event>) -> Vec<Event> {
        let round = |round: u8| {
            [
                Event::ReportSubmitted(ReportSubmitted { epoch, round, member: account(50), report }),
                Event::ReportSubmitted(ReportSubmitted { epoch, round, member: account(51), report }),
                Event::ReportPending(ReportPending { epoch, round, report }),
            ]
        };
        let dispute = |upheld: bool| {
            [
                Event::ReportDisputed(ReportDisputed { epoch, round: 0, disputer: account(60), bond: 5 }),
                Event::DisputeDecided(DisputeDecided { epoch, round: 0, upheld }),
            ]
        };
        let struck = |round: u8| Event::ReportStruck(ReportStruck { epoch, round, challenger: account(60), reward: 3 });
        let mut events = Vec::from(round(0));
        let trouble = std::mem::take(&mut self.trouble);
        match trouble {
            Trouble::None => {}
            Trouble::Dismissed => events.extend(dispute(false)),
            Trouble::Struck | Trouble::Void => {
                events.extend(dispute(true));
                self.slashed += 7;
                events.push(Event::BondSlashed(BondSlashed { epoch, round: 0, member: account(50), amount: 7 }));
                events.push(struck(0));
                events.extend(round(1));
            }
        }
        if trouble == Trouble::Void {
            events.push(struck(1));
            events.push(Event::EpochVoided(EpochVoided { epoch }));
        } else {
            self.settled.push(epoch);
            events.extend(after);
        }
        events
    }
}
