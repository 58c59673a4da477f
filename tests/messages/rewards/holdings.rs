//! Holdings: the lowest of an epoch, balance and own deposit each, of the
//! account at its close. Who states more can be shown to; who passes tokens
//! through is paid for none.

use super::{
    exact::part,
    stage::{account, agree, at, lock, property, refusal, refuse, send, skip_a_month, tokens, Outcome, Street, KIND},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    bizpower::SCALE,
    challenge::{Branch, Charge, Descent},
    errors::rewards::Error,
    party::HoldingIndex,
    tree, AccountId, Balance, Epoch, Hash, Side,
};
use bizkey_tests::{world::report, Sandbox, Tree, WINDOW};
use proptest::prelude::*;

/// The first epoch whose holdings are paid for: a tenth of it.
const EPOCH: Epoch = 30;
/// Of the shop that is looked at, when it begins.
const BALANCE: Balance = tokens(50);
const DEPOSIT: Balance = tokens(20);
/// Of the other shop, all the time.
const OTHERS: Balance = tokens(10);

#[derive(Clone, Copy, Debug)]
enum Move {
    Receive(Balance),
    Pay(Balance),
    Lock(Balance),
    Seize(Balance),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let amount = || prop_oneof![Just(1u128), 0u128..=tokens(40), Just(BALANCE), Just(DEPOSIT)];
    let one = prop_oneof![
        amount().prop_map(Move::Receive),
        amount().prop_map(Move::Pay),
        amount().prop_map(Move::Lock),
        amount().prop_map(Move::Seize),
    ];
    proptest::collection::vec(one, 0..6)
}

/// Balance and deposit, and their lowest since somebody began to look.
#[derive(Clone, Copy, Debug)]
struct Purse {
    now: [Balance; 2],
    low: [Balance; 2],
}

impl Purse {
    fn look(&mut self) {
        self.low = self.now;
    }

    /// Makes a move on the chain and here, if it can be made.
    fn make(&mut self, network: &mut Sandbox, street: &Street, step: Move) {
        let (shop, till, sink) = (street.shops[0].account(), street.tills[0].id, account(network, "sink"));
        let [balance, deposit] = self.now;
        match step {
            Move::Receive(amount) => {
                network.give(shop, amount);
                self.now[0] += amount;
            }
            Move::Pay(amount) if amount <= balance => {
                let arguments = (sink, amount, Vec::<u8>::new());
                let paid: Outcome = network.call(shop, ContractKind::Bzky, "PSP22::transfer", &arguments);
                paid.unwrap();
                self.now[0] -= amount;
            }
            Move::Lock(amount) if (1..=balance).contains(&amount) => {
                lock(network, shop, till, amount);
                self.now = [balance - amount, deposit + amount];
            }
            Move::Seize(amount) => {
                let admin = account(network, "admin");
                let arguments = (till, amount, sink);
                let taken: Result<Balance, _> = network.call(admin, ContractKind::PosDeposit, "seize", &arguments);
                assert_eq!(taken, Ok(amount.min(deposit)));
                self.now[1] -= amount.min(deposit);
            }
            Move::Pay(_) | Move::Lock(_) => {}
        }
        self.low = [self.low[0].min(self.now[0]), self.low[1].min(self.now[1])];
    }
}

fn two_shops(network: &mut Sandbox) -> Street {
    let street = Street::new(network, 2);
    network.give(street.shops[0].account(), BALANCE + DEPOSIT);
    network.give(street.shops[1].account(), OTHERS);
    lock(network, street.shops[0].account(), street.tills[0].id, DEPOSIT);
    network.enter_epoch(EPOCH - 1);
    street
}

/// The way to the first of two leaves.
fn to_first(tree: &Tree) -> Branch {
    let [left, right] = [0, 1].map(|position: usize| tree.leaves[position].tuple(&tree.domain).unwrap());
    let top = tree::top(&tree.domain, &tree.leaves).unwrap();
    Branch { top, descents: vec![Descent { left, right, to_right: false }], leaf: Some(tree.leaves[0]) }
}

fn charge(network: &mut Sandbox, tree: &Tree, index: HoldingIndex) -> Outcome {
    let hunter = account(network, "hunter");
    send(network, hunter, "challenge", &(EPOCH, Side::Merchant, to_first(tree), Charge::Holding(index)))
}

/// Has the committee say that the first shop held `stated`.
fn state(network: &mut Sandbox, stated: Balance) -> Tree {
    let merchants = network.tree(Side::Merchant, EPOCH, &[(1, SCALE, stated), (2, SCALE, OTHERS)]);
    let nobody = network.tree(Side::Customer, EPOCH, &[]);
    agree(network, EPOCH, &report(&merchants, &nobody));
    merchants
}

