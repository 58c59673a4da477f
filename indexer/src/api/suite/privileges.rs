//! `/v1/privileges`: what Time buys at a shop.

use super::tasks::OfferedParameters;
use crate::{
    api::{
        extract::QueryParameters,
        page::{limit, page, Page},
        problem::Problem,
        responses::Invalid,
        ApiState,
    },
    model::hex,
};
use axum::{extract::State, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// What Time buys at a shop, by its present terms.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Privilege {
    id: u32,
    merchant: u32,
    /// Version of the terms, from 1; a ticket names it.
    version: u32,
    /// Hash of the text that says what is given.
    conditions: String,
    /// For one use, smallest unit of Time.
    price: String,
    /// Uses left.
    stock: u32,
    /// First moment at which it can no longer be bought, Unix milliseconds,
    /// pauses since these terms began not counted.
    expires_ms: String,
    /// First minute of the network's day at which it can be bought.
    opens: u16,
    /// First minute at which it no longer can; equal to `opens` for all day.
    closes: u16,
    /// How long the shop can give the Time back, milliseconds; 0 for never.
    refund_ms: String,
    /// The block that created it.
    block: u32,
    /// The block from which these terms hold.
    changed_block: u32,
    /// The block that ended it; null while it is open.
    closed_block: Option<u32>,
}

/// Privileges, by number.
#[utoipa::path(
    get, path = "/v1/privileges", tag = "redemption", params(OfferedParameters),
    responses((status = 200, description = "A page of privileges", body = Page<Privilege>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<OfferedParameters>,
) -> Result<Json<Page<Privilege>>, Problem> {
    let limit = limit(parameters.limit)?;
    let after = parameters.after.unwrap_or(0);
    let rows = state.store.privileges_after(parameters.filter(), after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.privilege,
        |row| Privilege {
            id: row.privilege,
            merchant: row.merchant,
            version: row.version,
            conditions: hex(row.terms.conditions.as_ref()),
            price: row.terms.price.to_string(),
            stock: row.terms.stock,
            expires_ms: row.terms.expires_ms.to_string(),
            opens: row.terms.opens,
            closes: row.terms.closes,
            refund_ms: row.terms.refund_ms.to_string(),
            block: row.block,
            changed_block: row.changed_block,
            closed_block: row.closed_block,
        },
    )))
}
