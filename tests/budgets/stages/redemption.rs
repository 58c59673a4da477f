//! `redemption` after years: 34 pauses, offers of a year whose end the pauses
//! put off, and others that nobody closed or settled since the first weeks.

use crate::{
    case::Stage,
    site::{account, hash, Member, Site, Wallet, PAUSE_MS},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{
    action::redemption::{device_hash, Action, TillAction},
    redemption::{
        PrivilegeId, PrivilegeTerms, RedemptionParameters, RedemptionRole, TaskId, TaskTerms, MAX_LIFE_MS,
        MAX_REFUND_MS,
    },
    signature::Signature,
    spend::{SpendTicket, MAX_VALIDITY_MS},
    Epoch, Hash, Side, TIME_CAP, TOKEN,
};
use bizkey_tests::{party::Device, DAY};

const KIND: Kind = Kind::Redemption;
/// More than 30 days after the last of 34 pauses.
const TODAY: Epoch = 1_160;
/// From there, an offer of 366 days and the eleven pauses since is not over.
const OFFERED: Epoch = 770;
/// From there, a chargeback period of 400 epochs and the twelve pauses since is not over.
const SOLD: Epoch = 730;
/// Collections that one call settles.
const SETTLED: u64 = 64;
/// Words of marks that one call frees.
const WORDS: u32 = 128;
/// Price of one Time and of one Bzky, millionths of a minor unit.
const OFFICIAL: u64 = 10_000_000;
const PRICE: u64 = 20_000_000;

const OLD: &str = "expired years ago, 32 pauses since";
const RUNNING: &str = "an offer of a year, eleven pauses since";

/// Who trades.
struct Town {
    shop: Member,
    customer: Member,
    device: Device,
    setter: Wallet,
}

/// What was offered when.
struct Offers {
    /// Of the first weeks: a task, a privilege, and tickets that were collected.
    old: (TaskId, PrivilegeId, Vec<Hash>),
    /// Of a year ago.
    running: (TaskId, PrivilegeId),
    /// A ticket of yesterday.
    collected: Hash,
    /// A task that was closed.
    closed: TaskId,
}

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    let (shop, customer) = (site.party(Side::Merchant, "shop"), site.party(Side::Customer, "customer"));
    let device = site.network.device(shop.index, "till");
    let town = Town { shop, customer, device, setter: Wallet::named("setter") };
    roles(&mut site, &town);
    site.network.enter_epoch(1);
    let old = (task(&mut site, &town), privilege(&mut site, &town), tickets(&mut site, &town));
    let closed = task(&mut site, &town);
    site.done(town.shop.account(), KIND, "close_task", &closed);
    sell(&mut site, "old payment");
    site.advance(&[KIND], SOLD);
    sell(&mut site, "payment");
    site.advance(&[KIND], OFFERED);
    let running = (task(&mut site, &town), privilege(&mut site, &town));
    site.advance(&[KIND], TODAY - 1);
    site.done(account("admin"), KIND, "anchor_price", &PRICE);
    let dated_ms = site.network.state.now_ms();
    site.done(town.setter.account(), KIND, "set_price", &(PRICE, dated_ms));
    let yesterday = privilege(&mut site, &town);
    let collected = collect(&mut site, &town, yesterday, SETTLED);
    site.advance(&[KIND], TODAY);
    let offers = Offers { old, running, collected, closed };
    of_tasks(&mut site, &town, &offers);
    of_privileges(&mut site, &town, &offers);
    of_till(&mut site, &town, &offers);
    of_sales(&mut site, &town);
    administration(&mut site);
    site.stage("redemption")
}

fn parameters() -> RedemptionParameters {
    RedemptionParameters {
        official_price: OFFICIAL,
        price_age_ms: 7 * DAY,
        bzky_cap: TIME_CAP,
        fiat_cap: TIME_CAP,
        lock_epochs: 400,
        ..RedemptionParameters::initial(DAY)
    }
}

