//! `/v1/time-sales` and `/v1/prices`.

use crate::{
    api::{
        extract::QueryParameters,
        page::{limit, page, Page},
        parameters::{position, Address, ByPosition, Written},
        problem::Problem,
        responses::Invalid,
        ApiState,
    },
    model::{hex, Paid, Position},
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Parameters {
    /// Only those to this account.
    #[param(value_type = Option<String>)]
    buyer: Option<Written<Address>>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Position>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A sale of Time.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct TimeSale {
    /// SS58.
    buyer: String,
    /// Smallest unit of Time.
    amount: String,
    /// Paid in Bzky, smallest unit; null for a sale for fiat.
    paid_bzky: Option<String>,
    /// Paid in fiat, minor units; null for a sale for Bzky.
    paid_fiat: Option<String>,
    /// Hash of the payment's id, for a sale for fiat.
    payment: Option<String>,
    /// `done`, `pending` (its chargeback period) or `charged_back`.
    state: &'static str,
    block: u32,
    /// The block that ended a sale for fiat.
    settled_block: Option<u32>,
}

fn item(sale: &crate::model::TimeSale) -> TimeSale {
    let (paid_bzky, paid_fiat, payment) = match sale.paid {
        Paid::Bzky(amount) => (Some(amount.to_string()), None, None),
        Paid::Fiat { amount, payment } => (None, Some(amount.to_string()), Some(hex(payment.as_ref()))),
    };
    TimeSale {
        buyer: ss58(&sale.buyer),
        amount: sale.amount.to_string(),
        paid_bzky,
        paid_fiat,
        payment,
        state: sale.state.name(),
        block: sale.position.block,
        settled_block: sale.settled_block,
    }
}

/// Sales of Time, in chain order.
#[utoipa::path(
    get, path = "/v1/time-sales", tag = "redemption", params(Parameters),
    responses((status = 200, description = "A page of sales", body = Page<TimeSale>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<TimeSale>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, position(parameters.after.as_ref()));
    let buyer = parameters.buyer.map(|Written(Address(account))| account);
    let rows = state.store.time_sales_after(buyer.as_ref(), after, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |row| row.position, item)))
}

/// Bzky's price from a block on.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Price {
    /// Of one Bzky, millionths of a minor unit.
    price: String,
    /// When it was observed, Unix milliseconds; null for one that counts only
    /// once it is confirmed.
    dated_ms: Option<String>,
    block: u32,
}

/// Bzky's prices, in chain order.
#[utoipa::path(
    get, path = "/v1/prices", tag = "redemption", params(ByPosition),
    responses((status = 200, description = "A page of prices", body = Page<Price>), Invalid),
)]
pub(in crate::api) async fn prices(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<ByPosition>,
) -> Result<Json<Page<Price>>, Problem> {
    let limit = limit(parameters.limit)?;
    let rows = state.store.bzky_prices_after(parameters.position(), limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.position,
        |row| Price {
            price: row.price.to_string(),
            dated_ms: row.dated_ms.map(|ms| ms.to_string()),
            block: row.position.block,
        },
    )))
}
