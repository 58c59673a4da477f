//! Random actions by everybody, held against the plain model: every answer,
//! every balance, and that what the contract has is what it owes.

use super::{
    model::{Model, Outcome, Ticket, BIZKEY, BZKY_CAP, FIAT_CAP, PEOPLE, SHOPS},
    stage::{Stage, CUSTOMERS_TIME, FUNDS, PRICE, SHOPS_TIME, TICKET_MS, TODAY},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    action::redemption::{Action, TillAction},
    redemption::{PrivilegeTerms, TaskTerms, PRICE_SCALE},
    signature::Signature,
    spend::SpendTicket,
    AccountId, Balance, Hash, TOKEN,
};
use bizkey_tests::{
    sandbox::{Actor, Coverage},
    Device, DAY, HOUR,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const NAMES: [&str; PEOPLE] = ["shop", "rival", "customer", "friend"];
/// Sequences that are played, and the longest of them.
const CASES: u32 = 24;
const STEPS: usize = 120;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Pause(u64),
    Price(u64),
    Buy(usize, Balance),
    Sell(u8, usize, u64),
    Release(u8),
    ChargeBack(u8),
    CreateTask(usize, Balance, u32, u64),
    Restock(Who, u32, u32),
    Fulfil(Till, Who, u32, usize),
    CloseTask(Who, u32),
    CreatePrivilege(usize, Terms),
    ChangePrivilege(Who, u32, Terms),
    ClosePrivilege(Who, u32),
    /// A new ticket: by whom it is brought, for which privilege, whose, and
    /// whether it names the true price.
    Collect(Till, Who, u32, usize, bool),
    /// An old ticket again.
    CollectAgain(Till, Who, usize),
    Refund(Till, Who, usize),
    Settle,
    Gift(usize, usize, Balance),
    Burn(usize, Balance),
}

/// Somebody, or whoever may.
type Who = Option<usize>;

/// Price, stock, life, refund window.
type Terms = (Balance, u32, u64, u64);

/// By which of three ways a shop acts at the till.
#[derive(Clone, Copy, Debug)]
enum Till {
    Account,
    Device,
    Relay,
}

fn step() -> impl Strategy<Value = Step> {
    let shop = || 0..SHOPS;
    let anybody = || 0..PEOPLE;
    let customer = || SHOPS..PEOPLE;
    let owner = || prop_oneof![4 => 0..SHOPS, 2 => Just(BIZKEY), 1 => Just(SHOPS)];
    let who = || prop_oneof![4 => Just(None), 1 => owner().prop_map(Some)];
    let at_till = || prop_oneof![6 => Just(None), 1 => (0..SHOPS).prop_map(Some)];
    let number = || prop_oneof![4 => 1u32..3, 2 => 3u32..7];
    let till = || prop_oneof![Just(Till::Account), Just(Till::Device), Just(Till::Relay)];
    let amount = || prop_oneof![4 => (1u128..12).prop_map(|tokens| tokens * TOKEN), 1 => 1u128..200 * TOKEN];
    let life = || prop_oneof![1 => 1u64..HOUR, 3 => 1u64..6 * DAY];
    let refund = || prop_oneof![1 => Just(0u64), 1 => 1u64..HOUR, 2 => 1u64..4 * DAY];
    let terms = || (amount(), 0u32..6, life(), refund());
    let waits = prop_oneof![3 => (0u64..HOUR / 3).prop_map(Step::Wait), 1 => (0u64..2 * DAY).prop_map(Step::Wait)];
    let sales = prop_oneof![
        1 => (1u64..12 * HOUR).prop_map(Step::Pause),
        4 => (88u64..113).prop_map(Step::Price),
        4 => (anybody(), amount()).prop_map(|(who, amount)| Step::Buy(who, amount)),
        4 => (0u8..8, anybody(), 1u64..20_000).prop_map(|(payment, to, paid)| Step::Sell(payment, to, paid)),
        3 => (0u8..8).prop_map(Step::Release),
        2 => (0u8..8).prop_map(Step::ChargeBack),
        1 => (shop(), customer(), amount()).prop_map(|(from, to, amount)| Step::Gift(from, to, amount)),
        1 => (anybody(), amount()).prop_map(|(who, amount)| Step::Burn(who, amount)),
    ];
    let tasks = prop_oneof![
        3 => (owner(), amount(), 1u32..4, life())
            .prop_map(|(who, reward, stock, life)| Step::CreateTask(who, reward, stock, life)),
        2 => (who(), number(), 1u32..4).prop_map(|(who, task, more)| Step::Restock(who, task, more)),
        8 => (till(), prop_oneof![6 => Just(None), 1 => shop().prop_map(Some), 1 => Just(Some(BIZKEY))], number(), customer())
            .prop_map(|(till, who, task, customer)| Step::Fulfil(till, who, task, customer)),
        1 => (who(), number()).prop_map(|(who, task)| Step::CloseTask(who, task)),
    ];
    let privileges = prop_oneof![
        2 => (shop(), terms()).prop_map(|(who, terms)| Step::CreatePrivilege(who, terms)),
        2 => (at_till(), number(), terms()).prop_map(|(who, number, terms)| Step::ChangePrivilege(who, number, terms)),
        1 => (who(), number()).prop_map(|(who, privilege)| Step::ClosePrivilege(who, privilege)),
        12 => (till(), at_till(), number(), customer(), prop::bool::weighted(0.9))
            .prop_map(|(till, who, privilege, customer, fair)| Step::Collect(till, who, privilege, customer, fair)),
        4 => (till(), at_till(), 0usize..6).prop_map(|(till, who, ticket)| Step::CollectAgain(till, who, ticket)),
        4 => (till(), at_till(), 0usize..6).prop_map(|(till, who, ticket)| Step::Refund(till, who, ticket)),
        2 => Just(Step::Settle),
    ];
    prop_oneof![2 => waits, 3 => sales, 3 => tasks, 5 => privileges]
}

