//! What a registry tells of every epoch, over many of them, against plain
//! lists of what happened.

use super::{
    desk::{hash, told, BETWEEN_HOLDS, KIND, LONGEST_HOLD, TO_APPEAL, TO_OBJECT},
    plain::{decided, depth, on, step, Change, Log, Plain, Step},
};
use bizkey_client::ContractError;
use bizkey_primitives::{
    errors::registry::Error,
    hash::blake2x256,
    membership::{Business, Clamp},
    party::{Capital, Claimant},
    AccountId, Side, Status,
};
use bizkey_tests::{Sandbox, DAY, HOUR};
use codec::Encode;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Steps of a sequence.
const STEPS: usize = 70;
const CASES: u32 = 10;
/// Epochs in a month.
const MONTH: i64 = 30;
/// Two parties, each the first of its side.
const SIDES: [Side; 2] = Side::ALL;
const INDEX: u32 = 1;
/// The one trade and region that the board sets something for.
const BUSINESS: Business = Business { trade: 3, region: 4 };

/// The network and the lists.
struct Play {
    network: Sandbox,
    parties: Vec<Plain>,
    accounts: u64,
    capital: Log<Capital>,
    business: Log<Business>,
    clamp: Log<Clamp>,
    floor: Log<u128>,
    cap: Log<u64>,
    /// Days about which something was said.
    days: BTreeSet<i64>,
}

fn capital(area_m2: u32) -> Capital {
    Capital { area_m2, staff: 1, rent_per_m2_month: 2, wage_month: 3 }
}

impl Play {
    /// The shop joins before genesis.
    fn new() -> Self {
        let (network, none) = (Sandbox::new(), Vec::new());
        let mut play = Self {
            network,
            parties: Vec::new(),
            accounts: 0,
            capital: Vec::new(),
            business: Vec::new(),
            clamp: none,
            floor: Vec::new(),
            cap: Vec::new(),
            days: BTreeSet::from([0]),
        };
        play.join(Side::Merchant);
        play
    }

    fn join(&mut self, side: Side) {
        let account = self.fresh();
        let papers = (side, account, hash(1), hash(2));
        assert_eq!(self.by("attestor 1", "register", &papers), Ok(INDEX));
        let standings = vec![(self.today(), (account, Status::Active))];
        self.days.insert(self.today());
        let accounts = vec![account];
        self.parties.push(Plain { side, standings, accounts, moved: None, change: None, held_until_ms: None });
    }

    /// An account that nobody has used.
    fn fresh(&mut self) -> AccountId {
        self.accounts += 1;
        AccountId::from(blake2x256(&self.accounts.encode()))
    }

    fn now_ms(&self) -> u64 {
        self.network.state.now_ms()
    }

    fn today(&self) -> i64 {
        self.network.calendar.epoch_at(self.now_ms()).map_or(-1, i64::from)
    }

    fn by<V: codec::Decode>(&mut self, name: &str, message: &str, arguments: &impl Encode) -> Result<V, ContractError> {
        let origin = self.network.actor(name).account();
        self.network.call(origin, KIND, message, arguments)
    }

    fn as_party(&mut self, who: usize, message: &str, arguments: &impl Encode) -> Result<(), ContractError> {
        let (origin, _) = self.parties[who].now();
        self.network.call(origin, KIND, message, arguments)
    }

    fn stand(&mut self, who: usize, account: AccountId, status: Status) {
        let today = self.today();
        self.days.insert(today);
        self.parties[who].standings.push((today, (account, status)));
    }

    fn take(&mut self, step: Step) {
        let who = match step {
            Step::Status(who, _) | Step::Appeal(who) | Step::Decide(who, _) | Step::Rotate(who) => who,
            Step::Recover(who) | Step::Hold(who, _) => who,
            _ => 0,
        };
        // The customer joins when something first happens to it.
        if who >= self.parties.len() {
            self.join(SIDES[who]);
        }
        match step {
            Step::Days(days) => self.network.pass(days * DAY),
            Step::Eve => self.network.state.set_time(self.end_ms() - 1),
            Step::Midnight => self.network.state.set_time(self.end_ms()),
            Step::Status(who, status) => self.status(who, status),
            Step::Appeal(who) => self.appeal(who),
            Step::Decide(who, granted) => self.decide(who, granted),
            Step::Rotate(who) => self.rotate(who),
            Step::Recover(who) => self.recover(who),
            Step::Hold(who, days) => self.hold(who, days * DAY),
            Step::Capital(area) => {
                let from = self.from(self.capital.is_empty());
                for attestor in ["attestor 1", "attestor 2"] {
                    assert_eq!(self.by(attestor, "attest_capital", &(INDEX, capital(area))), Ok(()));
                }
                self.capital.push((from, capital(area)));
            }
            Step::Business(trade) => {
                let (from, business) = (self.from(self.business.is_empty()), Business { trade, region: 1 });
                for attestor in ["attestor 2", "attestor 1"] {
                    assert_eq!(self.by(attestor, "attest_business", &(INDEX, business)), Ok(()));
                }
                self.business.push((from, business));
            }
            Step::Clamp(ahead, hi) => {
                let (clamp, from, done) = (Clamp { lo: 1, hi }, self.ahead(ahead), self.in_time(ahead));
                assert_eq!(self.by("admin", "set_clamp", &(BUSINESS.trade, clamp, from)), done);
                let today = self.today();
                decided(&mut self.clamp, today, from, clamp, done.is_ok());
            }
            Step::Floor(ahead, floor) => {
                let (from, done) = (self.ahead(ahead), self.in_time(ahead));
                assert_eq!(self.by("admin", "set_capital_floor", &(BUSINESS, floor, from)), done);
                let today = self.today();
                decided(&mut self.floor, today, from, floor, done.is_ok());
            }
            Step::CashCap(ahead, cap) => {
                let (from, done) = (self.ahead(ahead), self.in_time(ahead));
                assert_eq!(self.by("admin", "set_cash_cap", &(cap, from)), done);
                let today = self.today();
                decided(&mut self.cap, today, from, cap, done.is_ok());
            }
        }
    }