fn roles(site: &mut Site, town: &Town) {
    let (admin, redemption) = (account("admin"), site.network.contracts.redemption);
    let setter = Some(town.setter.account());
    site.done(admin, KIND, "set_role", &(RedemptionRole::PriceSetter, setter));
    site.done(admin, KIND, "set_role", &(RedemptionRole::FiatSeller, Some(account("seller"))));
    site.done(admin, KIND, "set_parameters", &parameters());
    for party in [&town.shop, &town.customer] {
        site.equip(party.account(), 10_000 * TOKEN, redemption);
        let sold = bizkey_primitives::redemption::MintCause::BzkySale { paid: 1 };
        site.done(redemption, Kind::Time, "mint", &(sold, party.account(), 1_000_000 * TOKEN));
    }
}

fn task_terms(site: &Site) -> TaskTerms {
    let expires_ms = site.network.state.now_ms() + MAX_LIFE_MS;
    TaskTerms { conditions: hash("conditions"), reward: TOKEN, stock: 100, expires_ms }
}

fn privilege_terms(site: &Site) -> PrivilegeTerms {
    PrivilegeTerms {
        conditions: hash("conditions"),
        price: TOKEN,
        stock: 1_000,
        expires_ms: site.network.state.now_ms() + MAX_LIFE_MS,
        opens: 0,
        closes: 1_439,
        refund_ms: MAX_REFUND_MS,
    }
}

fn task(site: &mut Site, town: &Town) -> TaskId {
    let terms = task_terms(site);
    site.made(town.shop.account(), KIND, "create_task", &terms)
}

fn privilege(site: &mut Site, town: &Town) -> PrivilegeId {
    let terms = privilege_terms(site);
    site.made(town.shop.account(), KIND, "create_privilege", &terms)
}

fn ticket(site: &Site, town: &Town, privilege: PrivilegeId, nonce: u64) -> (SpendTicket, Signature) {
    let ticket = SpendTicket {
        genesis: site.network.genesis,
        contract: *site.network.contracts.redemption.as_ref(),
        merchant: town.shop.index,
        privilege,
        version: 1,
        customer: town.customer.index,
        nonce,
        amount: TOKEN,
        expires_ms: site.network.state.now_ms() + MAX_VALIDITY_MS,
    };
    (ticket, town.customer.wallet.sign(&ticket.signed_bytes()))
}

/// Has the shop collect a ticket; its hash.
fn collect(site: &mut Site, town: &Town, privilege: PrivilegeId, nonce: u64) -> Hash {
    let signed = ticket(site, town, privilege, nonce);
    site.done(town.shop.account(), KIND, "collect", &signed);
    Hash::from(signed.0.hash())
}

/// Tickets of a privilege that were collected.
fn tickets(site: &mut Site, town: &Town) -> Vec<Hash> {
    let privilege = privilege(site, town);
    (0..SETTLED).map(|nonce| collect(site, town, privilege, nonce)).collect()
}

fn sell(site: &mut Site, payment: &str) {
    let arguments = (hash(payment), account("payer"), 1_000u64);
    site.done(account("seller"), KIND, "sell_for_fiat", &arguments);
}

fn of_tasks(site: &mut Site, town: &Town, offers: &Offers) {
    let (shop, stranger) = (&town.shop, account("stranger"));
    let (terms, running, old) = (task_terms(site), offers.running.0, offers.old.0);
    site.case(KIND, "create_task", "a shop's: a fee, part of it burned", shop.account(), &terms);
    site.relayed(KIND, "CreateTask", &shop.wallet, &Action::CreateTask { terms });
    site.case(KIND, "restock_task", RUNNING, shop.account(), &(running, 1u32));
    let action = Action::RestockTask { task: running, more: 1 };
    site.relayed(KIND, "RestockTask, eleven pauses since", &shop.wallet, &action);
    site.case(KIND, "close_task", OLD, stranger, &old);
    site.relayed(KIND, "CloseTask, 32 pauses since", &shop.wallet, &Action::CloseTask { task: old });
    let words: Vec<u32> = (0..WORDS).collect();
    site.case(KIND, "free_marks", "128 words, empty ones cost the same", stranger, &(offers.closed, words));
}