/// What every sequence begins with, so that there is something to do.
fn opening() -> Vec<Step> {
    let terms = |refund_ms| (2 * TOKEN, 5, 6 * DAY, refund_ms);
    vec![
        Step::Buy(1, 100 * TOKEN),
        Step::Buy(3, 50 * TOKEN),
        Step::CreateTask(0, 3 * TOKEN, 5, 6 * DAY),
        Step::CreateTask(BIZKEY, TOKEN, 5, 6 * DAY),
        Step::CreatePrivilege(0, terms(DAY)),
        Step::CreatePrivilege(1, terms(0)),
    ]
}

struct Play {
    stage: Stage,
    model: Model,
    actors: [Actor; PEOPLE],
    devices: [Device; SHOPS],
    tickets: Vec<(Ticket, SpendTicket, Signature)>,
    /// Bzky in existence at first.
    supply: Balance,
}

impl Play {
    fn new() -> Self {
        let mut stage = Stage::with(Coverage::default());
        stage.set_parameters(|parameters| {
            (parameters.bzky_cap, parameters.fiat_cap) = (BZKY_CAP, FIAT_CAP);
            parameters.lock_epochs = 1;
        });
        let actors = NAMES.map(|name| stage.network.actor(name));
        let rivals = stage.network.device(stage.rival.index, "rival's device");
        let devices = [stage.device.clone(), rivals];
        // A day after the purchases of the setting, which count for its cap.
        stage.network.enter_epoch(TODAY + 1);
        stage.set_price(PRICE).unwrap();
        let bzky = NAMES.map(|name| stage.bzky_of(name));
        let time = [SHOPS_TIME, 0, CUSTOMERS_TIME, 0];
        let model = Model::new(stage.now(), u64::from(TODAY + 1), bzky, time, stage.pool());
        assert_eq!(model.bzky[1], FUNDS);
        let supply = stage.supply(ContractKind::Bzky);
        Self { stage, model, actors, devices, tickets: Vec::new(), supply }
    }

    fn account(&self, who: usize) -> AccountId {
        match who {
            BIZKEY => self.stage.admin(),
            who => self.actors[who].account(),
        }
    }

    fn index(&self, who: usize) -> u32 {
        [&self.stage.shop, &self.stage.rival, &self.stage.customer, &self.stage.friend][who].index
    }

    /// Acts at the till; Bizkey's confirmer by its account or a relayer only.
    fn at_till(&mut self, till: Till, who: usize, action: TillAction) -> Outcome {
        let actor = match who {
            BIZKEY => self.stage.network.actor("task confirmer"),
            who => self.actors[who].clone(),
        };
        match (till, action) {
            (Till::Device, _) if who < SHOPS => {
                let device = self.devices[who].clone();
                let signature = self.stage.word(&device, &action);
                self.stage.by("relayer", "by_device", &(device.id, action, signature))
            }
            (Till::Relay, _) => self.stage.relay(&actor, &Action::Till { action }),
            (_, TillAction::Fulfil { task, customer }) => self.stage.call(actor.account(), "fulfil", &(task, customer)),
            (_, TillAction::Collect { ticket, signature }) => {
                self.stage.call(actor.account(), "collect", &(ticket, signature))
            }
            (_, TillAction::Refund { ticket }) => self.stage.call(actor.account(), "refund", &ticket),
        }
    }

