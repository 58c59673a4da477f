//! `bizkey simulate attack`: what each attack costs and earns.

use super::{
    print_list,
    text::{grouped, money, price, whole, wrapped},
};
use crate::demo::Input;
use crate::system::DAY_MS;
use anyhow::Context;
use bizkey_gateway::payment::SaleChannel;
use bizkey_oracle::simulation::{
    attack::{compare, held_for_whole_days, Attack, Comparison, Outcome, Town},
    AttackParameters, EconomyParameters, Setting, Stage,
};
use bizkey_primitives::{receipt::Channel, TOKEN};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Options of `bizkey simulate attack`.
#[derive(Clone, Debug, clap::Args)]
pub struct AttackArgs {
    /// Play this attack only: one-cent-orders, sybil-customers, cash-self-dealing, rented-holdings, split-receipts,
    /// late-receipts or invented-receipts. Can be repeated.
    #[arg(long = "attack", value_name = "NAME")]
    attacks: Vec<Attack>,
    /// Real receipts instead of a made-up town: CSV, plain or gzip, with receipt_id, store_id, household_id, at,
    /// amount_cents; its first warmup_days and attack_days are played.
    #[arg(long, requires = "shops", value_name = "FILE")]
    receipts: Option<PathBuf>,
    /// Their shops: CSV with store_id, area_m2, staff, rent_per_m2_month, wage_month.
    #[arg(long, requires = "receipts", value_name = "FILE")]
    shops: Option<PathBuf>,
    /// The shop that attacks: its store_id, or its number in the made-up town; without it the best for the attacker of
    /// the one whose buyers weigh the most, the one with the least trade, and one that opens for the attack.
    #[arg(long, value_name = "ID")]
    shop: Option<String>,
    /// When the network is attacked: on its first day; at its launch, when the board has seen two weeks of trade; or
    /// when stage 1, 2 or 3 of the paper has been reached, with the deposit, the price, and the shops and customers
    /// beyond the town that it has then.
    #[arg(long, default_value_t, value_name = "start|launch|1|2|3")]
    stage: Stage,
    /// What if: change a parameter, such as identity_cost=800. Can be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<Setting>,
    /// Seed of the made-up town; the same seed and parameters give the same table.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print every parameter with its default, its unit and the argument for it, and play nothing.
    #[arg(long)]
    list: bool,
}

