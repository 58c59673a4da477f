//! Voids, by the device that signed a receipt and by its shop.

use super::{
    batches::with_high_s,
    stage::{plain, Stage, FOREIGN, KIND, SECOND, TILL, UNKNOWN},
};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    action::receipts::Action,
    errors::receipts::Error,
    events::{Event, ReceiptVoided},
    receipt::{batch_hash, void_hash},
    signature::Signature,
    Hash, Side,
};

fn word(stage: &Stage, device: usize, seq: u64, index: u16) -> Signature {
    let hash = void_hash(&stage.network.genesis, &stage.contract(), stage.id(device), seq, index);
    stage.devices[device].key.sign(&hash)
}

fn voided(stage: &Stage, device: usize, seq: u64, index: u16) -> [Event; 1] {
    let (device, merchant) = (stage.id(device), stage.shop.index);
    [Event::ReceiptVoided(ReceiptVoided { device, merchant, seq, index })]
}

/// Anybody carries it; a repeat means nothing, nor a place that the batch does
/// not have.
pub fn by_device(stage: &mut Stage) {
    let (stranger, registry) = (stage.account("stranger"), stage.network.contracts.registry);
    for device in [TILL, SECOND] {
        let (id, other) = (stage.id(device), stage.id(TILL + SECOND - device));
        let signature = word(stage, device, 1, 0);
        stage.refuses(stranger, "void_receipt", &(UNKNOWN, 1u64, 0u16, signature), Error::UnknownDevice);
        stage.record_as(device, 2, plain(2));
        stage.refuses(stranger, "void_receipt", &(id, 1u64, 0u16, signature), Error::SequenceUnknown);
        stage.refuses(stranger, "void_receipt", &(id, u64::MAX, 0u16, signature), Error::SequenceUnknown);
        stage.record_as(device, 2, plain(2));
        let before = stage.device_of(device);
        for index in [0, 1, 0, 2, u16::MAX] {
            for origin in stage.all_but(&[]) {
                let signature = word(stage, device, 1, index);
                stage.done(origin, "void_receipt", &(id, 1u64, index, signature));
                assert_eq!(stage.events(), voided(stage, device, 1, index));
            }
        }
        assert_eq!(stage.device_of(device), before);

        let (genesis, contract, key) = (stage.network.genesis, stage.contract(), &stage.devices[device].key);
        let elsewhere = *AsRef::<[u8; 32]>::as_ref(&stage.network.contracts.bzky);
        let hash = void_hash(&genesis, &contract, id, 1, 0);
        let mut forged = vec![
            key.sign(&void_hash(&Hash::from([1; 32]), &contract, id, 1, 0)),
            key.sign(&void_hash(&genesis, &elsewhere, id, 1, 0)),
            key.sign(&void_hash(&genesis, &contract, other, 1, 0)),
            key.sign(&void_hash(&genesis, &contract, id, 0, 0)),
            key.sign(&void_hash(&genesis, &contract, id, 1, 1)),
            key.sign(&batch_hash(&genesis, &contract, id, 1, 0, &[])),
            stage.devices[TILL + SECOND - device].key.sign(&hash),
            stage.devices[FOREIGN].key.sign(&hash),
            Signature::Ecdsa([0; 65]),
            Signature::Sr25519([0; 64]),
        ];
        forged.extend(with_high_s(&signature));
        for signature in forged {
            stage.refuses(stranger, "void_receipt", &(id, 1u64, 0u16, signature), Error::BadSignature);
        }

        // Its key may be in foreign hands; told before the sequence number.
        stage.done(registry, "set_device_active", &(id, false));
        stage.refuses(stranger, "void_receipt", &(id, 1u64, 0u16, signature), Error::DeviceStopped);
        stage.refuses(stranger, "void_receipt", &(id, 9u64, 0u16, signature), Error::DeviceStopped);
        stage.done(registry, "set_device_active", &(id, true));
        stage.done(stranger, "void_receipt", &(id, 1u64, 0u16, signature));
    }
}

/// The shop's present account alone, also for a device that is stopped or retired.
pub fn by_shop(stage: &mut Stage) {
    let (shop, till) = (stage.shop.account(), stage.id(TILL));
    stage.refuses(shop, "void_by_merchant", &(UNKNOWN, 0u64, 0u16), Error::UnknownDevice);
    stage.refuses(shop, "void_by_merchant", &(till, 0u64, 0u16), Error::SequenceUnknown);
    stage.record_as(TILL, 2, plain(2));
    // A customer with the shop's number is not the shop.
    assert_eq!(stage.shop.index, stage.customer.index);
    stage.only(&[shop], "void_by_merchant", &(till, 0u64, 0u16), Error::NotDeviceMerchant);
    for _ in 0..2 {
        stage.done(shop, "void_by_merchant", &(till, 0u64, 1u16));
        assert_eq!(stage.events(), voided(stage, TILL, 0, 1));
    }
    stage.other("shop", ContractKind::Registry, "retire_device", &till);
    stage.done(shop, "void_by_merchant", &(till, 0u64, 1u16));

    let next = stage.account("the shop's next");
    stage.other("shop", ContractKind::Registry, "propose_account", &next);
    stage.refuses(next, "void_by_merchant", &(till, 0u64, 1u16), Error::NotDeviceMerchant);
    let index = stage.shop.index;
    stage.other("the shop's next", ContractKind::Registry, "accept_account", &(Side::Merchant, index));
    stage.refuses(shop, "void_by_merchant", &(till, 0u64, 1u16), Error::NotDeviceMerchant);
    stage.done(next, "void_by_merchant", &(till, 0u64, 1u16));
    assert_eq!(stage.events(), voided(stage, TILL, 0, 1));
}

pub fn signed(stage: &mut Stage) {
    let (device, shop) = (stage.id(TILL), stage.shop.actor.clone());
    stage.record_as(TILL, 2, plain(2));
    let action = Action::VoidByMerchant { device, seq: 0, index: 0 };
    let other = Action::VoidByMerchant { device, seq: 0, index: 1 };
    let arguments = (device, 0u64, 0u16);
    stage.network.relay_as_called(KIND, &shop, ("void_by_merchant", &arguments), &action, &other);
    // The signer's rights, not the carrier's; and a refusal uses up nothing.
    let customer = stage.customer.actor.clone();
    let refused = stage.network.relay(KIND, &customer, &action).map_err(super::stage::own);
    assert_eq!(refused, Err(Error::NotDeviceMerchant));
    assert_eq!(stage.read::<u64>("nonce_of", &customer.account()), 0);
}
