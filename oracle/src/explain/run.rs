//! Reading the chain for an explanation.

use super::{
    build::ExplainError,
    follow::{FollowError, Follower},
    model::Explanation,
    trail::Focus,
};
use crate::{
    scoring::WeightBinding,
    verify::{blocks, check_contracts, Progress, VerifyError},
};
use bizkey_client::{ClientError, Suite};
use bizkey_primitives::Epoch;
use futures::TryStreamExt;

/// Why a chain gives no explanation.
#[derive(Debug, thiserror::Error)]
pub enum ExplainRunError {
    /// The chain cannot be read.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The chain holds another network.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The blocks cannot be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// There is nothing to explain, or it does not add up.
    #[error(transparent)]
    Explain(#[from] ExplainError),
}

/// Explains a party's epoch from the chain's final blocks alone, by a reading of
/// the paper's weights. `progress` is called now and then.
///
/// # Errors
/// [`ExplainRunError`].
pub async fn explain(
    suite: &Suite,
    epoch: Epoch,
    focus: Focus,
    weights: WeightBinding,
    mut progress: impl FnMut(Progress),
) -> Result<Explanation, ExplainRunError> {
    let (client, deployment) = (suite.client(), suite.deployment());
    let head = client.finalized_head().await?;
    let calendar = suite.rewards().calendar(Some(head.hash)).await?;
    check_contracts(suite, &head).await?;
    let follower = Follower::new(client.genesis_hash(), deployment.contracts, calendar, epoch, focus);
    let mut follower = follower.with_weights(weights);
    let mut blocks = std::pin::pin!(blocks(suite, head.number));
    while let Some(block) = blocks.try_next().await? {
        follower.follow(&block)?;
        progress(Progress { block: block.number, head: head.number, epochs: follower.open_epoch() });
    }
    Ok(Explanation::of(&follower, &calendar)?)
}
