//! `bizkey persona scan`: findings, verdicts, proposals.

use super::files::{write_findings, write_proposals};
use super::input::FilesArgs;
use super::network::{read_owners, Looked, NetworkArgs};
use super::panel::{case, told, PanelArgs};
use super::text::{finding_text, proposal_text, Names};
use crate::system::now_ms;
use anyhow::Context;
use bizkey_oracle::persona::{
    features::{Facts, Features, Window},
    find, propose,
    provider::{Opinion, Panel, Verdict},
    rules::LEAST_SCORE,
    suspects, Finding, Proposal,
};
use bizkey_oracle::scoring::ReceiptId;
use bizkey_primitives::Side;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

/// Options of `bizkey persona scan`.
#[derive(Clone, Debug, clap::Args)]
pub struct ScanArgs {
    /// Which network.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Whom to ask about those who are found.
    #[command(flatten)]
    pub panel: PanelArgs,
    /// Of how many parties providers are asked at most, the highest score first.
    #[arg(long, default_value_t = 1_000)]
    pub ask_most: usize,
    /// Which findings.
    #[command(flatten)]
    pub output: OutputArgs,
    /// A folder for proposals, one file each, with their evidence and the calls
    /// that a director may submit.
    #[arg(long, value_name = "FOLDER")]
    pub proposals: Option<PathBuf>,
}

/// Options of `bizkey persona scan-files`.
#[derive(Clone, Debug, clap::Args)]
pub struct ScanFilesArgs {
    /// Which files.
    #[command(flatten)]
    pub files: FilesArgs,
    /// Which customer owns which shop: CSV with merchant, customer. Rules about
    /// owners are silent on the others.
    #[arg(long, value_name = "FILE")]
    pub owners: Option<PathBuf>,
    /// Which findings.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What is printed and written of findings.
#[derive(Clone, Debug, clap::Args)]
pub struct OutputArgs {
    /// Findings with a lower score are left out.
    #[arg(long, default_value_t = LEAST_SCORE, value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub least_score: u16,
    /// Prints so many receipts of a finding; files hold all.
    #[arg(long, default_value_t = 5)]
    pub receipts_shown: usize,
    /// Also writes the findings to a file, for programs.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Scans a network. Standard output has findings, verdicts and proposals.
///
/// # Errors
/// When the network, a file or the record cannot be read or written. A provider
/// that gives no verdict is told, and no error.
pub async fn scan(args: ScanArgs) -> anyhow::Result<()> {
    // Before the long part: a record in use is told at once.
    let panel = args.panel.open()?;
    let looked = args.network.look().await?;
    let done = scan_network(&args, panel, &looked).await;
    looked.close().await;
    done
}

async fn scan_network(args: &ScanArgs, mut panel: Option<Panel>, looked: &Looked) -> anyhow::Result<()> {
    let features = &looked.features;
    let findings = args.output.findings(features);
    let names = Names::OfChain;
    args.output.show(features, &findings, &names)?;
    let parties: BTreeSet<(Side, u32)> = suspects(&findings).into_iter().collect();
    let mut known = looked.known(&parties).await?;
    if let Some(panel) = panel.as_mut().filter(|_| args.panel.is_asking()) {
        let asked = order(&findings).into_iter().take(args.ask_most);
        ask_about(panel, looked, asked.collect(), &known).await?;
    }
    let verdicts = panel.as_ref().map(|panel| newest(panel, features.window())).unwrap_or_default();
    let others: BTreeSet<_> = verdicts.iter().map(|verdict| (verdict.side, verdict.index)).collect();
    known.extend(looked.known(&others.difference(&parties).copied().collect()).await?);
    let receipts: BTreeSet<ReceiptId> = findings.iter().flat_map(|finding| finding.receipts.iter().copied()).collect();
    let batches = looked.batches(&receipts).await?;
    let proposals = propose(
        &findings,
        &verdicts,
        features,
        &looked.place,
        |side, index| known.get(&(side, index)).cloned().unwrap_or_default(),
        |receipts| batches.proofs(receipts),
    );
    show_proposals(&proposals);
    if let Some(folder) = &args.proposals {
        let written =
            write_proposals(folder, &proposals).with_context(|| format!("writing to {}", folder.display()))?;
        say(&format!("They are in {}, {written} files; the board decides.\n", folder.display()));
    }
    Ok(())
}

/// Scans the receipts of files.
///
/// # Errors
/// When a file cannot be read or written, or holds no receipt.
pub fn scan_files(args: &ScanFilesArgs) -> anyhow::Result<()> {
    let input = args.files.read()?;
    let last = input.sales.iter().map(|sale| sale.epoch).max().context("no receipt can be looked at")?;
    let window = Window::ending(last);
    let mut facts = Facts::new(input.calendar);
    facts.owners = args.owners.as_deref().map(read_owners).transpose()?.unwrap_or_default();
    // A customer joins with its first receipt: the files say nothing else.
    for sale in &input.sales {
        let joined = facts.joined.entry(sale.customer).or_insert(sale.epoch);
        *joined = sale.epoch.min(*joined);
    }
    let sales = input.sales.into_iter().filter(|sale| window.contains(sale.epoch)).collect();
    let features = Features::new(sales, window, facts)?;
    let findings = args.output.findings(&features);
    args.output.show(&features, &findings, &Names::OfFile(&input.ids))
}

impl OutputArgs {
    /// What the rules find, the highest score first.
    fn findings(&self, features: &Features) -> Vec<Finding> {
        let mut findings = find(features);
        findings.retain(|finding| finding.score >= self.least_score);
        findings.sort_by(|left, right| right.score.cmp(&left.score));
        findings
    }

