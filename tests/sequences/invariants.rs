//! What holds after every step, whatever happened.

use crate::town::Town;
use bizkey_client::ContractKind;
use bizkey_primitives::{
    checkpoint::Live,
    emission::{CUSTOMER_EMISSION_CAP, MERCHANT_EMISSION_CAP},
    opening::{Demand, DemandState},
    otc::{Offer, Reservation, Stage},
    party::Deposit,
    redemption::{Collection, Task},
    report::{Bond, EpochRecord, EpochState},
    AccountId, Balance, Calendar, BZKY_SUPPLY, MERCHANT_POOL, TIME_CAP,
};
use bizkey_tests::sandbox::Snapshot;
use std::collections::BTreeMap;
use ContractKind as Kind;

/// What `vesting` got at issue.
const VESTED: Balance = BZKY_SUPPLY - MERCHANT_POOL;

impl Town {
    /// Checks everything.
    ///
    /// # Panics
    /// With the rule that is broken.
    pub fn check(&self, kept: &Snapshot) {
        self.check_bzky(kept);
        self.check_time(kept);
        self.check_epochs(kept);
        self.check_deposits(kept);
        self.check_escrows(kept);
    }

    /// Every balance is what the events made of it, and together they are the
    /// supply, which nothing but burning changes.
    fn check_bzky(&self, kept: &Snapshot) {
        let live = kept.cells::<AccountId, Live>(&self.layouts, Kind::Bzky, "ledger.holdings.live");
        // The root cell begins with the calendar and the supply.
        let (_, supply): (Calendar, Balance) = kept.cell(&self.layouts, Kind::Bzky, "");
        assert_eq!(live.iter().map(|(_, live)| live.last.close).sum::<Balance>(), supply, "balances and supply");
        assert_eq!(supply, BZKY_SUPPLY - self.memory.ledger.burned, "only burning changes the supply");
        for (account, live) in live {
            assert_eq!(
                live.last.close,
                self.memory.ledger.bzky.of(account),
                "Bzky of {}",
                bizkey_client::ss58(&account)
            );
        }
        assert_eq!(self.memory.ledger.bzky.sum(), supply);
    }

    /// Every Time has a cause, and there is never more than may be.
    fn check_time(&self, kept: &Snapshot) {
        let balances = kept.cells::<AccountId, Balance>(&self.layouts, Kind::Time, "points.balances");
        // The same, then what was minted, and what of it for receipts.
        let (_, supply, minted, for_receipts): (Calendar, Balance, Balance, Balance) =
            kept.cell(&self.layouts, Kind::Time, "");
        assert_eq!(balances.iter().map(|(_, balance)| balance).sum::<Balance>(), supply, "Time and its supply");
        for (account, balance) in balances {
            assert_eq!(balance, self.memory.ledger.time.of(account), "Time of {}", bizkey_client::ss58(&account));
        }
        let rewarded: Balance = self.memory.ledger.rewarded.values().sum();
        assert_eq!(for_receipts, rewarded);
        assert_eq!(minted, rewarded + self.memory.ledger.minted, "every Time minted has a cause");
        assert!(minted <= TIME_CAP && supply <= minted);
        let minted_for = kept.cells::<u32, Balance>(&self.layouts, Kind::Time, "points.minted_for");
        for (epoch, amount) in minted_for {
            assert!(amount <= CUSTOMER_EMISSION_CAP, "Time of epoch {epoch}");
            assert_eq!(amount, self.memory.ledger.rewarded.get(&epoch).copied().unwrap_or(0), "Time of epoch {epoch}");
        }
    }

    /// An epoch pays what it reserved at most, and that is its emission at
    /// most; pool, reservations and payments are the pool at launch.
    fn check_epochs(&self, kept: &Snapshot) {
        let records: BTreeMap<u32, EpochRecord> =
            kept.cells(&self.layouts, Kind::Rewards, "epochs").into_iter().collect();
        let (mut reserved, mut paid) = (0, 0);
        for (epoch, record) in &records {
            let sides = [(record.merchants, MERCHANT_EMISSION_CAP), (record.customers, CUSTOMER_EMISSION_CAP)];
            for (payout, cap) in sides {
                assert!(payout.paid <= payout.reserved, "epoch {epoch} pays over its reservation: {payout:?}");
                assert!(payout.reserved <= payout.emission && payout.emission <= cap, "epoch {epoch}: {payout:?}");
            }
            let said = |side| self.memory.ledger.paid.get(&(side, *epoch)).copied().unwrap_or(0);
            assert_eq!(record.merchants.paid, said(bizkey_primitives::Side::Merchant), "epoch {epoch}");
            assert_eq!(record.customers.paid, said(bizkey_primitives::Side::Customer), "epoch {epoch}");
            reserved += record.merchants.reserved - record.merchants.paid;
            paid += record.merchants.paid;
        }
        let bonds = kept.cells::<AccountId, Bond>(&self.layouts, Kind::Rewards, "bonds.by_member");
        let disputes = kept
            .cells::<(u32, u8), (AccountId, Balance)>(&self.layouts, Kind::Rewards, "disputes")
            .into_iter()
            .filter(|((epoch, round), _)| {
                let record = records.get(epoch);
                record.is_some_and(|record| record.state == EpochState::Disputed && record.round == *round)
            });
        let staked: Balance = bonds.iter().map(|(_, bond)| bond.amount).sum::<Balance>()
            + disputes.map(|(_, (_, bond))| bond).sum::<Balance>();
        let (vault, rewards) = (self.network.contracts.vault, self.network.contracts.rewards);
        assert_eq!(self.memory.ledger.bzky.of(rewards), reserved + staked, "what rewards holds is what it owes");
        assert_eq!(
            self.memory.ledger.bzky.of(vault) + reserved + paid,
            MERCHANT_POOL + self.memory.ledger.into_pool,
            "the pool"
        );
    }

