//! A network in which something waits for everybody who has a power, so that
//! each message that only the deployer could send before it handed over would
//! be carried out, was it not for who sends it.

use super::{
    arguments::Pool,
    steps::{account, ADMINISTERED},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    bizpower::SCALE,
    membership::{Business, Clamp},
    opening::OpeningRules,
    otc::{Currency, Price, Terms, Trader},
    redemption::{RedemptionParameters, RedemptionRole, TaskTerms},
    signature::PublicKey,
    AccountId, Balance, Hash, Side, Status, TOKEN,
};
use bizkey_tests::{
    sandbox::{input, Raw},
    Sandbox, DAY, HOUR,
};
use codec::Encode;

/// Of one Time, and of one Bzky: millionths of a minor unit.
const TIME_PRICE: u64 = 100_000_000;
const BZKY_PRICE: u64 = 40_000_000;

/// Who sends a message after the deployer has handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Board,
    Platform,
}

/// A message that was the deployer's, with arguments that it accepts.
#[derive(Clone, Debug)]
pub struct Held {
    pub kind: ContractKind,
    pub message: &'static str,
    pub arguments: Vec<u8>,
    pub holder: Holder,
}

impl Held {
    pub fn input(&self) -> Vec<u8> {
        input(self.message, &Raw(self.arguments.clone()))
    }
}

/// Who holds a role once everything is set up, each under an actor's name.
pub const HOLDERS: [&str; 13] = [
    "attestor 1",
    "member 1",
    "director 1",
    "chief executive",
    "platform",
    "price setter",
    "fiat seller",
    "task confirmer",
    "desk",
    "treasury",
    "shop 1",
    "customer 1",
    "agent",
];

/// Sets the stage in epoch 2, before anything is handed over.
pub fn set(network: &mut Sandbox) -> Vec<Held> {
    network.enter_epoch(0);
    members(network);
    deposits(network);
    network.enter_epoch(2);
    reports(network);
    sales(network);
    trade(network);
    held(network)
}

/// Ends the deployer's part, as `bizkey deploy` does.
pub fn hand_over(network: &mut Sandbox) {
    let (admin, platform) = (account(network, "admin"), account(network, "platform"));
    network.call::<()>(admin, ContractKind::PosDeposit, "set_platform", &platform).unwrap();
    network.hand_over();
}

/// Accounts, hashes and the present, from which arguments are made up.
pub fn pool(network: &Sandbox, mut accounts: Vec<AccountId>) -> Pool {
    accounts.extend(["shop 1", "shop 2", "customer 1", "director 2"].map(|name| account(network, name)));
    accounts.extend(ADMINISTERED.map(|kind| network.address(kind)));
    let hashes = vec![[0; 32], [1; 32], network.code_hash(ContractKind::Otc).into()];
    Pool { accounts, hashes, now_ms: network.state.now_ms() }
}

/// Two shops and two customers, an agent, an appeal, a recovery.
fn members(network: &mut Sandbox) {
    let (kind, hash) = (ContractKind::Registry, Hash::from([1; 32]));
    let admin = account(network, "admin");
    let attestors = ["attestor 1", "attestor 2"].map(|name| account(network, name));
    let shops = ["shop 1", "shop 2"].map(|name| network.merchant(name));
    let customers = ["customer 1", "customer 2"].map(|name| network.customer(name));
    for name in ["till 1", "till 2", "till 3"] {
        network.device(shops[0].index, name);
    }
    let mut till = network.device(shops[1].index, "till 4");
    network.record(&mut till, &[(customers[0].index, 1_000)]);
    let agent = (account(network, "agent"), hash, hash);
    network.call::<u32>(attestors[0], kind, "register_agent", &agent).unwrap();
    let demoted = (Side::Merchant, shops[1].index, Status::Demoted, hash);
    network.call::<()>(admin, kind, "set_status", &demoted).unwrap();
    network.call::<()>(shops[1].account(), kind, "appeal", &hash).unwrap();
    let (lost, next) = ((Side::Customer, customers[1].index), account(network, "customer 2's new key"));
    for attestor in attestors {
        network.call::<()>(attestor, kind, "attest_recovery", &(lost, next)).unwrap();
    }
    network.call::<()>(next, kind, "consent_recovery", &lost).unwrap();
    let debt = (Side::Customer, customers[0].index, TOKEN, hash);
    network.call::<()>(admin, ContractKind::Rewards, "book_debt", &debt).unwrap();
}

