//! `bizkey register`: a shop with its till, or a customer, for trials.

use crate::{keys::NetworkKeys, system::now_ms};
use anyhow::Context;
use bizkey_client::{parse_account, Client, Deployment, Suite};
use bizkey_gateway::keys::DeviceKeys;
use bizkey_primitives::{hash::blake2x256, party::Capital, AccountId, Hash, Side};
use std::path::PathBuf;

/// Options of `bizkey register`.
#[derive(Clone, Debug, clap::Args)]
pub struct RegisterArgs {
    /// The data directory of the running `bizkey up`.
    #[arg(long, default_value = "bizkey-data", global = true)]
    pub data_dir: PathBuf,
    /// The chain that it runs on.
    #[arg(long, default_value = "ws://127.0.0.1:9944", global = true)]
    pub chain: String,
    /// Secret URI given to `bizkey up`.
    #[arg(long, env = "BIZKEY_SECRET", default_value = "//Alice", hide_env_values = true, global = true)]
    pub secret: String,
    /// Who is registered.
    #[command(subcommand)]
    pub who: Who,
}

/// Who is registered.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Who {
    /// A shop and one device for its till.
    Shop {
        /// Floor area in square metres.
        #[arg(long)]
        area: u32,
        /// Staff.
        #[arg(long)]
        staff: u32,
        /// Rent in minor units a square metre and month.
        #[arg(long)]
        rent: u64,
        /// Average wage in minor units a month.
        #[arg(long)]
        wage: u64,
        /// The shop's account (SS58); one made for the occasion without it.
        #[arg(long)]
        account: Option<String>,
    },
    /// A customer.
    Customer {
        /// The customer's account (SS58), whose key signs tickets.
        #[arg(long)]
        account: String,
    },
}

/// Registers and prints the numbers as JSON.
///
/// # Errors
/// When the chain does not answer or refuses.
pub async fn register(args: RegisterArgs) -> anyhow::Result<()> {
    let deployment = Deployment::load(args.data_dir.join("deployment.json"))
        .context("is `bizkey up` running with this --data-dir?")?;
    let client = Client::connect(&args.chain).await?;
    let suite = Suite::new(client, deployment)?;
    let [first, second] = NetworkKeys::from_uri(&args.secret)?.attestors;
    let registry = suite.registry();
    // In production these commit to papers that an attestor has seen.
    let papers = Hash::from(blake2x256(format!("papers seen at {}", now_ms()).as_bytes()));
    let parse = |text: &str| parse_account(text).context("--account");
    let answer = match args.who {
        Who::Shop { area, staff, rent, wage, account } => {
            let account = match account {
                Some(text) => parse(&text)?,
                None => AccountId::from(blake2x256(papers.as_ref())),
            };
            let registered = registry.register(Side::Merchant, account, papers, papers).send(&first).await?;
            let merchant = registered.party_index().context("the registration left no event")?;
            let capital = Capital { area_m2: area, staff, rent_per_m2_month: rent, wage_month: wage };
            registry.attest_capital(merchant, capital).send(&first).await?;
            registry.attest_capital(merchant, capital).send(&second).await?;
            let keys = DeviceKeys::open(&args.data_dir.join("device.seed"))?;
            let device = next_device(&suite).await?;
            let registered = registry.register_device(merchant, keys.public(device)).send(&first).await?;
            let given = registered.device_id().context("the registration left no event")?;
            anyhow::ensure!(
                given == device,
                "another device was registered at the same moment: device {given} has the key of {device}; register again"
            );
            serde_json::json!({ "merchant": merchant, "device": device })
        }
        Who::Customer { account } => {
            let registered = registry.register(Side::Customer, parse(&account)?, papers, papers).send(&first).await?;
            serde_json::json!({ "customer": registered.party_index() })
        }
    };
    println!("{answer}");
    Ok(())
}

/// The number that the next device will get.
async fn next_device(suite: &Suite) -> anyhow::Result<u32> {
    // Numbers are given in turn and never reused, so the first free one is
    // found by doubling and halving.
    let registry = suite.registry();
    let (mut low, mut high) = (1u32, 1u32);
    while registry.merchant_of_device(high, None).await?.is_some() {
        low = high.saturating_add(1);
        high = high.saturating_mul(2);
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if registry.merchant_of_device(middle, None).await?.is_some() {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
