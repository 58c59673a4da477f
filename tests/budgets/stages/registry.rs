//! `registry` in its third month: values with a history, appeals and
//! recoveries under way.

use crate::{
    case::Stage,
    site::{account, hash, Member, Site, Wallet},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{
    action::registry::Action,
    membership::{Business, Clamp},
    party::Capital,
    signature::PublicKey,
    AccountId, Epoch, Hash, Side, Status,
};
use bizkey_tests::party::DeviceKey;

const KIND: Kind = Kind::Registry;
/// In the third month.
const TODAY: Epoch = 70;
const CAPITAL: Capital = Capital { area_m2: 100, staff: 9, rent_per_m2_month: 5_000, wage_month: 400_000 };
const BUSINESS: Business = Business { trade: 1, region: 2 };
const CLAMP: Clamp = Clamp { lo: 1, hi: 1 << 40 };

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    let shops: Vec<Member> = (1..=8).map(|n| site.party(Side::Merchant, &format!("shop {n}"))).collect();
    let customer = site.party(Side::Customer, "customer");
    let of_agent = (account("agent"), hash("agent"), Hash::default());
    let agent: u32 = site.made(attestor(1), KIND, "register_agent", &of_agent);
    let device = site.network.device(shops[0].index, "device").id;
    values(&mut site, &shops[0]);
    let (appealing, appealed) = (&shops[1], &shops[2]);
    site.network.enter_epoch(TODAY - 10);
    for shop in [appealing, appealed] {
        let removed = (Side::Merchant, shop.index, Status::Removed, hash("cause"));
        site.done(account("admin"), KIND, "set_status", &removed);
    }
    site.done(appealed.account(), KIND, "appeal", &hash("statement"));
    let ready = &shops[3];
    let follower = supported(&mut site, ready);
    site.done(follower.account(), KIND, "consent_recovery", &(Side::Merchant, ready.index));
    site.network.enter_epoch(TODAY);
    registrations(&mut site, &shops[0], device);
    administration(&mut site, &shops[4], appealed, agent);
    accounts(&mut site, &shops, &customer);
    let finish = (Side::Merchant, ready.index);
    site.case(KIND, "finish_recovery", "the account ends with an earlier epoch", account("stranger"), &finish);
    let statement = hash("statement");
    site.case(KIND, "appeal", "in time", appealing.account(), &statement);
    site.relayed(KIND, "Appeal", &appealing.wallet, &Action::Appeal { statement });
    site.case(KIND, "retire_device", "told to `receipts`", shops[0].account(), &device);
    site.relayed(KIND, "RetireDevice", &shops[0].wallet, &Action::RetireDevice { device });
    site.stage("registry")
}

fn attestor(number: u8) -> AccountId {
    account(&format!("attestor {number}"))
}

/// Every kind of value, with two entries of history.
fn values(site: &mut Site, shop: &Member) {
    let admin = account("admin");
    for (day, from) in [(5u32, 10u32), (35, 40)] {
        site.network.enter_epoch(day);
        for number in [1, 2] {
            // Other figures each time, or the second attestor's word would change nothing.
            let capital = Capital { staff: day, ..CAPITAL };
            site.done(attestor(number), KIND, "attest_capital", &(shop.index, capital));
            site.done(attestor(number), KIND, "attest_business", &(shop.index, BUSINESS));
        }
        site.done(admin, KIND, "set_clamp", &(BUSINESS.trade, CLAMP, from));
        site.done(admin, KIND, "set_capital_floor", &(BUSINESS, 1u128, from));
        site.done(admin, KIND, "set_cash_cap", &(1u64, from));
    }
}

/// A recovery that two attestors support; the wallet that is to take over.
fn supported(site: &mut Site, shop: &Member) -> Wallet {
    let follower = Wallet::named(&format!("follower {}", shop.index));
    for number in [1, 2] {
        let arguments = (Side::Merchant, shop.index, follower.account());
        site.done(attestor(number), KIND, "attest_recovery", &arguments);
    }
    follower
}

