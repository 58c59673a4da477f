//! Before the first day: shops, devices and customers on chain, and the
//! deposits that every shop locks.

use super::input::Input;
use crate::system::System;
use anyhow::{ensure, Context};
use bizkey_client::{Call, Signer, Submitted, Weight};
use bizkey_primitives::{hash::blake2x256, AccountId, DeviceId, Hash, Side, TOKEN};
use futures::stream::{self, StreamExt};
use indicatif::ProgressBar;
use std::collections::HashMap;
use subxt_signer::sr25519::Keypair;

/// Bzky that the treasury lends each shop and the shop locks for its device.
pub const DEPOSIT: u128 = 1_000 * TOKEN;

/// Native coin that a shop gets to lock its deposit itself, smallest unit.
const SHOP_FEES: u128 = 1_000 * 1_000_000_000_000;

/// Gas of a registration, a transfer or a lock: several times what they need.
const GAS: Weight = Weight { ref_time: 20_000_000_000, proof_size: 1_000_000 };
/// Gas of a call that pays 128 shops.
const GAS_MANY: Weight = Weight { ref_time: 150_000_000_000, proof_size: 10_000_000 };
/// Payments in one call.
const PAYMENTS: usize = 128;

/// A shop and the device at its till. Both have the same number: the world is
/// made in the order of the file, one device a shop.
#[derive(Clone, Copy, Debug)]
pub struct Till {
    /// The device.
    pub device: DeviceId,
    /// The shop's index.
    pub merchant: u32,
}

/// A customer with a wallet.
#[derive(Clone)]
pub struct Customer {
    /// The customer's index.
    pub index: u32,
    /// The wallet's key.
    pub wallet: Keypair,
}

/// Everybody in the demo, by the file's ids.
pub struct World {
    /// Shops.
    pub tills: HashMap<String, Till>,
    /// Customers.
    pub customers: HashMap<String, Customer>,
    /// The file's ids of merchants, by index less one.
    pub store_ids: Vec<String>,
    /// The file's ids of customers, by index less one.
    pub household_ids: Vec<String>,
}

/// A key that belongs to the demo: from its purpose and the file's id.
fn key(purpose: &str, id: &str) -> anyhow::Result<Keypair> {
    let seed = blake2x256(format!("bizkey demo {purpose} {id}").as_bytes());
    Keypair::from_secret_key(seed).context("making a key")
}

fn account(pair: &Keypair) -> AccountId {
    AccountId::from(pair.public_key().0)
}

/// Makes the world on chain. The clock stands before genesis.
///
/// # Errors
/// When the chain refuses a step; the text says which.
pub async fn create(system: &System, input: &Input, bar: &ProgressBar) -> anyhow::Result<World> {
    let suite = &system.suite;
    let [first, second] = &system.keys.attestors;
    let shops = input.shops.iter().map(|shop| key("shop", &shop.id)).collect::<anyhow::Result<Vec<_>>>()?;
    let households = input.customers();
    let wallets = households.iter().map(|id| key("customer", id)).collect::<anyhow::Result<Vec<_>>>()?;
    bar.set_length((shops.len() * 7 + wallets.len()) as u64);

    let registry = suite.registry();
    let register = |side: Side, ids: &[String], pairs: &[Keypair]| {
        let calls = ids.iter().zip(pairs).map(|(id, pair)| {
            let commitment = Hash::from(blake2x256(format!("papers of {} {id}", side.name()).as_bytes()));
            let nullifier = Hash::from(blake2x256(format!("identity of {} {id}", side.name()).as_bytes()));
            registry.register(side, account(pair), nullifier, commitment).with_gas(GAS)
        });
        calls.collect::<Vec<_>>()
    };
    let store_ids: Vec<String> = input.shops.iter().map(|shop| shop.id.clone()).collect();
    let registered = send_in_order(register(Side::Merchant, &store_ids, &shops), first, bar).await?;
    let merchants = indices(&registered, Submitted::party_index)?;
    let registered = send_in_order(register(Side::Customer, &households, &wallets), first, bar).await?;
    let customers = indices(&registered, Submitted::party_index)?;

    for attestor in [first, second] {
        let attest = merchants.iter().zip(&input.shops);
        let calls = attest.map(|(merchant, shop)| registry.attest_capital(*merchant, shop.capital).with_gas(GAS));
        send_in_order(calls.collect(), attestor, bar).await?;
    }
    let calls = merchants
        .iter()
        .map(|merchant| registry.register_device(*merchant, system.device_keys.public(*merchant)).with_gas(GAS));
    let devices = indices(&send_in_order(calls.collect(), first, bar).await?, Submitted::device_id)?;
    ensure!(devices == merchants, "devices and shops are numbered alike on a new chain; this one is not new");

    deposits(system, &shops, &devices, bar).await?;
    let tills = store_ids
        .iter()
        .zip(devices.iter().zip(&merchants))
        .map(|(id, (device, merchant))| (id.clone(), Till { device: *device, merchant: *merchant }))
        .collect();
    let customers = households
        .iter()
        .zip(customers.iter().zip(wallets))
        .map(|(id, (index, wallet))| (id.clone(), Customer { index: *index, wallet }))
        .collect();
    Ok(World { tills, customers, store_ids, household_ids: households })
}