/// Deposits for devices 1 and 2, stopped; 2 is offered to become 3.
fn deposits(network: &mut Sandbox) {
    let (kind, shop, attestor) = (ContractKind::PosDeposit, account(network, "shop 1"), account(network, "attestor 1"));
    network.give(shop, 1_000 * TOKEN);
    network.approve(shop, network.contracts.pos_deposit, 1_000 * TOKEN);
    for device in [1u32, 2] {
        network.call::<()>(shop, kind, "lock", &(device, 100 * TOKEN)).unwrap();
        network.call::<()>(attestor, ContractKind::Registry, "set_device_active", &(device, false)).unwrap();
    }
    network.call::<()>(shop, kind, "offer_transfer", &(2u32, Some(3u32))).unwrap();
}

/// Epoch 0 is disputed, epoch 1 pending.
fn reports(network: &mut Sandbox) {
    let admin = account(network, "admin");
    for epoch in [0, 1] {
        let merchants = network.tree(Side::Merchant, epoch, &[(2, SCALE, 0)]);
        let customers = network.tree(Side::Customer, epoch, &[(1, 1_000, 0)]);
        network.report(epoch, &merchants, &customers);
        if epoch == 0 {
            network.call::<()>(admin, ContractKind::Rewards, "dispute", &epoch).unwrap();
        }
    }
}

fn task(network: &Sandbox) -> TaskTerms {
    TaskTerms { conditions: Hash::default(), reward: TOKEN, stock: 2, expires_ms: network.state.now_ms() + DAY }
}

fn parameters() -> RedemptionParameters {
    RedemptionParameters { official_price: TIME_PRICE, ..RedemptionParameters::initial(DAY) }
}

/// Everybody's role, prices, and a task of Bizkey's own.
fn sales(network: &mut Sandbox) {
    let (kind, admin) = (ContractKind::Redemption, account(network, "admin"));
    let [setter, seller, confirmer] =
        ["price setter", "fiat seller", "task confirmer"].map(|name| account(network, name));
    for (role, account) in [
        (RedemptionRole::PriceSetter, setter),
        (RedemptionRole::FiatSeller, seller),
        (RedemptionRole::TaskConfirmer, confirmer),
    ] {
        network.call::<()>(admin, kind, "set_role", &(role, Some(account))).unwrap();
    }
    network.call::<()>(admin, kind, "set_parameters", &parameters()).unwrap();
    network.call::<()>(admin, kind, "anchor_price", &BZKY_PRICE).unwrap();
    let now_ms = network.state.now_ms();
    network.call::<()>(setter, kind, "set_price", &(BZKY_PRICE, now_ms)).unwrap();
    network.give(network.contracts.redemption, 10_000 * TOKEN);
    let terms = task(network);
    network.call::<u32>(admin, kind, "create_task", &terms).unwrap();
    // Time of a shop and of a customer, which nobody else may move.
    for name in ["shop 1", "customer 1"] {
        let buyer = account(network, name);
        network.give(buyer, 1_000 * TOKEN);
        network.approve(buyer, network.contracts.redemption, 100 * TOKEN);
        network.call::<()>(buyer, kind, "buy", &(10 * TOKEN, 100 * TOKEN)).unwrap();
    }
}

/// A desk, and a reservation in dispute.
fn trade(network: &mut Sandbox) {
    let (kind, admin, desk) = (ContractKind::Otc, account(network, "admin"), account(network, "desk"));
    network.call::<()>(admin, kind, "set_desk", &(desk, Some(PublicKey::Sr25519([7; 32])))).unwrap();
    let (maker, taker) = (account(network, "maker"), account(network, "taker"));
    for trader in [maker, taker, desk] {
        network.give(trader, 1_000 * TOKEN);
        network.approve(trader, network.contracts.otc, 1_000 * TOKEN);
    }
    let mut code = [0; 12];
    code[..3].copy_from_slice(b"CNY");
    let terms = Terms {
        currency: Currency(code),
        price: Price { minor_units: 40, tokens: 1 },
        minimum: TOKEN,
        bond_bps: 100,
        pay_within_ms: HOUR,
        dispute_within_ms: DAY,
        expires_ms: network.state.now_ms() + 10 * DAY,
        instructions: Hash::default(),
    };
    let hash = Hash::from([2; 32]);
    network.call::<u64>(maker, kind, "open_offer", &(terms, 100 * TOKEN)).unwrap();
    network.call::<u64>(taker, kind, "reserve", &(1u64, 10 * TOKEN, hash)).unwrap();
    network.call::<()>(taker, kind, "declare_paid", &(1u64, hash)).unwrap();
    network.call::<()>(taker, kind, "dispute", &(1u64, hash)).unwrap();
}