fn registrations(site: &mut Site, shop: &Member, device: u32) {
    let (first, second) = (attestor(1), attestor(2));
    let newcomer = (Side::Merchant, account("newcomer"), hash("newcomer"), hash("papers"));
    site.case(KIND, "register", "a new party", first, &newcomer);
    let newcomer = (account("newcomer"), hash("newcomer"), hash("papers"));
    site.case(KIND, "register_agent", "a new agent", first, &newcomer);
    let key: PublicKey = DeviceKey::ecdsa("another").public();
    site.case(KIND, "register_device", "told to `receipts`", first, &(shop.index, key));
    site.case(KIND, "set_device_active", "told to `receipts`", first, &(device, false));
    let proposed = "the first word on new figures";
    let agreed = "a second attestor agrees, figures with a history";
    site.case(KIND, "attest_capital", proposed, first, &(2u32, CAPITAL));
    site.case(KIND, "attest_business", proposed, first, &(2u32, BUSINESS));
    site.done(first, KIND, "attest_capital", &(shop.index, CAPITAL));
    site.done(first, KIND, "attest_business", &(shop.index, BUSINESS));
    site.case(KIND, "attest_capital", agreed, second, &(shop.index, CAPITAL));
    site.case(KIND, "attest_business", agreed, second, &(shop.index, BUSINESS));
}

fn administration(site: &mut Site, shop: &Member, appealed: &Member, agent: u32) {
    let admin = account("admin");
    let (side, reason) = (Side::Merchant, hash("reason"));
    site.case(KIND, "set_attestor", "a new one", admin, &(account("attestor 3"), true));
    let removed = (side, shop.index, Status::Removed, reason);
    site.case(KIND, "set_status", "the first change, of a standing of an earlier epoch", admin, &removed);
    let granted = (side, appealed.index, true, reason);
    site.case(KIND, "decide_appeal", "granted, after the change's own epoch", admin, &granted);
    let until_ms = site.network.state.now_ms() + 1;
    site.case(KIND, "place_hold", "the first", admin, &(side, shop.index, until_ms, reason));
    site.case(KIND, "set_agent_status", "removed", admin, &(agent, false, reason));
    site.case(KIND, "move_agent", "to a new account", admin, &(agent, account("another")));
    let history = "with a history, in the place of one that has begun";
    site.case(KIND, "set_clamp", history, admin, &(BUSINESS.trade, CLAMP, TODAY + 1));
    site.case(KIND, "set_capital_floor", history, admin, &(BUSINESS, 2u128, TODAY + 1));
    site.case(KIND, "set_cash_cap", history, admin, &(2u64, TODAY + 1));
}

/// Accounts on their way to others.
fn accounts(site: &mut Site, shops: &[Member], customer: &Member) {
    let side = Side::Merchant;
    let (first, second, third) = (&shops[5], &shops[6], &shops[7]);
    let new = account("new");
    site.case(KIND, "propose_account", "nobody was proposed before", first.account(), &new);
    site.relayed(KIND, "ProposeAccount", &first.wallet, &Action::ProposeAccount { account: new });
    let proposed = "the first attestor's word";
    site.case(KIND, "attest_recovery", proposed, attestor(1), &(side, first.index, new));
    site.done(attestor(1), KIND, "attest_recovery", &(side, second.index, new));
    let supporting = "the second attestor's word";
    site.case(KIND, "attest_recovery", supporting, attestor(2), &(side, second.index, new));
    let follower = supported(site, third);
    let index = third.index;
    site.case(KIND, "consent_recovery", "the only time", follower.account(), &(side, index));
    site.relayed(KIND, "ConsentRecovery", &follower, &Action::ConsentRecovery { side, index });
    site.case(KIND, "cancel_recovery", "by the old account", third.account(), &(side, index));
    site.relayed(KIND, "CancelRecovery", &third.wallet, &Action::CancelRecovery { side, index });
    let confirmed = (side, index, follower.account());
    site.case(KIND, "confirm_recovery", "two attestors support it", account("admin"), &confirmed);
    // A customer that changes its account by itself, though somebody says it is lost.
    let (side, index, next) = (Side::Customer, customer.index, Wallet::named("next"));
    site.done(customer.account(), KIND, "propose_account", &next.account());
    site.done(attestor(1), KIND, "attest_recovery", &(side, index, new));
    let cancels = "of an earlier epoch, and it ends a recovery";
    site.case(KIND, "accept_account", cancels, next.account(), &(side, index));
    site.relayed(KIND, "AcceptAccount", &next, &Action::AcceptAccount { side, index });
}
