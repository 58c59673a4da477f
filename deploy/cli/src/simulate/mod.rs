//! `bizkey simulate`: what the rules lead to when they are played.

mod attack;
mod plot;
mod text;

use anyhow::Context;
use bizkey_oracle::simulation::{
    economy::{DayRow, Economy, Place, Summary, YEAR},
    EconomyParameters, Parameter, Setting,
};
use std::path::{Path, PathBuf};
use text::{grouped, millions, wrapped};

/// Options of `bizkey simulate`.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SimulateArgs {
    #[command(subcommand)]
    command: Option<SimulateCommand>,
    #[command(flatten)]
    economy: EconomyArgs,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum SimulateCommand {
    /// Play attacks on a town and print what each costs and earns.
    ///
    /// An honest town is scored by bizpower-1 and by bizpower-2, with and
    /// without each attack. The attacker tries several plans of several sizes;
    /// the table shows the best of them, and whether the persona's own rules, an
    /// audit by lot or a demand finds it. --stage plays a later stage, --list
    /// prints every price and assumption, --set changes one.
    Attack(attack::AttackArgs),
}

// No doc comment: where it is flattened, clap would take it for the help of the command.
#[derive(Clone, Debug, clap::Args)]
struct EconomyArgs {
    /// Years of 365 days to play.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    years: u32,
    /// Where simulation.csv, simulation.svg and parameters.csv go; those of an
    /// earlier run are replaced.
    #[arg(long, default_value = "simulation")]
    out: PathBuf,
    /// What if: change a parameter, such as shops_open_percent=80. Can be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<Setting>,
    /// Seed of what strays from day to day; the same seed and parameters give the same files.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print every parameter with its default, its unit and the argument for it, and play nothing.
    #[arg(long)]
    list: bool,
}

/// Plays what was asked for.
///
/// # Errors
/// When a parameter cannot be set, or a file not be read or written.
pub fn simulate(args: SimulateArgs) -> anyhow::Result<()> {
    match args.command {
        Some(SimulateCommand::Attack(args)) => attack::attack(&args),
        None => economy(&args.economy),
    }
}

/// A parameter's entry in a list.
fn entry(parameter: &Parameter) -> String {
    let Parameter { name, default, unit, least, most, argument } = parameter;
    let (default, least, most) = (grouped(*default), grouped(*least), grouped(*most));
    format!("{name} = {default}  ({unit}; {least} to {most})\n{}\n", wrapped(argument, "    ", 96))
}

fn print_list(parameters: &[Parameter]) {
    for parameter in parameters {
        println!("{}", entry(parameter));
    }
}

fn economy(args: &EconomyArgs) -> anyhow::Result<()> {
    if args.list {
        print_list(EconomyParameters::ALL);
        return Ok(());
    }
    let mut parameters = EconomyParameters::default();
    for setting in &args.settings {
        parameters.set(setting)?;
    }
    let (rows, summary) = play(parameters.clone(), args.seed, args.years * YEAR)?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("making {}", args.out.display()))?;
    write_rows(&args.out.join("simulation.csv"), &rows)?;
    write_parameters(&args.out.join("parameters.csv"), &parameters, args.seed)?;
    let picture = plot::svg(&rows)?;
    let path = args.out.join("simulation.svg");
    std::fs::write(&path, picture).with_context(|| format!("writing {}", path.display()))?;
    print_summary(&summary, &args.out);
    Ok(())
}

fn play(parameters: EconomyParameters, seed: u64, days: u32) -> anyhow::Result<(Vec<DayRow>, Summary)> {
    let mut economy = Economy::new(parameters, seed)?;
    let mut summary = Summary::default();
    let mut rows = Vec::with_capacity(days as usize);
    for _ in 0..days {
        let row = economy.play_day()?;
        summary.add(&row);
        rows.push(row);
    }
    Ok((rows, summary))
}

fn write_rows(path: &Path, rows: &[DayRow]) -> anyhow::Result<()> {
    let writing = || format!("writing {}", path.display());
    let mut writer = csv::Writer::from_path(path).with_context(writing)?;
    writer.write_record(DayRow::HEADER).with_context(writing)?;
    for row in rows {
        writer.write_record(row.record()).with_context(writing)?;
    }
    writer.flush().with_context(writing)
}

/// What the run was made with, so that it can be made again.
fn write_parameters(path: &Path, parameters: &EconomyParameters, seed: u64) -> anyhow::Result<()> {
    let writing = || format!("writing {}", path.display());
    let mut writer = csv::Writer::from_path(path).with_context(writing)?;
    writer.write_record(["name", "value", "unit"]).with_context(writing)?;
    writer.write_record(["seed", &seed.to_string(), ""]).with_context(writing)?;
    for (parameter, value) in parameters.values() {
        writer.write_record([parameter.name, &value.to_string(), parameter.unit]).with_context(writing)?;
    }
    writer.flush().with_context(writing)
}

fn print_summary(summary: &Summary, out: &Path) {
    let end = |day: Option<u32>| match day {
        Some(day) => format!(
            "used up on day {} (in year {}); what nobody claimed is emitted again",
            grouped(day.into()),
            day / YEAR + 1
        ),
        None => "not used up yet on the last day".to_owned(),
    };
    println!("merchants' pool: {}", end(summary.merchant_pool_ends));
    println!("customers' pool: {}", end(summary.customer_pool_ends));
    match summary.first_waiting {
        Some(day) => println!(
            "deposits: from day {} on there are days with shops that find no Bzky to lock",
            grouped(day.into())
        ),
        None => println!("deposits: every shop found the Bzky to lock"),
    }
    println!();
    println!("At the end of each year, millions of Bzky and of Time:");
    println!(
        "{:>4} {:>10} {:>12} {:>9} {:>9} {:>7} {:>8} {:>9} {:>9} {:>9} {:>9}",
        "year", "shops", "customers", "float", "locked", "locked", "burned", "vesting", "pool", "Time", "Time pool"
    );
    println!("{:>47} {:>7}", "", "of all");
    for year in &summary.years {
        let (row, per_mille) = (&year.row, year.locked_per_mille());
        println!(
            "{:>4} {:>10} {:>12} {:>9} {:>9} {:>7} {:>8} {:>9} {:>9} {:>9} {:>9}",
            year.year,
            grouped(row.shops),
            grouped(row.customers),
            millions(row.at(Place::Float)),
            millions(row.at(Place::Locked)),
            format!("{}.{} %", per_mille / 10, per_mille % 10),
            millions(row.at(Place::Burned)),
            millions(row.at(Place::Vesting)),
            millions(row.at(Place::Pool)),
            millions(row.time_outstanding()),
            millions(row.time_pool),
        );
    }
    println!();
    println!(
        "float: Bzky in free hands; locked: deposits of shops; vesting: not released yet; pool: left for merchants."
    );
    println!("Every day: {}", out.join("simulation.csv").display());
    println!("Picture:   {}", out.join("simulation.svg").display());
    println!("What if:   bizkey simulate --list shows what --set can change");
}