/// Every message that is the deployer's until it hands over.
fn held(network: &Sandbox) -> Vec<Held> {
    use ContractKind as Kind;
    let mut list = Vec::new();
    let mut board = |kind, message, arguments: Vec<u8>| {
        list.push(Held { kind, message, arguments, holder: Holder::Board });
    };
    for kind in ADMINISTERED {
        board(kind, "set_code", network.code_hash(kind).encode());
        board(kind, "ossify", Vec::new());
    }
    let until_ms = network.state.now_ms() + HOUR;
    for kind in [Kind::Receipts, Kind::Rewards, Kind::Redemption] {
        board(kind, "pause", until_ms.encode());
    }
    let (hash, other, next) = (Hash::from([3; 32]), account(network, "other"), 100u32);
    let (shop, lost) = ((Side::Merchant, 1u32), (Side::Customer, 2u32));
    let kind = Kind::Registry;
    board(kind, "set_attestor", (other, true).encode());
    board(kind, "set_status", (shop, Status::Removed, hash).encode());
    board(kind, "decide_appeal", (Side::Merchant, 2u32, true, hash).encode());
    board(kind, "place_hold", (shop, until_ms, hash).encode());
    board(kind, "set_agent_status", (1u32, false, hash).encode());
    board(kind, "move_agent", (1u32, other).encode());
    board(kind, "set_clamp", (1u16, Clamp { lo: 1, hi: 2 }, next).encode());
    board(kind, "set_capital_floor", (Business { trade: 1, region: 1 }, 5u128, next).encode());
    board(kind, "set_cash_cap", (5u64, next).encode());
    board(kind, "cancel_recovery", lost.encode());
    board(kind, "confirm_recovery", (lost, account(network, "customer 2's new key")).encode());
    board(Kind::Receipts, "set_opening_rules", OpeningRules { bond: 1, penalty: 1, epochs: 1 }.encode());
    let kind = Kind::PosDeposit;
    board(kind, "set_platform", other.encode());
    board(kind, "set_schedule", (1u8, Some(TOKEN)).encode());
    board(kind, "seize", (1u32, TOKEN, other).encode());
    let kind = Kind::Rewards;
    let committee: Vec<AccountId> = ["other", "another", "a third"].map(|name| account(network, name)).to_vec();
    board(kind, "set_committee", (next, committee).encode());
    board(kind, "set_algorithm", (next, 2u16).encode());
    board(kind, "set_bonds", (TOKEN, TOKEN).encode());
    board(kind, "dispute", 1u32.encode());
    board(kind, "decide", (0u32, true).encode());
    board(kind, "book_debt", (shop, TOKEN, hash).encode());
    board(kind, "settle_debt", (Side::Customer, 1u32, 1 as Balance).encode());
    let kind = Kind::Redemption;
    board(kind, "set_role", (RedemptionRole::FiatSeller, Some(other)).encode());
    board(kind, "set_parameters", parameters().encode());
    board(kind, "anchor_price", 5u64.encode());
    board(kind, "create_task", task(network).encode());
    board(kind, "restock_task", (1u32, 1u32).encode());
    board(kind, "close_task", 1u32.encode());
    board(Kind::Otc, "set_desk", (other, Some(PublicKey::Sr25519([1; 32]))).encode());
    board(Kind::Otc, "decide", (1u64, Trader::Buyer, hash).encode());
    let kind = Kind::PosDeposit;
    for (message, arguments) in [
        ("assign_class", (1u32, 2u8).encode()),
        ("confirm_return", 1u32.encode()),
        ("confirm_transfer", (2u32, 3u32).encode()),
    ] {
        list.push(Held { kind, message, arguments, holder: Holder::Platform });
    }
    list
}
