//! `bizkey engine` alone: a small program for machines that do nothing else.
#![forbid(unsafe_code)]

use bizkey_oracle_distributed::EngineCommand;
use clap::Parser;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(name = "bizkey-engine", version, about = "One process of a cluster that scores epochs of the lake")]
struct Arguments {
    #[command(subcommand)]
    command: EngineCommand,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Arguments::parse().command.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
