//! A reward from emission, blend and sums (whitepaper 5; architecture.md,
//! Rewards, exactly).

use super::{
    build::ExplainError,
    follow::{Closed, Follower},
    model::{Fraction, Part, PaymentLine, RewardExplanation},
};
use bizkey_primitives::{
    calendar::month,
    emission::{blend, emission, BZKY_PER_MERCHANT, CUSTOMER_CAP, MERCHANT_CAP, TIME_PER_CUSTOMER},
    report::{EpochState, Payout},
    Balance, Epoch, Side,
};
use num_bigint::BigUint;

/// Explains the reward of an account of one side.
///
/// # Errors
/// [`ExplainError::Disagrees`].
pub fn explain(
    follower: &Follower,
    closed: &Closed,
    side: Side,
    account: u32,
) -> Result<RewardExplanation, ExplainError> {
    let epoch = follower.epoch();
    let report = &closed.report;
    let totals = report.tree(side).side_report();
    let leaf = report.tree(side).position(account).and_then(|position| report.tree(side).leaves().get(position));
    let (v1, v2) = leaf.map_or((0, 0), |leaf| (leaf.v1, leaf.v2));

    let pools = follower.pools();
    let (seen, registered, pool, each, cap) = match side {
        Side::Merchant => {
            (u64::from(closed.counts.merchants_seen), None, pools.merchants, BZKY_PER_MERCHANT, MERCHANT_CAP)
        }
        Side::Customer => {
            (closed.counts.receipts_in, Some(pools.registered), pools.customers, TIME_PER_CUSTOMER, CUSTOMER_CAP)
        }
    };
    let seen_at_most = u32::try_from(seen).unwrap_or(u32::MAX);
    let participants = totals.count.min(seen_at_most).min(registered.unwrap_or(u32::MAX));
    let by_rules = emission(side, participants, pool);
    let on_chain = follower.payout(side);
    let used = on_chain.map_or(by_rules, |payout| payout.emission);
    let blend = blend(side, epoch);

    let score_part = part(used, blend.score, v1, totals.sum_v1, epoch)?;
    let holding_part = part(used, blend.holding, v2, totals.sum_v2, epoch)?;
    let payout = Payout { emission: used, ..Payout::default() };
    let reward = report.reward(side, account, &payout);
    ExplainError::unless_equal("the reward", epoch, &score_part.floor.saturating_add(holding_part.floor), &reward)?;

    let payments = follower.payments(side);
    let standing = standing(follower.state(), leaf.is_some(), on_chain.is_some(), reward, &payments);
    Ok(RewardExplanation {
        side: side.name().to_owned(),
        has_leaf: leaf.is_some(),
        leaves: totals.count,
        seen,
        registered,
        participants,
        each,
        cap,
        pool,
        emission: by_rules,
        is_settled: on_chain.is_some(),
        emission_on_chain: (used != by_rules).then(|| used.to_string()),
        month: month(epoch),
        score_percent: blend.score,
        holding_percent: blend.holding,
        v1,
        sum_v1: totals.sum_v1,
        v2,
        sum_v2: totals.sum_v2,
        score_part,
        holding_part,
        reward,
        payments,
        standing: standing.to_owned(),
    })
}

/// `E · percent · value / (100 · sum)`, and its floor; nothing where the sum is zero.
fn part(emission: Balance, percent: u8, value: u128, sum: u128, epoch: Epoch) -> Result<Part, ExplainError> {
    let numerator = BigUint::from(emission) * BigUint::from(percent) * BigUint::from(value);
    let exact = Fraction::new(numerator, BigUint::from(100u8) * BigUint::from(sum));
    let floor = exact.floor(1);
    // No part passes the emission.
    ExplainError::unless_equal("a part of the reward", epoch, &floor.is_some_and(|floor| floor <= emission), &true)?;
    Ok(Part { exact, floor: floor.unwrap_or_default() })
}

fn standing(
    state: EpochState,
    has_leaf: bool,
    is_settled: bool,
    reward: Balance,
    payments: &[PaymentLine],
) -> &'static str {
    match state {
        EpochState::Void => "the epoch is void: it pays nothing",
        _ if !has_leaf => "there is nothing to claim: no leaf",
        EpochState::Open if is_settled => "the report was struck; another round is open",
        EpochState::Open => "no majority of the committee has reported the epoch yet",
        EpochState::Pending => "reported; the challenge window runs, then it can be claimed",
        EpochState::Disputed => "a dispute is open; the board decides",
        EpochState::Final if payments.is_empty() && reward > 0 => "claimable, not claimed yet",
        EpochState::Final if payments.is_empty() => "claimable, but it comes to nothing",
        EpochState::Final => "settled as listed",
    }
}
