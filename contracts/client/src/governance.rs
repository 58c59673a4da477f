//! From the deployer to the board: handing a network over, and what the
//! deployer can still do.

use crate::{deploy::once, ClientError, ContractKind, Result, Signer, Suite};
use bizkey_primitives::AccountId;

/// Gives every power of the deployer to `foundation`, for good; the platform
/// of `pos_deposit` becomes `platform`. A hand-over that was cut short is
/// finished by the same call.
///
/// # Errors
/// [`crate::ClientError::Contract`] with `NotDeployer` if somebody else
/// deployed the suite.
pub async fn hand_over(suite: &Suite, signer: &Signer, platform: AccountId) -> Result<()> {
    let board = suite.foundation().address();
    let deposits = suite.pos_deposit();
    if deposits.admin(None).await? != board && deposits.platform(None).await? != Some(platform) {
        deposits.set_platform(platform).send(signer).await?;
    }
    once(suite.registry().hand_over(board).send(signer).await)?;
    once(suite.receipts().hand_over(board).send(signer).await)?;
    once(deposits.hand_over(board).send(signer).await)?;
    once(suite.rewards().hand_over(board).send(signer).await)?;
    once(suite.redemption().hand_over(board).send(signer).await)?;
    once(suite.otc().hand_over(board).send(signer).await)
}

/// Checks that the contracts which nobody can ever change work with those of
/// this network: `vault`, `time` and `vesting` are bound once, for good, by
/// whoever deployed them.
///
/// # Errors
/// [`ClientError::Deployment`] when one is bound to others; those of the connection.
pub async fn check_bindings(suite: &Suite) -> Result<()> {
    let of = suite.deployment().contracts;
    let bound = [
        (ContractKind::Vault, suite.vault().contracts(None).await? == Some((of.bzky, of.rewards))),
        (
            ContractKind::Time,
            suite.time().contracts(None).await? == Some((of.rewards, of.registry, of.redemption, of.foundation)),
        ),
        (
            ContractKind::Vesting,
            suite.vesting().bzky(None).await? == Some(of.bzky)
                && suite.vesting().foundation(None).await? == Some(of.foundation),
        ),
    ];
    for (kind, is_ours) in bound {
        if !is_ours {
            let reason = "it is bound to other contracts, for good: this is no network to join; deploy a new one";
            return Err(ClientError::Deployment { path: kind.to_string(), reason: reason.into() });
        }
    }
    Ok(())
}

/// Who administers each contract that somebody administers.
///
/// # Errors
/// Those of the connection.
pub async fn administrators(suite: &Suite) -> Result<Vec<(ContractKind, AccountId)>> {
    Ok(vec![
        (ContractKind::Registry, suite.registry().admin(None).await?),
        (ContractKind::Receipts, suite.receipts().admin(None).await?),
        (ContractKind::PosDeposit, suite.pos_deposit().admin(None).await?),
        (ContractKind::Rewards, suite.rewards().admin(None).await?),
        (ContractKind::Redemption, suite.redemption().admin(None).await?),
        (ContractKind::Otc, suite.otc().admin(None).await?),
    ])
}

/// What an account can still do to a network beyond what anybody can, in
/// words; nothing for a deployer that has handed everything over.
///
/// # Errors
/// Those of the connection.
pub async fn powers_of(suite: &Suite, account: AccountId) -> Result<Vec<String>> {
    let mut powers = Vec::new();
    for (kind, admin) in administrators(suite).await? {
        if admin == account {
            powers.push(format!("administers {kind}"));
        }
    }
    if suite.pos_deposit().platform(None).await? == Some(account) {
        powers.push("is the platform of pos_deposit".to_owned());
    }
    if suite.registry().is_attestor(account, None).await? {
        powers.push("attests in registry".to_owned());
    }
    let next = suite.rewards().next_epoch(None).await?;
    if suite.rewards().committee_at(next, None).await?.contains(&account) {
        powers.push("reports in rewards".to_owned());
    }
    if suite.foundation().directors(None).await?.iter().any(|director| director.account == account) {
        powers.push("is a director of foundation".to_owned());
    }
    if suite.foundation().chief_executive(None).await? == Some(account) {
        powers.push("is the chief executive of foundation".to_owned());
    }
    Ok(powers)
}