    /// End of the day; before genesis that is genesis.
    fn end_ms(&self) -> u64 {
        match self.network.calendar.epoch_at(self.now_ms()) {
            Some(epoch) => self.network.calendar.end_ms(epoch),
            None => self.network.calendar.genesis_ms,
        }
    }

    /// From when figures count that are agreed on now.
    fn from(&mut self, first: bool) -> i64 {
        let today = self.today();
        let from = match today {
            -1 => 0,
            today if first => today + 1,
            today => (today / MONTH + 1) * MONTH,
        };
        self.days.insert(from);
        from
    }

    /// So many epochs from today, or from before the first.
    fn ahead(&mut self, ahead: u32) -> u32 {
        let from = u32::try_from(self.today().max(0)).unwrap() + ahead;
        self.days.insert(i64::from(from));
        from
    }

    /// Today has begun, but for the time before genesis.
    fn in_time(&self, ahead: u32) -> Result<(), ContractError> {
        if ahead > 0 || self.today() < 0 {
            return Ok(());
        }
        Err(ContractError::Registry(Error::EpochBegun))
    }

    fn status(&mut self, who: usize, status: Status) {
        let (account, before) = self.parties[who].now();
        let last = self.parties[who].change;
        let waits = last.is_some_and(|last| last.waits == Some(true));
        let refused = (before != status && waits).then_some(ContractError::Registry(Error::AppealPending));
        let arguments = (self.parties[who].side, INDEX, status, hash(5));
        assert_eq!(self.by("admin", "set_status", &arguments), refused.map_or(Ok(()), Err));
        if before == status || refused.is_some() {
            return;
        }
        let at_ms = self.now_ms();
        // What could still be appealed is appealed with it.
        let open = last.filter(|last| last.waits.is_none() && at_ms <= last.at_ms + TO_APPEAL);
        let before = open.map_or(before, |last| if depth(last.before) < depth(before) { last.before } else { before });
        self.parties[who].change = Some(Change { before, status, at_ms, waits: None });
        self.stand(who, account, status);
    }

    fn appeal(&mut self, who: usize) {
        let now_ms = self.now_ms();
        let expected = match self.parties[who].change {
            Some(change) if change.waits.is_none() && depth(change.before) < depth(change.status) => {
                if now_ms <= change.at_ms + TO_APPEAL {
                    Ok(())
                } else {
                    Err(ContractError::Registry(Error::AppealTooLate))
                }
            }
            _ => Err(ContractError::Registry(Error::NothingToAppeal)),
        };
        assert_eq!(self.as_party(who, "appeal", &hash(6)), expected);
        if let (Ok(()), Some(change)) = (expected, &mut self.parties[who].change) {
            change.waits = Some(true);
        }
    }

    fn decide(&mut self, who: usize, granted: bool) {
        let (account, _) = self.parties[who].now();
        let waiting = self.parties[who].change.filter(|change| change.waits == Some(true));
        let expected = waiting.map(drop).ok_or(ContractError::Registry(Error::NothingToAppeal));
        let arguments = (self.parties[who].side, INDEX, granted, hash(7));
        assert_eq!(self.by("admin", "decide_appeal", &arguments), expected);
        if let Some(change) = waiting {
            self.parties[who].change = Some(Change { waits: Some(false), ..change });
            if granted {
                self.stand(who, account, change.before);
            }
        }
    }

    fn moved(&mut self, who: usize, account: AccountId) {
        let (_, status) = self.parties[who].now();
        self.parties[who].accounts.push(account);
        self.parties[who].moved = Some(self.today());
        self.stand(who, account, status);
    }

