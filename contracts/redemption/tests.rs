//! The messages on ink!'s off-chain environment, which cannot call other
//! contracts: what needs one is tested as a rule in its module, and with the
//! suite on the embedded chain.

use crate::redemption::Redemption;
use bizkey_primitives::{
    action::{
        redemption::{device_hash, Action, TillAction},
        signed_bytes, Authorization,
    },
    errors::redemption::Error,
    pause::COOL_DOWN_MS,
    redemption::{
        FiatSale, PrivilegeTerms, RedemptionContracts, RedemptionParameters, RedemptionRole, TaskTerms, PRICE_SCALE,
    },
    signature::Signature,
    spend::SpendTicket,
    AccountId, Calendar, Hash, TOKEN,
};
use ink::env::{test, DefaultEnvironment};

const EPOCH_MS: u64 = 1_000;
const GENESIS_MS: u64 = 10_000;
const DEPLOYER: u8 = 1;
const FOUNDATION: u8 = 2;
const SETTER: u8 = 3;
const SELLER: u8 = 4;
const CONFIRMER: u8 = 5;
const STRANGER: u8 = 9;

fn account(n: u8) -> AccountId {
    AccountId::from([n; 32])
}

fn genesis() -> Hash {
    Hash::from([9; 32])
}

fn here() -> AccountId {
    ink::env::account_id::<DefaultEnvironment>()
}

fn by(caller: u8) {
    test::set_caller::<DefaultEnvironment>(account(caller));
}

fn at(now_ms: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(now_ms);
}

fn events() -> usize {
    test::recorded_events().count()
}

fn contracts() -> RedemptionContracts {
    RedemptionContracts { bzky: account(20), time: account(21), registry: account(22), receipts: account(23) }
}

/// In epoch 0, with every role given and Time at one minor unit.
fn contract() -> Redemption {
    // Resets the environment of this thread: some tests need a new one a case.
    test::run_test::<DefaultEnvironment, _>(|_| Ok(())).unwrap();
    by(DEPLOYER);
    at(GENESIS_MS);
    let calendar = Calendar::new(GENESIS_MS, EPOCH_MS).unwrap();
    let mut contract = Redemption::open(calendar, genesis(), contracts()).unwrap();
    for (role, who) in [
        (RedemptionRole::PriceSetter, SETTER),
        (RedemptionRole::FiatSeller, SELLER),
        (RedemptionRole::TaskConfirmer, CONFIRMER),
    ] {
        contract.set_role(role, Some(account(who))).unwrap();
        assert_eq!(contract.role(role), Some(account(who)));
    }
    let parameters = RedemptionParameters { official_price: PRICE_SCALE, lock_epochs: 2, ..contract.parameters() };
    contract.set_parameters(parameters).unwrap();
    contract
}

fn task_terms() -> TaskTerms {
    TaskTerms { conditions: genesis(), reward: TOKEN, stock: 1, expires_ms: GENESIS_MS + 1 }
}

#[ink::test]
fn an_unusable_calendar_is_refused() {
    let calendar = Calendar { genesis_ms: 0, epoch_ms: 0 };
    assert_eq!(Redemption::open(calendar, genesis(), contracts()).map(|_| ()), Err(Error::BadCalendar));
}

#[ink::test]
fn a_new_contract_sells_nothing_and_nobody_has_a_role() {
    by(DEPLOYER);
    let contract = Redemption::open(Calendar::new(GENESIS_MS, EPOCH_MS).unwrap(), genesis(), contracts()).unwrap();
    assert_eq!(contract.parameters(), RedemptionParameters::initial(EPOCH_MS));
    assert_eq!(contract.quote(TOKEN), Err(Error::SaleClosed));
    assert_eq!((contract.admin(), contract.is_ossified()), (account(DEPLOYER), false));
    assert_eq!(contract.role(RedemptionRole::PriceSetter), None);
    assert_eq!((contract.contracts(), contract.calendar().epoch_ms), (contracts(), EPOCH_MS));
    assert_eq!((contract.task(1), contract.privilege(1)), (None, None));
    assert_eq!((contract.collection(genesis()), contract.sale(genesis())), (None, None));
    assert!(!contract.is_fulfilled(1, 1));
}

