//! `bizkey persona ask`: what providers say of one party.

use super::network::{Looked, NetworkArgs};
use super::panel::{case, told, PanelArgs};
use super::scan::say;
use crate::system::now_ms;
use anyhow::{bail, Context};
use bizkey_oracle::persona::provider::Panel;
use bizkey_primitives::Side;
use std::collections::BTreeSet;

/// Options of `bizkey persona ask`.
#[derive(Clone, Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("whom").required(true).args(["merchant", "customer"])))]
#[command(group(clap::ArgGroup::new("provider").required(true).args(["anti_cheat", "identity"]).multiple(true)))]
pub struct AskArgs {
    /// Which network.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Whom to ask.
    #[command(flatten)]
    pub panel: PanelArgs,
    /// The shop's index in `registry`.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub merchant: Option<u32>,
    /// The customer's index in `registry`.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub customer: Option<u32>,
}

/// Asks, and records what is said.
///
/// # Errors
/// When the network or the record cannot be read or written, nobody has the
/// index, or no provider gave a verdict.
pub async fn ask(args: AskArgs) -> anyhow::Result<()> {
    let panel = args.panel.open()?.context("give --record FILE: a verdict that is not kept is worth nothing")?;
    let party = match (args.merchant, args.customer) {
        (Some(merchant), _) => (Side::Merchant, merchant),
        (_, Some(customer)) => (Side::Customer, customer),
        // One of them is required.
        _ => bail!("give --merchant or --customer"),
    };
    let looked = args.network.look().await?;
    let asked = ask_about(panel, &looked, party).await;
    looked.close().await;
    asked
}

async fn ask_about(mut panel: Panel, looked: &Looked, party: (Side, u32)) -> anyhow::Result<()> {
    let (side, index) = party;
    let mut known = looked.known(&BTreeSet::from([party])).await?;
    let known = known.remove(&party).filter(|known| known.commitment.is_some());
    let known = known.with_context(|| format!("{} {index} is not registered", side.name()))?;
    let about = case(looked.place.genesis, party, &looked.features, &known);
    let opinions = panel.judge(&about, now_ms()).await?;
    for opinion in &opinions {
        say(&format!("{}\n", told(opinion)));
    }
    if opinions.iter().all(|opinion| opinion.verdict().is_none()) {
        bail!("no provider gave a verdict; nothing is held against {} {index} for that", side.name());
    }
    Ok(())
}
