//! What scores a new network until its board decides otherwise: decisions of
//! the deployer, taken once, for epochs that have not begun.

use crate::{Call, ClientError, ContractError, Result, Signer, Suite};
use bizkey_primitives::{
    errors::{registry, rewards},
    report::{BIZPOWER_1, BIZPOWER_2},
    Epoch,
};

/// The algorithm that scores a new network unless it is told another one
/// (architecture.md, BizPower, exactly: "bizpower-2, hardened, what a network
/// should launch with").
pub const DEFAULT_ALGORITHM_VERSION: u16 = BIZPOWER_2;

/// How much of a customer's cash and external payments counts in an epoch of a
/// new network, minor units: 20 dollars, about a meal and some groceries. Cash
/// costs a forger nothing, so it must not carry large amounts. The simulated
/// attacks play with the same figure (`bizkey simulate attack --list`).
pub const DEFAULT_CASH_CAP: u64 = 2_000;

/// Farthest epoch beyond the next one that is tried. Where epochs last a
/// second, it is two minutes away: longer than any block takes to be final.
const FARTHEST: Epoch = 127;

/// Has `algorithm_version` score the epochs that have not begun, and counts no
/// more than `cash_cap` of a customer's cash in them.
///
/// What was decided before, by this call or by anybody else, is left alone,
/// whenever it begins: so a deployment that was cut short decides once. So is
/// a network that was handed over, whose board decides.
///
/// # Errors
/// Those of the connection and of the chain.
pub async fn decide(suite: &Suite, signer: &Signer, algorithm_version: u16, cash_cap: Option<u64>) -> Result<()> {
    let deployer = signer.account_id();
    let (registry, rewards) = (suite.registry(), suite.rewards());
    // Not the last final block: what a killed program has sent may be in a
    // block that is not final yet.
    let best = Some(suite.client().best_head().await?.hash);
    // The cap comes first, so that it holds in the first epoch that needs it.
    let mut earliest: Epoch = 0;
    if let Some(cap) = cash_cap {
        let is_undecided = registry.cash_cap(Epoch::MAX, best).await?.is_none();
        if is_undecided && registry.admin(None).await? == deployer {
            earliest = from_coming_epoch(suite, signer, earliest, |epoch| registry.set_cash_cap(cap, epoch)).await?;
            tracing::info!(cap, from_epoch = earliest, "the cash cap is set");
        }
    }
    // Version 1 is what `rewards` begins with.
    if algorithm_version != BIZPOWER_1 {
        let mut is_undecided = true;
        for epoch in [coming_epoch(suite).await?, Epoch::MAX] {
            is_undecided &= rewards.algorithm_at(epoch, best).await? == BIZPOWER_1;
        }
        if is_undecided && rewards.admin(None).await? == deployer {
            let decision = |epoch| rewards.set_algorithm(epoch, algorithm_version);
            let from_epoch = from_coming_epoch(suite, signer, earliest, decision).await?;
            tracing::info!(algorithm_version, from_epoch, "the algorithm is set");
        }
    }
    Ok(())
}

/// The first epoch that had not begun in the node's best block: 0 before genesis.
async fn coming_epoch(suite: &Suite) -> Result<Epoch> {
    let (client, deployment) = (suite.client(), suite.deployment());
    let head = client.best_head().await?;
    let block = client.block(head.hash, &deployment.contracts).await?;
    // A stamp is its epoch plus one, and 0 before genesis: the next epoch's number.
    Ok(deployment.calendar.stamp_at(block.timestamp_ms))
}

/// Sends a decision for the epochs from the first one on that has not begun
/// and is not before `earliest`, and returns that epoch. An epoch may begin
/// before the decision is in a block: then a later one is named, ever farther
/// ahead.
async fn from_coming_epoch(
    suite: &Suite,
    signer: &Signer,
    earliest: Epoch,
    decision: impl Fn(Epoch) -> Call<()>,
) -> Result<Epoch> {
    let mut ahead: Epoch = 0;
    loop {
        let epoch = coming_epoch(suite).await?.max(earliest).saturating_add(ahead);
        let error = match decision(epoch).send(signer).await {
            Ok(_) => return Ok(epoch),
            Err(error) => error,
        };
        if !says_begun(&error) || ahead >= FARTHEST {
            return Err(error);
        }
        ahead = ahead.saturating_mul(2).saturating_add(1);
    }
}

/// Whether a contract refused because the epoch has begun.
fn says_begun(error: &ClientError) -> bool {
    matches!(
        error.contract(),
        Some(ContractError::Rewards(rewards::Error::EpochBegun) | ContractError::Registry(registry::Error::EpochBegun))
    )
}
