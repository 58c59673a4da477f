//! Random histories of four traders, one with a desk, by call or by signature:
//! after every step what is in escrow is what is owed by the plain model, to
//! the unit, and in the end all of it comes out.

use super::{
    market::{hash, Market, DECISION_MS, DISPUTE_MS, KIND, MINIMUM, PURSE, TRADERS},
    plain::{Plain, DESK, MAXIMUM, PAY_MS, QUOTE_BPS},
};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    action::otc::Action,
    otc::{Quote, QuoteSide, Terms, Trader},
    Balance, BZKY_SUPPLY,
};
use bizkey_tests::{Sandbox, DAY, HOUR};
use codec::{Decode, Encode};
use proptest::{
    prelude::*,
    sample::{select, Index},
    test_runner::{Config, TestRunner},
};

const CASES: u32 = 40;
const STEPS: usize = 80;
/// Quotes have numbers below this one.
const QUOTES: u64 = 5;

#[derive(Clone, Copy, Debug)]
enum What {
    Wait(u64),
    Open { amount: Balance, bps: u16, lasts_ms: u64 },
    Close,
    Reserve(Balance),
    Take { side: QuoteSide, number: u64, amount: Balance },
    Declare,
    Confirm,
    GiveUp,
    Dispute(Trader),
    Decide(Trader),
    Settle,
    Fund(Balance),
    Withdraw(Balance),
    Revoke(u64),
}

#[derive(Clone, Debug)]
struct Step {
    what: What,
    /// Who does it, where it is not for one of the two sides alone or `usurped`.
    who: usize,
    /// Somebody does it who mostly may not.
    usurped: bool,
    /// Signed and carried, where that can be.
    carried: bool,
    /// Which of the offers or reservations.
    which: Index,
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![6 => 0..PAY_MS / 2, 2 => Just(PAY_MS), 2 => Just(DISPUTE_MS), 1 => Just(DECISION_MS)];
    // Not all of them round.
    let amount = || prop_oneof![(MINIMUM / 2..4 * MINIMUM), Just(MINIMUM), Just(MAXIMUM)];
    let trader = || select(vec![Trader::Seller, Trader::Buyer]);
    let side = select(vec![QuoteSide::Sell, QuoteSide::Buy]);
    let what = prop_oneof![
        3 => wait.prop_map(What::Wait),
        4 => (amount(), 0u16..=1_000, 0..20 * DAY)
            .prop_map(|(amount, bps, lasts_ms)| What::Open { amount: 2 * amount, bps, lasts_ms }),
        2 => Just(What::Close),
        6 => amount().prop_map(What::Reserve),
        4 => (side, 0..QUOTES, amount()).prop_map(|(side, number, amount)| What::Take { side, number, amount }),
        8 => Just(What::Declare),
        2 => Just(What::Confirm),
        2 => Just(What::GiveUp),
        8 => trader().prop_map(What::Dispute),
        3 => trader().prop_map(What::Decide),
        3 => Just(What::Settle),
        3 => amount().prop_map(What::Fund),
        1 => amount().prop_map(What::Withdraw),
        1 => (0..QUOTES).prop_map(What::Revoke),
    ];
    let who = (0..TRADERS.len(), proptest::bool::weighted(0.15), any::<bool>());
    (what, who, any::<Index>()).prop_map(|(what, (who, usurped, carried), which)| Step {
        what,
        who,
        usurped,
        carried,
        which,
    })
}

struct History<'a> {
    market: Market<'a>,
    plain: Plain,
}

