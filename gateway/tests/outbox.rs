//! Each payment's receipt reaches the chain exactly once, whatever fails in
//! between, and a ticket counts only if its customer signed it.

use async_trait::async_trait;
use bizkey_gateway::{
    chain::{ChainError, ReceiptChain, SignedBatch},
    gateway::Stored,
    keys::DeviceKeys,
    payment::{Method, SignedTicket},
    store::Store,
    Gateway, GatewayConfig, NewPayment, PaymentError,
};
use bizkey_primitives::{
    party::Device,
    receipt::{batch_hash, decode_payload},
    signature::{PublicKey, Signature},
    ticket::Ticket,
    AccountId, Calendar, CustomerIndex, DeviceId, Hash,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use subxt_signer::sr25519::{self, Keypair};

const GENESIS: [u8; 32] = [7; 32];
const CONTRACT: [u8; 32] = [8; 32];
const MERCHANT: u32 = 40;

/// What goes wrong when a batch is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// It never arrives.
    Lost,
    /// It arrives, and the answer does not.
    AnswerLost,
}

/// `receipts` with its rules on sequence and signature, and a bad connection.
#[derive(Default)]
struct Chain {
    batches: BTreeMap<DeviceId, Vec<SignedBatch>>,
    faults: Vec<Fault>,
}

#[derive(Clone)]
struct FakeChain {
    chain: Arc<Mutex<Chain>>,
    keys: DeviceKeys,
    wallet: Keypair,
}

#[async_trait]
impl ReceiptChain for FakeChain {
    fn domain(&self) -> ([u8; 32], [u8; 32]) {
        (GENESIS, CONTRACT)
    }

    fn calendar(&self) -> Calendar {
        Calendar { genesis_ms: 0, epoch_ms: 1_000 }
    }

    async fn device(&self, device: DeviceId) -> Result<Option<Device>, ChainError> {
        let next_seq = self.chain.lock().unwrap().batches.get(&device).map_or(0, Vec::len) as u64;
        let key = self.keys.public(device);
        let known =
            Device { merchant: MERCHANT, key, active: device != 9, next_seq, head: [0; 32], head_stamp: 0, batches: 0 };
        Ok((device < 10).then_some(known))
    }

    async fn customer_account(&self, customer: CustomerIndex) -> Result<Option<AccountId>, ChainError> {
        Ok((customer == 5).then(|| AccountId::from(self.wallet.public_key().0)))
    }

    async fn record(&self, batch: &SignedBatch) -> Result<u32, ChainError> {
        let mut chain = self.chain.lock().unwrap();
        let fault = chain.faults.pop().unwrap_or(Fault::None);
        if fault == Fault::Lost {
            return Err(ChainError::Unavailable("lost".into()));
        }
        let SignedBatch { device, seq, count, payload, signature } = batch;
        let hash = batch_hash(&Hash::from(GENESIS), &CONTRACT, *device, *seq, *count, payload);
        let (Signature::Sr25519(signature), PublicKey::Sr25519(key)) = (signature, self.keys.public(*device)) else {
            panic!("devices of this gateway sign with sr25519");
        };
        assert!(sr25519::verify(&sr25519::Signature(*signature), hash, &sr25519::PublicKey(key)));
        let recorded = chain.batches.entry(*device).or_default();
        match (*seq).cmp(&(recorded.len() as u64)) {
            std::cmp::Ordering::Less => return Err(ChainError::AlreadyRecorded { device: *device, seq: *seq }),
            std::cmp::Ordering::Greater => {
                return Err(ChainError::Refused { device: *device, seq: *seq, reason: "SequenceGap".into() });
            }
            std::cmp::Ordering::Equal => recorded.push(batch.clone()),
        }
        match fault {
            Fault::AnswerLost => Err(ChainError::Unavailable("the answer was lost".into())),
            _ => Ok(1),
        }
    }
}

impl FakeChain {
    fn new() -> Self {
        let wallet = Keypair::from_secret_key([3; 32]).unwrap();
        Self { chain: Arc::default(), keys: DeviceKeys::from_seed([1; 32]), wallet }
    }

    /// Amounts on chain, in the order of each device's batches.
    fn amounts(&self) -> BTreeMap<DeviceId, Vec<u64>> {
        let chain = self.chain.lock().unwrap();
        let read = |batch: &SignedBatch| decode_payload(batch.count, &batch.payload).unwrap().receipts;
        let amounts =
            |batches: &Vec<SignedBatch>| batches.iter().flat_map(read).map(|receipt| receipt.amount).collect();
        chain.batches.iter().map(|(device, batches)| (*device, amounts(batches))).collect()
    }
}

async fn gateway(directory: &std::path::Path, chain: &FakeChain) -> Gateway<FakeChain> {
    let store = Store::open(&format!("sqlite://{}", directory.join("gateway.sqlite").display())).await.unwrap();
    let clock = Arc::new(|| 10_500);
    Gateway::new(GatewayConfig::default(), store, chain.clone(), chain.keys.clone(), clock)
}

