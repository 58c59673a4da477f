//! `/v1/receipts`.

use super::{
    extract::QueryParameters,
    page::{limit, page, Page},
    problem::Problem,
    ApiState,
};
use crate::model::{hex, Receipt, ReceiptFilter};
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

#[utoipa::path(
    get, path = "/v1/receipts", tag = "receipts", params(Parameters),
    responses(
        (status = 200, description = "A page of receipts", body = Page<Item>),
        (status = 400, description = "A parameter is invalid", body = super::problem::Body,
         content_type = "application/problem+json"),
    ),
)]
/// Receipts in chain order, by merchant, customer and epoch, any together.
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