impl History<'_> {
    /// The number of one of those that are there, or one that is not.
    fn number(which: &Index, mut there: impl ExactSizeIterator<Item = u64>) -> u64 {
        let unknown = 1 << 40;
        match there.len() {
            0 => unknown,
            length => there.nth(which.index(length)).unwrap_or(unknown),
        }
    }

    /// By the trader's call or what it signed; whether it was carried out.
    fn act<V: Decode>(
        &mut self,
        who: usize,
        carried: bool,
        (message, arguments): (&str, &impl Encode),
        action: Action,
    ) -> bool {
        let network = &mut *self.market.network;
        let actor = network.actor(TRADERS[who]);
        let done: Result<(), ContractError> = if carried {
            network.relay(KIND, &actor, &action)
        } else {
            network.call::<V>(actor.account(), KIND, message, arguments).map(drop)
        };
        done.is_ok()
    }

    fn quote(&self, side: QuoteSide, number: u64) -> Quote {
        let quote = self.market.quote(side, number);
        let bond_bps = if side == QuoteSide::Sell { QUOTE_BPS } else { 0 };
        let terms = Terms { bond_bps, pay_within_ms: PAY_MS, expires_ms: self.plain.now_ms + HOUR, ..quote.terms };
        Quote { maximum: MAXIMUM, terms, ..quote }
    }

    /// Takes a step on both sides. Whether it was carried out there, and here.
    fn step(&mut self, step: &Step) -> (bool, bool) {
        let Step { what, who, usurped, carried, which } = step;
        let (who, carried, reference) = (*who, *carried, hash(1));
        let offer = Self::number(which, self.plain.offers.keys().copied());
        let id = Self::number(which, self.plain.deals.keys().copied());
        let deal = self.plain.deals.get(&id).copied();
        let rightful = |right: Option<usize>| right.filter(|_| !usurped).unwrap_or(who);
        let seller = rightful(deal.map(|deal| deal.seller));
        let buyer = rightful(deal.map(|deal| deal.buyer));
        let desk = rightful(Some(DESK));
        let (there, here) = match *what {
            What::Wait(ms) => {
                self.market.network.pass(ms);
                self.plain.now_ms += ms;
                (true, Some(()))
            }
            What::Open { amount, bps, lasts_ms } => {
                let expires_ms = self.plain.now_ms + lasts_ms;
                let terms = Terms { bond_bps: bps, pay_within_ms: PAY_MS, expires_ms, ..self.market.terms() };
                let action = Action::OpenOffer { terms, amount };
                let there = self.act::<u64>(who, carried, ("open_offer", &(terms, amount)), action);
                (there, self.plain.open(who, amount, bps, lasts_ms))
            }
            What::Close => {
                let who = rightful(self.plain.offers.get(&offer).map(|offer| offer.maker));
                let there = self.act::<()>(who, carried, ("close_offer", &offer), Action::CloseOffer { offer });
                (there, self.plain.close(who, offer))
            }
            What::Reserve(amount) => {
                let action = Action::Reserve { offer, amount, reference };
                let there = self.act::<u64>(who, carried, ("reserve", &(offer, amount, reference)), action);
                (there, self.plain.reserve(who, offer, amount))
            }
            What::Take { side, number, amount } => {
                let quote = self.quote(side, number);
                let signature = self.market.signed(&quote);
                let action = Action::TakeQuote { quote, signature, amount, reference };
                let call = ("take_quote", &(quote, signature, amount, reference));
                (self.act::<u64>(who, carried, call, action), self.plain.take(who, side, number, amount))
            }
            What::Declare => {
                let action = Action::DeclarePaid { reservation: id, payment: reference };
                let there = self.act::<()>(buyer, carried, ("declare_paid", &(id, reference)), action);
                (there, self.plain.declare(buyer, id))
            }
            What::Confirm => {
                let action = Action::Confirm { reservation: id };
                (self.act::<()>(seller, carried, ("confirm", &id), action), self.plain.confirm(seller, id))
            }
            What::GiveUp => {
                let action = Action::GiveUp { reservation: id };
                (self.act::<()>(buyer, carried, ("give_up", &id), action), self.plain.give_up(buyer, id))
            }
            What::Dispute(opener) => {
                let who = if opener == Trader::Seller { seller } else { buyer };
                let action = Action::Dispute { reservation: id, evidence: reference };
                let there = self.act::<()>(who, carried, ("dispute", &(id, reference)), action);
                (there, self.plain.dispute(who, id))
            }
            What::Decide(winner) => {
                let board = self.market.board();
                let decided = self.market.call::<()>(board, "decide", &(id, winner, reference));
                (decided.is_ok(), self.plain.decide(id, winner))
            }
            What::Settle => (self.settle(id), self.plain.settle(id)),
            What::Fund(amount) => {
                let there = self.act::<()>(desk, carried, ("fund", &amount), Action::Fund { amount });
                (there, self.plain.fund(desk, amount))
            }
            What::Withdraw(amount) => {
                let there = self.act::<()>(desk, carried, ("withdraw", &amount), Action::Withdraw { amount });
                (there, self.plain.withdraw(desk, amount))
            }
            What::Revoke(id) => {
                let there = self.act::<()>(DESK, carried, ("revoke_quote", &id), Action::RevokeQuote { id });
                self.plain.revoke(id);
                (there, Some(()))
            }
        };
        (there, here.is_some())
    }

    fn settle(&mut self, id: u64) -> bool {
        let stranger = self.market.account("stranger");
        self.market.call::<()>(stranger, "settle", &id).is_ok()
    }

    fn check(&mut self) {
        self.market.escrow_is(self.plain.owed());
        let purses = TRADERS.map(|name| self.market.purse(name));
        assert_eq!((purses, self.market.float()), (self.plain.purses, self.plain.float));
        let supply: Balance = self.market.network.read(ContractKind::Bzky, "PSP22::total_supply", &());
        assert_eq!(supply, BZKY_SUPPLY - self.plain.burned);
        assert_eq!(self.market.network.read::<(u64, u64)>(KIND, "counts", &()), self.plain.counts);
    }

    /// Long after, anybody ends what is open, and everything is with somebody or burned.
    fn wind_up(&mut self) {
        self.market.network.pass(2 * DECISION_MS);
        self.plain.now_ms += 2 * DECISION_MS;
        for id in self.plain.deals.keys().copied().collect::<Vec<_>>() {
            assert!(self.settle(id), "reservation {id} does not end");
            self.plain.settle(id).unwrap();
            self.check();
        }
        let stranger = self.market.account("stranger");
        for offer in self.plain.offers.keys().copied().collect::<Vec<_>>() {
            self.market.call::<()>(stranger, "close_offer", &offer).unwrap();
            self.plain.close(usize::MAX, offer).unwrap();
        }
        let float = self.market.float();
        if float > 0 {
            self.market.by::<()>("desk", "withdraw", &float).unwrap();
        }
        self.market.escrow_is(0);
        let total: Balance = TRADERS.map(|name| self.market.purse(name)).iter().sum();
        assert_eq!(total + self.plain.burned, PURSE * TRADERS.len() as Balance);
    }
}

#[test]
fn what_is_in_escrow_is_what_is_owed() {
    let config = Config { cases: CASES, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let outcomes = std::cell::Cell::new((0u32, 0u32));
    let run = TestRunner::new(config).run(&proptest::collection::vec(step(), 1..STEPS), |steps| {
        let mut network = Sandbox::new();
        let market = Market::new(&mut network);
        let plain = Plain::new(market.now_ms());
        let mut history = History { market, plain };
        for step in &steps {
            let (there, here) = history.step(step);
            assert_eq!(there, here, "{step:?}: carried out by the contract, and by the model");
            let (done, refused) = outcomes.get();
            outcomes.set(if there { (done + 1, refused) } else { (done, refused + 1) });
            history.check();
        }
        history.wind_up();
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
    let (done, refused) = outcomes.get();
    assert!(done > refused / 2, "too little happens: {done} steps done, {refused} refused");
}
