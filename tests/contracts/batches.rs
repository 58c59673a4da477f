//! What `receipts` refuses, and that a refusal leaves everything as it was.

use bizkey_client::ContractError;
use bizkey_primitives::{
    errors::receipts::Error,
    receipt::{batch_hash, MAX_PAYLOAD_BYTES},
    signature::{is_low_s, Signature},
    Hash,
};
use bizkey_tests::{
    party::{Batch, DeviceKey},
    world::refusal,
    Shop, World,
};
use primitive_types::U256;

async fn open_shop() -> (World, Shop) {
    let world = World::new().await;
    let shop = world.shop(1).await;
    world.enter_epoch(0).await;
    (world, shop)
}

async fn refused(world: &World, batch: &Batch) -> Error {
    match refusal(world.send(batch).await) {
        ContractError::Receipts(error) => error,
        other => panic!("refused by another contract: {other}"),
    }
}

/// Signs a batch again, after a change.
fn sign(world: &World, shop: &Shop, batch: &mut Batch) {
    let Batch { device, seq, count, payload, .. } = &*batch;
    let genesis = Hash::from(world.suite.client().genesis_hash());
    let contract = world.suite.receipts().address();
    batch.signature = shop.device.key.sign(&batch_hash(&genesis, contract.as_ref(), *device, *seq, *count, payload));
}

/// The other valid signature of the same hash: n - s, with the other recovery id.
fn with_high_s(signature: Signature) -> Signature {
    let Signature::Ecdsa(mut bytes) = signature else { panic!("not an ECDSA signature") };
    let order = U256::from_big_endian(
        &hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap(),
    );
    let high = order - U256::from_big_endian(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&high.to_big_endian());
    bytes[64] ^= 1;
    assert!(!is_low_s(&bytes));
    Signature::Ecdsa(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_before_genesis() {
    let world = World::new().await;
    let mut shop = world.shop(1).await;
    assert_eq!(refused(&world, &world.batch(&shop, &[(0, 5)])).await, Error::BeforeGenesis);
    world.enter_epoch(0).await;
    world.record(&mut shop, &[(0, 5)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_enter_once_and_in_order() {
    let (world, mut shop) = open_shop().await;
    let first = world.batch(&shop, &[(0, 5), (0, 6)]);
    world.record(&mut shop, &[(0, 5), (0, 6)]).await;
    assert_eq!(refused(&world, &first).await, Error::SequenceReplayed);
    shop.device.next_seq = 2;
    assert_eq!(refused(&world, &world.batch(&shop, &[(0, 7)])).await, Error::SequenceGap);
    shop.device.next_seq = 1;
    world.record(&mut shop, &[(0, 7)]).await;
    assert_eq!(world.suite.receipts().epoch_counts(0, None).await.unwrap(), (1, 3));
    assert_eq!(world.suite.receipts().next_seq(shop.device.id, None).await.unwrap(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_device_itself_can_have_signed() {
    let (world, mut shop) = open_shop().await;
    let other = world.shop(2).await;
    let good = world.batch(&shop, &[(0, 5)]);

    let mut changed = good.clone();
    *changed.payload.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&world, &changed).await, Error::BadSignature);
    let mut foreign = good.clone();
    sign(&world, &other, &mut foreign);
    assert_eq!(refused(&world, &foreign).await, Error::BadSignature);
    let borrowed = Batch { device: other.device.id, ..good.clone() };
    assert_eq!(refused(&world, &borrowed).await, Error::BadSignature);
    let high = Batch { signature: with_high_s(good.signature), ..good.clone() };
    assert_eq!(refused(&world, &high).await, Error::BadSignature);
    let otherwise = Batch { signature: DeviceKey::sr25519("any").sign(&[1; 32]), ..good.clone() };
    assert_eq!(refused(&world, &otherwise).await, Error::BadSignature);

    world.record(&mut shop, &[(0, 5)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_stopped_devices_record_nothing() {
    let (world, mut shop) = open_shop().await;
    let unknown = Batch { device: 99, ..world.batch(&shop, &[(0, 5)]) };
    assert_eq!(refused(&world, &unknown).await, Error::UnknownDevice);

    let switch = |active| world.suite.registry().set_device_active(shop.device.id, active);
    switch(false).send(&world.attestors[1]).await.unwrap();
    assert_eq!(refused(&world, &world.batch(&shop, &[(0, 5)])).await, Error::DeviceStopped);
    switch(true).send(&world.attestors[1]).await.unwrap();
    world.record(&mut shop, &[(0, 5)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_announces_what_its_bytes_can_hold() {
    let (world, mut shop) = open_shop().await;
    for count in [0, 100] {
        let mut batch = world.batch(&shop, &[(0, 5)]);
        batch.count = count;
        sign(&world, &shop, &mut batch);
        assert_eq!(refused(&world, &batch).await, Error::BadCount);
    }
    let mut long = world.batch(&shop, &[(0, 5)]);
    long.payload.resize(MAX_PAYLOAD_BYTES + 1, 0);
    sign(&world, &shop, &mut long);
    assert_eq!(refused(&world, &long).await, Error::PayloadTooLarge);
    world.record(&mut shop, &vec![(0, 5); 300]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn either_kind_of_key_records() {
    let world = World::new().await;
    let mut shop = world.shop_with(1, DeviceKey::sr25519("a phone")).await;
    world.enter_epoch(0).await;
    world.record(&mut shop, &[(0, 5)]).await;
    let mut forged = world.batch(&shop, &[(0, 5)]);
    forged.signature = DeviceKey::sr25519("another phone").sign(&[1; 32]);
    assert_eq!(refused(&world, &forged).await, Error::BadSignature);
}