fn cash(device: DeviceId, amount: i64) -> NewPayment {
    let at_ms = Some(10_000);
    NewPayment {
        amount,
        currency: None,
        method: Method::Cash,
        device,
        channel: Default::default(),
        customer: None,
        ticket: None,
        at_ms,
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![Just(Fault::None), Just(Fault::Lost), Just(Fault::AnswerLost)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Payments, flushes, restarts and lost messages in any order: afterwards
    /// every receipt is on chain once, in the order of arrival at its device.
    #[test]
    fn receipts_reach_the_chain_exactly_once(
        steps in proptest::collection::vec((0u8..4, 1u32..4, 1usize..400), 1..12),
        faults in proptest::collection::vec(fault(), 0..12),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let chain = FakeChain::new();
            chain.chain.lock().unwrap().faults = faults;
            let mut service = gateway(directory.path(), &chain).await;
            let mut wanted: BTreeMap<DeviceId, Vec<u64>> = BTreeMap::new();
            let mut number = 0;
            for (step, device, count) in steps {
                match step {
                    0 => { let _ = service.flush().await; }
                    // A restart: nothing is kept but the database.
                    1 => service = gateway(directory.path(), &chain).await,
                    _ => {
                        let requests: Vec<_> = (0..count).map(|_| {
                            number += 1;
                            wanted.entry(device).or_default().push(number);
                            (cash(device, number as i64), format!("key-{number}"))
                        }).collect();
                        let answers = service.create_many(&requests).await.unwrap();
                        assert!(answers.iter().all(|answer| matches!(answer, Ok(Stored::New(_)))));
                        // The till asks again: nothing new.
                        let again = service.create_many(&requests[..1]).await.unwrap();
                        assert!(matches!(again[0], Ok(Stored::Replayed(_))));
                    }
                }
            }
            chain.chain.lock().unwrap().faults.clear();
            let flushed = service.flush().await.unwrap();
            assert_eq!(flushed.failed, 0);
            assert_eq!(chain.amounts(), wanted);
            assert_eq!(service.backlog().await.unwrap(), (0, 0));
        });
    }
}

#[tokio::test]
async fn a_device_that_is_stuck_stops_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let chain = FakeChain::new();
    let service = gateway(directory.path(), &chain).await;
    service.create(&cash(1, 10), "a").await.unwrap();
    service.create(&cash(2, 20), "b").await.unwrap();
    chain.chain.lock().unwrap().faults = vec![Fault::Lost];
    let flushed = service.flush().await.unwrap();
    assert_eq!((flushed.batches, flushed.failed), (1, 1));
    let flushed = service.flush().await.unwrap();
    assert_eq!((flushed.batches, flushed.failed), (1, 0));
    assert_eq!(chain.amounts(), BTreeMap::from([(1, vec![10]), (2, vec![20])]));
}

#[tokio::test]
async fn only_the_customers_own_ticket_for_this_sale_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let chain = FakeChain::new();
    let service = gateway(directory.path(), &chain).await;
    let ticket = |amount, expiry| {
        let ticket = Ticket {
            genesis: Hash::from(GENESIS),
            contract: CONTRACT,
            merchant: MERCHANT,
            customer: 5,
            nonce: 1,
            amount,
            expiry,
        };
        let signature = hex::encode(chain.wallet.sign(&ticket.signed_bytes()).0);
        (ticket, SignedTicket { nonce: 1, expiry, signature })
    };
    let with = |ticket: SignedTicket, customer| NewPayment { customer, ticket: Some(ticket), ..cash(1, 100) };
    // Epoch 10 by the clock.
    let (plain, good) = ticket(100, 12);
    let refused = |answer: Result<Stored, PaymentError>| answer.unwrap_err().code();
    assert_eq!(refused(service.create(&with(ticket(101, 12).1, Some(5)), "k").await), "ticket_signature");
    assert_eq!(refused(service.create(&with(ticket(100, 9).1, Some(5)), "k").await), "ticket_expiry");
    assert_eq!(refused(service.create(&with(ticket(100, 18).1, Some(5)), "k").await), "ticket_expiry");
    assert_eq!(refused(service.create(&with(good.clone(), Some(6)), "k").await), "unknown_customer");
    assert_eq!(refused(service.create(&with(good.clone(), None), "k").await), "ticket_without_customer");
    assert_eq!(refused(service.create(&cash(9, 1), "k").await), "device_stopped");
    assert_eq!(refused(service.create(&cash(10, 1), "k").await), "unknown_device");

    service.create(&with(good, Some(5)), "k").await.unwrap();
    service.flush().await.unwrap();
    let chain = chain.chain.lock().unwrap();
    let batch = &chain.batches[&1][0];
    let receipts = decode_payload(batch.count, &batch.payload).unwrap().receipts;
    assert_eq!((receipts[0].customer, receipts[0].reference), (5, plain.reference()));
}

#[tokio::test]
async fn a_seed_file_is_made_once_and_private() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("device.seed");
    let first = DeviceKeys::open(&path).unwrap().public(1);
    assert_eq!(DeviceKeys::open(&path).unwrap().public(1), first);
    assert_ne!(DeviceKeys::open(&path).unwrap().public(2), first);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&path, "not a seed").unwrap();
    assert!(DeviceKeys::open(&path).unwrap_err().to_string().contains("damaged"));
}