    fn collect(&mut self, till: Till, who: usize, number: usize) -> (Outcome, Outcome) {
        let (plain, ticket, signature) = self.tickets[number];
        let expected = self.model.collect(who, number, &plain);
        (expected, self.at_till(till, who, TillAction::Collect { ticket, signature }))
    }

    fn terms(&self, (price, stock, life_ms, refund_ms): Terms) -> PrivilegeTerms {
        let expires_ms = self.stage.now() + life_ms;
        let conditions = Hash::default();
        PrivilegeTerms { conditions, price, stock, expires_ms, opens: 0, closes: 0, refund_ms }
    }

    /// What the model says, and what the contract did.
    fn play(&mut self, step: &Step) -> (Outcome, Outcome) {
        let before = self.model.clone();
        let answers = self.answers(step);
        if answers.0.is_err() {
            self.model = before;
        }
        answers
    }

    fn answers(&mut self, step: &Step) -> (Outcome, Outcome) {
        match *step {
            Step::Wait(_) => (Ok(()), Ok(())),
            Step::Pause(ms) => {
                let (admin, until_ms) = (self.stage.admin(), self.stage.now() + ms);
                (self.model.pause(ms), self.stage.call(admin, "pause", &until_ms))
            }
            Step::Price(percent) => {
                let price = self.model.price / 100 * percent;
                (self.model.set_price(price), self.stage.set_price(price))
            }
            Step::Buy(who, amount) => (self.model.buy(who, amount), self.stage.buy(NAMES[who], amount)),
            Step::Sell(payment, to, paid) => {
                let amount =
                    Balance::from(paid) * TOKEN * Balance::from(PRICE_SCALE) / Balance::from(super::stage::OFFICIAL);
                let done = self.stage.by_seller(Hash::from([payment; 32]), self.account(to), paid);
                assert!(done.is_err() || done == Ok(amount));
                (self.model.sell(payment, to, amount), done.map(drop))
            }
            Step::Release(payment) => {
                let done = self.stage.by("stranger", "release_sale", &Hash::from([payment; 32]));
                (self.model.release(payment), done)
            }
            Step::ChargeBack(payment) => {
                let done = self.stage.by("fiat seller", "charge_back", &Hash::from([payment; 32]));
                (self.model.charge_back(payment), done)
            }
            Step::CreateTask(who, reward, stock, life_ms) => {
                let expires_ms = self.stage.now() + life_ms;
                let terms = TaskTerms { conditions: Hash::default(), reward, stock, expires_ms };
                let done = self.stage.ask::<u32>(self.account(who), "create_task", &terms);
                (self.model.create_task(who, reward, stock, life_ms), done.map(drop))
            }
            Step::Restock(who, task, more) => {
                let who = who.unwrap_or(self.model.owner_of(task));
                let done = self.stage.call(self.account(who), "restock_task", &(task, more));
                (self.model.restock(who, task, more), done)
            }
            Step::Fulfil(till, who, task, customer) => {
                let who = who.unwrap_or(self.model.owner_of(task));
                let action = TillAction::Fulfil { task, customer: self.index(customer) };
                (self.model.fulfil(who, task, customer), self.at_till(till, who, action))
            }
            Step::CloseTask(who, task) => {
                let who = who.unwrap_or(self.model.owner_of(task));
                (self.model.close_task(who, task), self.stage.call(self.account(who), "close_task", &task))
            }
            Step::CreatePrivilege(who, terms) => {
                let done = self.stage.ask::<u32>(self.account(who), "create_privilege", &self.terms(terms));
                (self.model.create_privilege(who, terms), done.map(drop))
            }
            Step::ChangePrivilege(who, privilege, terms) => {
                let who = who.unwrap_or(self.model.shop_of(privilege));
                let arguments = (privilege, self.terms(terms));
                let done = self.stage.call(self.account(who), "change_privilege", &arguments);
                (self.model.change_privilege(who, privilege, terms), done)
            }
            Step::ClosePrivilege(who, privilege) => {
                let who = who.unwrap_or(self.model.shop_of(privilege));
                let done = self.stage.call(self.account(who), "close_privilege", &privilege);
                (self.model.close_privilege(who, privilege), done)
            }
            Step::Collect(till, who, privilege, customer, fair) => {
                let who = who.unwrap_or(self.model.shop_of(privilege));
                let (version, amount) = self.model.terms_of(privilege);
                let amount = if fair { amount } else { amount + 1 };
                let expires_ms = self.stage.now() + TICKET_MS;
                let nonce = self.tickets.len() as u64;
                let plain = Ticket { shop: who, customer, privilege, version, amount, expires_ms };
                let (merchant, index) = (self.index(who), self.index(customer));
                let ticket =
                    SpendTicket { merchant, version, customer: index, amount, ..self.stage.ticket(privilege, nonce) };
                let signature = self.actors[customer].sign(&ticket.signed_bytes());
                self.tickets.push((plain, ticket, signature));
                self.collect(till, who, self.tickets.len() - 1)
            }
            Step::CollectAgain(till, who, back) => match self.tickets.len().checked_sub(back + 1) {
                Some(number) => self.collect(till, who.unwrap_or(self.tickets[number].0.shop), number),
                None => (Ok(()), Ok(())),
            },
            Step::Refund(till, who, back) => match self.tickets.len().checked_sub(back + 1) {
                Some(number) => {
                    let who = who.unwrap_or(self.tickets[number].0.shop);
                    let ticket = Hash::from(self.tickets[number].1.hash());
                    (self.model.refund(who, number), self.at_till(till, who, TillAction::Refund { ticket }))
                }
                None => (Ok(()), Ok(())),
            },
            Step::Settle => {
                let plain: Vec<Ticket> = self.tickets.iter().map(|(plain, ..)| *plain).collect();
                let expected = self.model.settle(&plain);
                let hashes: Vec<Hash> = self.tickets.iter().map(|(_, ticket, _)| Hash::from(ticket.hash())).collect();
                let stranger = self.stage.account("stranger");
                let mut settled = 0;
                for some in hashes.chunks(64) {
                    settled += self.stage.ask::<u32>(stranger, "settle", &some.to_vec()).unwrap();
                }
                assert_eq!(settled, expected);
                (Ok(()), Ok(()))
            }
            Step::Gift(from, to, amount) => {
                let arguments = (self.account(to), amount, Vec::<u8>::new());
                let given: Result<(), _> =
                    self.stage.network.call(self.account(from), ContractKind::Time, "PSP22::transfer", &arguments);
                assert_eq!(self.model.gift(from, to, amount), given.is_ok());
                (Ok(()), Ok(()))
            }
            Step::Burn(who, amount) => {
                let burned: Result<(), _> =
                    self.stage.network.call(self.account(who), ContractKind::Time, "PSP22Burnable::burn", &amount);
                assert_eq!(burned.is_ok(), self.model.time[who] >= amount);
                self.model.time[who] -= if burned.is_ok() { amount } else { 0 };
                (Ok(()), Ok(()))
            }
        }
    }

