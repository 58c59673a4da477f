//! `/v1/demands`: demands to show a receipt's ticket.

use crate::{
    api::{
        extract::QueryParameters,
        page::{limit, page, Page},
        parameters::{position, Written},
        problem::Problem,
        responses::Invalid,
        ApiState,
    },
    model::{DemandFilter, DemandState, Position},
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whether a demanded ticket was shown.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum DemandStateName {
    /// There is time to show it.
    Open,
    /// It was.
    Opened,
    /// It was not.
    Failed,
}

impl From<DemandStateName> for DemandState {
    fn from(name: DemandStateName) -> Self {
        match name {
            DemandStateName::Open => DemandState::Open,
            DemandStateName::Opened => DemandState::Opened,
            DemandStateName::Failed => DemandState::Failed,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Parameters {
    /// Only those against this shop.
    merchant: Option<u32>,
    /// Only those in this state.
    #[param(inline)]
    state: Option<DemandStateName>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Position>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A demand that a receipt's ticket be shown. Amounts in the smallest unit of Bzky.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Demand {
    /// The receipt's device.
    device: u32,
    /// Its batch.
    seq: String,
    /// Its position in the batch.
    position: u16,
    merchant: u32,
    /// The epoch in which it was recorded.
    epoch: u32,
    customer: u32,
    /// Who asks, SS58.
    demander: String,
    bond: String,
    /// When the time to show it ends, Unix milliseconds, pauses not counted.
    until_ms: String,
    /// `open`, `opened` or `failed`.
    state: &'static str,
    block: u32,
    settled_block: Option<u32>,
    /// Penalty taken from the device's deposit.
    taken: Option<String>,
    /// Penalty booked as the shop's debt.
    debt: Option<String>,
}

/// Demands to show a receipt's ticket, in chain order.
#[utoipa::path(
    get, path = "/v1/demands", tag = "receipts", params(Parameters),
    responses((status = 200, description = "A page of demands", body = Page<Demand>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Demand>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, position(parameters.after.as_ref()));
    let filter = DemandFilter { merchant: parameters.merchant, state: parameters.state.map(DemandState::from) };
    let rows = state.store.demands_after(filter, after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.demanded,
        |row| Demand {
            device: row.device,
            seq: row.seq.to_string(),
            position: row.position,
            merchant: row.merchant,
            epoch: row.epoch,
            customer: row.customer,
            demander: ss58(&row.demander),
            bond: row.bond.to_string(),
            until_ms: row.until_ms.to_string(),
            state: row.state.name(),
            block: row.demanded.block,
            settled_block: row.settled_block,
            taken: row.taken.map(|taken| taken.to_string()),
            debt: row.debt.map(|debt| debt.to_string()),
        },
    )))
}
