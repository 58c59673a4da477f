//! `/v1/epochs`.

use super::{
    extract::{PathParameter, QueryParameters},
    page::{limit, page, Page},
    parameters::{ByNumber, ByPosition, Party, SideName, Written},
    problem::Problem,
    responses::{Invalid, NotFound},
    ApiState,
};
use crate::model::{hex, EpochSummary, Network};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use bizkey_primitives::{
    report::{EpochState, Payout, SideReport},
    Side,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
#[schema(as = Epoch)]
pub(super) struct Item {
    epoch: u32,
    start_ms: String,
    end_ms: String,
    state: &'static str,
    batches: u64,
    receipts: u64,
    receipts_announced: u64,
    algorithm_version: Option<u16>,
    /// Round of reports, 0 or 1.
    round: u8,
    merchants: ItemSide,
    customers: ItemSide,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EpochSide)]
struct ItemSide {
    root: Option<String>,
    count: Option<u32>,
    /// Σ score (merchants, scale 10^18) or Σ sales (customers, minor units).
    sum_v1: Option<String>,
    /// Σ holdings, smallest unit of Bzky.
    sum_v2: Option<String>,
    /// Smallest unit of Bzky or Time, here and below.
    emission: String,
    reserved: String,
    paid: String,
}

fn state_name(state: EpochState) -> &'static str {
    match state {
        EpochState::Open => "open",
        EpochState::Pending => "pending",
        EpochState::Final => "final",
        EpochState::Disputed => "disputed",
        EpochState::Void => "void",
    }
}

fn side(report: Option<&SideReport>, payout: &Payout) -> ItemSide {
    ItemSide {
        root: report.map(|report| hex(report.root.as_ref())),
        count: report.map(|report| report.count),
        sum_v1: report.map(|report| report.sum_v1.to_string()),
        sum_v2: report.map(|report| report.sum_v2.to_string()),
        emission: payout.emission.to_string(),
        reserved: payout.reserved.to_string(),
        paid: payout.paid.to_string(),
    }
}

fn item(network: &Network, summary: &EpochSummary) -> Item {
    let report = summary.report.as_ref();
    Item {
        epoch: summary.epoch,
        start_ms: network.calendar.start_ms(summary.epoch).to_string(),
        end_ms: network.calendar.end_ms(summary.epoch).to_string(),
        state: state_name(summary.state),
        batches: summary.batches,
        receipts: summary.receipts,
        receipts_announced: summary.announced,
        algorithm_version: report.map(|report| report.algorithm_version),
        round: summary.round,
        merchants: side(report.map(|report| report.side(Side::Merchant)), &summary.merchants),
        customers: side(report.map(|report| report.side(Side::Customer)), &summary.customers),
    }
}

/// Epochs in order: what was recorded, reported, paid.
#[utoipa::path(
    get, path = "/v1/epochs", tag = "epochs", params(ByNumber),
    responses((status = 200, description = "A page of epochs", body = Page<Item>), Invalid),
)]
pub(super) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<Item>>, Problem> {
    let limit = limit(parameters.limit)?;
    let from = parameters.after.map_or(0, |after| after.saturating_add(1));
    let rows = state.store.epochs_from(from, limit.saturating_add(1)).await?;
    let network = state.store.network();
    Ok(Json(page(rows, limit, |summary| summary.epoch, |summary| item(network, summary))))
}

/// An epoch: what was recorded, reported, paid.
#[utoipa::path(
    get, path = "/v1/epochs/{epoch}", tag = "epochs",
    params(("epoch" = u32, Path, description = "Its number", example = 0)),
    responses((status = 200, description = "The epoch", body = Item), Invalid, NotFound),
)]
pub(super) async fn epoch(
    State(state): State<ApiState>,
    PathParameter(number): PathParameter<u32>,
) -> Result<Json<Item>, Problem> {
    let found = state.store.epoch(number).await?;
    let found = found.ok_or_else(|| Problem::not_found(format!("epoch {number} has no block and no report yet")))?;
    Ok(Json(item(state.store.network(), &found)))
}

/// What a committee member reported of an epoch. Its last report in a round counts.
#[derive(Serialize, ToSchema)]
pub(super) struct Report {
    round: u8,
    /// SS58.
    member: String,
    block: u32,
    algorithm_version: u16,
    merchants: ReportSide,
    customers: ReportSide,
}

#[derive(Serialize, ToSchema)]
struct ReportSide {
    root: String,
    count: u32,
    /// Σ score (merchants, scale 10^18) or Σ sales (customers, minor units).
    sum_v1: String,
    /// Σ holdings, smallest unit of Bzky.
    sum_v2: String,
}

fn report_side(side: &SideReport) -> ReportSide {
    ReportSide {
        root: hex(side.root.as_ref()),
        count: side.count,
        sum_v1: side.sum_v1.to_string(),
        sum_v2: side.sum_v2.to_string(),
    }
}

/// Every report of an epoch, in chain order. Their leaves are the members' own
/// files: the chain has only the roots.
#[utoipa::path(
    get, path = "/v1/epochs/{epoch}/reports", tag = "epochs",
    params(("epoch" = u32, Path, description = "Its number", example = 0), ByPosition),
    responses((status = 200, description = "A page of reports", body = Page<Report>), Invalid),
)]
pub(super) async fn reports(
    State(state): State<ApiState>,
    PathParameter(epoch): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<ByPosition>,
) -> Result<Json<Page<Report>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, parameters.position());
    let rows = state.store.reports_after(epoch, after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |(position, _)| *position,
        |(_, submitted)| Report {
            round: submitted.round,
            member: ss58(&submitted.member),
            block: submitted.block,
            algorithm_version: submitted.report.algorithm_version,
            merchants: report_side(&submitted.report.merchants),
            customers: report_side(&submitted.report.customers),
        },
    )))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RewardParameters {
    /// Only those of this side.
    #[param(inline)]
    side: Option<SideName>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Party>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A reward that was claimed or pushed.
#[derive(Serialize, ToSchema)]
pub(super) struct EpochReward {
    side: &'static str,
    /// The merchant's or customer's number.
    index: u32,
    /// SS58.
    account: String,
    /// Smallest unit of Bzky for a merchant, of Time for a customer.
    amount: String,
    block: u32,
}

/// What an epoch paid: merchants, then customers, by number.
#[utoipa::path(
    get, path = "/v1/epochs/{epoch}/rewards", tag = "epochs",
    params(("epoch" = u32, Path, description = "Its number", example = 0), RewardParameters),
    responses((status = 200, description = "A page of rewards", body = Page<EpochReward>), Invalid),
)]
pub(super) async fn rewards(
    State(state): State<ApiState>,
    PathParameter(epoch): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<RewardParameters>,
) -> Result<Json<Page<EpochReward>>, Problem> {
    let limit = limit(parameters.limit)?;
    let after = parameters.after.map_or(Party::START, |Written(Party(side, index))| (side, index));
    let side = parameters.side.map(Side::from);
    let rows = state.store.rewards_of_epoch_after(epoch, side, after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |reward| Party(reward.side, reward.index),
        |reward| EpochReward {
            side: reward.side.name(),
            index: reward.index,
            account: ss58(&reward.account),
            amount: reward.amount.to_string(),
            block: reward.block,
        },
    )))
}
