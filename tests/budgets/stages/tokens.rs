//! Both tokens, the vault and vesting, seven months after issue: every account
//! moves Bzky for the first time in this epoch, so that a checkpoint closes.

use crate::{
    case::Stage,
    site::{account, hash, Member, Site, Wallet},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{
    action::{bzky, time, vesting},
    emission::MERCHANT_EMISSION_CAP,
    redemption::MintCause,
    vesting::Line,
    AccountId, Balance, Epoch, Side, TOKEN,
};
use bizkey_tests::DAY;

/// Seven months after issue.
const TODAY: Epoch = 210;
/// Payments that one call can make.
const PAYMENTS: usize = 256;
/// Bytes of a transfer's data, which nobody reads: with its other arguments
/// nearly all that ink! takes.
const DATA: usize = 16_000;
/// An amount that everybody has.
const SOME: Balance = 1_000 * TOKEN;

const FIRST_CHANGE: &str = "a checkpoint closes on both sides";
const WITH_DATA: &str = "a checkpoint closes on both sides; 16,000 bytes of data that nobody reads";

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    let (holder, beneficiary) = (Wallet::named("holder"), Wallet::named("beneficiary"));
    let payees: Vec<AccountId> = (0..PAYMENTS).map(|number| account(&format!("payee {number}"))).collect();
    let (shop, customer) = (site.party(Side::Merchant, "shop"), site.party(Side::Customer, "customer"));
    let contracts = site.network.contracts;
    site.pay_many(&payees, SOME);
    let others = [holder.account(), beneficiary.account(), contracts.rewards, contracts.foundation];
    site.pay_many(&others, SOME * 1_000);
    site.network.approve(holder.account(), account("spender"), SOME);
    let treasury = account("treasury");
    site.done(treasury, Kind::Vesting, "propose_beneficiary", &(Line::Team, beneficiary.account()));
    site.done(beneficiary.account(), Kind::Vesting, "accept_beneficiary", &Line::Team);
    let follower = Wallet::named("follower");
    site.done(treasury, Kind::Vesting, "propose_beneficiary", &(Line::Partners, follower.account()));
    let sold = MintCause::BzkySale { paid: 1 };
    let mut mover = site.party(Side::Customer, "mover");
    let left = mover.account();
    for holder in [shop.account(), contracts.redemption, left] {
        site.done(contracts.redemption, Kind::Time, "mint", &(sold, holder, SOME));
    }
    site.change_account(Side::Customer, &mut mover, &Wallet::named("mover's next"));
    site.network.enter_epoch(TODAY / 2);
    let until_ms = site.network.state.now_ms() + DAY;
    site.done(contracts.foundation, Kind::Time, "pause", &until_ms);
    site.network.enter_epoch(TODAY);
    of_bzky(&mut site, &holder, &payees);
    of_time(&mut site, &shop, &customer);
    site.case(Kind::Time, "follow_account", "to a new holder", account("stranger"), &left);
    let release = (TODAY - 1, MERCHANT_EMISSION_CAP);
    site.case(Kind::Vault, "release", "the most that an epoch can take", contracts.rewards, &release);
    of_vesting(&mut site, &beneficiary, &follower);
    site.stage("tokens")
}

fn of_bzky(site: &mut Site, holder: &Wallet, payees: &[AccountId]) {
    let kind = Kind::Bzky;
    let (origin, to) = (holder.account(), payees[0]);
    let (none, long) = (Vec::<u8>::new(), vec![0u8; DATA]);
    let payments: Vec<(AccountId, Balance)> = payees.iter().map(|payee| (*payee, TOKEN)).collect();
    site.case(kind, "transfer_many", "256 payments, each closes a checkpoint", origin, &payments);
    site.case(kind, "PSP22::transfer", FIRST_CHANGE, origin, &(to, TOKEN, &none));
    site.case(kind, "PSP22::transfer", WITH_DATA, origin, &(to, TOKEN, &long));
    let spender = account("spender");
    site.case(kind, "PSP22::transfer_from", FIRST_CHANGE, spender, &(origin, to, TOKEN, &none));
    site.case(kind, "PSP22::transfer_from", WITH_DATA, spender, &(origin, to, TOKEN, &long));
    site.case(kind, "PSP22::approve", "a new allowance", origin, &(to, TOKEN));
    site.case(kind, "PSP22::increase_allowance", "a new allowance", origin, &(to, TOKEN));
    site.case(kind, "PSP22::decrease_allowance", "not to nothing", origin, &(spender, TOKEN));
    site.case(kind, "PSP22Burnable::burn", "a checkpoint closes", origin, &TOKEN);
    site.relayed(kind, "Transfer", holder, &bzky::Action::Transfer { to, value: TOKEN });
    site.relayed(kind, "Approve", holder, &bzky::Action::Approve { spender: to, value: TOKEN });
    site.relayed(kind, "Burn", holder, &bzky::Action::Burn { value: TOKEN });
}

