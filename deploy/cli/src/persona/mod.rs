//! `bizkey persona`: who behaves as no honest shop or customer does, what
//! others say of it, and what is proposed to the board.
//!
//! | module | holds |
//! |---|---|
//! | `evaluate` | how good the rules are, on receipts of a file |
//! | `scan` | findings and proposals |
//! | `ask` | what providers say of one party |
//! | `lot` | which shops are audited, by lot |
//! | `network` | receipts and parties of a network: the chain, an index, the lake |
//! | `panel` | providers and the record of their verdicts, as options |
//! | `input` | receipts of files |
//! | `text` | findings for people |
//! | `files` | findings and proposals for programs |

mod ask;
mod evaluate;
mod files;
mod input;
mod lot;
mod network;
mod panel;
mod scan;
mod text;

pub use ask::AskArgs;
pub use evaluate::EvaluateArgs;
pub use lot::LotArgs;
pub use scan::{ScanArgs, ScanFilesArgs};

/// Options of `bizkey persona`.
#[derive(Clone, Debug, clap::Args)]
pub struct PersonaArgs {
    #[command(subcommand)]
    command: PersonaCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum PersonaCommand {
    /// Look through a network's receipts, and propose what the board may decide.
    ///
    /// Excludes nobody: what is found are findings with reasons and receipts,
    /// and calls that a director may submit.
    Scan(ScanArgs),
    /// Look through receipts of files; proposes nothing, for there is no board.
    ScanFiles(ScanFilesArgs),
    /// Ask anti-cheat and identity providers about one party of a network.
    ///
    /// Verdicts are recorded; the next scan with the same record takes them up.
    Ask(AskArgs),
    /// Draw by lot which shops are audited for a month, and which of their receipts.
    ///
    /// Everybody draws the same from the chain, and nobody knows it beforehand:
    /// the lot rests on the hash of the first final block of the second epoch
    /// after those that are audited. Name the epochs before that block is made,
    /// for whoever chooses them later chooses among lots. The author of that one
    /// block can try others until it likes the hash: with a million tries it
    /// spares some 40 shops at 30 %, or 11 at 70 %, in that one lot; the next
    /// one is drawn by somebody else's block. Where authors are few, draw a
    /// second lot that ends in another epoch.
    Lot(LotArgs),
    /// Put fraud among honest receipts and print what the rules find of it.
    ///
    /// The first half of the receipts is history; fraud is put into the second
    /// half, and only that half is counted. Several draws of fraud are summed.
    Evaluate(EvaluateArgs),
}

/// Does what was asked for.
///
/// # Errors
/// When what is needed cannot be read or written.
pub async fn persona(args: PersonaArgs) -> anyhow::Result<()> {
    match args.command {
        PersonaCommand::Scan(args) => scan::scan(args).await,
        PersonaCommand::ScanFiles(args) => scan::scan_files(&args),
        PersonaCommand::Ask(args) => ask::ask(args).await,
        PersonaCommand::Lot(args) => lot::lot(args).await,
        PersonaCommand::Evaluate(args) => evaluate::evaluate(&args),
    }
}