    fn show(&self, features: &Features, findings: &[Finding], names: &Names<'_>) -> anyhow::Result<()> {
        let (window, network) = (features.window(), features.network());
        let mut text = format!(
            "{} receipts of {} customers at {} shops in epochs {} to {}. Findings: {}.\n\n",
            network.receipts,
            features.customers().len(),
            features.shops().len(),
            window.first,
            window.last,
            findings.len(),
        );
        for finding in findings {
            text.push_str(&finding_text(finding, names, self.receipts_shown));
            text.push('\n');
        }
        say(&text);
        if let Some(path) = &self.json {
            write_findings(path, findings, names).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

/// Suspects in the order of their highest score.
fn order(findings: &[Finding]) -> Vec<(Side, u32)> {
    let mut highest: BTreeMap<(Side, u32), u16> = BTreeMap::new();
    for finding in findings {
        for suspect in &finding.suspects {
            let score = highest.entry(*suspect).or_default();
            *score = finding.score.max(*score);
        }
    }
    let mut suspects: Vec<_> = highest.into_iter().collect();
    suspects.sort_by_key(|(suspect, score)| (std::cmp::Reverse(*score), *suspect));
    suspects.into_iter().map(|(suspect, _)| suspect).collect()
}

/// Asks about each; what each provider says goes into the record.
async fn ask_about(
    panel: &mut Panel,
    looked: &Looked,
    suspects: Vec<(Side, u32)>,
    known: &BTreeMap<(Side, u32), bizkey_oracle::persona::observe::Known>,
) -> anyhow::Result<()> {
    let bar = ProgressBar::new(suspects.len() as u64);
    // The template is a constant that parses.
    if let Ok(style) = ProgressStyle::with_template("parties asked about [{bar:40}] {pos}/{len} {elapsed}, {eta} left")
    {
        bar.set_style(style);
    }
    let mut silent: BTreeSet<String> = BTreeSet::new();
    for suspect in suspects {
        let nothing = bizkey_oracle::persona::observe::Known::default();
        let about = case(looked.place.genesis, suspect, &looked.features, known.get(&suspect).unwrap_or(&nothing));
        for opinion in panel.judge(&about, now_ms()).await? {
            match &opinion {
                Opinion::LeftOut { .. } => silent.extend([told(&opinion)]),
                _ => bar.suspend(|| say(&format!("{}\n", told(&opinion)))),
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    silent.iter().for_each(|line| say(&format!("{line}\n")));
    Ok(())
}

/// Of each provider the last verdict on each party that is about the window, by
/// party.
fn newest(panel: &Panel, window: Window) -> Vec<Verdict> {
    let mut newest: BTreeMap<(Side, u32, &str), &Verdict> = BTreeMap::new();
    for verdict in panel.record().verdicts() {
        // Of an identity, a whole month was asked about, which may go on.
        if verdict.epochs.1 < window.first || verdict.epochs.0 > window.last {
            continue;
        }
        let kept = newest.entry((verdict.side, verdict.index, &verdict.provider)).or_insert(verdict);
        if (verdict.asked_ms, verdict.request_hash) > (kept.asked_ms, kept.request_hash) {
            *kept = verdict;
        }
    }
    newest.into_values().cloned().collect()
}

fn show_proposals(proposals: &[Proposal]) {
    let mut text = format!("Proposals to the board: {}.\n", proposals.len());
    for proposal in proposals {
        text.push_str(&proposal_text(proposal));
    }
    say(&text);
}

/// Whoever read our output may have read enough.
pub(super) fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
