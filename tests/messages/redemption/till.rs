//! What a device of the shop signs, and what anybody signs for a relayer.

use super::{
    stage::{kept, own, Stage, KIND, PRICE, PRIVILEGE_PRICE},
    tickets::high,
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    action::{
        redemption::{device_hash, Action, TillAction},
        Authorization,
    },
    errors::redemption::Error,
    party::Device as Record,
    signature::Signature,
    spend::SpendTicket,
    AccountId, Balance, Hash, Side, Status, TOKEN,
};
use bizkey_tests::{
    party::{Device, DeviceKey},
    sandbox::{input, Actor},
    DAY, HOUR,
};
use codec::Encode;

/// What a device signs is done for its shop, whoever carries it, once.
pub fn a_devices_word(stage: &mut Stage) {
    let (task, privilege) = (stage.create_task(stage.task(TOKEN, 3)), stage.create_privilege(stage.privilege()));
    let customer = stage.customer.index;
    let (ticket, signature) = stage.signed(stage.ticket(privilege, 1));
    let before = stage.time_of("customer");
    let actions = [
        (TillAction::Fulfil { task, customer }, before + TOKEN, Error::AlreadyFulfilled),
        (TillAction::Collect { ticket, signature }, before + TOKEN - PRIVILEGE_PRICE, Error::TicketUsed),
        (TillAction::Refund { ticket: Hash::from(ticket.hash()) }, before + TOKEN, Error::NothingHeld),
    ];
    for (action, after, again) in actions {
        let signature = stage.word(&stage.device, &action);
        for name in ["stranger", "shop", "customer"] {
            let done = stage.by(name, "by_device", &(stage.device.id, action, signature));
            assert_eq!(done, if name == "stranger" { Ok(()) } else { Err(again) }, "{action:?} by {name}");
        }
        assert_eq!(stage.time_of("customer"), after, "{action:?}");
        stage.even();
    }
}

/// Only the device's own signature over exactly this, here, counts.
pub fn a_forged_word(stage: &mut Stage) {
    let task = stage.create_task(stage.task(TOKEN, 9));
    let (customer, friend) = (stage.customer.index, stage.friend.index);
    let action = TillAction::Fulfil { task, customer };
    let (shop, rival) = (stage.shop.index, stage.rival.index);
    let (device, second) = (stage.device.clone(), stage.network.device(shop, "second device"));
    let rivals = stage.network.device(rival, "rival's device");
    let (genesis, here) = (stage.network.genesis, stage.contract);
    let receipts = stage.network.contracts.receipts;
    let good = stage.word(&device, &action);
    let by_key = |key: &DeviceKey, id, genesis, contract: AccountId, action| {
        key.sign(&device_hash(&genesis, &contract, id, &action))
    };
    let forged = [
        by_key(&second.key, device.id, genesis, here, action),
        by_key(&device.key, second.id, genesis, here, action),
        by_key(&device.key, device.id, Hash::from([1; 32]), here, action),
        by_key(&device.key, device.id, genesis, receipts, action),
        by_key(&device.key, device.id, genesis, here, TillAction::Fulfil { task, customer: friend }),
        by_key(&DeviceKey::sr25519("device"), device.id, genesis, here, action),
        stage.shop.actor.sign(&device_hash(&genesis, &here, device.id, &action)),
        high(good),
        Signature::Ecdsa([0; 65]),
        Signature::Sr25519([0; 64]),
    ];
    for signature in forged {
        stage.refused("relayer", "by_device", &(device.id, action, signature), Error::BadSignature);
    }
    stage.refused("relayer", "by_device", &(second.id, action, good), Error::BadSignature);
    for unknown in [0, rivals.id + 1] {
        stage.refused("relayer", "by_device", &(unknown, action, good), Error::UnknownDevice);
    }
    // Another shop's device speaks for another shop.
    let (ticket, signature) = stage.signed(SpendTicket { merchant: shop, ..stage.ticket(1, 1) });
    for (action, error) in [
        (action, Error::NotOwner),
        (TillAction::Collect { ticket, signature }, Error::WrongTicket),
        (TillAction::Refund { ticket: Hash::default() }, Error::UnknownCollection),
    ] {
        let signature = stage.word(&rivals, &action);
        stage.refused("relayer", "by_device", &(rivals.id, action, signature), error);
    }
    stage.by("relayer", "by_device", &(device.id, action, good)).unwrap();
    // A Schnorrkel key serves as well.
    let key = DeviceKey::sr25519("third device");
    let attestor = stage.account("attestor 1");
    let id: u32 =
        stage.network.call(attestor, ContractKind::Registry, "register_device", &(shop, key.public())).unwrap();
    let third = Device { id, key, next_seq: 0 };
    let action = TillAction::Fulfil { task, customer: friend };
    stage.by("relayer", "by_device", &(id, action, stage.word(&third, &action))).unwrap();
    let record: Option<Record> = stage.network.read(ContractKind::Receipts, "device", &id);
    assert_eq!(record.unwrap().merchant, shop);
}