    /// Everything that can be seen is as in the model.
    fn check(&mut self, minted: Balance) {
        let caused: Balance = self.stage.causes().iter().map(|(_, _, amount)| amount).sum();
        assert_eq!(caused, self.model.minted - minted, "every Time that was minted has its cause");
        let accounts = NAMES.map(|name| self.stage.account(name));
        let mut time = self.stage.times();
        assert_eq!(time.remove(&self.stage.contract).unwrap_or(0), self.model.owed());
        assert_eq!(accounts.map(|account| time.remove(&account).unwrap_or(0)), self.model.time);
        assert_eq!(time, BTreeMap::new(), "nobody else has any");
        assert_eq!(self.stage.owed(), self.model.owed());
        assert_eq!(self.stage.pool(), self.model.pool);
        assert_eq!(NAMES.map(|name| self.stage.bzky_of(name)), self.model.bzky);
    }

    /// What exists of both tokens, and what was minted ever.
    fn check_supplies(&mut self) {
        assert_eq!(self.stage.supply(ContractKind::Time), self.model.supply());
        assert_eq!(self.stage.supply(ContractKind::Bzky), self.supply - self.model.burned);
        let total: Balance = self.stage.network.read(ContractKind::Time, "minted_total", &());
        assert_eq!(total, self.model.minted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_contract_has_is_what_it_owes(steps in proptest::collection::vec(step(), STEPS / 2..STEPS)) {
        let mut play = Play::new();
        for (number, step) in opening().iter().chain(&steps).enumerate() {
            play.stage.pass(if let Step::Wait(ms) = step { *ms } else { 1 });
            let now_ms = play.stage.now();
            (play.model.now_ms, play.model.day) = (now_ms, u64::from(play.stage.network.calendar.epoch_at(now_ms).unwrap()));
            play.stage.network.events.clear();
            let minted = play.model.minted;
            let (expected, done) = play.play(step);
            prop_assert_eq!(expected, done, "step {}: {:?}", number, step);
            play.check(minted);
        }
        play.check_supplies();
    }
}
