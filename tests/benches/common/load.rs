//! The load: batches that devices signed, inside extrinsics that relayers
//! signed. All of it is made before the clock starts.

use bizkey_devchain::runtime::{
    AccountId, RuntimeCall, SignedPayload, TransactionExtensions, UncheckedExtrinsic, VERSION,
};
use bizkey_primitives::{
    hash::{blake2x256, selector},
    receipt::{batch_hash, encode_payload, Channel, Header, Rail, Receipt, PAYLOAD_VERSION},
    Hash,
};
use bizkey_tests::{party::DeviceKey, Shop, World};
use codec::{Compact, Decode, Encode};
use frame_support::weights::Weight;
use std::collections::BTreeMap;
use subxt_signer::sr25519::Keypair;

/// Native coin of each relayer, smallest unit.
const FUNDS: u128 = 10_000_000 * 1_000_000_000_000;

/// The keys that pay and send.
pub struct Relayers(Vec<Keypair>);

impl Relayers {
    /// So many keys.
    ///
    /// # Errors
    /// Never: a hash is a seed.
    pub fn new(count: u32) -> anyhow::Result<Self> {
        let key = |number| Ok(Keypair::from_secret_key(blake2x256(format!("relayer {number}").as_bytes()))?);
        Ok(Self((0..count).map(key).collect::<anyhow::Result<_>>()?))
    }

    /// What the chain gives them at its start.
    pub fn endowed(&self) -> Vec<(AccountId, u128)> {
        self.0.iter().map(|key| (key.public_key().0.into(), FUNDS)).collect()
    }
}

/// How much is sent, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Receipts; rounded up to whole batches.
    pub receipts: u64,
    /// Receipts in a batch.
    pub batch: u16,
    /// Shops, each with one device.
    pub shops: u32,
    /// Registered customers.
    pub customers: u32,
    /// Gas limit of each batch in percent of what the first one needs.
    pub gas_percent: u64,
}

impl Shape {
    /// Batches.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.receipts.div_ceil(u64::from(self.batch))
    }
}

/// What is to be found in the rows: by device, receipts and the sum of their amounts.
pub type Sums = BTreeMap<u32, (u64, u128)>;

/// Everything that is sent.
pub struct Load {
    /// Encoded extrinsics by relayer, in the order of nonces.
    pub extrinsics: Vec<Vec<Vec<u8>>>,
    /// Batches.
    pub batches: u64,
    /// Receipts.
    pub receipts: u64,
    /// What the rows must say.
    pub sums: Sums,
}

impl Load {
    /// Registers shops and customers in epoch 0, and signs. `after_ms` says how
    /// long after this each batch begins, milliseconds, by its number.
    ///
    /// # Errors
    /// When the first batch would not be recorded.
    pub async fn prepare(
        shape: &Shape,
        world: &World,
        relayers: &Relayers,
        after_ms: impl Fn(u64) -> u64,
    ) -> anyhow::Result<Self> {
        world.enter_epoch(0).await;
        let mut shops = Vec::new();
        for name in 1..=shape.shops {
            // Terminals hold either kind of key.
            let text = format!("device {name}");
            let key = if name % 2 == 0 { DeviceKey::ecdsa(&text) } else { DeviceKey::sr25519(&text) };
            shops.push(world.shop_with(name, key).await);
        }
        world.customers(shape.customers).await;
        let mut draws = Draws(1);
        let mut load = Self {
            extrinsics: vec![Vec::new(); relayers.0.len()],
            batches: shape.batches(),
            receipts: 0,
            sums: Sums::new(),
        };
        let mut gas = None;
        for number in 0..load.batches {
            let shops_count = u64::from(shape.shops);
            let (place, seq) = (number % shops_count, number / shops_count);
            let Some(shop) = shops.get(usize::try_from(place)?) else { continue };
            let at_ms = world.chain.now_ms().saturating_add(after_ms(number));
            let batch = Batch::new(world, shop, seq, at_ms, shape, &mut draws);
            let gas = match gas {
                Some(gas) => gas,
                None => *gas.insert(batch.gas(world, shape.gas_percent).await?),
            };
            let (receipts, sum) = load.sums.entry(shop.device.id).or_default();
            *receipts += u64::from(shape.batch);
            *sum += batch.sum;
            load.receipts += u64::from(shape.batch);
            // A device's batches come by one relayer, whose nonces keep them in order.
            let relayer = usize::try_from(place)? % relayers.0.len();
            let nonce = u32::try_from(load.extrinsics[relayer].len())?;
            load.extrinsics[relayer].push(batch.extrinsic(world, gas, &relayers.0[relayer], nonce)?);
        }
        Ok(load)
    }
}