#[test]
fn a_holding_is_the_lowest_of_its_epoch_whatever_moves_before_in_and_after_it() {
    let mut network = Sandbox::new();
    let street = two_shops(&mut network);
    let said = prop_oneof![Just(0i128), Just(1), Just(-1), -(tokens(30) as i128)..tokens(30) as i128];
    let strategy = ([moves(), moves(), moves()], said);
    property(80, &mut network, &strategy, |network, (phases, said)| {
        let mut street = street.clone();
        let mut purse = Purse { now: [BALANCE, DEPOSIT], low: [0; 2] };
        let mut low = 0;
        // From the first to the last millisecond of the day before, the day, and the day after.
        for (epoch, moves) in (EPOCH - 1..).zip(&phases) {
            network.state.set_time(network.calendar.start_ms(epoch));
            purse.look();
            for (number, step) in moves.iter().enumerate() {
                if number == moves.len() - 1 {
                    network.state.set_time(network.calendar.end_ms(epoch) - 1);
                }
                purse.make(network, &street, *step);
            }
            if epoch == EPOCH {
                street.trade(network);
                low = purse.low[0] + purse.low[1];
            }
        }
        skip_a_month(network);
        let stated = low.saturating_add_signed(said);
        let tree = state(network, stated);
        let index = network.holding_index(street.shops[0].account(), EPOCH);
        for wrong in [
            HoldingIndex { bzky: index.bzky + 1, ..index },
            HoldingIndex { pos_deposit: index.pos_deposit + 1, ..index },
        ] {
            assert_eq!(charge(network, &tree, wrong), Err(refusal(Error::WrongCheckpoint)), "{wrong:?}");
        }
        let shown = network.rolled_back(|network| charge(network, &tree, index));
        assert_eq!(shown.is_ok(), stated > low, "stated {stated} of {low}: {shown:?}");
        network.pass(WINDOW);
        network.finalise(EPOCH).unwrap();
        // Two shops: 200 Bzky, 90 of them by score.
        let reward = tokens(90) + part(tokens(200), 10, stated.min(low), stated + OTHERS);
        assert_eq!(network.claim(Side::Merchant, EPOCH, &tree, 0), Ok(reward));
    });
}

fn registry(network: &mut Sandbox, origin: AccountId, message: &str, arguments: &impl codec::Encode) {
    let done: Outcome = network.call(origin, ContractKind::Registry, message, arguments);
    done.unwrap();
}

/// A shop that changes its account is paid for what the account of the close
/// held, on the account that it has now.
pub fn of_the_account_at_the_close(network: &mut Sandbox) {
    let mut street = two_shops(network);
    let (first, second, third) =
        (street.shops[0].account(), account(network, "second account"), account(network, "third account"));
    network.give(second, tokens(5));
    network.enter_epoch(EPOCH);
    street.trade(network);
    for (epoch, before, after) in [(EPOCH, first, second), (EPOCH + 1, second, third)] {
        network.enter_epoch(epoch);
        registry(network, before, "propose_account", &after);
        registry(network, after, "accept_account", &(Side::Merchant, 1u32));
    }
    skip_a_month(network);
    let tree = state(network, BALANCE);
    let index = network.holding_index(second, EPOCH);
    network.rolled_back(|network| charge(network, &tree, index).unwrap());
    network.pass(WINDOW);
    network.finalise(EPOCH).unwrap();
    let stranger = account(network, "stranger");
    let proof = tree.proof(0);
    let claim = |index: HoldingIndex| (Side::Merchant, EPOCH, tree.leaves[0], index, proof.clone());
    for wrong in [index.bzky + 1, index.bzky + 2] {
        let wrong = HoldingIndex { bzky: wrong, ..index };
        refuse(network, stranger, "claim", &claim(wrong), Error::WrongCheckpoint);
    }
    let paid: Result<Balance, _> = network.call(stranger, KIND, "claim", &claim(index));
    let reward = tokens(90) + part(tokens(200), 10, tokens(5), BALANCE + OTHERS);
    assert_eq!((paid, network.bzky_of(third)), (Ok(reward), reward));
    assert_eq!((network.bzky_of(first), network.bzky_of(second)), (BALANCE, tokens(5)));
}

/// What an agent locks for a shop's device is the agent's; and a charge about
/// the holding of nobody is none.
#[test]
fn an_agents_deposit_is_not_its_shops() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let mut street = Street::new(network, 2);
    let (shop, agent, till) = (street.shops[0].account(), account(network, "agent"), street.tills[0].id);
    let attestor = account(network, "attestor 1");
    let identity = (agent, Hash::from([8; 32]), Hash::default());
    let registered: Result<u32, _> = network.call(attestor, ContractKind::Registry, "register_agent", &identity);
    registered.unwrap();
    let named: Outcome = network.call(shop, ContractKind::PosDeposit, "set_agent", &(till, Some(agent)));
    named.unwrap();
    network.give(agent, DEPOSIT);
    network.give(street.shops[1].account(), OTHERS);
    lock(network, agent, till, DEPOSIT);
    network.enter_epoch(EPOCH);
    street.trade(network);
    skip_a_month(network);
    let tree = state(network, DEPOSIT);
    let of_agent = network.holding_index(agent, EPOCH);
    let of_shop = network.holding_index(shop, EPOCH);
    assert_eq!(of_agent, of_shop, "both lists have one entry at most");
    network.rolled_back(|network| charge(network, &tree, of_shop).unwrap());
    let late = network.state.now_ms() + WINDOW;
    at(network, late, |network| {
        network.finalise(EPOCH).unwrap();
        assert_eq!(network.claim(Side::Merchant, EPOCH, &tree, 0), Ok(tokens(90)));
    });
    // Struck for its holding, reported again with a leaf of nobody.
    charge(network, &tree, of_shop).unwrap();
    let merchants = network.tree(Side::Merchant, EPOCH, &[(9, SCALE, 1), (10, SCALE, 0)]);
    let nobody = network.tree(Side::Customer, EPOCH, &[]);
    agree(network, EPOCH, &report(&merchants, &nobody));
    assert_eq!(charge(network, &merchants, of_shop), Err(refusal(Error::UnknownParty)));
}
