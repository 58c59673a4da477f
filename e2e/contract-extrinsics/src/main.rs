//! What `cargo contract` does with a chain, done by the library that it does it
//! with: uploads a bundle's code, removes it, makes a contract of it, calls that
//! and reads it back.
//!
//! `contract-extrinsics-play URL BUNDLE` takes the bundle of `bzky` and a chain
//! that does not have its code, and prints what it saw as one line of JSON.

mod play;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, bundle] = arguments.as_slice() else {
        eprintln!("usage: contract-extrinsics-play URL BUNDLE");
        return ExitCode::from(2);
    };
    match play::run(url, bundle.as_ref()).await {
        Ok(seen) => {
            println!("{seen}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}
