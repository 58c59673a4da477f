//! `/v1/epochs`.

use super::{
    extract::QueryParameters,
    page::{limit, page, Page},
    problem::Problem,
    ApiState,
};
use crate::model::{hex, EpochSummary, Network};
use axum::{extract::State, Json};
use bizkey_primitives::{
    report::{EpochState, Payout, SideReport},
    Side,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// The cursor `next` of the page before.
    after: Option<u32>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

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
        merchants: side(report.map(|report| report.side(Side::Merchant)), &summary.merchants),
        customers: side(report.map(|report| report.side(Side::Customer)), &summary.customers),
    }
}

/// Epochs in order: what was recorded, reported, paid.
#[utoipa::path(
    get, path = "/v1/epochs", tag = "epochs", params(Parameters),
    responses(
        (status = 200, description = "A page of epochs", body = Page<Item>),
        (status = 400, description = "A parameter is invalid", body = super::problem::Body,
         content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Item>>, Problem> {
    let limit = limit(parameters.limit)?;
    let from = parameters.after.map_or(0, |after| after.saturating_add(1));
    let rows = state.store.epochs_from(from, limit.saturating_add(1)).await?;
    let network = state.store.network();
    Ok(Json(page(rows, limit, |summary| summary.epoch.into(), |summary| item(network, summary))))
}
