//! `/v1/penalties`: what was taken from deposits and bonds.

use crate::{
    api::{
        extract::QueryParameters,
        page::{limit, page, Page},
        parameters::{position, Address, Written},
        problem::Problem,
        responses::Invalid,
        ApiState,
    },
    model::{PenaltyCause, PenaltyFilter, Position},
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Parameters {
    /// Only those from the Bzky of this account.
    #[param(value_type = Option<String>)]
    account: Option<Written<Address>>,
    /// Only those from the deposit of this device.
    device: Option<u32>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Position>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A penalty. Amounts in the smallest unit of Bzky; null is what its kind does
/// not have.
#[derive(Default, Serialize, ToSchema)]
pub(in crate::api) struct Penalty {
    /// `deposit_penalised` for an opening that failed, `deposit_seized` by the
    /// board, `bond_slashed` for a report that was struck.
    kind: &'static str,
    /// Whose Bzky it was, SS58.
    account: String,
    /// Taken in all.
    amount: String,
    /// Whose deposit.
    device: Option<u32>,
    /// Who was paid first, SS58.
    beneficiary: Option<String>,
    beneficiary_amount: Option<String>,
    /// Who was paid the rest, SS58.
    rest_to: Option<String>,
    /// The epoch of the struck report.
    epoch: Option<u32>,
    /// The round of the struck report.
    round: Option<u8>,
    block: u32,
}

fn item(penalty: &crate::model::Penalty) -> Penalty {
    let common = Penalty {
        kind: penalty.cause.name(),
        account: ss58(&penalty.account),
        amount: penalty.amount.to_string(),
        block: penalty.position.block,
        ..Penalty::default()
    };
    match &penalty.cause {
        PenaltyCause::DepositPenalised { device, beneficiary, beneficiary_amount, rest_to } => Penalty {
            device: Some(*device),
            beneficiary: Some(ss58(beneficiary)),
            beneficiary_amount: Some(beneficiary_amount.to_string()),
            rest_to: Some(ss58(rest_to)),
            ..common
        },
        PenaltyCause::DepositSeized { device, to } => {
            Penalty { device: Some(*device), rest_to: Some(ss58(to)), ..common }
        }
        PenaltyCause::BondSlashed { epoch, round } => Penalty { epoch: Some(*epoch), round: Some(*round), ..common },
    }
}

/// Penalties, in chain order.
#[utoipa::path(
    get, path = "/v1/penalties", tag = "penalties", params(Parameters),
    responses((status = 200, description = "A page of penalties", body = Page<Penalty>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Penalty>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, position(parameters.after.as_ref()));
    let account = parameters.account.map(|Written(Address(account))| account);
    let filter = PenaltyFilter { account, device: parameters.device };
    let rows = state.store.penalties_after(filter, after, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |row| row.position, item)))
}
