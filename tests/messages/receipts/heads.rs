//! Heads and counts against the plain definition, over random batches of
//! three devices of two shops in random epochs, with replays, gaps, forged
//! signatures and stops in between.

use super::stage::{plain, Stage, FOREIGN, SECOND, TILL};
use bizkey_primitives::{errors::receipts::Error, receipt::next_head, Epoch, Hash};
use bizkey_tests::{DAY, HOUR};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::collections::{BTreeMap, BTreeSet};

const CASES: u32 = 32;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// A good batch of so many receipts; one and two take the long way.
    Record(usize, u16),
    /// A batch so many before or after the next one.
    Misplaced(usize, u16, i64),
    /// The next batch, signed by the device after it.
    Forged(usize, u16),
    Switch(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let device = || TILL..=FOREIGN;
    let count = || 1u16..6;
    let wait = prop_oneof![3 => 1..20 * HOUR, 2 => DAY..3 * DAY, 1 => 30 * DAY..34 * DAY];
    prop_oneof![
        4 => wait.prop_map(Step::Wait),
        10 => (device(), count()).prop_map(|(device, count)| Step::Record(device, count)),
        2 => (device(), count(), prop_oneof![-3i64..0, 1i64..3])
            .prop_map(|(device, count, by)| Step::Misplaced(device, count, by)),
        1 => (device(), count()).prop_map(|(device, count)| Step::Forged(device, count)),
        1 => (device(), any::<bool>()).prop_map(|(device, active)| Step::Switch(device, active)),
    ]
}

#[derive(Default)]
struct Model {
    stopped: BTreeSet<usize>,
    heads: BTreeMap<(usize, Epoch), [u8; 32]>,
    merchants: BTreeMap<Epoch, BTreeSet<usize>>,
    receipts: BTreeMap<Epoch, u64>,
}

impl Model {
    fn take(&mut self, stage: &mut Stage, step: &Step) {
        let today = stage.epoch();
        match *step {
            Step::Wait(ms) => stage.network.pass(ms),
            Step::Record(device, count) => {
                let seq = stage.devices[device].next_seq;
                let batch = stage.batch(device, seq, count, plain(count));
                let sent = stage.send(&batch);
                if self.stopped.contains(&device) {
                    assert_eq!(sent, Err(Error::DeviceStopped));
                    return;
                }
                assert_eq!(sent, Ok(()));
                stage.devices[device].next_seq += 1;
                let hash = stage.hash(batch.device, seq, count, &batch.payload);
                let head = self.heads.entry((device, today)).or_insert([0; 32]);
                *head = next_head(head, &hash);
                let shop = usize::from(device == FOREIGN);
                self.merchants.entry(today).or_default().insert(shop);
                *self.receipts.entry(today).or_default() += u64::from(count);
            }
            Step::Misplaced(device, count, by) => {
                let Some(seq) = stage.devices[device].next_seq.checked_add_signed(by) else { return };
                let batch = stage.batch(device, seq, count, plain(count));
                let error = if by < 0 { Error::SequenceReplayed } else { Error::SequenceGap };
                let error = if self.stopped.contains(&device) { Error::DeviceStopped } else { error };
                assert_eq!(stage.send(&batch), Err(error));
            }
            Step::Forged(device, count) => {
                let mut batch = stage.batch(device, stage.devices[device].next_seq, count, plain(count));
                let hash = stage.hash(batch.device, batch.seq, count, &batch.payload);
                batch.signature = stage.devices[(device + 1) % 3].key.sign(&hash);
                let error = if self.stopped.contains(&device) { Error::DeviceStopped } else { Error::BadSignature };
                assert_eq!(stage.send(&batch), Err(error));
            }
            Step::Switch(device, active) => {
                let (registry, id) = (stage.network.contracts.registry, stage.id(device));
                stage.done(registry, "set_device_active", &(id, active));
                if active {
                    self.stopped.remove(&device);
                } else {
                    self.stopped.insert(device);
                }
            }
        }
    }

    fn check(&self, stage: &mut Stage, first: Epoch) {
        let today = stage.epoch();
        for epoch in first..today + 2 {
            for device in [TILL, SECOND, FOREIGN] {
                let kept = epoch < today && epoch + 32 >= today;
                let expected = self.heads.get(&(device, epoch)).filter(|_| kept).map(|head| Hash::from(*head));
                let id = stage.id(device);
                let found: Option<Hash> = stage.read("head", &(id, epoch));
                assert_eq!(found, expected, "device {device}, epoch {epoch}, seen from {today}");
            }
            let merchants = self.merchants.get(&epoch).map_or(0, |shops| shops.len() as u32);
            let receipts = self.receipts.get(&epoch).copied().unwrap_or(0);
            assert_eq!(stage.read::<(u32, u64)>("epoch_counts", &epoch), (merchants, receipts), "epoch {epoch}");
        }
    }
}

#[test]
fn heads_and_counts_are_those_of_a_plain_model() {
    let steps = proptest::collection::vec(step(), 1..60);
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let run = |steps: Vec<Step>| {
        let mut stage = Stage::with(Default::default());
        let (first, mut model) = (stage.epoch(), Model::default());
        for step in &steps {
            model.take(&mut stage, step);
        }
        model.check(&mut stage, first);
        Ok(())
    };
    runner.run(&steps, run).unwrap();
}
