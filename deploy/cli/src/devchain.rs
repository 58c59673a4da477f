//! `bizkey devchain`: the embedded chain alone, for the development of
//! contracts and of what talks to them.

use crate::system::{lock, now_ms};
use anyhow::Context;
use bizkey_devchain::runtime::{
    development_accounts, AccountId, Balance, Limits, DEVELOPMENT_ENDOWMENT, DEVELOPMENT_NAMES, TOKEN_DECIMALS, UNIT,
};
use bizkey_devchain::{
    Clock, Controls, Devchain, DevchainConfig, Origins, Sealing, ServerConfig, ServerHandle, ServerLimits,
};
use chrono::{DateTime, NaiveDate, NaiveTime};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{signal, SignalKind};

/// Options of `bizkey devchain`.
#[derive(Clone, Debug, clap::Args)]
pub struct DevchainArgs {
    /// Port for WebSocket and HTTP; 0 lets the system choose.
    #[arg(long, default_value_t = 9944)]
    pub port: u16,
    /// Address to listen on. Anyone who reaches it can use the chain.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// Where the chain is kept, in the folder `chain`; it goes on from there.
    #[arg(long, default_value = "bizkey-data")]
    pub data_dir: PathBuf,
    /// Keep the chain in memory and forget it at the end.
    #[arg(long, conflicts_with = "data_dir")]
    pub ephemeral: bool,
    /// A block every so many milliseconds, empty or not, instead of one as
    /// soon as a transaction is ready.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "manual")]
    pub block_time: Option<u64>,
    /// Blocks only when dev_newBlock asks for them.
    #[arg(long)]
    pub manual: bool,
    /// Start the chain's clock at this time: milliseconds since 1970, a day, or
    /// a time like 2026-01-31T12:00:00Z. It runs on from there.
    #[arg(long, value_name = "MS|ISO", value_parser = parse_time)]
    pub time: Option<u64>,
    /// Blocks that the finalised block stays behind the best one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub finality_lag: u32,
    /// Lift the limits of a real chain: no fees, no storage deposits, huge
    /// blocks. For tests that are about something else.
    #[arg(long)]
    pub fast: bool,
    /// Give an account so many coins at genesis (repeatable).
    #[arg(long, value_name = "ADDRESS=COINS", value_parser = parse_endowment)]
    pub endow: Vec<(AccountId, Balance)>,
    /// Begin with a chain that --dump or dev_dump wrote; the data directory
    /// must be without one.
    #[arg(long, value_name = "FILE")]
    pub load: Option<PathBuf>,
    /// Write the whole chain to this file at the end.
    #[arg(long, value_name = "FILE")]
    pub dump: Option<PathBuf>,
    /// The name told to clients.
    #[arg(long, value_name = "NAME")]
    pub chain_name: Option<String>,
    /// The server's limits and guards.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// Options of the server. A limit that is left out is the default's.
#[derive(Clone, Debug, clap::Args)]
pub struct ServerArgs {
    /// Connections at a time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,
    /// Longest request in bytes.
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1_024..))]
    pub max_request_bytes: Option<u32>,
    /// Longest answer in bytes.
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1_024..))]
    pub max_response_bytes: Option<u32>,
    /// Subscriptions of one connection.
    #[arg(long, value_name = "N")]
    pub max_subscriptions: Option<u32>,
    /// Web pages that may use the chain besides this machine's and
    /// polkadot.js.org: origins with commas between, or all.
    #[arg(long, value_name = "ORIGIN,…|all")]
    pub rpc_cors: Option<Origins>,
    /// The dev_* methods, which rule the chain; auto: on if the address is
    /// this machine's own.
    #[arg(long, value_enum, default_value_t = ControlsChoice::Auto)]
    pub controls: ControlsChoice,
}

/// Whether the `dev_*` methods are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ControlsChoice {
    /// In any case.
    On,
    /// In no case.
    Off,
    /// If the address is a loopback address.
    Auto,
}

impl ServerArgs {
    fn config(&self) -> ServerConfig {
        let default = ServerLimits::default();
        ServerConfig {
            limits: ServerLimits {
                connections: self.max_connections.unwrap_or(default.connections),
                request_bytes: self.max_request_bytes.unwrap_or(default.request_bytes),
                response_bytes: self.max_response_bytes.unwrap_or(default.response_bytes),
                subscriptions: self.max_subscriptions.unwrap_or(default.subscriptions),
                ..default
            },
            controls: match self.controls {
                ControlsChoice::On => Controls::On,
                ControlsChoice::Off => Controls::Off,
                ControlsChoice::Auto => Controls::OnLoopback,
            },
            origins: self.rpc_cors.clone().unwrap_or_default(),
        }
    }
}