/// A stopped or retired device does nothing; a device of a shop out of the
/// network still gives back.
pub fn a_stopped_device(stage: &mut Stage) {
    let (task, privilege) = (stage.create_task(stage.task(TOKEN, 9)), stage.create_privilege(stage.privilege()));
    let ticket = stage.collected(privilege, 1);
    let (customer, merchant, device) = (stage.customer.index, stage.shop.index, stage.device.id);
    let (attestor, shop) = (stage.account("attestor 1"), stage.shop.account());
    let (fulfil, refund) = (TillAction::Fulfil { task, customer }, TillAction::Refund { ticket });
    let set = |stage: &mut Stage, active: bool| {
        let set: Result<(), _> =
            stage.network.call(attestor, ContractKind::Registry, "set_device_active", &(device, active));
        set.unwrap();
    };
    set(stage, false);
    for action in [fulfil, refund] {
        assert_eq!(stage.by_device(action), Err(Error::DeviceStopped));
    }
    set(stage, true);
    stage.set_status(Side::Merchant, merchant, Status::Removed);
    assert_eq!(stage.by_device(fulfil), Err(Error::NotPayable));
    stage.by_device(refund).unwrap();
    stage.set_status(Side::Merchant, merchant, Status::Active);
    let retired: Result<(), _> = stage.network.call(shop, ContractKind::Registry, "retire_device", &device);
    retired.unwrap();
    assert_eq!(stage.by_device(fulfil), Err(Error::DeviceStopped));
}

/// One action of every kind, in an order in which each can be done.
pub fn signed_messages(stage: &mut Stage) {
    let (shop, customer) = (stage.shop.actor.clone(), stage.customer.actor.clone());
    let (setter, confirmer) = (stage.network.actor("price setter"), stage.network.actor("task confirmer"));
    let (terms, privilege_terms) = (stage.task(TOKEN, 2), stage.privilege());
    carried(stage, &shop, Action::CreateTask { terms }, "create_task", &terms);
    carried(stage, &shop, Action::RestockTask { task: 1, more: 2 }, "restock_task", &(1u32, 2u32));
    let index = stage.customer.index;
    let fulfil = TillAction::Fulfil { task: 1, customer: index };
    carried(stage, &shop, Action::Till { action: fulfil }, "fulfil", &(1u32, index));
    let action = Action::CreatePrivilege { terms: privilege_terms };
    carried(stage, &shop, action, "create_privilege", &privilege_terms);
    let action = Action::ChangePrivilege { privilege: 1, terms: privilege_terms };
    carried(stage, &shop, action, "change_privilege", &(1u32, privilege_terms));
    let (ticket, signature) = stage.signed(SpendTicket { version: 2, ..stage.ticket(1, 1) });
    let action = Action::Till { action: TillAction::Collect { ticket, signature } };
    carried(stage, &shop, action, "collect", &(ticket, signature));
    let hash = Hash::from(ticket.hash());
    carried(stage, &shop, Action::Till { action: TillAction::Refund { ticket: hash } }, "refund", &hash);
    carried(stage, &shop, Action::CloseTask { task: 1 }, "close_task", &1u32);
    carried(stage, &shop, Action::ClosePrivilege { privilege: 1 }, "close_privilege", &1u32);
    let (amount, most) = (TOKEN, 2 * TOKEN);
    carried(stage, &customer, Action::Buy { amount, most }, "buy", &(amount, most));
    stage.pass(HOUR);
    let (price, dated_ms) = (PRICE + 1, stage.now() - 1);
    carried(stage, &setter, Action::SetPrice { price, dated_ms }, "set_price", &(price, dated_ms));
    let admin = stage.admin();
    let bizkeys: u32 = stage.ask(admin, "create_task", &stage.task(TOKEN, 1)).unwrap();
    let fulfil = TillAction::Fulfil { task: bizkeys, customer: index };
    carried(stage, &confirmer, Action::Till { action: fulfil }, "fulfil", &(bizkeys, index));
    assert_eq!(stage.read::<u64>("nonce_of", &shop.account()), 9);
    // A stranger's signature is a stranger's call, and a refusal uses no nonce up.
    let stranger = stage.network.actor("stranger");
    for (action, error) in [
        (Action::CreateTask { terms }, Error::NotShop),
        (Action::CloseTask { task: bizkeys }, Error::NotShop),
        (Action::SetPrice { price, dated_ms }, Error::NotPriceSetter),
        (Action::Buy { amount, most }, Error::PaymentRefused),
    ] {
        assert_eq!(stage.relay(&stranger, &action), Err(error));
    }
    assert_eq!(stage.read::<u64>("nonce_of", &stranger.account()), 0);
}

