//! `/v1/debts` and how they came about.

use crate::{
    api::{
        extract::QueryParameters,
        page::{limit, page, Page},
        parameters::{position, Party, SideName, Written},
        problem::Problem,
        responses::Invalid,
        ApiState,
    },
    model::{hex, DebtCause, Position},
};
use axum::{extract::State, Json};
use bizkey_primitives::Side;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Parameters {
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

/// What a party owes.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Debt {
    side: &'static str,
    /// The merchant's or customer's number.
    index: u32,
    /// Smallest unit of Bzky for a merchant, of Time for a customer.
    amount: String,
}

/// Who owes something: merchants, then customers, by number.
#[utoipa::path(
    get, path = "/v1/debts", tag = "penalties", params(Parameters),
    responses((status = 200, description = "A page of debts", body = Page<Debt>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Debt>>, Problem> {
    let limit = limit(parameters.limit)?;
    let after = parameters.after.map_or(Party::START, |Written(Party(side, index))| (side, index));
    let rows = state.store.debts_after(parameters.side.map(Side::from), after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| Party(row.side, row.index),
        |row| Debt { side: row.side.name(), index: row.index, amount: row.amount.to_string() },
    )))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct ChangeParameters {
    /// Only those of this party, such as `merchant-7`.
    #[param(value_type = Option<String>)]
    party: Option<Written<Party>>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Position>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A change of what a party owes.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DebtChange {
    side: &'static str,
    /// The merchant's or customer's number.
    index: u32,
    /// `booked`: it grew; `withheld` from a reward; `recovered` otherwise.
    kind: &'static str,
    /// By how much, smallest unit of Bzky for a merchant, of Time for a customer.
    amount: String,
    /// Hash of the reason of one that grew.
    reason: Option<String>,
    /// The epoch out of whose reward it was withheld.
    epoch: Option<u32>,
    block: u32,
}

fn change(change: &crate::model::DebtChange) -> DebtChange {
    let (reason, epoch) = match change.cause {
        DebtCause::Booked { reason } => (Some(hex(reason.as_ref())), None),
        DebtCause::Withheld { epoch } => (None, Some(epoch)),
        DebtCause::Recovered => (None, None),
    };
    DebtChange {
        side: change.side.name(),
        index: change.index,
        kind: change.cause.name(),
        amount: change.amount.to_string(),
        reason,
        epoch,
        block: change.position.block,
    }
}

/// How debts grew and shrank, in chain order.
#[utoipa::path(
    get, path = "/v1/debt-changes", tag = "penalties", params(ChangeParameters),
    responses((status = 200, description = "A page of changes", body = Page<DebtChange>), Invalid),
)]
pub(in crate::api) async fn changes(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<ChangeParameters>,
) -> Result<Json<Page<DebtChange>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, position(parameters.after.as_ref()));
    let party = parameters.party.map(|Written(Party(side, index))| (side, index));
    let rows = state.store.debt_changes_after(party, after, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |row| row.position, change)))
}
