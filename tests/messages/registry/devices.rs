//! Devices: written through to `receipts`, numbered once, retired for good.

use super::desk::{cells, done, refuses, rotate, told, who, SHOP};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    errors::{receipts, registry::Error},
    events::{DeviceRegistered, DeviceRetired, DeviceStateChanged, Event},
    opening::{Evidence, OpeningRules},
    party::Device,
    signature::PublicKey,
    Balance,
};
use bizkey_tests::{party::DeviceKey, Sandbox, DAY};

/// What `receipts` keeps of a device.
fn kept(network: &mut Sandbox, device: u32) -> Option<Device> {
    network.read(ContractKind::Receipts, "device", &device)
}

/// Checks that the last call had this event, of `receipts`, and no other.
fn receipts_said(network: &Sandbox, event: Event) {
    assert_eq!(network.events, [event]);
    assert_eq!(network.emitters, [network.contracts.receipts]);
}

/// From its first number to its end.
pub fn lifetime(network: &mut Sandbox) {
    network.enter_epoch(1);
    network.merchant("shop");
    network.merchant("other shop");
    // A customer of the same index as the shop is not the shop.
    network.customer("customer");
    let key = DeviceKey::ecdsa("till").public();
    for unknown in [0u32, 3] {
        refuses(network, "attestor 1", "register_device", &(unknown, key), Error::UnknownParty);
        refuses(network, "attestor 1", "set_device_active", &(unknown, true), Error::UnknownDevice);
        refuses(network, "shop", "retire_device", &unknown, Error::UnknownDevice);
        assert_eq!(told::<Option<u32>>(network, "merchant_of_device", &unknown), None);
    }
    let mut till = network.device(1, "till");
    receipts_said(network, Event::DeviceRegistered(DeviceRegistered { device: 1, merchant: 1, key }));
    let token = PublicKey::Sr25519([7; 32]);
    assert_eq!(done::<u32>(network, "attestor 2", "register_device", &(2u32, token)), 2, "numbers across shops");
    assert_eq!([1u32, 2].map(|device| told::<Option<u32>>(network, "merchant_of_device", &device)), [Some(1), Some(2)]);
    let device = kept(network, 1).unwrap();
    assert_eq!((device.merchant, device.key, device.active, device.next_seq), (1, key, true, 0));
    assert_eq!(kept(network, 2).map(|device| (device.merchant, device.key)), Some((2, token)));
    network.record(&mut till, &[(1, 100)]);

    // Stopped and started by any attestor; saying it twice changes nothing.
    for (attestor, active) in [("attestor 2", false), ("attestor 1", true), ("attestor 1", false)] {
        done::<()>(network, attestor, "set_device_active", &(1u32, active));
        receipts_said(network, Event::DeviceStateChanged(DeviceStateChanged { device: 1, active }));
        let before = cells(network);
        done::<()>(network, attestor, "set_device_active", &(1u32, active));
        assert!(network.events.is_empty());
        assert_eq!(cells(network), before);
        let sent = network.send(&network.batch(&till, &[(1, 100)]));
        let stopped = ContractError::Receipts(receipts::Error::DeviceStopped);
        assert_eq!(sent, if active { Ok(()) } else { Err(stopped) });
        till.next_seq += u64::from(active);
    }
    retired(network, till.next_seq);
}

/// By its shop's present account alone, and then for good: the shop's next
/// device has another number and starts from 0.
fn retired(network: &mut Sandbox, next_seq: u64) {
    rotate(network, SHOP, "shop", "next");
    for name in ["shop", "customer", "other shop", "attestor 1", "admin", "receipts"] {
        refuses(network, name, "retire_device", &1u32, Error::NotDeviceMerchant);
    }
    assert!(!told::<bool>(network, "is_retired", &1u32));
    done::<()>(network, "next", "retire_device", &1u32);
    receipts_said(network, Event::DeviceRetired(DeviceRetired { device: 1, next_seq }));
    assert!(told::<bool>(network, "is_retired", &1u32) && !told::<bool>(network, "is_retired", &2u32));
    assert!(network.read::<bool>(ContractKind::Receipts, "is_retired", &1u32));
    refuses(network, "next", "retire_device", &1u32, Error::DeviceRetired);
    for active in [true, false] {
        refuses(network, "attestor 1", "set_device_active", &(1u32, active), Error::DeviceRetired);
    }
    assert_eq!(told::<Option<u32>>(network, "merchant_of_device", &1u32), Some(1), "its deposit remains");
    let successor = network.device(1, "next till");
    assert_eq!(successor.id, 3);
    assert_eq!(kept(network, 3).map(|device| device.next_seq), Some(0));
    let old: u64 = network.read::<Option<u64>>(ContractKind::Receipts, "next_seq", &1u32).unwrap();
    assert_eq!(old, next_seq, "what it recorded stays");
    let shop = who(network, "next");
    assert_eq!(told::<Option<bizkey_primitives::AccountId>>(network, "account_of", &SHOP), Some(shop));
}

/// A shop answers for its devices' receipts, beyond their deposits with its
/// rewards, and an attestor gives it a device whose key it may have kept: that
/// is trust in attestors (AUDIT.md). The way back is the board's.
#[test]
fn an_attestor_can_put_debt_on_a_shop_and_the_board_takes_it_away() {
    let mut network = Sandbox::new();
    let network = &mut network;
    network.enter_epoch(1);
    network.merchant("shop");
    network.customer("customer");
    // By the first attestor, which keeps the key.
    let mut device = network.device(SHOP.1, "a key of the attestor's");
    let payload = network.batch(&device, &[(1, 100)]).payload;
    network.record(&mut device, &[(1, 100)]);
    network.enter_epoch(2);
    let (friend, receipts) = (who(network, "stranger"), network.contracts.receipts);
    let rules: OpeningRules = network.read(ContractKind::Receipts, "opening_rules", &());
    network.give(friend, rules.bond);
    network.approve(friend, receipts, rules.bond);
    let (epoch, later, head_before) = (1, vec![], [0; 32]);
    let evidence = Evidence { device: device.id, epoch, seq: 0, count: 1, index: 0, head_before, later, payload };
    network.call::<()>(friend, ContractKind::Receipts, "demand_opening", &evidence).unwrap();
    network.pass(u64::from(rules.epochs) * DAY);
    network.call::<()>(friend, ContractKind::Receipts, "fail_opening", &(device.id, 0u64, 0u16)).unwrap();
    assert_eq!(network.bzky_of(friend), rules.bond, "it cost nothing");
    let debt: Balance = network.read(ContractKind::Rewards, "debt_of", &SHOP);
    assert_eq!(debt, rules.penalty);
    let (admin, attestor) = (who(network, "admin"), who(network, "attestor 1"));
    network.call::<()>(admin, ContractKind::Rewards, "settle_debt", &(SHOP.0, SHOP.1, debt)).unwrap();
    assert_eq!(network.read::<Balance>(ContractKind::Rewards, "debt_of", &SHOP), 0);
    done::<()>(network, "admin", "set_attestor", &(attestor, false));
}
