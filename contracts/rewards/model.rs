//! The rules of [`crate::machine`] under random messages, without a chain:
//! no token appears or vanishes, and an epoch is settled once.

use crate::{
    bonds::split_slash,
    machine::{self, Moment, Step, Turn, CLAIM_EPOCHS, DECISION_MS},
    settlement,
};
use bizkey_primitives::{
    calendar::Calendar,
    emission,
    errors::rewards::Error,
    report::{EpochRecord, EpochState, Payout, Report, SideReport},
    Balance, Epoch, Side, CUSTOMER_POOL, TOKEN,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// In month 6, where half is paid by holding.
const FIRST: Epoch = 170;
const EPOCHS: Epoch = 3;
/// Little enough to be used up.
const POOL: Balance = 4_000_000 * TOKEN;
const CUSTOMERS_LEFT: Balance = 1_500_000 * TOKEN;
const DISPUTE_BOND: Balance = 101;
const MEMBER_BONDS: Balance = 1_001;
const WINDOW_MS: u64 = 7_200_000;
const DAY_MS: u64 = 86_400_000;
const CALENDAR: Calendar = Calendar { genesis_ms: 0, epoch_ms: DAY_MS };

#[derive(Clone, Debug)]
enum Action {
    Wait(u64),
    Majority(Epoch, u32, u32, bool, bool),
    Dispute(Epoch),
    Decide(Epoch, bool),
    Challenge(Epoch),
    Finalise(Epoch),
    Void(Epoch),
    Pay(Epoch, bool, u128),
    Expire(Epoch),
}

fn action() -> impl Strategy<Value = Action> {
    let epoch = || FIRST..FIRST + EPOCHS;
    let count = || prop_oneof![Just(0u32), 1u32..40_000];
    prop_oneof![
        2 => prop_oneof![
            Just(WINDOW_MS),
            Just(DAY_MS),
            Just(8 * DAY_MS),
            Just(DECISION_MS),
            Just(CLAIM_EPOCHS * DAY_MS)
        ].prop_map(Action::Wait),
        6 => (epoch(), count(), count(), any::<bool>(), any::<bool>())
            .prop_map(|(e, m, c, s, h)| Action::Majority(e, m, c, s, h)),
        3 => epoch().prop_map(Action::Dispute),
        2 => (epoch(), any::<bool>()).prop_map(|(e, upheld)| Action::Decide(e, upheld)),
        2 => epoch().prop_map(Action::Challenge),
        5 => epoch().prop_map(Action::Finalise),
        3 => epoch().prop_map(Action::Void),
        3 => (epoch(), any::<bool>(), 0u128..1 << 60).prop_map(|(e, side, n)| Action::Pay(e, side, n)),
        1 => epoch().prop_map(Action::Expire),
    ]
}

/// What the contract keeps, and where the tokens are.
struct Model {
    now: Moment,
    next: Epoch,
    records: BTreeMap<Epoch, EpochRecord>,
    disputes: BTreeMap<(Epoch, u8), Balance>,
    /// Merchants that `receipts` saw, and receipts.
    seen: u32,
    vault: Balance,
    /// Bzky at the contract, bonds included.
    held: Balance,
    /// Bonds at the contract.
    bonds: Balance,
    /// Bonds that went back or were a reward, and those that burned.
    returned: Balance,
    burned: Balance,
    paid: (Balance, Balance),
    customer_reserved: Balance,
    /// The last epoch for which the vault released anything.
    released: Option<Epoch>,
    settled: BTreeMap<Epoch, EpochState>,
    put_at_stake: Balance,
}

impl Model {
    fn new(seen: u32) -> Self {
        Model {
            now: Moment { ms: CALENDAR.start_ms(FIRST + EPOCHS), block: 1 },
            next: FIRST,
            records: BTreeMap::new(),
            disputes: BTreeMap::new(),
            seen,
            vault: POOL,
            held: 0,
            bonds: 0,
            returned: 0,
            burned: 0,
            paid: (0, 0),
            customer_reserved: CUSTOMER_POOL - CUSTOMERS_LEFT,
            released: None,
            settled: BTreeMap::new(),
            put_at_stake: 0,
        }
    }

    fn is_over(&self, from_ms: u64, window_ms: u64) -> bool {
        self.now.ms >= from_ms + window_ms
    }

    fn window_is_over(&self, record: &EpochRecord) -> bool {
        self.now.block > record.since_block && self.is_over(record.since_ms, WINDOW_MS)
    }

    fn is_overdue(&self, record: &EpochRecord) -> bool {
        record.state == EpochState::Disputed && self.is_over(record.since_ms, DECISION_MS)
    }

    fn stake(&mut self, amount: Balance) {
        self.held += amount;
        self.bonds += amount;
        self.put_at_stake += amount;
    }

    fn unstake(&mut self, back: Balance, burn: Balance) {
        self.held -= back + burn;
        self.bonds -= back + burn;
        self.returned += back;
        self.burned += burn;
    }

    fn store(&mut self, epoch: Epoch, before: (Balance, Balance), record: EpochRecord) -> Result<(), Error> {
        let shift = machine::shift(before, machine::reserved(Some(&record)), self.customer_reserved)?;
        assert!(shift.from_vault == 0 || shift.to_vault == 0);
        if shift.from_vault > 0 {
            assert!(self.released.is_none_or(|last| last < epoch), "the vault releases in ascending order only");
            self.released = Some(epoch);
        }
        self.vault = self.vault - shift.from_vault + shift.to_vault;
        self.held = self.held + shift.from_vault - shift.to_vault;
        self.customer_reserved = shift.customer_reserved;
        self.records.insert(epoch, record);
        Ok(())
    }

    fn strike(&mut self, epoch: Epoch, mut record: EpochRecord) -> Result<(), Error> {
        let before = machine::reserved(Some(&record));
        if record.state == EpochState::Disputed {
            self.unstake(self.disputes[&(epoch, record.round)], 0);
        }
        let (reward, burn) = split_slash(MEMBER_BONDS);
        self.unstake(reward, burn);
        let overdue = self.is_overdue(&record);
        machine::strike(&mut record, overdue, self.now);
        self.store(epoch, before, record)
    }

    fn payouts(&self, epoch: Epoch, report: &Report, earlier: Option<(Balance, Balance)>) -> (Payout, Payout) {
        let payout =
            |side, count, pool| settlement::payout(side, emission::blend(side, epoch), count, pool, report.side(side));
        let merchants = settlement::merchants_paid_for(report, self.seen);
        let customers = settlement::customers_paid_for(report, u64::from(self.seen) * 3, 90_000);
        let pools = earlier.unwrap_or((self.vault, settlement::customer_pool_left(self.customer_reserved)));
        (payout(Side::Merchant, merchants, pools.0), payout(Side::Customer, customers, pools.1))
    }

    fn act(&mut self, action: &Action) -> Result<(), Error> {
        self.now.block += 1;
        let record = |model: &Model, epoch| model.records.get(epoch).copied();
        match action {
            Action::Wait(ms) => self.now.ms += ms,
            Action::Majority(epoch, merchants, customers, has_score, has_holding) => {
                let before = record(self, epoch);
                machine::open_round(before.as_ref())?;
                let side = |count, v1, v2| SideReport { root: [1; 32].into(), count, sum_v1: v1, sum_v2: v2 };
                let report = Report {
                    algorithm_version: 1,
                    merchants: side(*merchants, u128::from(*has_score), u128::from(*has_holding)),
                    customers: side(*customers, u128::from(*has_score), 0),
                };
                self.records.insert(*epoch, machine::pend(before, self.now, report));
                self.stake(MEMBER_BONDS);
            }
            Action::Dispute(epoch) => {
                let mut found = record(self, epoch).ok_or(Error::NotPending)?;
                let window_over = self.window_is_over(&found);
                machine::dispute(&mut found, window_over, self.now)?;
                if self.disputes.contains_key(&(*epoch, found.round)) {
                    return Err(Error::AlreadyDisputed);
                }
                self.disputes.insert((*epoch, found.round), DISPUTE_BOND);
                self.records.insert(*epoch, found);
                self.stake(DISPUTE_BOND);
            }
            Action::Decide(epoch, upheld) => {
                let mut found = record(self, epoch).ok_or(Error::NotDisputed)?;
                machine::may_decide(&found, self.is_overdue(&found))?;
                if *upheld {
                    return self.strike(*epoch, found);
                }
                self.unstake(0, DISPUTE_BOND);
                machine::dismiss(&mut found, self.now);
                self.records.insert(*epoch, found);
            }
            Action::Challenge(epoch) => {
                let found = record(self, epoch).ok_or(Error::NotPending)?;
                if !matches!(found.state, EpochState::Pending | EpochState::Disputed) {
                    return Err(Error::NotPending);
                }
                self.strike(*epoch, found)?;
            }
            Action::Finalise(epoch) => {
                let turn = Turn::of(*epoch, self.next)?;
                let mut found = record(self, epoch).ok_or(Error::NotPending)?;
                let before = machine::reserved(Some(&found));
                let step = machine::step(found.state, turn, self.window_is_over(&found))?;
                if turn == Turn::Now {
                    self.next += 1;
                }
                if step == Step::Pass {
                    return Ok(());
                }
                let earlier = (turn == Turn::Past).then_some((found.merchants.emission, found.customers.emission));
                let (merchants, customers) = self.payouts(*epoch, &found.report, earlier);
                machine::settle(&mut found, step, merchants, customers, self.now);
                self.store(*epoch, before, found)?;
            }
            Action::Void(epoch) => {
                let found = record(self, epoch);
                let (from_ms, window_ms) = machine::deadline(&CALENDAR, *epoch, found.as_ref())?;
                let turn = Turn::of(*epoch, self.next)?;
                if !self.is_over(from_ms, window_ms) {
                    return Err(Error::NotOverdue);
                }
                if turn == Turn::Now {
                    self.next += 1;
                }
                if found.is_some_and(|found| found.state == EpochState::Disputed) {
                    let (back, burn) = split_slash(DISPUTE_BOND);
                    self.unstake(back, burn);
                }
                let before = machine::reserved(found.as_ref());
                self.store(*epoch, before, machine::void_overdue(found, self.now))?;
            }
            Action::Pay(epoch, merchant, amount) => {
                let mut found = record(self, epoch).filter(|r| r.state == EpochState::Final).ok_or(Error::NotFinal)?;
                if self.is_over(found.since_ms, CLAIM_EPOCHS * DAY_MS) {
                    return Err(Error::ClaimsExpired);
                }
                let side = if *merchant { Side::Merchant } else { Side::Customer };
                settlement::pay(settlement::payout_mut(&mut found, side), [*amount])?;
                if *merchant {
                    self.held -= amount;
                    self.paid.0 += amount;
                } else {
                    self.paid.1 += amount;
                }
                self.records.insert(*epoch, found);
            }
            Action::Expire(epoch) => {
                let mut found = record(self, epoch).filter(|r| r.state == EpochState::Final).ok_or(Error::NotFinal)?;
                if !self.is_over(found.since_ms, CLAIM_EPOCHS * DAY_MS) {
                    return Err(Error::ClaimsOpen);
                }
                let before = machine::reserved(Some(&found));
                machine::expire(&mut found)?;
                self.store(*epoch, before, found)?;
            }
        }
        Ok(())
    }

    /// What must hold after every step; `before` is what was kept before it.
    fn check(&mut self, before: &BTreeMap<Epoch, EpochRecord>, was_next: Epoch) {
        let mut unpaid = 0;
        let mut customers = CUSTOMER_POOL - CUSTOMERS_LEFT;
        let mut paid = (0, 0);
        for (epoch, record) in &self.records {
            for payout in [record.merchants, record.customers] {
                assert!(payout.paid <= payout.reserved && payout.reserved <= payout.emission, "{record:?}");
            }
            assert!(record.merchants.emission <= emission::MERCHANT_EMISSION_CAP);
            assert!(record.customers.emission <= emission::CUSTOMER_EMISSION_CAP);
            unpaid += record.merchants.reserved - record.merchants.paid;
            customers += record.customers.reserved;
            paid = (paid.0 + record.merchants.paid, paid.1 + record.customers.paid);
            let reserved = machine::reserved(Some(record));
            if *epoch >= self.next {
                assert_eq!(reserved, (0, 0), "reserved before its turn");
            }
            if *epoch < was_next {
                let was = machine::reserved(before.get(epoch));
                assert!(reserved.0 <= was.0 && reserved.1 <= was.1, "more reserved after its turn");
            }
            if record.state == EpochState::Void {
                assert_eq!(reserved, (0, 0), "a void epoch reserves nothing");
            }
            if matches!(record.state, EpochState::Final | EpochState::Void) {
                let state = *self.settled.entry(*epoch).or_insert(record.state);
                assert_eq!(state, record.state);
            }
        }
        for (epoch, state) in &self.settled {
            assert_eq!(self.records[epoch].state, *state, "settled twice");
        }
        assert_eq!(self.vault + unpaid + self.paid.0, POOL, "pool + reserved + paid = pool at launch");
        assert_eq!(self.held, unpaid + self.bonds);
        assert_eq!(self.put_at_stake, self.bonds + self.returned + self.burned);
        assert_eq!(paid, self.paid);
        assert_eq!(customers, self.customer_reserved);
        assert!(self.customer_reserved <= CUSTOMER_POOL);
        for epoch in FIRST..self.next {
            let state = self.records.get(&epoch).map(|record| record.state);
            assert!(state.is_some(), "its turn passed without a word of it");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn no_token_appears_or_vanishes_and_an_epoch_is_settled_once(
        seen in prop_oneof![Just(3u32), Just(20_000), Just(40_000)],
        actions in proptest::collection::vec(action(), 1..160),
    ) {
        let mut model = Model::new(seen);
        for action in &actions {
            let (before, was_next) = (model.records.clone(), model.next);
            let outcome = model.act(action);
            assert!(!matches!(outcome, Err(Error::Overflow)), "{action:?}");
            if outcome.is_err() {
                // A message that fails reverts everything it did.
                prop_assert_eq!(&model.records, &before);
                prop_assert_eq!(model.next, was_next);
            }
            model.check(&before, was_next);
        }
    }

    /// Whatever happened before, everybody who acts in time brings every epoch
    /// to its end.
    #[test]
    fn an_epoch_never_stays_open_for_good(actions in proptest::collection::vec(action(), 1..120)) {
        let mut model = Model::new(20_000);
        for action in &actions {
            let _ = model.act(action);
        }
        // A second round may begin at the end of a first one, so twice.
        for _ in 0..2 {
            for wait in [WINDOW_MS, 8 * DAY_MS, DECISION_MS] {
                model.act(&Action::Wait(wait)).unwrap();
                for epoch in FIRST..FIRST + EPOCHS {
                    let _ = model.act(&Action::Void(epoch));
                    let _ = model.act(&Action::Finalise(epoch));
                }
            }
        }
        prop_assert_eq!(model.next, FIRST + EPOCHS);
        let settled = |record: &EpochRecord| matches!(record.state, EpochState::Final | EpochState::Void);
        prop_assert!(model.records.values().all(settled), "{:?}", model.records);
    }
}

/// Reserved in a dispute, struck, reported again by fewer, final: what the
/// second round leaves goes back, and it gets no more than the first reserved.
#[test]
fn a_second_round_pays_within_what_the_first_reserved() {
    for (again, expected) in [(50, 50 * 100 * TOKEN), (500, 100 * 100 * TOKEN)] {
        let mut model = Model::new(20_000);
        let mut act = |action| {
            model.act(&action).unwrap();
            let epoch = FIRST;
            (model.records.get(&epoch).map(|record| record.merchants.reserved), model.vault, model.next)
        };
        act(Action::Majority(FIRST, 100, 100, true, true));
        act(Action::Dispute(FIRST));
        let reserved = 100 * 100 * TOKEN;
        assert_eq!(act(Action::Finalise(FIRST)), (Some(reserved), POOL - reserved, FIRST + 1));
        assert_eq!(act(Action::Decide(FIRST, true)), (Some(reserved), POOL - reserved, FIRST + 1));
        // The next one does not wait for it.
        act(Action::Majority(FIRST + 1, 0, 0, true, true));
        act(Action::Wait(WINDOW_MS));
        act(Action::Finalise(FIRST + 1));
        act(Action::Majority(FIRST, again, 100, true, true));
        act(Action::Wait(WINDOW_MS));
        assert_eq!(act(Action::Finalise(FIRST)), (Some(expected), POOL - expected, FIRST + 2));
    }
}

/// A dispute that is not upheld changes nothing of what was reserved, also
/// when a part of the emission has no denominator.
#[test]
fn a_dismissed_dispute_leaves_the_reservation_as_it_was() {
    let mut model = Model::new(20_000);
    model.act(&Action::Majority(FIRST, 100, 100, true, false)).unwrap();
    model.act(&Action::Dispute(FIRST)).unwrap();
    model.act(&Action::Finalise(FIRST)).unwrap();
    let reserved = model.records[&FIRST].merchants;
    assert_eq!((reserved.emission, reserved.reserved), (10_000 * TOKEN, 5_000 * TOKEN));
    model.act(&Action::Decide(FIRST, false)).unwrap();
    assert_eq!(model.act(&Action::Finalise(FIRST)), Err(Error::WindowOpen));
    model.act(&Action::Wait(WINDOW_MS)).unwrap();
    model.act(&Action::Finalise(FIRST)).unwrap();
    assert_eq!((model.records[&FIRST].state, model.records[&FIRST].merchants), (EpochState::Final, reserved));
}

const NOW: Moment = Moment { ms: 5_000, block: 50 };

fn report() -> Report {
    let side = |sum_v2| SideReport { root: [1; 32].into(), count: 5, sum_v1: 9, sum_v2 };
    Report { algorithm_version: 1, merchants: side(9), customers: side(0) }
}

fn record(state: EpochState, round: u8) -> EpochRecord {
    let payout = |emission, reserved| Payout { emission, reserved, paid: 0 };
    EpochRecord {
        state,
        round,
        merchants: payout(100, 90),
        customers: payout(50, 50),
        ..machine::pend(None, Moment { ms: 1_000, block: 10 }, report())
    }
}

const STATES: [EpochState; 5] =
    [EpochState::Open, EpochState::Pending, EpochState::Final, EpochState::Disputed, EpochState::Void];

/// The table of [`crate::machine`], message by message.
#[test]
fn each_message_is_taken_in_its_states_only() {
    use EpochState::{Disputed, Open, Pending, Void};
    for state in STATES {
        let of = |found: &[EpochState]| found.contains(&state);
        let found = record(state, 0);
        assert_eq!(machine::open_round(Some(&found)).is_ok(), of(&[Open]), "report in {state:?}");
        assert_eq!(machine::dispute(&mut found.clone(), false, NOW).is_ok(), of(&[Pending]), "dispute in {state:?}");
        assert_eq!(machine::may_decide(&found, false).is_ok(), of(&[Disputed]), "decide in {state:?}");
        assert_eq!(machine::deadline(&CALENDAR, 0, Some(&found)).is_ok(), of(&[Open, Disputed]), "void in {state:?}");
        let step = |turn| machine::step(state, turn, true).is_ok();
        assert_eq!(step(Turn::Now), of(&[Pending, Disputed, Void]), "finalise in {state:?}");
        assert_eq!(step(Turn::Past), of(&[Pending]), "finalise after its turn in {state:?}");
    }
    assert_eq!(machine::open_round(None), Ok(0));
    assert_eq!(machine::open_round(Some(&record(Open, 1))), Ok(1));
    assert_eq!(machine::dispute(&mut record(Pending, 0), true, NOW), Err(Error::WindowOver));
    assert_eq!(machine::may_decide(&record(Disputed, 0), true), Err(Error::DecisionOverdue));
    assert_eq!(machine::step(Pending, Turn::Now, false), Err(Error::WindowOpen));
    assert_eq!(machine::step(Disputed, Turn::Now, false), Ok(Step::Reserve), "a disputed epoch has no window");
}

#[test]
fn an_epochs_turn_is_past_now_or_later() {
    assert_eq!(
        [4, 5, 6].map(|epoch| Turn::of(epoch, 5)),
        [Ok(Turn::Past), Ok(Turn::Now), Err(Error::EarlierEpochOpen)]
    );
}

#[test]
fn a_struck_report_gets_one_second_round_within_its_reservation() {
    let mut struck = record(EpochState::Pending, 0);
    machine::strike(&mut struck, false, NOW);
    assert_eq!((struck.state, struck.round, struck.since_ms), (EpochState::Open, 1, NOW.ms));
    assert_eq!(struck.merchants, Payout { emission: 90, reserved: 90, paid: 0 });
    let again = machine::pend(Some(struck), NOW, report());
    assert_eq!((again.state, again.round, again.merchants), (EpochState::Pending, 1, struck.merchants));
    for (round, overdue) in [(1, false), (0, true)] {
        let mut struck = record(EpochState::Disputed, round);
        machine::strike(&mut struck, overdue, NOW);
        assert_eq!((struck.state, struck.round), (EpochState::Void, round));
        assert_eq!(machine::reserved(Some(&struck)), (0, 0));
    }
}

#[test]
fn a_round_has_seven_epochs_and_a_dispute_fourteen_days() {
    let deadline = |record: Option<&EpochRecord>| machine::deadline(&CALENDAR, 2, record).unwrap();
    assert_eq!(deadline(None), (3 * DAY_MS, 7 * DAY_MS), "after the epoch's end");
    assert_eq!(deadline(Some(&record(EpochState::Open, 1))), (1_000, 7 * DAY_MS), "after the strike");
    assert_eq!(deadline(Some(&record(EpochState::Disputed, 0))), (1_000, 14 * DAY_MS));
}

#[test]
fn expired_claims_give_back_what_is_unpaid_once() {
    let mut expired = record(EpochState::Final, 0);
    expired.merchants.paid = 30;
    expired.customers.paid = 40;
    assert_eq!(machine::expire(&mut expired), Ok((60, 10)));
    assert_eq!(machine::reserved(Some(&expired)), (30, 40));
    assert_eq!(machine::expire(&mut expired), Err(Error::ClaimsExpired));
}

#[test]
fn a_shift_moves_the_difference_one_way() {
    let shift = |before, after| machine::shift(before, after, 1_000).unwrap();
    assert_eq!(shift((0, 0), (7, 5)), machine::Shift { from_vault: 7, to_vault: 0, customer_reserved: 1_005 });
    assert_eq!(shift((7, 5), (4, 1)), machine::Shift { from_vault: 0, to_vault: 3, customer_reserved: 996 });
    assert_eq!(machine::shift((0, 2), (0, 0), 1), Err(Error::Overflow), "more than was reserved");
    assert_eq!(machine::shift((0, 0), (0, 1), u128::MAX), Err(Error::Overflow));
}