fn of_privileges(site: &mut Site, town: &Town, offers: &Offers) {
    let shop = &town.shop;
    let (terms, running, old) = (privilege_terms(site), offers.running.1, offers.old.1);
    site.case(KIND, "create_privilege", "a fee, part of it burned", shop.account(), &terms);
    site.relayed(KIND, "CreatePrivilege", &shop.wallet, &Action::CreatePrivilege { terms });
    site.case(KIND, "change_privilege", "other terms", shop.account(), &(running, terms));
    let action = Action::ChangePrivilege { privilege: running, terms };
    site.relayed(KIND, "ChangePrivilege", &shop.wallet, &action);
    site.case(KIND, "close_privilege", OLD, account("stranger"), &old);
    let action = Action::ClosePrivilege { privilege: old };
    site.relayed(KIND, "ClosePrivilege, 32 pauses since", &shop.wallet, &action);
}

fn of_till(site: &mut Site, town: &Town, offers: &Offers) {
    let (shop, task, customer) = (&town.shop, offers.running.0, town.customer.index);
    let (ticket, signature) = ticket(site, town, offers.running.1, 0);
    let fulfil = TillAction::Fulfil { task, customer };
    let collect = TillAction::Collect { ticket, signature };
    let refund = TillAction::Refund { ticket: offers.collected };
    site.case(KIND, "fulfil", RUNNING, shop.account(), &(task, customer));
    site.case(KIND, "collect", RUNNING, shop.account(), &(ticket, signature));
    site.case(KIND, "refund", "in time", shop.account(), &offers.collected);
    for (situation, carried, action) in [
        ("Fulfil, eleven pauses since", "Till: Fulfil, eleven pauses since", fulfil),
        ("Collect, eleven pauses since", "Till: Collect, eleven pauses since", collect),
        ("Refund", "Till: Refund", refund),
    ] {
        let device = town.device.id;
        let hash = device_hash(&site.network.genesis, &site.network.contracts.redemption, device, &action);
        let signed = (device, action, town.device.key.sign(&hash));
        site.case(KIND, "by_device", situation, account("carrier"), &signed);
        site.relayed(KIND, carried, &shop.wallet, &Action::Till { action });
    }
    let situation = "64 tickets of years ago, 32 pauses since each";
    site.case(KIND, "settle", situation, account("stranger"), &offers.old.2);
    assert_eq!(u64::from(site.answer::<u32>()), SETTLED, "all are over");
}

fn of_sales(site: &mut Site, town: &Town) {
    let (buyer, setter) = (&town.customer, &town.setter);
    let dated_ms = site.network.state.now_ms();
    site.case(KIND, "set_price", "the first of a day", setter.account(), &(PRICE + 1, dated_ms));
    site.relayed(KIND, "SetPrice", setter, &Action::SetPrice { price: PRICE + 1, dated_ms });
    site.case(KIND, "buy", "the first of all", buyer.account(), &(TOKEN, u128::MAX));
    site.relayed(KIND, "Buy", &buyer.wallet, &Action::Buy { amount: TOKEN, most: u128::MAX });
    let another = (hash("another payment"), account("payer"), 1_000u64);
    site.case(KIND, "sell_for_fiat", "the first of a day", account("seller"), &another);
    let situation = "400 epochs and twelve pauses";
    site.case(KIND, "charge_back", situation, account("seller"), &hash("payment"));
    let situation = "years later, 32 pauses since, to a new holder";
    site.case(KIND, "release_sale", situation, account("stranger"), &hash("old payment"));
}

fn administration(site: &mut Site) {
    let admin = account("admin");
    let until_ms = site.network.state.now_ms() + PAUSE_MS;
    site.case(KIND, "pause", "not the first one", admin, &until_ms);
    let confirmer = (RedemptionRole::TaskConfirmer, Some(account("confirmer")));
    site.case(KIND, "set_role", "of nobody before", admin, &confirmer);
    let others = RedemptionParameters { task_fee: TOKEN, ..parameters() };
    site.case(KIND, "set_parameters", "other figures", admin, &others);
    site.case(KIND, "anchor_price", "another one", admin, &(PRICE + 1));
}