#[ink::test]
fn it_is_handed_over_once_and_by_the_deployer() {
    let mut contract = contract();
    by(STRANGER);
    assert_eq!(contract.hand_over(account(STRANGER)), Err(Error::NotDeployer));
    by(DEPLOYER);
    contract.hand_over(account(FOUNDATION)).unwrap();
    assert_eq!(contract.hand_over(account(STRANGER)), Err(Error::AlreadyBound));
    assert_eq!(contract.admin(), account(FOUNDATION));
    by(FOUNDATION);
    assert_eq!(contract.hand_over(account(STRANGER)), Err(Error::NotDeployer));
}

#[ink::test]
fn only_the_admin_governs() {
    let mut contract = contract();
    contract.hand_over(account(FOUNDATION)).unwrap();
    for caller in [DEPLOYER, STRANGER, SETTER, SELLER, CONFIRMER] {
        by(caller);
        let parameters = contract.parameters();
        assert_eq!(contract.set_code(genesis()), Err(Error::NotAdmin));
        assert_eq!(contract.ossify(), Err(Error::NotAdmin));
        assert_eq!(contract.pause(GENESIS_MS + 1), Err(Error::NotAdmin));
        assert_eq!(contract.set_role(RedemptionRole::PriceSetter, None), Err(Error::NotAdmin));
        assert_eq!(contract.set_parameters(parameters), Err(Error::NotAdmin));
        assert_eq!(contract.anchor_price(1), Err(Error::NotAdmin));
    }
}

#[ink::test]
fn an_ossified_contract_takes_no_code() {
    let mut contract = contract();
    contract.ossify().unwrap();
    assert!(contract.is_ossified());
    assert_eq!(contract.ossify(), Err(Error::Ossified));
    assert_eq!(contract.set_code(genesis()), Err(Error::Ossified));
}

#[ink::test]
fn the_official_price_is_set_once() {
    let mut contract = contract();
    let fair = contract.parameters();
    for official_price in [0, PRICE_SCALE + 1] {
        let other = RedemptionParameters { official_price, ..fair };
        assert_eq!(contract.set_parameters(other), Err(Error::OfficialPriceFixed));
    }
    let bad = RedemptionParameters { burn_percent: 101, ..fair };
    assert_eq!(contract.set_parameters(bad), Err(Error::BadParameters));
    let other = RedemptionParameters { burn_percent: 100, ..fair };
    contract.set_parameters(other).unwrap();
    assert_eq!(contract.parameters(), other);
}

#[ink::test]
fn a_pause_stops_minting_fulfilling_and_collecting_and_nothing_else() {
    let mut contract = contract();
    by(SELLER);
    contract.sell_for_fiat(genesis(), account(STRANGER), 3).unwrap();
    by(DEPLOYER);
    contract.anchor_price(PRICE_SCALE).unwrap();
    assert_eq!(contract.pause(GENESIS_MS), Err(Error::PauseTooLong));
    contract.pause(GENESIS_MS + 100).unwrap();
    assert_eq!(contract.pause(GENESIS_MS + 200), Err(Error::PauseCoolingDown));
    assert_eq!(contract.buy(TOKEN, TOKEN), Err(Error::Paused));
    assert_eq!(contract.release_sale(genesis()), Err(Error::Paused));
    assert_eq!(contract.create_task(task_terms()), Err(Error::Paused), "Bizkey's own, which mints");
    by(CONFIRMER);
    assert_eq!(contract.fulfil(1, 1), Err(Error::Paused));
    let ticket = SpendTicket {
        genesis: genesis(),
        contract: [0; 32],
        merchant: 0,
        privilege: 1,
        version: 1,
        customer: 1,
        nonce: 0,
        amount: 1,
        expires_ms: GENESIS_MS,
    };
    assert_eq!(contract.collect(ticket, Signature::Sr25519([0; 64])), Err(Error::Paused));
    assert_eq!(contract.refund(genesis()), Err(Error::UnknownCollection));
    assert_eq!(contract.settle(vec![genesis()]), Ok(0));
    by(SELLER);
    contract.sell_for_fiat(Hash::from([1; 32]), account(STRANGER), 3).unwrap();
    contract.charge_back(Hash::from([1; 32])).unwrap();
    at(GENESIS_MS + 2 * EPOCH_MS + 99);
    assert_eq!(contract.release_sale(genesis()), Err(Error::WindowOpen), "the period is longer by the pause");
    at(GENESIS_MS + 100 + COOL_DOWN_MS);
    by(DEPLOYER);
    contract.pause(GENESIS_MS + 101 + COOL_DOWN_MS).unwrap();
}