/// Plays the attacks and prints the tables.
pub fn attack(args: &AttackArgs) -> anyhow::Result<()> {
    if args.list {
        print_list(AttackParameters::ALL);
        return Ok(());
    }
    let mut parameters = args.stage.parameters(&EconomyParameters::default());
    for setting in &args.settings {
        parameters.set(setting)?;
    }
    let (town, names) = match (&args.receipts, &args.shops) {
        (Some(receipts), Some(shops)) => real_town(receipts, shops, &parameters, args.seed)?,
        _ => {
            let town = Town::made_up(&parameters, args.seed);
            let names = (1..=town.shops.len()).map(|number| number.to_string()).collect();
            (town, names)
        }
    };
    let attacker = args.shop.as_deref().map(|id| index_of(&names, id)).transpose()?;
    let sales: usize = town.days.iter().map(Vec::len).sum();
    println!(
        "{} shops, {} customers, {} sales in {} days; attacked for {} of them",
        town.shops.len(),
        grouped(town.customers.into()),
        grouped(sales as u64),
        town.days.len(),
        parameters.attack_days
    );
    print_stage(args.stage, &parameters);
    let attacks = if args.attacks.is_empty() { Attack::ALL.to_vec() } else { args.attacks.clone() };
    let bar = ProgressBar::new(attacks.len() as u64);
    // The template is a constant that parses.
    if let Ok(style) = ProgressStyle::with_template("attacks [{bar:40}] {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    bar.tick();
    let comparisons = compare(&parameters, &town, attacker, &attacks, |_| bar.inc(1))?;
    bar.finish_and_clear();
    print_table(&comparisons, &parameters);
    print_plans(&comparisons, &names);
    if attacks.contains(&Attack::RentedHoldings) {
        let (gain, interest) = held_for_whole_days(&parameters, &town, attacker)?;
        let (gain, interest) = (whole(i128::try_from(gain)?), whole(i128::try_from(interest)?));
        let note = format!(
            "Bzky that is held all day is no attack: the paper pays shops for holding. In the sixth month {} Bzky more, \
             borrowed for whole days, would earn {gain} Bzky in {} days, for {interest} Bzky of interest. By either \
             version a shop has its share for holding on every day with a valid receipt, be it of one cent.",
            grouped(parameters.deposit),
            parameters.attack_days
        );
        println!("\n{}", wrapped(&note, "", 110));
    }
    println!("\n{}", wrapped(&audits(&parameters), "", 110));
    for advice in comparisons.iter().filter_map(|one| advice(one, &parameters)) {
        println!("{}", wrapped(&advice, "", 110));
    }
    println!("\n{}", verdict(&comparisons));
    Ok(())
}

/// What the network is when it is attacked.
fn print_stage(stage: Stage, parameters: &AttackParameters) {
    let AttackParameters { network_shops, network_customers, deposit, .. } = parameters;
    let network = if *network_shops == 0 {
        "no network beyond the town".to_owned()
    } else {
        format!("{} shops and {} customers a day in all", grouped(*network_shops), grouped(*network_customers))
    };
    let figures = match (parameters.board_figures, parameters.opening_clamp) {
        (0, 0) => "; the board has set no clamp".to_owned(),
        (0, clamp) => {
            format!("; no trade was seen yet, every clamp is {}.{:02}", grouped(clamp / 100), clamp % 100)
        }
        _ => String::new(),
    };
    println!("stage {stage}: {network}, a deposit of {} Bzky{figures}", grouped(*deposit));
}

/// How forgers are found.
fn audits(parameters: &AttackParameters) -> String {
    let AttackParameters { audited_percent_month, audited_receipts, recognised_percent, .. } = parameters;
    let (small, buyers) = (parameters.audited_percent_month_small, parameters.small_shop_buyers_day);
    format!(
        "Found: by the persona's own rules, run over the receipts of all the days; whom they suspect is audited. By \
         an audit by lot, of {audited_percent_month} % of all shops a month, and of {small} % of those with fewer \
         than {buyers} buyers a day, forged ones among them. By a demand to open a receipt. An audit \
         draws {audited_receipts} receipts and recognises {recognised_percent} % of the forged ones among them. \
         Whoever is found is removed: the deposit is seized, what is deferred is not paid, later income is lost. \
         Where the rules see nothing, the lot is all there is."
    )
}

/// What the board must do where an attack pays from some price on under
/// bizpower-2; `None` where it pays at none.
fn advice(Comparison { attack, second, .. }: &Comparison, parameters: &AttackParameters) -> Option<String> {
    let least = second.pays_from?;
    let when = if least == u128::from(parameters.bzky_price) {
        "pays now:".to_owned()
    } else {
        format!("would pay from a price of {} on; before that", price(least))
    };
    Some(match second.deposit_needed {
        // Rounded up to whole Bzky.
        Some(deposit) => {
            let deposit = u64::try_from(deposit.div_ceil(TOKEN)).unwrap_or(u64::MAX);
            format!(
                "{attack} {when} the board must raise the deposit from {} to {} Bzky, with which it pays \
                 at no price, or have more shops audited.",
                grouped(parameters.deposit),
                grouped(deposit)
            )
        }
        None => {
            format!("{attack} {when} the board must have shops audited: no deposit helps where nobody is found.")
        }
    })
}

/// The number of the shop with a name.
fn index_of(names: &[String], id: &str) -> anyhow::Result<u32> {
    let position = names.iter().position(|name| name == id);
    let position = position.with_context(|| format!("--shop {id}: there is no such shop among the {}", names.len()))?;
    Ok(u32::try_from(position)? + 1)
}

/// The town that the files tell of, and its shops' ids.
fn real_town(
    receipts: &Path,
    shops: &Path,
    parameters: &AttackParameters,
    seed: u64,
) -> anyhow::Result<(Town, Vec<String>)> {
    let days = u32::try_from(parameters.warmup_days + parameters.attack_days)?;
    let input = Input::read(receipts, shops, Some(days))?;
    let shop_indices: HashMap<&str, u32> =
        (1..).zip(&input.shops).map(|(index, shop)| (shop.id.as_str(), index)).collect();
    let customers = input.customers();
    let customer_indices: HashMap<&str, u32> = (1..).zip(&customers).map(|(index, id)| (id.as_str(), index)).collect();
    let mut rows = Vec::with_capacity(input.receipts.len());
    let mut refused = input.rejected.len();
    for receipt in &input.receipts {
        let merchant = shop_indices.get(receipt.store_id.as_str());
        let amount = u64::try_from(receipt.amount).ok().filter(|amount| *amount > 0);
        let (Some(merchant), Some(amount)) = (merchant, amount) else {
            refused += 1;
            continue;
        };
        let day = u32::try_from((receipt.at_ms - input.launch_ms) / DAY_MS)?;
        let channel = match receipt.channel {
            SaleChannel::InStore => Channel::InStore,
            SaleChannel::Outside => Channel::Outside,
        };
        rows.push((day, *merchant, customer_indices.get(receipt.household_id.as_str()).copied(), channel, amount));
    }
    if refused > 0 {
        println!("{} receipts are left out: no amount, no known shop, or not readable", grouped(refused as u64));
    }
    let capitals: Vec<_> = input.shops.iter().map(|shop| shop.capital).collect();
    let number = u32::try_from(customers.len()).context("more customers than can be numbered")?;
    let names = input.shops.iter().map(|shop| shop.id.clone()).collect();
    Ok((Town::of_receipts(&capitals, number, input.days, &rows, seed), names))
}

fn print_table(comparisons: &[Comparison], parameters: &AttackParameters) {
    println!(
        "Bzky at {}, Time at {}, money in the accounting currency. Beyond honest trade, in the best plan that was tried:\n",
        price(parameters.bzky_price.into()),
        price(parameters.time_price.into())
    );
    println!(
        "{:<18} {:>3} {:>9} {:>8} {:>10} {:>8} {:>10} {:>8} {:>8} {:>8} {:>10} {:>10} {:>9} {:>5} {:>6} {:>5} {:>10}",
        "attack",
        "v",
        "Bzky",
        "Time",
        "earns",
        "fees",
        "identities",
        "wages",
        "Time",
        "capital",
        "penalties",
        "net",
        "found by:",
        "",
        "",
        "",
        "pays if a"
    );
    println!(
        "{:<18} {:>3} {:>67} {:>30} {:>9} {:>5} {:>6} {:>5} {:>10}",
        "", "", "given", "", "rules", "audit", "demand", "any", "Bzky costs"
    );
    for Comparison { attack, first, second } in comparisons {
        for (version, outcome) in [(1, first), (2, second)] {
            let Outcome { bzky, time, earned, costs, net, found, pays_from, .. } = outcome;
            let name = if version == 1 { attack.name() } else { "" };
            println!(
                "{:<18} {:>3} {:>9} {:>8} {:>10} {:>8} {:>10} {:>8} {:>8} {:>8} {:>10} {:>10} {:>9} {:>5} {:>6} {:>5} {:>10}",
                name,
                version,
                whole(*bzky),
                whole(*time),
                money(*earned),
                money(costs.fees),
                money(costs.identities),
                money(costs.wages),
                money(costs.time_given),
                money(costs.capital),
                money(costs.penalties),
                money(*net),
                if found.is_suspected { percent(found.rules) } else { "not".to_owned() },
                percent(found.lot),
                percent(found.demand),
                percent(found.any),
                pays_from.map_or("never".to_owned(), |least| pays(least, parameters)),
            );
        }
    }
}

/// A chance per mille in whole percent.
fn percent(per_mille: u64) -> String {
    format!("{} %", per_mille / 10)
}

/// From which price of a Bzky an attack pays.
fn pays(least: u128, parameters: &AttackParameters) -> String {
    if least == u128::from(parameters.bzky_price) {
        "now".to_owned()
    } else {
        price(least)
    }
}

fn print_plans(comparisons: &[Comparison], names: &[String]) {
    println!("\nThe plans:");
    let shop = |outcome: &Outcome| match names.get(outcome.shop as usize - 1) {
        Some(name) => format!("shop {name}"),
        None => "a shop that opens for it".to_owned(),
    };
    for Comparison { attack, first, second } in comparisons {
        println!("{attack:<18}   1  {}: {}", shop(first), first.what);
        println!("{:<18}   2  {}: {}", "", shop(second), second.what);
    }
}

/// The line that the table comes to.
fn verdict(comparisons: &[Comparison]) -> String {
    let names = |pays: &dyn Fn(&Comparison) -> bool| {
        let names: Vec<&str> = comparisons.iter().filter(|one| pays(one)).map(|one| one.attack.name()).collect();
        if names.is_empty() {
            "none of these pays".to_owned()
        } else {
            format!("these pay: {}", names.join(", "))
        }
    };
    format!(
        "Under bizpower-1 {}.\nUnder bizpower-2 {}.",
        names(&|one| one.first.net > 0),
        names(&|one| one.second.net > 0)
    )
}
