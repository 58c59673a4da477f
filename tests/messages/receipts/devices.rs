//! Devices: written by `registry` alone, numbers used once, retired for good.

use super::stage::{plain, Stage, SECOND, TILL, UNKNOWN};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    errors::receipts::Error,
    events::{DeviceRegistered, DeviceRetired, DeviceStateChanged, Event},
    party::Device,
};

pub fn only_registry_writes_devices(stage: &mut Stage) {
    let (registry, till) = (stage.network.contracts.registry, stage.id(TILL));
    let key = stage.devices[TILL].key.public();
    stage.only(&[registry], "add_device", &(50u32, 1u32, key), Error::NotRegistry);
    stage.only(&[registry], "set_device_active", &(till, false), Error::NotRegistry);
    stage.only(&[registry], "retire_device", &till, Error::NotRegistry);
    stage.refuses(registry, "set_device_active", &(UNKNOWN, true), Error::UnknownDevice);
    stage.refuses(registry, "retire_device", &UNKNOWN, Error::UnknownDevice);
    assert_eq!(stage.read::<Option<Device>>("device", &UNKNOWN), None);
    assert_eq!(stage.read::<Option<u64>>("next_seq", &UNKNOWN), None);
    assert!(!stage.read::<bool>("is_retired", &UNKNOWN));
}

pub fn a_device_from_registration_to_retirement(stage: &mut Stage) {
    let (registry, key) = (stage.network.contracts.registry, stage.devices[SECOND].key.public());
    let (device, merchant) = (50, stage.shop.index);
    stage.done(registry, "add_device", &(device, merchant, key));
    assert_eq!(stage.events(), [Event::DeviceRegistered(DeviceRegistered { device, merchant, key })]);
    let new = Device { merchant, key, active: true, next_seq: 0, head: [0; 32], head_stamp: 0, batches: 0 };
    assert_eq!(stage.read::<Option<Device>>("device", &device), Some(new));
    stage.refuses(registry, "add_device", &(device, merchant, key), Error::DeviceExists);

    for active in [false, true] {
        stage.done(registry, "set_device_active", &(device, active));
        let changed = Event::DeviceStateChanged(DeviceStateChanged { device, active });
        assert_eq!(stage.events(), [changed]);
        let now = stage.read::<Option<Device>>("device", &device).unwrap();
        assert_eq!(now, Device { active, ..new });
        stage.done(registry, "set_device_active", &(device, active));
        assert!(stage.events().is_empty(), "a repeat changes nothing");
    }

    // A device that has recorded, by its shop's own word to `registry`.
    let till = stage.id(TILL);
    stage.record_as(TILL, 1, plain(1));
    stage.record_as(TILL, 1, plain(1));
    let before = stage.device_of(TILL);
    stage.other("shop", ContractKind::Registry, "retire_device", &till);
    assert_eq!(stage.events(), [Event::DeviceRetired(DeviceRetired { device: till, next_seq: 2 })]);
    assert_eq!(stage.device_of(TILL), Device { active: false, ..before }, "what it recorded stays");
    assert!(stage.read::<bool>("is_retired", &till));
    stage.done(registry, "retire_device", &till);
    assert!(stage.events().is_empty(), "a repeat changes nothing");
    stage.refuses(registry, "set_device_active", &(till, true), Error::DeviceRetired);
    stage.done(registry, "set_device_active", &(till, false));
    stage.refuses(registry, "add_device", &(till, merchant, key), Error::DeviceExists);
    for batch in [stage.batch(TILL, 2, 1, plain(1)), stage.batch(TILL, 2, 9, plain(9))] {
        assert_eq!(stage.send(&batch), Err(Error::DeviceStopped));
    }

    // A stopped one that is retired stays stopped too.
    let second = stage.id(SECOND);
    stage.other("attestor 1", ContractKind::Registry, "set_device_active", &(second, false));
    stage.other("shop", ContractKind::Registry, "retire_device", &second);
    stage.refuses(registry, "set_device_active", &(second, true), Error::DeviceRetired);
    // The shop starts another from 0.
    let next = stage.network.device(merchant, "the next till");
    assert!(next.id > second);
    assert_eq!(stage.read::<Option<u64>>("next_seq", &next.id), Some(0));
}
