//! What two of three directors can do to others, and where that ends.

use super::{
    limits::launched,
    stage,
    steps::{account, call, Board, ADMINISTERED},
};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    board::Motion,
    errors::{redemption, registry},
    party::Deposit,
    redemption::{RedemptionParameters, RedemptionRole},
    vesting::Line,
    AccountId, Balance, Hash, Side, CUSTOMER_POOL, TIME_CAP, TOKEN,
};
use bizkey_tests::{Sandbox, DAY};
use codec::Encode;

/// From the second attestor's word to the end of a recovery.
const RECOVERY_DELAY: u64 = 7 * DAY;
/// What all sales and tasks together can ever mint.
const SALES_CAP: Balance = TIME_CAP - CUSTOMER_POOL;
/// Minor units that buy that much at a price of a millionth of one.
const FICTIONAL_PAYMENT: u64 = 9_000;

fn resolve(network: &mut Sandbox, board: &Board, kind: ContractKind, message: &str, arguments: &impl Encode) {
    let motion = call(network, kind, message, arguments);
    board.resolve(network, &motion).unwrap_or_else(|error| panic!("{kind}.{message}: {error}"));
}

/// With a seller of its own and bounds at their widest the board mints all
/// Time that sales can ever mint; not one unit more, and what customers are
/// owed for receipts can be minted still.
#[test]
fn the_board_can_inflate_time_up_to_the_cap_of_sales_and_no_further() {
    let mut network = Sandbox::new();
    stage::hand_over(&mut network);
    network.enter_epoch(1);
    let (board, friend, kind) = (Board::of(&network), account(&network, "friend"), ContractKind::Redemption);
    let parameters = RedemptionParameters {
        official_price: 1,
        fiat_cap: TIME_CAP,
        lock_epochs: 0,
        ..RedemptionParameters::initial(DAY)
    };
    resolve(&mut network, &board, kind, "set_parameters", &parameters);
    resolve(&mut network, &board, kind, "set_role", &(RedemptionRole::FiatSeller, Some(friend)));
    let sell = |network: &mut Sandbox, payment: u8, paid: u64| {
        let payment = Hash::from([payment; 32]);
        network.call::<Balance>(friend, kind, "sell_for_fiat", &(payment, friend, paid)).unwrap();
        network.call::<()>(friend, kind, "release_sale", &payment)
    };
    sell(&mut network, 1, FICTIONAL_PAYMENT).unwrap();
    assert_eq!(network.time_of(friend), SALES_CAP);
    let more = sell(&mut network, 2, 1);
    assert_eq!(more, Err(ContractError::Redemption(redemption::Error::TimeRefused)));
    assert_eq!(network.read::<Balance>(ContractKind::Time, "minted_total", &()), SALES_CAP);
    let owed = (0u32, vec![(account(&network, "customer"), 1_000_000 * TOKEN)]);
    network.call::<()>(network.contracts.rewards, ContractKind::Time, "mint_many", &owed).unwrap();
}

/// Attestors of its own move a shop to another account even if its owner
/// objects: after 7 days that all can see. With the account go deposit and
/// devices, but nothing that the owner's old account holds.
#[test]
fn the_board_can_take_over_a_shop_in_seven_days_but_not_what_its_account_holds() {
    let (mut network, board) = launched();
    let kind = ContractKind::Registry;
    let (shop, new) = (account(&network, "shop 1"), account(&network, "usurper"));
    let party = (Side::Merchant, 1u32);
    let before = (network.bzky_of(shop), network.time_of(shop));
    for friend in ["friend 1", "friend 2"].map(|name| account(&network, name)) {
        resolve(&mut network, &board, kind, "set_attestor", &(friend, true));
        network.call::<()>(friend, kind, "attest_recovery", &(party, new)).unwrap();
    }
    let supported_ms = network.state.now_ms();
    network.call::<()>(new, kind, "consent_recovery", &party).unwrap();
    network.call::<()>(shop, kind, "cancel_recovery", &party).unwrap();
    resolve(&mut network, &board, kind, "confirm_recovery", &(party, new));
    let objected = network.call::<()>(shop, kind, "cancel_recovery", &party);
    assert_eq!(objected, Err(ContractError::Registry(registry::Error::NotAdmin)));
    network.state.set_time(supported_ms + RECOVERY_DELAY - 1);
    let early = network.call::<()>(new, kind, "finish_recovery", &party);
    assert_eq!(early, Err(ContractError::Registry(registry::Error::RecoveryNotReady)));
    network.pass(1);
    network.call::<()>(new, kind, "finish_recovery", &party).unwrap();
    assert_eq!(network.read::<Option<AccountId>>(kind, "account_of", &party), Some(new));
    network.call::<()>(new, ContractKind::PosDeposit, "follow_depositor", &1u32).unwrap();
    let deposit: Option<Deposit> = network.read(ContractKind::PosDeposit, "deposit_of", &1u32);
    assert_eq!(deposit.map(|deposit| (deposit.depositor, deposit.amount)), Some((new, 100 * TOKEN)));
    assert_eq!((network.bzky_of(shop), network.time_of(shop)), before);
    assert_eq!(network.time_of(new), 0);
}

/// The other lines of `vesting` are their beneficiaries', and its own gives a
/// tenth in a half-year.
#[test]
fn the_board_takes_of_vesting_only_its_own_line() {
    let (mut network, board) = launched();
    let (kind, friend) = (ContractKind::Vesting, account(&network, "friend"));
    network.enter_epoch(6 * 30 + 1);
    let beneficiaries = Line::ALL.map(|line| network.read::<Option<AccountId>>(kind, "beneficiary_of", &line));
    let tenth = Line::Foundation.share() / 10;
    let mut motions: Vec<Motion> =
        Line::ALL.map(|line| call(&network, kind, "propose_beneficiary", &(line, friend))).to_vec();
    motions.extend(Line::ALL.map(|line| call(&network, kind, "accept_beneficiary", &line)));
    motions.push(call(&network, kind, "release", &Line::Foundation));
    motions.push(call(&network, kind, "release_foundation", &(tenth + 1)));
    for motion in &motions {
        let resolution = board.pass(&mut network, motion);
        board.enact(&mut network, resolution).expect_err("not the board's");
    }
    assert_eq!(network.bzky_of(friend), 0);
    assert_eq!(Line::ALL.map(|line| network.read::<Option<AccountId>>(kind, "beneficiary_of", &line)), beneficiaries);
    resolve(&mut network, &board, kind, "release_foundation", &tenth);
    let again = call(&network, kind, "release_foundation", &tenth);
    board.resolve(&mut network, &again).expect_err("once a half-year");
    assert_eq!(network.bzky_of(board.address), tenth);
}

/// Nobody becomes the admin of a contract by a resolution.
#[test]
fn the_board_stays_the_admin() {
    let (mut network, board) = launched();
    let friend = account(&network, "friend");
    for kind in ADMINISTERED {
        let motion = call(&network, kind, "hand_over", &friend);
        board.propose(&mut network, &motion).expect_err("refused by its selector");
        // Nor could it, if its own code let it.
        network.call::<()>(board.address, kind, "hand_over", &friend).expect_err("only the deployer");
        assert_eq!(network.read::<AccountId>(kind, "admin", &()), board.address, "{kind}");
    }
}
