//! `bizkey`: the whole network in one program.

use bizkey_cli::{
    demo, deploy, devchain, explain, grades, oracle, persona, price, register, score, scoring_rules, simulate, up,
    verify,
};
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(name = "bizkey", version, about = "Receipts of offline shops, recorded and rewarded on chain")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything in one process; resumes where it was.
    Up(up::UpArgs),
    /// Deploy the contracts and hand them over to the board; finishes what was cut short.
    Deploy(deploy::DeployArgs),
    /// Run the chain alone, for the development of contracts.
    Devchain(devchain::DevchainArgs),
    /// Play receipts through the whole line and write what everybody earned.
    Demo(demo::DemoArgs),
    /// Recompute every epoch from the chain alone and compare.
    Verify(verify::VerifyArgs),
    /// Run one member of the committee, with its own key.
    Oracle(oracle::OracleArgs),
    /// Keep Bzky's price on chain: the median of several sources.
    PriceFeed(price::PriceFeedArgs),
    /// Explain a shop's or a customer's day line by line, receipts to reward.
    Explain(explain::ExplainArgs),
    /// Play years of the token economy, or attacks on a town; needs no chain.
    Simulate(simulate::SimulateArgs),
    /// Score the closed epochs of a lake, here or on a cluster, and print both roots.
    Score(score::ScoreArgs),
    /// Run a process of a cluster that scores.
    #[cfg(feature = "distributed")]
    #[command(subcommand)]
    Engine(bizkey_oracle_distributed::EngineCommand),
    /// Look for forged receipts, propose penalties to the board, and try the rules.
    Persona(persona::PersonaArgs),
    /// Reward shops that reach a grade, by tasks of Bizkey's own.
    Grades(grades::GradesArgs),
    /// Propose clamps and capital floors of bizpower-2 to the board, from the last epochs' trade.
    ScoringRules(scoring_rules::ScoringRulesArgs),
    /// Register a shop or a customer, for trials.
    Register(register::RegisterArgs),
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match arguments.command {
            Command::Up(args) => up::up(args).await.map(|()| ExitCode::SUCCESS),
            Command::Deploy(args) => deploy::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Devchain(args) => devchain::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Demo(args) => demo::demo(args).await.map(|()| ExitCode::SUCCESS),
            Command::Verify(args) => verify::verify(args).await,
            Command::Oracle(args) => oracle::oracle(args).await.map(|()| ExitCode::SUCCESS),
            Command::PriceFeed(args) => price::price_feed(args).await.map(|()| ExitCode::SUCCESS),
            Command::Explain(args) => explain::explain(args).await.map(|()| ExitCode::SUCCESS),
            Command::Simulate(args) => simulate::simulate(args).map(|()| ExitCode::SUCCESS),
            Command::Score(args) => score::score(args).await.map(|()| ExitCode::SUCCESS),
            #[cfg(feature = "distributed")]
            Command::Engine(command) => command.run().await.map(|()| ExitCode::SUCCESS).map_err(anyhow::Error::from),
            Command::Persona(args) => persona::persona(args).await.map(|()| ExitCode::SUCCESS),
            Command::Grades(args) => grades::grades(args).await.map(|()| ExitCode::SUCCESS),
            Command::ScoringRules(args) => scoring_rules::scoring_rules(args).await.map(|()| ExitCode::SUCCESS),
            Command::Register(args) => register::register(args).await.map(|()| ExitCode::SUCCESS),
        }
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