#[ink::test]
fn only_the_price_setter_moves_the_price() {
    let mut contract = contract();
    contract.anchor_price(PRICE_SCALE).unwrap();
    assert_eq!(contract.anchor_price(0), Err(Error::ZeroAmount));
    assert_eq!(contract.set_price(PRICE_SCALE, GENESIS_MS), Err(Error::NotPriceSetter));
    assert_eq!(contract.quote(TOKEN), Err(Error::SaleClosed), "the anchor is not confirmed");
    by(SETTER);
    assert_eq!(contract.set_price(PRICE_SCALE, GENESIS_MS + 1), Err(Error::BadPriceDate));
    assert_eq!(contract.set_price(PRICE_SCALE * 2, GENESIS_MS), Err(Error::PriceOutOfBounds));
    let before = events();
    contract.set_price(PRICE_SCALE, GENESIS_MS).unwrap();
    assert_eq!(events(), before + 1);
    assert_eq!(contract.quote(TOKEN), Ok(TOKEN * 9 / 10));
    assert_eq!(contract.price().dated_ms, GENESIS_MS);
    by(STRANGER);
    assert_eq!(contract.buy(0, TOKEN), Err(Error::ZeroAmount));
    assert_eq!(contract.buy(TOKEN, TOKEN / 10), Err(Error::CostTooHigh));
    assert_eq!(contract.buy(100_001 * TOKEN, u128::MAX), Err(Error::DailyCap));
    at(GENESIS_MS + EPOCH_MS + 1);
    assert_eq!(contract.buy(TOKEN, TOKEN), Err(Error::SaleClosed), "stale");
}

#[ink::test]
fn only_the_seller_sells_for_fiat_and_within_the_days_cap() {
    let mut contract = contract();
    assert_eq!(contract.sell_for_fiat(genesis(), account(STRANGER), 3), Err(Error::NotFiatSeller));
    assert_eq!(contract.charge_back(genesis()), Err(Error::NotFiatSeller));
    by(SELLER);
    assert_eq!(contract.charge_back(genesis()), Err(Error::UnknownPayment));
    assert_eq!(contract.sell_for_fiat(genesis(), account(STRANGER), 0), Err(Error::ZeroAmount));
    assert_eq!(contract.sell_for_fiat(genesis(), account(STRANGER), 100_001), Err(Error::DailyCap));
    assert_eq!(contract.sell_for_fiat(genesis(), account(STRANGER), 100_000), Ok(100_000 * TOKEN));
    assert_eq!(contract.sell_for_fiat(genesis(), account(STRANGER), 1), Err(Error::PaymentUsed));
    assert_eq!(contract.sell_for_fiat(Hash::from([1; 32]), account(STRANGER), 1), Err(Error::DailyCap));
    let lock_ms = 2 * EPOCH_MS;
    let pending = FiatSale::Pending { to: account(STRANGER), amount: 100_000 * TOKEN, from_ms: GENESIS_MS, lock_ms };
    assert_eq!(contract.sale(genesis()), Some(pending));
    assert_eq!(contract.release_sale(genesis()), Err(Error::WindowOpen));
    contract.charge_back(genesis()).unwrap();
    assert_eq!(contract.charge_back(genesis()), Err(Error::PaymentSettled));
    assert_eq!(contract.release_sale(genesis()), Err(Error::PaymentSettled));
    assert_eq!(contract.sell_for_fiat(Hash::from([1; 32]), account(STRANGER), 1), Err(Error::DailyCap));
    at(GENESIS_MS + EPOCH_MS);
    contract.sell_for_fiat(Hash::from([1; 32]), account(STRANGER), 100_000).unwrap();
    assert_eq!(contract.release_sale(Hash::from([2; 32])), Err(Error::UnknownPayment));
}