fn of_time(site: &mut Site, shop: &Member, customer: &Member) {
    let kind = Kind::Time;
    let contracts = site.network.contracts;
    let (rewards, redemption) = (contracts.rewards, contracts.redemption);
    let payments: Vec<(AccountId, Balance)> =
        (0..PAYMENTS).map(|number| (account(&format!("customer {number}")), TOKEN)).collect();
    site.case(kind, "mint_many", "256 payments to new holders", rewards, &(TODAY - 1, payments));
    let cause = MintCause::FiatSale { payment: hash("payment") };
    site.case(kind, "mint", "to a new holder", redemption, &(cause, customer.account(), TOKEN));
    site.case(kind, "give", "to a new holder", redemption, &(redemption, customer.account(), TOKEN));
    site.case(kind, "collect", "not all of it", redemption, &(redemption, TOKEN));
    let until_ms = site.network.state.now_ms() + DAY;
    site.case(kind, "pause", "not the first one", contracts.foundation, &until_ms);
    let (from, to, none) = (shop.account(), customer.account(), Vec::<u8>::new());
    site.case(kind, "PSP22::transfer", "a gift to a new holder", from, &(to, TOKEN, &none));
    let long = vec![0u8; DATA];
    let with_data = "a gift to a new holder; 16,000 bytes of data that nobody reads";
    site.case(kind, "PSP22::transfer", with_data, from, &(to, TOKEN, &long));
    site.case(kind, "PSP22Burnable::burn", "not all of it", from, &TOKEN);
    site.refused(kind, "PSP22::transfer_from", from, &(from, to, TOKEN, &none));
    site.refused(kind, "PSP22::approve", from, &(to, TOKEN));
    site.refused(kind, "PSP22::increase_allowance", from, &(to, TOKEN));
    site.refused(kind, "PSP22::decrease_allowance", from, &(to, TOKEN));
    site.relayed(kind, "Gift", &shop.wallet, &time::Action::Gift { to, value: TOKEN });
    site.relayed(kind, "Burn", &shop.wallet, &time::Action::Burn { value: TOKEN });
}

fn of_vesting(site: &mut Site, beneficiary: &Wallet, follower: &Wallet) {
    let kind = Kind::Vesting;
    let (foundation, stranger) = (site.network.contracts.foundation, account("stranger"));
    site.case(kind, "release", "the team's 18 months, for the first time", stranger, &Line::Team);
    site.case(kind, "release_foundation", "the first half-year", foundation, &TOKEN);
    let listing_ms = site.network.state.now_ms() + DAY;
    site.case(kind, "set_listing_date", "the only time", foundation, &listing_ms);
    let next = account("next");
    let propose = (Line::Team, next);
    site.case(kind, "propose_beneficiary", "nobody was proposed before", beneficiary.account(), &propose);
    site.case(kind, "accept_beneficiary", "the only way", follower.account(), &Line::Partners);
    let action = vesting::Action::ProposeBeneficiary { line: Line::Team, account: next };
    site.relayed(kind, "ProposeBeneficiary", beneficiary, &action);
    let action = vesting::Action::AcceptBeneficiary { line: Line::Partners };
    site.relayed(kind, "AcceptBeneficiary", follower, &action);
}
