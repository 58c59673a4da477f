//! `bizkey demo`: real or made-up receipts through the whole line, to files.

mod files;
pub(crate) mod input;
mod page;
mod play;
mod town;
mod world;

pub use input::Input;

use crate::system::{ChainChoice, System, SystemConfig, DAY_MS};
use anyhow::{bail, Context};
use bizkey_devchain::Clock;
use bizkey_oracle::rows::tokens;
use bizkey_primitives::{report::BIZPOWER_1, Calendar};
use files::Files;
use indicatif::{ProgressBar, ProgressStyle};
use play::{Play, Totals, WINDOW_MS};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Options of `bizkey demo`.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Receipts: CSV, plain or gzip, with receipt_id, store_id, household_id, at, amount_cents.
    #[arg(long, requires = "shops")]
    pub receipts: Option<PathBuf>,
    /// Shops: CSV with store_id, area_m2, staff, rent_per_m2_month, wage_month.
    #[arg(long, requires = "receipts")]
    pub shops: Option<PathBuf>,
    /// Play the first N calendar days only.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub days: Option<u32>,
    /// Where the files go; its `data` folder is made anew.
    #[arg(long, default_value = "demo")]
    pub out: PathBuf,
    /// Seed of the made-up town.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Keep the APIs up afterwards, with a page of results.
    #[arg(long)]
    pub serve: bool,
    /// Where the page of results and the three APIs listen with --serve:
    /// this port and the three after it (port 0: any four).
    #[arg(long, default_value = "127.0.0.1:8079")]
    pub listen: SocketAddr,
}

/// Plays the demo.
///
/// # Errors
/// When the files cannot be read or written, or a service fails.
pub async fn demo(args: DemoArgs) -> anyhow::Result<()> {
    let started = Instant::now();
    let input = match (&args.receipts, &args.shops) {
        (Some(receipts), Some(shops)) => Input::read(receipts, shops, args.days)?,
        _ => town::town(args.seed, args.days),
    };
    println!(
        "{} days, {} shops, {} customers, {} receipts",
        input.days,
        input.shops.len(),
        input.customers().len(),
        input.receipts.len()
    );
    let data_dir = fresh_data_dir(&args.out)?;
    let genesis_ms = input.launch_ms;
    let config = SystemConfig {
        data_dir,
        chain: ChainChoice::Embedded {
            // A day before launch: the world is made before the network starts.
            clock: Clock::Manual(genesis_ms - DAY_MS),
        },
        fallbacks: Vec::new(),
        database: None,
        calendar: Calendar::new(genesis_ms, DAY_MS).context("the first receipt lies too far in the future")?,
        window_ms: WINDOW_MS,
        // The demo is the whitepaper played to the letter: its files can be
        // redone by hand from there, and each shop is paid the day after. Under
        // version 2 what exceeds a deposit would wait for 63 days.
        algorithm_version: BIZPOWER_1,
        cash_cap: None,
        secret: "//Alice".to_owned(),
    };
    let mut system = System::start(&config).await?;
    let devchain = system.devchain.clone().context("the demo runs on the embedded chain")?;

    let bar = progress("shops, devices, customers, deposits");
    let world = world::create(&system, &input, &bar).await.context("making shops and customers")?;
    bar.finish();
    ensure_before(&devchain, genesis_ms)?;

    let bar = progress("days");
    let oracle = system.oracle(Duration::from_secs(1));
    let mut play = Play {
        system: &mut system,
        devchain,
        oracle,
        world: &world,
        files: Files::create(&args.out)?,
        rejected: input.rejected.clone(),
        totals: Totals::default(),
        taken: HashSet::new(),
        nonce: 0,
        input: &input,
    };
    play.run(&bar).await?;
    bar.finish();
    let Play { files, rejected, totals, .. } = play;
    files.finish()?;
    files::write_rejected(&args.out, &rejected)?;
    print_table(&totals, rejected.len(), &args.out, started.elapsed());

    if args.serve {
        serve(system, &args, page::render(&totals, rejected.len())).await
    } else {
        system.stop().await
    }
}

fn ensure_before(devchain: &bizkey_devchain::Devchain, genesis_ms: u64) -> anyhow::Result<()> {
    if devchain.finalized().timestamp_ms >= genesis_ms {
        bail!("making the shops took the chain past the launch");
    }
    Ok(())
}

/// Makes the output folder, and its `data` folder anew. A `data` folder that
/// no demo has made is left alone.
fn fresh_data_dir(out: &Path) -> anyhow::Result<PathBuf> {
    let data_dir = out.join("data");
    let marker = data_dir.join("made-by-demo");
    if data_dir.exists() {
        if !marker.exists() {
            bail!("{} was not made by a demo and is left alone; give another --out", data_dir.display());
        }
        // Fails while another demo uses it.
        drop(crate::system::lock(&data_dir)?);
        std::fs::remove_dir_all(&data_dir).with_context(|| format!("clearing {}", data_dir.display()))?;
    }
    std::fs::create_dir_all(&data_dir).with_context(|| format!("making {}", data_dir.display()))?;
    std::fs::write(&marker, "bizkey demo clears this folder when it starts\n")?;
    Ok(data_dir)
}

fn progress(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    // The template is a constant that parses.
    if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:40}] {pos}/{len} {elapsed}, {eta} left {msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(what);
    bar
}

fn print_table(totals: &Totals, rejected: usize, out: &Path, took: Duration) {
    let rows = [
        ("scored by", format!("bizpower-{BIZPOWER_1}")),
        ("days", totals.days.to_string()),
        ("receipts on chain", totals.receipts.to_string()),
        ("batches on chain", totals.batches.to_string()),
        ("receipts refused", rejected.to_string()),
        ("shop days rewarded", totals.merchant_days.to_string()),
        ("customer days rewarded", totals.customer_days.to_string()),
        ("paid to shops, Bzky", tokens(totals.bzky)),
        ("paid to customers, Time", tokens(totals.time)),
        ("seconds", format!("{:.1}", took.as_secs_f64())),
    ];
    println!();
    for (name, value) in rows {
        println!("{name:<26} {value:>28}");
    }
    println!("\nfiles in {}; check them with: bizkey verify --data-dir {}", out.display(), out.join("data").display());
}

/// Keeps the APIs and the page of results up until Ctrl-C.
async fn serve(mut system: System, args: &DemoArgs, page: String) -> anyhow::Result<()> {
    let mut listeners = Vec::new();
    for offset in 0..4u16 {
        let mut address = args.listen;
        if address.port() != 0 {
            address.set_port(address.port().saturating_add(offset));
        }
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("{address} cannot be listened on; give another --listen"))?;
        listeners.push(listener);
    }
    let state = bizkey_indexer::ApiState::new(system.index.clone(), system.progress.clone());
    let routers = [
        ("results", page::router(page)),
        ("gateway", bizkey_gateway::api::router(system.gateway.clone())),
        ("indexer", crate::api::router(state, system.book.clone())),
        ("oracle", bizkey_oracle::proofs::router(system.book.clone())),
    ];
    for ((name, router), listener) in routers.into_iter().zip(listeners) {
        println!("{name:<8} http://{}", listener.local_addr()?);
        system.process.serve(listener, router);
    }
    println!("ready; Ctrl-C stops");
    crate::up::wait(system).await
}