#[ink::test]
fn the_admin_and_the_confirmer_act_for_bizkey_and_for_no_shop() {
    let mut contract = contract();
    assert_eq!(contract.create_task(TaskTerms { reward: 0, ..task_terms() }), Err(Error::BadTerms));
    let terms = PrivilegeTerms {
        conditions: genesis(),
        price: 1,
        stock: 1,
        expires_ms: GENESIS_MS + 1,
        opens: 0,
        closes: 0,
        refund_ms: 0,
    };
    assert_eq!(contract.create_privilege(terms), Err(Error::NotShop));
    assert_eq!(contract.change_privilege(1, terms), Err(Error::NotShop));
    assert_eq!(contract.close_privilege(1), Err(Error::UnknownPrivilege));
    assert_eq!(contract.restock_task(1, 0), Err(Error::ZeroAmount));
    assert_eq!(contract.restock_task(1, 1), Err(Error::UnknownTask));
    assert_eq!(contract.close_task(1), Err(Error::UnknownTask));
    by(CONFIRMER);
    assert_eq!(contract.fulfil(1, 1), Err(Error::UnknownTask));
}

#[ink::test]
fn a_call_takes_a_bounded_number_of_entries() {
    let mut contract = contract();
    assert_eq!(contract.settle(vec![genesis(); 65]), Err(Error::TooMany));
    assert_eq!(contract.free_marks(1, vec![0; 129]), Err(Error::TooMany));
    assert_eq!(contract.free_marks(1, vec![0]), Ok(()));
}

fn schnorrkel_key() -> schnorrkel::Keypair {
    schnorrkel::MiniSecretKey::from_bytes(&[5; 32]).unwrap().expand_to_keypair(schnorrkel::ExpansionMode::Ed25519)
}

fn secp256k1_key() -> secp256k1::SecretKey {
    secp256k1::SecretKey::from_slice(&[6; 32]).unwrap()
}

/// An account of each kind of key.
fn wallets() -> [AccountId; 2] {
    let ecdsa = secp256k1_key().public_key(secp256k1::SECP256K1).serialize();
    let hashed = bizkey_primitives::hash::blake2x256(&ecdsa);
    [AccountId::from(schnorrkel_key().public.to_bytes()), AccountId::from(hashed)]
}

fn sign(account: AccountId, bytes: &[u8]) -> Signature {
    if account == wallets()[0] {
        return Signature::Sr25519(schnorrkel_key().sign_simple(b"substrate", bytes).to_bytes());
    }
    let message = secp256k1::Message::from_digest(bizkey_primitives::hash::blake2x256(bytes));
    let (id, rs) = secp256k1::SECP256K1.sign_ecdsa_recoverable(&message, &secp256k1_key()).serialize_compact();
    let mut signature = [0; 65];
    signature[..64].copy_from_slice(&rs);
    signature[64] = u8::try_from(id.to_i32()).unwrap();
    Signature::Ecdsa(signature)
}

fn authorize(account: AccountId, nonce: u64, expires_ms: u64, action: &Action) -> Authorization {
    let bytes = signed_bytes(&genesis(), &here(), &account, nonce, expires_ms, action);
    Authorization { account, nonce, expires_ms, signature: sign(account, &bytes) }
}

