//! `pos_deposit` after a shop moved to another account, with 64 pledges at
//! either: whatever touches its deposits takes all of them along.

use crate::{
    case::Stage,
    site::{account, Member, Site, Wallet},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{action::pos_deposit::Action, AccountId, Balance, DeviceId, Epoch, Hash, Side, TOKEN};

const KIND: Kind = Kind::PosDeposit;
/// The penalty window of the returned device is over.
const TODAY: Epoch = 100;
/// Most pledges of an account.
const PLEDGES: u32 = 64;
/// What the shop locks for a device.
const LOCKED: Balance = 1_000 * TOKEN;

const FOLLOWS: &str = "the shop has a new account: 64 pledges join 64 there";

/// The shop's devices, by what becomes of them.
struct Devices {
    /// Records, with a deposit of the first account.
    used: DeviceId,
    /// Records, with a deposit of the second account.
    second: DeviceId,
    /// Returned, its window is over.
    returned: DeviceId,
    /// Stopped, and offered to become `free`.
    offered: DeviceId,
    /// Without a deposit.
    free: DeviceId,
}

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    let mut shop = site.party(Side::Merchant, "shop");
    let mut till = |name: &str| site.network.device(shop.index, name).id;
    let devices = Devices {
        used: till("used"),
        second: till("second"),
        returned: till("returned"),
        offered: till("offered"),
        free: till("free"),
    };
    let admin = account("admin");
    let pos_deposit = site.network.contracts.pos_deposit;
    for class in [1u8, 2] {
        site.done(admin, KIND, "set_schedule", &(class, Some(LOCKED)));
    }
    for device in [devices.free, devices.offered] {
        site.done(admin, KIND, "assign_class", &(device, 1u8));
    }
    site.equip(shop.account(), 10 * LOCKED, pos_deposit);
    for device in [devices.used, devices.returned, devices.offered] {
        site.done(shop.account(), KIND, "lock", &(device, LOCKED));
    }
    site.done(shop.account(), KIND, "offer_transfer", &(devices.offered, Some(devices.free)));
    for device in [devices.returned, devices.offered] {
        site.done(account("attestor 1"), Kind::Registry, "set_device_active", &(device, false));
    }
    site.network.enter_epoch(TODAY - 10);
    site.done(admin, KIND, "confirm_return", &devices.returned);
    pledge(&mut site, shop.account(), 0);
    let next = Wallet::named("the shop's next");
    site.change_account(Side::Merchant, &mut shop, &next);
    site.equip(shop.account(), 10 * LOCKED, pos_deposit);
    site.done(shop.account(), KIND, "lock", &(devices.second, LOCKED));
    pledge(&mut site, shop.account(), 1);
    // Both have held Bzky before.
    site.pay_many(&[account("beneficiary"), site.network.contracts.vault], TOKEN);
    site.network.enter_epoch(TODAY);
    of_the_shop(&mut site, &shop, &devices);
    of_others(&mut site, &shop, &devices);
    site.stage("pos_deposit")
}

/// Pledges of one unit each that end by turns with those of the other account.
fn pledge(site: &mut Site, account: AccountId, offset: Epoch) {
    let rewards = site.network.contracts.rewards;
    for number in 0..PLEDGES {
        site.done(rewards, KIND, "pledge", &(account, 1u128, 2 * TODAY + 2 * number + offset));
    }
}

fn of_the_shop(site: &mut Site, shop: &Member, devices: &Devices) {
    let (origin, used) = (shop.account(), devices.used);
    site.case(KIND, "lock", "the first for a device, of a class with a schedule", origin, &(devices.free, LOCKED));
    site.case(KIND, "lock", FOLLOWS, origin, &(used, LOCKED));
    site.relayed(KIND, "Lock, and 64 pledges join 64", &shop.wallet, &Action::Lock { device: used, amount: LOCKED });
    let agent = Wallet::named("agent").account();
    let of_agent = (agent, Hash::default(), Hash::default());
    site.done(account("attestor 1"), Kind::Registry, "register_agent", &of_agent);
    site.case(KIND, "set_agent", "nobody was named before", origin, &(used, Some(agent)));
    let action = Action::SetAgent { device: used, agent: Some(agent) };
    site.relayed(KIND, "SetAgent", &shop.wallet, &action);
    site.case(KIND, "offer_transfer", FOLLOWS, origin, &(used, Some(devices.free)));
    let action = Action::OfferTransfer { device: used, to: Some(devices.free) };
    site.relayed(KIND, "OfferTransfer, and 64 pledges join 64", &shop.wallet, &action);
}

fn of_others(site: &mut Site, shop: &Member, devices: &Devices) {
    let (admin, stranger, beneficiary) = (account("admin"), account("stranger"), account("beneficiary"));
    let contracts = site.network.contracts;
    let Devices { used, second, returned, offered, free } = *devices;
    site.case(KIND, "follow_depositor", FOLLOWS, stranger, &used);
    site.case(KIND, "release", FOLLOWS, stranger, &returned);
    site.case(KIND, "confirm_transfer", FOLLOWS, admin, &(offered, free));
    site.case(KIND, "confirm_return", "with an offer that ends", admin, &offered);
    let penalty = (offered, Balance::MAX, beneficiary, TOKEN, contracts.vault);
    site.case(KIND, "penalise", "all of the deposit, for two", contracts.receipts, &penalty);
    site.case(KIND, "seize", "all of the deposit", admin, &(offered, Balance::MAX, beneficiary));
    let earliest = (shop.account(), 1u128, TODAY + 1);
    site.case(KIND, "pledge", "before 64 others, two of which become one", contracts.rewards, &earliest);
    site.case(KIND, "set_platform", "somebody else", admin, &stranger);
    site.case(KIND, "set_schedule", "of a new class", admin, &(3u8, Some(LOCKED)));
    site.case(KIND, "assign_class", "of no class before", admin, &(second, 1u8));
}