    /// Every deposit counts once, for one account.
    fn check_deposits(&self, kept: &Snapshot) {
        let live = kept.cells::<AccountId, Live>(&self.layouts, Kind::PosDeposit, "deposits.holdings.live");
        let records = kept.cells::<u32, (u32, Deposit)>(&self.layouts, Kind::PosDeposit, "deposits.records");
        let locked: Balance = records.iter().map(|(_, (_, deposit))| deposit.amount).sum();
        assert_eq!(live.iter().map(|(_, live)| live.last.close).sum::<Balance>(), locked, "deposits counted once");
        for (account, live) in live {
            assert_eq!(live.last.close, self.memory.ledger.deposits.of(account), "{}", bizkey_client::ss58(&account));
        }
        assert_eq!(
            self.memory.ledger.bzky.of(self.network.contracts.pos_deposit),
            locked,
            "pos_deposit holds its deposits"
        );
    }

    /// Every contract holds what it owes, to the unit.
    fn check_escrows(&self, kept: &Snapshot) {
        let contracts = self.network.contracts;
        let demands = kept.cells::<(u32, u64, u16), Demand>(&self.layouts, Kind::Receipts, "demands.kept");
        let bonds: Balance =
            demands.iter().filter(|(_, demand)| demand.state == DemandState::Open).map(|(_, demand)| demand.bond).sum();
        assert_eq!(self.memory.ledger.bzky.of(contracts.receipts), bonds, "receipts holds the bonds of open demands");

        let tasks = kept.cells::<u32, Task>(&self.layouts, Kind::Redemption, "tasks.tasks");
        let set_aside: Balance =
            tasks.iter().map(|(_, task)| task.terms.reward * Balance::from(task.terms.stock)).sum();
        let collections =
            kept.cells::<[u8; 32], Collection>(&self.layouts, Kind::Redemption, "collections.collections");
        let held: Balance = collections.iter().map(|(_, collection)| collection.held).sum();
        assert_eq!(
            self.memory.ledger.time.of(contracts.redemption),
            set_aside + held,
            "redemption holds the Time it owes"
        );

        let offers = kept.cells::<u64, Offer>(&self.layouts, Kind::Otc, "books.offers");
        let trades = kept.cells::<u64, Reservation>(&self.layouts, Kind::Otc, "books.reservations");
        let floats = kept.cells::<AccountId, Balance>(&self.layouts, Kind::Otc, "books.floats");
        let offered: Balance = offers.iter().map(|(_, offer)| offer.left).sum();
        let reserved: Balance = trades.iter().map(|(_, trade)| trade.amount + trade.bond + stake(trade)).sum();
        let float: Balance = floats.iter().map(|(_, float)| float).sum();
        assert_eq!(self.memory.ledger.bzky.of(contracts.otc), offered + reserved + float, "otc holds what it owes");

        let released = kept.cells::<u8, Balance>(&self.layouts, Kind::Vesting, "ledger.released");
        let released: Balance = released.iter().map(|(_, released)| released).sum();
        assert_eq!(self.memory.ledger.bzky.of(contracts.vesting), VESTED - released, "vesting");

        let budget: bizkey_primitives::board::Budget = kept.cell(&self.layouts, Kind::Foundation, "budget");
        let lines: Balance = budget.lines.iter().map(|line| line.balance).sum();
        assert!(lines <= self.memory.ledger.bzky.of(contracts.foundation), "the budget is covered");
    }

    /// What says who may do what: it changes by resolution only.
    pub fn roles(&self, kept: &Snapshot) -> Vec<u8> {
        let fields = [
            (Kind::Vault, "roles"),
            (Kind::Vesting, "roles"),
            (Kind::Time, "roles"),
            (Kind::Registry, "roles"),
            (Kind::Registry, "setup"),
            (Kind::Registry, "attestors"),
            (Kind::Receipts, "setup"),
            (Kind::PosDeposit, "setup"),
            (Kind::Rewards, "governance"),
            (Kind::Rewards, "committees.versions"),
            (Kind::Redemption, "roles"),
            (Kind::Otc, "setup"),
            (Kind::Otc, "desks"),
            (Kind::Foundation, "board"),
            (Kind::Foundation, "office"),
            (Kind::Foundation, "powers"),
        ];
        let mut all = Vec::new();
        for (kind, field) in fields {
            all.extend(kept.bytes(&self.layouts, kind, field));
        }
        all
    }
}

/// What the opener of a dispute has at stake.
fn stake(trade: &Reservation) -> Balance {
    match trade.stage {
        Stage::Disputed { bond, .. } => bond,
        _ => 0,
    }
}