#[ink::test]
fn a_signed_action_is_done_for_its_signer_once_and_in_time() {
    for wallet in wallets() {
        let mut contract = contract();
        contract.set_role(RedemptionRole::PriceSetter, Some(wallet)).unwrap();
        contract.anchor_price(PRICE_SCALE).unwrap();
        by(STRANGER);
        let action = Action::SetPrice { price: PRICE_SCALE, dated_ms: GENESIS_MS };
        let other = Action::SetPrice { price: PRICE_SCALE + 1, dated_ms: GENESIS_MS };
        let authorization = authorize(wallet, 0, GENESIS_MS + 5, &action);
        assert_eq!(contract.relay(other, authorization), Err(Error::BadSignature));
        assert_eq!(contract.relay(action, authorize(wallet, 1, GENESIS_MS, &action)), Err(Error::BadNonce));
        assert_eq!(contract.relay(action, authorize(wallet, 0, GENESIS_MS - 1, &action)), Err(Error::Expired));
        contract.relay(action, authorization).unwrap();
        assert_eq!((contract.price().price, contract.nonce_of(wallet)), (PRICE_SCALE, 1));
        assert_eq!(contract.relay(action, authorization), Err(Error::BadNonce));
    }
}

#[ink::test]
fn every_signed_action_is_the_message_of_its_name() {
    let wallet = wallets()[0];
    let privilege = PrivilegeTerms {
        conditions: genesis(),
        price: 1,
        stock: 1,
        expires_ms: GENESIS_MS + 1,
        opens: 0,
        closes: 0,
        refund_ms: 0,
    };
    let ticket = SpendTicket {
        genesis: Hash::from([0; 32]),
        contract: [0; 32],
        merchant: 0,
        privilege: 1,
        version: 1,
        customer: 1,
        nonce: 0,
        amount: 1,
        expires_ms: GENESIS_MS,
    };
    let collect = TillAction::Collect { ticket, signature: Signature::Sr25519([0; 64]) };
    // The signer is admin and confirmer, so that no other contract is asked.
    let cases = [
        (Action::CreateTask { terms: TaskTerms { stock: 0, ..task_terms() } }, Error::BadTerms),
        (Action::RestockTask { task: 1, more: 0 }, Error::ZeroAmount),
        (Action::CloseTask { task: 1 }, Error::UnknownTask),
        (Action::CreatePrivilege { terms: privilege }, Error::NotShop),
        (Action::ChangePrivilege { privilege: 1, terms: privilege }, Error::NotShop),
        (Action::ClosePrivilege { privilege: 1 }, Error::UnknownPrivilege),
        (Action::Till { action: TillAction::Fulfil { task: 1, customer: 1 } }, Error::UnknownTask),
        (Action::Till { action: collect }, Error::WrongTicket),
        (Action::Till { action: TillAction::Refund { ticket: genesis() } }, Error::UnknownCollection),
        (Action::Buy { amount: 0, most: 0 }, Error::ZeroAmount),
        (Action::SetPrice { price: 1, dated_ms: 1 }, Error::NotPriceSetter),
    ];
    for (action, error) in cases {
        let mut contract = contract();
        contract.set_role(RedemptionRole::TaskConfirmer, Some(wallet)).unwrap();
        contract.hand_over(wallet).unwrap();
        by(STRANGER);
        assert_eq!(contract.relay(action, authorize(wallet, 0, GENESIS_MS, &action)), Err(error), "{action:?}");
    }
}

#[test]
fn a_devices_message_names_chain_contract_device_and_action() {
    let fulfil = |task, customer| TillAction::Fulfil { task, customer };
    let hash = device_hash(&genesis(), &account(1), 2, &fulfil(3, 4));
    let others = [
        device_hash(&Hash::from([8; 32]), &account(1), 2, &fulfil(3, 4)),
        device_hash(&genesis(), &account(2), 2, &fulfil(3, 4)),
        device_hash(&genesis(), &account(1), 3, &fulfil(3, 4)),
        device_hash(&genesis(), &account(1), 2, &fulfil(4, 3)),
        device_hash(&genesis(), &account(1), 2, &TillAction::Refund { ticket: genesis() }),
    ];
    assert!(!others.contains(&hash));
}
