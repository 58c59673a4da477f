//! `/v1/reservations`: what was taken of offers and of desks' quotes.

use super::otc::code;
use crate::{
    api::{
        extract::QueryParameters,
        page::{limit, page, Page},
        parameters::{Address, Written},
        problem::Problem,
        responses::Invalid,
        ApiState,
    },
    model::{hex, ReservationFilter},
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use bizkey_primitives::otc::{Ending, Origin, Trader};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Parameters {
    /// Only those of this offer.
    offer: Option<u64>,
    /// Only those in which this account sells or buys.
    #[param(value_type = Option<String>)]
    trader: Option<Written<Address>>,
    /// The cursor `next` of the page before.
    after: Option<u64>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A part of an offer or quote that somebody took. Amounts in the smallest
/// unit of Bzky.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Reservation {
    id: String,
    /// `offer`, `desk_sells` or `desk_buys`.
    origin: &'static str,
    /// The offer's or the quote's number.
    origin_id: String,
    /// Whose Bzky is escrowed, SS58.
    seller: String,
    /// Who pays off chain, SS58.
    buyer: String,
    /// Escrowed.
    amount: String,
    /// The buyer's bond.
    bond: String,
    currency: String,
    /// To be paid off chain, minor units of the currency.
    cost: String,
    /// By what the payment is known.
    reference: String,
    block: u32,
    /// `reserved`, `paid`, `disputed` or `ended`.
    stage: &'static str,
    /// First moment at which it is too late for the payment, a dispute, or the
    /// board's decision, by the stage; Unix milliseconds.
    until_ms: String,
    /// The payment's name on its own rail, or its hash, once declared.
    payment: Option<String>,
    /// Who opened a dispute: `seller` or `buyer`.
    opener: Option<&'static str>,
    /// What the opener put up for it.
    opener_bond: Option<String>,
    /// Hash of what the opener brings forward.
    evidence: Option<String>,
    /// `confirmed`, `given_up`, `lapsed`, `unclaimed`, `decided` or `undecided`.
    ending: Option<&'static str>,
    /// For whom the board decided: `seller` or `buyer`.
    winner: Option<&'static str>,
    settled_block: Option<u32>,
}

fn trader(trader: Trader) -> &'static str {
    match trader {
        Trader::Seller => "seller",
        Trader::Buyer => "buyer",
    }
}

fn ending(ending: Ending) -> (&'static str, Option<&'static str>) {
    match ending {
        Ending::Confirmed => ("confirmed", None),
        Ending::GivenUp => ("given_up", None),
        Ending::Lapsed => ("lapsed", None),
        Ending::Unclaimed => ("unclaimed", None),
        Ending::Decided { winner, .. } => ("decided", Some(trader(winner))),
        Ending::Undecided => ("undecided", None),
    }
}

fn item(row: &crate::model::Reservation) -> Reservation {
    let (origin, origin_id) = match row.origin {
        Origin::Offer(offer) => ("offer", offer),
        Origin::DeskSells(quote) => ("desk_sells", quote),
        Origin::DeskBuys(quote) => ("desk_buys", quote),
    };
    let (ending, winner) = row.ending.map(ending).unzip();
    Reservation {
        id: row.reservation.to_string(),
        origin,
        origin_id: origin_id.to_string(),
        seller: ss58(&row.seller),
        buyer: ss58(&row.buyer),
        amount: row.amount.to_string(),
        bond: row.bond.to_string(),
        currency: code(&row.currency),
        cost: row.cost.to_string(),
        reference: hex(row.reference.as_ref()),
        block: row.block,
        stage: row.stage.name(),
        until_ms: row.until_ms.to_string(),
        payment: row.payment.map(|payment| hex(payment.as_ref())),
        opener: row.dispute.map(|dispute| trader(dispute.opener)),
        opener_bond: row.dispute.map(|dispute| dispute.bond.to_string()),
        evidence: row.dispute.map(|dispute| hex(dispute.evidence.as_ref())),
        ending,
        winner: winner.flatten(),
        settled_block: row.settled_block,
    }
}

/// Reservations of offers and quotes, by number.
#[utoipa::path(
    get, path = "/v1/reservations", tag = "otc", params(Parameters),
    responses((status = 200, description = "A page of reservations", body = Page<Reservation>), Invalid),
)]
pub(in crate::api) async fn list(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Reservation>>, Problem> {
    let limit = limit(parameters.limit)?;
    let trader = parameters.trader.map(|Written(Address(account))| account);
    let filter = ReservationFilter { offer: parameters.offer, trader };
    let rows = state.store.reservations_after(filter, parameters.after.unwrap_or(0), limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |row| row.reservation, item)))
}