impl DevchainArgs {
    fn config(&self) -> DevchainConfig {
        let default = DevchainConfig::default();
        DevchainConfig {
            path: (!self.ephemeral).then(|| self.data_dir.join("chain")),
            clock: self.time.map_or(Clock::System, starting_at),
            sealing: match self.block_time {
                Some(ms) => Sealing::Interval(Duration::from_millis(ms)),
                None if self.manual => Sealing::Manual,
                None => Sealing::Instant,
            },
            endowed: self.endow.clone(),
            chain_name: self.chain_name.clone().unwrap_or(default.chain_name),
            finality_lag: self.finality_lag,
            limits: if self.fast { Limits::Lifted } else { Limits::RealChain },
            load: self.load.clone(),
            ..default
        }
    }
}

/// Runs the chain until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the chain does not open, the address cannot be had, or the dump cannot
/// be written.
pub async fn run(args: DevchainArgs) -> anyhow::Result<()> {
    // From here on a signal stops in order.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let _lock = if args.ephemeral { None } else { Some(lock(&args.data_dir)?) };
    let config = args.config();
    let devchain = tokio::task::spawn_blocking(move || Devchain::open(config)).await?.context("opening the chain")?;
    let server = devchain.serve_with(SocketAddr::new(args.host, args.port), args.server.config()).await?;
    let mut out = std::io::stdout().lock();
    write!(out, "{}", introduction(&args, &devchain, &server))?;
    out.flush()?;
    drop(out);

    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    // Whoever read our output may be gone; that is no reason to stop badly.
    let _ = writeln!(std::io::stdout(), "stopping");
    server.stop().await;
    let dumped = match &args.dump {
        Some(path) => dump(&devchain, path).await.with_context(|| format!("dumping the chain to {}", path.display())),
        None => Ok(()),
    };
    tokio::task::spawn_blocking(move || devchain.shutdown()).await?;
    dumped
}

/// What is printed at the start.
fn introduction(args: &DevchainArgs, devchain: &Devchain, server: &ServerHandle) -> String {
    let mut lines = vec![format!(
        "Development accounts, {} coins each at genesis; everybody knows their keys:",
        coins(DEVELOPMENT_ENDOWMENT)
    )];
    for (name, account) in DEVELOPMENT_NAMES.iter().zip(development_accounts()) {
        lines.push(format!("  {:<10} {account}", format!("//{name}")));
    }
    for (account, amount) in &args.endow {
        lines.push(format!("  {:<10} {account} with {}", "endowed", coins(*amount)));
    }
    let best = devchain.best();
    let limits = server.limits();
    lines.push(String::new());
    lines.push(match devchain.settings().sealing {
        Sealing::Instant => "sealing      a block as soon as a transaction is ready".into(),
        Sealing::Manual => "sealing      only when dev_newBlock asks for a block".into(),
        Sealing::Interval(interval) => format!("sealing      a block every {} ms", interval.as_millis()),
    });
    lines.push(format!(
        "finality     {}",
        match args.finality_lag {
            0 => "at once".into(),
            lag => format!("{lag} blocks behind the best one"),
        }
    ));
    lines.push(format!("clock        {}", iso(devchain.now_ms())));
    lines.push(format!("limits       {}", if args.fast { "FAST: limits lifted" } else { "limits of a real chain" }));
    lines.push(format!(
        "data         {}",
        if args.ephemeral { "in memory".into() } else { args.data_dir.join("chain").display().to_string() }
    ));
    lines.push(format!(
        "server       {} connections, requests to {} bytes, answers to {} bytes, {} subscriptions a connection",
        limits.connections, limits.request_bytes, limits.response_bytes, limits.subscriptions
    ));
    lines.push(format!("controls     dev_* {}", if server.controls() { "on" } else { "off" }));
    if !args.host.is_loopback() {
        lines.push("warning      other machines can reach this address".into());
    }
    lines.push(format!("genesis      {:?}", devchain.genesis_hash()));
    lines.push(format!("best block   {} {:?}", best.header.number, best.hash));
    lines.push(String::new());
    lines.push(format!("listening on {}", server.url()));
    lines.push(String::new());
    lines.join("\n")
}

/// Writes the chain to a new file beside `path`, which then takes its place:
/// an earlier dump is never half overwritten.
async fn dump(devchain: &Devchain, path: &Path) -> anyhow::Result<()> {
    let mut name = path.file_name().context("this is no file's path")?.to_owned();
    name.push(".partial");
    let partial = path.with_file_name(name);
    let file = Arc::new(File::create(&partial)?);
    devchain.dump(BufWriter::new(file.clone())).await?;
    file.sync_all()?;
    std::fs::rename(&partial, path)?;
    Ok(())
}