    fn rotate(&mut self, who: usize) {
        let new = self.fresh();
        self.as_party(who, "propose_account", &new).unwrap();
        let place = (self.parties[who].side, INDEX);
        let accepted = self.network.call::<()>(new, KIND, "accept_account", &place);
        if self.parties[who].moved == Some(self.today()) {
            assert_eq!(accepted, Err(ContractError::Registry(Error::ChangedThisEpoch)));
            return;
        }
        accepted.unwrap();
        self.moved(who, new);
    }

    fn recover(&mut self, who: usize) {
        let new = self.fresh();
        let side = self.parties[who].side;
        for attestor in ["attestor 1", "attestor 2"] {
            assert_eq!(self.by(attestor, "attest_recovery", &(side, INDEX, new)), Ok(()));
        }
        self.network.call::<()>(new, KIND, "consent_recovery", &(side, INDEX)).unwrap();
        self.network.pass(TO_OBJECT);
        assert_eq!(self.by("stranger", "finish_recovery", &(side, INDEX)), Ok(()));
        self.moved(who, new);
    }

    fn hold(&mut self, who: usize, ms: u64) {
        let now_ms = self.now_ms();
        let expected = match self.parties[who].held_until_ms {
            _ if ms == 0 || ms > LONGEST_HOLD => Err(Error::HoldTooLong),
            Some(until_ms) if now_ms < until_ms + BETWEEN_HOLDS => Err(Error::HoldNotRenewable),
            _ => Ok(()),
        };
        let arguments = (self.parties[who].side, INDEX, now_ms + ms, hash(8));
        assert_eq!(self.by("admin", "place_hold", &arguments), expected.map_err(ContractError::Registry));
        if expected.is_ok() {
            self.parties[who].held_until_ms = Some(now_ms + ms);
        }
    }

    /// All that is told of a day.
    fn look(&mut self, day: i64) {
        let (Ok(epoch), now_ms) = (u32::try_from(day), self.now_ms()) else { return };
        let network = &mut self.network;
        for party in &self.parties {
            let side = party.side;
            let then = on(&party.standings, day);
            let status: Option<Status> = told(network, "status_at", &(side, INDEX, epoch));
            let account: Option<AccountId> = told(network, "account_at", &(side, INDEX, epoch));
            assert_eq!((status, account), (then.map(|then| then.1), then.map(|then| then.0)), "{side:?}, day {day}");
            let (account, now) = party.now();
            let held = party.held_until_ms.is_some_and(|until_ms| now_ms < until_ms);
            let claimant = then.map(|(account_at, status)| {
                let payable = depth(status) <= depth(Status::Demoted) && now != Status::Removed && !held;
                Claimant { account_at, account, payable }
            });
            let claimants: Vec<Option<Claimant>> = told(network, "claimants", &(side, epoch, [2u32, INDEX].to_vec()));
            assert_eq!(claimants, [None, claimant], "{side:?}, day {day}");
        }
        let business = told::<Option<Business>>(network, "business_of", &(INDEX, epoch));
        assert_eq!(business, on(&self.business, day), "day {day}");
        assert_eq!(
            told::<Option<Capital>>(network, "capital_of", &(INDEX, epoch)),
            on(&self.capital, day),
            "day {day}"
        );
        assert_eq!(told::<Option<Clamp>>(network, "clamp_of", &(BUSINESS.trade, epoch)), on(&self.clamp, day));
        assert_eq!(told::<Option<u128>>(network, "capital_floor", &(BUSINESS, epoch)), on(&self.floor, day));
        assert_eq!(told::<Option<u64>>(network, "cash_cap", &epoch), on(&self.cap, day), "day {day}");
    }

    /// All that is told of the present.
    fn look_around(&mut self) {
        let now_ms = self.now_ms();
        for party in &self.parties {
            let (network, (account, status), place) = (&mut self.network, party.now(), (party.side, INDEX));
            let held = party.held_until_ms.is_some_and(|until_ms| now_ms < until_ms);
            assert_eq!(told::<Option<AccountId>>(network, "account_of", &place), Some(account));
            assert_eq!(told::<Option<Status>>(network, "status_of", &place), Some(status));
            for one in &party.accounts {
                assert_eq!(told::<AccountId>(network, "current_account", one), account);
                assert_eq!(told::<bool>(network, "is_held", one), held);
                let serves = (*one == account).then_some(place);
                assert_eq!(told::<Option<(Side, u32)>>(network, "party_of", one), serves);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CASES, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Whatever happens in whatever order, a day once over reads as it was at
    /// its close, and what is yet to come as it was last said.
    #[test]
    fn every_epoch_reads_as_it_was(steps in proptest::collection::vec(step(), STEPS)) {
        let mut play = Play::new();
        for step in steps {
            play.take(step);
            play.look(play.today() - 1);
        }
        play.look_around();
        let told_of: BTreeSet<i64> = play.days.iter().flat_map(|day| [day - 1, *day, day + 1]).collect();
        for day in told_of {
            play.look(day);
        }
        play.look(i64::from(u32::MAX));
        play.network.pass(HOUR);
        play.look_around();
    }
}
