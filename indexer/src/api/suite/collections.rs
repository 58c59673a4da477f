//! `/v1/collections`: tickets that were used.

use crate::{
    api::{
        extract::QueryParameters,
        page::{limit, page, Page},
        parameters::{position, Written},
        problem::Problem,
        responses::Invalid,
        ApiState,
    },
    model::{hex, CollectionFilter, Position},
};
use axum::{extract::State, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Parameters {
    /// Only those at this shop.
    merchant: Option<u32>,
    /// Only those of this customer.
    customer: Option<u32>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Position>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A ticket that was used: Time that a customer spent on a privilege.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Collection {
    /// Hash of the ticket.
    ticket: String,
    merchant: u32,
    privilege: u32,
    /// Version of the privilege's terms.
    version: u32,
    customer: u32,
    /// Smallest unit of Time.
    amount: String,
    /// `held`, `refunded` or `burned`.
    state: &'static str,
    block: u32,
    /// How long the shop could give the Time back from then on, milliseconds.
    refund_ms: String,
    /// The block in which it went back.
    refunded_block: Option<u32>,
    /// The block in which the ticket was forgotten, and what was held of it burned.
    settled_block: Option<u32>,
}

/// Used tickets, in chain order.
#[utoipa::path(
    get, path = "/v1/collections", tag = "redemption", params(Parameters),
    responses((status = 200, description = "A page of used tickets", body = Page<Collection>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Collection>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, position(parameters.after.as_ref()));
    let filter = CollectionFilter { merchant: parameters.merchant, customer: parameters.customer };
    let rows = state.store.collections_after(filter, after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.position,
        |row| Collection {
            ticket: hex(row.ticket.as_ref()),
            merchant: row.merchant,
            privilege: row.privilege,
            version: row.version,
            customer: row.customer,
            amount: row.amount.to_string(),
            state: row.state().name(),
            block: row.position.block,
            refund_ms: row.refund_ms.to_string(),
            refunded_block: row.refunded_block,
            settled_block: row.settled_block,
        },
    )))
}