/// One device's batch.
struct Batch {
    fields: (u32, u64, u16, Vec<u8>, bizkey_primitives::signature::Signature),
    sum: u128,
}

impl Batch {
    fn new(world: &World, shop: &Shop, seq: u64, at_ms: u64, shape: &Shape, draws: &mut Draws) -> Self {
        let header = Header { version: PAYLOAD_VERSION, currency: *b"USD", at_ms };
        let receipts: Vec<Receipt> = (0..shape.batch).map(|_| draws.receipt(shape.customers)).collect();
        let sum = receipts.iter().map(|receipt| u128::from(receipt.amount)).sum();
        let payload = encode_payload(&header, &receipts);
        let (device, count) = (shop.device.id, shape.batch);
        let genesis = Hash::from(world.suite.client().genesis_hash());
        let contract = world.suite.receipts().address();
        let hash = batch_hash(&genesis, contract.as_ref(), device, seq, count, &payload);
        Self { fields: (device, seq, count, payload, shop.device.key.sign(&hash)), sum }
    }

    /// A gas limit in percent of what it needs.
    async fn gas(&self, world: &World, percent: u64) -> anyhow::Result<Weight> {
        let (device, seq, count, payload, signature) = &self.fields;
        let call = world.suite.receipts().record(*device, *seq, *count, payload, *signature);
        let needed = call.dry_run(&world.stranger.account_id(), None).await?.gas_required;
        let ample = |value: u64| value / 100 * percent;
        Ok(Weight::from_parts(ample(needed.ref_time), ample(needed.proof_size)))
    }

    /// The call, signed by a relayer; of no end of life, as the client signs.
    fn extrinsic(self, world: &World, gas: Weight, relayer: &Keypair, nonce: u32) -> anyhow::Result<Vec<u8>> {
        let mut data = selector("record").to_vec();
        self.fields.encode_to(&mut data);
        let contract: [u8; 32] = *world.suite.receipts().address().as_ref();
        let call = RuntimeCall::Contracts(pallet_contracts::Call::call {
            dest: AccountId::from(contract).into(),
            value: 0,
            gas_limit: gas,
            storage_deposit_limit: None,
            data,
        });
        let extensions = extensions(nonce)?;
        let genesis = world.chain.genesis_hash();
        let implicit = ((), VERSION.spec_version, VERSION.transaction_version, genesis, genesis, (), (), ());
        let payload = SignedPayload::from_raw(call, extensions.clone(), implicit);
        let signature = payload.using_encoded(|bytes| relayer.sign(bytes));
        // `MultiSignature::Sr25519` is variant 1.
        let signature = Decode::decode(&mut &(1u8, signature.0).encode()[..])?;
        let (call, _, _) = payload.deconstruct();
        let account = AccountId::from(relayer.public_key().0);
        Ok(UncheckedExtrinsic::new_signed(call, account.into(), signature, extensions).encode())
    }
}

/// What is signed beside the call: no end of life, the nonce, no tip; of the
/// others nothing is written.
fn extensions(nonce: u32) -> Result<TransactionExtensions, codec::Error> {
    Decode::decode(&mut &(0u8, Compact(nonce), Compact(0u128)).encode()[..])
}

/// Numbers that are the same in every run (splitmix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound.max(1))).unwrap_or(0)
    }

    /// A sale of up to 200.00: two in three to a known customer, one in ten
    /// outside, one a few seconds after the other.
    fn receipt(&mut self, customers: u32) -> Receipt {
        let (one, two) = (self.next().to_le_bytes(), self.next().to_le_bytes());
        let mut reference = [0; 16];
        reference[..8].copy_from_slice(&one);
        reference[8..].copy_from_slice(&two);
        let known = self.below(3) > 0;
        Receipt {
            delta_seconds: self.below(40),
            amount: 1 + u64::from(self.below(20_000)),
            customer: if known { 1 + self.below(customers) } else { 0 },
            channel: if self.below(10) == 0 { Channel::Outside } else { Channel::InStore },
            rail: Rail::ALL[self.below(8) as usize],
            reference,
        }
    }
}
