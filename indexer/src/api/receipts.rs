//! `/v1/receipts`.

use super::{
    extract::{PathParameter, QueryParameters},
    page::{limit, page, Page},
    parameters::{position, Written},
    problem::Problem,
    responses::{Invalid, NotFound},
    ApiState,
};
use crate::model::{hex, Position, Receipt, ReceiptFilter, VoidFilter};
use axum::{extract::State, Json};
use bizkey_primitives::receipt::{Channel, Rail};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only those of this shop.
    #[param(example = 1)]
    merchant: Option<u32>,
    /// Only those of this customer.
    customer: Option<u32>,
    /// Only those recorded in this epoch.
    #[param(example = 0)]
    epoch: Option<u32>,
    /// The cursor `next` of the page before.
    after: Option<u64>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(super) struct Item {
    id: String,
    device: u32,
    seq: String,
    position: u16,
    block: u32,
    epoch: u32,
    merchant: u32,
    customer: Option<u32>,
    channel: &'static str,
    rail: &'static str,
    /// Minor units.
    amount: String,
    /// Hex; null without a ticket.
    reference: Option<String>,
    /// Device time, Unix milliseconds.
    at_ms: String,
    valid: bool,
    invalid_reason: Option<&'static str>,
    voided_epoch: Option<u32>,
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::InStore => "in_store",
        Channel::Outside => "outside",
    }
}

fn rail(rail: Rail) -> &'static str {
    match rail {
        Rail::Cash => "cash",
        Rail::External => "external",
        Rail::Card => "card",
        Rail::Alipay => "alipay",
        Rail::WechatPay => "wechat_pay",
        Rail::Evm => "evm",
        Rail::Utxo => "utxo",
        Rail::Bzky => "bzky",
    }
}

/// A receipt as it is shown.
pub(super) fn item(receipt: &Receipt) -> Item {
    let reason = receipt.validity.reason();
    Item {
        id: receipt.id.to_string(),
        device: receipt.device,
        seq: receipt.seq.to_string(),
        position: receipt.position,
        block: receipt.block,
        epoch: receipt.epoch,
        merchant: receipt.merchant,
        customer: receipt.customer,
        channel: channel(receipt.channel),
        rail: rail(receipt.rail),
        amount: receipt.amount.to_string(),
        reference: (receipt.reference != [0; 16]).then(|| hex(&receipt.reference)),
        at_ms: receipt.at_ms.to_string(),
        valid: reason.is_none(),
        invalid_reason: reason,
        voided_epoch: receipt.voided_epoch,
    }
}

/// Receipts in chain order, by merchant, customer and epoch, any together.
#[utoipa::path(
    get, path = "/v1/receipts", tag = "receipts", params(Parameters),
    responses((status = 200, description = "A page of receipts", body = Page<Item>), Invalid),
)]
pub(super) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Item>>, Problem> {
    let limit = limit(parameters.limit)?;
    let filter =
        ReceiptFilter { merchant: parameters.merchant, customer: parameters.customer, epoch: parameters.epoch };
    let rows = state.store.receipts(filter, parameters.after.unwrap_or(0), limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |receipt| receipt.id, item)))
}

/// A receipt, by its place on chain.
#[utoipa::path(
    get, path = "/v1/receipts/{device}/{seq}/{position}", tag = "receipts",
    params(
        ("device" = u32, Path, description = "The device that recorded it", example = 1),
        ("seq" = u64, Path, description = "Its batch", example = 0),
        ("position" = u16, Path, description = "Its position in the batch, from 0", example = 0),
    ),
    responses((status = 200, description = "The receipt", body = Item), Invalid, NotFound),
)]
pub(super) async fn receipt(
    State(state): State<ApiState>,
    PathParameter((device, seq, position)): PathParameter<(u32, u64, u16)>,
) -> Result<Json<Item>, Problem> {
    let found = state.store.receipt(device, seq, position).await?;
    let missing = || Problem::not_found(format!("there is no receipt {position} in batch {seq} of device {device}"));
    Ok(Json(item(&found.ok_or_else(missing)?)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VoidParameters {
    /// Only those of receipts of this shop.
    merchant: Option<u32>,
    /// Only those booked in this epoch.
    epoch: Option<u32>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Position>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A void that counts: of a known receipt, the first for it.
#[derive(Serialize, ToSchema)]
pub(super) struct Void {
    /// The epoch in which it is booked.
    epoch: u32,
    block: u32,
    receipt: Item,
}

/// Voids in chain order, with their receipts.
#[utoipa::path(
    get, path = "/v1/voids", tag = "receipts", params(VoidParameters),
    responses((status = 200, description = "A page of voids", body = Page<Void>), Invalid),
)]
pub(super) async fn voids(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<VoidParameters>,
) -> Result<Json<Page<Void>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, position(parameters.after.as_ref()));
    let filter = VoidFilter { merchant: parameters.merchant, epoch: parameters.epoch };
    let rows = state.store.voids(filter, after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |(position, _)| *position,
        |(_, void)| Void { epoch: void.epoch, block: void.block, receipt: item(&void.receipt) },
    )))
}
