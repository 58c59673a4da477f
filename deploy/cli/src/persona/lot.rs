//! `bizkey persona lot`: which shops are audited, drawn from the chain.

use super::network::ReadArgs;
use super::scan::say;
use super::text::Names;
use crate::place::Place;
use anyhow::{bail, Context};
use bizkey_client::BlockRef;
use bizkey_indexer::{Lake, Store};
use bizkey_oracle::persona::{
    features::{Window, MAX_WINDOW},
    lot::{
        audited, draw, last_ready, seed, Entry, Rates, Seed, EPOCHS, PERCENT, PERCENT_SMALL, RECEIPTS, SEED_AFTER,
        SMALL_BUYERS,
    },
    observe::{first_block_after, first_row_after, observe, sales_between},
    Sale,
};
use bizkey_primitives::{Epoch, Hash, Stamp};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Options of `bizkey persona lot`.
#[derive(Clone, Debug, clap::Args)]
pub struct LotArgs {
    /// Which network.
    #[command(flatten)]
    pub read: ReadArgs,
    /// The last epoch to audit; unless given, the last one for which a lot can
    /// be drawn: the one before the last closed one.
    #[arg(long, value_name = "EPOCH")]
    pub through: Option<Epoch>,
    /// How many epochs are audited, up to that one.
    #[arg(long, default_value_t = EPOCHS, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_WINDOW)))]
    pub epochs: u32,
    /// How many of all shops are drawn.
    #[arg(long, value_name = "PERCENT", default_value_t = PERCENT, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub percent: u8,
    /// How many of the small shops are.
    #[arg(long, value_name = "PERCENT", default_value_t = PERCENT_SMALL,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub percent_small: u8,
    /// A shop with fewer buyers a day, on average over the epochs, is small.
    #[arg(long, value_name = "BUYERS", default_value_t = SMALL_BUYERS)]
    pub small: u32,
    /// How many receipts of each drawn shop are to be looked at.
    #[arg(long, value_name = "N", default_value_t = RECEIPTS)]
    pub receipts: u32,
    /// Also writes the lot to a file, for programs: every shop, drawn or not.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// The same as a table, a row a shop.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// A lot that was drawn.
struct Lot {
    window: Window,
    block: BlockRef,
    seed: Seed,
    rates: Rates,
    /// Every shop with a receipt.
    entries: Vec<Entry>,
}

/// Draws. Standard output has the drawn shops with the receipts to look at.
///
/// # Errors
/// When the network cannot be read, no lot can be drawn for the epochs yet, or
/// a file cannot be written.
pub async fn lot(args: LotArgs) -> anyhow::Result<()> {
    let chain = args.read.place.open().await?;
    let lot = args.draw(&chain).await;
    chain.close();
    let lot = lot?;
    say(&text(&lot));
    if let Some(path) = &args.json {
        let bytes = serde_json::to_vec_pretty(&LotFile::from(&lot))?;
        std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(path) = &args.csv {
        write_csv(path, &lot).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

impl LotArgs {
    async fn draw(&self, chain: &Place) -> anyhow::Result<Lot> {
        let (window, block, sales) = match self.read.open_index(chain).await? {
            None => self.by_chain(chain).await?,
            Some((store, lake)) => {
                let read = self.by_index(&store, lake.as_ref()).await;
                store.close().await;
                read?
            }
        };
        let genesis = Hash::from(chain.suite.client().genesis_hash());
        let seed = seed(&genesis, window.last, &block.hash);
        let Self { percent, percent_small, small: small_buyers, receipts, .. } = *self;
        let rates = Rates { percent, percent_small, small_buyers, receipts };
        let entries = draw(&seed, sales, window, &rates);
        Ok(Lot { window, block, seed, rates, entries })
    }

    async fn by_chain(&self, chain: &Place) -> anyhow::Result<(Window, BlockRef, Vec<Sale>)> {
        let (suite, bar) = (&chain.suite, self.read.bar());
        let head = suite.client().finalized_head().await?;
        let head = suite.client().block(head.hash, &suite.deployment().contracts).await?;
        let window = self.window(suite.deployment().calendar.stamp_at(head.timestamp_ms))?;
        let block = first_block_after(suite, window.last.saturating_add(SEED_AFTER - 1)).await?;
        let observed = observe(suite, Some(window.last), |progress| {
            bar.set_length(u64::from(progress.head));
            bar.set_position(u64::from(progress.block));
        })
        .await;
        bar.finish_and_clear();
        Ok((window, block.with_context(|| too_early(window.last))?, observed?.0.sales))
    }

    async fn by_index(&self, store: &Store, lake: Option<&Lake>) -> anyhow::Result<(Window, BlockRef, Vec<Sale>)> {
        let bar = self.read.bar();
        let window = self.window(store.finalized().await?.map_or(0, |block| block.stamp))?;
        let block = first_row_after(store, window.last.saturating_add(SEED_AFTER - 1)).await?;
        let sales = sales_between(store, lake, window, |epoch| {
            bar.set_length(u64::from(window.epochs()));
            bar.set_position(u64::from(window.day(epoch)) + 1);
        })
        .await;
        bar.finish_and_clear();
        Ok((window, block.with_context(|| too_early(window.last))?, sales?))
    }

    /// The epochs to audit when the last final block is stamped `now`.
    fn window(&self, now: Stamp) -> anyhow::Result<Window> {
        let last = match (last_ready(now), self.through) {
            (None, asked) => bail!(too_early(asked.unwrap_or(0))),
            (Some(ready), Some(asked)) if asked > ready => {
                bail!("{}; the last one for which a lot can be drawn is {ready}", too_early(asked))
            }
            (Some(ready), asked) => asked.unwrap_or(ready),
        };
        Ok(audited(last, self.epochs))
    }
}

/// Why there is no lot for epochs up to `last` yet.
fn too_early(last: Epoch) -> String {
    let begins = u64::from(last) + u64::from(SEED_AFTER);
    format!(
        "no lot can be drawn for epoch {last} yet: it is drawn by the first final block of epoch {begins}, so that \
         nobody knows it before; wait until then"
    )
}

/// Buyers a day, two decimals.
fn buyers_a_day(entry: &Entry, window: Window) -> String {
    // Buyers are no more than receipts, of which there are fewer than 2^57.
    let hundredths = entry.buyers * 100 / u64::from(window.epochs().max(1));
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The drawn shops for people, with what they were drawn by.
fn text(lot: &Lot) -> String {
    let Lot { window, block, seed, rates, entries } = lot;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "Lot of epochs {} to {}, by block {}, 0x{}, the first final one since epoch {}.\nSeed 0x{}.\n\
         The same for everybody: --through {} --epochs {} --percent {} --percent-small {} --small {} --receipts {}\n",
        window.first,
        window.last,
        block.number,
        hex::encode(block.hash),
        window.last.saturating_add(SEED_AFTER),
        hex::encode(seed),
        window.last,
        window.epochs(),
        rates.percent,
        rates.percent_small,
        rates.small_buyers,
        rates.receipts,
    );
    let mut drawn = 0;
    for (entry, receipts) in entries.iter().filter_map(|entry| Some((entry, entry.drawn.as_ref()?))) {
        drawn += 1;
        let ids: Vec<String> = receipts.iter().map(|id| Names::OfChain.of(id)).collect();
        let _ = writeln!(
            text,
            "shop {}: {} buyers a day, at {} %; drawn\n  look at {} of its {} receipts: {}",
            entry.merchant,
            buyers_a_day(entry, *window),
            entry.percent,
            ids.len(),
            entry.receipts,
            ids.join(", "),
        );
    }
    let _ = writeln!(
        text,
        "Drawn: {drawn} of {} shops with receipts. Not drawn: {}.",
        entries.len(),
        entries.len() - drawn
    );
    text
}

#[derive(Serialize)]
struct LotFile {
    first_epoch: Epoch,
    last_epoch: Epoch,
    block: u32,
    block_hash: String,
    seed: String,
    percent: u8,
    percent_small: u8,
    small_buyers: u32,
    shops: Vec<EntryFile>,
}

#[derive(Serialize)]
struct EntryFile {
    merchant: u32,
    /// Summed over the epochs.
    buyers: u64,
    buyers_a_day: String,
    receipts: u64,
    percent: u8,
    drawn: bool,
    /// As `device-batch-position`, in the order in which they were drawn.
    look_at: Vec<String>,
}

impl From<&Lot> for LotFile {
    fn from(lot: &Lot) -> Self {
        let entry = |entry: &Entry| EntryFile {
            merchant: entry.merchant,
            buyers: entry.buyers,
            buyers_a_day: buyers_a_day(entry, lot.window),
            receipts: entry.receipts,
            percent: entry.percent,
            drawn: entry.drawn.is_some(),
            look_at: entry.drawn.iter().flatten().map(|id| Names::OfChain.of(id)).collect(),
        };
        Self {
            first_epoch: lot.window.first,
            last_epoch: lot.window.last,
            block: lot.block.number,
            block_hash: format!("0x{}", hex::encode(lot.block.hash)),
            seed: format!("0x{}", hex::encode(lot.seed)),
            percent: lot.rates.percent,
            percent_small: lot.rates.percent_small,
            small_buyers: lot.rates.small_buyers,
            shops: lot.entries.iter().map(entry).collect(),
        }
    }
}

fn write_csv(path: &Path, lot: &Lot) -> csv::Result<()> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(["merchant", "buyers_a_day", "receipts", "percent", "drawn", "look_at"])?;
    for shop in LotFile::from(lot).shops {
        let EntryFile { merchant, buyers_a_day, receipts, percent, drawn, look_at, .. } = shop;
        writer.serialize((merchant, buyers_a_day, receipts, percent, drawn, look_at.join(" ")))?;
    }
    writer.flush()?;
    Ok(())
}