/// The treasury lends every shop its deposit, and every shop locks it.
async fn deposits(system: &System, shops: &[Keypair], devices: &[DeviceId], bar: &ProgressBar) -> anyhow::Result<()> {
    let (bzky, pos_deposit) = (system.suite.bzky(), system.suite.pos_deposit());
    let client = system.suite.client();
    let mut funded = Vec::with_capacity(shops.len());
    for shop in shops {
        funded.push(client.transfer_native(&system.keys.deployer, &account(shop), SHOP_FEES).await?);
    }
    for transfer in funded {
        transfer.finalized().await?;
        bar.inc(1);
    }
    let loans: Vec<(AccountId, u128)> = shops.iter().map(|shop| (account(shop), DEPOSIT)).collect();
    let calls = loans.chunks(PAYMENTS).map(|chunk| bzky.transfer_many(chunk).with_gas(GAS_MANY)).collect();
    send_in_order(calls, &system.keys.deployer, &ProgressBar::hidden()).await?;
    let locked = stream::iter(shops.iter().zip(devices))
        .map(|(shop, device)| {
            let (bzky, pos_deposit) = (&bzky, &pos_deposit);
            async move {
                let signer = Signer::sr25519(shop.clone());
                let approved = bzky.approve(pos_deposit.address(), DEPOSIT).with_gas(GAS).submit(&signer).await?;
                let locked = pos_deposit.lock(*device, DEPOSIT).with_gas(GAS).submit(&signer).await?;
                approved.finalized().await?;
                bar.inc(1);
                locked.finalized().await?;
                bar.inc(1);
                Ok::<(), bizkey_client::ClientError>(())
            }
        })
        .buffer_unordered(64)
        .collect::<Vec<_>>()
        .await;
    locked.into_iter().collect::<Result<Vec<()>, _>>().context("locking the deposits")?;
    Ok(())
}

/// Sends calls of one key in order, many under way at a time, and waits for all.
async fn send_in_order<V: codec::Decode>(
    calls: Vec<Call<V>>,
    signer: &Signer,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Submitted>> {
    /// Transactions of one account that wait for a block at a time.
    const UNDER_WAY: usize = 256;
    let mut done = Vec::with_capacity(calls.len());
    for chunk in calls.chunks(UNDER_WAY) {
        let mut pending = Vec::with_capacity(chunk.len());
        for call in chunk {
            pending.push(call.submit(signer).await?);
        }
        for transaction in pending {
            done.push(transaction.finalized().await?);
            bar.inc(1);
        }
    }
    Ok(done)
}

fn indices(submitted: &[Submitted], index: impl Fn(&Submitted) -> Option<u32>) -> anyhow::Result<Vec<u32>> {
    submitted.iter().map(|one| index(one).context("a registration left no event")).collect()
}
