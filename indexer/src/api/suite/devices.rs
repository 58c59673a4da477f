//! `/v1/devices/{id}`, and the devices of a shop.

use crate::{
    api::{
        extract::{PathParameter, QueryParameters},
        merchants::find,
        page::{limit, page, Page},
        parameters::ByNumber,
        problem::Problem,
        responses::{Invalid, NotFound},
        ApiState,
    },
    model::hex,
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use bizkey_primitives::signature::PublicKey;
use serde::Serialize;
use utoipa::ToSchema;

/// A terminal.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Device {
    id: u32,
    merchant: u32,
    /// The key that signs its batches: its kind and hex, such as `sr25519:0x…`.
    key: String,
    /// Whether it may record.
    active: bool,
    /// The block that ended it for good; null while it has not ended.
    retired_block: Option<u32>,
    /// Who may lock its deposit beside its shop, SS58; null if nobody.
    agent: Option<String>,
    /// The platform's class; it decides the least first deposit.
    class: u8,
}

fn key(key: &PublicKey) -> String {
    match key {
        PublicKey::Sr25519(bytes) => format!("sr25519:{}", hex(bytes)),
        PublicKey::Ecdsa(bytes) => format!("ecdsa:{}", hex(bytes)),
    }
}

fn item(device: &crate::model::Device) -> Device {
    Device {
        id: device.device,
        merchant: device.merchant,
        key: key(&device.key),
        active: device.active,
        retired_block: device.retired_block,
        agent: device.agent.as_ref().map(ss58),
        class: device.class,
    }
}

/// A terminal.
#[utoipa::path(
    get, path = "/v1/devices/{id}", tag = "devices",
    params(("id" = u32, Path, description = "Its number in the registry", example = 1)),
    responses((status = 200, description = "The terminal", body = Device), Invalid, NotFound),
)]
pub(in crate::api) async fn device(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
) -> Result<Json<Device>, Problem> {
    let found = state.store.device(id).await?;
    Ok(Json(item(&found.ok_or_else(|| Problem::not_found(format!("there is no device {id}")))?)))
}

/// Terminals of a shop, by number.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/devices", tag = "devices",
    params(("id" = u32, Path, description = "The shop's number in the registry", example = 1), ByNumber),
    responses((status = 200, description = "A page of terminals", body = Page<Device>), Invalid, NotFound),
)]
pub(in crate::api) async fn of_merchant(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<Device>>, Problem> {
    let limit = limit(parameters.limit)?;
    find(&state, id).await?;
    let rows = state.store.devices_after(id, parameters.after.unwrap_or(0), limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |row| row.device, item)))
}