/// A clock that shows `ms` now and runs.
fn starting_at(ms: u64) -> Clock {
    let now = now_ms();
    let distance = i64::try_from(ms.abs_diff(now)).unwrap_or(i64::MAX);
    Clock::Offset(if ms < now { distance.saturating_neg() } else { distance })
}

fn iso(ms: u64) -> String {
    i64::try_from(ms)
        .ok()
        .and_then(DateTime::from_timestamp_millis)
        .map_or_else(|| format!("{ms} ms since 1970"), |time| time.to_rfc3339())
}

fn parse_time(text: &str) -> Result<u64, String> {
    if let Ok(ms) = text.parse() {
        return Ok(ms);
    }
    let day = || text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc().timestamp_millis());
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.timestamp_millis())
        .or_else(|_| day())
        .ok()
        .and_then(|ms| u64::try_from(ms).ok())
        .ok_or_else(|| {
            "give milliseconds since 1970, a day like 2026-01-31, or a time like 2026-01-31T12:00:00Z".into()
        })
}

fn parse_endowment(text: &str) -> Result<(AccountId, Balance), String> {
    let (address, amount) = text.split_once('=').ok_or("give ADDRESS=COINS")?;
    let account = bizkey_client::parse_account(address).map_err(|error| error.to_string())?;
    let account: [u8; 32] = *account.as_ref();
    Ok((AccountId::from(account), parse_coins(amount)?))
}

/// Coins with up to 12 decimals, in the smallest unit.
fn parse_coins(text: &str) -> Result<Balance, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let decimals = TOKEN_DECIMALS as usize;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > decimals {
        return Err(format!("{text:?} is no number of coins: digits, with at most {decimals} after a point"));
    }
    let too_many = || format!("{text} coins are more than there can be");
    let whole: Balance = whole.parse().map_err(|_| too_many())?;
    let fraction: Balance = format!("{fraction:0<decimals$}").parse().map_err(|_| too_many())?;
    whole.checked_mul(UNIT).and_then(|whole| whole.checked_add(fraction)).ok_or_else(too_many)
}

/// An amount of the smallest unit as coins.
fn coins(amount: Balance) -> String {
    let decimals = TOKEN_DECIMALS as usize;
    let fraction = format!("{:0>decimals$}", amount % UNIT);
    match fraction.trim_end_matches('0') {
        "" => (amount / UNIT).to_string(),
        fraction => format!("{}.{fraction}", amount / UNIT),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::{coins, parse_coins, parse_endowment, parse_time, starting_at, UNIT};

    #[test]
    fn coins_are_read_exactly_and_written_back() {
        for (text, amount) in
            [("0", 0), ("1", UNIT), ("1000000", 1_000_000 * UNIT), ("0.000000000001", 1), ("2.5", UNIT * 5 / 2)]
        {
            assert_eq!(parse_coins(text).unwrap(), amount, "{text}");
            assert_eq!(coins(amount), text);
        }
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000000000001", "1 000", "340282366920938463463374608"]
        {
            assert!(parse_coins(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_milliseconds_days_or_iso() {
        assert_eq!(parse_time("1700000000000"), Ok(1_700_000_000_000));
        assert_eq!(parse_time("1970-01-02"), Ok(86_400_000));
        assert_eq!(parse_time("1970-01-01T01:00:00+01:00"), Ok(0));
        assert_eq!(parse_time("1970-01-01T00:00:01.5Z"), Ok(1_500));
        for text in ["", "yesterday", "1969-12-31", "2026-13-01", "-1"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_started_clock_shows_its_time_and_runs() {
        for start in [5_000, 4_102_444_800_000] {
            let clock = starting_at(start);
            let first = clock.now_ms();
            assert!(first >= start && first < start + 60_000, "{first}");
            std::thread::sleep(std::time::Duration::from_millis(5));
            assert!(clock.now_ms() > first);
        }
    }

    #[test]
    fn an_endowment_names_an_account_and_coins() {
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        let (account, amount) = parse_endowment(&format!("{alice}=1.5")).unwrap();
        assert_eq!(account.to_string(), alice);
        assert_eq!(amount, UNIT * 3 / 2);
        for text in [alice, "=1", "5Grw=1", &format!("{alice}=")] {
            assert!(parse_endowment(text).is_err(), "{text}");
        }
    }
}