/// Carried by a stranger, what `signer` signed does what its own call does;
/// it cannot be changed, carried elsewhere, as another's, too late, or twice.
fn carried(stage: &mut Stage, signer: &Actor, action: Action, message: &str, arguments: &impl Encode) {
    let contracts = [stage.contract, stage.network.contracts.time, stage.network.contracts.bzky];
    let (here, call) = (stage.contract, input(message, arguments));
    let (events, after) = stage.network.state.rolled_back(|state| {
        let direct = state.execute(signer.account(), here, call);
        assert!(direct.result.is_ok(), "{message} is refused its signer: {direct:?}");
        (direct.events, kept(state, contracts))
    });
    let now_ms = stage.now();
    let good = stage.network.authorize(KIND, signer, &action);
    let nonce = good.nonce;
    let signed = |stage: &Stage, nonce, end_ms| stage.network.authorize_until(KIND, signer, &action, nonce, end_ms);
    let stranger = stage.network.actor("stranger");
    let elsewhere = stage.network.authorize_until(ContractKind::Otc, signer, &action, nonce, good.expires_ms);
    let another = Action::Buy { amount: 1, most: Balance::MAX };
    let genesis = std::mem::replace(&mut stage.network.genesis, Hash::from([1; 32]));
    let other_chain = signed(stage, nonce, good.expires_ms);
    stage.network.genesis = genesis;
    let bad = [
        (signed(stage, nonce, now_ms - 1), Error::Expired),
        (signed(stage, nonce + 1, good.expires_ms), Error::BadNonce),
        (Authorization { nonce: nonce + 1, ..good }, Error::BadNonce),
        (Authorization { expires_ms: now_ms + DAY, ..good }, Error::BadSignature),
        (Authorization { account: stranger.account(), nonce: 0, ..good }, Error::BadSignature),
        (Authorization { signature: stranger.sign(b"anything"), ..good }, Error::BadSignature),
        (elsewhere, Error::BadSignature),
        (other_chain, Error::BadSignature),
        (stage.network.authorize_until(KIND, signer, &another, nonce, good.expires_ms), Error::BadSignature),
    ];
    let before = stage.kept();
    let carry = |stage: &mut Stage, authorization| stage.network.carry(KIND, &action, authorization).map_err(own);
    for (position, (authorization, error)) in bad.into_iter().enumerate() {
        assert_eq!(carry(stage, authorization), Err(error), "{message}, {position}");
    }
    assert!(before == stage.kept() && stage.read::<u64>("nonce_of", &signer.account()) == nonce);
    stage.at(good.expires_ms + 1);
    assert_eq!(carry(stage, good), Err(Error::Expired), "{message}");
    stage.at(now_ms);
    carry(stage, good).unwrap();
    assert_eq!(stage.network.events, events, "{message}");
    assert!(stage.kept() == after, "{message} does something else by another's hand");
    assert_eq!(carry(stage, good), Err(Error::BadNonce), "{message}");
}
